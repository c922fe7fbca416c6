"""Tallies of models: what one call has counted, what learning has counted since it began, and how files hold both."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from eventnet.errors import DataError
from eventnet.tally import COLUMNS, Tally


def total(tallies: Iterable[Tally | None]) -> Tally | None:
    """The sum of what was counted in several runs of one network; None where nothing was."""
    known = [tally for tally in tallies if tally is not None]
    return functools.reduce(lambda a, b: a + b, known) if known else None


def in_text(tally: Tally | None) -> dict[str, Any] | None:
    """A tally for JSON: its columns, and a row for each port."""
    if tally is None:
        return None
    return {"columns": list(COLUMNS), "ports": {name: list(row.values()) for name, row in tally.by_port().items()}}


def from_text(found: Any, where: str, ports: Sequence[str] | None = None) -> Tally | None:
    """The tally that `in_text` wrote; None where the file has none, or one of other columns.

    ports: those it must be of. Raises DataError, with `where`, for anything else.
    """
    if found is None:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("ports"), dict):
        raise DataError(f"{where}: a tally is {str(found)[:60]}; wanted columns, and a row of counts for each port")
    if found.get("columns") != list(COLUMNS):
        return None
    rows = found["ports"]
    for name, row in rows.items():
        if not isinstance(row, list) or len(row) != len(COLUMNS) or not all(type(n) is int and n >= 0 for n in row):
            raise DataError(f"{where}: the tally of {name!r} is {str(row)[:60]}; wanted {len(COLUMNS)} whole numbers")
    if ports is not None and list(rows) != list(ports):
        raise DataError(f"{where}: a tally is of the ports {list(rows)[:4]} ...; wanted {list(ports)[:4]} ...")
    return Tally(list(rows), list(rows.values()))
