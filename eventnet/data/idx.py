"""Read IDX files, the form MNIST is published in: a magic number, one size for each dimension, then bytes.

The magic number is four bytes: two zeros, the element type (8: unsigned bytes, the only one MNIST uses) and the
number of dimensions. The sizes follow as big-endian unsigned 32-bit integers, then the elements in C order.
A file may be gzipped; its first two bytes decide, not its name, since some browsers unpack what they download.
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from os import PathLike
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import MOST_PACKED, opened, read_into
from eventnet.errors import DataError

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTES = 8
# A damaged size, or a gzip bomb, may promise terabytes; the largest set in this form (EMNIST by class) has 0.6 GB.
MAX_BYTES = 704 << 20


def read_images(path: str | PathLike[str]) -> NDArray[np.uint8]:
    """The images of an IDX file, uint8 of shape [n, rows, columns]. Raises DataError on a damaged file."""
    return read_idx(path, dimensions=3)


def read_labels(path: str | PathLike[str], classes: int = 10) -> NDArray[np.int64]:
    """The labels of an IDX file, int64 of shape [n], each from 0 to `classes` - 1. Raises DataError."""
    labels = read_idx(path, dimensions=1)
    wrong = np.flatnonzero(labels >= classes)
    if wrong.size:
        raise DataError(f"{path}: label {wrong[0]} is {labels[wrong[0]]}; wanted labels from 0 to {classes - 1}")
    return labels.astype(np.int64)


def read_idx(path: str | PathLike[str], dimensions: int) -> NDArray[np.uint8]:
    """The elements of an IDX file of unsigned bytes with this number of dimensions, plain or gzipped.

    Returns uint8 of the shape that the file declares. Raises DataError when the file cannot be read, is not such a
    file, or is longer or shorter than it declares.
    """
    path = Path(path)
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        zipped = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        if not zipped:
            return _parse(file, dimensions, path, size)
        try:
            with gzip.GzipFile(fileobj=file) as unzipped:
                return _parse(cast(IO[bytes], unzipped), dimensions, path, MOST_PACKED * size)
        except EOFError as error:
            raise DataError(f"{path} is a truncated gzip file; wanted all of it: fetch it again") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path} is a damaged gzip file ({error}): fetch it again") from error


def _parse(stream: IO[bytes], dimensions: int, path: Path, most: int) -> NDArray[np.uint8]:
    """The array of a stream that cannot hold more than `most` bytes."""
    shape = _read_shape(stream, dimensions, path)
    declared = math.prod(shape)
    if declared > MAX_BYTES:
        raise DataError(f"{path} declares {_times(shape)} = {declared:,} bytes; at most {MAX_BYTES:,} are read")
    if declared > most:
        raise DataError(f"{path} declares {_times(shape)} = {declared:,} bytes, more than it can hold")
    return np.frombuffer(read_into(stream, declared, str(path)), np.uint8).reshape(shape)


def _read_shape(stream: IO[bytes], dimensions: int, path: Path) -> tuple[int, ...]:
    wanted = bytes([0, 0, _UNSIGNED_BYTES, dimensions])
    magic = stream.read(len(wanted))
    if magic != wanted:
        raise DataError(
            f"{path} begins with the bytes [{magic.hex(' ')}]; wanted [{wanted.hex(' ')}], "
            f"the mark of an IDX file of unsigned bytes in {dimensions} dimension{'s' * (dimensions != 1)}"
        )
    sizes = stream.read(4 * dimensions)
    if len(sizes) != 4 * dimensions:
        raise DataError(f"{path} ends inside its header, after {len(magic) + len(sizes)} bytes")
    return tuple(int(size) for size in np.frombuffer(sizes, ">u4"))


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in shape)
