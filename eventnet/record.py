"""A log that streams to disk: DELIVERY records in a .npy file, whose header is finished when it is read or closed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.errors import DataError
from eventnet.event import DELIVERY, Events
from eventnet.files import map_npy

_HEADER_BYTES = 256


def _header(n: int) -> bytes:
    """The .npy header of n records, padded to a fixed length so that it can be written again in place."""
    text = repr({"descr": DELIVERY.descr, "fortran_order": False, "shape": (n,)})
    text = text.ljust(_HEADER_BYTES - 11) + "\n"
    return b"\x93NUMPY\x01\x00" + (_HEADER_BYTES - 10).to_bytes(2, "little") + text.encode("latin1")


class LogWriter:
    """Appends records to a .npy file; after every `write` the file is whole. Raises DataError if it cannot be made."""

    def __init__(self, path: str | Path) -> None:
        self.path, self.records = Path(path), 0
        try:
            self._file: io.BufferedRandom = open(self.path, "w+b")  # noqa: SIM115 - lives as long as the simulation
        except OSError as error:
            raise DataError(f"the log {path} cannot be written: {error}") from error
        self._file.write(_header(0))

    def write(self, records: Events) -> None:
        """Append records, then bring the header up to date."""
        self._file.seek(0, io.SEEK_END)
        self._file.write(records.tobytes())
        self.records += len(records)
        self._file.seek(0)
        self._file.write(_header(self.records))
        self._file.flush()

    def read(self) -> Any:
        """What has been written, mapped from the file."""
        if self.records == 0:
            return np.empty(0, dtype=DELIVERY)
        return map_npy(self.path)


def read_log(log: Events | str | Path) -> Events:
    """A log as an array of DELIVERY: an array as it is, a .npy file mapped and not read.

    Raises DataError for a file that is absent or damaged, and for records of another kind.
    """
    found: Any = log
    if isinstance(log, (str, Path)):
        found = map_npy(log)
    where = log if isinstance(log, (str, Path)) else "the log"
    if not isinstance(found, np.ndarray) or found.dtype != DELIVERY or found.ndim != 1:
        kind = f"{found.ndim}-d of {found.dtype}" if isinstance(found, np.ndarray) else type(found).__name__
        raise DataError(f"{where} is {kind}; wanted a 1-d array of DELIVERY records")
    return found
