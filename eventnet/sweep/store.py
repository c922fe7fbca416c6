"""Results of jobs in a folder: a JSON file each, by the job's name, written beside and moved."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.base.files import read_text, sweep_parts, write_beside
from eventnet.errors import DataError

FORMAT = "eventnet job 1"
DONE, FAILED, PART = ".json", ".failed.json", ".part"
JOBS = "jobs"
NAME_BYTES = 16


class NameSet:
    """Names of jobs, of 32 hexadecimal digits, in 16 bytes each: there may be millions of them.

    packed: the names as bytes, one after the other.
    """

    def __init__(self, packed: bytes | bytearray = b"") -> None:
        first, second = np.frombuffer(packed, np.uint64).reshape(-1, 2).T
        turn = np.argsort(first)
        self._first, self._second = first[turn], second[turn]

    def __len__(self) -> int:
        return len(self._first)

    def __contains__(self, name: str) -> bool:
        if not (packed := _packed(name)):
            return False
        first, second = np.frombuffer(packed, np.uint64)
        k = int(self._first.searchsorted(first))
        while k < len(self) and self._first[k] == first:
            if self._second[k] == second:
                return True
            k += 1
        return False


def _packed(name: str) -> bytes:
    """A name in 16 bytes; nothing where it is no name of a job."""
    try:
        made = bytes.fromhex(name)
    except ValueError:
        return b""
    return made if len(made) == NAME_BYTES and made.hex() == name else b""


class ResultStore:
    """The jobs of a folder: jobs/ab/NAME.json of those that are done, jobs/ab/NAME.failed.json of those that failed."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        try:
            (self.folder / JOBS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"the folder {folder} cannot be made: {error.strerror or error}") from error

    def names(self) -> tuple[NameSet, NameSet]:
        """Names of the jobs that are done, and of those that failed; one may be both.

        Files that a loss of power left empty are none, and what killed writers left beside is swept.
        """
        done, failed = bytearray(), bytearray()
        for file in self._files():
            if file.name.endswith(PART):
                sweep_parts(Path(file.path.rsplit(".", 2)[0]))
            elif file.name.endswith(DONE) and file.stat().st_size:
                among, suffix = (failed, FAILED) if file.name.endswith(FAILED) else (done, DONE)
                among += _packed(file.name.removesuffix(suffix))
        return NameSet(done), NameSet(failed)

    def _files(self) -> Iterator[os.DirEntry[str]]:
        for folder in os.scandir(self.folder / JOBS):
            if folder.is_dir():
                with os.scandir(folder.path) as files:
                    yield from files

    def keep(self, name: str, record: Mapping[str, Any]) -> None:
        """Keep what became of a job: its `results`, or its `error`. Raises DataError where that cannot be written."""
        path = self._path(name, FAILED if "error" in record else DONE)
        with suppress(FileExistsError):
            path.parent.mkdir()
        write_beside(path, (json.dumps({"format": FORMAT, "job": name, **record}) + "\n").encode(), lasting=False)
        if "error" not in record:
            self._path(name, FAILED).unlink(missing_ok=True)

    def find(self, name: str) -> dict[str, Any] | None:
        """The record of a job (see `keep`); None where there is none. Raises DataError for a file that is damaged."""
        for suffix in (DONE, FAILED):
            path = self._path(name, suffix)
            if path.exists():
                return _record(path, name)
        return None

    def _path(self, name: str, suffix: str) -> Path:
        return self.folder / JOBS / name[:2] / f"{name}{suffix}"


def _record(path: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path))
    except ValueError as error:
        raise DataError(f"{path} is damaged: {error}; remove it, and run the sweep again") from error
    if not isinstance(found, dict) or (found.get("format"), found.get("job")) != (FORMAT, name):
        raise DataError(f"{path} is no result of its job; remove it, and run the sweep again")
    return found
