"""Docstrings of this package are plain text: this makes them reStructuredText for autodoc.

    name    text of a column, which may go on
            in the next line

becomes a definition list, other indented text a block of code, `code` a link where it names something documented, and
what means something to reStructuredText alone is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

COLUMN = re.compile(r"(?P<term>\S(?:.{0,58}?\S)?) {2,}(?P<text>[^\s#].*)")
"""A line of a table of two columns; what a comment follows is code."""

FIELD = re.compile(r"(?P<term>[a-z]\w*(?:, [a-z]\w*)*): (?P<text>\S.*)")
"""A line `name: text`; two or more of them are a table, too, whose other lines go on with the one above."""

TITLE = re.compile(r"(Arguments|State|Ports|Outlets):")
BULLET = re.compile(r"(?:- |\d+\. )")
CODE = re.compile(r"(`[^`]+`)")
NAME = re.compile(r"[A-Za-z][\w.]*(\(\))?")


def inline(text: str) -> str:
    """A line of prose: code in single backticks, all else as it stands."""
    parts = CODE.split(text)
    made = []
    for k, part in enumerate(parts):
        if k % 2 == 0:
            made.append(re.sub(r"([\\*|`]|_(?!\w))", r"\\\1", part))
            continue
        code = part[1:-1].strip()
        before = "\\ " if parts[k - 1] and not re.search(r"[\s(\[{'\"/-]$", parts[k - 1]) else ""
        after = "\\ " if re.match(r"[^\s.,:;!?)\]}'\"/-]", parts[k + 1]) else ""
        shown = f":py:obj:`{code}`" if NAME.fullmatch(code) else f"``{code}``"
        made.append(f"{before}{shown}{after}")
    return "".join(made)


def indent_of(line: str) -> int:
    """How many spaces a line begins with."""
    return len(line) - len(line.lstrip())


def dedent(lines: list[str]) -> list[str]:
    """Lines without the indentation that all of them have."""
    least = min(indent_of(line) for line in lines if line.strip())
    return [line[least:] for line in lines]


def columns(lines: list[str]) -> list[tuple[str, list[str]]] | None:
    """Rows (term, lines of text) of a table of two columns, dedented; None for what is none."""
    rows: list[tuple[str, list[str]]] = []
    for line in lines:
        found = COLUMN.fullmatch(line)
        if found and not line.startswith(" "):
            rows.append((found["term"], [found["text"]]))
        elif rows and indent_of(line) > 3:
            rows[-1][1].append(line.strip())
        else:
            return None
    return rows


def fields(lines: list[str]) -> list[tuple[str, list[str]]] | None:
    """Rows of lines `name: text`, as of `columns`; None for what is none."""
    if sum(FIELD.fullmatch(line) is not None for line in lines) < 2 or not FIELD.fullmatch(lines[0]):
        return None
    rows: list[tuple[str, list[str]]] = []
    for line in lines:
        if found := FIELD.fullmatch(line):
            rows.append((found["term"], [found["text"]]))
        else:
            rows[-1][1].append(line.strip())
    return rows


def definitions(rows: list[tuple[str, list[str]]]) -> Iterator[str]:
    """A definition list. `a value, 1 by default: text` of a module's argument reads `1 by default: text`."""
    for term, text in rows:
        whole = re.sub(r"^a value(?:, |: |$)", "", " ".join(text))
        yield inline(term) if "`" in term else f"``{term}``"
        yield "   " + (inline(whole) or "\\ ")
        yield ""


def block(lines: list[str]) -> Iterator[str]:
    """Lines between two empty ones."""
    first = indent_of(lines[0])
    lines = [line[min(first, indent_of(line)) :] for line in lines]
    if rows := columns(lines) or fields(lines):
        yield from definitions(rows)
    elif first and not BULLET.match(lines[0]):
        yield from [".. code-block:: python", "   :force:", "", *(f"   {line}" for line in lines), ""]
    elif BULLET.match(lines[0]):
        for line in lines:
            mark = BULLET.match(line)
            yield mark[0] + inline(line[mark.end() :]) if mark else f"{' ' * indent_of(line)}{inline(line.strip())}"
        yield ""
    else:
        for deeper, some in groupby(lines, key=lambda line: indent_of(line) > 0):
            part = list(some)
            if deeper:
                yield from block(dedent(part) if columns(dedent(part)) else part)
            elif TITLE.fullmatch(part[-1]):
                yield from [f".. rubric:: {part[-1][:-1]}", ""]
            else:
                yield from [*map(inline, part), ""]


def as_rst(text: str) -> str:
    """A docstring in reStructuredText."""
    made: list[str] = []
    for empty, some in groupby(text.split("\n"), key=lambda line: not line.strip()):
        if not empty:
            made += block(list(some))
    return "\n".join(made)


def mend(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """What autodoc calls for every docstring, and which changes `lines`."""
    lines[:] = [*as_rst("\n".join(lines)).split("\n"), ""]


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    connect: Callable[..., int] = app.connect
    connect("autodoc-process-docstring", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
