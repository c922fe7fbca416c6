"""The next threshold crossing of a leaky neuron with a decaying current, never searched for on a grid.

    tau_m v' = -v + I        v above rest, I in the same unit
    tau_s I' = -I            exponential currents: an input adds to I
    I(t) = (I + y t) exp(-t / tau_s)      alpha-shaped ones: an input adds to the slope y

Solved for (k = 1 / tau_m - 1 / tau_s, x = k t):

    v(t) = v exp(-t / tau_m) + I phi(t) + y psi(t)
    phi  = t / tau_m exp(-t / tau_m) (exp(x) - 1) / x                     t / tau_m exp(-t / tau_m) where tau_m = tau_s
    psi  = t^2 / tau_m exp(-t / tau_m) (exp(x) (x - 1) + 1) / x^2

Most questions are answered "never" by two comparisons: v rises at the threshold only while I is above it, and v stays
below max(v, 0) + I kappa, with kappa the peak of phi. If the answer is a time:

- tau_m = 2 tau_s: a quadratic in 1 - exp(-t / tau_m), of which the smaller root is the earlier crossing;
- tau_m = tau_s: z exp(-z) = threshold / I exp(-v / I) with z = t / tau_m + v / I, on Lambert's branch z < 1;
- otherwise Newton's method from the left: v is concave wherever it rises in a falling current, so that no step
  overshoots; one that arrives where I is no longer above the threshold has shown that there is no crossing;
- an alpha-shaped current rises first: if v is past the threshold when it peaks, Newton in that bracket.

Every function here is plain Python that compiles inside rules. Times are float64 ticks from now; the threshold is above
rest. Sources: Brette 2007 (Neural Computation 19, 2604-2609) for exact event times with exponential currents; Morrison,
Straube, Plesser and Diesmann 2007 (ibid. 47-79) for such times in a simulation on a grid.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.errors import NetworkError
from eventnet.kernels.out import NEVER
from eventnet.tally import MULTIPLIES, NEURON_ADDS

# Kinds of current and of the relation between the time constants.
DOUBLE, EQUAL, OTHER, ALPHA = 0.0, 1.0, 2.0, 3.0

# Words of the constants that `constants` makes.
(
    KIND, THRESHOLD, RESET, TAU_M, TAU_S, SLOW, APART, GAIN, GAIN_RISE, KAPPA, KAPPA_RISE, PEAK, JUMP, SPREAD, NEAR,
) = range(15)  # fmt: skip
CONSTANTS = 15

# What only rules call needs no way in from Python: it compiles sooner.
helper: Any = register_jitable(no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy")

LONGEST = 2.0**40
"""Time constants are below this: two weeks of microseconds."""
ROUNDS = 100
"""Steps of Newton's method at most; 27 have been seen, next to a tangency."""
CLOSE = 2.0**-50
"""A potential so close to its threshold, as a part of it, has reached it."""
SMALL = 0.5
"""Below this |x| the difference of two exponentials may cancel: expm1 or a series stands in, at twice the time."""
STRONG = 16.0
"""In thresholds: a difference that cancels is off by 1e-16 of the current times SPREAD, nothing beside a weaker one."""

EVEN = tuple(1.0 / (math.factorial(n) * (n + 2)) for n in range(14, -1, -2))
ODD = tuple(1.0 / (math.factorial(n) * (n + 2)) for n in range(13, 0, -2))
"""Coefficients of (exp(x) (x - 1) + 1) / x^2, the highest power first: exact to the last bit for |x| < 1/2."""


@helper
def larger(a: Any, b: Any) -> Any:
    """The larger of two numbers; a, if that is none."""
    return b if b > a else a


# --- how a unit goes on ----------------------------------------------------------------------------------------------
@helper
def factors(d: Any, near: Any, c: Any, tally: Any) -> Any:
    """Factors after d ticks of an exponential current: of v, of I, and of the part of I that has come to v.

    That last is good to its own last digits where |x| < near (SMALL or 0), and to those of SPREAD times I elsewhere.
    """
    if c[KIND] == DOUBLE:
        of_v = math.exp(-d / c[TAU_M])
        of_current = of_v * of_v
        tally[MULTIPLIES] += 2
        tally[NEURON_ADDS] += 1
        return of_v, of_current, of_v - of_current
    if c[KIND] == EQUAL:
        turns = d / c[TAU_M]
        left = math.exp(-turns)
        tally[MULTIPLIES] += 2
        return left, left, turns * left
    slow, apart = math.exp(-d / c[SLOW]), d * c[APART]
    tally[MULTIPLIES] += 4
    if apart < near:
        lost = slow * math.expm1(-apart)
        fast, came = slow + lost, -c[GAIN] * lost
    else:
        fast = math.exp(-d / (c[TAU_M] if c[SLOW] == c[TAU_S] else c[TAU_S]))
        came = c[GAIN] * (slow - fast)
    tally[NEURON_ADDS] += 1
    if c[SLOW] == c[TAU_S]:
        return fast, slow, came
    return slow, fast, came


