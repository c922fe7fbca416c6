"""Summaries of objects: a few lines of text, and in a notebook a table and a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from eventnet.base.svg import Band, raster, shortened

LINES, ROWS, LETTERS = 10, 30, 60
"""Rows of a table that text shows, and those that a page shows, at most; letters of a text in it."""


@dataclass(frozen=True)
class Summary:
    """One description, shown as text or as HTML.

    title    one line: what it is, and its size
    head     names of the table's columns; rows: its rows, numbers and texts
    picture  makes SVG, when a page is wanted; "" for none
    """

    title: str
    head: tuple[str, ...] = ()
    rows: Sequence[tuple[Any, ...]] = ()
    picture: Callable[[], str] | None = None

    def text(self) -> str:
        """A few lines, however many rows there are."""
        shown = [self.head, *self.rows[:LINES]] if self.rows else []
        columns = [_column(list(cells)) for cells in zip(*shown, strict=True)]
        lines = [f"  {'  '.join(cells)}".rstrip() for cells in zip(*columns, strict=True)]
        more = len(self.rows) - LINES
        return "\n".join([f"<{self.title}>", *lines, *([f"  ... {more:,} more"] if more > 0 else [])])

    def html(self) -> str:
        """A piece of a page: title, picture, table. All text is escaped; colours are those around it."""
        picture = "" if self.picture is None else self.picture()
        drawn = f'<div style="overflow-x:auto;margin:.4em 0">{picture}</div>' if picture else ""
        return f"<div><div><b>{escape(self.title)}</b></div>{drawn}{self._table()}</div>"

    def _table(self) -> str:
        if not self.rows:
            return ""
        shown = self.rows[:ROWS]
        right = [all(isinstance(row[k], int | float) for row in shown) for k in range(len(self.head))]
        head = "".join(_cell("th", name, right[k]) for k, name in enumerate(self.head))
        body = "".join(
            f"<tr>{''.join(_cell('td', cell, right[k]) for k, cell in enumerate(row))}</tr>" for row in shown
        )
        more = len(self.rows) - ROWS
        rest = f'<tr><td colspan="{len(self.head)}" style="text-align:left">... {more:,} more</td></tr>'
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}{rest if more > 0 else ''}</tbody></table>"


class Summarized:
    """Base of classes that describe themselves by a `Summary`: their repr, and what a notebook shows of them."""

    def _summary(self) -> Summary:
        """The summary of the object: every class has its own. No ABC, whose metaclass all would inherit."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """A few lines; of an object that is broken or half made, the repr of any object: a repr does not raise."""
        try:
            return self._summary().text()
        except Exception:  # of a class that is half made, anything may be missing
            return object.__repr__(self)

    def _repr_html_(self) -> str:
        return self._summary().html()


def amount(n: int, one: str, many: str = "") -> str:
    """ "1 module", "1,200 modules"; `many` where the plural is another."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def log_raster(ports: Iterable[Any], log: Any) -> str:
    """SVG of a log (DELIVERY records), a band for each port of a network that heard something; "" for none."""
    parts = [(port, log[log["port"] == number]) for number, port in enumerate(ports)]
    bands = [
        Band(str(port), port.accepts or int(own["index"].max()) + 1, own["t"], own["index"], own["sign"])
        for port, own in parts if len(own)
    ]  # fmt: skip
    return raster(bands, int(log["t"][0]), int(log["t"][-1])) if bands else ""


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.6g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else shortened(str(value), LETTERS)


def _column(cells: list[Any]) -> list[str]:
    """The cells of a column, its name first, as wide as one another; numbers to the right."""
    texts = [_shown(cell) for cell in cells]
    wide = max(map(len, texts))
    right = all(isinstance(cell, int | float) for cell in cells[1:])
    return [text.rjust(wide) if right else text.ljust(wide) for text in texts]


def _cell(tag: str, value: Any, right: bool) -> str:
    return f'<{tag} style="text-align:{"right" if right else "left"}">{escape(_shown(value))}</{tag}>'
