"""Output of a command: text, tables, progress and JSON on the screen; and a result folder.

The folder has every number as CSV and as JSON, with a manifest that says where they come from; while a command runs,
also what it has finished.
"""

from __future__ import annotations

import csv
import io
import json
import platform
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from eventnet import __version__
from eventnet.base.files import write_beside
from eventnet.errors import DataError

if TYPE_CHECKING:
    from eventnet.engine.journal import Journal

PARTS = 1 << 14
"""Words and signs of a JSON text that are written together."""


class Screen:
    """Output of a command: text and tables on stdout, progress on stderr; with --json stdout holds JSON alone."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        # A pipe has no width of its own; 110 columns hold every table.
        self.out = Console(quiet=as_json, highlight=False, markup=False, width=None if sys.stdout.isatty() else 110)
        self.err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

    def say(self, text: str = "") -> None:
        """A line for the reader."""
        self.out.print(text)

    def say_text(self, text: str) -> None:
        """A text of lines as it is, to be read again by a program."""
        if not self.as_json:
            sys.stdout.write(text)

    def say_path(self, text: str, path: Path | str) -> None:
        """A line that ends in a path, which no line break may cut."""
        self.out.print(f"{text} {path}", soft_wrap=True)

    def give(self, value: Any) -> None:
        """The machine-readable result, where it was asked for; written as it is gone through."""
        if self.as_json:
            parts = json.JSONEncoder(indent=1).iterencode(value)
            while text := "".join(islice(parts, PARTS)):
                sys.stdout.write(text)
            sys.stdout.write("\n")

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar on stderr while the block runs (on a terminal only); call what it yields with the number done."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %")
        with Progress(
            *columns, TimeRemainingColumn(), console=self.err, transient=True, disable=not self.err.is_terminal
        ) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.update(task, completed=done)


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
    """Origin of a result, which it must name: the command line, the options in force, seed and versions."""
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


@contextmanager
def resumable(
    screen: Screen, command: str, options: Mapping[str, Any], *, fresh: bool, out: Path | None = None,
    files: Iterable[Path | None] = (),
) -> Iterator[Journal]:  # fmt: skip
    """Keep what is finished while the block runs, so that the same command goes on after it was stopped.

    It lies in the output folder, or without one in the user's cache, by command, options, what its files hold, and the
    package's code; and is removed when the command has ended well, with all that it says. How many processes there are
    must not be an option.
    """
    from pooch import os_cache

    from eventnet.engine import journal  # here: its kinds of values are imported with the compiler

    above = out if out is not None else Path(os_cache("eventnet"))
    read = [path for path in files if path is not None and path.exists()]
    folder = journal.folder_of(above, command, options, read)
    about = {"what": "finished parts of a command that was stopped: run it again, or remove this folder"}
    about |= {"command": command, **{name: str(value) for name, value in options.items()}}
    with journal.keeping(folder, fresh=fresh, say=screen.err.print, about=about) as kept:
        yield kept