@helper
def alpha_factors(d: Any, near: Any, c: Any, tally: Any) -> Any:
    """Factors after d ticks of v, of I, and of the parts of I and of the slope y that have come to v; near as above."""
    of_v, of_current, x = math.exp(-d / c[TAU_M]), math.exp(-d / c[TAU_S]), d * c[APART]
    if -near < x < near:
        # Even and odd powers apart: two short chains of operations and not a long one.
        square, even, odd = x * x, EVEN[0], ODD[0]
        for n in range(1, len(ODD)):
            even, odd = even * square + EVEN[n], odd * square + ODD[n]
        series = even * square + EVEN[len(ODD)] + x * odd
        turns = d / c[TAU_M]
        rising = of_v * series
        tally[MULTIPLIES] += 24
        tally[NEURON_ADDS] += 15
        return of_v, of_current, turns * (of_current - x * rising), turns * d * rising
    tally[MULTIPLIES] += 6
    tally[NEURON_ADDS] += 3
    came = c[GAIN] * (of_current - of_v)
    return of_v, of_current, came, c[GAIN_RISE] * (of_current * (x - 1.0) + of_v)


# --- exponential currents --------------------------------------------------------------------------------------------
@helper
def time_to_threshold(v: Any, current: Any, c: Any, tally: Any) -> Any:
    """Ticks until v reaches the threshold from below; 0 if it is there, NEVER if no further input brings it there."""
    threshold = c[THRESHOLD]
    if v >= threshold:
        return 0.0
    if current <= threshold:
        return NEVER
    tally[MULTIPLIES] += 1
    tally[NEURON_ADDS] += 1
    if larger(v, 0.0) + current * c[KAPPA] < threshold:
        return NEVER
    if c[KIND] == DOUBLE:
        return _root_of_quadratic(v, current, c, tally)
    if c[KIND] == EQUAL:
        return _root_of_lambert(v, current, c, tally)
    return _newton(v, current, c, tally)


@helper
def _root_of_quadratic(v: Any, current: Any, c: Any, tally: Any) -> Any:
    """With y = 1 - exp(-t / tau_m): I y^2 - (I - v) y + threshold - v = 0.

    In y, not in exp(-t / tau_m): a strong current crosses at once, and 1 - y would lose the digits of y.
    """
    both = current + v
    tally[MULTIPLIES] += 3
    tally[NEURON_ADDS] += 2
    inside = both * both - 4.0 * current * c[THRESHOLD]
    if both <= 0.0 or inside < 0.0:
        return NEVER
    tally[MULTIPLIES] += 3
    tally[NEURON_ADDS] += 3
    y = 2.0 * (c[THRESHOLD] - v) / (current - v + math.sqrt(inside))
    if y >= 1.0:
        return NEVER
    return -c[TAU_M] * math.log1p(-y)


@helper
def _root_of_lambert(v: Any, current: Any, c: Any, tally: Any) -> Any:
    """z exp(-z) = r for z < 1: Halley's method from the series about z = 1, where r = 1 / e."""
    u = v / current
    tally[MULTIPLIES] += 1
    if u < -700.0:  # exp(-u) would overflow, and no threshold is that low
        return NEVER
    r = c[THRESHOLD] / current * math.exp(-u)
    inside = 2.0 - 2.0 * math.e * r
    tally[MULTIPLIES] += 3
    tally[NEURON_ADDS] += 1
    if inside < 0.0:
        return NEVER
    p = math.sqrt(inside)
    z = 1.0 - p * (1.0 - p * (1.0 / 3.0 - p * (11.0 / 72.0)))
    tally[MULTIPLIES] += 3
    tally[NEURON_ADDS] += 3
    for _ in range(ROUNDS):
        # f = z exp(-z) - r; f and its derivatives are multiplied by exp(z), which cancels.
        f, slope = z - r * math.exp(z), 1.0 - z
        below = 2.0 * slope * slope - f * (z - 2.0)
        tally[MULTIPLIES] += 4
        tally[NEURON_ADDS] += 4
        if below <= 0.0:
            break
        step = 2.0 * f * slope / below
        z -= step
        tally[MULTIPLIES] += 3
        tally[NEURON_ADDS] += 1
        if abs(step) <= 1e-9:  # the next would be its cube
            break
    tally[MULTIPLIES] += 1
    tally[NEURON_ADDS] += 1
    return larger(c[TAU_M] * (z - u), 0.0)


