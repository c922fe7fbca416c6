"""Hodgkin-Huxley units of Traub and Miles with conductances, which go from tick to tick by steps of controlled error.

    tau_m v' = -(v - rest) - g_na m^3 h (v - reversal_na) - g_k n^4 (v - reversal_k)
               - g_e (v - reversal_e) - g_i (v - reversal_i) + bias
    x' = alpha_x (1 - x) - beta_x x            for the gates m, h and n; with u = v - shift in mV, and rates a ms:

    alpha_m = 0.32 (13 - u) / (exp((13 - u) / 4) - 1)      beta_m = 0.28 (u - 40) / (exp((u - 40) / 5) - 1)
    alpha_h = 0.128 exp((17 - u) / 18)                     beta_h = 4 / (1 + exp((40 - u) / 5))
    alpha_n = 0.032 (15 - u) / (exp((15 - u) / 5) - 1)     beta_n = 0.5 exp((10 - u) / 40)

R. D. Traub and R. Miles, Neuronal Networks of the Hippocampus (1991), as R. Brette and others, Journal of Computational
Neuroscience 23 (2007), have them, and NEST's `hh_cond_exp_traub`. Conductances are in units of the leak's. Rates are
those of u from -120 to 200 mV; beyond, they stay as they are there.

A tick is one step of the pair of orders 5 and 4 of J. R. Cash and A. H. Karp, ACM Transactions on Mathematical Software
16 (1990), where both agree to the tolerance: in mV for v, in parts of 100 mV for a gate. Elsewhere the step is halved
until they do, and doubled again where they agree to 1/64 of that; a unit keeps its step for its next tick. What would
be shorter than 1/1024 of a tick is a step of the exponential Euler method, which no conductance can drive beyond the
reversal potentials. Synaptic conductances are exact.

Nothing is reset. A unit sends a spike where v passes the threshold upward; the place is that of a cubic through both
ends of the step and their slopes. In its refractory time a unit goes on as ever, but sends nothing.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Option, State
from eventnet.errors import NetworkError
from eventnet.given import one_a_unit
from eventnet.module import Port
from eventnet.neurons.conductances import ConductanceLayer
from eventnet.neurons.inside_step import HALVINGS, part_before
from eventnet.neurons.leaky import finite, positive
from eventnet.neurons.leaky_currents import left, of_each
from eventnet.neurons.ticked import end_step, first_phi, is_due, refractory_of
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS

(
    BAR, TICKS, H, H_MS, E_1, E_2, E_3, E_LEFT, E_5, I_1, I_2, I_3, I_LEFT, I_5, E_REV, I_REV, G_NA, NA_REV, G_K, K_REV,
    SHIFT, TAU_M, TAU_E, TAU_I, MS, BOUND,
) = range(26)  # fmt: skip
"""Words of `table`, potentials above rest: the threshold; the step in ticks, in time constants and in ms; what is left
of conductances at the stages of a whole step; reversal potentials, conductances of sodium and potassium; time constants
and the millisecond in ticks; the square of the tolerance."""
WORDS = 26
STAGES = (1 / 5, 3 / 10, 3 / 5, 1.0, 7 / 8)
"""Parts of a step at which its slopes are taken, after the one at its start."""
X, M, GATE_H, N, ERROR = range(5)
TRIED = 5
"""Words of `tried`, for each unit: v and gates after a whole step, and the square of its error."""
LEAST = 1.0 / 1024.0
"""The shortest step, as a part of a tick."""
GROWS = 1.0 / 4096.0
"""A step is doubled where the square of its error is below this part of the bound: 2^-12, the square of 1/64."""
GATE = 100.0
"""An error of 1 of a gate counts as so many mV."""
LOWEST, HIGHEST = -120.0, 200.0
"""Rates are those of u between these."""
NEAR = 0.03
"""x / (exp(x) - 1) is by its series, which is exact to 3e-14, where x is smaller."""
C_2, C_3, C_4, C_5, C_6, C_7, C_8, C_9, C_10 = (1.0 / math.factorial(k) for k in range(2, 11))
EXP_3_25, EXP_8, EXP_3, EXP_17_18, EXP_0_25 = (math.exp(x) for x in (3.25, 8.0, 3.0, 17.0 / 18.0, 0.25))
RATE_MULTIPLIES, RATE_ADDS, RATE_COMPARES = 49, 26, 5
STEP_MULTIPLIES, STEP_ADDS, STEP_COMPARES = 522, 347, 31
"""Operations of the rates at a potential, and of a step of Cash and Karp with the comparison of its error."""


# --- rates and slopes ------------------------------------------------------------------------------------------------
@register_jitable(forceinline=True, error_model="numpy")
def over_grown(x: Any, grown: Any) -> Any:
    """x / (exp(x) - 1), where `grown` is exp(x)."""
    near = abs(x) < NEAR
    square = x * x
    series = 1.0 - 0.5 * x + square * (1.0 / 12.0 - square * (1.0 / 720.0))
    below = grown - 1.0
    ratio = x / (2.0 if near else below)
    return series if near else ratio


@register_jitable(forceinline=True, error_model="numpy")
def rates(u: Any) -> Any:
    """Both rates of m, h and n, a ms, at v - shift.

    All exponentials are powers of exp(-u / 360), a polynomial: with no call and no branch a loop takes some units at a
    time.
    """
    u = u if u > LOWEST else LOWEST
    u = u if u < HIGHEST else HIGHEST
    z = u * (-1.0 / 720.0)
    s = C_9 + z * C_10
    s = C_8 + z * s
    s = C_7 + z * s
    s = C_6 + z * s
    s = C_5 + z * s
    s = C_4 + z * s
    s = C_3 + z * s
    s = C_2 + z * s
    s = 1.0 + z * (1.0 + z * s)
    s = s * s
    s2 = s * s
    s4 = s2 * s2
    s9 = s4 * s4 * s
    s18 = s9 * s9
    s36 = s18 * s18
    fifth = s36 * s36
    fourth = fifth * s18
    falls = EXP_8 * fifth
    x = 0.2 * (u - 40.0)
    near = abs(x) < NEAR
    square = x * x
    series = 1.0 - 0.5 * x + square * (1.0 / 12.0 - square * (1.0 / 720.0))
    below = 1.0 - falls
    ratio = x * falls / (2.0 if near else below)
    alpha_m = 1.28 * over_grown(0.25 * (13.0 - u), EXP_3_25 * fourth)
    beta_m = 1.4 * (series if near else ratio)
    alpha_h = 0.128 * EXP_17_18 * (s18 * s2)
    beta_h = 4.0 / (1.0 + falls)
    alpha_n = 0.16 * over_grown(0.2 * (15.0 - u), EXP_3 * fifth)
    beta_n = 0.5 * EXP_0_25 * s9
    return alpha_m, beta_m, alpha_h, beta_h, alpha_n, beta_n


@register_jitable(forceinline=True, error_model="numpy")
def pulls(
    m: Any, h: Any, n: Any, e: Any, i: Any, bias: Any, e_rev: Any, i_rev: Any, g_na: Any, na_rev: Any, g_k: Any,
    k_rev: Any,
) -> Any:  # fmt: skip
    """All conductances of a unit, and the sum of where each draws it, times each."""
    sodium = g_na * (m * m * m * h)
    square = n * n
    potassium = g_k * (square * square)
    return 1.0 + sodium + potassium + e + i, bias + sodium * na_rev + potassium * k_rev + e * e_rev + i * i_rev


@register_jitable(forceinline=True, error_model="numpy")
def slopes(
    x: Any, m: Any, h: Any, n: Any, e: Any, i: Any, bias: Any, e_rev: Any, i_rev: Any, g_na: Any, na_rev: Any, g_k: Any,
    k_rev: Any, shift: Any,
) -> Any:  # fmt: skip
    """The slopes of v, a time constant of the membrane, and of m, h and n, a ms."""
    total, drawn = pulls(m, h, n, e, i, bias, e_rev, i_rev, g_na, na_rev, g_k, k_rev)
    alpha_m, beta_m, alpha_h, beta_h, alpha_n, beta_n = rates(x - shift)
    return (
        drawn - total * x,
        alpha_m - (alpha_m + beta_m) * m,
        alpha_h - (alpha_h + beta_h) * h,
        alpha_n - (alpha_n + beta_n) * n,
    )


# --- one step of one unit --------------------------------------------------------------------------------------------
@register_jitable(forceinline=True, error_model="numpy")
def cash_karp(
    x: Any, m: Any, h: Any, n: Any, e: Any, i: Any, bias: Any, d: Any, g: Any, e1: Any, e2: Any, e3: Any, e4: Any,
    e5: Any, i1: Any, i2: Any, i3: Any, i4: Any, i5: Any, e_rev: Any, i_rev: Any, g_na: Any, na_rev: Any, g_k: Any,
    k_rev: Any, shift: Any,
) -> Any:  # fmt: skip
    """v, m, h and n after d time constants of the membrane, which are g ms, and the square of the error.

    e1 to i5: what is left of conductances at the stages.
    """
    x1, m1, h1, n1 = slopes(x, m, h, n, e, i, bias, e_rev, i_rev, g_na, na_rev, g_k, k_rev, shift)
    x2, m2, h2, n2 = slopes(
        x + d * (0.2 * x1), m + g * (0.2 * m1), h + g * (0.2 * h1), n + g * (0.2 * n1),
        e * e1, i * i1, bias, e_rev, i_rev, g_na, na_rev, g_k, k_rev, shift,
    )  # fmt: skip
    a, b = 3.0 / 40.0, 9.0 / 40.0
    x3, m3, h3, n3 = slopes(
        x + d * (a * x1 + b * x2), m + g * (a * m1 + b * m2), h + g * (a * h1 + b * h2), n + g * (a * n1 + b * n2),
        e * e2, i * i2, bias, e_rev, i_rev, g_na, na_rev, g_k, k_rev, shift,
    )  # fmt: skip
    a, b, c = 0.3, -0.9, 1.2
    x4, m4, h4, n4 = slopes(
        x + d * (a * x1 + b * x2 + c * x3), m + g * (a * m1 + b * m2 + c * m3), h + g * (a * h1 + b * h2 + c * h3),
        n + g * (a * n1 + b * n2 + c * n3), e * e3, i * i3, bias, e_rev, i_rev, g_na, na_rev, g_k, k_rev, shift,
    )  # fmt: skip
    a, b, c, f = -11.0 / 54.0, 2.5, -70.0 / 27.0, 35.0 / 27.0
    x5, m5, h5, n5 = slopes(
        x + d * (a * x1 + b * x2 + c * x3 + f * x4), m + g * (a * m1 + b * m2 + c * m3 + f * m4),
        h + g * (a * h1 + b * h2 + c * h3 + f * h4), n + g * (a * n1 + b * n2 + c * n3 + f * n4),
        e * e4, i * i4, bias, e_rev, i_rev, g_na, na_rev, g_k, k_rev, shift,
    )  # fmt: skip
    a, b, c, f, q = 1631.0 / 55296.0, 175.0 / 512.0, 575.0 / 13824.0, 44275.0 / 110592.0, 253.0 / 4096.0
    x6, m6, h6, n6 = slopes(
        x + d * (a * x1 + b * x2 + c * x3 + f * x4 + q * x5), m + g * (a * m1 + b * m2 + c * m3 + f * m4 + q * m5),
        h + g * (a * h1 + b * h2 + c * h3 + f * h4 + q * h5), n + g * (a * n1 + b * n2 + c * n3 + f * n4 + q * n5),
        e * e5, i * i5, bias, e_rev, i_rev, g_na, na_rev, g_k, k_rev, shift,
    )  # fmt: skip
    a, b = 37.0 / 378.0 - 2825.0 / 27648.0, 250.0 / 621.0 - 18575.0 / 48384.0
    c, f, q = 125.0 / 594.0 - 13525.0 / 55296.0, -277.0 / 14336.0, 512.0 / 1771.0 - 0.25
    x_off = d * (a * x1 + b * x3 + c * x4 + f * x5 + q * x6)
    m_off = a * m1 + b * m3 + c * m4 + f * m5 + q * m6
    h_off = a * h1 + b * h3 + c * h4 + f * h5 + q * h6
    n_off = a * n1 + b * n3 + c * n4 + f * n5 + q * n6
    off = GATE * g
    a, b, c, q = 37.0 / 378.0, 250.0 / 621.0, 125.0 / 594.0, 512.0 / 1771.0
    return (
        x + d * (a * x1 + b * x3 + c * x4 + q * x6),
        m + g * (a * m1 + b * m3 + c * m4 + q * m6),
        h + g * (a * h1 + b * h3 + c * h4 + q * h6),
        n + g * (a * n1 + b * n3 + c * n4 + q * n6),
        x_off * x_off + off * off * (m_off * m_off + h_off * h_off + n_off * n_off),
    )


@register_jitable(error_model="numpy")
def left_at_stages(dt: Any, tau: Any) -> Any:
    """Parts of a conductance that are left at the stages of a step of dt ticks."""
    r = math.exp(-0.025 * dt / tau)
    r2 = r * r
    r4 = r2 * r2
    r8 = r4 * r4
    r12 = r8 * r4
    r24 = r12 * r12
    r32 = r24 * r8
    return r8, r12, r24, r32 * r8, r32 * r2 * r


@register_jitable(error_model="numpy")
def part_of_tick(
    x: Any, m: Any, h: Any, n: Any, e: Any, i: Any, bias: Any, dt: Any, k: int, width: int, table: Any
) -> Any:
    """v, gates and the square of the error after a step of dt ticks, and both conductances."""
    e1, e2, e3, e4, e5 = left_at_stages(dt, table[TAU_E * width + k])
    i1, i2, i3, i4, i5 = left_at_stages(dt, table[TAU_I * width + k])
    x, m, h, n, error = cash_karp(
        x, m, h, n, e, i, bias, dt / table[TAU_M * width + k], dt / table[MS * width + k], e1, e2, e3, e4, e5, i1, i2,
        i3, i4, i5, table[E_REV * width + k], table[I_REV * width + k], table[G_NA * width + k],
        table[NA_REV * width + k], table[G_K * width + k], table[K_REV * width + k], table[SHIFT * width + k],
    )  # fmt: skip
    return x, m, h, n, error, e * e4, i * i4


@register_jitable(error_model="numpy")
def drawn_on(x: Any, m: Any, h: Any, n: Any, e: Any, i: Any, bias: Any, dt: Any, k: int, width: int, table: Any) -> Any:
    """The same by the exponential Euler method; there is no error to tell."""
    total, drawn = pulls(
        m, h, n, e, i, bias, table[E_REV * width + k], table[I_REV * width + k], table[G_NA * width + k],
        table[NA_REV * width + k], table[G_K * width + k], table[K_REV * width + k],
    )  # fmt: skip
    alpha_m, beta_m, alpha_h, beta_h, alpha_n, beta_n = rates(x - table[SHIFT * width + k])
    g = -dt / table[MS * width + k]
    there, m_there = drawn / total, alpha_m / (alpha_m + beta_m)
    h_there, n_there = alpha_h / (alpha_h + beta_h), alpha_n / (alpha_n + beta_n)
    return (
        there + (x - there) * math.exp(-dt / table[TAU_M * width + k] * total),
        m_there + (m - m_there) * math.exp(g * (alpha_m + beta_m)),
        h_there + (h - h_there) * math.exp(g * (alpha_h + beta_h)),
        n_there + (n - n_there) * math.exp(g * (alpha_n + beta_n)),
        0.0,
        e * math.exp(-dt / table[TAU_E * width + k]),
        i * math.exp(-dt / table[TAU_I * width + k]),
    )


@register_jitable(error_model="numpy")
def slope_of_v(x: Any, m: Any, h: Any, n: Any, e: Any, i: Any, bias: Any, k: int, width: int, table: Any) -> Any:
    """The slope of v, a tick."""
    total, drawn = pulls(
        m, h, n, e, i, bias, table[E_REV * width + k], table[I_REV * width + k], table[G_NA * width + k],
        table[NA_REV * width + k], table[G_K * width + k], table[K_REV * width + k],
    )  # fmt: skip
    return (drawn - total * x) / table[TAU_M * width + k]


@register_jitable(error_model="numpy")
def send(j: int, t: int, remains: Any, free: Any, early: Any, plan: Any, bar: Any, out: Any, tally: Any) -> bool:
    """Unit j passes its threshold so many ticks before t: it sends a spike unless it is refractory. False: a fault."""
    tally[NEURON_ADDS] += 1
    tally[COMPARES] += 1
    if float(t - free[j]) + early[j] < remains:
        return True
    made = out.made()
    out.spike(j, 1, 0, bar)
    if out.made() == made:  # no room: a fault
        return False
    free[j], early[j] = t + refractory_of(j, plan), remains
    return True


@register_jitable(error_model="numpy")
def go_one(
    j: int, t: int, remains: Any, phi: Any, m: Any, h: Any, n: Any, part: Any, e: Any, i: Any, bias: Any, free: Any,
    early: Any, plan: Any, table: Any, out: Any, tally: Any,
) -> None:  # fmt: skip
    """Unit j goes to tick t in parts of it, each of which is short enough; so many ticks remain at first."""
    width = len(table) // WORDS
    k = 0 if width == 1 else j
    x, y, z, q = phi[j], m[j], h[j], n[j]
    bar, step, bound = table[BAR * width + k], table[TICKS * width + k], table[BOUND * width + k]
    kept = part[j]
    if not LEAST <= kept <= 1.0:  # a run may change it; no step would end
        kept = LEAST
    while True:
        dt = min(kept * step, remains)
        shortest = kept <= LEAST
        if shortest:
            x1, y1, z1, q1, error, e1, i1 = drawn_on(x, y, z, q, e, i, bias, dt, k, width, table)
            tally[MULTIPLIES] += RATE_MULTIPLIES + 30
            tally[NEURON_ADDS] += RATE_ADDS + 23
        else:
            x1, y1, z1, q1, error, e1, i1 = part_of_tick(x, y, z, q, e, i, bias, dt, k, width, table)
            tally[MULTIPLIES] += STEP_MULTIPLIES + 27
            tally[NEURON_ADDS] += STEP_ADDS
        tally[COMPARES] += (RATE_COMPARES if shortest else STEP_COMPARES) + 2
        if not error <= bound:
            kept = 0.5 * kept
            tally[MULTIPLIES] += 1
            continue
        if x <= bar and x1 > bar:
            d0 = dt * slope_of_v(x, y, z, q, e, i, bias, k, width, table)
            d1 = dt * slope_of_v(x1, y1, z1, q1, e1, i1, bias, k, width, table)
            tally[MULTIPLIES] += 2 * 14 + 6 * HALVINGS + 1
            tally[NEURON_ADDS] += 2 * 9 + 8 * HALVINGS + 1
            tally[COMPARES] += HALVINGS
            if not send(j, t, remains - part_before(x, x1, d0, d1, bar) * dt, free, early, plan, bar, out, tally):
                return
        x, y, z, q, e, i = x1, y1, z1, q1, e1, i1
        whole = dt == kept * step
        tally[MULTIPLIES] += 2
        if error <= GROWS * bound and whole and kept < 1.0:
            kept = 2.0 * kept
            tally[MULTIPLIES] += 1
        if dt == remains:
            break
        remains = remains - dt
        tally[NEURON_ADDS] += 1
    phi[j], m[j], h[j], n[j], part[j] = x, y, z, q, kept


# --- a tick of all ---------------------------------------------------------------------------------------------------
@register_jitable(error_model="numpy")
def try_all(phi: Any, m: Any, h: Any, n: Any, e: Any, i: Any, bias: Any, table: Any, tried: Any) -> None:
    """A whole step of each unit, and its error, into `tried`."""
    units = len(phi)
    if len(table) == WORDS:
        d, g = table[H], table[H_MS]
        e1, e2, e3, e4, e5 = table[E_1], table[E_2], table[E_3], table[E_LEFT], table[E_5]
        i1, i2, i3, i4, i5 = table[I_1], table[I_2], table[I_3], table[I_LEFT], table[I_5]
        e_rev, i_rev, g_na, na_rev = table[E_REV], table[I_REV], table[G_NA], table[NA_REV]
        g_k, k_rev, shift = table[G_K], table[K_REV], table[SHIFT]
        for j in range(units):
            x, y, z, q, error = cash_karp(
                phi[j], m[j], h[j], n[j], e[j], i[j], bias[j], d, g, e1, e2, e3, e4, e5, i1, i2, i3, i4, i5, e_rev,
                i_rev, g_na, na_rev, g_k, k_rev, shift,
            )  # fmt: skip
            tried[TRIED * j + X] = x
            tried[TRIED * j + M] = y
            tried[TRIED * j + GATE_H] = z
            tried[TRIED * j + N] = q
            tried[TRIED * j + ERROR] = error
    else:
        for j in range(units):
            x, y, z, q, error = cash_karp(
                phi[j], m[j], h[j], n[j], e[j], i[j], bias[j], table[H * units + j], table[H_MS * units + j],
                table[E_1 * units + j], table[E_2 * units + j], table[E_3 * units + j], table[E_LEFT * units + j],
                table[E_5 * units + j], table[I_1 * units + j], table[I_2 * units + j], table[I_3 * units + j],
                table[I_LEFT * units + j], table[I_5 * units + j], table[E_REV * units + j], table[I_REV * units + j],
                table[G_NA * units + j], table[NA_REV * units + j], table[G_K * units + j], table[K_REV * units + j],
                table[SHIFT * units + j],
            )  # fmt: skip
            tried[TRIED * j + X] = x
            tried[TRIED * j + M] = y
            tried[TRIED * j + GATE_H] = z
            tried[TRIED * j + N] = q
            tried[TRIED * j + ERROR] = error


@rule
def step_hodgkin_huxley(
    i, s, t, out, tally, phi, m, h, n, part, tried, synaptic, came, bias, gained, free, early, clock, plan, table
):
    """Units go a step on, in parts where that is needed; conductances decay, what came is added."""
    if is_due(t, clock, plan, out):
        units, width = len(phi), len(table) // WORDS
        try_all(phi, m, h, n, synaptic[:units], synaptic[units:], bias, table, tried)
        tally[MULTIPLIES] += units * STEP_MULTIPLIES
        tally[NEURON_ADDS] += units * STEP_ADDS
        tally[COMPARES] += units * (STEP_COMPARES + 1)
        for j in range(units):
            k, of = 0 if width == 1 else j, TRIED * j
            bar, x = table[BAR * width + k], tried[of + X]
            if part[j] == 1.0 and not tried[of + ERROR] <= table[BOUND * width + k]:
                part[j] = 0.5
            if part[j] == 1.0 and not (phi[j] <= bar and x > bar):
                phi[j], m[j], h[j], n[j] = x, tried[of + M], tried[of + GATE_H], tried[of + N]
            else:
                go_one(
                    j, t, table[TICKS * width + k], phi, m, h, n, part, synaptic[j], synaptic[units + j], bias[j], free,
                    early, plan, table, out, tally,
                )  # fmt: skip
        end_step(synaptic, came, bias, gained, clock, table, E_LEFT, I_LEFT, width, tally)
        tally[MULTIPLIES] += 2 * units
        tally[NEURON_ADDS] += 2 * units


# --- the layer -------------------------------------------------------------------------------------------------------
def check_tolerance(given: Any, what: str) -> float:
    """The error of a step, mV, from 1e-10 to 1. Raises NetworkError for anything else."""
    if np.ndim(given) or not 1e-10 <= given <= 1.0:
        raise NetworkError(f"{what} is {given!r:.60}; wanted mV, a number from 1e-10 to 1")
    return float(given)


def not_negative(given: Any, what: str) -> Any:
    """Conductances. Raises NetworkError unless they are 0 or more."""
    if not np.all((np.asarray(given) >= 0) & np.isfinite(given)):
        raise NetworkError(f"{what} is {given!r:.60}; wanted conductances of the leak, 0 or more")
    return given


def steady(which: int) -> Any:
    """A function that makes the first values of a gate: those at which it stays, at the first potentials."""

    def made(layer: HodgkinHuxley) -> NDArray[np.float64]:
        u = first_phi(layer) - one_a_unit(layer.above_rest("shift"), layer.units, "shift")
        both = [rates(float(each))[2 * which : 2 * which + 2] for each in u]
        return np.array([alpha / (alpha + beta) for alpha, beta in both])

    return made


class HodgkinHuxley(ConductanceLayer):
    """Hodgkin-Huxley units of Traub and Miles with exponential conductances, which go from tick to tick.

    tau_m v' = -(v - rest) - g_na m^3 h (v - reversal_na) - g_k n^4 (v - reversal_k) - g_e (v - reversal_e) -
    g_i (v - reversal_i) + bias, with gates m, h, n whose rates go by v - shift, in mV. Conductances are in units of the
    leak's; times are in ticks, of which `ms` are a millisecond. An event of weight w > 0 adds w to g_e, else -w to
    g_i. A unit sends a spike where v passes the threshold upward, placed inside the step (`early`), and no other one
    for `refractory` ticks; v and the gates go on as ever, and nothing is reset. Steps are cut until two methods agree
    to the tolerance. Defaults are those of Brette et al. (2007).

    Raises NetworkError for values that make no sense.
    """

    rest = Option[ArrayLike](-60.0, check=finite, doc="a number, or one a unit: reversal potential of the leak, mV")
    threshold = Option[ArrayLike](check=finite, doc="a number, or one a unit: a spike is sent where v passes it upward")
    reset = Derived(None)
    crossing = Derived[Literal["inside"]]("inside")
    ms = Option[float](check=positive, doc="ticks in a millisecond", one="gates have the rates of one neuron")
    shift = Option[ArrayLike](-63.0, check=finite, doc="a number, or one a unit: V_T, from where rates count v, mV")
    g_na = Option[ArrayLike](2000.0, check=not_negative, doc="a number, or one a unit: of sodium, over the leak's")
    g_k = Option[ArrayLike](600.0, check=not_negative, doc="a number, or one a unit: of potassium, over the leak's")
    reversal_na = Option[ArrayLike](50.0, check=finite, doc="a number, or one a unit: to where sodium draws potentials")
    reversal_k = Option[ArrayLike](-90.0, check=finite, doc="a number, or one a unit: to where potassium draws them")
    tolerance = Option[float](1e-4, check=check_tolerance, doc="what a step may be wrong by, mV", one="it is of a step")
    m = State(start=steady(0), doc="activation of sodium")
    h = State(start=steady(1), doc="inactivation of sodium: 1 is none")
    n = State(start=steady(2), doc="activation of potassium")
    part = State(start=1.0, doc="a unit's last step, as a part of a tick")
    tried = State(f"{TRIED} * units", doc="v, gates and error after a whole step")
    ticks = Port(step_hodgkin_huxley, emits=("out", "next"), accepts=1)

    def check(self) -> None:
        """Potentials may begin anywhere: nothing is reset."""

    def numbers(self) -> list[Any]:
        """The words of `table`."""
        step = float(self.step)
        made = [self.above_rest("threshold"), step, step / np.asarray(self.given("tau_m")), step / self.ms]
        tau_e, tau_i = self.given("tau_e"), self.given("tau_i")
        for tau in (tau_e, tau_i):
            made += [of_each(lambda each, part=part: left(part * step, each), tau) for part in STAGES]
        made += [self.above_rest("reversal_e"), self.above_rest("reversal_i")]
        made += [self.given("g_na"), self.above_rest("reversal_na"), self.given("g_k"), self.above_rest("reversal_k")]
        return [*made, self.above_rest("shift"), self.given("tau_m"), tau_e, tau_i, self.ms, self.tolerance**2]
