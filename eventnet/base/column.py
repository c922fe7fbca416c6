"""Numbers that lie in a file without a name, so that memory holds only those that are looked at."""

from __future__ import annotations

import mmap
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from eventnet.errors import DataError

LET_GO = getattr(mmap, "MADV_DONTNEED", None)
"""Advice to `mmap.madvise` by which the system takes pages back; None on systems without it."""


class FileColumn:
    """An array [n] of zeros at first, in the folder of temporary files (TMPDIR); the file ends with it.

    Raises DataError where the disk has no room for it.
    """

    def __init__(self, n: int, dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        try:
            self._file = tempfile.TemporaryFile(prefix="eventnet-")  # noqa: SIM115 - lives as long as the array
        except OSError as error:
            raise DataError(f"no temporary file can be made: {error}") from error
        self.array: NDArray[Any]
        self.grow(n)

    def grow(self, n: int) -> NDArray[Any]:
        """The array with room for n numbers, those before in place; an array from before stays one of the same file."""
        size = max(n, 1) * self.dtype.itemsize
        try:
            # Without room set aside, a full disk would end the process at a write into the array.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(self._file.fileno(), 0, size)
            else:
                self._file.truncate(size)
            self._map = mmap.mmap(self._file.fileno(), size)
        except OSError as error:
            raise DataError(f"a temporary file of {size:,} bytes cannot be made: {error}") from error
        self.array = np.frombuffer(self._map, self.dtype)[:n]
        return self.array

    def let_go(self) -> None:
        """Give back the memory of what was looked at."""
        if LET_GO is not None:
            self._map.madvise(LET_GO)


def gathered(parts: Iterable[NDArray[Any]], dtype: DTypeLike, held: int = 0) -> NDArray[Any]:
    """Arrays one after the other: of more than `held` numbers in a file, as `FileColumn` has them."""
    parts, waiting, n = iter(parts), [np.empty(0, dtype)], 0
    while n <= held:
        if (part := next(parts, None)) is None:
            return np.concatenate(waiting)
        waiting.append(part)
        n += len(part)
    column, n = FileColumn(n, dtype), 0
    for part in chain(waiting, parts):
        if n + len(part) > len(column.array):
            column.grow(2 * n + len(part))
        column.array[n : n + len(part)] = part
        column.let_go()
        n += len(part)
    return column.array[:n]


def let_go(mapped: Any) -> None:
    """Give back the memory of what was looked at of an array that is mapped from a file; nothing for other arrays."""
    found = mapped
    while isinstance(found, np.ndarray):
        found = found.base
    if isinstance(found, mmap.mmap) and LET_GO is not None:
        found.madvise(LET_GO)


class Folder:
    """A folder of temporary files, which is removed when nobody has it any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="eventnet-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
