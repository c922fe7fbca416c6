"""Currents into layers that go from tick to tick: in steps, or of white noise. They move the layer's `bias`.

A current of tick t acts over the step that begins there, whether its drive is delivered before the layer's step of t or
after it. Changes are delivered, and nothing in between: a level costs two adds a unit where it begins, and one more
in the layer's step where it was delivered before it.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.declarations import Derived, Integers, Option, State
from eventnet.kernels.normal import normal_of
from eventnet.kernels.ranges import COUNT
from eventnet.kernels.rows import at
from eventnet.kernels.rows_drawn import word_of
from eventnet.module import Outlet, Port
from eventnet.neurons.current_drive import FOREVER, HOLD, KEY, UNTIL, NoiseLaw, StepsLaw, step_of, whole_ticks
from eventnet.neurons.ticked import TickedLayer, WritesTicked, begin, shifts_to
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, NEURON_ADDS, READS


@register_jitable(error_model="numpy")
def wait_for(t: int, change: int, plan: Any, out: Any) -> None:
    """The next change is told, or the end of the current, which is a tick before `until`; none after that."""
    following = min(change, plan[UNTIL] - 1)
    if t < following < FOREVER - 1:
        out.later(0, 1, 1, following - t - 1)


@rule
def set_level(i, s, t, out, tally, bias, gained, clock, acting, begins, given, plan_of):
    """Biases gain what the level of this tick is more than the last; then the next change is told."""
    begin(t, clock, out)
    k, n, width = step_of(t, begins), len(bias), len(given) // len(begins)
    is_over = k < 0 or t + 1 >= plan_of[UNTIL]
    into = shifts_to(t, bias, gained, clock)
    for j in range(n):
        x = bias.dtype.type(0) if is_over else given[k * width + (j if width > 1 else 0)]
        into[j] += x - acting[j]
        acting[j] = x
    tally[NEURON_ADDS] += 2 * n
    tally[READS] += 0 if is_over else width
    wait_for(t, begins[k + 1] if k + 1 < len(begins) else FOREVER, plan_of, out)


@rule
def set_noise(i, s, t, out, tally, bias, gained, clock, acting, means, widths, plan_of):
    """A normal number for each unit in place of the last; then the next change is told."""
    begin(t, clock, out)
    n, place = len(bias), t // plan_of[HOLD]
    base, is_over = word_of(plan_of[KEY], place), t + 1 >= plan_of[UNTIL]
    into = shifts_to(t, bias, gained, clock)
    for j in range(n):
        x = bias.dtype.type(0)
        if not is_over:
            z = np.float64(at(means, j)) + np.float64(at(widths, j)) * normal_of(word_of(base, j))
            x = bias.dtype.type(z)
        into[j] += x - acting[j]
        acting[j] = x
    tally[NEURON_ADDS] += 2 * n if is_over else 3 * n
    tally[MULTIPLIES] += 0 if is_over else n
    tally[READS] += 0 if is_over else 1
    wait_for(t, (place + 1) * plan_of[HOLD], plan_of, out)


class BiasDrive(WritesTicked):
    """The base of currents into a layer that goes from tick to tick: it says when they act.

    A spike at `ticks` begins one at that tick, `sim.inject([(0, current.ticks, 0, 1)])`, and the layer with it.
    """

    units = Derived(0)
    until = Option[int | None](
        None, check=whole_ticks(-COUNT, COUNT), doc="the tick before which it ends; None for never"
    )

    bias = State.of(WritesTicked.layer, "bias", writes=True)
    gained = State.of(WritesTicked.layer, "gained", writes=True)
    acting = State(None, start=lambda current: np.zeros(current.layer.units), doc="what it gives to each unit now")
    plan_of = Integers(None, start=lambda current: current.first_plan())
    next = Outlet(width=1, repeats="ticks")
    most = Derived(2)
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def first_plan(self) -> NDArray[np.int64]:
        """The words of `plan_of`."""
        return np.array([1, FOREVER if self.until is None else self.until, 1, 0], dtype=np.int64)

    def starts_at(self) -> str:
        """A spike at `ticks`."""
        return "ticks"


class BiasSteps(StepsLaw, BiasDrive):
    """A current into each unit of a layer that goes from tick to tick, constant between given ticks.

    `CurrentSteps(layer, times=, levels=)` makes one of such a layer. `levels[k]` acts over the steps that begin from
    tick `times[k]` on up to `times[k + 1]`, the last one to the end. A change is two adds a unit, and one in the
    layer's step.
    """

    ticks = Port(set_level, emits=("layer.next", "next"), accepts=1)


class BiasNoise(NoiseLaw, BiasDrive):
    """White noise into each unit of a layer that goes from tick to tick: normal numbers, held for some ticks.

    `NoiseCurrent(layer, std=, seed=)` makes one of such a layer; the numbers are those that a `LeakyDelta` would get.
    A change is three adds and a product a unit, and an add in the layer's step; drawing is not counted. In float32 the
    sum of the changes is off by rounding, in 10^5 of them by about 10^-5 of the width.
    """

    ticks = Port(set_noise, emits=("layer.next", "next"), accepts=1)


TickedLayer.kinds_of_drive["CurrentSteps"] = BiasSteps
TickedLayer.kinds_of_drive["NoiseCurrent"] = BiasNoise
