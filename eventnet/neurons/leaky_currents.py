"""Leaky integrate-and-fire units with synaptic currents, on a grid of ticks, by exact propagators.

    tau_m v' = -(v - rest) + I_e + I_i + bias          the currents in the unit of v

    exponential    tau_e I_e' = -I_e                        an event of weight w > 0 adds w to I_e, else to I_i
    alpha-shaped   I_e of one event = w (t / tau_e) exp(1 - t / tau_e)       it peaks at w, tau_e later

A step multiplies potential and currents by the exponential of the system's matrix times the step, as S. Rotter and
M. Diesmann, Biological Cybernetics 81 (1999) do and `iaf_psc_exp` and `iaf_psc_alpha` of NEST, and so is exact but for
rounding. A unit fires at the step at which its potential is found strictly above its threshold: a crossing is late by
less than a step, and one that is below again at the next step is not seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Option, State
from eventnet.module import Port
from eventnet.neurons.leaky import positive
from eventnet.neurons.ticked import STEP, TickedLayer, end_step, fire_all, is_due, time_constant
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, NEURON_ADDS

BAR, LANDS, LEFT, BY_BIAS, E_LEFT, E_GIVES, I_LEFT, I_GIVES, E_RISES, E_CLIMBS, I_RISES, I_CLIMBS = range(12)
"""Words of `table`, above rest: threshold; where a spike leaves the potential; what is left of it after a step; what
a bias gives it; what is left of a current, and what one gives the potential; of an alpha-shaped one what its rise gives
to it, and to the potential."""
WORDS = 12


@register_jitable(error_model="numpy")
def drive_all(t: int, phi: Any, currents: Any, bias: Any, free: Any, table: Any) -> None:
    """Potentials go a step on from tick t under the currents at its start; those that are held stay at the reset."""
    n = len(phi)
    e, i = currents[:n], currents[n:]
    if len(table) == WORDS:
        left, by_bias, by_e, by_i, lands = table[LEFT], table[BY_BIAS], table[E_GIVES], table[I_GIVES], table[LANDS]
        for j in range(n):
            x = phi[j] * left + bias[j] * by_bias + e[j] * by_e + i[j] * by_i
            phi[j] = lands if free[j] > t else x
    else:
        lefts, by_biases = table[LEFT * n : LEFT * n + n], table[BY_BIAS * n : BY_BIAS * n + n]
        by_es, by_is = table[E_GIVES * n : E_GIVES * n + n], table[I_GIVES * n : I_GIVES * n + n]
        lands_each = table[LANDS * n : LANDS * n + n]
        for j in range(n):
            x = phi[j] * lefts[j] + bias[j] * by_biases[j] + e[j] * by_es[j] + i[j] * by_is[j]
            phi[j] = lands_each[j] if free[j] > t else x


@register_jitable(error_model="numpy")
def climb_all(t: int, phi: Any, rises: Any, free: Any, table: Any) -> None:
    """Add to potentials that are not held what the rises of alpha-shaped currents give them in a step."""
    n, one = len(phi), len(table) == WORDS
    for j in range(n):
        m, k = (1, 0) if one else (n, j)
        x = rises[j] * table[E_CLIMBS * m + k] + rises[n + j] * table[I_CLIMBS * m + k]
        phi[j] += 0 if free[j] > t else x


@register_jitable(error_model="numpy")
def let_rise(currents: Any, rises: Any, left: Any, gives: Any) -> None:
    """Alpha-shaped currents of one kind, a step later."""
    for j in range(len(currents)):
        k = 0 if len(left) == 1 else j
        currents[j] = currents[j] * left[k] + rises[j] * gives[k]


@rule
def step_exponential(i, s, t, out, tally, phi, synaptic, came, bias, gained, free, clock, plan, table):
    """Potentials go a step on, currents decay, what came is added; units past their thresholds fire."""
    if is_due(t, clock, plan, out):
        n, m = len(phi), len(table) // WORDS
        drive_all(t - plan[STEP], phi, synaptic, bias, free, table)
        end_step(synaptic, came, bias, gained, clock, table, E_LEFT, I_LEFT, m, tally)
        fire_all(t, phi, free, plan, table[BAR * m : BAR * m + m], table[LANDS * m : LANDS * m + m], out, tally)
        tally[MULTIPLIES] += 6 * n
        tally[NEURON_ADDS] += 5 * n


@rule
def step_alpha(i, s, t, out, tally, phi, current, synaptic, came, bias, gained, free, clock, plan, table):
    """Potentials go a step on, currents rise and decay, what came is added to what makes them rise; units fire."""
    if is_due(t, clock, plan, out):
        n, m = len(phi), len(table) // WORDS
        drive_all(t - plan[STEP], phi, current, bias, free, table)
        climb_all(t - plan[STEP], phi, synaptic, free, table)
        for of, left, gives in ((0, E_LEFT, E_RISES), (n, I_LEFT, I_RISES)):
            lefts, given = table[left * m : left * m + m], table[gives * m : gives * m + m]
            let_rise(current[of : of + n], synaptic[of : of + n], lefts, given)
        end_step(synaptic, came, bias, gained, clock, table, E_LEFT, I_LEFT, m, tally)
        fire_all(t, phi, free, plan, table[BAR * m : BAR * m + m], table[LANDS * m : LANDS * m + m], out, tally)
        tally[MULTIPLIES] += 12 * n
        tally[NEURON_ADDS] += 9 * n


# --- propagators -----------------------------------------------------------------------------------------------------
def of_each(made: Callable[..., float], *values: Any) -> NDArray[np.float64]:
    """A function of numbers, for numbers one a unit, too."""
    arrays = np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values))
    found = [made(*numbers) for numbers in zip(*(array.ravel().tolist() for array in arrays), strict=True)]
    return np.array(found).reshape(arrays[0].shape)


def left(h: float, tau: float) -> float:
    """The factor of decay after h ticks; 0 where tau is 0."""
    return math.exp(-h / tau) if tau > 0 else 0.0


def given_by_current(h: float, tau_m: float, tau_s: float) -> float:
    """The gain of a potential in h ticks from a current of 1 that decays; where tau_s is 0, 1: it is a jump."""
    if tau_s == 0:
        return 1.0
    x = h / tau_m - h / tau_s
    return h / tau_m * math.exp(-h / tau_m) * (math.expm1(x) / x if x != 0 else 1.0)


def given_by_rise(h: float, tau_m: float, tau_s: float) -> float:
    """The gain of a potential in h ticks from the rise of an alpha-shaped current that peaks at 1 and begins at 0."""
    x = h / tau_m - h / tau_s
    if abs(x) < 1:  # (x e^x - e^x + 1) / x^2, whose terms cancel
        part = math.fsum(x**k / (math.factorial(k) * (k + 2)) for k in range(24))
    else:
        part = (math.exp(x) * (x - 1) + 1) / x**2
    return math.e * h / tau_s * (h / tau_m) * math.exp(-h / tau_m) * part


class LeakyExponential(TickedLayer):
    """Leaky integrate-and-fire units with exponential currents, which go from tick to tick exactly; times in ticks.

    tau_m v' = -(v - rest) + I_e + I_i + bias, where currents decay with tau_e and tau_i; an event of weight w adds w to
    I_e where w > 0, else to I_i. With a time constant of 0 an event moves v by w at the next step: a delta synapse, a
    step late. A unit fires at a step where v is strictly above its threshold, and is held at its reset for so many
    ticks, rounded up to steps; currents go on.

    Raises NetworkError for values that make no sense.
    """

    tau_m = Option[ArrayLike](check=positive, doc="a number, or one a unit: time constant of the potentials")
    tau_e = Option[ArrayLike](check=time_constant, doc="a number, or one a unit: of what excites; 0: jumps")
    tau_i = Option[ArrayLike](check=time_constant, doc="a number, or one a unit: of what inhibits; 0: jumps")
    ticks = Port(step_exponential, emits=("out", "next"), accepts=1)

    def numbers(self) -> list[Any]:
        """The words of `table`."""
        h = float(self.step)
        tau_m = self.given("tau_m")
        by_bias = of_each(lambda tau: -math.expm1(-h / tau), tau_m)
        made = [self.above_rest("threshold"), self.above_rest("reset"), of_each(partial(left, h), tau_m), by_bias]
        for tau in (self.given("tau_e"), self.given("tau_i")):
            made += [of_each(partial(left, h), tau), of_each(partial(given_by_current, h), tau_m, tau)]
        return [*made, 0, 0, 0, 0]


class LeakyAlpha(TickedLayer):
    """Leaky integrate-and-fire units with alpha-shaped currents, which go from tick to tick exactly; times in ticks.

    tau_m v' = -(v - rest) + I_e + I_i + bias, where an event of weight w at tick t0 adds w d / tau exp(1 - d / tau) to
    the current d ticks later, which peaks at w: to I_e with tau_e where w > 0, else to I_i with tau_i. A unit fires at
    a step where v is strictly above its threshold, and is held at its reset for so many ticks, rounded up to steps.

    Raises NetworkError for values that make no sense.
    """

    tau_m = Option[ArrayLike](check=positive, doc="a number, or one a unit: time constant of the potentials")
    tau_e = Option[ArrayLike](check=positive, doc="a number, or one a unit: of what excites")
    tau_i = Option[ArrayLike](check=positive, doc="a number, or one a unit: of what inhibits")
    current = State("2 * units", doc="currents: those that excite, and then those that inhibit")
    ticks = Port(step_alpha, emits=("out", "next"), accepts=1)

    def numbers(self) -> list[Any]:
        """The words of `table`."""
        h, rises = float(self.step), []
        made = LeakyExponential.numbers(self)  # type: ignore[arg-type]
        for tau in (self.given("tau_e"), self.given("tau_i")):
            rises.append(of_each(lambda each: math.e * h / each * math.exp(-h / each), tau))
            rises.append(of_each(partial(given_by_rise, h), self.given("tau_m"), tau))
        return [*made[:E_RISES], *rises]
