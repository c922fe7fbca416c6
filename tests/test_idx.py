"""An IDX file is read whole and exactly, or refused with a sentence that says what is wrong with it."""

import gzip
import struct
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eventnet.data.idx import MAX_BYTES, read_idx, read_images, read_labels
from eventnet.errors import DataError

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
LABELS = np.array([3, 0, 9], np.uint8)


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def write(tmp_path):
    def write(data, name="file.gz"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


def test_images_come_back_in_their_shape(write):
    images = read_images(write(gzip.compress(idx(IMAGES))))
    assert images.dtype == np.uint8
    assert np.array_equal(images, IMAGES)


def test_labels_come_back_as_int64(write):
    labels = read_labels(write(gzip.compress(idx(LABELS))))
    assert labels.dtype == np.int64
    assert labels.tolist() == [3, 0, 9]


def test_what_is_read_is_the_callers_own_to_change(write):
    assert read_images(write(idx(IMAGES))).flags.writeable


@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_an_unpacked_file_is_read_whatever_its_name(write, name):
    assert np.array_equal(read_images(write(idx(IMAGES), name)), IMAGES)


def test_a_file_may_declare_no_images(write):
    assert read_images(write(idx(IMAGES[:0]))).shape == (0, 3, 4)


def test_a_file_that_is_absent_is_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*absent\.gz"):
        read_images(tmp_path / "absent.gz")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_images(tmp_path)


def test_a_text_file_is_not_an_idx_file(write):
    with pytest.raises(DataError, match=r"begins with the bytes \[3c 68 74 6d\]; wanted \[00 00 08 03\]"):
        read_images(write(b"<html>not found</html>"))


def test_labels_where_images_are_wanted_are_refused(write):
    with pytest.raises(DataError, match=r"\[00 00 08 01\]; wanted \[00 00 08 03\].*3 dimensions"):
        read_images(write(gzip.compress(idx(LABELS))))


def test_elements_that_are_not_unsigned_bytes_are_refused(write):
    with pytest.raises(DataError, match=r"\[00 00 0d 01\]; wanted \[00 00 08 01\].*1 dimension$"):
        read_labels(write(b"\0\0\x0d\x01" + idx(LABELS)[4:]))


def test_an_empty_file_is_refused(write):
    with pytest.raises(DataError, match=r"begins with the bytes \[\]"):
        read_labels(write(b""))


def test_a_file_may_not_end_inside_its_header(write):
    with pytest.raises(DataError, match="ends inside its header, after 10 bytes"):
        read_images(write(idx(IMAGES)[:10]))


def test_a_file_shorter_than_declared_is_refused(write):
    with pytest.raises(DataError, match="declares 24 bytes, but holds only 21"):
        read_images(write(gzip.compress(idx(IMAGES)[:-3])))


def test_a_file_longer_than_declared_is_refused(write):
    with pytest.raises(DataError, match="declares 3 bytes, but holds more"):
        read_labels(write(gzip.compress(idx(LABELS) + b"\0")))


def test_a_truncated_gzip_file_is_refused(write):
    with pytest.raises(DataError, match="truncated gzip"):
        read_images(write(gzip.compress(idx(IMAGES))[:-9]))


def test_a_gzip_file_that_fails_its_checksum_is_refused(write):
    packed = bytearray(gzip.compress(idx(IMAGES)))
    packed[-8] ^= 1
    with pytest.raises(DataError, match=r"damaged gzip file \(CRC"):
        read_images(write(bytes(packed)))


def test_gzip_bytes_that_make_no_sense_are_refused(write):
    packed = gzip.compress(idx(IMAGES))
    with pytest.raises(DataError, match="damaged gzip"):
        read_images(write(packed[:10] + b"\xff" * 20))


def test_a_label_of_eleven_is_named_with_its_place(write):
    with pytest.raises(DataError, match="label 2 is 11; wanted labels from 0 to 9"):
        read_labels(write(idx(np.array([1, 2, 11, 12]))))


def test_a_promise_of_terabytes_is_not_believed(write):
    header = b"\0\0\x08\x03" + b"\xff" * 12
    with pytest.raises(DataError, match=f"at most {MAX_BYTES:,} are read"):
        read_images(write(gzip.compress(header)))


def read_or_refuse(data, dimensions):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.gz"
        path.write_bytes(data)
        with suppress(DataError):
            assert read_idx(path, dimensions).ndim == dimensions


@settings(deadline=None)
@given(st.binary(max_size=64), st.sampled_from([b"", b"\x1f\x8b", b"\0\0\x08\x01", b"\0\0\x08\x03"]), st.booleans())
@example(b"\0\0\0\1\7", b"\0\0\x08\x01", True)
def test_any_bytes_are_read_or_refused_and_nothing_else(data, start, packed):
    data = start + data
    for dimensions in (1, 3):
        read_or_refuse(gzip.compress(data) if packed else data, dimensions)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_gzip_file_is_read_or_refused_and_nothing_else(data):
    packed = bytearray(gzip.compress(idx(IMAGES)))
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(packed[: data.draw(st.integers(0, len(packed)))]), 3)
