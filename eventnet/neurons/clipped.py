"""A state between 0 and 1 that follows twice smoothed spikes, and what it sends (thesis 9.2 to 9.6).

    v' = -lam v                            and a spike adds lam w                                               (9.2)
    s' = eps (g + v) - k s                 while 0 < s < 1; k = eps, or eps (1 + 2 beta) where a target nudges   (9.3)
    a  = s + s' / lam                                                                                           (9.4)
    phi' = a; where phi comes to 1/2 the unit spikes, and phi goes down by 1                             (9.5, 9.6)

g is what does not change in between: bias, inputs that are held, the target's nudge. The state slides along 0 while
eps (g + v) is not above 0, and along 1 while it is not below k; a is the state there: three modes.

Errata. (9.4) is printed as a' = rho'(s) / lam - rho(s), with the dot on a; from (9.1) follows a = rho(s) + (1 / lam)
d rho / dt. Footnote 2, by which the clip needs no care, holds for this sliding only.

Solved: e(t) = exp(-k t), psi(t) = (exp(-lam t) - e(t)) / (k - lam), end = eps g / k, and

    s(t)   = s e(t) + eps v psi(t) + end (1 - e(t))
    s'(t)  = s' e(t) - eps lam v psi(t)
    a(t)   = end + (a - end) e(t)           (9.4) undoes the smoothing of (9.2): v is only in the start of a
    phi(t) = phi + end t + (a - end) (1 - e(t)) / k

So s turns once at most, phi is convex or concave, and Newton's method comes to a crossing of phi from one side.
Times are float64 in units of time, from now; functions are plain Python that compiles inside rules.
"""

from __future__ import annotations

import math
from typing import Any

from eventnet.kernels.out import NEVER
from eventnet.neurons.crossing import helper
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS

FREE, AT_0, AT_1 = range(3)
"""Modes of a unit."""
ROUNDS = 200
"""Steps of Newton's method, and of bisections between, at most."""
THRESHOLD = 0.5


@helper
def psi(t: Any, k: Any, lam: Any) -> Any:
    """(exp(-lam t) - exp(-k t)) / (k - lam), without loss of digits where k is near lam."""
    d = k - lam
    if d == 0.0:
        return t * math.exp(-lam * t)
    return -math.exp(-lam * t) * math.expm1(-d * t) / d


@helper
def state_at(t: Any, s: Any, v: Any, g: Any, k: Any, eps: Any, lam: Any) -> Any:
    """s(t) of a free unit."""
    return s * math.exp(-k * t) + eps * v * psi(t, k, lam) - eps * g / k * math.expm1(-k * t)


@helper
def slope_at(t: Any, s: Any, v: Any, g: Any, k: Any, eps: Any, lam: Any) -> Any:
    """s'(t) of a free unit."""
    return (eps * (g + v) - k * s) * math.exp(-k * t) - eps * lam * v * psi(t, k, lam)


@helper
def after(t: Any, s: Any, v: Any, g: Any, k: Any, eps: Any, lam: Any, tally: Any) -> Any:
    """s, by how much phi has risen, and the integral of s, t later, of a free unit."""
    end = eps * g / k
    a = s + (eps * (g + v) - k * s) / lam
    gone = -math.expm1(-k * t)
    now = state_at(t, s, v, g, k, eps, lam)
    area = (eps * (g * t - v * math.expm1(-lam * t) / lam) - (now - s)) / k
    tally[MULTIPLIES] += 24
    tally[NEURON_ADDS] += 12
    return now, end * t + (a - end) * gone / k, area


@helper
def mode_of(s: Any, v: Any, g: Any, k: Any, eps: Any, tally: Any) -> Any:
    """The mode of a unit whose state is s, 0 and 1 exactly at the ends."""
    tally[COMPARES] += 2
    if s <= 0.0 and g + v <= 0.0:
        return AT_0
    if s >= 1.0 and eps * (g + v) >= k:
        return AT_1
    return FREE


