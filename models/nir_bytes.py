"""The bytes of NIR files, which are HDF5 files: what is looked at before anything is read of them.

The HDF5 library may hang or crash on a damaged file. So files that this package writes have a checksum behind the last
byte that HDF5 knows of, where other tools pass over it, and it is compared first. Files of other tools have none: of
these, sizes and types are looked at before their arrays are read, which stops most of it.
"""

from __future__ import annotations

import hashlib
import importlib
import io
from typing import Any

import numpy as np

from eventnet.errors import DataError, ModelError

SEAL = b"eventnet sha256 "
MOST_PACKED = 1032  # deflate, by which NIR files are packed, makes nothing smaller than by this factor (zlib.net)


def opened(content: bytes) -> Any:
    """An HDF5 file in memory, looked at; it is to be closed. Raises DataError where it is damaged, and h5py's errors.

    Raises ModelError where the package h5py, which comes with nir, is not there.
    """
    _check_seal(content)
    try:
        h5py = importlib.import_module("h5py")
    except ImportError:
        raise ModelError('NIR files need the packages nir and h5py: pip install "eventnet[nir]"') from None
    file = h5py.File(io.BytesIO(content), "r")
    _check_arrays(file, content)
    return file


def sealed(content: bytes) -> bytes:
    """The bytes of a file with their checksum behind them."""
    return content + SEAL + hashlib.sha256(content).hexdigest().encode()


def _check_seal(content: bytes) -> None:
    """Raises DataError where a checksum is there and another one than the bytes before it have."""
    body = content[: -len(sealed(b""))]
    if content[len(body) :].startswith(SEAL) and content != sealed(body):
        raise DataError("its checksum is not that of its content")


def _check_arrays(file: Any, content: bytes) -> None:
    """Raises DataError where arrays are larger than the file can hold, or neither numbers nor texts."""
    h5py = importlib.import_module("h5py")
    sizes: list[int] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            if item.dtype.kind not in "biufS" and h5py.check_string_dtype(item.dtype) is None:
                raise DataError(f"its dataset {name!r} has type {item.dtype}; wanted numbers or texts")
            sizes.append(_size(item, content))

    file.visititems(visit)
    if sum(sizes) > MOST_PACKED * len(content):  # a damaged shape or length, which HDF5 would make room for
        raise DataError(f"its arrays have {sum(sizes):,} bytes, more than {len(content):,} bytes can hold")


def _size(dataset: Any, content: bytes) -> int:
    """Bytes that reading a dataset takes: as its shape says, or for texts as their lengths in the file say.

    A text lies in the file as 4 bytes of length and its place in a heap (HDF5 File Format Specification, global heap).
    """
    place = dataset.id.get_offset() if dataset.dtype.kind == "O" else None
    if place is None:
        return int(dataset.nbytes)
    entries = np.frombuffer(content, np.uint8, dataset.id.get_storage_size(), place).reshape(dataset.size, -1)
    return int(entries[:, :4].copy().view("<u4").sum(dtype=np.int64))
