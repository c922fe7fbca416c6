"""Spikes at given times, sent from within the engine (`spike_generator` in NEST, `SpikeGeneratorGroup` in Brian2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.declarations import Derived, Integers, Option
from eventnet.errors import NetworkError
from eventnet.given import whole_numbers
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Module, Outlet, Port
from eventnet.rule import rule


@rule
def send_due(i, s, t, out, tally, due, whose, cursor):
    """The spikes of this tick; then the next tick that has some is told. Spikes before the beginning are left out."""
    k, n = cursor[0], len(due)
    while k < n and due[k] < t:
        k += 1
    while k < n and due[k] == t:
        out.spike(whose[k], 1, 0)
        k += 1
    cursor[0] = k
    if k < n:
        out.later(0, 1, 1, due[k] - t - 1)


def trains(given: Any, what: str) -> dict[str, NDArray[np.int64]]:
    """Ticks of each unit as two arrays: `t` [spikes], unit after unit, and `counts` [units].

    Raises NetworkError for what are no lists of whole ticks.
    """
    if isinstance(given, Mapping) and set(given) == {"t", "counts"}:
        return {name: np.asarray(given[name], dtype=np.int64) for name in ("t", "counts")}
    if isinstance(given, str | Mapping) or not hasattr(given, "__len__") or not len(given):
        raise NetworkError(f"{what} of a SpikeSource are {given!r:.60}; wanted a list of ticks for each unit")
    each = [whole_numbers(ticks, f"{what} of unit {k}") for k, ticks in enumerate(given)]
    if any(ticks.ndim != 1 for ticks in each):
        raise NetworkError(f"{what} of a SpikeSource are {given!r:.60}; wanted a list of ticks for each unit")
    t = np.concatenate(each)
    if np.any(np.abs(t) >= COUNT // 2):
        raise NetworkError(f"{what} of a SpikeSource reach {t[np.argmax(np.abs(t))]}; wanted ticks within 2^61 of 0")
    return {"t": t, "counts": np.array([len(ticks) for ticks in each], dtype=np.int64)}


def in_order(source: SpikeSource) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ticks that never fall, and whose they are; units of one tick by their numbers."""
    t, counts = source.times["t"], source.times["counts"]
    whose = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((whose, t))
    return t[order], whose[order]


class SpikeSource(Module):
    """Units that spike at given ticks, a list for each: `en.SpikeSource([[10, 25], [12]])`.

    A spike at `ticks` begins it, `sim.inject([(0, source.ticks, 0, 1)])`, at or before the first of its times: what
    lies before that is left out. A network file holds the times.
    """

    times = Option[Any](check=trains, positional=True, doc="a list of ticks for each unit, in any order")

    units = Derived[int](lambda source: len(source.times["counts"]))
    ordered = Derived(in_order)
    due = Integers(None, start=lambda source: source.ordered[0], doc="ticks, never falling")
    whose = Integers(None, start=lambda source: source.ordered[1], doc="the unit of each")
    cursor = Integers(1, doc="how many have been sent or left out")
    ticks = Port(send_due, emits=("out", "next"), accepts=1)
    out = Outlet(passes_on=True)
    next = Outlet(width=1, repeats="ticks")
    most = Derived[int](lambda source: int(np.unique(source.ordered[0], return_counts=True)[1].max(initial=0)) + 1)
    membrane = None

    def check_integers(self, found: Found, time: int) -> None:
        """Not more has been sent than there is."""
        within("'cursor'", found["cursor"], 0, len(self.times["t"]) + 1)

    def starts_at(self) -> str:
        """A spike at `ticks`."""
        return "ticks"

    def config(self) -> dict[str, Any]:
        """The arguments that make this module again; the times as two arrays."""
        return super().config() | {"times": dict(self.times)}