@helper
def _newton(v: Any, current: Any, c: Any, tally: Any) -> Any:
    """From the left, never too far."""
    threshold, tau = c[THRESHOLD], c[TAU_M]
    t, gap, rise = 0.0, threshold - v, current - v
    near = 0.0 if c[SPREAD] * current <= STRONG * threshold else SMALL
    tally[MULTIPLIES] += 1
    tally[NEURON_ADDS] += 2
    for _ in range(ROUNDS):
        step = gap / rise * tau
        t = t + step
        of_v, of_current, came = factors(t, near, c, tally)
        now, there = v * of_v + current * came, current * of_current
        gap, rise = threshold - now, there - now
        tally[MULTIPLIES] += 5
        tally[NEURON_ADDS] += 4
        if gap <= CLOSE * threshold:
            return t
        if there <= threshold:  # and it falls: v will not rise at the threshold any more
            return NEVER
        tally[MULTIPLIES] += 1
        if step <= 2.0**-52 * t:  # no closer in float64
            return t
    return t


# --- alpha-shaped currents -------------------------------------------------------------------------------------------
@helper
def alpha_time_to_threshold(v: Any, current: Any, rise: Any, c: Any, tally: Any) -> Any:
    """As `time_to_threshold`, for a current (current + rise t) exp(-t / tau_s)."""
    threshold = c[THRESHOLD]
    if v >= threshold:
        return 0.0
    tally[MULTIPLIES] += 1
    tally[NEURON_ADDS] += 1
    push, climb = larger(current, 0.0), larger(rise, 0.0)
    if push + climb * c[PEAK] <= threshold:
        return NEVER
    tally[MULTIPLIES] += 2
    tally[NEURON_ADDS] += 2
    if larger(v, 0.0) + push * c[KAPPA] + climb * c[KAPPA_RISE] < threshold:
        return NEVER
    near = 0.0 if c[SPREAD] * (abs(current) + abs(rise) * c[TAU_S]) <= STRONG * threshold else SMALL
    tally[MULTIPLIES] += 2
    tally[NEURON_ADDS] += 1
    t, now, there = 0.0, v, current
    if rise > 0.0:
        peak = c[TAU_S] - current / rise
        tally[MULTIPLIES] += 1
        tally[NEURON_ADDS] += 1
        if peak > 0.0:
            t = peak
            now, there = _alpha_at(t, near, v, current, rise, c, tally)
            if now >= threshold:
                return _bracketed(t, now, there, near, v, current, rise, c, tally)
    if there <= threshold:
        return NEVER
    gap, slope = threshold - now, there - now
    tally[NEURON_ADDS] += 2
    for _ in range(ROUNDS):
        step = gap / slope * c[TAU_M]
        t = t + step
        now, there = _alpha_at(t, near, v, current, rise, c, tally)
        gap, slope = threshold - now, there - now
        tally[MULTIPLIES] += 2
        tally[NEURON_ADDS] += 3
        if gap <= CLOSE * threshold:
            return t
        if there <= threshold:
            return NEVER
        tally[MULTIPLIES] += 1
        if step <= 2.0**-52 * t:
            return t
    return t


@helper
def _alpha_at(t: Any, near: Any, v: Any, current: Any, rise: Any, c: Any, tally: Any) -> Any:
    """Potential and current t ticks from now."""
    of_v, of_current, came, climbed = alpha_factors(t, near, c, tally)
    tally[MULTIPLIES] += 5
    tally[NEURON_ADDS] += 3
    return v * of_v + current * came + rise * climbed, (current + rise * t) * of_current


