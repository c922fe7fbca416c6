"""The cascades a report can unfold: those of the costliest inputs and the first ones, as far as there is room."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.cascades import depths, end_ports, latencies
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
    first = int(log["id"][0]) if len(log) else 0
    inputs = np.flatnonzero((log["source"] < 0) & (log["parent"] < 0))
    roots = log["root"].astype(np.int64)
    known, size = np.unique(roots, return_counts=True)
    sizes = dict(zip(known.tolist(), size.tolist(), strict=True))
    cost = costs(log, tally, adds)
    own = np.array(log[["parent"]])
    own["parent"] = np.maximum(own["parent"] - first, -1)
    depth = depths(own)
    deepest = np.zeros(len(known), dtype=np.int64)
    np.maximum.at(deepest, np.searchsorted(known, roots), depth)
    deep = dict(zip(known.tolist(), deepest.tolist(), strict=True))
    ticks = _latencies(log, net) if first == 0 else {}

    ids = (inputs + first).tolist()
    rank = sorted(ids, key=lambda k: (-(sum(cost[k]) if k in cost else 0), -sizes[k], k))
    chosen = list(dict.fromkeys([*rank[:COSTLIEST], *ids]))[:EVENTS]
    events, columns, room = [], _Columns(adds, first), limit
    order = np.argsort(roots, kind="stable")
    starts: list[int] = np.searchsorted(roots[order], np.array(chosen, dtype=np.int64)).tolist()
    for root, start in zip(chosen, starts, strict=True):
        line: Any = log[root - first]
        sign = int(signed(log[root - first : root - first + 1])[0])
        held = min(sizes[root], LONGEST, room)
        room -= held
        columns.append(log, order[start : start + held])
        events.append(
            {
                "id": root, "t": int(line["t"]), "port": int(line["port"]), "index": int(line["index"]),
                "sign": sign, "deliveries": sizes[root], "held": held, "depth": deep[root],
                "adds": sum(cost[root]) if root in cost else None, "kinds": cost.get(root),
                "ticks to an end": ticks.get(root),
            }
        )  # fmt: skip
    place = {root: k for k, root in enumerate(rank)}
    events_in_rank = sorted(range(len(chosen)), key=lambda k: place[chosen[k]])
    return {
        "inputs": len(ids), "events": events, "costliest": events_in_rank[:COSTLIEST], "counted": bool(cost),
        "kinds": list(ADD_KINDS) if cost and len(next(iter(cost.values()))) > 1 else ["all"],
        "columns": columns.to_dict(), "held": limit - room, "logged": len(log), "first": first,
    }  # fmt: skip


def costs(log: Events, tally: Tally, adds: Ints | None) -> dict[int, list[int]]:
    """Adds of each cascade by kind, from a tally with roots; all in one, from the adds of every delivery; or none."""
    try:
        ids, counts = tally.root_arrays()
    except EngineError:
        if adds is None or len(adds) < len(log):
            return {}
        ids, at = np.unique(log["root"], return_inverse=True)
        counts = np.zeros((len(ids), 1), dtype=np.int64)
        np.add.at(counts[:, 0], at.reshape(-1), adds[: len(log)])
    else:
        counts = counts[:, list(ADD_KINDS.values())]
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def _latencies(log: Events, net: Network) -> dict[int, int]:
    """Ticks from each input to the first delivery of its cascade at a module that sends nothing on."""
    ends = end_ports(net)
    arrived = np.unique(log["root"][np.isin(log["port"], ends) & (log["parent"] >= 0)])
    return dict(zip(arrived.tolist(), latencies(log, ends)[0].tolist(), strict=True))


class _Columns:
    """Deliveries of cascades, one after the other; numbers are told against their own cascade's, to be short."""

    def __init__(self, adds: Ints | None, first: int) -> None:
        self._adds, self._first = adds, first
        self._parts: dict[str, list[int]] = {
            name: [] for name in ("id", "parent", "t", "source", "port", "index", "sign", "adds")
        }

    def append(self, log: Events, at: Ints) -> None:
        """Deliveries of one cascade, by their places in the log; the first is its input."""
        if not len(at):
            return
        part: Any = log[at]
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
