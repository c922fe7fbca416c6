"""STDP of pairs on sparse synapses: `PairStdp`, with a row of synapses for a row of weights, and a column listed.

Numbers, order of operations and counts are those of `PairStdp` on the dense block, so that where both can say the same
network they give the same bytes. Of its two traces, one belongs to each row, one to each column.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import overload, register_jitable
from numpy.typing import NDArray

from eventnet.declarations import Integers, State
from eventnet.kernels.columns_listed import row_of, whole
from eventnet.kernels.fetch import AHEAD, fetch_soon
from eventnet.learning.dependence import NEGATIVE, count_moves, strengthen, weaken
from eventnet.learning.on_synapses import BothSides
from eventnet.learning.stdp import (
    A_MINUS,
    A_PLUS,
    HIGHEST,
    LOWEST,
    MEMORY,
    MU_MINUS,
    MU_PLUS,
    TAU_MINUS,
    TAU_PLUS,
    DynamicStdp,
    PairStdp,
    first_plan,
    scale_of,
)
from eventnet.learning.traces import (
    ALL,
    IN_ORDER,
    LIFE_X,
    LIFE_Y,
    PAIRING,
    RESTRICTED,
    SIGNED,
    UPDATED,
    decay_units,
    fold,
    forget_new,
    is_over,
    last_before,
    mark,
    moment,
    note_input,
    note_unit,
    remains,
    trace_of,
)
from eventnet.module import Port
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES

KEPT_FACTORS = 1 << 15
"""Decays over fewer ticks are looked up."""

SHIFT = 6
"""The word of `plan` after those of `traces`: the shift of `guide`."""


def left_of(dt: int, tau: Any, factors: Any, x: Any) -> Any:
    """`remains`, rounded once to the number type of x; `factors` is what `factors_of` made."""
    return x.dtype.type(remains(dt, tau))


# An exp takes 4 to 8 ns, a look at the table less than 1.
@overload(left_of, jit_options={"forceinline": True})
def _left_of(dt, tau, factors, x):
    def impl(dt, tau, factors, x):
        if dt < len(factors):
            return factors[dt]
        return x.dtype.type(remains(dt, tau))

    return impl


# --- walks -----------------------------------------------------------------------------------------------------------
@register_jitable(forceinline=True)
def weaken_each(
    w: Any, first: int, last: int, column_of: Any, y: Any, gain: Any, lowest: Any, highest: Any, mu: Any, tally: Any
) -> None:  # fmt: skip
    """Move synapses first to last - 1 down by gain times the traces of their columns."""
    for k in range(first, last):
        weaken(w, 0, k, gain * y[column_of[k]], lowest, highest, mu, tally)


@register_jitable
def weaken_synapses(
    w: Any, first: int, last: int, column_of: Any, y: Any, gain: Any, lowest: Any, highest: Any, mu: Any, tally: Any
) -> None:  # fmt: skip
    """The same, with mu known in the loop; counted."""
    if mu == 0:
        weaken_each(w, first, last, column_of, y, gain, lowest, highest, 0.0, tally)
    elif mu == 1:
        weaken_each(w, first, last, column_of, y, gain, lowest, highest, 1.0, tally)
    else:
        weaken_each(w, first, last, column_of, y, gain, lowest, highest, mu, tally)
    tally[MULTIPLIES] += last - first
    count_moves(tally, last - first, mu)


@register_jitable(forceinline=True)
def strengthen_each(
    w: Any, p: int, last: int, listed: Any, begins: Any, guide: Any, t: int, now: int, before: int, x: Any,
    x_new: Any, seen: Any, marks_x: Any, tau: Any, factors: Any, plan: Any, gain: Any, lowest: Any, highest: Any,
    mu: Any, tally: Any,
) -> tuple[int, int]:  # fmt: skip
    """Move the synapses listed from p to last - 1 up by gain times the traces of their rows.

    Returns how many traces were worked out, and how many synapses moved.
    """
    life, at_once, every = plan[LIFE_X], plan[IN_ORDER] != 0, plan[PAIRING] == ALL
    nearby, shift, traced, moved = plan[PAIRING] == RESTRICTED, plan[SHIFT], 0, 0
    for q in range(p, last):
        k = whole(listed[q])
        fetch_soon(w, listed[min(q + AHEAD, last - 1)])
        r = row_of(k, begins, guide, shift)
        dt = t - seen[r]
        if dt > life or (nearby and last_before(r, now, marks_x) <= before):
            continue
        if dt == 0 and not at_once:
            value = x[r]
        else:
            traced += 1
            factor = left_of(dt, tau, factors, x)
            value = factor * (x[r] + x_new[r]) if every else factor * x_new[r]
        if value != 0:
            strengthen(w, 0, k, gain * value, lowest, highest, mu, tally)
            moved += 1
    return traced, moved


@register_jitable
def strengthen_column(
    i: int, t: int, now: int, before: int, x: Any, x_new: Any, seen: Any, marks_x: Any, tau: Any, factors: Any,
    plan: Any, gain: Any, lowest: Any, highest: Any, mu: Any, begins: Any, guide: Any, heads: Any, listed: Any,
    w: Any, tally: Any,
) -> None:  # fmt: skip
    """Move the synapses of column i up, with mu known in the loop; counted."""
    p, last = heads[i], heads[i + 1]
    if mu == 0:
        traced, moved = strengthen_each(
            w, p, last, listed, begins, guide, t, now, before, x, x_new, seen, marks_x, tau, factors, plan,
            gain, lowest, highest, 0.0, tally,
        )  # fmt: skip
    elif mu == 1:
        traced, moved = strengthen_each(
            w, p, last, listed, begins, guide, t, now, before, x, x_new, seen, marks_x, tau, factors, plan,
            gain, lowest, highest, 1.0, tally,
        )  # fmt: skip
    else:
        traced, moved = strengthen_each(
            w, p, last, listed, begins, guide, t, now, before, x, x_new, seen, marks_x, tau, factors, plan,
            gain, lowest, highest, mu, tally,
        )  # fmt: skip
    tally[MULTIPLIES] += 2 * traced + moved
    if plan[PAIRING] == ALL:
        tally[LEARNING_ADDS] += traced
    count_moves(tally, moved, mu)


# --- rules -----------------------------------------------------------------------------------------------------------
@rule
def sparse_pair_pre(
    i, s, t, out, tally, x, x_new, y, y_new, code, seen, marks_x, marks_y, clock, plan, begins, column_of, w
):
    """A spike comes to row i, which goes down by the traces of its columns; the row's own goes up, the spike on."""
    if s < 0 and plan[SIGNED] == 0:
        return NEGATIVE
    now = moment(t, clock, plan)
    if is_over(t, clock, plan):
        fold(y, y_new, plan, tally)
        forget_new(y_new, clock)
    dt = t - clock[UPDATED]
    if dt <= plan[LIFE_Y]:
        lowest, highest, mu = code[LOWEST], code[HIGHEST], code[MU_MINUS]
        gain = code[A_MINUS] * w.dtype.type(
            remains(dt, code[TAU_MINUS]) * scale_of(t, w, clock, plan, code[MEMORY], tally)
        )
        tally[MULTIPLIES] += 3
        if s < 0:
            gain = -gain
        first, last = begins[i], begins[i + 1]
        if plan[PAIRING] == RESTRICTED:
            before, moved = last_before(i, now, marks_x), 0
            for k in range(first, last):
                j = whole(column_of[k])
                if last_before(j, now, marks_y) > before:
                    weaken(w, 0, k, gain * y[j], lowest, highest, mu, tally)
                    moved += 1
            tally[MULTIPLIES] += moved
            count_moves(tally, moved, mu)
        else:
            weaken_synapses(w, first, last, column_of, y, gain, lowest, highest, mu, tally)
    x[i] = trace_of(i, t, x, x_new, seen, code[TAU_PLUS], plan, tally)
    note_input(i, s, t, x_new, seen, plan, tally)
    mark(i, now, marks_x)
    out.spike(i, s)
    return 0


