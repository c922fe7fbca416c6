"""Output of a command: text, tables, progress and JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


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
        """The machine-readable result, where it was asked for."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, indent=1) + "\n")

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar on stderr while the block runs (on a terminal only); call what it yields with the number done."""
        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %")
        with Progress(
            *columns, TimeRemainingColumn(), console=self.err, transient=True, disable=not self.err.is_terminal
        ) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.update(task, completed=done)
