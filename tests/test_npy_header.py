"""Headers of .npy arrays: what is declared is checked before it is believed."""

from __future__ import annotations

import io

import numpy as np
import pytest

from eventnet.base.files import read_header
from eventnet.errors import DataError
from eventnet.event import DELIVERY


def npy(text: str, version: bytes = b"\1\0") -> io.BytesIO:
    size = len(text).to_bytes(2 if version[0] == 1 else 4, "little")
    return io.BytesIO(b"\x93NUMPY" + version + size + text.encode())


def header(descr: str = "'<f8'", shape: str = "(3,)", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.bool_, "U5", DELIVERY, [("a", "i4", (2, 3)), ("b", "S3")]])
@pytest.mark.parametrize("shape", [(), (0,), (4,), (2, 0, 3)])
def test_what_numpy_writes_is_read(dtype: object, shape: tuple[int, ...]) -> None:
    file, array = io.BytesIO(), np.zeros(shape, dtype)  # type: ignore[call-overload]
    np.save(file, array)
    file.seek(0)
    found = read_header(file, "a")
    assert (found.dtype, found.shape, found.bytes) == (array.dtype, array.shape, array.nbytes)
    assert found.start == file.tell() == len(file.getvalue()) - array.nbytes


def test_all_versions_are_read() -> None:
    assert [read_header(npy(header(), v), "a").shape for v in (b"\1\0", b"\2\0", b"\3\0")] == [(3,)] * 3


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "'a", "{'descr': '<f8", header() + "'", header() + "\0", "(" * 9000, "[" * 5000 + "]" * 5000,
        "-" * 9000 + "1", "9" * 9000, "{}", "[1]", header(descr="'what'"), header(descr="[]" * 3), header(descr="'<f9'"),
        header(descr="('<f8', (99999999999, 99999999999))"), header(descr="[('a', '<f8'), ('a', '<f8')]"),
        header(shape="3"), header(shape="(-1,)"), header(shape="(True,)"), header(shape="(3.0,)"), header(shape="(1e3,)"),
        header(shape=f"({1 << 63},)"), header(shape=f"({1 << 40}, {1 << 40}, 0)"), header(shape=f"({1 << 61}, 0)"), header(shape="(" + "1," * 40 + ")"),
        header(shape=f"({'9' * 5000},)"), header(order="1"), header(shape="(__import__('os'),)"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_a_data_error(text: str) -> None:
    with pytest.raises(DataError, match="^a "):
        read_header(npy(text), "a")


def test_objects_are_never_read() -> None:
    with pytest.raises(DataError, match="a holds Python objects, which are never read"):
        read_header(npy(header(descr="'|O'")), "a")


@pytest.mark.parametrize(
    "data", [b"", b"\x93NUMPY", b"\x93NUMPY\4\0", b"\x93NUMPY\1\0\5\0abc", b"\x93NUMPY\2\0" + b"\xff" * 9]
)
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(DataError, match="^a is damaged"):
        read_header(io.BytesIO(data), "a")
