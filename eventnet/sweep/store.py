"""Results of jobs in a folder: a JSON file each, by the job's name, written beside and moved."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from eventnet.base.files import read_text, sweep_parts, write_beside
from eventnet.errors import DataError

FORMAT = "eventnet job 1"
DONE, FAILED, PART = ".json", ".failed.json", ".part"
JOBS = "jobs"


class ResultStore:
    """The jobs of a folder: jobs/ab/NAME.json of those that are done, jobs/ab/NAME.failed.json of those that failed."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        try:
            (self.folder / JOBS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"the folder {folder} cannot be made: {error.strerror or error}") from error

    def names(self) -> tuple[set[str], set[str]]:
        """Names of the jobs that are done, and of those that failed.

        Files that a loss of power left empty are none, and what killed writers left beside is swept.
        """
        done, failed = set[str](), set[str]()
        for file in self._files():
            if file.name.endswith(PART):
                sweep_parts(Path(file.path.rsplit(".", 2)[0]))
            elif file.name.endswith(DONE) and file.stat().st_size:
                among, suffix = (failed, FAILED) if file.name.endswith(FAILED) else (done, DONE)
                among.add(file.name.removesuffix(suffix))
        return done, failed - done

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
        """What became of a job; None where nothing is kept. Raises DataError for a file that is damaged."""
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
