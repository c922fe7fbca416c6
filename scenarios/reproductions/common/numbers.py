"""Reproductions by the number of their figure or table: `figure-3-1`, `table-b-1`; the first line of a file says it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from eventnet.base.files import read_text
from eventnet.base.listing import files_of
from eventnet.errors import ModelError
from eventnet.scenarios import reproductions

NUMBERED = re.compile(r"(?:(figure|table)s?\s+)?\b((?:\d+|[A-Z])\.\d+)", re.IGNORECASE)

ASKED = re.compile(r"(?:(fig(?:ure)?\.?|table)[ -]?)?(?:(\d+)[.-]|([a-z])[.-]?)(\d+)")
"""A number as it is asked for: `3.3`, `figure-3-3`, `table b.1`, `B1`."""

NOTHING = frozenset(
    f"figure-{number}" for number in "1-1 1-2 1-3 1-6 2-1 2-2 2-3 4-1 4-3 5-6 6-2 6-3 7-1 a-2 a-3 c-3".split()
)
"""Figures of the source that are sketches, or pictures of data."""
OF_COMMANDS = {"figure-1-5": "eventnet run attitude"}
"""Figures that a command of its own is about."""


def numbers_in(line: str) -> list[str]:
    """Names of the figures and tables before the first colon of a line.

    >>> numbers_in("Table 3.2 and figures 3.2 and A.1: errors")
    ['table-3-2', 'figure-3-2', 'figure-a-1']
    """
    kind, found = "", []
    for word, number in NUMBERED.findall(line.partition(":")[0]):
        kind = word.lower() or kind
        if kind:
            found.append(f"{kind}-{number.lower().replace('.', '-')}")
    return found


@cache
def by_number() -> dict[str, tuple[str, ...]]:
    """Names of the reproductions of each figure and table, from eventnet's own files; nothing is imported."""
    found: dict[str, tuple[str, ...]] = {}
    for folder in reproductions.__path__:
        for name in files_of([folder], reproductions.__name__):
            text = read_text(Path(folder, f"{name.replace('-', '_')}.py"))
            line, _, _ = (ast.get_docstring(ast.parse(text)) or "").partition("\n")
            for number in numbers_in(line):
                found[number] = (*found.get(number, ()), name)
    return found


def _numbers(asked: str) -> list[str]:
    """Names of the figure and the table that are asked for; none for what is no number."""
    found = ASKED.fullmatch(asked.lower())
    if found is None:
        return []
    word, chapter, appendix, number = found.groups()
    kinds = ["table" if word == "table" else "figure"] if word else ["figure", "table"]
    return [f"{kind}-{chapter or appendix}-{number}" for kind in kinds]


def names_by_number(asked: str) -> tuple[str, ...]:
    """Names of the reproductions of the figure or table that is asked for; none for what is no such number.

    A number alone is a figure's or a table's, whichever is reproduced. Raises ModelError where both are, by others.
    """
    made = {name: by_number()[name] for name in _numbers(asked) if name in by_number()}
    if len(set(made.values())) > 1:
        both = " and ".join(f"{name} ({', '.join(of)})" for name, of in made.items())
        raise ModelError(f"{asked!r} is {both}; name one of them")
    return next(iter(made.values()), ())


def why_not(asked: str) -> str | None:
    """The reason why a figure of the source has no reproduction, in words; None for all others."""
    for name in _numbers(asked):
        if name in by_number():
            return None
        if name in OF_COMMANDS:
            return f"{_spoken(name)} is not a reproduction, but of another command: {OF_COMMANDS[name]}"
        if name in NOTHING:
            return f"{_spoken(name)}: nothing to measure, it is a sketch or a picture of data"
    return None


def _spoken(name: str) -> str:
    kind, chapter, number = name.split("-")
    return f"{kind} {chapter.upper()}.{number}"
