"""The counters of a trace: how many events wait, and adds or deliveries so far."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.trace_times import Integers, Survey, us
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.tally import ADD_KINDS, Tally

Adds = Tally | NDArray[Any]
ADD_COLUMNS = list(ADD_KINDS.values())


@dataclass(frozen=True)
class Added:
    """Adds to count, under a name: ids of deliveries [m], ascending, and how much each adds [m]."""

    name: str
    ids: Integers
    adds: Integers


def added(given: Adds | None, log: Events, n: int) -> Added | None:
    """Adds of the first n deliveries of a log, [n] or longer, or of each cascade at its input, from a tally with roots.

    Raises DataError for an array of another shape or type, EngineError for a tally without roots.
    """
    if given is None:
        return None
    if isinstance(given, Tally):
        ids, counts = given.root_arrays()
        return Added("adds of cascades begun", ids, counts[:, ADD_COLUMNS].sum(axis=1))
    if given.ndim != 1 or len(given) < n or given.dtype.kind not in "iu":
        raise DataError(f"adds are {given.dtype} of shape {given.shape}; wanted whole numbers, one for each of {n:,}")
    return Added("adds", log["id"][:n], given[:n])


class Counters:
    """Lines of JSON with the counters of one process, for one piece of its log after the other.

    modules: the name of each port's module. every: deliveries from one value to the next.
    """

    def __init__(self, pid: int, modules: list[str], found: Survey, adds: Added | None, every: int) -> None:
        self.pid, self.modules, self.found, self.added, self.every = pid, modules, found, adds, every
        self.waiting, self.adds = found.before, 0
        self.deliveries = dict.fromkeys(modules, 0)
        self.shown: dict[str, int] = {}

    def lines(self, begin: int, part: Events, at: Integers) -> list[str]:
        """Lines of changed counters: at the beginning of a few deliveries the most that wait, at their end the sums."""
        starts = np.arange(0, len(part), self.every)
        ends = np.append(starts[1:], len(part)) - 1
        lines = self._line_each(
            "events", "waiting", at[starts], np.maximum.reduceat(self._waiting(begin, part), starts)
        )
        if self.added is not None:
            return lines + self._line_each(self.added.name, "so far", at[ends], self._adds(self.added, part)[ends])
        for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
            seen = [self.modules[port] for port in part["port"][first : last + 1].tolist()]
            for module in seen:
                self.deliveries[module] += 1
            for module in dict.fromkeys(seen):
                values = np.array([self.deliveries[module]])
                lines += self._line_each(f"deliveries to {module}", "so far", at[last : last + 1], values)
        return lines

    def _waiting(self, begin: int, part: Events) -> Integers:
        """Events that wait after each delivery: it is taken out, and what it caused is put in."""
        caused = self.found.caused[begin : begin + len(part)]
        waiting: Integers = self.waiting + np.cumsum(caused - (part["parent"] >= 0))
        self.waiting = int(waiting[-1])
        return waiting

    def _adds(self, added: Added, part: Events) -> Integers:
        """Adds up to and with each delivery."""
        made = np.zeros(len(part), dtype=np.int64)
        if len(added.ids):
            near = np.minimum(np.searchsorted(added.ids, part["id"]), len(added.ids) - 1)
            made = np.where(added.ids[near] == part["id"], added.adds[near], 0)
        adds: Integers = self.adds + np.cumsum(made)
        self.adds = int(adds[-1])
        return adds

    def _line_each(self, name: str, series: str, at: Integers, values: Integers) -> list[str]:
        lines = []
        for ns, value in zip(at.tolist(), values.tolist(), strict=True):
            if self.shown.get(name) != value:
                self.shown[name] = value
                lines.append(
                    f'{{"ph":"C","pid":{self.pid},"name":{json.dumps(name)},"ts":{us(ns)},'
                    f'"args":{{"{series}":{value}}}}}'
                )
        return lines
