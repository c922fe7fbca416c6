"""Layers of units that settle in continuous time and learn from how a target moves them (thesis 9.2 to 9.6).

`eventnet.neurons.clipped` has the equations of a unit, and what is wrong with them in print. Nothing is stepped: each
unit's v, s and phi are brought to the present where something happens to it, and it has one prediction of what happens
next by itself: a spike, or that its state comes to 0 or 1 or leaves it. A spike goes up by rows of a block, and down by
columns of the same.

Weights change by the contrast of mean states, which are integrals in closed form: from MARK to KEEP in the free phase,
from MARK to MEAN in the nudged one. Ticks are what times of events are rounded up to: they are to be fine.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from eventnet.declarations import Declared, Derived, Integers, Option, Other, Param, State, Weights
from eventnet.kernels.out import NEVER
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.ranges import ticks, within
from eventnet.kernels.rows import add_row_times
from eventnet.learning.level_units import check_beta, check_levels, check_symmetric
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.clipped import AT_0, AT_1, FREE, after, end_time, leave_time, mode_of, spike_time
from eventnet.neurons.crossing import helper
from eventnet.neurons.spike_once import positive
from eventnet.rule import rule
from eventnet.tally import INPUT_ADDS, LEARNING_ADDS, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS, WRITES

RESET, BEGIN, MARK, KEEP, MEAN, NUDGE = range(6)
"""Indices of the port `phase`: a sample begins; held inputs count from now on; means are taken from now on; the mean is
that of the first phase; that of the second; those of NUDGE + c, with class c for a target; those of NUDGE + units + c,
with one that nudges by first_beta."""
SPIKE, MODE = range(2)
"""Kinds of predicted events of a unit: its next spike, the end of its mode."""
# Words of `status`: whether a target nudges, the tick of the last MARK; and of `numbers`.
NUDGED, SINCE = range(2)
BY_BETA, BY_FIRST = 1, 2
LAM, EPS, BETA, TICK, DOWN, RATE, BIAS_RATE, FIRST = range(8)


@helper
def pulls(j: Any, units: Any, numbers: Any) -> Any:
    """g and k of unit j: see `eventnet.neurons.clipped`."""
    drive, bias, goal, status = units[6], units[7], units[8], units[9]
    g = drive[j] * numbers[DOWN] + bias[j]
    if status[NUDGED] == 0:
        return g, numbers[EPS]
    twice = 2.0 * numbers[BETA] if status[NUDGED] == BY_BETA else 2.0 * numbers[FIRST]
    return g + twice * goal[j], numbers[EPS] * (1.0 + twice)


@helper
def bring(j: Any, t: Any, units: Any, numbers: Any, tally: Any) -> None:
    """Unit j as it is at tick t."""
    state, v, phi, area, updated, mode = units[0], units[1], units[2], units[3], units[4], units[5]
    lam, eps = numbers[LAM], numbers[EPS]
    d = np.float64(np.int64(t - updated[j])) * numbers[TICK]
    updated[j] = t
    if d == 0.0:
        return
    if mode[j] == FREE:
        g, k = pulls(j, units, numbers)
        now, rise, more = after(d, state[j], v[j], g, k, eps, lam, tally)
        state[j] = 0.0 if now < 0.0 else 1.0 if now > 1.0 else now
        phi[j] += rise
        area[j] += more
    elif mode[j] == AT_1:
        phi[j] += d
        area[j] += d
    v[j] *= math.exp(-lam * d)
    tally[NEURON_ADDS] += 2
    tally[MULTIPLIES] += 2


@helper
def predict_next(j: Any, t: Any, units: Any, numbers: Any, due: Any, out: Any, tally: Any) -> None:
    """Unit j, which is brought to t, is in its mode; it predicts what happens next."""
    state, v, phi, mode = units[0], units[1], units[2], units[5]
    lam, eps = numbers[LAM], numbers[EPS]
    g, k = pulls(j, units, numbers)
    mode[j] = mode_of(state[j], v[j], g, k, eps, tally)
    spike, change = NEVER, NEVER
    if mode[j] == FREE:
        spike = spike_time(phi[j], state[j], v[j], g, k, eps, lam, tally)
        change = end_time(state[j], v[j], g, k, eps, lam, tally)
    else:
        if mode[j] == AT_1:
            spike = 0.5 - phi[j]
        elif phi[j] >= 0.5:
            spike = 0.0
        change = leave_time(mode[j], v[j], g, k, eps, lam, tally)
    due[j] = SPIKE if spike <= change else MODE
    wait = (spike if spike <= change else change) / numbers[TICK]
    if wait < 2.0**61:
        out.predict(j, t + max(math.ceil(wait), 1))
    else:
        out.cancel(j)


@rule
def hear_below(
    i, s, t, out, tally, state, v, phi, area, updated, mode, drive, bias, goal, status, due, w, numbers
):  # fmt: skip
    """Unit i of the layer below spikes: its row comes to v."""
    units = (state, v, phi, area, updated, mode, drive, bias, goal, status)
    for j in range(len(v)):
        bring(j, t, units, numbers, tally)
        v[j] += numbers[LAM] * w[i, j]
        predict_next(j, t, units, numbers, due, out, tally)
    tally[SYNAPTIC_ADDS] += len(v)
    tally[READS] += len(v)
    tally[MULTIPLIES] += len(v)


@rule
def hear_above(
    i, s, t, out, tally, state, v, phi, area, updated, mode, drive, bias, goal, status, due, upper, numbers
):  # fmt: skip
    """Unit i of the layer above spikes: its column comes to v."""
    units = (state, v, phi, area, updated, mode, drive, bias, goal, status)
    for j in range(len(v)):
        bring(j, t, units, numbers, tally)
        v[j] += numbers[LAM] * upper[j, i]
        predict_next(j, t, units, numbers, due, out, tally)
    tally[SYNAPTIC_ADDS] += len(v)
    tally[READS] += len(v)
    tally[MULTIPLIES] += len(v)


@rule
def hear_input(i, s, t, out, tally, coming, w):
    """Held input i has changed by s: its row comes s times, and counts from BEGIN on."""
    add_row_times(coming, w, i, s, tally, INPUT_ADDS)


@rule
def happens(
    i, s, t, out, tally, state, v, phi, area, updated, mode, drive, bias, goal, status, due, numbers
):  # fmt: skip
    """The event that unit i has predicted: a spike, or a state that comes to an end of its range or leaves it."""
    units = (state, v, phi, area, updated, mode, drive, bias, goal, status)
    bring(i, t, units, numbers, tally)
    if due[i] == SPIKE:
        phi[i] -= 1.0
        tally[NEURON_ADDS] += 1
        out.spike(i, 1)
    elif mode[i] == FREE:
        state[i] = 0.0 if state[i] < 0.5 else 1.0
    predict_next(i, t, units, numbers, due, out, tally)


@rule
def phase(
    i, s, t, out, tally, state, v, phi, area, updated, mode, drive, bias, goal, status, due, coming, mean, was, numbers
):  # fmt: skip
    """A phase begins or ends: see RESET."""
    units = (state, v, phi, area, updated, mode, drive, bias, goal, status)
    if i == RESET:
        status[NUDGED] = 0
    elif i == MARK:
        status[SINCE] = t
    for j in range(len(v)):
        if i == RESET:
            state[j] = v[j] = phi[j] = area[j] = drive[j] = coming[j] = goal[j] = 0.0
            updated[j], mode[j] = t, AT_0
            out.cancel(j)
            continue
        bring(j, t, units, numbers, tally)
        if i == BEGIN:
            drive[j] = coming[j]
        elif i == MARK:
            area[j] = 0.0
        elif i == KEEP or i == MEAN:
            found = area[j] / (np.float64(np.int64(t - status[SINCE])) * numbers[TICK])
            if i == KEEP:
                was[j] = found
            else:
                mean[j] = found
        else:
            goal[j] = 1.0 if j == (i - NUDGE) % len(v) else 0.0
    if i >= NUDGE:
        status[NUDGED] = BY_BETA if i - NUDGE < len(v) else BY_FIRST
    if i == BEGIN or i >= NUDGE:
        for j in range(len(v)):
            predict_next(j, t, units, numbers, due, out, tally)


@rule
def learn(i, s, t, out, tally, bias, mean, was, mean_below, was_below, w, numbers):
    """Weights move by products of mean states, those of the nudged phase less those of the free one (thesis 2.12)."""
    for m in range(len(mean_below)):
        if mean_below[m] != 0.0 or was_below[m] != 0.0:
            for j in range(len(mean)):
                w[m, j] += numbers[RATE] * (mean_below[m] * mean[j] - was_below[m] * was[j])
            tally[LEARNING_ADDS] += 2 * len(mean)
            tally[MULTIPLIES] += 3 * len(mean)
            tally[READS] += len(mean)
            tally[WRITES] += len(mean)
    for j in range(len(mean)):
        bias[j] += numbers[BIAS_RATE] * (mean[j] - was[j])
    tally[LEARNING_ADDS] += 2 * len(mean)
    tally[MULTIPLIES] += len(mean)


@rule
def change_input(i, s, t, out, tally, mean, was, down):
    """Input i changes by s."""
    mean[i] += down * s
    was[i] = mean[i]
    out.spike(i, s)
    tally[NEURON_ADDS] += 1
    tally[MULTIPLIES] += 1


@rule
def forget_inputs(i, s, t, out, tally, mean, was):
    """All inputs are 0, and nobody is told."""
    for j in range(len(mean)):
        mean[j] = was[j] = 0.0


class HeldInputs(Module):
    """Inputs that keep their values, in whole numbers of 1 / grid. Wire `out` to `held` of the first layer.

    `change` i changes input i by the amount that comes; `reset` makes all 0, as the layer's RESET does.
    """

    membrane = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64",)
    grid = Option[int](256, check=check_levels, doc="an input of 1")
    down = Param(start=lambda inputs: 1.0 / inputs.grid)
    mean = State(doc="the values")
    was = State(doc="the same: they are held in both phases")
    most = Derived(1)

    reset = Port(forget_inputs, accepts=1)
    change = Port(change_input, emits="out", accepts="units", amounts="grid")
    out = Outlet(amounts="grid", passes_on=True)


def first_numbers(layer: ContinuousUnits) -> NDArray[np.float64]:
    """The numbers that rules see, in the sequence of LAM and so on."""
    down = 1.0 / getattr(layer.lower, "grid", 1)
    first = layer.first_beta
    return np.array([layer.lam, layer.eps, layer.beta, 1.0 / layer.ticks, down, layer.rate, layer.bias_rate, first])


class ContinuousUnits(Module):
    """The highest layer of units that settle in continuous time; `InnerContinuousUnits` are all below it.

    w [n_in, units] is shared with the layer below, which reads its columns. Wire `out` to `above` of the layer below,
    `out` of that one to `below`, and that of `HeldInputs` to `held` of the first. `phase`: see RESET; each of its steps
    wants a tick of its own. `state`, `v` and `phi` are those of tick `updated`. Needs a float64 network.
    """

    membrane = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64",)

    w = Weights("n_in", "units", doc="shared with the layer below, which reads its columns")
    lower: Declared[Any] = Other(Module, doc="the layer below, or HeldInputs")
    lam = Option[float](check=positive, doc="rate at which spikes are smoothed, a unit of time")
    eps = Option[float](check=positive, doc="rate of the states, a unit of time")
    beta = Option[float](0.5, check=check_beta, doc="how strongly a target nudges")
    first_beta = Option[float](0.0, check=check_beta, doc="the same, of a phase of its own")
    ticks = Option[int](2**32, doc="of the simulation in a unit of time")
    rate = Option[float](0.0, doc="what a difference of two products of means adds to a weight")
    bias_rate = Option[float](0.0, doc="what a difference of two means adds to a bias")
    most_input = Derived[int](lambda layer: getattr(layer.lower, "grid", 1))

    bias = State(given=0, doc="b_j, a number or one a unit; it learns")
    own_states = State(key="state", doc="s_j")
    v = State()
    phi = State()
    area = State(doc="the integral of s_j since MARK")
    drive = State(doc="what held inputs add, times their grid")
    coming = State(doc="the same, from BEGIN on")
    goal = State(doc="the target")
    mean = State(doc="mean state of the second phase")
    was = State(doc="mean state of the first phase")
    mean_below = State.of(lower, "mean", key="mean_below")
    was_below = State.of(lower, "was", key="was_below")
    updated = Integers(doc="tick of the last update of v, s, phi and the integral")
    mode = Integers(start=AT_0, doc="FREE, AT_0 or AT_1")
    due = Integers(doc="what is predicted: SPIKE or MODE")
    status = Integers(2, doc="whether a target nudges, 2 by first_beta, and the tick of the last MARK")
    numbers = State(8, start=first_numbers, doc="what does not change in a run")
    most = Derived(1)

    below = Port(hear_below, accepts="n_in")
    held = Port(hear_input, accepts="n_in", amounts="most_input")
    phase = Port(phase, accepts=f"{NUDGE} + 2 * units")
    learn = Port(learn, accepts=1)
    happens = Port(happens, emits="out", accepts="units")
    out = Outlet()
    predicted = Outlet(predicts="happens")
    n_in: int

    def check(self) -> None:
        """Weights are symmetric: the layer below reads the columns of this block, and no other."""
        if not isinstance(self.lower, HeldInputs):
            check_symmetric(self.w, self.lower)

    def check_integers(self, found: Found, time: int) -> None:
        """Ticks are past, modes are modes."""
        within("'updated'", found["updated"], *ticks(time))
        within("the last MARK of 'status'", found["status"][SINCE], *ticks(time))
        within("the nudge of 'status'", found["status"][NUDGED], 0, BY_FIRST + 1)
        within("'mode'", found["mode"], 0, 3)
        within("'due'", found["due"], 0, 2)


class InnerContinuousUnits(ContinuousUnits):
    """A layer of `ContinuousUnits` that has another above it.

    Wire `out` to `below` of the layer above, and to `above` of that below.
    """

    upper = Weights("units", "n_above", doc="weights of the layer above, whose columns this one reads")
    above = Port(hear_above, accepts="n_above")
    n_above: int
