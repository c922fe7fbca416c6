"""The cascades a report can unfold: those of the costliest inputs and the first ones, as far as there is room.

A log that is in a file is read piece by piece; what each input led to lies in files, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.cascades import depth_column, end_ports, first_arrivals
from eventnet.analysis.log_pieces import LineColumn, pieces
from eventnet.base.column import let_go
from eventnet.errors import EngineError
from eventnet.event import Events, signed
from eventnet.network import Network
from eventnet.tally import ADD_KINDS, Tally

COSTLIEST = 10
EVENTS = 1000
DELIVERIES = 30_000
LONGEST = 10_000
"""Deliveries of one cascade that a report holds at most."""

Ints = NDArray[np.int64]


def cascades(log: Events, net: Network, tally: Tally, adds: Ints | None, limit: int = DELIVERIES) -> dict[str, Any]:
    """Input events with what each led to, and the deliveries of as many cascades as `limit` allows; for JSON.

    log   of whole cascades or not: an input that came before it is passed over
    adds  of the first deliveries of the log [n], or None

    Events are costliest first: by adds where they were counted, else by deliveries.
    """
    cost = costs(log, tally, adds)
    inputs = _Inputs(log, cost)
    first, chosen = inputs.first, inputs.chosen
    ticks = _latencies(log, net, chosen) if first == 0 else {}
    sizes = inputs.sizes[chosen - first].tolist()
    held, room = [], limit
    for size in sizes:
        held.append(min(size, LONGEST, room))
        room -= held[-1]
    heads = np.array(log[chosen - first])
    events = [
        {
            "id": root, "t": int(line["t"]), "port": int(line["port"]), "index": int(line["index"]),
            "sign": sign, "deliveries": size, "held": most, "depth": depth,
            "adds": None if kinds is None else sum(kinds), "kinds": kinds, "ticks to an end": ticks.get(root),
        }
        for root, line, sign, size, most, depth, kinds in zip(
            chosen.tolist(), heads, signed(heads).tolist(), sizes, held, inputs.deepest[chosen - first].tolist(),
            cost.of(chosen), strict=True,
        )
    ]  # fmt: skip
    columns = _Columns(adds, first)
    for places, lines in _held(log, chosen, np.array(held, np.int64)):
        columns.append(places, lines)
    in_rank = np.lexsort(inputs.rank(chosen)).tolist()
    return {
        "inputs": inputs.count, "events": events, "costliest": in_rank[:COSTLIEST], "counted": len(cost.ids) > 0,
        "kinds": list(ADD_KINDS) if len(cost.ids) and cost.counts.shape[1] > 1 else ["all"],
        "columns": columns.to_dict(), "held": limit - room, "logged": len(log), "first": first,
    }  # fmt: skip


@dataclass(frozen=True)
class CascadeCosts:
    """Adds of cascades by kind, or all in one [n, kinds], of inputs [n], ascending."""

    ids: Ints
    counts: Ints

    def of(self, roots: Ints) -> list[list[int] | None]:
        """Those of some inputs; None where they were not counted."""
        at, known = self._find(roots)
        return [self.counts[k].tolist() if there else None for k, there in zip(at.tolist(), known.tolist())]

    def sums(self, roots: Ints) -> Ints:
        """All adds of some inputs; -1 where they were not counted."""
        at, known = self._find(roots)
        found = np.full(len(roots), -1, np.int64)
        found[known] = self.counts[at[known]].sum(axis=1)
        return found

    def _find(self, roots: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        at = np.searchsorted(self.ids, roots)
        known = at < len(self.ids)
        known[known] = self.ids[at[known]] == roots[known]
        return at, known


def costs(log: Events, tally: Tally, adds: Ints | None) -> CascadeCosts:
    """Costs from a tally with roots; from the adds of every delivery; or of nothing."""
    try:
        ids, counts = tally.root_arrays()
    except EngineError:
        if adds is None or len(adds) < len(log):
            return CascadeCosts(np.zeros(0, np.int64), np.zeros((0, 1), np.int64))
        ids, at = np.unique(log["root"], return_inverse=True)
        counts = np.zeros((len(ids), 1), dtype=np.int64)
        np.add.at(counts[:, 0], at.reshape(-1), adds[: len(log)])
    else:
        counts = counts[:, list(ADD_KINDS.values())]
    return CascadeCosts(ids, counts)


class _Inputs:
    """The inputs of a log: how large and how deep their cascades are, and which are shown.

    first: the number of the log's first delivery; sizes, deepest [deliveries]: of the cascade that each begins
    chosen: the COSTLIEST, the costliest first, then the first ones, EVENTS in all
    """

    def __init__(self, log: Events, cost: CascadeCosts) -> None:
        self.first, self.count, self._cost = int(log["id"][0]) if len(log) else 0, 0, cost
        columns = LineColumn(log, np.int64), LineColumn(log, np.int64)
        self.sizes, self.deepest = (column.array for column in columns)
        depth, earliest = depth_column(log, self.first), np.zeros(0, np.int64)
        for begin, lines in pieces(log):
            root = lines["root"].astype(np.int64) - self.first
            own = root >= 0
            np.add.at(self.sizes, root[own], 1)
            np.maximum.at(self.deepest, root[own], depth.array[begin : begin + len(lines)][own])
            ids = _begun(lines)
            self.count += len(ids)
            earliest = np.concatenate([earliest, ids[: EVENTS - len(earliest)]])
            for column in (*columns, depth):
                column.let_go()
        costliest = np.zeros(0, np.int64)
        for _, lines in pieces(log):
            costliest = np.concatenate([costliest, _begun(lines)])
            costliest = costliest[np.lexsort(self.rank(costliest))[:COSTLIEST]]
            for column in columns:
                column.let_go()
        both = dict.fromkeys([*costliest.tolist(), *earliest.tolist()])
        self.chosen = np.array(list(both)[:EVENTS], np.int64)

    def rank(self, ids: Ints) -> tuple[Ints, Ints, Ints]:
        """Keys by which the costliest come first, of equals the largest, of those the earliest; the last one leads."""
        return ids, -self.sizes[ids - self.first], -self._cost.sums(ids)


def _begun(lines: Events) -> Ints:
    """Numbers of the inputs among lines of a log."""
    ids: Ints = lines["id"][(lines["source"] < 0) & (lines["parent"] < 0)].astype(np.int64)
    return ids


def _latencies(log: Events, net: Network, chosen: Ints) -> dict[int, int]:
    """Ticks from each chosen input to the first delivery of its cascade at a module that sends nothing on."""
    found: dict[int, int] = {}
    for roots, ticks, _ in first_arrivals(log, end_ports(net)):
        own = np.isin(roots, chosen)
        found |= zip(roots[own].tolist(), ticks[own].tolist(), strict=True)
    return found


def _held(log: Events, chosen: Ints, held: Ints) -> list[tuple[Ints, Events]]:
    """The first deliveries of the cascades of chosen inputs, so many of each: their places in the log, and lines."""
    sequence = np.argsort(chosen)
    left, places, parts, owners = held.copy(), [np.zeros(0, np.int64)], [np.array(log[:0])], [np.zeros(0, np.int64)]
    for begin, lines in pieces(log):
        if not left.any():
            break
        at = np.flatnonzero(np.isin(lines["root"], chosen[left > 0]))
        owner = sequence[np.searchsorted(chosen[sequence], lines["root"][at])]
        order = np.argsort(owner, kind="stable")
        starts = np.searchsorted(owner[order], np.arange(len(chosen)))
        before = np.arange(len(order)) - starts[owner[order]]
        kept = order[before < left[owner[order]]]
        left -= np.bincount(owner[kept], minlength=len(chosen))
        places.append(begin + at[kept])
        parts.append(lines[at[kept]])
        owners.append(owner[kept])
    let_go(log)
    place, lines, owner = np.concatenate(places), np.concatenate(parts), np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    ends = np.cumsum(held)[:-1]
    return list(zip(np.split(place[order], ends), np.split(lines[order], ends), strict=True))


class _Columns:
    """Deliveries of cascades, one after the other; numbers are told against their own cascade's, to be short."""

    def __init__(self, adds: Ints | None, first: int) -> None:
        self._adds, self._first = adds, first
        self._parts: dict[str, list[int]] = {
            name: [] for name in ("id", "parent", "t", "source", "port", "index", "sign", "adds")
        }

    def append(self, at: Ints, part: Events) -> None:
        """Deliveries of one cascade, by their places in the log, and their lines; the first is its input."""
        if not len(at):
            return
        place = np.searchsorted(at, np.maximum(part["parent"] - self._first, 0))
        parts = {
            "id": np.diff(part["id"], prepend=part["id"][0]),
            "parent": np.where(part["parent"] < self._first, -1, place),
            "t": np.diff(part["t"], prepend=part["t"][0]),
            "source": part["source"], "port": part["port"], "index": part["index"], "sign": signed(part),
        }  # fmt: skip
        for name, values in parts.items():
            self._parts[name] += values.tolist()
        if self._adds is not None:
            known = at < len(self._adds)
            self._parts["adds"] += np.where(known, self._adds[np.minimum(at, len(self._adds) - 1)], -1).tolist()

    def to_dict(self) -> dict[str, list[int]]:
        return self._parts
