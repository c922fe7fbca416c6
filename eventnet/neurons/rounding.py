"""Rounding: a unit sends its value, scaled and rounded to a whole number, or the change of that number.

The number of a unit is round(k h(acc / unscale + bias)): `acc` sums whole spikes times weights, so that in float64 with
float32 weights the sums are exact and nothing drifts (thesis 4.1 in the robust form). round(x) = floor(x), plus 1 where
x - floor(x) >= 1/2: floor(x + 1/2) is wrong just below 1/2, and half-to-even breaks Q = Delta o Round o Sigma (erratum
B.7, C.5). In an integer network a unit of 2^shift stands for 1, and the number is (h(acc + bias) + half) >> shift.

Units are looked at place by place (all channels at one (y, x) of a map; a dense layer is one place), and only those
places whose sums have changed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload, register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import NetworkError
from eventnet.kernels.patches import patch_of, steps_of
from eventnet.kernels.ranges import Integers, same, within, words
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS

ACTIVATIONS = ("identity", "relu", "hard_sigmoid", "tanh", "input", "sigmoid", "leaky_relu", "clip")
IDENTITY, RELU, HARD_SIGMOID, TANH, INPUT, SIGMOID, LEAKY_RELU, CLIP = range(8)
"""INPUT stands for an input: its value is the sum itself, with no bias and no scale of its own."""
PARAMETERS = {"leaky_relu": ("slope",), "clip": ("low", "high")}
"""Names of the parameters of activations that have some."""

# Words of `kind`: the activation; whether scales are baked into the weights; the integer network's shift; spikes that
# one reaction may make; then for each parameter of the activation a whole number and the power of 2 it is times.
ACTIVATION, BAKED, SHIFT, LIMIT, FIRST, SECOND = 0, 1, 2, 3, 4, 6

# Words of `cursor`: the place at the head of the ring, how many places wait, units of the first that are done, whether
# a notice is on its way.
HEAD, WAITING, DONE, NOTICED = range(4)

MOST = 4096
"""Spikes that one reaction makes at most; a layer with more goes on at another settled notice."""


@register_jitable
def rounded(x: Any) -> Any:
    """The nearest whole number, halves up."""
    below = math.floor(x)
    return below + 1 if x - below >= 0.5 else below


@register_jitable
def squash(u: Any, activation: int) -> Any:
    """An activation of a float64; tanh through math.exp, which both engines share."""
    if activation == RELU:
        return u if u > 0 else 0.0
    if activation == HARD_SIGMOID:
        if u < 0:
            return 0.0
        return u if u < 1 else 1.0
    if activation == TANH:
        raised = math.exp(-2.0 * abs(u))
        size = (1.0 - raised) / (1.0 + raised)
        return size if u > 0 else -size
    return u


@register_jitable
def parameter(kind: Any, at: int) -> Any:
    """A parameter of the activation."""
    return math.ldexp(np.float64(kind[at]), int(kind[at + 1]))


@register_jitable
def activated(u: Any, kind: Any) -> Any:
    """The activation of a float64."""
    activation = kind[ACTIVATION]
    if activation == SIGMOID:
        raised = math.exp(-abs(u))
        return (1.0 if u > 0 else raised) / (1.0 + raised)
    if activation == LEAKY_RELU:
        below = parameter(kind, FIRST) * u
        return u if u > 0 else below
    if activation == CLIP:
        low, high = parameter(kind, FIRST), parameter(kind, SECOND)
        if u < low:
            return low
        return u if u < high else high
    return squash(u, activation)


@register_jitable
def read_out(acc: Any, bias: Any, j: int, unscale: Any, kind: Any) -> Any:
    """The value of unit j before its activation: acc / unscale + bias, in float64."""
    if kind[BAKED] != 0:
        return np.float64(acc[j]) + np.float64(bias[j])
    return np.float64(acc[j]) / np.float64(unscale) + np.float64(bias[j])


@register_jitable
def _whole_level(acc: Any, bias: Any, j: int, kind: Any) -> Any:
    step = 1 << kind[SHIFT]
    value = np.int64(acc[j])
    if kind[ACTIVATION] != INPUT:
        value += np.int64(bias[j])
    if (kind[ACTIVATION] == RELU or kind[ACTIVATION] == HARD_SIGMOID) and value < 0:
        value = np.int64(0)
    if kind[ACTIVATION] == HARD_SIGMOID and value > step:
        value = np.int64(step)
    return (value + (step >> 1)) >> kind[SHIFT]


@register_jitable
def _real_level(acc: Any, bias: Any, k: Any, j: int, unscale: Any, kind: Any) -> Any:
    if kind[ACTIVATION] == INPUT:
        return rounded(np.float64(k[j]) * np.float64(acc[j]))
    value = activated(read_out(acc, bias, j, unscale, kind), kind)
    return rounded(value if kind[BAKED] != 0 else np.float64(k[j]) * value)


def level(acc: Any, bias: Any, k: Any, j: int, unscale: Any, kind: Any) -> Any:
    """The whole number that unit j stands for now."""
    if acc.dtype.kind == "i":
        return _whole_level(acc, bias, j, kind)
    return _real_level(acc, bias, k, j, unscale, kind)


@overload(level, jit_options={"forceinline": True})
def _level(acc, bias, k, j, unscale, kind):
    if isinstance(acc.dtype, types.Integer):
        return lambda acc, bias, k, j, unscale, kind: _whole_level(acc, bias, j, kind)
    return lambda acc, bias, k, j, unscale, kind: _real_level(acc, bias, k, j, unscale, kind)


@register_jitable
def wait_place(place: int, ring: Any, waits: Any, cursor: Any) -> None:
    """Let a place be looked at, unless it waits for that already; one that was half done begins anew."""
    if waits[place] != 0:
        if place == ring[cursor[HEAD]]:
            cursor[DONE] = 0
    else:
        waits[place] = 1
        at = cursor[HEAD] + cursor[WAITING]
        ring[at - len(ring) if at >= len(ring) else at] = place
        cursor[WAITING] += 1


@register_jitable
def take_place(ring: Any, waits: Any, cursor: Any) -> int:
    """The first place that waits to be looked at; it waits no more, and is done."""
    place = ring[cursor[HEAD]]
    waits[place] = cursor[DONE] = 0
    cursor[WAITING] -= 1
    cursor[HEAD] = 0 if cursor[HEAD] + 1 == len(ring) else cursor[HEAD] + 1
    return int(place)


@register_jitable
def wait_patch(i: int, frame: Any, rows: Any, columns: Any, ring: Any, waits: Any, cursor: Any) -> None:
    """Let every place that unit i reaches be looked at."""
    _, n_y, y, _, n_x, x, _ = patch_of(i, frame, rows, columns)
    down, across = steps_of(frame)
    for a in range(n_y):
        for b in range(n_x):
            wait_place((y + a * down) * frame[3] + x + b * across, ring, waits, cursor)


@register_jitable
def give_notice(cursor: Any, out: Any, outlet: int) -> None:
    """Ask oneself to go on when nothing else is left at this instant; once is enough."""
    if cursor[NOTICED] == 0:
        cursor[NOTICED] = 1
        out.spike(0, 1, outlet)


@register_jitable
def send(
    acc: Any, bias: Any, k: Any, sent: Any, ring: Any, waits: Any, cursor: Any, unscale: Any, kind: Any, out: Any,
    tally: Any,
) -> None:  # fmt: skip
    """Look at every place that waits; a unit whose number is not what it has sent sends the difference, in ones.

    Spikes go out at outlet 0. After `LIMIT` of them the rest waits for another notice, at outlet 1.
    """
    channels = len(acc) // len(waits)
    made, looked, full = 0, 0, False
    while cursor[WAITING] > 0 and not full:
        place = ring[cursor[HEAD]]
        for j in range(place * channels + cursor[DONE], (place + 1) * channels):
            looked += 1
            number = level(acc, bias, k, j, unscale, kind)
            left = int(number - sent[j])
            while left != 0 and made < kind[LIMIT]:
                out.spike(j, 1 if left > 0 else -1, 0, np.float64(abs(left)))
                left += -1 if left > 0 else 1
                made += 1
            if left != 0:
                sent[j] = int(number) - left
                cursor[DONE] = j - place * channels
                full = True
                break
            sent[j] = number
        if not full:
            take_place(ring, waits, cursor)
    if full:
        give_notice(cursor, out, 1)
    _count(looked, made, acc, kind, tally)


def _count(looked: int, made: int, acc: Any, kind: Any, tally: Any) -> None:
    """A look costs the bias, the rounding and the difference; scales cost two multiplications where not baked.

    An input costs the rounding, the difference and one multiplication.
    """
    whole = acc.dtype.kind == "i"
    _count_looks(looked, made, whole, kind, tally)


@overload(_count, jit_options={"forceinline": True})
def _counted(looked, made, acc, kind, tally):
    whole = isinstance(acc.dtype, types.Integer)
    return lambda looked, made, acc, kind, tally: _count_looks(looked, made, whole, kind, tally)


@register_jitable
def _count_looks(looked: int, made: int, whole: bool, kind: Any, tally: Any) -> None:
    tally[COMPARES] += looked + made
    if kind[ACTIVATION] == INPUT:
        tally[NEURON_ADDS] += 2 * looked
        tally[MULTIPLIES] += 0 if whole else looked
        return
    tally[NEURON_ADDS] += 3 * looked
    if not whole:
        tally[MULTIPLIES] += 0 if kind[BAKED] != 0 else 2 * looked
        if kind[ACTIVATION] == TANH:
            tally[NEURON_ADDS] += 2 * looked
            tally[MULTIPLIES] += 2 * looked
        elif kind[ACTIVATION] == SIGMOID:
            tally[NEURON_ADDS] += looked
            tally[MULTIPLIES] += looked
        elif kind[ACTIVATION] == LEAKY_RELU:
            tally[MULTIPLIES] += looked


def unit_scales(k: ArrayLike, units: int, what: str) -> NDArray[np.float64]:
    """The scale of each unit. Raises NetworkError for other than one number or one a unit, finite and above 0."""
    given = np.asarray(k, dtype=np.float64)
    if given.shape not in ((), (units,)):
        raise NetworkError(f"scales of {what} have shape {given.shape}; wanted one number, or {units} of them")
    if not np.all(np.isfinite(given)) or given.min() <= 0:
        raise NetworkError(f"scales of {what} go from {given.min()} to {given.max()}; wanted finite numbers above 0")
    return np.full(units, given)


ONE_SHIFT = "the whole numbers of a layer have one unit"


def check_shift(shift: int, numbers: NDArray[Any], what: str) -> None:
    """Refuse a shift that an integer has no room for, and any in a network of real numbers."""
    most = 30 if numbers.dtype.kind == "i" else 0
    if shift != int(shift) or not 0 <= shift <= most:
        raise NetworkError(f"the shift of {what} in {numbers.dtype} is {shift}; wanted a whole number, 0 to {most}")


def kind_words(
    activation: str, *, baked: bool, shift: int, limit: int = MOST, parameters: Sequence[float] = ()
) -> list[int]:
    """The words of `kind`. Raises NetworkError for an unknown activation, and for other parameters than it has."""
    if activation not in ACTIVATIONS:
        raise NetworkError(f"an activation is one of {', '.join(ACTIVATIONS)}, not {activation!r}")
    wanted = PARAMETERS.get(activation, ())
    if len(parameters) != len(wanted) or not all(math.isfinite(number) for number in parameters):
        what = f"finite numbers: {', '.join(wanted)}" if wanted else "none"
        raise NetworkError(f"the parameters of {activation} are {list(parameters)}; wanted {what}")
    if activation == "clip" and parameters[0] > parameters[1]:
        raise NetworkError(f"clip goes from {parameters[0]} to {parameters[1]}; wanted low to high")
    return [ACTIVATIONS.index(activation), baked, shift, limit, *(word for p in parameters for word in _split(p))]


def _split(number: float) -> tuple[int, int]:
    """A number as a whole one and the power of 2 it is times."""
    part, power = math.frexp(number)
    return int(math.ldexp(part, 53)), power - 53


def check_waiting(found: Integers, channels: int, notices: int = 2) -> None:
    """Raise ValueError unless places that wait stand in the ring as a run leaves them there, each of them once.

    channels: units of a place. notices: below so many is the last word of the cursor.
    """
    ring, waits, cursor = found["ring"], found["waits"], found["cursor"]
    places = len(ring)
    within("'ring'", ring, 0, places)
    moving = {HEAD: (0, places), WAITING: (0, places + 1), DONE: (0, channels), NOTICED: (0, notices)}
    words("'cursor'", cursor, cursor, moving)
    waiting = ring[(cursor[HEAD] + np.arange(cursor[WAITING])) % places]
    same("'waits'", waits, np.bincount(waiting, minlength=places))
    within("'waits'", waits, 0, 2)
