"""A result folder: every number as CSV and as JSON, with a manifest that says where they come from."""

from __future__ import annotations

import csv
import io
import json
import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from eventnet import __version__
from eventnet.base.files import write_beside
from eventnet.errors import DataError


@dataclass(frozen=True)
class Number:
    """One measured number: of which run, what, where (an epoch, a step, a layer; may be empty), value and unit."""

    run: str
    quantity: str
    at: str
    value: float | int | str
    unit: str


class Results:
    """Numbers and pictures of one command, on their way into a folder."""

    def __init__(self, folder: Path, command: str, options: Mapping[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest(command, options)
        self.numbers: list[Number] = []
        self.pictures: list[Path] = []
        make_folder(folder)

    def add(self, run: str, quantity: str, value: float | int | str, unit: str = "", *, at: object = "") -> None:
        """Keep one number."""
        self.numbers.append(Number(run, quantity, str(at), value, unit))

    def add_picture(self, name: str, png: bytes) -> Path:
        """Write a picture into the folder; returns its path."""
        path = self.folder / name
        write_beside(path, png)
        self.pictures.append(path)
        return path

    def to_dict(self) -> dict[str, Any]:
        """Manifest, numbers and the names of the pictures, ready for JSON."""
        return {
            "manifest": self.manifest,
            "pictures": [path.name for path in self.pictures],
            "numbers": [asdict(number) for number in self.numbers],
        }

    def write(self) -> None:
        """Write numbers.csv and numbers.json into the folder."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["run", "quantity", "at", "value", "unit"])
        writer.writerows([n.run, n.quantity, n.at, n.value, n.unit] for n in self.numbers)
        write_beside(self.folder / "numbers.csv", text.getvalue().encode())
        write_beside(self.folder / "numbers.json", (json.dumps(self.to_dict(), indent=1) + "\n").encode())


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where there is none. Raises DataError where that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"the folder {folder} cannot be made: {error.strerror or error}") from error


def manifest(command: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What a result must name: the command line, the options in force, seed and versions."""
    return {
        "command_line": shlex.join(["eventnet", *sys.argv[1:]]),
        "command": command,
        "options": {name: str(value) if isinstance(value, Path) else value for name, value in options.items()},
        "seed": options.get("seed"),
        "versions": {
            "eventnet": __version__, "numpy": version("numpy"), "numba": version("numba"),
            "python": platform.python_version(),
        },
    }  # fmt: skip
