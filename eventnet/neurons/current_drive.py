"""Currents into leaky units with delta synapses, inside the engine: in steps, or of white noise.

    tau v' = -(v - rest) + I_j        with I_j held constant over `every` ticks

I is in the unit of the potential: what a current times the membrane's resistance is, where v - rest would come to rest
under it. At the end of each stretch of `every` ticks the exact solution is added, I (1 - exp(-every / tau)), and the
unit fires where it is then past its threshold: on a grid of `every` ticks, as NEST's iaf_psc_delta does on that of its
resolution. A unit that is refractory takes nothing up.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.connectivity import draw_key
from eventnet.connectivity.values import NOISE
from eventnet.declarations import Derived, Integers, Option, State
from eventnet.errors import NetworkError
from eventnet.given import as_array, one_a_unit, whole_number, whole_numbers
from eventnet.kernels.normal import normal_of
from eventnet.kernels.ranges import COUNT
from eventnet.kernels.rows import at
from eventnet.kernels.rows_drawn import word_of
from eventnet.module import Outlet, Port
from eventnet.neurons.delta_synapses import WritesLeakyDelta
from eventnet.neurons.leaky import finite
from eventnet.neurons.leaky_delta import TICKED, begin_tick, decayed, fire_one
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS

EVERY, UNTIL, HOLD, KEY = range(4)
"""Words of `plan_of`: ticks from add to add; the tick before which it ends; ticks for which a number is held; the key
of what is drawn."""

FOREVER = 2**62


@register_jitable(error_model="numpy")
def step_of(t: int, begins: Any) -> Any:
    """The step that acts at tick t, -1 before the first."""
    low, high = 0, len(begins)
    while low < high:
        middle = (low + high) // 2
        if begins[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return low - 1


@rule
def hold_steps(
    i, s, t, out, tally, phi, updated, ring, free, clock, plan, factors, bar, lands, tau, begins, given, plan_of
):
    """Add the current of the last `every` ticks to each unit; then send a notice for the next end of a stretch."""
    n, every = len(phi), plan_of[EVERY]
    k, ticked = step_of(t - every, begins), plan[TICKED] != 0
    width = len(given) // len(begins)
    acts = False
    if k >= 0:
        for x in given[k * width : (k + 1) * width]:
            acts = acts or x != 0
    if acts:
        begin_tick(t, n, phi, updated, ring, free, clock, plan, factors, lands, tally)
        for j in range(n):
            v = phi[j] if ticked else decayed(j, t, phi, updated, factors, tau)
            v += given[k * width + (j if width > 1 else 0)]
            phi[j] = v
            if v > at(bar, j):
                fire_one(j, t, phi, updated, ring, free, clock, plan, lands, out)
        tally[NEURON_ADDS] += n
        tally[COMPARES] += n
        tally[READS] += width
        tally[MULTIPLIES] += 0 if ticked else n
    wait = 0
    if k + 1 < len(begins) and not acts:
        wait = max(begins[k + 1] - t, 0)
    elif k + 1 == len(begins) and not acts:
        return  # nothing is left to come
    if t + wait + every < plan_of[UNTIL]:
        out.later(0, 1, 1, wait)


@rule
def hold_noise(
    i, s, t, out, tally, phi, updated, ring, free, clock, plan, factors, bar, lands, tau, means, widths, plan_of
):
    """A normal number for each unit, held for so many ticks; then the next end of a stretch is told."""
    n, every, ticked = len(phi), plan_of[EVERY], plan[TICKED] != 0
    base = word_of(plan_of[KEY], (t - every) // plan_of[HOLD])
    begin_tick(t, n, phi, updated, ring, free, clock, plan, factors, lands, tally)
    for j in range(n):
        x = np.float64(at(means, j)) + np.float64(at(widths, j)) * normal_of(word_of(base, j))
        v = phi[j] if ticked else decayed(j, t, phi, updated, factors, tau)
        v += phi.dtype.type(x)
        phi[j] = v
        if v > at(bar, j):
            fire_one(j, t, phi, updated, ring, free, clock, plan, lands, out)
    tally[NEURON_ADDS] += 2 * n
    tally[COMPARES] += n
    tally[READS] += 1
    tally[MULTIPLIES] += n if ticked else 2 * n
    if t + every < plan_of[UNTIL]:
        out.spike(0, 1, 1)


def whole_ticks(least: int, most: int) -> Any:
    """A check of whole numbers; None is left."""
    return lambda given, what: None if given is None else whole_number(what, given, least, most, NetworkError)


def gain_of(current: CurrentDrive) -> NDArray[np.float64]:
    """The gain of a constant current: what 1 has added to a potential after `every` ticks, [1] or [units]."""
    return -np.expm1(-current.every / np.atleast_1d(np.asarray(current.layer.tau, dtype=np.float64)))


class CurrentDrive(WritesLeakyDelta):
    """The base of currents into a layer: it says when they act.

    A spike at `ticks` begins one, `sim.inject([(0, current.ticks, 0, 1)])`, with the stretch that ends at that tick.
    """

    units = Derived(0)
    every = Option[int](1, check=whole_ticks(1, COUNT - 1), doc="ticks from add to add")
    until = Option[int | None](
        None, check=whole_ticks(-COUNT, COUNT), doc="the tick before which it ends; None for never"
    )

    plan_of = Integers(None, start=lambda current: current.first_plan())
    next = Outlet(width=1, repeats="ticks", every="every")
    most = Derived[int](lambda current: current.layer.units + 2)
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def first_plan(self) -> NDArray[np.int64]:
        """The words of `plan_of`."""
        return np.array([self.every, FOREVER if self.until is None else self.until, 1, 0], dtype=np.int64)

    def starts_at(self) -> str:
        """A spike at `ticks`."""
        return "ticks"


def begins_of(given: Any, what: str) -> NDArray[np.int64]:
    """Ticks at which steps begin. Raises NetworkError unless they rise."""
    array = whole_numbers(given, f"{what} of a CurrentSteps")
    if array.ndim != 1 or not len(array) or np.any(np.diff(array) <= 0) or np.any(np.abs(array) >= COUNT // 2):
        raise NetworkError(f"{what} of a CurrentSteps are {given!r:.60}; wanted ticks that rise, one for each step")
    return array


class StepsLaw:
    """The arguments of a current in steps: ticks, and the level from each on."""

    layer: Any
    times = Option[Any](check=begins_of, doc="[steps] ticks at which a level begins, rising")
    levels = Option[ArrayLike](
        check=finite, doc="[steps], or [steps, units]: where v - rest would settle, current times resistance"
    )

    begins = Integers(None, start=lambda current: current.times)
    given = State(None, start=lambda current: current.amounts().ravel())

    def check(self) -> None:
        """There is a level for each step."""
        shape, n = as_array(self.levels, "levels").shape, len(self.times)
        if shape not in ((n,), (n, self.layer.units)):
            raise NetworkError(f"levels have shape {list(shape)}; wanted [{n}], or [{n}, {self.layer.units}]")

    def amounts(self) -> NDArray[np.float64]:
        """The levels, [steps x (1 or units)]."""
        levels = np.asarray(self.levels, dtype=np.float64)
        return levels[:, None] if levels.ndim == 1 else levels


class CurrentSteps(StepsLaw, CurrentDrive):
    """A current into each unit of a layer that is constant between given ticks (`step_current_generator` in NEST).

    `levels[k]` acts from tick `times[k]` on up to `times[k + 1]`, the last one to the end; before the first nothing
    does. The first add of a step is at `times[k] + 1`, or with `every` at the end of the first stretch that begins at
    or after `times[k]`. While it is 0 nothing is delivered. Each end of a stretch is an add and a compare a unit.

    Of a layer that goes from tick to tick it makes `BiasSteps`.
    """

    ticks = Port(hold_steps, emits=("layer.out", "next"), accepts=1)

    def amounts(self) -> NDArray[np.float64]:
        """The addition of each step at each end of a stretch, [steps x (1 or units)]."""
        return super().amounts() * gain_of(self)


def spread(given: Any, what: str) -> Any:
    """Standard deviations. Raises NetworkError for one below 0."""
    if np.any(np.asarray(finite(given, what)) < 0):
        raise NetworkError(f"{what} is {given!r:.60}; wanted 0 or more")
    return given


class NoiseLaw:
    """The arguments of white noise: its mean and width, and for how long a number is held."""

    layer: Any
    mean = Option[ArrayLike](0.0, check=finite, doc="a number, or one a unit")
    std = Option[ArrayLike](check=spread, doc="a number, or one a unit")
    seed = Option[int](check=whole_ticks(0, 2**63 - 1), doc="of the draws")
    hold = Option[int](1, check=whole_ticks(1, COUNT - 1), doc="ticks for which a number is held")

    means = State(None, start=lambda current: current.scaled(current.mean, "mean"))
    widths = State(None, start=lambda current: current.scaled(current.std, "std"))

    def scaled(self, value: Any, what: str) -> NDArray[np.float64]:
        """A number one a unit, [units]."""
        return one_a_unit(value, self.layer.units, what)

    def first_plan(self) -> NDArray[np.int64]:
        """The words of `plan_of`."""
        key = np.array([draw_key(self.seed, NOISE)], dtype=np.uint64).view(np.int64)[0]
        plan: NDArray[np.int64] = super().first_plan()  # type: ignore[misc]
        plan[[HOLD, KEY]] = self.hold, key
        return plan


class NoiseCurrent(NoiseLaw, CurrentDrive):
    """White noise into each unit of a layer: normal numbers, independent, held for some ticks (NEST's noise_generator).

    mean, std: of the current times resistance, a number or one a unit. A draw depends on the seed, the unit and the
    tick alone, so a run in pieces has the same bytes: one number for all ticks from a multiple of `hold` to the
    next. With `every` = 1 and `hold` = n it is NEST's with dt = n steps of its resolution. It goes on until `until`, or
    for ever: run with `until=`. Each end of a stretch is two adds, a product and a compare a unit; drawing is not
    counted.

    Of a layer that goes from tick to tick it makes `BiasNoise`.
    """

    ticks = Port(hold_noise, emits=("layer.out", "next"), accepts=1)

    def check(self) -> None:
        """A number is held for whole stretches."""
        if self.hold % self.every:
            raise NetworkError(f"hold is {self.hold} and every {self.every}; wanted whole stretches in each hold")

    def scaled(self, value: Any, what: str) -> NDArray[np.float64]:
        """The addition of a number that is held, at the end of a stretch, [units]."""
        return super().scaled(value, what) * np.broadcast_to(gain_of(self), self.layer.units)
