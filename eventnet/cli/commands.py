"""The registry of commands: a new one is a file in this folder, or an entry point of another package.

A file `NAME.py` (with _ for -) declares the command NAME with the decorator `command`. Files are listed by their names
and imported when their command is asked for, so that no command waits for what others import.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from eventnet.base.listing import Listing, files_of
from eventnet.errors import DataError

PACKAGE = __name__.rpartition(".")[0]

BEGIN, STUDY, LEARN, FILES = "Begin here", "Study a network", "Train and run", "Files and prices"
GROUPS = (BEGIN, STUDY, LEARN, FILES)
"""Sections of `eventnet --help`, in this order; those of other names follow."""
FILES_AND_POINTS = Listing("command", "eventnet.commands", lambda: files_of(sys.modules[PACKAGE].__path__, PACKAGE))
"""What may declare a command: files of this folder, and entry points, which have the name of their command each."""

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
    if name in FILES_AND_POINTS.own() or (name not in COMMANDS and name in FILES_AND_POINTS.others()):
        _load(name)
    return COMMANDS.get(name)


def find_formerly(name: str) -> Command | None:
    """The command that had this name in the version before."""
    return next((each for each in every() if each.formerly == name), None)


def every(complain: Callable[[str], None] = lambda line: None) -> list[Command]:
    """All commands, imported, by section and name; complain: called with a line about each that cannot be loaded."""
    for name in FILES_AND_POINTS.names():
        try:
            _load(name)
        except DataError as error:
            complain(str(error))
    sections = list(dict.fromkeys((*GROUPS, *sorted(each.group for each in COMMANDS.values()))))
    return sorted(COMMANDS.values(), key=lambda each: (sections.index(each.group), each.name))


def _load(name: str) -> None:
    """Import what declares a command. Raises DataError where another package's does not load, or declares none."""
    FILES_AND_POINTS.find(name)
    point = FILES_AND_POINTS.others().get(name)
    if point is not None and name not in COMMANDS:
        raise DataError(f"{point.value} was to declare the command {name!r} and has not")


def _place(run: Any) -> str:
    return f"{run.__module__}.{run.__qualname__}"
