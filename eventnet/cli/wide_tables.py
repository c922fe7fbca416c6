"""Tables of more columns than a screen is wide: several below one another, so that no number is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.table import Table

FRAME = 3
"""Characters that a column has beside its text; the table has one more."""
SHORT = 20
"""A text of at most so many characters stands in one line."""


class WideTable:
    """Rows (one or more, with the same columns) to print, in as many tables as the screen makes necessary."""

    def __init__(self, rows: Sequence[dict[str, Any]], title: str) -> None:
        self.rows, self.title = rows, title

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table]:
        yield from tables_of(self.rows, self.title, options.max_width)


def tables_of(rows: Sequence[dict[str, Any]], title: str, width: int) -> Iterator[Table]:
    """The rows, in as few tables as the width in characters allows.

    Each begins with the columns that tell the rows apart. A column that is too wide even so has a table of its own, and
    its words are broken there.
    """
    texts = {name: ["" if row[name] is None else str(row[name]) for row in rows] for name in rows[0]}
    least = {name: narrowest(name, column) for name, column in texts.items()}
    room = width - 1
    first = telling(texts) if sum(least.values()) + FRAME * len(least) > room else []
    parts: list[list[str]] = [[]]
    for name in (each for each in texts if each not in first):
        columns = [*first, *parts[-1], name]
        if parts[-1] and sum(least[each] for each in columns) + FRAME * len(columns) > room:
            parts.append([])
        parts[-1].append(name)
    for n, part in enumerate(parts):
        table, columns = Table(title=title if n == 0 else None), [*first, *part]
        left = room - sum(FRAME + least[name] for name in columns)
        for name in columns:
            more = min(left, max(map(cell_len, [name, *texts[name]])) - least[name])
            left -= more
            table.add_column(name, width=max(1, least[name] + more))
        for k in range(len(rows)):
            table.add_row(*(texts[name][k] for name in columns))
        yield table


def narrowest(name: str, column: Sequence[str]) -> int:
    """Characters that a column has at least: no word of it is cut, and no short text parted."""
    words = [word for text in (name, *column) for word in text.split()]
    return max(map(cell_len, [*words, *(text for text in column if cell_len(text) <= SHORT)]), default=0)


def telling(texts: dict[str, list[str]]) -> list[str]:
    """The fewest first columns in which no two rows are equal; the first alone, where all columns do not do it."""
    names = list(texts)
    for n in range(1, len(names)):
        if len(set(zip(*(texts[name] for name in names[:n]), strict=True))) == len(texts[names[0]]):
            return names[:n]
    return names[:1]
