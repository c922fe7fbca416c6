"""Background input drawn inside the engine: each unit of a layer gets a Poisson number of events a tick.

A count is drawn by inversion from a hash of the seed, the tick and the unit, so a run that stops and goes on, or comes
in packets, has the same bytes. If a unit gets many (a mean of LEAST_COUNT or more a tick) each unit's count is
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
from eventnet.declarations import Derived, Indices, Integers, Option, Param
from eventnet.errors import NetworkError
from eventnet.given import as_array, whole_number
from eventnet.kernels.ranges import COUNT
from eventnet.kernels.rows import at
from eventnet.kernels.rows_drawn import below, bits_of, word_of
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.delta_synapses import WritesLeakyDelta
from eventnet.neurons.leaky_delta import ALL, TICKED, begin_tick, bring_one, decayed, fire_one
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, READS, SYNAPTIC_ADDS

KEY, SCATTERED, FIRST, EVERY, UNTIL, EACH = range(6)
"""Words of `draws`: the key; whether events are scattered over the layer; the count of the first limit; ticks from one
draw to the next; the tick before which draws end. From EACH on, where rates are one a unit: Walker's table [2, units]
where events are scattered, else where the limits of each unit begin [units + 1]."""

LEAST_COUNT = 0.25
BUCKETS_BITS = 11
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
def count_at(j: int, u: int, limits: Any, guide: Any, draws: Any) -> Any:
    """The Poisson count of unit j at a place of 32 bits."""
    if len(draws) == EACH:
        return count_of(u, limits, guide)
    return total_of(u, limits, draws[EACH + j], draws[EACH + j + 1]) - draws[EACH + j]


@register_jitable(forceinline=True)
def unit_of(word: Any, n: int, draws: Any) -> Any:
    """The unit of a scattered event, by a word: its upper half draws a column, the lower a side; -1: draw again."""
    j = below(word, n)
    if len(draws) > EACH and j >= 0 and bits_of(word, 0, LOW) >= draws[EACH + j]:
        j = draws[EACH + n + j]
    return j


@register_jitable
def total_of(u: int, limits: Any, first: int, end: int) -> int:
    """The same by halving, among the limits from `first` to before `end`: the place of one of them."""
    low, high = first, end - 1
    while low < high:
        middle = (low + high) // 2
        if u < limits[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@rule
def draw_events(
    i, s, t, out, tally, phi, updated, ring, free, clock, plan, factors, bar, lands, tau, draws, limits, guide, amount
):
    """The events of this tick, each one add; then the next tick is told."""
    base, n, made = word_of(draws[KEY], t), len(phi), 0
    ticked = plan[TICKED] != 0
    if draws[SCATTERED] == 0:
        begin_tick(t, n, phi, updated, ring, free, clock, plan, factors, lands, tally)
        hits = 0
        for pair in range((n + 1) // 2):
            z = word_of(base, pair)
            for j in range(2 * pair, min(2 * pair + 2, n)):
                c = count_at(j, bits_of(z, 32 * (j & 1), LOW), limits, guide, draws)
                if c > 0:
                    made += c
                    hits += 1
                    v = phi[j] if ticked else decayed(j, t, phi, updated, factors, tau)
                    v += phi.dtype.type(c) * amount
                    phi[j] = v
                    if v > at(bar, j):
                        fire_one(j, t, phi, updated, ring, free, clock, plan, lands, out)
        tally[COMPARES] += hits
        tally[MULTIPLIES] += hits if ticked else 2 * hits
    else:
        made = draws[FIRST] + total_of(bits_of(word_of(base, -1), 2, LOW_62), limits, 0, len(limits))
        begin_tick(t, made, phi, updated, ring, free, clock, plan, factors, lands, tally)
        late, k = ticked and clock[ALL] != t, 0
        for _ in range(made):
            j = unit_of(word_of(base, k), n, draws)
            k += 1
            while j < 0:
                j = unit_of(word_of(base, k), n, draws)
                k += 1
            if late:
                bring_one(j, t, phi, updated, clock, factors, tally)
            v = phi[j] if ticked else decayed(j, t, phi, updated, factors, tau)
            v += amount
            phi[j] = v
            if v > at(bar, j):
                fire_one(j, t, phi, updated, ring, free, clock, plan, lands, out)
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


def law_of(drive: PoissonLaw) -> tuple[int, NDArray[np.int64]]:
    """The first count and the limits of what is drawn at once."""
    if not np.any(drive.mean):
        return 0, np.array([2**TOTAL_BITS])
    if drive.scattered:
        whole = float(np.sum(drive.mean)) if np.ndim(drive.mean) else drive.mean * drive.layer.units
        return poisson_limits(whole, TOTAL_BITS)
    if np.ndim(drive.mean):
        return 0, np.concatenate(drive.tables[0])
    return 0, limits_of(float(drive.mean))


def limits_of(mean: float) -> NDArray[np.int64]:
    """The limits of a unit's count, that of 0 first."""
    if mean == 0:
        return np.array([2**COUNT_BITS])
    first, limits = poisson_limits(mean, COUNT_BITS)
    return np.concatenate([np.zeros(first, np.int64), limits])


