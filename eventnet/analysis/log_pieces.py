"""An event log piece by piece: one that is mapped from a file is never in memory as a whole."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import DTypeLike, NDArray

from eventnet.base.column import FileColumn, let_go
from eventnet.event import Events

PIECE = 1 << 17
"""Lines of a log looked at together: 6 MB."""


def in_file(log: Events) -> bool:
    """Whether a log is mapped from a file."""
    return isinstance(log, np.memmap)


def pieces(log: Events, first: int = 0) -> Iterator[tuple[int, Events]]:
    """The lines of a log from `first` on, PIECE in each but the last, each with the place of its first line."""
    for begin in range(first, len(log), PIECE):
        yield begin, np.array(log[begin : begin + PIECE])
        let_go(log)


class LineColumn:
    """A number for each line of a log, 0 at first: in memory, or in a file where the log is in one."""

    def __init__(self, log: Events, dtype: DTypeLike) -> None:
        self._file = FileColumn(len(log), dtype) if in_file(log) else None
        self.array = np.zeros(len(log), dtype) if self._file is None else self._file.array

    def let_go(self) -> None:
        """Give back the memory of what was looked at, if it lies in a file."""
        if self._file is not None:
            self._file.let_go()


def windows(a: Events, b: Events) -> Iterator[tuple[Events, Events]]:
    """Two logs in pieces of whole instants: all lines of an instant, of both, are in the same piece."""
    at = [0, 0]
    size = PIECE
    while at[0] < len(a) or at[1] < len(b):
        parts = [np.array(log[k : k + size]) for log, k in zip((a, b), at, strict=True)]
        lasts = [int(part["t"][-1]) for log, k, part in zip((a, b), at, parts, strict=True) if k + len(part) < len(log)]
        if lasts:  # the last instant of a piece may go on
            parts = [part[: np.searchsorted(part["t"], min(lasts))] for part in parts]
        if not any(map(len, parts)):
            size *= 2  # one instant is longer than a piece
            continue
        size = PIECE
        yield parts[0], parts[1]
        at = [k + len(part) for k, part in zip(at, parts, strict=True)]
        let_go(a)
        let_go(b)


def place_of(log: Events, t: int) -> int:
    """The place of the first line of a log that is not before a time; its length where there is none."""
    return bisect_left(range(len(log)), t, key=lambda place: int(log["t"][place]))


def children(log: Events, first: int, end: int) -> Events:
    """The lines that what was delivered at the places from `first` to `end` has caused."""
    found = [lines[(lines["parent"] >= first) & (lines["parent"] < end)] for _, lines in pieces(log, first)]
    return np.concatenate(found) if found else np.array(log[:0])


class Cascades:
    """The lines of a whole log by cascades: by their root, and as delivered within each.

    A log that is in a file is sorted into another one, in parts of the roots, of which one at a time is in memory.
    """

    PARTS = 256
    """Parts of a log at most."""

    def __init__(self, log: Events) -> None:
        self._log, self._ends = log, np.zeros(0, np.int64)
        self._file: FileColumn | None = None
        if in_file(log):
            self._sort(max(PIECE, -(-len(log) // self.PARTS)))

    def _sort(self, width: int) -> None:
        """Bring together the lines of each `width` numbers of roots."""
        counts = np.zeros(-(-len(self._log) // width), np.int64)
        for _, lines in pieces(self._log):
            counts += np.bincount(lines["root"] // width, minlength=len(counts))
        self._ends = np.cumsum(counts)
        self._file = file = FileColumn(len(self._log), self._log.dtype)
        to = self._ends - counts
        for _, lines in pieces(self._log):
            part = lines["root"] // width
            lines = lines[np.argsort(part, kind="stable")]
            brought = np.bincount(part, minlength=len(counts))
            for k, piece in zip(np.flatnonzero(brought), np.split(lines, np.cumsum(brought[brought > 0])[:-1])):
                file.array[to[k] : to[k] + len(piece)] = piece
            to += brought
            file.let_go()

    def lines(self, keep: Callable[[Events], NDArray[np.bool_]]) -> Iterator[Events]:
        """The lines that are kept, in pieces that hold all of a cascade."""
        if self._file is None:
            yield _by_root(self._log[keep(self._log)])
            return
        for first, end in zip([0, *self._ends[:-1].tolist()], self._ends.tolist(), strict=True):
            part = np.array(self._file.array[first:end])
            self._file.let_go()
            yield _by_root(part[keep(part)])


def _by_root(lines: Events) -> Events:
    return lines[np.argsort(lines["root"], kind="stable")]
