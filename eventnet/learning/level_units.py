"""Layers of units that settle by levels and learn from how a target moves them: equilibrium propagation on the engine.

`eventnet.neurons.levels` says what a level is. A message is the change of one: a whole number. A layer owns the weights
to the layer below and adds their rows; the layer below reads the same block by columns. A unit moves when it is looked
at, and all that it sends is heard before another unit is looked at, as long as nothing is delayed: so the energy never
rises. Only then are the neighbours told to ask which of their units would move; the routing order says which of all
that wait is next.

Weights change at each event, or by the contrast of both rests. An event is a message from below, or a move of one's
own, which is learned when it has been heard: one end moves at a time, so the changes of a weight sum up to the contrast
(`eventnet.neurons.levels.weight_change`), with delays, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.declarations import Declared, Derived, Integers, Option, Other, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import Block
from eventnet.kernels.random import hash64
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import add_row_times, count_products
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.levels import dither_of, level_of, nudged, pressure, weight_change
from eventnet.rule import rule
from eventnet.tally import (
    COMPARES,
    INPUT_ADDS,
    LEARNING_ADDS,
    MULTIPLIES,
    NEURON_ADDS,
    READS,
    SYNAPTIC_ADDS,
    WRITES,
)  # fmt: skip

RESET, LEARN, CONTRAST, BEGIN, NUDGE = range(5)
"""Indices of the port `phase`: a sample begins; weights learn from now on; they learn by the contrast of now with then;
units are looked at, unless they have been; those of NUDGE + c, with class c for a target."""

# Words of `status`: the sums have changed since the last check, the target or -1, learning is on, messages of this
# phase, messages that have set out late, samples begun.
CHANGED, TARGET, LEARNS, SENT, LATE, SAMPLES = range(6)
# Words of `fixed`.
K, MOST, AT_EVENTS, SOONEST, LATEST, FIRST, DITHERS, SEED, OFFSET, ALL = range(10)
# Words of `numbers`, which hold float64 as bits, in networks of float32, too.
DOWN, UP, BETA, RATE, BIAS_RATE = range(5)
RESTLESS = 1
AT_ONCE = math.inf
"""The magnitude of messages: in orders that go by it they are heard before any unit is looked at."""


@register_jitable
def goal(j: Any, below: Any, above: Any, bias: Any, status: Any, fixed: Any, numbers: Any) -> Any:
    """The level to which unit j is drawn."""
    real = numbers.view(np.float64)
    v = pressure(below[j], above[j], bias[j], real[DOWN], real[UP])
    if fixed[DITHERS] != 0:
        v += dither_of(fixed[K], fixed[SEED], (status[SAMPLES] - 1) * fixed[ALL] + fixed[OFFSET] + j)
    if status[TARGET] >= 0:
        v = nudged(v, real[BETA], 1.0 if j == status[TARGET] else 0.0)
    return level_of(v, fixed[K])


@register_jitable
def ask(below: Any, above: Any, bias: Any, n: Any, status: Any, fixed: Any, numbers: Any, out: Any, tally: Any) -> None:
    """All units that would move ask to be looked at; by how much goes with it."""
    status[CHANGED] = 0
    for j in range(len(n)):
        far = abs(goal(j, below, above, bias, status, fixed, numbers) - n[j])
        if far != 0:
            out.spike(j, 1, 0, np.float64(far))
    tally[COMPARES] += len(n)
    tally[NEURON_ADDS] += 2 * len(n)


@register_jitable
def count_learned(made: Any, tally: Any) -> None:
    """So many words were read, changed by a product, and written."""
    tally[LEARNING_ADDS] += made
    tally[MULTIPLIES] += made
    tally[READS] += made
    tally[WRITES] += made


@rule
def hear_below(i, s, t, out, tally, below, heard, known, status, fixed, numbers, w):
    """Unit i of the layer below, or input i, has changed by s: its row comes s times, then its weights learn."""
    add_row_times(below, w, i, s, tally, INPUT_ADDS if fixed[FIRST] != 0 else SYNAPTIC_ADDS)
    heard[i] += s
    status[CHANGED] = 1
    if status[LEARNS] != 0 and fixed[AT_EVENTS] != 0:
        rate, made = numbers.view(np.float64)[RATE], 0
        for j in range(len(known)):
            if known[j] != 0:
                w[i, j] += w.dtype.type(weight_change(rate, s, known[j]))
                made += 1
        count_learned(made, tally)


@rule
def hear_above(i, s, t, out, tally, above, status, upper):
    """Unit i of the layer above has changed by s: its column comes s times."""
    many = upper.dtype.type(s)
    for j in range(len(above)):
        above[j] += upper.dtype.type(many * upper[j, i])
    tally[SYNAPTIC_ADDS] += len(above)
    tally[READS] += len(above)
    count_products(len(above), s, tally)
    status[CHANGED] = 1


@rule
def hear_own(i, s, t, out, tally, heard, known, bias, status, fixed, numbers, w):
    """A message of unit i was heard: its weights learn, and the neighbours are notified."""
    if fixed[AT_EVENTS] != 0:
        known[i] += s
        if status[LEARNS] != 0:
            real, made = numbers.view(np.float64), 1
            for m in range(len(heard)):
                if heard[m] != 0:
                    w[m, i] += w.dtype.type(weight_change(real[RATE], s, heard[m]))
                    made += 1
            bias[i] += w.dtype.type(weight_change(real[BIAS_RATE], s, 1))
            count_learned(made, tally)
    out.spike(0, 1, 0, AT_ONCE)


@rule
def wake(i, s, t, out, tally, below, above, bias, n, status, fixed, numbers):
    """A neighbour has moved, and all has been heard."""
    if status[CHANGED] != 0:
        ask(below, above, bias, n, status, fixed, numbers, out, tally)


@rule
def look(i, s, t, out, tally, below, above, bias, n, status, fixed, numbers):
    """Unit i goes to its level and sends the change."""
    d = goal(i, below, above, bias, status, fixed, numbers) - n[i]
    tally[COMPARES] += 1
    tally[NEURON_ADDS] += 2
    if d == 0:
        return 0
    n[i] += d
    status[SENT] += 1
    if status[SENT] > fixed[MOST]:
        return RESTLESS
    if fixed[LATEST] == 0:
        out.spike(i, d, 0, AT_ONCE)
    else:
        room = fixed[LATEST] - fixed[SOONEST] + 1
        out.later(i, d, 0, fixed[SOONEST] + hash64(fixed[SEED] + fixed[OFFSET], status[LATE]) % room)
        status[LATE] += 1
    return 0


@register_jitable
def learn_contrast(heard: Any, then: Any, n: Any, was: Any, bias: Any, numbers: Any, w: Any, tally: Any) -> None:
    """Weights change by n_i n_j now less n_i n_j then (thesis 2.12, 2.13)."""
    real, made = numbers.view(np.float64), 0
    for i in range(len(heard)):
        if heard[i] != 0 or then[i] != 0:
            for j in range(len(n)):
                d = heard[i] * n[j] - then[i] * was[j]
                if d != 0:
                    w[i, j] += w.dtype.type(weight_change(real[RATE], d, 1))
                    made += 1
    for j in range(len(n)):
        if n[j] != was[j]:
            bias[j] += w.dtype.type(weight_change(real[BIAS_RATE], n[j] - was[j], 1))
            made += 1
    count_learned(made, tally)


@rule
def phase(i, s, t, out, tally, below, above, heard, then, known, bias, n, was, status, fixed, numbers, w):
    """A phase begins or ends: see RESET."""
    if i == RESET:
        for j in range(len(n)):
            below[j] = above[j] = 0
            n[j] = known[j] = 0
        for m in range(len(heard)):
            heard[m] = 0
        status[TARGET] = -1
        status[LEARNS] = status[SENT] = 0
        status[CHANGED] = 1
        status[SAMPLES] += 1
    elif i == LEARN:
        status[LEARNS] = 1
        status[SENT] = 0
        for j in range(len(n)):
            was[j] = n[j]
        for m in range(len(heard)):
            then[m] = heard[m]
    elif i == CONTRAST:
        learn_contrast(heard, then, n, was, bias, numbers, w, tally)
        status[LEARNS] = 0
    elif i >= NUDGE or status[CHANGED] != 0:
        if i >= NUDGE:
            status[TARGET] = i - NUDGE
        ask(below, above, bias, n, status, fixed, numbers, out, tally)


@rule
def read(i, s, t, out, tally, below, above, n, rests):
    """Write the sums and the levels of now to row i."""
    units = len(n)
    for j in range(units):
        rests[i, j] = below[j]
        rests[i, units + j] = above[j]
        rests[i, 2 * units + j] = n[j]


def check_levels(k: Any, what: str) -> int:
    """Levels above 0. Raises NetworkError for what is no such number."""
    if isinstance(k, bool) or int(k) != k or not 1 <= k <= 2**20:
        raise NetworkError(f"{what} is {k}; wanted a whole number from 1 to 2^20")
    return int(k)


def check_beta(beta: Any, what: str) -> float:
    """A nudge. Raises NetworkError where nudged units have no level of least energy."""
    if not math.isfinite(beta) or 1 + 2 * beta <= 0:
        raise NetworkError(f"beta is {beta}; wanted 1 + 2 beta above 0, else nudged units do not rest")
    return float(beta)


def check_delay(delay: Any, what: str) -> tuple[int, int]:
    """The least and the greatest delay of a message, in ticks. Raises NetworkError for others."""
    found = tuple(delay) if isinstance(delay, Sequence) else (delay, delay)
    if len(found) != 2 or any(int(n) != n for n in found) or not (0 < found[0] <= found[1] < 2**31 or found == (0, 0)):
        raise NetworkError(f"delay is {delay}; wanted 0, ticks, or the least and the greatest number of ticks")
    return int(found[0]), int(found[1])


def first_fixed(layer: LevelUnits) -> list[int]:
    """The whole numbers that do not change in a run."""
    soonest, latest = layer.delay
    offset, units = layer.place
    return [
        layer.k, layer.messages, int(layer.learn == "event"), soonest, latest, int(layer.first), int(layer.dither),
        layer.seed, offset, units,
    ]  # fmt: skip


def first_numbers(layer: LevelUnits) -> NDArray[np.int64]:
    """Units of the sums below and above, the nudge, and rates, as bits of float64."""
    return np.array([1.0 / layer.below_k, 1.0 / layer.k_above, layer.beta, *layer.rates], np.float64).view(np.int64)


class LevelUnits(Module):
    """The highest layer of units that settle by levels; `InnerLevelUnits` are all below it.

    Inputs, or the layer below, send changes of whole numbers, up to `below_k`, to `below`. Wire `out` to `above` of the
    layer below and then to `own`, and `notice` to `wake` of the layers above and below. From BEGIN on units are looked
    at. A layer that sends more than `messages` in a phase ends the run with a RuleError.
    """

    membrane = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    errors: ClassVar[Mapping[int, str]] = {RESTLESS: "a layer did not come to rest within its messages of a phase"}

    w = Weights("n_in", "units", doc="shared with the layer below, which reads its columns")
    rests = Weights("n_read", "3 * units", doc="rows for `read`: sums from below, from above, and levels")
    lower: Declared[Any] = Other(Module, None, doc="the layer below, InnerLevelUnits; None for the inputs")
    k = Option[int](256, check=check_levels, doc="levels above 0: a state is n / k")
    below_k = Option[int](256, check=check_levels, doc="levels of what comes from below")
    k_above = Option[int](1, check=check_levels, doc="levels of what comes from above")
    beta = Option[float](0.5, check=check_beta, doc="how strongly a target nudges")
    learn = Option[str]("event", doc='when weights learn: at each "event", or by the contrast of a "phase"')
    rates = Option[tuple[float, float]]((0.0, 0.0), doc="what a product of two levels adds to a weight, a level to b")
    delay: Declared[Any] = Option[Any]((0, 0), check=check_delay, doc="ticks of a message, or the least and greatest")
    dither = Option(False, doc="v_j is moved by up to half a level, anew for each sample")
    messages = Option(2**62, doc="most messages of this layer in a phase")
    seed = Option(0, doc="of delays and dither")
    place = Option[tuple[int, int]]((0, 1), doc="units of the layers below this one, and of all; for dither")
    first = Derived(lambda layer: layer.lower is None)

    bias = State(given=0, doc="b_j, a number or one a unit; it learns")
    sum_below = State(key="below", doc="sum over i of w_ij n_i")
    sum_above = State(key="above", doc="the same from above; zeros in the highest layer")
    n = Integers(doc="levels")
    was = Integers(doc="levels when learning began")
    known = Integers(doc="levels as others have heard of them")
    heard = Integers("n_in", doc="levels from below as they were heard")
    then = Integers("n_in", doc="those when learning began")
    status = Integers(6, start=[0, -1, 0, 0, 0, 0])
    fixed = Integers(10, start=first_fixed)
    numbers = Integers(5, start=first_numbers)
    most = Derived[int](lambda layer: layer.units + 1)

    below = Port(hear_below, accepts="n_in", amounts="below_k")
    own = Port(hear_own, emits="notice", accepts="units", amounts="k")
    wake = Port(wake, emits="asks", accepts=1)
    look = Port(look, emits="out", accepts="units")
    phase = Port(phase, emits="asks", accepts=f"{NUDGE} + units")
    read = Port(read, accepts="n_read")
    out = Outlet(amounts="k")
    notice = Outlet(width=1, passes_on=True)
    asks = Outlet(pending="look")
    n_in: int
    n_read: int

    def check(self) -> None:
        """Weights are symmetric: the layer below reads the columns of this block, and no other."""
        if self.learn not in ("event", "phase"):
            raise NetworkError(f"learn is {self.learn!r}; it can be 'event' or 'phase'")
        if self.lower is not None:
            check_symmetric(self.w, self.lower)

    def check_integers(self, found: Found, time: int) -> None:
        """A target is a unit or none; counts are counts."""
        status = found["status"]
        within("the target of 'status'", status[TARGET], -1, self.units)
        within("'status'", np.delete(status, TARGET), 0, COUNT)


class InnerLevelUnits(LevelUnits):
    """A layer of `LevelUnits` that has another above it.

    Wire `out` to `below` of the layer above, to `above` of that below, and then to `own`.
    """

    upper = Weights("units", "n_above", doc="weights of the layer above, whose columns this one reads")
    above = Port(hear_above, accepts="n_above", amounts="k_above")
    n_above: int


def check_symmetric(w: Block, lower: Module) -> None:
    """Raises NetworkError unless the layer below reads the columns of this block."""
    other: Any = getattr(lower, "upper", None)
    if other is w:
        return
    if not isinstance(other, Block):
        raise NetworkError(f"{lower!r} reads no weights from above; wanted an inner layer with upper={w!r}")
    differ = np.argwhere(other.array != w.array) if other.array.shape == w.array.shape else np.zeros((0, 2), int)
    where = "" if not len(differ) else (
        f": [{differ[0, 0]}, {differ[0, 1]}] is {w.array[tuple(differ[0])]} upwards and "
        f"{other.array[tuple(differ[0])]} downwards"
    )  # fmt: skip
    raise NetworkError(f"weights are not symmetric: {lower!r} reads {other!r} from above, wanted {w!r}{where}")
