"""Leaky integrate-and-fire units with synaptic conductances, which go from tick to tick by a Runge-Kutta step.

    tau_m v' = -(v - rest) - g_e (v - reversal_e) - g_i (v - reversal_i) + bias
    tau_e g_e' = -g_e, tau_i g_i' = -g_i       an event of weight w > 0 adds w to g_e, else -w to g_i

Conductances are in units of the leak's. They are exact; potentials, which have no closed form, take one step of the
classical Runge-Kutta method of order 4 from tick to tick, under the exact conductances at its start, middle and end.
Its error a step is about (h (1 + g_e + g_i) / tau_m)^5 / 120 of the distance to where the potential is drawn.

With `crossing="inside"` a cubic through both ends of the step and their slopes says where in it the threshold is
passed. The unit is at its reset from there on, and free again so many ticks later to the part of a tick; others hear of
it at the tick that ends the step. With `crossing="tick"` both count from that tick, as in `iaf_cond_exp` of NEST.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from numba.extending import register_jitable

from eventnet.declarations import State
from eventnet.errors import NetworkError
from eventnet.module import Port
from eventnet.neurons.conductances import ConductanceLayer, pulled
from eventnet.neurons.inside_step import HALVINGS, part_before
from eventnet.neurons.leaky_currents import left, of_each
from eventnet.neurons.ticked import (
    CHUNK,
    INSIDE,
    STEP,
    end_step,
    fire_all,
    is_due,
    refractory_of,
)
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS

(
    BAR, LANDS, H, HALF, SIXTH, E_HALF, E_LEFT, I_HALF, I_LEFT, E_REV, I_REV, TAU_M, TAU_E, TAU_I, TICKS,
) = range(15)  # fmt: skip
"""Words of `table`: threshold, reset and reversal potentials above rest; the step in time constants, its half and
sixth; what is left of conductances after half a step and a whole one; time constants and the step in ticks."""
WORDS = 15


# --- one unit --------------------------------------------------------------------------------------------------------
@register_jitable(forceinline=True, error_model="numpy")
def runge_kutta(
    x: Any, e: Any, i: Any, bias: Any, h: Any, half: Any, sixth: Any, e_half: Any, e_left: Any, i_half: Any,
    i_left: Any, e_rev: Any, i_rev: Any,
) -> Any:  # fmt: skip
    """A potential after h time constants, under conductances that decay."""
    k1 = pulled(x, e, i, bias, e_rev, i_rev)
    e1, i1 = e * e_half, i * i_half
    k2 = pulled(x + half * k1, e1, i1, bias, e_rev, i_rev)
    k3 = pulled(x + half * k2, e1, i1, bias, e_rev, i_rev)
    k4 = pulled(x + h * k3, e * e_left, i * i_left, bias, e_rev, i_rev)
    return x + sixth * (k1 + 2.0 * (k2 + k3) + k4)


@register_jitable(error_model="numpy")
def slope_after(x: Any, e: Any, i: Any, bias: Any, d: Any, dt: Any, k: int, m: int, table: Any) -> Any:
    """The slope of a potential d ticks after the start of the step, in dt ticks."""
    e, i = e * math.exp(-d / table[TAU_E * m + k]), i * math.exp(-d / table[TAU_I * m + k])
    return dt / table[TAU_M * m + k] * pulled(x, e, i, bias, table[E_REV * m + k], table[I_REV * m + k])


@register_jitable(error_model="numpy")
def part_of_step(x: Any, e: Any, i: Any, bias: Any, d: Any, dt: Any, k: int, m: int, table: Any) -> Any:
    """A potential that starts at x, d ticks after the start of the step, dt ticks later."""
    tau_e, tau_i, h = table[TAU_E * m + k], table[TAU_I * m + k], dt / table[TAU_M * m + k]
    e, i = e * math.exp(-d / tau_e), i * math.exp(-d / tau_i)
    e_half, i_half = math.exp(-0.5 * dt / tau_e), math.exp(-0.5 * dt / tau_i)
    return runge_kutta(
        x, e, i, bias, h, 0.5 * h, h / 6.0, e_half, e_half * e_half, i_half, i_half * i_half, table[E_REV * m + k],
        table[I_REV * m + k],
    )  # fmt: skip


@register_jitable(error_model="numpy")
def go_inside(
    j: int, t: int, phi: Any, x: Any, e: Any, i: Any, bias: Any, free: Any, early: Any, plan: Any, table: Any, out: Any,
    tally: Any,
) -> None:  # fmt: skip
    """Unit j, which comes free or crosses its threshold in the step that ends at t and starts from x."""
    m = len(table) // WORDS
    k = 0 if m == 1 else j
    bar, lands, remains, step = table[BAR * m + k], table[LANDS * m + k], table[TICKS * m + k], table[TICKS * m + k]
    if free[j] > t - plan[STEP]:
        remains = float(t - free[j]) + early[j]
        tally[NEURON_ADDS] += 1
        if remains <= 0.0:
            return
        free[j], x = t, lands
        phi[j] = part_of_step(x, e, i, bias, step - remains, remains, k, m, table)
        tally[MULTIPLIES] += 34
        tally[NEURON_ADDS] += 28
        tally[COMPARES] += 1
    while phi[j] > bar:
        slope = slope_after(x, e, i, bias, step - remains, remains, k, m, table)
        ends = slope_after(phi[j], e, i, bias, step, remains, k, m, table)
        remains = remains - part_before(x, phi[j], slope, ends, bar) * remains
        tally[MULTIPLIES] += 19 + 6 * HALVINGS
        tally[NEURON_ADDS] += 12 + 8 * HALVINGS
        tally[COMPARES] += 1 + HALVINGS
        made = out.made()
        out.spike(j, 1, 0, bar)
        if out.made() == made:  # no room: a fault
            return
        held = refractory_of(j, plan)
        early[j], free[j], x, phi[j] = remains, t + held, lands, lands
        if held > 0:
            remains = remains - held
            tally[NEURON_ADDS] += 1
            if remains <= 0.0:
                return
            free[j] = t
        phi[j] = part_of_step(x, e, i, bias, step - remains, remains, k, m, table)
        tally[MULTIPLIES] += 34
        tally[NEURON_ADDS] += 28
        tally[COMPARES] += 1


# --- a step ----------------------------------------------------------------------------------------------------------
@register_jitable(error_model="numpy")
def go_all(t: int, phi: Any, before: Any, g: Any, bias: Any, free: Any, table: Any) -> None:
    """Potentials go a step on from tick t; those that are held stay at the reset."""
    n = len(phi)
    e, i = g[:n], g[n:]
    for j in range(n):
        before[j] = phi[j]
    if len(table) == WORDS:
        h, half, sixth, lands = table[H], table[HALF], table[SIXTH], table[LANDS]
        e_half, e_left, i_half, i_left = table[E_HALF], table[E_LEFT], table[I_HALF], table[I_LEFT]
        e_rev, i_rev = table[E_REV], table[I_REV]
        for j in range(n):
            x = runge_kutta(
                before[j], e[j], i[j], bias[j], h, half, sixth, e_half, e_left, i_half, i_left, e_rev, i_rev
            )
            phi[j] = lands if free[j] > t else x
    else:
        for j in range(n):
            x = runge_kutta(
                before[j], e[j], i[j], bias[j], table[H * n + j], table[HALF * n + j], table[SIXTH * n + j],
                table[E_HALF * n + j], table[E_LEFT * n + j], table[I_HALF * n + j], table[I_LEFT * n + j],
                table[E_REV * n + j], table[I_REV * n + j],
            )  # fmt: skip
            phi[j] = table[LANDS * n + j] if free[j] > t else x


@register_jitable(error_model="numpy")
def fire_inside(
    t: int, phi: Any, before: Any, g: Any, bias: Any, free: Any, early: Any, plan: Any, table: Any, out: Any, tally: Any
) -> None:
    """Each unit that crosses its threshold in the step that ends at t, or comes free in it, is looked at by itself."""
    n, m = len(phi), len(table) // WORDS
    start, soon = t - plan[STEP], t + plan[STEP]
    for first in range(0, n, CHUNK):
        last = min(first + CHUNK, n)
        found = 0
        for j in range(first, last):
            bar = table[BAR] if m == 1 else table[BAR * m + j]
            found += (phi[j] > bar) | ((free[j] > start) & (free[j] < soon))
        if found > 0:
            for j in range(first, last):
                bar = table[BAR] if m == 1 else table[BAR * m + j]
                if phi[j] > bar or (free[j] > start and free[j] < soon):
                    go_inside(j, t, phi, before[j], g[j], g[n + j], bias[j], free, early, plan, table, out, tally)


@rule
def step_conductance(i, s, t, out, tally, phi, synaptic, came, bias, gained, free, early, before, clock, plan, table):
    """Potentials go a step on, conductances decay, what came is added; units past their thresholds fire."""
    if is_due(t, clock, plan, out):
        n, m = len(phi), len(table) // WORDS
        go_all(t - plan[STEP], phi, before, synaptic, bias, free, table)
        if plan[INSIDE] != 0:
            tally[COMPARES] += n
            fire_inside(t, phi, before, synaptic, bias, free, early, plan, table, out, tally)
        else:
            fire_all(t, phi, free, plan, table[BAR * m : BAR * m + m], table[LANDS * m : LANDS * m + m], out, tally)
        end_step(synaptic, came, bias, gained, clock, table, E_LEFT, I_LEFT, m, tally)
        tally[MULTIPLIES] += 23 * n
        tally[NEURON_ADDS] += 29 * n


class LeakyConductance(ConductanceLayer):
    """Leaky integrate-and-fire units with exponential conductances, which go from tick to tick; times in ticks.

    tau_m v' = -(v - rest) - g_e (v - reversal_e) - g_i (v - reversal_i) + bias. Conductances are in units of the
    leak's and decay with tau_e and tau_i; an event of weight w adds w to g_e where w > 0, else -w to g_i. Potentials
    take a Runge-Kutta step of order 4 a tick. A unit fires where v is above its threshold at the end of a step; with
    crossing="inside" it is reset, and its refractory time begins, where in the step that was.

    Raises NetworkError for values that make no sense.
    """

    before = State(doc="potentials at the start of the step")
    ticks = Port(step_conductance, emits=("out", "next"), accepts=1)

    def check(self) -> None:
        """A spike leaves a potential below the threshold."""
        super().check()
        apart = np.asarray(self.above_rest("threshold")) - np.asarray(self.above_rest("reset"))
        if np.any(apart <= 0):
            raise NetworkError(
                f"reset {self.reset!s} of {type(self).__name__} is not below threshold {self.threshold!s}"
            )

    def numbers(self) -> list[Any]:
        """The words of `table`."""
        h = float(self.step)
        part = h / np.asarray(self.given("tau_m"))
        made = [self.above_rest("threshold"), self.above_rest("reset"), part, part / 2, part / 6]
        tau_e, tau_i = self.given("tau_e"), self.given("tau_i")
        for tau in (tau_e, tau_i):
            made += [of_each(partial(left, h / 2), tau), of_each(partial(left, h), tau)]
        made += [self.above_rest("reversal_e"), self.above_rest("reversal_i"), self.given("tau_m"), tau_e, tau_i, h]
        return made
