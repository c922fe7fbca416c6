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
def by_number() -> dict[str, str]:
    """The name of the reproduction of each figure and table, from eventnet's own files; nothing is imported."""
    found: dict[str, str] = {}
    for folder in reproductions.__path__:
        for name in files_of([folder], reproductions.__name__):
            text = read_text(Path(folder, f"{name.replace('-', '_')}.py"))
            line, _, _ = (ast.get_docstring(ast.parse(text)) or "").partition("\n")
            for number in numbers_in(line):
                found.setdefault(number, name)
    return found


def name_by_number(asked: str) -> str | None:
    """The name of the reproduction of the figure or table that is asked for; None for what is no such number.

    A number alone is a figure's or a table's, whichever is reproduced. Raises ModelError where both are, by others.
    """
    found = ASKED.fullmatch(asked.lower())
    if found is None:
        return None
    word, chapter, appendix, number = found.groups()
    kinds = ["table" if word == "table" else "figure"] if word else ["figure", "table"]
    names = {f"{kind}-{chapter or appendix}-{number}": kind for kind in kinds}
    made = {name: by_number()[name] for name in names if name in by_number()}
    if len(set(made.values())) > 1:
        both = " and ".join(f"{name} ({of})" for name, of in made.items())
        raise ModelError(f"{asked!r} is {both}; name one of them")
    return next(iter(made.values()), None)
