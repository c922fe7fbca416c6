"""Leaky integrate-and-fire units for sparse input with delta synapses (iaf_psc_delta in NEST): an event is one add.

    v(t) = rest + (v(t') - rest) exp(-(t - t') / tau)         between events of the unit
    v_j <- v_j + w                                            at an event
    fires where v_j > threshold_j; then v_j <- reset, and stays there for the refractory time

The layer has no port: synapses and drives are modules of their own (`DeltaSynapses`, `PoissonDrive`), as many as there
are, whose rules write its units and make them spike at its outlet. Their common parts are here.

`phi` is v - rest. A unit that is refractory has the potential HELD, far below all others: an event adds to it and
compares, as to any other, and nothing comes of it. A ring holds who is refractory, in the order of their ends.

The law of the decay is part of the meaning. `decay="tick"`: one product a tick. While a tick has brought few events,
only units that get one are brought up, by as many products as ticks have passed; after more than a sixteenth of the
units the whole layer is. Both are the same products of each unit, so the choice changes no byte. `decay="event"`: one
product an event, with exp(-ticks / tau).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Integers, Option, Param, State
from eventnet.errors import NetworkError
from eventnet.given import one_a_unit
from eventnet.kernels.ranges import COUNT, ticks, within, wrong
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import at
from eventnet.module import Module, Outlet
from eventnet.neurons.leaky import finite, positive, whole_each
from eventnet.tally import MULTIPLIES

NOT_YET = -(2**62)
HELD, FLOOR = -1e30, -1e29
"""The potential of a unit that is refractory; one that is below the floor neither decays nor fires."""

NOW, ALL, MIXED, HEAD, COUNT_HELD, EVENTS = range(6)
"""Words of `clock`: the tick that is worked at; to when all units are brought up; whether some are further; the first
of the ring, and how many it holds; events of this tick so far."""

TICKED, REFRACTORY, EACH = range(3)
"""Words of `plan`: whether potentials decay by ticks; refractory ticks, or -1 where they stand from EACH on, one a
unit."""

PART = 16
"""A layer is brought up as a whole at a tick that brings more events than this part of its units."""

KEPT_FACTORS = 1 << 14
"""Decays over fewer ticks are looked up."""


# --- what rules of synapses and drives call --------------------------------------------------------------------------
@register_jitable(error_model="numpy")
def begin_tick(
    t: int, n: int, phi: Any, updated: Any, ring: Any, free: Any, clock: Any, plan: Any, factors: Any, lands: Any,
    tally: Any,
) -> None:  # fmt: skip
    """n more events come at tick t: bring up the layer where they are many, and free the units whose time has come."""
    if count_events(t, n, len(phi), updated, clock, plan):
        bring_all(t, phi, updated, clock, factors, tally)
    free_units(t, phi, updated, ring, free, clock, plan, factors, lands, tally)


@register_jitable(error_model="numpy")
def count_events(t: int, n: int, units: int, updated: Any, clock: Any, plan: Any) -> bool:
    """n more events come at tick t to a layer of so many units; whether it has to be brought up as a whole."""
    if clock[NOW] != t:
        if t < clock[ALL]:  # the first delivery of all comes before tick 0, where potentials begin
            clock[ALL] = t
            updated[:] = t
        clock[NOW], clock[EVENTS] = t, 0
    clock[EVENTS] += n
    whole: bool = plan[TICKED] != 0 and clock[ALL] < t and clock[EVENTS] * PART > units
    return whole


@register_jitable(error_model="numpy")
def free_units(
    t: int, phi: Any, updated: Any, ring: Any, free: Any, clock: Any, plan: Any, factors: Any, lands: Any, tally: Any
) -> None:
    """Units that are held up to tick t, or to one before it, come free."""
    while clock[COUNT_HELD] > 0 and free[clock[HEAD]] <= t:
        j, since = ring[clock[HEAD]], free[clock[HEAD]]
        let_go(ring, clock)
        phi[j], updated[j] = at(lands, j), since
        if plan[TICKED] != 0 and clock[ALL] == t:
            phi[j] = left_after(phi[j], t - since, factors[j if len(factors) > 1 else 0], tally)
        elif plan[TICKED] != 0:
            clock[MIXED] = 1


@register_jitable(error_model="numpy")
def let_go(ring: Any, clock: Any) -> None:
    """The first unit of the ring leaves it."""
    clock[HEAD] = clock[HEAD] + 1 if clock[HEAD] + 1 < len(ring) else 0
    clock[COUNT_HELD] -= 1


@register_jitable(error_model="numpy")
def bring_all(t: int, phi: Any, updated: Any, clock: Any, factors: Any, tally: Any) -> None:
    """All units decay to tick t, by one product a tick; those that are further already (MIXED) by fewer."""
    n = t - clock[ALL]
    if n > 64:
        for j in range(len(phi)):
            bring_one(j, t, phi, updated, clock, factors, tally)
    elif clock[MIXED] != 0:
        for tick in range(clock[ALL] + 1, t + 1):
            tally[MULTIPLIES] += decay_behind(tick, phi, updated, factors)
    else:
        for _ in range(n):
            decay_once(phi, factors)
        tally[MULTIPLIES] += n * len(phi)
    clock[ALL], clock[MIXED] = t, 0


@register_jitable(error_model="numpy")
def decay_once(phi: Any, factors: Any) -> None:
    """One product for each unit that is not held."""
    floor = phi.dtype.type(FLOOR)
    if len(factors) == 1:
        factor = factors[0]
        for j in range(len(phi)):
            x = phi[j]
            phi[j] = x * factor if x > floor else x
    else:
        for j in range(len(phi)):
            x = phi[j]
            phi[j] = x * factors[j] if x > floor else x


@register_jitable(error_model="numpy")
def decay_behind(tick: int, phi: Any, updated: Any, factors: Any) -> int:
    """The product of one tick for each unit that is not held and has not got there yet; how many these are."""
    floor, made = phi.dtype.type(FLOOR), 0
    if len(factors) == 1:
        factor = factors[0]
        for j in range(len(phi)):
            x = phi[j]
            behind = x > floor and updated[j] < tick
            phi[j] = x * factor if behind else x
            made += 1 if behind else 0
    else:
        for j in range(len(phi)):
            x = phi[j]
            behind = x > floor and updated[j] < tick
            phi[j] = x * factors[j] if behind else x
            made += 1 if behind else 0
    return made


@register_jitable(error_model="numpy")
def left_after(x: Any, n: int, factor: Any, tally: Any) -> Any:
    """A potential after n products; the first that changes nothing is the last that is made, and counted."""
    made = 0
    while made < n:
        y = x * factor
        made += 1
        if y == x:
            break
        x = y
    tally[MULTIPLIES] += made
    return x


@register_jitable(error_model="numpy")
def bring_one(j: int, t: int, phi: Any, updated: Any, clock: Any, factors: Any, tally: Any) -> None:
    """Unit j decays to tick t, by one product a tick: as many as it is behind, unless they change nothing any more."""
    n = t - max(updated[j], clock[ALL])
    if n <= 0:
        return
    updated[j], clock[MIXED] = t, 1
    x = phi[j]
    if x > FLOOR:
        phi[j] = left_after(x, n, factors[j if len(factors) > 1 else 0], tally)


@register_jitable(forceinline=True, error_model="numpy")
def decayed(j: int, t: int, phi: Any, updated: Any, factors: Any, tau: Any) -> Any:
    """The potential of unit j at tick t, by one product, which is noted; one that is held is told of a time to come."""
    d = max(t - updated[j], 0)
    updated[j] = max(updated[j], t)
    if d < len(factors):
        return phi[j] * factors[d]
    return phi[j] * phi.dtype.type(math.exp(-d / np.float64(at(tau, j))))


@register_jitable(error_model="numpy")
def fire_one(
    j: int, t: int, phi: Any, updated: Any, ring: Any, free: Any, clock: Any, plan: Any, lands: Any, out: Any
) -> None:
    """Unit j is past its threshold: it fires, and is held for its refractory time."""
    made = out.made()
    out.spike(j, 1, 0, np.float64(phi[j]))
    if out.made() == made:  # no room: a fault
        return
    refractory = refractory_of(j, plan)
    if refractory == 0:
        phi[j] = at(lands, j)
        return
    phi[j], updated[j] = HELD, t + refractory
    hold(j, t + refractory, ring, free, clock)


@register_jitable(error_model="numpy")
def refractory_of(j: int, plan: Any) -> Any:
    """Ticks for which unit j is held after a spike."""
    return plan[REFRACTORY] if plan[REFRACTORY] >= 0 else plan[EACH + j]


@register_jitable(error_model="numpy")
def hold(j: int, until: int, ring: Any, free: Any, clock: Any) -> None:
    """Unit j goes into the ring, where it belongs."""
    size = len(ring)
    place = clock[HEAD] + clock[COUNT_HELD]
    place = place - size if place >= size else place
    clock[COUNT_HELD] += 1
    while place != clock[HEAD]:  # with one refractory time for all it is the last at once
        before = place - 1 if place > 0 else size - 1
        if free[before] <= until:
            break
        ring[place], free[place] = ring[before], free[before]
        place = before
    ring[place], free[place] = j, until


# --- the layer -------------------------------------------------------------------------------------------------------
def check_decay(given: Any, what: str) -> Any:
    """The kind of decay, once a 'tick' or once an 'event'. Raises NetworkError for anything else."""
    if given not in ("tick", "event"):
        raise NetworkError(f"{what} is {given!r}; wanted 'tick', one product a tick, or 'event', one product an event")
    return given


def above_rest(layer: LeakyDelta) -> Any:
    """Thresholds as they lie above rest: a number, or one a unit."""
    return _minus_rest(layer, layer.threshold, "threshold")


def back_above_rest(layer: LeakyDelta) -> Any:
    """The potential after a spike, above rest: a number, or one a unit."""
    return _minus_rest(layer, layer.rest if layer.reset is None else layer.reset, "reset")


def _minus_rest(layer: LeakyDelta, value: Any, what: str) -> Any:
    if not np.ndim(value) and not np.ndim(layer.rest):
        return float(value - layer.rest)
    return one_a_unit(value, layer.units, what) - one_a_unit(layer.rest, layer.units, "rest")


def first_phi(layer: LeakyDelta) -> NDArray[np.float64]:
    """Potentials above rest at tick 0."""
    start = layer.rest if layer.start is None else layer.start
    return one_a_unit(start, layer.units, "start") - one_a_unit(layer.rest, layer.units, "rest")


def first_factors(layer: LeakyDelta) -> NDArray[np.float64]:
    """Factors of decay after a tick, [1] or one a unit; or after 0, 1, 2, ... ticks: [0] where tau is one a unit."""
    if layer.decay == "tick":
        return np.array([math.exp(-1 / tau) for tau in np.atleast_1d(np.asarray(layer.tau, np.float64)).tolist()])
    if np.ndim(layer.tau):
        return np.zeros(1)[:0]
    return np.array([math.exp(-ticks / float(layer.tau)) for ticks in range(KEPT_FACTORS)])


def first_plan(layer: LeakyDelta) -> list[int]:
    """The words of `plan`."""
    one = not np.ndim(layer.refractory)
    own = [] if one else one_a_unit(layer.refractory, layer.units, "refractory").astype(np.int64).tolist()
    return [layer.decay == "tick", int(layer.refractory) if one else -1, *own]  # type: ignore[arg-type]


class LeakyDelta(Module):
    """Leaky integrate-and-fire units with delta synapses, which `Network.connect` makes; times are in ticks.

    A unit fires strictly above its threshold, when the event that brings it there is added. Events while it is
    refractory are lost; an event at the tick at which that ends is integrated. `phi` of such a unit is -1e30.

    Raises NetworkError for values that make no sense.
    """

    watches_decay = True
    tau = Param(each=True, check=positive, doc="time constant of the potentials")
    threshold = Option[ArrayLike](1.0, check=finite, doc="a number, or one a unit")
    rest = Option[ArrayLike](0.0, check=finite, doc="a number, or one a unit: what potentials decay to")
    reset = Option[ArrayLike | None](
        None, check=finite, doc="a number, or one a unit: where a spike leaves the potential; None for rest"
    )
    refractory = Option[ArrayLike](0, check=whole_each, doc="a number, or one a unit: ticks for which a unit is held")
    start = Option[ArrayLike | None](
        None, check=finite, doc="a number, or one a unit: potentials at tick 0; None for rest"
    )
    decay = Option[Literal["tick", "event"]](
        "tick", check=check_decay, doc="'tick': one product a tick; 'event': one an event, by the time that has passed"
    )

    bar = Param(start=above_rest)
    lands = Param(start=back_above_rest)
    phi = State(start=first_phi, doc="potentials above rest; -1e30 of a unit that is refractory")
    factors = State(None, start=first_factors)
    updated = Integers(doc="tick of a unit's last update, where that is later than the layer's")
    ring = Integers(doc="a ring of the units that are refractory")
    free = Integers(doc="ticks at which they come free")
    fires_once = Derived[bool](lambda layer: bool(np.min(layer.refractory) > 0))
    clock = Integers(6, start=[NOT_YET, 0, 0, 0, 0, 0])
    plan = Integers(None, start=first_plan)
    out = Outlet()
    membrane = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def check(self) -> None:
        """Potentials begin, and are left by spikes, at or below thresholds."""
        above = one_a_unit(above_rest(self), self.units, "threshold")
        back = one_a_unit(back_above_rest(self), self.units, "reset")
        if above.min() <= 0:
            raise NetworkError(
                f"threshold {self.threshold!s} is not above rest {self.rest!s}: units would never be still"
            )
        for name, value in (("reset", back), ("start", first_phi(self))):
            if np.any(value > above) or np.any(value < FLOOR / 10):
                raise NetworkError(f"{name} of {type(self).__name__} is past a threshold, or below -1e28")

    def check_integers(self, found: Found, time: int) -> None:
        """The ring holds units of the layer, each once, in the order in which they come free."""
        clock, n = found["clock"], self.units
        within("'clock' at [NOW]", clock[NOW], *ticks(time))
        within("'clock' at [ALL]", clock[ALL], -COUNT, max(time, 0) + 1)
        within("'clock'", clock[[MIXED, HEAD, COUNT_HELD, EVENTS]], 0, [2, n, n + 1, COUNT])
        within("'updated'", found["updated"], -COUNT, 2 * COUNT - 1)
        places = (int(clock[HEAD]) + np.arange(int(clock[COUNT_HELD]))) % n
        units, free = found["ring"][places], found["free"][places]
        within("'ring'", found["ring"], 0, n)
        within("'free'", found["free"], -COUNT, 2 * COUNT - 1)
        if len(set(units.tolist())) < len(units) or np.any(np.diff(free) < 0):
            raise wrong("the ring of units that are held", units.tolist(), "each once, in the order of their times")

    def written_units(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Time constants and thresholds above rest [units] of units that other modules move: what blame has to know."""
        tau = one_a_unit(self.tau, self.units, "tau")
        return tau, one_a_unit(above_rest(self), self.units, "threshold")

    def potentials(self, state: Mapping[str, NDArray[Any]], t: float) -> NDArray[np.float64]:
        """v [units] at time t, not before the last delivery, of `sim.state(layer)`; nothing is changed.

        A unit that is refractory has what its spike left it at.
        """
        updated = state["updated"] if self.decay == "event" else np.maximum(state["updated"], state["clock"][ALL])
        phi = state["phi"].astype(np.float64)
        is_held = phi <= FLOOR
        back = np.broadcast_to(np.asarray(back_above_rest(self)), phi.shape)
        since = np.where(is_held, state["updated"], updated)
        v = np.where(is_held, back, phi) * np.exp(-np.maximum(t - since, 0) / np.asarray(self.tau))
        made: NDArray[np.float64] = np.asarray(self.rest) + v
        return made
