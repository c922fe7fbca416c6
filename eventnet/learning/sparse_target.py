"""Weights of sparse synapses that follow the traces of their sources, whenever their unit spikes.

`TraceTarget` and `Instar`, with a row of synapses for an input, and a listed column for a unit. Spikes of sources come
through the rule, which keeps their ticks and sends them on to the rows. Numbers, order of operations and counts are
those of the dense rules, so that on `AllToAll` the weights are the same to the last bit.
"""

from __future__ import annotations

from typing import Any, ClassVar

from numba.extending import register_jitable

from eventnet.declarations import Integers, State
from eventnet.kernels.columns_listed import row_of, whole
from eventnet.kernels.fetch import AHEAD, fetch_soon
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.ranges import ticks, within
from eventnet.learning.dependence import ERRORS, NEGATIVE, count_moves, strengthen, weaken
from eventnet.learning.on_synapses import BothSides
from eventnet.learning.sparse_stdp import factors_of, left_of
from eventnet.learning.target import Follower, TraceTarget, check_swing
from eventnet.learning.traces import lifetimes
from eventnet.module import Port
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES, READS, WRITES

# Words of `plan`: ticks after which a trace is nothing; the shift of `guide`.
LIFE, SHIFT = range(2)


@register_jitable(forceinline=True)
def follow_each(
    i: int, t: int, seen: Any, plan: Any, factors: Any, begins: Any, guide: Any, heads: Any, listed: Any, w: Any,
    tau: Any, target: Any, rate: Any, fall: Any, lowest: Any, highest: Any, mu: Any, tally: Any,
) -> int:  # fmt: skip
    """Move the synapses of column i; the number of those whose traces had to be worked out."""
    life, shift, last, recent = plan[LIFE], plan[SHIFT], heads[i + 1], 0
    for q in range(heads[i], last):
        k = whole(listed[q])
        fetch_soon(w, listed[min(q + AHEAD, last - 1)])
        dt = t - seen[row_of(k, begins, guide, shift)]
        if dt > life:
            weaken(w, 0, k, fall, lowest, highest, mu, tally)
        else:
            recent += 1
            above = left_of(dt, tau, factors, w) - target
            if above > 0:
                strengthen(w, 0, k, rate * above, lowest, highest, mu, tally)
            else:
                weaken(w, 0, k, rate * -above, lowest, highest, mu, tally)
    return recent


@rule
def note_row(i, s, t, out, tally, seen):
    """A spike comes to row i, which keeps its tick; the spike goes on."""
    seen[i] = t
    out.spike(i, s)


@rule
def move_column_to_target(
    i, s, t, out, tally, seen, plan, factors, begins, guide, heads, listed, w, tau, target, rate, fall, lowest,
    highest, mu
):  # fmt: skip
    """A spike comes to column i: its weights move by how far the traces of their rows are above the target."""
    if s < 0:
        return NEGATIVE
    # With mu known in the loop, as in `move_to_target`.
    if mu == 1:
        mu_here = w.dtype.type(1)
        recent = follow_each(
            i, t, seen, plan, factors, begins, guide, heads, listed, w, tau, target, rate, fall, lowest, highest,
            mu_here, tally,
        )  # fmt: skip
    elif mu == 0:
        mu_here = w.dtype.type(0)
        recent = follow_each(
            i, t, seen, plan, factors, begins, guide, heads, listed, w, tau, target, rate, fall, lowest, highest,
            mu_here, tally,
        )  # fmt: skip
    else:
        recent = follow_each(
            i, t, seen, plan, factors, begins, guide, heads, listed, w, tau, target, rate, fall, lowest, highest, mu,
            tally,
        )  # fmt: skip
    tally[LEARNING_ADDS] += recent
    tally[MULTIPLIES] += 2 * recent
    count_moves(tally, heads[i + 1] - heads[i], mu)
    return 0


@rule
def move_column_to_trace(i, s, t, out, tally, seen, plan, factors, begins, guide, heads, listed, w, tau, rate):
    """A spike comes to column i: its weights move towards the traces of their rows."""
    if s < 0:
        return NEGATIVE
    life, shift, last, recent = plan[LIFE], plan[SHIFT], heads[i + 1], 0
    for q in range(heads[i], last):
        k = whole(listed[q])
        fetch_soon(w, listed[min(q + AHEAD, last - 1)])
        dt, word = t - seen[row_of(k, begins, guide, shift)], w[0, k]
        if dt > life:
            w[0, k] = word - rate * word
        else:
            recent += 1
            w[0, k] = word + rate * (left_of(dt, tau, factors, w) - word)
    moved = last - heads[i]
    tally[LEARNING_ADDS] += moved + recent
    tally[MULTIPLIES] += moved + recent
    tally[READS] += moved
    tally[WRITES] += moved
    return 0


class SparseFollower(BothSides):
    """Base of the rules that move weights of sparse synapses by the traces of their sources, at spikes of units.

    A spike of a source is a delivery to the rule, which costs no add; it may be of either sign. With axonal delays one
    at the tick of the unit's spike has the trace 1 if it was delivered before, as the one has that made the unit spike.
    """

    suffix = "stdp"

    tau = Follower.tau
    rate = Follower.rate
    seen = Integers("n_in", start=NEVER_SEEN, doc="tick of each row's last spike; NEVER_SEEN if there was none")
    plan = Integers(2, start=lambda module: [*lifetimes(tau=module.tau), module.guided[0]])
    factors = State(None, start=lambda module: factors_of(module.tau, module.plan[LIFE], module.weights))
    pre = Port(note_row, emits="out", accepts="n_in")

    errors: ClassVar[dict[int, str]] = ERRORS

    def check_integers(self, found: Found, time: int) -> None:
        """No tick is to come."""
        within("'seen'", found["seen"], *ticks(time))


class SparseTraceTarget(SparseFollower):
    """Trace targets on sparse synapses; `Network.connect` adds it with `plasticity=SparseTraceTarget.given(...)`.

        w += rate (x - target) (highest - w)^mu      if x > target, the trace of the synapse's source
        w += rate (x - target) (w - lowest)^mu       otherwise

    at a spike of its unit (Diehl and Cook 2015); options, bounds and counts as in `TraceTarget`.
    """

    target = TraceTarget.target
    bounds = TraceTarget.bounds
    fall = TraceTarget.fall
    lowest = TraceTarget.lowest
    highest = TraceTarget.highest
    mu = TraceTarget.mu
    post = Port(move_column_to_target, accepts="n_out")


class SparseInstar(SparseFollower):
    """Instars on sparse synapses: w += rate (x - w) at a spike of the unit, x the trace of the source (Grossberg 1976).

    `Network.connect` adds it with `plasticity=SparseInstar.given(...)`; options and counts as in `Instar`.
    """

    post = Port(move_column_to_trace, accepts="n_out")

    def check(self) -> None:
        """A weight that moves beyond its trace swings."""
        super().check()
        check_swing(self.rate)
