"""Differences between the logs of two runs of the same inputs, whatever the sequence within an instant."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.log_pieces import LineColumn, in_file, pieces, windows
from eventnet.base.column import FileColumn
from eventnet.event import Events, signed


def instants(a: Events, b: Events) -> NDArray[np.int64]:
    """The times of two logs, ascending, each once; in a file where the logs are in files."""
    if not in_file(a):
        return np.unique(np.concatenate([a["t"], b["t"]]))
    column, n = FileColumn(len(a) + len(b), np.int64), 0
    for one, other in windows(a, b):
        times = np.unique(np.concatenate([one["t"], other["t"]]))
        column.array[n : n + len(times)] = times
        column.let_go()
        n += len(times)
    return column.array[:n]


def first_other_net(a: Events, b: Events) -> int | None:
    """The first time of sending at which the net of what was sent differs, by wire and index; None where none does."""
    first = None
    for window in windows(a, b):
        parts = []
        for log, lines, sign in zip((a, b), window, (1, -1), strict=True):
            inner = lines[lines["parent"] >= 0]
            sent = log["t"][inner["parent"]]
            columns = [inner["t"], inner["source"], inner["port"], inner["index"], sign * signed(inner)]
            parts.append(np.column_stack([sent, *columns]).astype(np.int64))
        both = np.concatenate(parts)
        places, at = np.unique(both[:, :5], axis=0, return_inverse=True)
        sums = np.zeros(len(places), dtype=np.int64)
        np.add.at(sums, at.reshape(-1), both[:, 5])
        if sums.any():
            found = int(places[sums != 0, 0].min())
            first = found if first is None else min(first, found)
    return first


def one_sided(a: Events, b: Events) -> dict[tuple[int, int, int], tuple[int, int, int]]:
    """By port, sign and source: deliveries in both logs, those that made something in a alone, and in b alone.

    Kinds of which all made something in both or in neither are left out.

    Two deliveries are the same where time, source, port, index, sign and the number of the like before them are.
    """
    made = [_made(log) for log in (a, b)]
    counts: dict[tuple[int, int, int], NDArray[np.int64]] = {}
    for window in windows(a, b):
        rows = np.concatenate([_numbered(lines, made[side], side) for side, lines in enumerate(window)])
        rows = rows[np.lexsort(rows.T[[7, *range(5, -1, -1)]])]
        both = np.flatnonzero(np.all(rows[1:, :6] == rows[:-1, :6], axis=1))
        one, other = rows[both, 6] > 0, rows[both + 1, 6] > 0
        kinds, which = np.unique(rows[both][:, [2, 4, 1]], axis=0, return_inverse=True)
        sums = np.zeros((len(kinds), 3), dtype=np.int64)
        np.add.at(sums, which.reshape(-1), np.column_stack([np.ones(len(both), bool), one & ~other, other & ~one]))
        for (port, sign, source), row in zip(kinds.tolist(), sums, strict=True):
            counts[port, sign, source] = counts.get((port, sign, source), 0) + row
        for column in made:
            column.let_go()
    found = {kind: row.tolist() for kind, row in sorted(counts.items())}
    return {kind: (both, one, other) for kind, (both, one, other) in found.items() if one or other}


def _made(log: Events) -> LineColumn:
    """Whether each delivery made something."""
    found = LineColumn(log, np.bool_)
    for _, lines in pieces(log):
        found.array[lines["parent"][lines["parent"] >= 0]] = True
        found.let_go()
    return found


def _numbered(lines: Events, made: LineColumn, side: int) -> NDArray[Any]:
    """Rows (time, source, port, index, sign, how many of the like came before, whether it made something, side)."""
    places = [lines[name].astype(np.int64) for name in ("t", "source", "port", "index")]
    like = np.column_stack([*places, signed(lines)])
    sequence = np.lexsort([lines["id"], *like.T[::-1]])
    new = np.any(np.diff(like[sequence], axis=0, prepend=like[sequence][:1] - 1) != 0, axis=1)
    place = np.arange(len(lines))
    before = place - np.maximum.accumulate(np.where(new, place, 0))
    own = made.array[lines["id"][sequence]]
    return np.column_stack([like[sequence], before, own, np.full(len(lines), side)])
