"""Spikes of a population as trains: rates, regularity and correlations, from the log of a run.

A log holds deliveries: a spike stands in it once for each wire of its outlet. A population's spikes are the deliveries
of one of its wires, each earlier by the wire's delay.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.recorders import SPIKES
from eventnet.engine.sampling import number_of, spike_outlet, telling_wire
from eventnet.errors import InputError
from eventnet.given import whole_number
from eventnet.module import BoundOutlet, Module
from eventnet.network import Wire
from eventnet.simulation import Run, Simulation

Floats = NDArray[np.float64]

FEWEST = 3
"""A unit has an interval to compare with another where it has so many spikes."""


@dataclass(frozen=True, eq=False)
class SpikeTrains:
    """Spikes of `units` units from tick `begin` up to, not including, `end`; the signs of spikes are not looked at.

    t       ticks, never falling, int64 [spikes]
    unit    whose, int64 [spikes]
    tick_s  seconds a tick, which rates need

    Raises InputError for arrays that do not belong together, and for an end that is not after the beginning.
    """

    t: NDArray[np.int64]
    unit: NDArray[np.int64]
    units: int
    begin: int
    end: int
    tick_s: float = 1e-6

    def __post_init__(self) -> None:
        if self.end <= self.begin:
            raise InputError(f"spike trains from tick {self.begin} to {self.end}; wanted an end after the beginning")
        if self.t.shape != self.unit.shape or self.t.ndim != 1:
            raise InputError(f"spike trains have times {self.t.shape} and units {self.unit.shape}; wanted [n] of both")
        if len(self.t) and (self.t[0] < self.begin or self.t[-1] >= self.end or np.any(np.diff(self.t) < 0)):
            raise InputError(f"times of spike trains fall, or leave the ticks {self.begin} to {self.end - 1}")
        if len(self.unit) and (self.unit.min() < 0 or self.unit.max() >= self.units):
            raise InputError(f"units go from {self.unit.min()} to {self.unit.max()}; wanted 0 to {self.units - 1}")

    @classmethod
    def of(
        cls, run: Run | Simulation, source: BoundOutlet | Module | str, *, begin: int = 0, end: int | None = None,
        tick_s: float = 1e-6,
    ) -> SpikeTrains:  # fmt: skip
        """Spikes of an outlet in a run with `record=True`, or with `recorders=[en.record(module, "spikes")]`; a module,
        or its name, stands for its only outlet.

        end: None for all that the log can say: what was sent later is still under way on the wire. A spike that sets
        out later than its rule has made it counts from when it sets out.

        Raises EngineError for a run that kept no log, and InputError for an outlet without a wire, and for an end that
        is not reached yet.
        """
        sim = run.simulation if isinstance(run, Run) else run
        outlet = spike_outlet(sim.net, source)
        wire = telling_wire(sim.net, outlet)
        known = sim.time - wire.delay
        until = known if end is None else whole_number("end", end, begin + 1, error=InputError)
        if until > known:
            raise InputError(
                f"the log says the spikes of {outlet} up to tick {known - 1}, the others are on their way to "
                f"{wire.target}; wanted an end of {known} at most, not {until}"
            )
        t, unit = _told(sim, outlet, wire, begin, until)
        inside = (t >= begin) & (t < until)
        return cls(t[inside], unit[inside], outlet.width, begin, until, tick_s)

    @classmethod
    def joined(cls, trains: Sequence[SpikeTrains]) -> SpikeTrains:
        """Several populations as one: the units of the first come first. Raises InputError for other spans or ticks."""
        if len({(one.begin, one.end, one.tick_s) for one in trains}) != 1:
            raise InputError("spike trains of one or more populations, over the same ticks, can be joined")
        firsts = np.cumsum([0, *(one.units for one in trains)])
        t = np.concatenate([one.t for one in trains])
        unit = np.concatenate([one.unit + first for one, first in zip(trains, firsts.tolist())])
        order = np.argsort(t, kind="stable")
        whole = trains[0]
        return cls(t[order], unit[order], int(firsts[-1]), whole.begin, whole.end, whole.tick_s)

    @property
    def seconds(self) -> float:
        """The length of the trains in seconds."""
        return (self.end - self.begin) * self.tick_s

    def rates(self) -> Floats:
        """Spikes a second of each unit, [units]."""
        return np.bincount(self.unit, minlength=self.units) / self.seconds

    def rate(self) -> float:
        """Spikes a second and unit."""
        return len(self.t) / self.seconds / self.units

    def counts(self, bin_ticks: int) -> NDArray[np.int64]:
        """Spikes of all units in each bin, [bins]; a last bin that is not full is left out.

        Raises InputError for a bin that is no whole number of ticks, 1 or more, or longer than the trains.
        """
        n = self._bins(bin_ticks)
        return np.bincount((self.t - self.begin) // bin_ticks, minlength=n)[:n]

    def population_rate(self, bin_ticks: int) -> Floats:
        """Spikes a second and unit in each bin, [bins]."""
        return self.counts(bin_ticks) / (bin_ticks * self.tick_s * self.units)

    def cv(self) -> Floats:
        """Each unit's coefficient of variation of the intervals between its spikes, [units]: their standard deviation
        over their mean. 0 is regular, 1 as of a Poisson process; NaN where a unit has fewer than three spikes.
        """
        order = np.lexsort((self.t, self.unit))
        gaps, whose = np.diff(self.t[order]).astype(np.float64), self.unit[order][1:]
        same = np.diff(self.unit[order]) == 0
        gaps, whose = gaps[same], whose[same]
        n = np.bincount(whose, minlength=self.units)
        mean = np.bincount(whose, gaps, self.units) / np.maximum(n, 1)
        spread = np.bincount(whose, (gaps - mean[whose]) ** 2, self.units) / np.maximum(n, 1)
        found = np.full(self.units, np.nan)
        enough = n >= FEWEST - 1
        # All at one tick: no time has passed, and regular is what they are.
        found[enough] = np.sqrt(spread[enough]) / np.where(mean[enough] > 0, mean[enough], 1)
        return found

    def fano(self, bin_ticks: int) -> float:
        """Variance over mean of the count of all units in a bin: 1 of independent Poisson processes, more where they
        fire together. NaN without spikes.
        """
        counts = self.counts(bin_ticks)
        return float(counts.var() / counts.mean()) if counts.any() else float("nan")

    def correlations(self, bin_ticks: int, *, pairs: int = 1000, seed: int = 0) -> Floats:
        """Pearson's correlation of the counts of two units in bins, for so many pairs drawn by a seed, [pairs]; all
        pairs once where there are no more. NaN where a unit's count never changes.
        """
        n, pairs = self._bins(bin_ticks), whole_number("pairs", pairs, 1, error=InputError)
        first, second = self._pairs(pairs, seed)
        chosen, place = np.unique(np.concatenate([first, second]), return_inverse=True)
        number = np.full(self.units, -1)
        number[chosen] = np.arange(len(chosen))
        at = (self.t - self.begin) // bin_ticks
        inside = (number[self.unit] >= 0) & (at < n)
        counts = np.zeros((len(chosen), n))
        np.add.at(counts, (number[self.unit[inside]], at[inside]), 1)
        counts -= counts.mean(axis=1, keepdims=True)
        size = np.sqrt((counts**2).sum(axis=1))
        one, other = place[: len(first)], place[len(first) :]
        together = (counts[one] * counts[other]).sum(axis=1)
        product = size[one] * size[other]
        return np.where(product > 0, together / np.where(product > 0, product, 1), np.nan)

    def _pairs(self, pairs: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Different pairs, or pairs drawn one by one where there are many more than are wanted."""
        if self.units < 2:
            raise InputError(f"correlations want two units or more, and there is {self.units}")
        if self.units * (self.units - 1) // 2 <= pairs:
            first, second = np.triu_indices(self.units, 1)
            return first.astype(np.int64), second.astype(np.int64)
        rng = np.random.default_rng(seed)
        first = rng.integers(0, self.units, pairs)
        return first, (first + rng.integers(1, self.units, pairs)) % self.units

    def _bins(self, bin_ticks: Any) -> int:
        """Number of full bins."""
        size = whole_number("bin_ticks", bin_ticks, 1, error=InputError)
        if size > self.end - self.begin:
            raise InputError(f"a bin of {size} ticks is longer than the spike trains, {self.end - self.begin} ticks")
        return (self.end - self.begin) // size


def _told(sim: Simulation, outlet: BoundOutlet, wire: Wire, begin: int, until: int) -> tuple[Any, Any]:
    """Ticks and units of spikes: of a recorder of all units over that time where there is one, and else of the log."""
    for one in sim.recorders.find(outlet.module, SPIKES):
        r = one.recorder
        if (
            r.units is None
            and r.begin <= begin
            and until <= r.end
            and outlet.name == spike_outlet(sim.net, outlet.module).name
        ):
            found = one.recorded()
            return found.times, found.units
    log = sim.log
    part = log[slice(*(bisect_left(log["t"], t + wire.delay) for t in (begin, until)))]
    own = part[(part["source"] == number_of(sim.net, outlet)) & (part["port"] == int(wire.target))]
    return own["t"].astype(np.int64) - wire.delay, own["index"].astype(np.int64)
