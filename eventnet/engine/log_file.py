"""A log that streams to disk: DELIVERY records in a .npy file, whose header is finished when it is read or closed."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.base.files import map_npy
from eventnet.errors import DataError
from eventnet.event import DELIVERY, DELIVERY_WITH_AMOUNT, Events

_HEADER_BYTES = 256


def _header(n: int, kind: np.dtype[Any]) -> bytes:
    """The .npy header of n records, padded to a fixed length so that it can be written again in place."""
    text = repr({"descr": kind.descr, "fortran_order": False, "shape": (n,)})
    text = text.ljust(_HEADER_BYTES - 11) + "\n"
    return b"\x93NUMPY\x01\x00" + (_HEADER_BYTES - 10).to_bytes(2, "little") + text.encode("latin1")


class LogWriter:
    """Appends records to a .npy file; after every `write` the file is whole.

    kind: of its records, DELIVERY or DELIVERY_WITH_AMOUNT. Raises DataError if it cannot be made or written. Records
    written before stay in it, and it takes nothing more.
    """

    def __init__(self, path: str | Path, kind: np.dtype[Any] = DELIVERY) -> None:
        self.path, self.records, self.kind = Path(path), 0, kind
        self._error: str | None = None
        try:
            # Without a buffer: one that a full disk has refused would be written again, behind the file's back.
            self._file: io.FileIO = open(self.path, "w+b", buffering=0)  # noqa: SIM115 - lives as long as the simulation
            self._put(0, _header(0, kind))
        except OSError as error:
            raise DataError(f"the log {path} cannot be written: {error}") from error

    def write(self, records: Events) -> None:
        """Append records, then bring the header up to date: it never counts a record that is not there."""
        if self._error is not None:
            raise DataError(self._error)
        end = _HEADER_BYTES + self.records * self.kind.itemsize
        try:
            self._put(end, records.tobytes())
            self._put(0, _header(self.records + len(records), self.kind))
        except OSError as error:
            self._error = f"the log {self.path} cannot be written: {error}; it ends after {self.records:,} lines"
            self._cut(end)
            raise DataError(self._error) from error
        self.records += len(records)

    def _put(self, at: int, content: bytes) -> None:
        """Write all of the bytes at a place; a disk that is nearly full takes some of them first."""
        self._file.seek(at)
        left = memoryview(content)
        while len(left):
            left = left[self._file.write(left) :]

    def _cut(self, end: int) -> None:
        """Leave the file as it was before a write that failed, as far as that is possible."""
        with suppress(OSError):
            self._put(0, _header(self.records, self.kind))
            self._file.truncate(end)

    def read(self) -> Any:
        """The records written so far [n], mapped from the file."""
        if self.records == 0:
            return np.empty(0, dtype=self.kind)
        return map_npy(self.path)


def read_log(log: Events | str | Path) -> Events:
    """A log as an array of DELIVERY or DELIVERY_WITH_AMOUNT: an array as it is, a .npy file mapped and not read.

    Raises DataError for a file that is absent or damaged, and for records of another kind.
    """
    found: Any = log
    if isinstance(log, (str, Path)):
        found = map_npy(log)
    where = log if isinstance(log, (str, Path)) else "the log"
    if not isinstance(found, np.ndarray) or found.dtype not in (DELIVERY, DELIVERY_WITH_AMOUNT) or found.ndim != 1:
        kind = f"{found.ndim}-d of {found.dtype}" if isinstance(found, np.ndarray) else type(found).__name__
        raise DataError(f"{where} is {kind}; wanted a 1-d array of DELIVERY records")
    return found