def tables_of(drive: Any) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Of rates one a unit: the limits of each unit's count, and what `draws` holds of them."""
    if not np.ndim(drive.mean):
        return [], np.zeros(0, np.int64)
    if drive.scattered:
        return [], walker(np.asarray(drive.mean))
    kinds, which = np.unique(drive.mean, return_inverse=True)
    made = [limits_of(mean) for mean in kinds.tolist()]
    each = [made[k] for k in which.tolist()]
    return each, np.cumsum([0, *map(len, each)])


def walker(parts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Walker's table of n parts: places of 32 bits below which a column is itself [n], and who it is else [n]."""
    n, total = len(parts), float(parts.sum())
    left = (parts * (n / total if total else 0)).tolist()
    place, other = [2**COUNT_BITS] * n, list(range(n))
    small, large = [k for k in range(n) if left[k] < 1], [k for k in range(n) if left[k] >= 1]
    while small and large:
        k, giver = small.pop(), large[-1]
        place[k], other[k] = round(left[k] * 2**COUNT_BITS), giver
        left[giver] -= 1 - left[k]
        if left[giver] < 1:
            small.append(large.pop())
    return np.array(place + other, dtype=np.int64)


def guide_of(drive: PoissonLaw) -> NDArray[np.uint32]:
    """For each place by its first bits, the lowest count that it may be."""
    limits = drive.law[1]
    begins = np.arange(1 << BUCKETS_BITS) << (COUNT_BITS - BUCKETS_BITS)
    return np.searchsorted(limits, begins, side="right").astype(np.uint32)


def rate_of(given: Any, what: str) -> float:
    """A rate, or the length of a tick. Raises NetworkError for what is none."""
    if np.ndim(given) or isinstance(given, bool) or not 0 <= float(given) < math.inf:
        raise NetworkError(f"{what} of a PoissonDrive is {given!r:.60}; wanted one number, 0 or more")
    return float(given)


def rates_of(given: Any, what: str) -> Any:
    """A rate, or rates [units]. Raises NetworkError for what is none."""
    if not np.ndim(given):
        return rate_of(given, what)
    array = np.asarray(as_array(given, f"{what} of a PoissonDrive"), dtype=np.float64)
    if array.ndim != 1 or not np.all((array >= 0) & (array < math.inf)):
        raise NetworkError(f"{what} of a PoissonDrive is {given!r:.60}; wanted numbers of 0 or more, one a unit")
    return array


class PoissonLaw(Module):
    """The base of drives of any kind of layer: how many events each unit gets, and when.

    A class of them declares its `layer`, what of it the rule of `ticks` writes, and that port.
    """

    layer: Any
    units = Derived(0)
    rate = Option[Any](check=rates_of, doc="events a second for each unit: a number, or one a unit")
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

    mean = Derived[Any](lambda drive: drive.rate * drive.tick * drive.every)
    scattered = Derived[bool](lambda drive: bool(np.mean(drive.mean) < LEAST_COUNT))
    tables = Derived(tables_of)
    law = Derived(law_of)
    limits = Integers(None, start=lambda drive: drive.law[1])
    guide = Indices(
        None,
        start=lambda drive: np.zeros(1, np.uint32) if drive.scattered or np.ndim(drive.mean) else guide_of(drive),
    )
    draws = Integers(None, start=lambda drive: drive.first_draws())

    next = Outlet(width=1, repeats="ticks", every="every")
    most = Derived[int](lambda drive: (len(drive.law[1]) + drive.law[0] if drive.scattered else drive.layer.units) + 2)
    membrane = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def check(self) -> None:
        """A unit gets no more than MOST_A_TICK events at once, in the mean."""
        most, units = float(np.max(self.mean)), self.layer.units
        if most > MOST_A_TICK:
            raise NetworkError(f"each unit gets {most:,.0f} events a draw; wanted {MOST_A_TICK:,} at most")
        if np.ndim(self.rate) and len(self.rate) != units:
            raise NetworkError(f"rate of a PoissonDrive has {len(self.rate)} numbers; wanted one, or [{units}]")

    def first_draws(self) -> NDArray[np.int64]:
        """The words of `draws`."""
        key = np.array([draw_key(self.seed, DRIVE)], dtype=np.uint64).view(np.int64)[0]
        until = FOREVER if self.until is None else self.until
        own = np.array([key, self.scattered, self.law[0], self.every, until], dtype=np.int64)
        return np.concatenate([own, self.tables[1]])

    def starts_at(self) -> str:
        """A spike at `ticks`."""
        return "ticks"


class PoissonDrive(PoissonLaw, WritesLeakyDelta):
    """Poisson input to each unit of a layer, independent, straight to its potentials.

    A spike at `ticks` begins it, at that tick: `sim.inject([(0, drive.ticks, 0, 1)])`. It then draws every tick, or
    every `every` ticks, until `until`. With until=None it goes on for ever: run with `until=`. Each event is a synaptic
    add. Of a rate that changes at some tick make two drives: one that ends there, one that begins there. For trains of
    your own use `SpikeSource`, or `eventnet.poisson_train` and `sim.inject`.

    Of a layer with synapses of another kind it makes that layer's kind of it (`kinds_of_drive`), of the same arguments.
    """

    ticks = Port(draw_events, emits=("layer.out", "next"), accepts=1)
