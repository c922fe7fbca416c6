"""Adaptive exponential integrate-and-fire units with conductances, which go from tick to tick by a Runge-Kutta step.

    tau_m v' = -(v - rest) + slope exp((v - threshold) / slope) - w - g_e (v - reversal_e) - g_i (v - reversal_i) + bias
    tau_w w' = a (v - rest) - w                fires where v > peak; then v <- reset, w <- w + b

R. Brette and W. Gerstner, Journal of Neurophysiology 94 (2005). The conductances are those of `leaky_conductance`, in
units of the leak's; w and b are in the unit of v.

v and w take one step of the classical Runge-Kutta method of order 4 from tick to tick. Above the threshold v runs off
in less than any step; there the step is taken in y = exp((threshold - v) / slope) instead, which falls evenly to 0:

    tau_m y' = -1 - y / slope (tau_m v' without the exponential)

From five slopes below the threshold on a step is cut into such in which v moves by an eighth of the slope at most.

The spike is placed inside the step as in `leaky_conductance`, with w as it is there. While a unit is refractory, w goes
on under the reset potential.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike

from eventnet.declarations import Option, State
from eventnet.errors import NetworkError
from eventnet.given import one_a_unit
from eventnet.module import Port
from eventnet.neurons.conductances import ConductanceLayer, pulled
from eventnet.neurons.inside_step import HALVINGS, cubic, part_before
from eventnet.neurons.leaky import finite, positive
from eventnet.neurons.leaky_currents import left, of_each
from eventnet.neurons.ticked import (
    INSIDE,
    STEP,
    end_step,
    first_phi,
    is_due,
    refractory_of,
)
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS

(
    PEAK, LANDS, TICKS, E_HALF, E_LEFT, I_HALF, I_LEFT, E_REV, I_REV, TAU_M, TAU_E, TAU_I, BAR, SLOPE, A, B, TAU_W,
    LEAST,
) = range(18)  # fmt: skip
"""Words of `table`, potentials above rest: where a unit fires, and is left; ticks of a step; what is left of
conductances after half a step and a whole one; reversal potentials; time constants; threshold and slope of the
exponential; a, b, tau_w; y at the peak."""
WORDS = 18
PART, FAR, TINY, FOREVER = 0.125, 5.0, 1e-7, 1e300
"""A step is cut where v would move by more than this part of the slope, from so many slopes below the threshold on
until y is tiny."""
MOST_EXPONENT = 20.0
"""A step that starts below the threshold takes no exponential of more: what gets there is past the peak."""


# --- one unit --------------------------------------------------------------------------------------------------------
@register_jitable(error_model="numpy")
def slopes(z: Any, w: Any, e: Any, i: Any, bias: Any, sharp: bool, k: int, m: int, table: Any) -> Any:
    """The slopes of v (sharp: of y) and of w, a time constant of the membrane."""
    slope, bar = table[SLOPE * m + k], table[BAR * m + k]
    e_rev, i_rev, rate = table[E_REV * m + k], table[I_REV * m + k], table[TAU_M * m + k] / table[TAU_W * m + k]
    if sharp:
        x = bar - slope * math.log(max(z, table[LEAST * m + k]))
        return -1.0 - z / slope * (pulled(x, e, i, bias, e_rev, i_rev) - w), rate * (table[A * m + k] * x - w)
    runs = slope * math.exp(min((z - bar) / slope, MOST_EXPONENT))
    return pulled(z, e, i, bias, e_rev, i_rev) - w + runs, rate * (table[A * m + k] * z - w)


@register_jitable(error_model="numpy")
def both_after(
    z: Any, w: Any, z1: Any, w1: Any, e1: Any, i1: Any, e2: Any, i2: Any, bias: Any, h: Any, sharp: bool, k: int,
    m: int, table: Any,
) -> Any:  # fmt: skip
    """v (sharp: y) and w after h time constants, whose slopes are z1 and w1 at first."""
    half, sixth = 0.5 * h, h / 6.0
    z2, w2 = slopes(z + half * z1, w + half * w1, e1, i1, bias, sharp, k, m, table)
    z3, w3 = slopes(z + half * z2, w + half * w2, e1, i1, bias, sharp, k, m, table)
    z4, w4 = slopes(z + h * z3, w + h * w3, e2, i2, bias, sharp, k, m, table)
    return z + sixth * (z1 + 2.0 * (z2 + z3) + z4), w + sixth * (w1 + 2.0 * (w2 + w3) + w4)


@register_jitable(error_model="numpy")
def relaxed(w: Any, d: Any, k: int, m: int, table: Any) -> Any:
    """w after d ticks at the reset potential."""
    there = table[A * m + k] * table[LANDS * m + k]
    return there + (w - there) * math.exp(-d / table[TAU_W * m + k])


@register_jitable(error_model="numpy")
def decayed(e: Any, i: Any, dt: Any, k: int, m: int, table: Any) -> Any:
    """Both conductances dt ticks later."""
    return e * math.exp(-dt / table[TAU_E * m + k]), i * math.exp(-dt / table[TAU_I * m + k])


@register_jitable(error_model="numpy")
def short_enough(z: Any, z1: Any, sharp: bool, k: int, m: int, table: Any, tally: Any) -> Any:
    """Ticks in which v moves by no more than a part of the slope; far below the threshold, and at the peak, all."""
    moves = z
    if sharp:
        if z <= TINY:
            return FOREVER
    else:
        moves = table[SLOPE * m + k]
        tally[MULTIPLIES] += 1
        tally[NEURON_ADDS] += 1
        if z < table[BAR * m + k] - FAR * moves or z1 == 0.0:
            return FOREVER
    tally[MULTIPLIES] += 3
    return PART * moves / abs(z1) * table[TAU_M * m + k]


@register_jitable(error_model="numpy")
def wait_over(
    j: int, t: int, remains: Any, adaptation: Any, free: Any, plan: Any, k: int, m: int, table: Any, tally: Any
) -> Any:
    """w of a unit that is refractory in the step that ends at t, and ticks of it that remain when it comes free."""
    tally[MULTIPLIES] += 3
    tally[NEURON_ADDS] += 2
    if plan[INSIDE] == 0 or remains <= 0.0:
        return relaxed(adaptation[j], table[TICKS * m + k], k, m, table), 0.0
    tally[NEURON_ADDS] += 1
    free[j] = t
    return relaxed(adaptation[j], table[TICKS * m + k] - remains, k, m, table), remains


@register_jitable(error_model="numpy")
def where_crossed(
    z: Any, w: Any, z1: Any, w1: Any, z4: Any, w4: Any, e: Any, i: Any, bias: Any, h: Any, sharp: bool, k: int, m: int,
    table: Any, tally: Any,
) -> Any:  # fmt: skip
    """The part of a step after which v passes the peak, and w there; the slopes at its start are z1 and w1."""
    ends, w_ends = slopes(z4, w4, e, i, bias, sharp, k, m, table)
    if sharp:
        part = part_before(-z, -z4, -h * z1, -h * ends, -table[LEAST * m + k])
    else:
        part = part_before(z, z4, h * z1, h * ends, table[PEAK * m + k])
    tally[MULTIPLIES] += (9 if sharp else 8) + 10 + 6 * HALVINGS
    tally[NEURON_ADDS] += 17 + 8 * HALVINGS
    tally[COMPARES] += HALVINGS
    return part, cubic(part, w, w4, h * w1, h * w_ends)


@register_jitable(error_model="numpy")
def go_one(
    j: int, t: int, phi: Any, adaptation: Any, e: Any, i: Any, bias: Any, free: Any, early: Any, plan: Any, table: Any,
    out: Any, tally: Any,
) -> None:  # fmt: skip
    """Unit j in the step that ends at tick t."""
    m = len(table) // WORDS
    k = 0 if m == 1 else j
    x, w, step, lands, bar = phi[j], adaptation[j], table[TICKS * m + k], table[LANDS * m + k], table[BAR * m + k]
    remains = step
    if free[j] > t - plan[STEP]:
        w, remains = wait_over(j, t, float(t - free[j]) + early[j], adaptation, free, plan, k, m, table, tally)
        tally[NEURON_ADDS] += 1
        if remains <= 0.0:
            adaptation[j] = w
            return
        e, i = decayed(e, i, step - remains, k, m, table)
        tally[MULTIPLIES] += 4
        tally[NEURON_ADDS] += 1
    while True:
        sharp, z = bool(x > bar), x
        if sharp:
            z = math.exp((bar - x) / table[SLOPE * m + k])
        z1, w1 = slopes(z, w, e, i, bias, sharp, k, m, table)
        dt = min(remains, short_enough(z, z1, sharp, k, m, table, tally))
        if dt == step:
            e1, i1 = e * table[E_HALF * m + k], i * table[I_HALF * m + k]
            e2, i2 = e * table[E_LEFT * m + k], i * table[I_LEFT * m + k]
        else:
            e1, i1 = decayed(e, i, 0.5 * dt, k, m, table)
            e2, i2 = decayed(e, i, dt, k, m, table)
        h = dt / table[TAU_M * m + k]
        z4, w4 = both_after(z, w, z1, w1, e1, i1, e2, i2, bias, h, sharp, k, m, table)
        tally[MULTIPLIES] += (4 if dt == step else 9) + (50 if sharp else 45)
        tally[NEURON_ADDS] += 51 if sharp else 50
        tally[COMPARES] += 1
        if z4 > table[LEAST * m + k] if sharp else z4 <= table[PEAK * m + k]:
            x, w, e, i = z4, w4, e2, i2
            if sharp:
                x = bar - table[SLOPE * m + k] * math.log(z4)
                tally[MULTIPLIES] += 1
                tally[NEURON_ADDS] += 1
            if dt == remains:
                break
            remains = remains - dt
            tally[NEURON_ADDS] += 1
            continue
        made = out.made()
        out.spike(j, 1, 0, table[PEAK * m + k])
        if out.made() == made:  # no room: a fault
            return
        held = refractory_of(j, plan)
        free[j], x = t + held, lands
        tally[NEURON_ADDS] += 1
        tally[COMPARES] += 1
        if plan[INSIDE] == 0:
            w = w4 + table[B * m + k]
            break
        part, w = where_crossed(z, w, z1, w1, z4, w4, e2, i2, bias, h, sharp, k, m, table, tally)
        passed, w = part * dt, w + table[B * m + k]
        remains = remains - passed
        early[j] = remains
        tally[MULTIPLIES] += 1
        tally[NEURON_ADDS] += 1
        if held > 0:
            left_over = remains - held
            w = relaxed(w, min(remains, float(held)), k, m, table)
            tally[MULTIPLIES] += 3
            tally[NEURON_ADDS] += 3
            if left_over <= 0.0:
                break
            remains, free[j], passed = left_over, t, passed + held
            tally[NEURON_ADDS] += 1
        e, i = decayed(e, i, passed, k, m, table)
        tally[MULTIPLIES] += 4
    phi[j], adaptation[j] = x, w


@rule
def step_adaptive(i, s, t, out, tally, phi, adaptation, synaptic, came, bias, gained, free, early, clock, plan, table):
    """Units go a step on one after the other, conductances decay, what came is added."""
    if is_due(t, clock, plan, out):
        n, m = len(phi), len(table) // WORDS
        for j in range(n):
            go_one(j, t, phi, adaptation, synaptic[j], synaptic[n + j], bias[j], free, early, plan, table, out, tally)
        end_step(synaptic, came, bias, gained, clock, table, E_LEFT, I_LEFT, m, tally)
        tally[MULTIPLIES] += 2 * n
        tally[NEURON_ADDS] += 2 * n


class AdaptiveExponential(ConductanceLayer):
    """Adaptive exponential integrate-and-fire units with exponential conductances, which go from tick to tick.

    tau_m v' = -(v - rest) + slope exp((v - threshold) / slope) - w - g_e (v - reversal_e) - g_i (v - reversal_i) + bias
    and tau_w w' = a (v - rest) - w; a unit fires where v > peak, v becomes the reset, and w gains b. Conductances and a
    are in units of the leak's, w and b in the unit of v; times are in ticks. An event of weight w > 0 adds w to g_e,
    else -w to g_i. v and w take a Runge-Kutta step of order 4 a tick, in exp((threshold - v) / slope) above the
    threshold. With crossing="inside" spike, reset and refractory time are where in the step v passes the peak; with
    "tick" at its end.

    Raises NetworkError for values that make no sense.
    """

    tau_w = Option[ArrayLike](check=positive, doc="a number, or one a unit: of the adaptation")
    slope = Option[ArrayLike](check=positive, doc="a number, or one a unit: how sharply spikes begin")
    peak = Option[ArrayLike](check=finite, doc="a number, or one a unit: where a unit fires, above the threshold")
    a = Option[ArrayLike](0.0, check=finite, doc="a number, or one a unit: what the potential gives the adaptation")
    b = Option[ArrayLike](0.0, check=finite, doc="a number, or one a unit: what a spike gives the adaptation")
    adaptation = State(doc="w")
    ticks = Port(step_adaptive, emits=("out", "next"), accepts=1)

    def check(self) -> None:
        """The peak is above the threshold, and potentials begin and are left below it."""
        names = ("peak", "threshold", "reset")
        peak, bar, reset = (one_a_unit(self.above_rest(name), self.units, name) for name in names)
        steep = one_a_unit(self.slope, self.units, "slope")
        if np.any(peak <= bar) or np.any(peak - bar > 600 * steep):
            raise NetworkError(f"peak {self.peak!s} is not above threshold {self.threshold!s}, or by over 600 slopes")
        for name, value in (("reset", reset), ("start", first_phi(self))):
            if np.any(value >= peak):
                raise NetworkError(f"{name} of {type(self).__name__} is not below the peak {self.peak!s}")

    def numbers(self) -> list[Any]:
        """The words of `table`."""
        h = float(self.step)
        made = [self.above_rest("peak"), self.above_rest("reset"), h]
        tau_e, tau_i = self.given("tau_e"), self.given("tau_i")
        for tau in (tau_e, tau_i):
            made += [of_each(lambda each: left(h / 2, each), tau), of_each(lambda each: left(h, each), tau)]
        made += [self.above_rest("reversal_e"), self.above_rest("reversal_i"), self.given("tau_m"), tau_e, tau_i]
        bar, steep = self.above_rest("threshold"), self.given("slope")
        least = np.exp((np.asarray(bar) - np.asarray(self.above_rest("peak"))) / steep)
        return [*made, bar, *(self.given(name) for name in ("slope", "a", "b", "tau_w")), least]
