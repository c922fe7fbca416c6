"""Cascades in an event log: their depths, the length of the queue, and latencies from inputs to ends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.log_pieces import PIECE, LineColumn, pieces
from eventnet.event import Events
from eventnet.network import Network

Ints = NDArray[np.int64]


def end_ports(net: Network) -> list[int]:
    """Numbers of the ports of modules that send nothing on: where answers arrive."""
    return net.end_ports()


def depths(log: Events) -> Ints:
    """Depths of the deliveries of a log, [n]: links in the chain of causes from the input to each, 0 for an input.

    The log is whole: parents are in it. Depths of a log in a file are in a file, too.
    """
    return depth_column(log).array


def depth_column(log: Events, first: int = 0) -> LineColumn:
    """Depths as `depths` has them; of a log that begins at the delivery `first`, counted from there."""
    found = LineColumn(log, np.int64)
    for begin, lines in pieces(log):
        parent = np.maximum(lines["parent"] - first, -1)
        # Steps to an earlier line of the piece, doubled until all lead to the first of their chain there.
        up = np.where(parent >= begin, parent - begin, np.arange(len(lines)))
        deep = (parent >= begin).astype(np.int64)
        while (up[up] != up).any():
            deep, up = deep + deep[up], up[up]
        at = parent[up]
        before = at >= 0
        deep[before] += found.array[at[before]] + 1
        found.array[begin : begin + len(lines)] = deep
        found.let_go()
    return found


def deepest(log: Events) -> int:
    """The depth of the deepest delivery of a whole log, see `depths`; 0 without deliveries."""
    depth, most = depth_column(log), 0
    for begin in range(0, len(log), PIECE):
        most = max(most, int(depth.array[begin : begin + PIECE].max()))
        depth.let_go()
    return most


def peak_queue(log: Events) -> int:
    """The most deliveries that waited at once, inputs left out; of a whole log of a run that came to its end.

    Every spike is one delivery for each wire, so what waits is what was emitted less what was taken; a predicted spike
    counts from the delivery that last set it.
    """
    change = LineColumn(log, np.int64)
    for begin, lines in pieces(log):
        inner = lines["parent"] >= 0
        np.add.at(change.array, lines["parent"][inner], 1)
        change.array[begin : begin + len(lines)] -= inner
        change.let_go()
    peak = waiting = 0
    for begin in range(0, len(log), PIECE):
        sums = waiting + np.cumsum(change.array[begin : begin + PIECE])
        peak, waiting = max(peak, int(sums.max())), int(sums[-1])
        change.let_go()
    return peak


def latencies(log: Events, ports: list[int]) -> tuple[Ints, Ints]:
    """For each input that a delivery at one of the `ports` goes back to: ticks and deliveries until the first one.

    Inputs that come to these ports themselves are left out.
    """
    none = np.zeros(0, np.int64)
    found = [(none, none, none), *first_arrivals(log, ports)]
    roots, ticks, after = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(roots)
    return ticks[order], after[order]


def first_arrivals(log: Events, ports: list[int]) -> Iterator[tuple[Ints, Ints, Ints]]:
    """For inputs that are heard of at one of the `ports`: their numbers, and ticks and deliveries until then.

    Each input is in one of the pieces, in that of its first arrival.
    """
    heard = LineColumn(log, np.bool_)
    for _, lines in pieces(log):
        arrived = lines[np.isin(lines["port"], ports) & (lines["parent"] >= 0)]
        roots, first = np.unique(arrived["root"], return_index=True)
        new = ~heard.array[roots]
        roots, then = roots[new], arrived[first[new]]
        heard.array[roots] = True
        heard.let_go()
        yield roots, then["t"] - log["t"][roots], then["id"] - roots


def mean_latencies(log: Events, ports: list[int]) -> tuple[int, float | None, float | None]:
    """Number of inputs whose cascades reach one of the `ports`; mean ticks and deliveries until then, None of none."""
    reached = ticks = deliveries = 0
    for roots, waited, after in first_arrivals(log, ports):
        reached, ticks, deliveries = reached + len(roots), ticks + int(waited.sum()), deliveries + int(after.sum())
    return (reached, ticks / reached, deliveries / reached) if reached else (0, None, None)
