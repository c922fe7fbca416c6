"""Causes of the deliveries of a log: the port and the sign of the input event that each goes back to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.log_pieces import LineColumn, pieces
from eventnet.event import Events

EARLIER, ITSELF = -4, -2
"""Causes that are no input of the log: an input before it; a module that began by itself."""

Ints = NDArray[np.int64]


def causes(log: Events) -> Iterator[tuple[int, Events, Ints]]:
    """Pieces of a log: the first line's place, the lines, and the cause of each: 2 * port + (sign > 0), or below 0."""
    first = int(log["id"][0]) if len(log) else 0
    begun = LineColumn(log, np.int64)
    for begin, lines in pieces(log):
        own = np.where(lines["source"] < 0, 2 * lines["port"].astype(np.int64) + (lines["sign"] > 0), ITSELF)
        begun.array[begin : begin + len(lines)] = own
        root = lines["root"].astype(np.int64) - first
        yield begin, lines, np.where(root < 0, EARLIER, begun.array[np.maximum(root, 0)])
        begun.let_go()


def name_of(cause: int, ports: list[str]) -> str:
    """A cause in words; `ports` are names by number."""
    return source_of(cause // 2, ports) + ("" if cause < 0 else " +1" if cause % 2 else " −1")


def source_of(cause: int, ports: list[str]) -> str:
    """Half a cause, without its sign, in words."""
    if cause < 0:
        return "before the log" if cause == EARLIER // 2 else "by itself"
    return ports[cause]
