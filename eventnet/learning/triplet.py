"""STDP of triplets of spikes (Pfister and Gerstner 2006): a pair counts the more, the busier its ends have just been.

    at a spike of the unit    w += r1 (a2_plus + a3_plus o2)         r1, r2   traces of the input: tau_plus, tau_x
    at a spike of the input   w -= o1 (a2_minus + a3_minus r2)       o1, o2   traces of the unit: tau_minus, tau_y

o2 and r2 are those of just before the spike. With a3 = 0 it is STDP of pairs.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from eventnet.declarations import Derived, Integers, Option, State, Weights
from eventnet.kernels.ranges import Integers as Found
from eventnet.learning.dependence import (
    ERRORS,
    NEGATIVE,
    check_bounds,
    check_finite,
    count_moves,
    strengthen,
    weaken_row,
)
from eventnet.learning.stdp import check_exponents
from eventnet.learning.traces import (
    LIFE_X,
    LIFE_Y,
    UPDATED,
    check_moments,
    decay_units,
    first_clock,
    fold,
    forget_new,
    is_over,
    lifetimes,
    make_plan,
    note_input,
    note_unit,
    remains,
    trace_of,
)
from eventnet.module import Module, Port
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES

# Words of `code`.
A2_PLUS, A3_PLUS, A2_MINUS, A3_MINUS, TAU_PLUS, TAU_X, TAU_MINUS, TAU_Y, MU_PLUS, MU_MINUS, LOWEST, HIGHEST = range(12)


@rule
def triplet_pre(i, s, t, out, tally, r1, r2, x_new, o1, o2, y_new, code, seen, clock, plan, w):
    """Input i spikes: its row goes down by the traces of the units, the more the more it has spiked itself."""
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
        weaken_row(w, i, o1, gain, code[LOWEST], code[HIGHEST], code[MU_MINUS], tally)
    r1[i] = trace_of(i, t, r1, x_new, seen, code[TAU_PLUS], plan, tally)
    r2[i] = slow
    note_input(i, s, t, x_new, seen, plan, tally)
    return 0


@rule
def triplet_post(i, s, t, out, tally, r1, x_new, o1, o2, y_new, code, seen, clock, plan, w):
    """Unit i spikes: its column goes up by the traces of the inputs, the more the more it has spiked itself."""
    if s < 0:
        return NEGATIVE
    if is_over(t, clock, plan):
        fold(o1, y_new, plan, tally)
        fold(o2, y_new, plan, tally)
        forget_new(y_new, clock)
    if t > clock[UPDATED]:
        decay_units(t - clock[UPDATED], o1, code[TAU_MINUS], plan[LIFE_Y], tally)
        decay_units(t - clock[UPDATED], o2, code[TAU_Y], plan[LIFE_Y], tally)
    lowest, highest, mu, tau = code[LOWEST], code[HIGHEST], code[MU_PLUS], code[TAU_PLUS]
    gain, moved = code[A2_PLUS] + code[A3_PLUS] * o2[i], 0
    for k in range(len(seen)):
        if t - seen[k] <= plan[LIFE_X]:
            value = trace_of(k, t, r1, x_new, seen, tau, plan, tally)
            if value != 0:
                strengthen(w, k, i, gain * value, lowest, highest, mu, tally)
                moved += 1
    tally[LEARNING_ADDS] += 1
    tally[MULTIPLIES] += 1 + moved
    count_moves(tally, moved, mu)
    note_unit(i, s, t, y_new, clock, plan, tally)
    return 0


def first_code(module: TripletStdp) -> NDArray[np.float64]:
    """The words of `code`."""
    amplitudes = [module.a2_plus, module.a3_plus, module.a2_minus, module.a3_minus]
    exponents = check_exponents(module.mu, module.bounds, min(amplitudes) < 0)
    taus = [module.tau_plus, module.tau_x, module.tau_minus, module.tau_y]
    return np.array([*amplitudes, *taus, *exponents, *check_bounds(module.weights, module.bounds)])


def first_plan(module: TripletStdp) -> NDArray[np.int64]:
    """The words of `plan`."""
    lives = lifetimes(tau_plus=module.tau_plus, tau_x=module.tau_x, tau_minus=module.tau_minus, tau_y=module.tau_y)
    return make_plan(module.pairing, module.equal, False, (max(lives[:2]), max(lives[2:])), known=("all", "nearest"))


class TripletStdp(Module):
    """STDP of triplets on one weight block.

    Wire the spikes from below to `pre`, those of the layer to `post`.
    """

    weights = Weights("n_in", "n_out", key="w", doc="shared with the layer that reads them")
    a2_plus = Option[float](check=check_finite, doc="what a pair moves up, as in `PairStdp`")
    a3_plus = Option[float](check=check_finite, doc="what an earlier spike of the unit adds to that")
    a2_minus = Option[float](check=check_finite, doc="what a pair moves down")
    a3_minus = Option[float](check=check_finite, doc="what an earlier spike of the input adds to that")
    tau_plus = Option[float](doc="time constant of the pair's trace of the input, in ticks")
    tau_x = Option[float](doc="... of its earlier spikes")
    tau_minus = Option[float](doc="... of the pair's trace of the unit")
    tau_y = Option[float](doc="... of its earlier spikes")
    pairing = Option("all", doc='"all" or "nearest" (a spike sets its traces to 1)')
    equal = Option("nothing", doc="this and what follows as in `PairStdp`")
    mu = Option[float | tuple[float, float]](0.0, doc="other than 0 it needs amplitudes of 0 or more")
    bounds = Option[tuple[float, float] | None]((0.0, 1.0))
    units = Derived(lambda module: module.n_out)
    r1 = State("n_in", doc="traces of inputs at their last spikes: tau_plus")
    r2 = State("n_in", doc="... tau_x")
    x_new = State("n_in", doc="spikes of that moment itself")
    o1 = State("n_out", doc="traces of units as of `clock`: tau_minus")
    o2 = State("n_out", doc="... tau_y")
    y_new = State("n_out", doc="their spikes of that moment itself")
    code = State(12, start=first_code)
    seen = Integers("n_in", start=NEVER_SEEN, doc="tick of each input's last spike")
    clock = Integers(4, start=first_clock())
    plan = Integers(6, start=first_plan)

    pre = Port(triplet_pre, accepts="n_in")
    post = Port(triplet_post, accepts="n_out")
    n_in: int
    n_out: int

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    errors = ERRORS

    def check_integers(self, found: Found, time: int) -> None:
        """Ticks and moments of spikes, none of them to come."""
        check_moments(found, self.integers, time)
