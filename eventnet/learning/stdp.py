"""Spike-timing-dependent plasticity of pairs of spikes, by traces (thesis 1.11, 6.3, 6.8).

    dt = t_post - t_pre      up by a_plus exp(-dt / tau_plus) if dt > 0, down by a_minus exp(dt / tau_minus) if dt < 0

A trace of each input, read at the spikes of the units, and one of each unit, read at those of the inputs, make sums
over all pairs of them: the online trick (6.8). An input's spike costs two exp and a row of weights, a unit's a column
and one exp for each input that has spiked lately.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numba.extending import register_jitable

from eventnet.errors import NetworkError
from eventnet.kernels.ranges import Integers
from eventnet.learning.dependence import (
    ERRORS,
    NEGATIVE,
    check_bounds,
    check_exponent,
    check_finite,
    check_positive,
    count_moves,
    strengthen,
    weaken,
    weaken_row,
)
from eventnet.learning.traces import (
    BASE,
    LIFE_X,
    LIFE_Y,
    PAIRING,
    RESTRICTED,
    RETELL,
    SIGNED,
    TOLD,
    check_moments,
    decay_units,
    first_clock,
    fold,
    forget_new,
    is_over,
    last_before,
    lifetimes,
    make_plan,
    mark,
    moment,
    no_spikes,
    note_input,
    note_unit,
    remains,
    trace_of,
)
from eventnet.module import Module, Port
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, READS, WRITES

if TYPE_CHECKING:
    from eventnet.module import Block

# Words of `code`.
A_PLUS, A_MINUS, TAU_PLUS, TAU_MINUS, MU_PLUS, MU_MINUS, LOWEST, HIGHEST, MEMORY = range(9)

TOLD_ANEW = 30
"""Time constants after which decaying tags are told anew: they are kept e^30 times too large at most."""


@register_jitable
def scale_of(t: int, w: Any, clock: Any, plan: Any, memory: Any, tally: Any) -> Any:
    """By how much more than it is worth now what is added to a tag must be, in float64; 1 where weights stay."""
    if plan[RETELL] == 0:
        return 1.0
    dt = t - clock[BASE]
    if clock[BASE] == NEVER_SEEN:
        clock[BASE], dt = t, 0
    elif dt > plan[RETELL]:
        factor = w.dtype.type(remains(dt, memory))
        for k in range(w.shape[0]):
            for j in range(w.shape[1]):
                w[k, j] *= factor
        words = w.shape[0] * w.shape[1]
        tally[MULTIPLIES] += words + 1
        tally[READS] += words
        tally[WRITES] += words
        clock[BASE], dt = t, 0
    tally[MULTIPLIES] += 1
    return remains(-dt, memory)


@rule(
    state=("x", "x_new", "y", "y_new", "code"), integers=("seen", "marks_x", "marks_y", "clock", "plan"), blocks=("w",)
)  # fmt: skip
def pair_pre(i, s, t, out, tally, x, x_new, y, y_new, code, seen, marks_x, marks_y, clock, plan, w):
    """Input i spikes: its row goes down by the traces of the units, and its own trace up."""
    if s < 0 and plan[SIGNED] == 0:
        return NEGATIVE
    now = moment(t, clock, plan)
    if is_over(t, clock, plan):
        fold(y, y_new, plan, tally)
        forget_new(y_new, clock)
    dt = t - clock[TOLD]
    if dt <= plan[LIFE_Y]:
        lowest, highest, mu = code[LOWEST], code[HIGHEST], code[MU_MINUS]
        scale = scale_of(t, w, clock, plan, code[MEMORY], tally)
        gain = code[A_MINUS] * w.dtype.type(remains(dt, code[TAU_MINUS]) * scale)
        tally[MULTIPLIES] += 3
        if s < 0:
            gain = -gain
        if plan[PAIRING] == RESTRICTED:
            before, moved = last_before(i, now, marks_x), 0
            for j in range(len(y)):
                if last_before(j, now, marks_y) > before:
                    weaken(w, i, j, gain * y[j], lowest, highest, mu, tally)
                    moved += 1
            tally[MULTIPLIES] += moved
            count_moves(tally, moved, mu)
        else:
            weaken_row(w, i, y, gain, lowest, highest, mu, tally)
    x[i] = trace_of(i, t, x, x_new, seen, code[TAU_PLUS], plan, tally)
    note_input(i, s, t, x_new, seen, plan, tally)
    mark(i, now, marks_x)
    return 0


@rule(
    state=("x", "x_new", "y", "y_new", "code"), integers=("seen", "marks_x", "marks_y", "clock", "plan"), blocks=("w",)
)  # fmt: skip
def pair_post(i, s, t, out, tally, x, x_new, y, y_new, code, seen, marks_x, marks_y, clock, plan, w):
    """Unit i spikes: its column goes up by the traces of the inputs, and its own trace, too."""
    if s < 0 and plan[SIGNED] == 0:
        return NEGATIVE
    now = moment(t, clock, plan)
    lowest, highest, mu, tau = code[LOWEST], code[HIGHEST], code[MU_PLUS], code[TAU_PLUS]
    gain = code[A_PLUS] * w.dtype.type(scale_of(t, w, clock, plan, code[MEMORY], tally))
    tally[MULTIPLIES] += 1
    if s < 0:
        gain = -gain
    nearby, before, moved = plan[PAIRING] == RESTRICTED, last_before(i, now, marks_y), 0
    for k in range(len(seen)):
        if t - seen[k] <= plan[LIFE_X] and not (nearby and last_before(k, now, marks_x) <= before):
            value = trace_of(k, t, x, x_new, seen, tau, plan, tally)
            if value != 0:
                strengthen(w, k, i, gain * value, lowest, highest, mu, tally)
                moved += 1
    tally[MULTIPLIES] += moved
    count_moves(tally, moved, mu)
    if is_over(t, clock, plan):
        fold(y, y_new, plan, tally)
        forget_new(y_new, clock)
    if t > clock[TOLD]:
        decay_units(t - clock[TOLD], y, code[TAU_MINUS], plan[LIFE_Y], tally)
    note_unit(i, s, t, y_new, clock, plan, tally)
    mark(i, now, marks_y)
    return 0


class PairStdp(Module):
    """STDP of pairs of spikes on one weight block [n_in, n_out], shared with the layer that reads it.

    a_plus, a_minus  how far a pair moves a weight at most, up if the input's spike is the earlier one, else down
    tau_plus, tau_minus  time constants of both sides, in ticks
    pairing  "all": every pair; "nearest": a spike and the last one before it on the other side; "restricted": that, if
             there is no spike of its own synapse's two ends in between (Morrison, Diesmann and Gerstner 2008)
    equal    "nothing": a pair at one tick changes nothing (6.3); "order": it counts with dt = 0, in the order in which
             its spikes are delivered
    mu       exponents of the room left above and below, or one for both: 0 additive, 1 multiplicative (see
             `dependence`); (0, 1) is that of van Rossum, Bi and Turrigiano (2000)
    bounds   lowest and highest weight; None for none, which needs mu = 0
    signed   spikes may be negative: a pair changes by the product of its signs; needs mu = 0
    memory   the block holds no weights but tags, which decay with this time constant, in ticks: see `Reward`; they have
             no bounds

    Ports: pre (the spikes from below), post (those of the layer).
    """

    pre = Port(pair_pre, accepts="n_in")
    post = Port(pair_post, accepts="n_out")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    errors = ERRORS

    def __init__(
        self, weights: Block, *, a_plus: float, a_minus: float, tau_plus: float, tau_minus: float, pairing: str = "all",
        equal: str = "nothing", mu: float | tuple[float, float] = 0.0, bounds: tuple[float, float] | None = (0.0, 1.0),
        signed: bool = False, memory: float | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name)
        self.weights, self.a_plus, self.a_minus, self.tau_plus, self.tau_minus = (
            weights, a_plus, a_minus, tau_plus, tau_minus,
        )  # fmt: skip
        self.pairing, self.equal, self.mu, self.bounds, self.signed, self.memory = (
            pairing, equal, mu, bounds, signed, memory,
        )  # fmt: skip
        self.n_in, self.n_out = weights.rows, weights.cols
        self.units = self.n_out
        check_finite(a_plus=a_plus, a_minus=a_minus)
        exponents = check_exponents(mu, bounds, signed or a_plus < 0 or a_minus < 0, memory)
        lives = lifetimes(tau_plus=tau_plus, tau_minus=tau_minus)
        retell = 0
        if memory is not None:
            check_positive(memory=memory)
            if bounds is not None:
                raise NetworkError(f"bounds are {bounds}; tags, which decay, have none: wanted None")
            retell = math.ceil(TOLD_ANEW * memory)
        code = [a_plus, a_minus, tau_plus, tau_minus, *exponents, *check_bounds(weights, bounds), memory or 1.0]
        self.state = {
            "x": np.zeros(self.n_in), "x_new": np.zeros(self.n_in), "y": np.zeros(self.n_out),
            "y_new": np.zeros(self.n_out), "code": np.array(code),
        }  # fmt: skip
        self.integers = {
            "seen": no_spikes(self.n_in), "marks_x": no_spikes(2 * self.n_in), "marks_y": no_spikes(2 * self.n_out),
            "clock": first_clock(), "plan": make_plan(pairing, equal, signed, lives, retell),
        }  # fmt: skip
        self.blocks = {"w": weights}

    def most_spikes(self) -> int:
        """It makes none, but an engine wants room for one."""
        return 1

    def check_integers(self, found: Integers, time: int) -> None:
        """Ticks and moments of spikes, none of them to come."""
        check_moments(found, self.integers, time)


def check_exponents(
    mu: float | tuple[float, float], bounds: Any, either_way: bool, memory: float | None = None
) -> tuple[float, float]:
    """The two exponents. Raises NetworkError where they need bounds, or changes of one sign, that there are not."""
    mu_plus, mu_minus = mu if isinstance(mu, tuple | list) else (mu, mu)
    exponents = check_exponent("mu", mu_plus), check_exponent("mu", mu_minus)
    if exponents != (0.0, 0.0):
        for wanted, missing in (
            ("bounds", bounds is None), ("positive spikes, a_plus and a_minus", either_way), ("no memory", memory),
        ):  # fmt: skip
            if missing:
                raise NetworkError(f"mu is {mu}; changes in proportion to the room that is left need {wanted}")
    return exponents


class DynamicStdp(PairStdp):
    """The rule of chapter 6: a pair moves its weight by rate sign(dt) alpha^|dt| / (2 alpha), dt in steps, 0 at dt = 0.

    Where trains i and j of spikes are predictive codes that decode to R_i and R_j, the changes of a weight sum up to
    those of learning from dynamics, the sum over steps of R_i(t) (R_j(t + 1) - R_j(t - 1)) / 2, once both R have died
    away. Spikes may be signed, and weights have no bounds unless they are given.

    alpha  what is left of a decoded spike after a step, between 0 and 1
    step   ticks a step
    """

    def __init__(
        self, weights: Block, *, alpha: float, rate: float = 1.0, step: int = 1,
        bounds: tuple[float, float] | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        if not 0 < alpha < 1:
            raise NetworkError(f"alpha is {alpha}; wanted a number between 0 and 1")
        if step < 1:
            raise NetworkError(f"step is {step} ticks; wanted 1 or more")
        side, tau = rate / (2 * alpha), -step / math.log(alpha)
        super().__init__(
            weights, a_plus=side, a_minus=side, tau_plus=tau, tau_minus=tau, bounds=bounds, signed=True, name=name
        )
        self.alpha, self.rate, self.step = alpha, rate, step
