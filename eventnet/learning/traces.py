"""Traces of spikes: what is left now of spikes of some time ago.

Plasticity keeps two. Input k has x[k], its trace at its last spike, and x_new[k], the spikes of that moment itself;
each input decays by itself, so that a spike costs one exp. The units have y and y_new with one time for all, so that a
row of weights needs one exp, too. Spikes of the present moment are kept apart because they may not count:

    a moment is a tick          pairs of spikes at one tick change nothing
    a moment is a delivery      they count, in the order in which they are delivered
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import float32, float64, types
from numba.extending import overload, register_jitable
from numpy.typing import NDArray

from eventnet.errors import NetworkError
from eventnet.kernels.ranges import COUNT as MOST
from eventnet.kernels.ranges import Integers, ticks, within, words
from eventnet.kernels.records import address_of, array_at
from eventnet.learning.dependence import check_positive
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.tally import LEARNING_ADDS, MULTIPLIES

DEAD = 40.0
"""After so many time constants a trace is nothing: exp(-40) is less than half a unit in the last place of 1."""

SMALLEST = 2.0**-60
"""Traces of units below this are 0 when they next decay: subnormal numbers are a hundred times slower."""

# Words of `clock`: the tick of y; whether there are spikes in y_new; deliveries so far; the tick at which the weights
# mean what they say (where they are tags that decay).
UPDATED, FRESH, COUNT, BASE = range(4)

# Words of `plan`: which pairs count; whether a moment is a delivery; whether spikes may be negative; ticks after which
# traces of inputs and of units are nothing; ticks after which the weights are scaled anew (0: they do not decay).
PAIRING, IN_ORDER, SIGNED, LIFE_X, LIFE_Y, RETELL = range(6)
ALL, NEAREST, RESTRICTED = range(3)
PAIRINGS = {"all": ALL, "nearest": NEAREST, "restricted": RESTRICTED}


@register_jitable(forceinline=True)
def remains(dt: int, tau: Any) -> Any:
    """exp(-dt / tau), in float64: what is left after dt ticks."""
    return math.exp(-dt / np.float64(tau))


KEPT = 2**13
"""So many decays are kept at most: as many as a first cache holds beside what else a rule needs."""

MARGIN = 2.0**-45
"""Largest relative error of a product of two kept decays: three quotients of 40 at most, each rounded once, and
five units in the last place."""


def keep_decays(tau: Any, life: int) -> NDArray[np.int64]:
    """Decays from which `kept` makes all those of up to `life` ticks: exp(-k / tau) and exp(-k 2^shift / tau), as bits.

    tau in the network's number type. The first word is the shift, 0 where they would be too many.
    """
    shift = (int(life).bit_length() + 1) // 2
    ticks = np.concatenate([np.arange(1 << shift), np.arange((life >> shift) + 1) << shift])
    if len(ticks) > KEPT:
        return np.zeros(1, dtype=np.int64)
    decays = np.array([remains(int(k), tau) for k in ticks])
    return np.concatenate([np.array([shift], dtype=np.int64), decays.view(np.int64)])


def kept(dt: int, tau: Any, decays: Any, w: Any) -> Any:
    """`remains` of up to `life` ticks, rounded once to the number type of w; `decays` is what `keep_decays` made."""
    return w.dtype.type(remains(dt, tau))


# The product of two kept decays is rounded down and up: where both are the same float32, so is what lies between them.
# An exp takes 4 ns, this less than 1.
@overload(kept, jit_options={"forceinline": True})
def _kept(dt, tau, decays, w):
    number = w.dtype
    if number != types.float32:
        return lambda dt, tau, decays, w: remains(dt, tau)

    def impl(dt, tau, decays, w):
        shift = np.uint64(decays[0])
        if shift != 0:
            table = array_at(address_of(decays) + 8, len(decays) - 1, float64)
            many, few = np.uint64(dt) >> shift, np.uint64(dt) & ((np.uint64(1) << shift) - np.uint64(1))
            left = table[few] * table[(np.uint64(1) << shift) + many]
            lower, upper = float32(left * (1 - MARGIN)), float32(left * (1 + MARGIN))
            if lower == upper:
                return lower
        return float32(remains(dt, tau))

    return impl


@register_jitable
def moment(t: int, clock: Any, plan: Any) -> int:
    """A number for now."""
    if plan[IN_ORDER] == 0:
        return t
    clock[COUNT] += 1
    return int(clock[COUNT])


# --- the inputs' side ------------------------------------------------------------------------------------------------
@register_jitable(forceinline=True)
def trace_of(k: int, t: int, x: Any, x_new: Any, seen: Any, tau: Any, plan: Any, tally: Any) -> Any:
    """The trace of input k now, by the spikes before this moment."""
    dt = t - seen[k]
    if dt == 0 and plan[IN_ORDER] == 0:
        return x[k]
    if dt > plan[LIFE_X]:
        return x.dtype.type(0)
    tally[MULTIPLIES] += 2
    factor = x.dtype.type(remains(dt, tau))
    if plan[PAIRING] != ALL:
        return factor * x_new[k]
    tally[LEARNING_ADDS] += 1
    return factor * (x[k] + x_new[k])


@register_jitable
def note_input(k: int, s: int, t: int, x_new: Any, seen: Any, plan: Any, tally: Any) -> None:
    """Input k has spiked; its trace up to now has been taken."""
    if plan[PAIRING] != ALL or seen[k] != t or plan[IN_ORDER] != 0:
        x_new[k] = s
    else:
        x_new[k] += s
        tally[LEARNING_ADDS] += 1
    seen[k] = t


# --- the units' side -------------------------------------------------------------------------------------------------
@register_jitable
def fold(y: Any, y_new: Any, plan: Any, tally: Any) -> None:
    """Spikes of an earlier moment become part of the traces."""
    if plan[PAIRING] == ALL:
        for j in range(len(y)):
            y[j] += y_new[j]
        tally[LEARNING_ADDS] += len(y)
    else:
        for j in range(len(y)):
            y[j] = y_new[j] if y_new[j] != 0 else y[j]


@register_jitable
def is_over(t: int, clock: Any, plan: Any) -> bool:
    """Whether there are spikes in y_new that belong to an earlier moment."""
    return bool(clock[FRESH] != 0 and (t > clock[UPDATED] or plan[IN_ORDER] != 0))


@register_jitable
def forget_new(y_new: Any, clock: Any) -> None:
    """Clear the new parts of traces, once they have been added to all traces of the units."""
    for j in range(len(y_new)):
        y_new[j] = 0
    clock[FRESH] = 0


@register_jitable
def decay_units(dt: int, y: Any, tau: Any, life: int, tally: Any) -> None:
    """The traces of all units after dt ticks more."""
    if dt > life:
        for j in range(len(y)):
            y[j] = 0
        return
    factor, nothing, smallest = y.dtype.type(remains(dt, tau)), y.dtype.type(0), y.dtype.type(SMALLEST)
    for j in range(len(y)):
        left = factor * y[j]
        y[j] = left if abs(left) > smallest else nothing
    tally[MULTIPLIES] += len(y) + 1


@register_jitable
def note_unit(j: int, s: int, t: int, y_new: Any, clock: Any, plan: Any, tally: Any) -> None:
    """Unit j has spiked; traces have been folded and decayed up to now."""
    if plan[PAIRING] == ALL and y_new[j] != 0:
        y_new[j] += s
        tally[LEARNING_ADDS] += 1
    else:
        y_new[j] = s
    clock[UPDATED], clock[FRESH] = t, 1


# --- pairs that are next to each other -------------------------------------------------------------------------------
@register_jitable
def last_before(k: int, now: int, marks: Any) -> int:
    """The moment of the last spike of k before now; `marks` holds that of its last spike, and of the one before."""
    return int(marks[len(marks) // 2 + k] if marks[k] == now else marks[k])


@register_jitable
def mark(k: int, now: int, marks: Any) -> None:
    """k spikes now."""
    if marks[k] != now:
        marks[len(marks) // 2 + k] = marks[k]
        marks[k] = now


# --- what a module begins with, and what is refused ------------------------------------------------------------------
def lifetimes(**taus: float) -> list[int]:
    """Ticks after which traces of these time constants are nothing. Raises NetworkError unless all are above 0."""
    for name, tau in taus.items():
        if check_positive(tau, name) > 2**53:
            raise NetworkError(f"{name} is {tau} ticks; wanted 2^53 at most")
    return [math.ceil(DEAD * tau) for tau in taus.values()]


def first_clock() -> NDArray[np.int64]:
    """The words of `clock`."""
    return np.array([NEVER_SEEN, 0, 0, NEVER_SEEN], dtype=np.int64)


def check_moments(found: Integers, own: Integers, time: int) -> None:
    """Raise ValueError unless ticks and moments of spikes are those of a run up to a time."""
    within("'seen'", found["seen"], *ticks(time))
    moving = {UPDATED: ticks(time), FRESH: (0, 2), COUNT: (0, MOST), BASE: ticks(time)}
    words("'clock'", found["clock"], own["clock"], moving)
    for name in {"marks_x", "marks_y"} & set(found):
        within(f"{name!r}", found[name], -MOST, MOST)


def make_plan(
    pairing: str,
    equal: str,
    signed: bool,
    lives: Sequence[int],
    retell: int = 0,
    known: Sequence[str] = tuple(PAIRINGS),
) -> NDArray[np.int64]:  # fmt: skip
    """The words of `plan`; lives are those of inputs and of units.

    Raises NetworkError for an unknown pairing or rule at equal times.
    """
    if pairing not in known:
        raise NetworkError(f"pairing is {pairing!r}; wanted {' or '.join(map(repr, known))}")
    if equal not in ("nothing", "order"):
        raise NetworkError(f"equal is {equal!r}; wanted 'nothing' or 'order'")
    words = [PAIRINGS[pairing], equal == "order", signed, *lives, retell]
    return np.array(words, dtype=np.int64)
