"""The registry of commands: a new one is a file in this folder, or an entry point of another package.

A file `NAME.py` (with _ for -) declares the command NAME with the decorator `command`. Files are listed by their names
and imported when their command is asked for, so that no command waits for what others import.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import Any, TypeVar

from eventnet.errors import DataError

PACKAGE = __name__.rpartition(".")[0]

BEGIN, STUDY, LEARN, FILES = "Begin here", "Study a network", "Train and run", "Files and prices"
GROUPS = (BEGIN, STUDY, LEARN, FILES)
"""Sections of `eventnet --help`, in this order; those of other names follow."""
ENTRY_POINTS = "eventnet.commands"
"""The group of entry points; each has the name of its command, and leads to its function or module."""

Function = TypeVar("Function", bound=Callable[..., None])


@dataclass(frozen=True)
class Command:
    """A command: its name, what it does in a line, its section of the help, usual arguments, and its function.

    formerly: the name that it had in the version before, which still calls it, with a notice.
    """

    name: str
    summary: str
    group: str
    usage: str
    formerly: str | None
    run: Callable[..., None]


COMMANDS: dict[str, Command] = {}
"""Commands that have been imported, by name."""


def command(
    name: str, summary: str, *, group: str, usage: str = "", formerly: str | None = None
) -> Callable[[Function], Function]:
    """Make a function the command of this name; its annotations are its options, its docstring is its help.

    Raises DataError where another function has that name.
    """

    def declare(run: Function) -> Function:
        there = COMMANDS.get(name)
        if there is not None and _place(there.run) != _place(run):
            raise DataError(f"the command {name!r} is declared twice: in {_place(there.run)} and in {_place(run)}")
        COMMANDS[name] = Command(name, summary, group, usage, formerly, run)
        return run

    return declare


def find(name: str) -> Command | None:
    """The command of a name, imported; None if there is none. Raises DataError if another package's does not load."""
    file = name.replace("-", "_")
    if file in _files():
        import_module(f"{PACKAGE}.{file}")
    elif name not in COMMANDS:
        for entry in entry_points(group=ENTRY_POINTS, name=name):
            _load(entry)
    return COMMANDS.get(name)


def find_formerly(name: str) -> Command | None:
    """The command that had this name in the version before."""
    return next((each for each in every() if each.formerly == name), None)


def every(complain: Callable[[str], None] = lambda line: None) -> list[Command]:
    """All commands, imported, by section and name; complain: called with a line about each that cannot be loaded."""
    for file in _files():
        import_module(f"{PACKAGE}.{file}")
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            _load(entry)
        except DataError as error:
            complain(str(error))
    sections = list(dict.fromkeys((*GROUPS, *sorted(each.group for each in COMMANDS.values()))))
    return sorted(COMMANDS.values(), key=lambda each: (sections.index(each.group), each.name))


def _files() -> set[str]:
    """Names of the files in this folder."""
    return {found.name for found in iter_modules(sys.modules[PACKAGE].__path__)}


def _load(entry: EntryPoint) -> None:
    """Import what an entry point leads to. Raises DataError where that fails, or declares no command of its name."""
    try:
        entry.load()
    except Exception as error:  # whatever another package's code may raise
        raise DataError(f"the command {entry.name!r} of {entry.value} cannot be loaded: {error}") from error
    if entry.name not in COMMANDS:
        raise DataError(f"{entry.value} was to declare the command {entry.name!r} and has not")


def _place(run: Any) -> str:
    return f"{run.__module__}.{run.__qualname__}"