# --- when phi comes to its threshold ---------------------------------------------------------------------------------
@helper
def spike_time(phi: Any, s: Any, v: Any, g: Any, k: Any, eps: Any, lam: Any, tally: Any) -> Any:
    """Time until phi comes to 1/2, if the unit stays free; NEVER if it does not."""
    gap = THRESHOLD - phi
    tally[COMPARES] += 1
    if gap <= 0.0:
        return 0.0
    a, end = s + (eps * (g + v) - k * s) / lam, eps * g / k
    rest = a - end
    tally[MULTIPLIES] += 5
    tally[NEURON_ADDS] += 4
    if a <= 0.0 and end <= 0.0:
        return NEVER
    t = 0.0
    if rest < 0.0:
        t = (gap - rest / k) / end  # the asymptote comes there later than phi: Newton from the right, phi is convex
    elif end < 0.0:
        t = math.log(rest / -end) / k
        if end * t - rest * math.expm1(-k * t) / k < gap:
            return NEVER
        t = 0.0
    elif end == 0.0 and rest / k <= gap:
        return NEVER
    for _ in range(ROUNDS):
        miss = gap - end * t + rest * math.expm1(-k * t) / k
        rise = end + rest * math.exp(-k * t)
        tally[MULTIPLIES] += 7
        tally[NEURON_ADDS] += 4
        if rise <= 0.0:
            break
        step = miss / rise
        if (step <= 0.0) if rest >= 0.0 else (step >= 0.0):  # past the crossing, by rounding
            break
        t += step
        if abs(step) <= 2.0**-52 * t:
            break
    return t


# --- when the state comes to an end of its range, or leaves it -------------------------------------------------------
@helper
def end_time(s: Any, v: Any, g: Any, k: Any, eps: Any, lam: Any, tally: Any) -> Any:
    """Time until a free state comes to 0 from above or to 1 from below; NEVER if it does not."""
    slope, pull = eps * (g + v) - k * s, eps * lam * v
    turn = 0.0
    if pull != 0.0:
        ratio = slope / pull * (k - lam)
        turn = slope / pull if k == lam else math.log1p(ratio) / (k - lam) if ratio > -1.0 else 0.0
    tally[MULTIPLIES] += 6
    tally[NEURON_ADDS] += 3
    tally[COMPARES] += 4
    if turn > 0.0 and turn < NEVER:
        peak = state_at(turn, s, v, g, k, eps, lam)
        if slope > 0.0 and peak > 1.0:
            return _reach(1.0, 0.0, turn, True, s, v, g, k, eps, lam, tally)
        if slope < 0.0 and peak < 0.0:
            return _reach(0.0, 0.0, turn, False, s, v, g, k, eps, lam, tally)
        slope = -slope
    else:
        turn = 0.0
    last = eps * g / k
    up = slope > 0.0
    if (last <= 1.0) if up else (last >= 0.0):
        return NEVER
    level, high = 1.0 if up else 0.0, turn + 1.0 / k
    for _ in range(ROUNDS):
        now = state_at(high, s, v, g, k, eps, lam)
        tally[MULTIPLIES] += 8
        if (now > level) if up else (now < level):
            return _reach(level, turn, high, up, s, v, g, k, eps, lam, tally)
        high = turn + 2.0 * (high - turn)
    return NEVER


@helper
def _reach(
    level: Any, low: Any, high: Any, up: Any, s: Any, v: Any, g: Any, k: Any, eps: Any, lam: Any, tally: Any
) -> Any:  # fmt: skip
    """The time in [low, high] at which a state that rises (`up`) or falls between these times is at the level."""
    t = 0.5 * (low + high)
    for _ in range(ROUNDS):
        miss = state_at(t, s, v, g, k, eps, lam) - level
        rise = slope_at(t, s, v, g, k, eps, lam)
        tally[MULTIPLIES] += 16
        tally[NEURON_ADDS] += 8
        if miss == 0.0:
            return t
        if (miss > 0.0) == up:
            high = t
        else:
            low = t
        guess = t - miss / rise if rise != 0.0 else low
        if not low < guess < high:
            guess = 0.5 * (low + high)
        if high - low <= 2.0**-52 * high or abs(guess - t) <= 2.0**-53 * t:
            return high
        t = guess
    return high


@helper
def leave_time(mode: Any, v: Any, g: Any, k: Any, eps: Any, lam: Any, tally: Any) -> Any:
    """Time until a state that slides along 0 or 1 leaves it; NEVER if it stays."""
    tally[COMPARES] += 1
    tally[MULTIPLIES] += 3
    tally[NEURON_ADDS] += 1
    room = g if mode == AT_0 else g - k / eps
    if (v < 0.0 and room > 0.0) if mode == AT_0 else (v > 0.0 and room < 0.0):
        ratio = v / -room
        return math.log(ratio) / lam if ratio > 1.0 else 0.0
    return NEVER
