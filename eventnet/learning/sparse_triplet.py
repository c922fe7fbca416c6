"""STDP of triplets on sparse synapses: `TripletStdp`, with rows and listed columns as in `sparse_stdp`."""

from __future__ import annotations

from eventnet.declarations import Integers, State
from eventnet.learning.dependence import NEGATIVE
from eventnet.learning.on_synapses import BothSides
from eventnet.learning.sparse_stdp import factors_of, strengthen_column, weaken_synapses
from eventnet.learning.traces import (
    LIFE_X,
    LIFE_Y,
    UPDATED,
    decay_units,
    fold,
    forget_new,
    is_over,
    note_input,
    note_unit,
    remains,
    trace_of,
)
from eventnet.learning.triplet import (
    A2_MINUS,
    A2_PLUS,
    A3_MINUS,
    A3_PLUS,
    HIGHEST,
    LOWEST,
    MU_MINUS,
    MU_PLUS,
    TAU_MINUS,
    TAU_PLUS,
    TAU_X,
    TAU_Y,
    TripletStdp,
    first_plan,
)
from eventnet.module import Port
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES


@rule
def sparse_triplet_pre(
    i, s, t, out, tally, r1, r2, x_new, o1, o2, y_new, code, seen, clock, plan, begins, column_of, w
):
    """A spike comes to row i, which goes down by the traces of its columns, the more the more it has spiked itself."""
    if s < 0:
        return NEGATIVE
    if is_over(t, clock, plan):
        fold(o1, y_new, plan, tally)
        fold(o2, y_new, plan, tally)
        forget_new(y_new, clock)
    slow = trace_of(i, t, r2, x_new, seen, code[TAU_X], plan, tally)
    dt = t - clock[UPDATED]
    if dt <= plan[LIFE_Y]:
        gain = (code[A2_MINUS] + code[A3_MINUS] * slow) * w.dtype.type(remains(dt, code[TAU_MINUS]))
        tally[LEARNING_ADDS] += 1
        tally[MULTIPLIES] += 3
        weaken_synapses(
            w, begins[i], begins[i + 1], column_of, o1, gain, code[LOWEST], code[HIGHEST], code[MU_MINUS], tally
        )
    r1[i] = trace_of(i, t, r1, x_new, seen, code[TAU_PLUS], plan, tally)
    r2[i] = slow
    note_input(i, s, t, x_new, seen, plan, tally)
    out.spike(i, s)
    return 0


@rule
def sparse_triplet_post(
    i, s, t, out, tally, r1, x_new, o1, o2, y_new, code, factors, seen, clock, plan, begins, guide, heads, listed, w
):
    """A spike comes to column i, which goes up by the traces of its rows, the more the more it has spiked itself."""
    if s < 0:
        return NEGATIVE
    if is_over(t, clock, plan):
        fold(o1, y_new, plan, tally)
        fold(o2, y_new, plan, tally)
        forget_new(y_new, clock)
    if t > clock[UPDATED]:
        decay_units(t - clock[UPDATED], o1, code[TAU_MINUS], plan[LIFE_Y], tally)
        decay_units(t - clock[UPDATED], o2, code[TAU_Y], plan[LIFE_Y], tally)
    gain = code[A2_PLUS] + code[A3_PLUS] * o2[i]
    tally[LEARNING_ADDS] += 1
    tally[MULTIPLIES] += 1
    strengthen_column(
        i, t, t, 0, r1, x_new, seen, seen, code[TAU_PLUS], factors, plan, gain, code[LOWEST], code[HIGHEST],
        code[MU_PLUS], begins, guide, heads, listed, w, tally,
    )  # fmt: skip
    note_unit(i, s, t, y_new, clock, plan, tally)
    return 0


class SparseTripletStdp(BothSides, TripletStdp):
    """STDP of triplets on sparse synapses; `Network.connect` adds it with `plasticity=SparseTripletStdp.given(...)`.

    A row is an input, a column a unit; options, equal times and counts as in `TripletStdp`.
    """

    suffix = "stdp"

    plan = Integers(7, start=lambda module: [*first_plan(module), module.guided[0]])
    factors = State(None, start=lambda m: factors_of(m.tau_plus, m.plan[LIFE_X], m.weights))
    pre = Port(sparse_triplet_pre, emits="out", accepts="n_in")
    post = Port(sparse_triplet_post, accepts="n_out")
