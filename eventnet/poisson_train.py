"""Poisson spike trains of many inputs at once, made outside the engine: no clock, no sort.

Independent Poisson processes of rates r_i are one process of rate R = sum r_i whose events belong to input i with the
probability r_i / R. The next event comes after -ln(u) / R; whose it is, Walker's alias table answers with one look
(Walker 1977, Vose 1991). Each event takes one 64-bit number of SplitMix64 (Steele, Lea and Flood 2014): its upper half
is u, its lower half the input.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import InputError

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_HALF = 2.0**-32
HIGHEST = 1e6
"""Rates lie below one spike a tick."""


@njit(cache=True)
def alias_table(rates: Any, chance: Any, other: Any) -> float:
    """Fill Walker's table: column k is input k with the probability `chance` [n], and else input `other` [n].

    Returns the sum of the rates; -1 where one is no rate, or too high. A sum of 0 leaves the table as it is.
    """
    n = len(rates)
    total = 0.0
    for k in range(n):
        if not 0 <= rates[k] < HIGHEST:
            return -1.0
        total += rates[k]
    if total <= 0:
        return total
    waiting = np.empty(n, np.int64)  # columns too small from the front, those too large from the back
    small, large = 0, n
    for k in range(n):
        chance[k], other[k] = rates[k] * n / total, k
        if chance[k] < 1:
            waiting[small] = k
            small += 1
        else:
            large -= 1
            waiting[large] = k
    while small > 0 and large < n:
        small -= 1
        k, giver = waiting[small], waiting[large]
        other[k] = giver
        chance[giver] -= 1 - chance[k]
        if chance[giver] < 1:
            large += 1
            waiting[small] = giver
            small += 1
    for k in range(small):  # what rounding has left over
        chance[waiting[k]] = 1
    for k in range(large, n):
        chance[waiting[k]] = 1
    return total


@njit(cache=True)
def draw(total: float, chance: Any, other: Any, ticks: int, per_tick: float, state: Any, t: Any, index: Any) -> int:
    """Events in [0, ticks) into t and index; how many, or the room that would do if there is too little."""
    mean, n, made, room = total * per_tick, len(chance), 0, len(t)
    at = 0.0
    word = np.uint64(state)
    while True:
        word += np.uint64(_GOLDEN)
        z = (word ^ (word >> np.uint64(30))) * np.uint64(_FIRST)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
        z ^= z >> np.uint64(31)
        at -= math.log((np.float64(z >> np.uint64(32)) + 0.5) * _HALF) / mean
        if at >= ticks:
            return made
        if made == room:
            return 2 * room + 64
        place = np.float64(z & np.uint64(0xFFFFFFFF)) * _HALF * n
        k = np.int64(place)
        t[made] = np.int64(at)
        index[made] = k if place - k < chance[k] else other[k]
        made += 1


@njit(cache=True)
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
        self.inputs = inputs
        self._chance, self._other = np.zeros(inputs), np.zeros(inputs, np.int64)
        self._t, self._index = np.zeros(4096, np.int64), np.zeros(4096, np.int64)

    def spikes(self, rates: ArrayLike, ticks: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Times in [0, ticks), in order, and inputs: two arrays [m] that the next call overwrites.

        rates: [inputs] in spikes a second, of ticks of a microsecond. The same seed gives the same trains. Raises
        InputError for rates that are no rates.
        """
        hertz = np.asarray(rates, dtype=np.float64)
        total = -1.0
        if hertz.shape == (self.inputs,):
            total = float(alias_table(hertz, self._chance, self._other))
        if total < 0:
            found = f"{hertz.min(initial=np.inf)} to {hertz.max(initial=-np.inf)}"
            raise InputError(
                f"rates are {list(hertz.shape)}, {found} Hz; wanted [{self.inputs}], from 0 to below a million"
            )
        if total == 0:
            return self._t[:0], self._index[:0]
        while True:
            made = int(draw(total, self._chance, self._other, ticks, 1e-6, _word(seed), self._t, self._index))
            if made <= len(self._t):
                return self._t[:made], self._index[:made]
            self._t, self._index = np.zeros(made, np.int64), np.zeros(made, np.int64)


def _word(seed: int) -> Any:
    return np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