@helper
def _bracketed(
    high: Any, now: Any, there: Any, near: Any, v: Any, current: Any, rise: Any, c: Any, tally: Any
) -> Any:  # fmt: skip
    """The crossing at or before `high`, the current's peak, where v is past the threshold and rises.

    Up to there v falls, if at all, before it rises: one crossing. It may be convex or concave, so that a Newton step
    that leaves the bracket becomes a bisection.
    """
    threshold, low, t = c[THRESHOLD], 0.0, high
    for _ in range(ROUNDS):
        guess = t
        if there > now:
            guess = t + (threshold - now) / (there - now) * c[TAU_M]
            tally[MULTIPLIES] += 2
            tally[NEURON_ADDS] += 3
        if not low < guess < high:
            guess = 0.5 * (low + high)
            tally[MULTIPLIES] += 1
            tally[NEURON_ADDS] += 1
        t = guess
        now, there = _alpha_at(t, near, v, current, rise, c, tally)
        tally[NEURON_ADDS] += 1
        if abs(now - threshold) <= CLOSE * threshold:
            return t
        if now < threshold:
            low = t
        else:
            high = t
        tally[MULTIPLIES] += 1
        tally[NEURON_ADDS] += 1
        if high - low <= 2.0**-52 * high:
            break
    return high


# --- constants -------------------------------------------------------------------------------------------------------
def constants(
    tau_m: float, tau_s: float, threshold: float, reset: float = 0.0, *, alpha: bool = False
) -> NDArray[np.float64]:
    """The argument c of the functions above, float64 [CONSTANTS]: time constants in ticks, potentials above rest.

    Raises NetworkError for time constants that are not above 0, or a threshold that is not above rest and reset.
    """
    for name, tau in (("tau_m", tau_m), ("tau_s", tau_s)):
        if not 0 < tau < LONGEST:
            raise NetworkError(f"{name} is {tau} ticks; wanted a number above 0 and below 2^40")
    if not 0 < threshold < math.inf:
        raise NetworkError(f"the threshold is {threshold} above rest; wanted a finite number above 0")
    if not -math.inf < reset < threshold:
        raise NetworkError(f"reset is {reset} above rest; wanted a finite number below the threshold, {threshold}")
    c = np.zeros(CONSTANTS)
    c[THRESHOLD], c[RESET], c[TAU_M], c[TAU_S], c[SLOW] = threshold, reset, tau_m, tau_s, max(tau_m, tau_s)
    apart = (tau_s - tau_m) / tau_m / tau_s
    c[KIND] = ALPHA if alpha else DOUBLE if tau_m == 2 * tau_s else EQUAL if tau_m == tau_s else OTHER
    c[APART] = apart if alpha else abs(apart)
    c[GAIN] = 0.0 if tau_m == tau_s else tau_s / (tau_s - tau_m if alpha else abs(tau_s - tau_m))
    between = abs(tau_s - tau_m)
    c[SPREAD] = math.inf if between == 0 else tau_s / between * (max(1.0, tau_m / between) if alpha else 1.0)
    c[NEAR] = 0.0 if c[SPREAD] <= 4 else SMALL  # for what is kept
    c[GAIN_RISE] = 0.0 if between == 0 else c[GAIN] / c[APART]
    # A little more than the peaks, so that rounding never takes away a crossing.
    c[KAPPA] = (1 + 1e-12) * peak_of_phi(tau_m, tau_s)
    c[PEAK] = (1 + 1e-12) * tau_s / math.e
    c[JUMP] = math.e / tau_s if alpha else 1.0
    if alpha:
        c[KAPPA_RISE] = (1 + 1e-9) * peak_of_psi(c)
    return c


def peak_of_phi(tau_m: float, tau_s: float) -> float:
    """The highest potential that a current of 1 leads to from rest: (tau_s / tau_m)^(tau_m / (tau_m - tau_s))."""
    if tau_m == tau_s:
        return math.exp(-1)
    return math.exp(math.log1p((tau_s - tau_m) / tau_m) * tau_m / (tau_m - tau_s))


def peak_of_psi(c: NDArray[np.float64]) -> float:
    """The highest potential that a slope of 1 leads to from rest: where v has met the current, by bisection."""
    low, high, tally = 0.0, 64.0 * (c[TAU_M] + c[TAU_S]), np.zeros(12, dtype=np.int64)
    for _ in range(200):
        t = 0.5 * (low + high)
        if not low < t < high:  # no closer in float64
            break
        _, of_current, _, climbed = alpha_factors(t, SMALL, c, tally)
        if climbed < t * of_current:
            low = t
        else:
            high = t
    return float(alpha_factors(low, SMALL, c, tally)[3])