@rule
def sparse_pair_post(
    i, s, t, out, tally, x, x_new, y, y_new, code, factors, seen, marks_x, marks_y, clock, plan, begins, guide, heads,
    listed, w
):  # fmt: skip
    """A spike comes to column i, which goes up by the traces of its rows; the column's own goes up."""
    if s < 0 and plan[SIGNED] == 0:
        return NEGATIVE
    now = moment(t, clock, plan)
    gain = code[A_PLUS] * w.dtype.type(scale_of(t, w, clock, plan, code[MEMORY], tally))
    tally[MULTIPLIES] += 1
    if s < 0:
        gain = -gain
    strengthen_column(
        i, t, now, last_before(i, now, marks_y), x, x_new, seen, marks_x, code[TAU_PLUS], factors, plan, gain,
        code[LOWEST], code[HIGHEST], code[MU_PLUS], begins, guide, heads, listed, w, tally,
    )  # fmt: skip
    if is_over(t, clock, plan):
        fold(y, y_new, plan, tally)
        forget_new(y_new, clock)
    if t > clock[UPDATED]:
        decay_units(t - clock[UPDATED], y, code[TAU_MINUS], plan[LIFE_Y], tally)
    note_unit(i, s, t, y_new, clock, plan, tally)
    mark(i, now, marks_y)
    return 0


def factors_of(tau: float, life: int, weights: Any) -> NDArray[np.float64]:
    """Factors of decay after 0, 1, 2, ... ticks, as `remains` has them of tau in the network's number type."""
    rounded = float(weights.array.dtype.type(tau))
    return np.array([math.exp(-ticks / rounded) for ticks in range(min(int(life) + 1, KEPT_FACTORS))])


class SparsePairStdp(BothSides, PairStdp):
    """STDP of pairs on sparse synapses; `Network.connect` adds it with `plasticity=SparsePairStdp.given(...)`.

    A row is an input, a column a unit; options, equal times and counts as in `PairStdp`.
    """

    suffix = "stdp"

    plan = Integers(7, start=lambda module: [*first_plan(module), module.guided[0]])
    factors = State(None, start=lambda m: factors_of(m.tau_plus, m.plan[LIFE_X], m.weights))
    pre = Port(sparse_pair_pre, emits="out", accepts="n_in")
    post = Port(sparse_pair_post, accepts="n_out")


class SparseDynamicStdp(SparsePairStdp, DynamicStdp):
    """`DynamicStdp`, learning from dynamics (chapter 6), on sparse synapses."""
