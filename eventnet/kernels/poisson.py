"""Poisson spike trains of many inputs at once, made outside the engine: no clock, no sort.

Independent Poisson processes of rates r_i are one process of rate R = sum r_i whose events belong to input i with the
probability r_i / R. Gaps between events are exponential, drawn by the ziggurat of Marsaglia and Tsang (2000); whose an
event is, Walker's alias table answers with one look (Walker 1977, Vose 1991). Most events take one 64-bit number of
SplitMix64 (Steele, Lea and Flood 2014): its upper half is the gap, its lower half the input.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import InputError
from eventnet.given import check_seed, whole_number
from eventnet.kernels.compiling import compiled
from eventnet.kernels.ranges import COUNT

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_LOW, _LOW_24 = 0xFFFFFFFF, 0xFFFFFF
HIGHEST = 1e6
"""Rates lie below one spike a tick."""

LAYERS = 256
TAIL = 7.69711747013104972
"""Start of the tail in the lowest layer of the ziggurat, by which all layers have one area."""


def ziggurat(layers: int, tail: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Layers of equal area under exp(-x), the lowest first: their widths [layers + 1] and exp(-width) [layers + 1].

    The lowest one is as wide as a rectangle of its area would be; it holds all that lies beyond `tail`.
    """
    area = math.exp(-tail) * (tail + 1)
    width = np.zeros(layers + 1)
    width[0], width[1] = tail + 1, tail
    for k in range(2, layers):
        width[k] = -math.log(math.exp(-width[k - 1]) + area / width[k - 1])
    return width, np.array([math.exp(-x) for x in width])


_WIDTH, _HEIGHT = ziggurat(LAYERS, TAIL)


@compiled
def alias_table(rates: Any, chance: Any, own: Any, other: Any) -> tuple[float, int]:
    """Fill Walker's table with the inputs whose rates are above 0; the sum of the rates, and how many those are.

    Column k is input own[k] with the probability chance[k], and else input other[k]; all are [n]. The sum is -1 where a
    rate is none, or too high.
    """
    n, total = 0, 0.0
    for k in range(len(rates)):
        if not 0 <= rates[k] < HIGHEST:
            return -1.0, 0
        if rates[k] > 0:
            own[n] = k
            n += 1
            total += rates[k]
    waiting = np.empty(n, np.int64)  # columns too small from the front, those too large from the back
    small, large = 0, n
    for k in range(n):
        chance[k], other[k] = rates[own[k]] * n / total, own[k]
        if chance[k] < 1:
            waiting[small] = k
            small += 1
        else:
            large -= 1
            waiting[large] = k
    while small > 0 and large < n:
        small -= 1
        k, giver = waiting[small], waiting[large]
        other[k] = own[giver]
        chance[giver] -= 1 - chance[k]
        if chance[giver] < 1:
            large += 1
            waiting[small] = giver
            small += 1
    for k in range(small):  # what rounding has left over
        chance[waiting[k]] = 1
    for k in range(large, n):
        chance[waiting[k]] = 1
    return total, n


@register_jitable(forceinline=True)
def _mixed(word: Any) -> Any:
    """The number of SplitMix64 at a word of its sequence."""
    z = (word ^ (word >> np.uint64(30))) * np.uint64(_FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
    return z ^ (z >> np.uint64(31))


@register_jitable(forceinline=True)
def _between(z: Any) -> Any:
    """A number between 0 and 1, and neither."""
    return (np.float64(z >> np.uint64(12)) + 0.5) * 2.0**-52


@compiled
def draw(
    total: float, n: int, chance: Any, own: Any, other: Any, ticks: int, per_tick: float, state: Any, t: Any, index: Any
) -> int:
    """Events in [0, ticks) into t and index; how many, or the room that would do if there is too little."""
    gap, made, room, at = 1 / (total * per_tick), 0, len(t), 0.0
    word = np.uint64(state)
    while True:
        while True:
            word += np.uint64(_GOLDEN)
            z = _mixed(word)
            layer = np.int64(z >> np.uint64(56))
            x = (np.float64((z >> np.uint64(32)) & np.uint64(_LOW_24)) + 0.5) * 2.0**-24 * _WIDTH[layer]
            if x < _WIDTH[layer + 1]:  # below the curve wherever it lies in its layer: 98.9% of them
                break
            word += np.uint64(_GOLDEN)
            u = _between(_mixed(word))
            if layer == 0:
                x = TAIL - math.log(u)
                break
            if _HEIGHT[layer] + u * (_HEIGHT[layer + 1] - _HEIGHT[layer]) < math.exp(-x):
                break
        at += x * gap
        if at >= ticks:
            return made
        if made == room:
            return 2 * room + 64
        place = (z & np.uint64(_LOW)) * np.uint64(n)
        k, part = np.int64(place >> np.uint64(32)), np.float64(place & np.uint64(_LOW)) * 2.0**-32
        first, second = own[k], other[k]
        t[made] = np.int64(at)
        index[made] = first if part < chance[k] else second
        made += 1


@compiled
def put_train(events: Any, at: int, t: Any, index: Any, start: int, port: int) -> None:
    """Write a train into an array of EVENT records from place `at` on: times from `start`, to one port, all +1."""
    for k in range(len(t)):
        event = events[at + k]
        event["t"], event["port"], event["index"], event["sign"] = start + t[k], port, index[k], 1


class PoissonTrain:
    """Draws spike trains of `inputs` Poisson processes.

    >>> train = PoissonTrain(3)
    >>> t, index = train.spikes([0.0, 50.0, 100.0], ticks=1_000_000, seed=1)  # a second
    >>> bool((np.diff(t) >= 0).all()), int((index == 0).sum())
    (True, 0)
    """

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs = whole_number("inputs", inputs, 1, error=InputError)
        self._table = np.zeros(inputs), np.zeros(inputs, np.int64), np.zeros(inputs, np.int64)
        self._t, self._index = np.zeros(4096, np.int64), np.zeros(4096, np.int64)

    def spikes(self, rates: ArrayLike, ticks: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Times in [0, ticks), in order, and inputs: two arrays [m] that the next call overwrites.

        rates: [inputs] in spikes a second, of ticks of a microsecond. The same seed gives the same trains. Raises
        InputError for rates that are no rates, ticks below 0, and a seed of more than 64 bits.
        """
        ticks, seed = whole_number("ticks", ticks, 0, COUNT, InputError), check_seed(seed, InputError)
        hertz = np.asarray(rates, dtype=np.float64)
        total, n = -1.0, 0
        if hertz.shape == (self.inputs,):
            total, n = alias_table(hertz, *self._table)
        if total < 0:
            found = f"{hertz.min(initial=np.inf)} to {hertz.max(initial=-np.inf)}"
            raise InputError(
                f"rates are {list(hertz.shape)}, {found} Hz; wanted [{self.inputs}], from 0 to below a million"
            )
        if total == 0:
            return self._t[:0], self._index[:0]
        while True:
            made = int(draw(total, n, *self._table, ticks, 1e-6, _word(seed), self._t, self._index))
            if made <= len(self._t):
                return self._t[:made], self._index[:made]
            self._t, self._index = np.zeros(made, np.int64), np.zeros(made, np.int64)


def _word(seed: int) -> Any:
    return np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
