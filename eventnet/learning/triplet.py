"""STDP of triplets of spikes (Pfister and Gerstner 2006): a pair counts the more, the busier its ends have just been.

    at a spike of the unit    w += r1 (a2_plus + a3_plus o2)         r1, r2   traces of the input: tau_plus, tau_x
    at a spike of the input   w -= o1 (a2_minus + a3_minus r2)       o1, o2   traces of the unit: tau_minus, tau_y

o2 and r2 are those of just before the spike. With a3 = 0 it is STDP of pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from eventnet.kernels.ranges import Integers
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
    TOLD,
    check_moments,
    decay_units,
    first_clock,
    fold,
    forget_new,
    is_over,
    lifetimes,
    make_plan,
    no_spikes,
    note_input,
    note_unit,
    remains,
    trace_of,
)
from eventnet.module import Module, Port
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES

if TYPE_CHECKING:
    from eventnet.module import Block

# Words of `code`.
A2_PLUS, A3_PLUS, A2_MINUS, A3_MINUS, TAU_PLUS, TAU_X, TAU_MINUS, TAU_Y, MU_PLUS, MU_MINUS, LOWEST, HIGHEST = range(12)


@rule(
    state=("r1", "r2", "x_new", "o1", "o2", "y_new", "code"), integers=("seen", "clock", "plan"), blocks=("w",)
)  # fmt: skip
def triplet_pre(i, s, t, out, tally, r1, r2, x_new, o1, o2, y_new, code, seen, clock, plan, w):
    """Input i spikes: its row goes down by the traces of the units, the more the more it has spiked itself."""
    if s < 0:
        return NEGATIVE
    if is_over(t, clock, plan):
        fold(o1, y_new, plan, tally)
        fold(o2, y_new, plan, tally)
        forget_new(y_new, clock)
    slow = trace_of(i, t, r2, x_new, seen, code[TAU_X], plan, tally)
    dt = t - clock[TOLD]
    if dt <= plan[LIFE_Y]:
        gain = (code[A2_MINUS] + code[A3_MINUS] * slow) * w.dtype.type(remains(dt, code[TAU_MINUS]))
        tally[LEARNING_ADDS] += 1
        tally[MULTIPLIES] += 3
        weaken_row(w, i, o1, gain, code[LOWEST], code[HIGHEST], code[MU_MINUS], tally)
    r1[i] = trace_of(i, t, r1, x_new, seen, code[TAU_PLUS], plan, tally)
    r2[i] = slow
    note_input(i, s, t, x_new, seen, plan, tally)
    return 0


@rule(
    state=("r1", "x_new", "o1", "o2", "y_new", "code"), integers=("seen", "clock", "plan"), blocks=("w",)
)  # fmt: skip
def triplet_post(i, s, t, out, tally, r1, x_new, o1, o2, y_new, code, seen, clock, plan, w):
    """Unit i spikes: its column goes up by the traces of the inputs, the more the more it has spiked itself."""
    if s < 0:
        return NEGATIVE
    if is_over(t, clock, plan):
        fold(o1, y_new, plan, tally)
        fold(o2, y_new, plan, tally)
        forget_new(y_new, clock)
    if t > clock[TOLD]:
        decay_units(t - clock[TOLD], o1, code[TAU_MINUS], plan[LIFE_Y], tally)
        decay_units(t - clock[TOLD], o2, code[TAU_Y], plan[LIFE_Y], tally)
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


class TripletStdp(Module):
    """STDP of triplets on one weight block [n_in, n_out], shared with the layer that reads it.

    a2_plus, a2_minus    what a pair moves, as in `PairStdp`
    a3_plus, a3_minus    what an earlier spike of the same side adds to that
    tau_plus, tau_minus  time constants of the pair's traces, in ticks
    tau_x, tau_y         those of the earlier spikes of the input and of the unit, in ticks
    pairing              "all" or "nearest" (a spike sets its traces to 1)
    equal, mu, bounds    as for `PairStdp`; mu other than 0 needs amplitudes of 0 or more

    Ports: pre (the spikes from below), post (those of the layer).
    """

    pre = Port(triplet_pre, accepts="n_in")
    post = Port(triplet_post, accepts="n_out")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    errors = ERRORS

    def __init__(
        self, weights: Block, *, a2_plus: float, a3_plus: float, a2_minus: float, a3_minus: float, tau_plus: float,
        tau_x: float, tau_minus: float, tau_y: float, pairing: str = "all", equal: str = "nothing",
        mu: float | tuple[float, float] = 0.0, bounds: tuple[float, float] | None = (0.0, 1.0), name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name)
        self.weights, self.pairing, self.equal, self.mu, self.bounds = weights, pairing, equal, mu, bounds
        self.a2_plus, self.a3_plus, self.a2_minus, self.a3_minus = a2_plus, a3_plus, a2_minus, a3_minus
        self.tau_plus, self.tau_x, self.tau_minus, self.tau_y = tau_plus, tau_x, tau_minus, tau_y
        self.n_in, self.n_out = weights.rows, weights.cols
        self.units = self.n_out
        amplitudes = {"a2_plus": a2_plus, "a3_plus": a3_plus, "a2_minus": a2_minus, "a3_minus": a3_minus}
        check_finite(**amplitudes)
        exponents = check_exponents(mu, bounds, min(amplitudes.values()) < 0)
        lives = lifetimes(tau_plus=tau_plus, tau_x=tau_x, tau_minus=tau_minus, tau_y=tau_y)
        taus = [tau_plus, tau_x, tau_minus, tau_y]
        code = [*amplitudes.values(), *taus, *exponents, *check_bounds(weights, bounds)]
        self.state = {
            "r1": np.zeros(self.n_in), "r2": np.zeros(self.n_in), "x_new": np.zeros(self.n_in),
            "o1": np.zeros(self.n_out), "o2": np.zeros(self.n_out), "y_new": np.zeros(self.n_out),
            "code": np.array(code),
        }  # fmt: skip
        plan = make_plan(pairing, equal, False, (max(lives[:2]), max(lives[2:])), known=("all", "nearest"))
        self.integers = {"seen": no_spikes(self.n_in), "clock": first_clock(), "plan": plan}
        self.blocks = {"w": weights}

    def most_spikes(self) -> int:
        """It makes none, but an engine wants room for one."""
        return 1

    def check_integers(self, found: Integers, time: int) -> None:
        """Ticks and moments of spikes, none of them to come."""
        check_moments(found, self.integers, time)
