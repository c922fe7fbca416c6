"""Background input drawn inside the engine: each unit of a layer gets a Poisson number of events a tick.

A count is drawn by inversion from a hash of the seed, the tick and the unit, so a run that stops and goes on, or comes
in packets, has the same bytes. Where a unit gets many (a mean of LEAST_COUNT or more a tick) each unit's count is
drawn, by 32 bits, and added at once; else how many there are in the layer, by 62 bits, and then whose each of them is.
Sums of Poisson numbers are Poisson, and each event is any unit's with the same probability, so both are the same law.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.connectivity import draw_key
from eventnet.connectivity.values import DRIVE
from eventnet.declarations import Derived, Integers, Option, Param
from eventnet.errors import NetworkError
from eventnet.given import whole_number
from eventnet.kernels.ranges import COUNT
from eventnet.kernels.rows import at
from eventnet.kernels.rows_drawn import below, bits_of, word_of
from eventnet.module import Outlet, Port
from eventnet.neurons.delta_synapses import WritesLeakyDelta
from eventnet.neurons.leaky_delta import ALL, TICKED, begin_tick, bring_one, decayed, fire_one
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, READS, SYNAPTIC_ADDS

KEY, SCATTERED, FIRST, EVERY, UNTIL = range(5)
"""Words of `draws`: the key; whether events are scattered over the layer; the count of the first limit; ticks from one
draw to the next; the tick before which draws end."""

LEAST_COUNT = 0.25
BUCKETS_BITS = 12
COUNT_BITS, TOTAL_BITS = 32, 62
LOW, LOW_62 = 2**32 - 1, 2**62 - 1
MOST_A_TICK = 10_000
FOREVER = 2**62


@register_jitable(forceinline=True)
def count_of(u: int, limits: Any, guide: Any) -> Any:
    """The Poisson count at a place of 32 bits: the first whose limit lies above it."""
    c = guide[u >> (COUNT_BITS - BUCKETS_BITS)]
    while u >= limits[c]:
        c += 1
    return c


@register_jitable
def total_of(u: int, limits: Any) -> int:
    """The same by halving, for a place of 62 bits."""
    low, high = 0, len(limits) - 1
    while low < high:
        middle = (low + high) // 2
        if u < limits[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@rule
def draw_events(
    i, s, t, out, tally, phi, told, ring, free, clock, plan, factors, bar, lands, tau, draws, limits, guide, amount
):
    """The events of this tick, each one add; then the next tick is told."""
    base, n, made = word_of(draws[KEY], t), len(phi), 0
    ticked = plan[TICKED] != 0
    if draws[SCATTERED] == 0:
        begin_tick(t, n, phi, told, ring, free, clock, plan, factors, lands, tally)
        hits = 0
        for pair in range((n + 1) // 2):
            z = word_of(base, pair)
            for j in range(2 * pair, min(2 * pair + 2, n)):
                c = count_of(bits_of(z, 32 * (j & 1), LOW), limits, guide)
                if c > 0:
                    made += c
                    hits += 1
                    v = phi[j] if ticked else decayed(j, t, phi, told, factors, tau)
                    v += phi.dtype.type(c) * amount
                    phi[j] = v
                    if v > at(bar, j):
                        fire_one(j, t, phi, told, ring, free, clock, plan, lands, out)
        tally[COMPARES] += hits
        tally[MULTIPLIES] += hits if ticked else 2 * hits
    else:
        made = draws[FIRST] + total_of(bits_of(word_of(base, -1), 2, LOW_62), limits)
        begin_tick(t, made, phi, told, ring, free, clock, plan, factors, lands, tally)
        late, k = ticked and clock[ALL] != t, 0
        for _ in range(made):
            j = below(word_of(base, k), n)
            k += 1
            while j < 0:
                j = below(word_of(base, k), n)
                k += 1
            if late:
                bring_one(j, t, phi, told, clock, factors, tally)
            v = phi[j] if ticked else decayed(j, t, phi, told, factors, tau)
            v += amount
            phi[j] = v
            if v > at(bar, j):
                fire_one(j, t, phi, told, ring, free, clock, plan, lands, out)
        tally[COMPARES] += made
        tally[MULTIPLIES] += 0 if ticked else made
    tally[SYNAPTIC_ADDS] += made
    tally[READS] += 1
    if t + draws[EVERY] < draws[UNTIL]:
        out.spike(0, 1, 1)


def poisson_limits(mean: float, bits: int) -> tuple[int, NDArray[np.int64]]:
    """The first count that is drawn, and for each from there on the place in 2^bits below which it or a lower one is.

    Counts whose probability lies below 2^-bits are left out at both ends.
    """
    spread = 12 * math.sqrt(mean) + 60
    counts = np.arange(max(0, math.floor(mean - spread)), math.ceil(mean + spread) + 1)
    chances = np.array([math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in counts.tolist()])
    sums = np.minimum(np.cumsum(chances) / chances.sum(), 1.0)
    places = [round(part * 2**bits) for part in sums.tolist()]
    first = next(k for k, place in enumerate(places) if place > 0)
    places[-1] = 2**bits  # which rounding may have missed
    last = places.index(2**bits)
    return int(counts[first]), np.array(places[first : last + 1], dtype=np.int64)


def law_of(drive: PoissonDrive) -> tuple[int, NDArray[np.int64]]:
    """The first count and the limits of what is drawn at once."""
    if drive.mean == 0:
        return 0, np.array([2**TOTAL_BITS])
    if drive.scattered:
        return poisson_limits(drive.mean * drive.layer.units, TOTAL_BITS)
    first, limits = poisson_limits(drive.mean, COUNT_BITS)
    return 0, np.concatenate([np.zeros(first, np.int64), limits])


def guide_of(drive: PoissonDrive) -> NDArray[np.int64]:
    """For each place by its first 12 bits, the lowest count that it may be."""
    limits = drive.law[1]
    return np.searchsorted(limits, np.arange(1 << BUCKETS_BITS) << (COUNT_BITS - BUCKETS_BITS), side="right")


def rate_of(given: Any, what: str) -> float:
    """A rate, or the length of a tick. Raises NetworkError for what is none."""
    if np.ndim(given) or isinstance(given, bool) or not 0 <= float(given) < math.inf:
        raise NetworkError(f"{what} of a PoissonDrive is {given!r:.60}; wanted one number, 0 or more")
    return float(given)


class PoissonDrive(WritesLeakyDelta):
    """Poisson input of one rate to each unit of a layer, independent, straight to its potentials.

    A spike at `ticks` begins it, at that tick: `sim.inject([(0, drive.ticks, 0, 1)])`. It then draws every tick, or
    every `every` ticks, until `until`. With until=None it goes on for ever: run with `until=`. Each event is a synaptic
    add. For trains of your own, or of rates that change, use `eventnet.poisson_train` and `sim.inject`.
    """

    units = Derived(0)
    rate = Option[float](check=rate_of, doc="events a second for each unit")
    weight = Param(key="amount", doc="what an event adds to a potential")
    seed = Option[int](check=lambda n, what: whole_number(what, n, 0, 2**63 - 1, NetworkError), doc="of the draws")
    tick = Option[float](1e-6, check=rate_of, doc="seconds a tick")
    every = Option[int](
        1, check=lambda n, what: whole_number(what, n, 1, COUNT - 1, NetworkError), doc="ticks from draw to draw"
    )
    until = Option[int | None](
        None, check=lambda t, what: None if t is None else whole_number(what, t, 0, COUNT, NetworkError),
        doc="the tick before which it ends; None for never",
    )  # fmt: skip

    mean = Derived[float](lambda drive: drive.rate * drive.tick * drive.every)
    scattered = Derived[bool](lambda drive: drive.mean < LEAST_COUNT)
    law = Derived(law_of)
    limits = Integers(None, start=lambda drive: drive.law[1])
    guide = Integers(None, start=lambda drive: np.zeros(1) if drive.scattered else guide_of(drive))
    draws = Integers(None, start=lambda drive: drive.first_draws())

    ticks = Port(draw_events, emits=("layer.out", "next"), accepts=1)
    next = Outlet(width=1, repeats="ticks", every="every")
    most = Derived[int](lambda drive: (len(drive.law[1]) + drive.law[0] if drive.scattered else drive.layer.units) + 2)
    membrane = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def check(self) -> None:
        """A unit gets no more than MOST_A_TICK events at once, in the mean."""
        if self.mean > MOST_A_TICK:
            raise NetworkError(f"each unit gets {self.mean:,.0f} events a draw; wanted {MOST_A_TICK:,} at most")

    def first_draws(self) -> NDArray[np.int64]:
        """The words of `draws`."""
        key = np.array([draw_key(self.seed, DRIVE)], dtype=np.uint64).view(np.int64)[0]
        until = FOREVER if self.until is None else self.until
        return np.array([key, self.scattered, self.law[0], self.every, until], dtype=np.int64)

    def starts_at(self) -> str:
        """A spike at `ticks`."""
        return "ticks"
