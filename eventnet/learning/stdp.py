"""Spike-timing-dependent plasticity of pairs of spikes, by traces (thesis 1.11, 6.3, 6.8).

    dt = t_post - t_pre      up by a_plus exp(-dt / tau_plus) if dt > 0, down by a_minus exp(dt / tau_minus) if dt < 0

A trace of each input, read at the spikes of the units, and one of each unit, read at those of the inputs, make sums
over all pairs of them: the online trick (6.8). An input's spike costs two exp and a row of weights, a unit's a column
and one exp for each input that has spiked lately.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.declarations import Declared, Derived, Integers, Option, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.ranges import Integers as Found
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
    UPDATED,
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
    note_input,
    note_unit,
    remains,
    trace_of,
)
from eventnet.module import Module, Port
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, READS, WRITES

# Words of `code`.
A_PLUS, A_MINUS, TAU_PLUS, TAU_MINUS, MU_PLUS, MU_MINUS, LOWEST, HIGHEST, MEMORY = range(9)

RESCALED_AFTER = 30
"""Time constants after which decaying tags are scaled anew: they are kept e^30 times too large at most."""


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


@rule
def pair_pre(i, s, t, out, tally, x, x_new, y, y_new, code, seen, marks_x, marks_y, clock, plan, w):
    """Input i spikes: its row goes down by the traces of the units, and its own trace up."""
    if s < 0 and plan[SIGNED] == 0:
        return NEGATIVE
    now = moment(t, clock, plan)
    if is_over(t, clock, plan):
        fold(y, y_new, plan, tally)
        forget_new(y_new, clock)
    dt = t - clock[UPDATED]
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


@rule
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
    if t > clock[UPDATED]:
        decay_units(t - clock[UPDATED], y, code[TAU_MINUS], plan[LIFE_Y], tally)
    note_unit(i, s, t, y_new, clock, plan, tally)
    mark(i, now, marks_y)
    return 0


def first_code(module: PairStdp) -> NDArray[np.float64]:
    """The words of `code`."""
    exponents = check_exponents(
        module.mu, module.bounds, module.signed or module.a_plus < 0 or module.a_minus < 0, module.memory
    )
    sides = [module.a_plus, module.a_minus, module.tau_plus, module.tau_minus]
    limits = check_bounds(module.weights, module.bounds)
    return np.array([*sides, *exponents, *limits, 1.0 if module.memory is None else module.memory])


def first_plan(module: PairStdp) -> NDArray[np.int64]:
    """The words of `plan`."""
    lives = lifetimes(tau_plus=module.tau_plus, tau_minus=module.tau_minus)
    retell = 0 if module.memory is None else math.ceil(RESCALED_AFTER * module.memory)
    return make_plan(module.pairing, module.equal, module.signed, lives, retell)


class PairStdp(Module):
    """STDP of pairs of spikes on one weight block.

    Wire the spikes from below to `pre`, those of the layer to `post`.
    """

    weights = Weights("n_in", "n_out", key="w", doc="shared with the layer that reads them")
    a_plus: Declared[float] = Option[float](
        check=check_finite, doc="how far a pair whose input spikes first moves a weight up at most"
    )
    a_minus: Declared[float] = Option[float](check=check_finite, doc="... and down, where the unit spikes first")
    tau_plus: Declared[float] = Option[float](doc="time constant of the first side, in ticks")
    tau_minus: Declared[float] = Option[float](doc="... and of the other")
    pairing: Declared[str] = Option(
        "all",
        doc='"all": every pair; "nearest": a spike and the last one before it on the other side; "restricted": that, '
        "if there is no spike of its own synapse's two ends in between (Morrison, Diesmann and Gerstner 2008)",
    )
    equal: Declared[str] = Option(
        "nothing",
        doc='"nothing": a pair at one tick changes nothing (6.3); "order": it counts with dt = 0, in the order in '
        "which its spikes are delivered",
    )
    mu: Declared[float | tuple[float, float]] = Option[float | tuple[float, float]](
        0.0,
        doc="exponents of the room left above and below, or one for both: 0 additive, 1 multiplicative (see "
        "`dependence`); (0, 1) is that of van Rossum, Bi and Turrigiano (2000)",
    )
    bounds = Option[tuple[float, float] | None](
        (0.0, 1.0), doc="lowest and highest weight; None for none, which needs mu = 0"
    )
    signed: Declared[bool] = Option(
        False, doc="spikes may be negative: a pair changes by the product of its signs; needs mu = 0"
    )
    memory: Declared[float | None] = Option[float | None](
        None,
        doc="the block holds no weights but tags, which decay with this time constant, in ticks: see `Reward`; they "
        "have no bounds",
    )
    units = Derived(lambda module: module.n_out)
    x = State("n_in", doc="traces of inputs at their last spikes")
    x_new = State("n_in", doc="spikes of that moment itself")
    y = State("n_out", doc="traces of units as of `clock`")
    y_new = State("n_out", doc="their spikes of that moment itself")
    code = State(9, start=first_code)
    seen = Integers("n_in", start=NEVER_SEEN, doc="tick of each input's last spike")
    marks_x = Integers("2 * n_in", start=NEVER_SEEN, doc="moments of each input's last two spikes")
    marks_y = Integers("2 * n_out", start=NEVER_SEEN, doc="moments of each unit's last two spikes")
    clock = Integers(4, start=first_clock())
    plan = Integers(6, start=first_plan)

    pre = Port(pair_pre, accepts="n_in")
    post = Port(pair_post, accepts="n_out")
    n_in: int
    n_out: int

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    errors = ERRORS

    def check(self) -> None:
        """Tags decay, and have no bounds."""
        if self.memory is None:
            return
        check_positive(self.memory, "memory")
        if self.bounds is not None:
            raise NetworkError(f"bounds are {self.bounds}; tags, which decay, have none: wanted None")

    def check_integers(self, found: Found, time: int) -> None:
        """Ticks and moments of spikes, none of them to come."""
        check_moments(found, self.integers, time)


def check_exponents(
    mu: float | tuple[float, float], bounds: Any, either_way: bool, memory: float | None = None
) -> tuple[float, float]:
    """The two exponents. Raises NetworkError where they need bounds, or changes of one sign, that there are not."""
    mu_plus, mu_minus = mu if isinstance(mu, tuple | list) else (mu, mu)
    exponents = check_exponent(mu_plus, "mu"), check_exponent(mu_minus, "mu")
    if exponents != (0.0, 0.0):
        for wanted, missing in (
            ("bounds", bounds is None), ("positive spikes, a_plus and a_minus", either_way), ("no memory", memory),
        ):  # fmt: skip
            if missing:
                raise NetworkError(f"mu is {mu}; changes in proportion to the room that is left need {wanted}")
    return exponents


def check_alpha(alpha: float, what: str) -> float:
    """The factor of decay of a step. Raises NetworkError unless it is between 0 and 1."""
    if not 0 < alpha < 1:
        raise NetworkError(f"{what} is {alpha}; wanted a number between 0 and 1")
    return alpha


def check_step(step: int, what: str) -> int:
    """Ticks a step. Raises NetworkError unless they are 1 or more."""
    if step < 1:
        raise NetworkError(f"{what} is {step} ticks; wanted 1 or more")
    return step


class DynamicStdp(PairStdp):
    """The rule of chapter 6: a pair moves its weight by rate sign(dt) alpha^|dt| / (2 alpha), dt in steps, 0 at dt = 0.

    If trains i and j of spikes are predictive codes that decode to R_i and R_j, the changes of a weight sum up to
    those of learning from dynamics, the sum over steps of R_i(t) (R_j(t + 1) - R_j(t - 1)) / 2, once both R have died
    away. Spikes may be signed, and weights have no bounds unless they are given.
    """

    a_plus = Derived(lambda module: module.rate / (2 * module.alpha))
    a_minus = Derived(lambda module: module.a_plus)
    tau_plus = Derived(lambda module: -module.step / math.log(module.alpha))
    tau_minus = Derived(lambda module: module.tau_plus)
    pairing = Derived("all")
    equal = Derived("nothing")
    mu = Derived(0.0)
    bounds = Option[tuple[float, float] | None](None, doc="lowest and highest weight; None for none")
    signed = Derived(True)
    memory = Derived(None)
    alpha = Option[float](check=check_alpha, doc="what is left of a decoded spike after a step, between 0 and 1")
    rate = Option(1.0, check=check_finite, doc="learning rate")
    step = Option(1, check=check_step, doc="ticks a step")
