"""Samples of traces in little memory: some are kept, and those between are made again from the one before.

All samples of a few seconds of a camera take a gigabyte, and no batch needs more than some of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from eventnet.kernels.compiling import compiled
from eventnet.scenarios.fusion.train.features import Take, block_shape, follow, left_over

KEPT_BYTES = 2**28
"""Of the samples that are kept: a quarter of a gigabyte."""


class TraceSamples(Protocol):
    """Samples to learn from: float16 [n, rows, columns, M, stride, stride], an array or `RemadeTraces`."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, chosen: Any, /) -> NDArray[np.float16]: ...


class Play(NamedTuple):
    """A way in which a take is played, and when it is looked at: speeds as `Take.played` has them, microseconds [n]."""

    speed: NDArray[Any]
    backwards: bool
    at: NDArray[Any]


class RemadeTraces:
    """Traces of a take played in several ways, one after the other, equal to those of `traces` to the last bit.

    kept_bytes: so much is kept about; with less, it takes longer to make a sample again. Raises ModelError as `traces`
    does.
    """

    def __init__(
        self, take: Take, plays: Sequence[Play], tau_us: tuple[float, ...], *, width: int, height: int, size: int = 8,
        stride: int = 4, kept_bytes: int = KEPT_BYTES,
    ) -> None:  # fmt: skip
        rows, columns = block_shape(take, width, height, size, stride)
        self._take, self._plays, self._taus = take, plays, np.asarray(tau_us)
        self._firsts = np.cumsum([0, *(len(play.at) for play in plays)])
        self.shape = int(self._firsts[-1]), rows, columns, len(tau_us), stride, stride
        self._left = [left_over(play.at, tau_us) for play in plays]
        self._stops = [np.searchsorted(take.played(p.speed, backwards=p.backwards).t, p.at) for p in plays]
        self._apart = max(1, math.ceil(4 * math.prod(self.shape) / kept_bytes))
        self._kept = [self._states(k) for k in range(len(plays))]

    def __getstate__(self) -> tuple[Any, ...]:
        """The values that all others follow from: they name the samples among the pieces of a command."""
        return self._take, self._plays, self._taus, self.shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: slice | NDArray[np.int64]) -> NDArray[np.float16]:
        """The samples of these numbers, from 0 on."""
        numbers = np.arange(len(self))[chosen]
        made = np.empty((len(numbers), *self.shape[1:]), np.float16)
        now, reached = np.empty(self.shape[1:], np.float32), -1
        for row, number in enumerate(numbers):
            k = int(np.searchsorted(self._firsts, number, "right")) - 1
            n = int(number - self._firsts[k])
            before = n // self._apart
            if not number - n % self._apart <= reached <= number:
                now[...], reached = self._kept[k][before], int(number) - n % self._apart
            self._follow(now, k, reached - int(self._firsts[k]) + 1, n + 1)
            as_halves(now.view(np.uint32).ravel(), made[row].view(np.uint16).reshape(-1))
            reached = int(number)
        return made

    def _states(self, k: int) -> NDArray[np.float32]:
        """Every so manyth state of a play."""
        wanted = range(0, len(self._left[k]), self._apart)
        made = np.empty((len(wanted), *self.shape[1:]), np.float32)
        now = np.zeros(self.shape[1:], np.float32)
        for row, (begin, n) in enumerate(pairwise((-1, *wanted))):
            self._follow(now, k, begin + 1, n + 1)
            made[row] = now
        return made

    def _follow(self, now: NDArray[np.float32], k: int, begin: int, end: int) -> None:
        """Bring the state of a play from before one sample to the last before another."""
        if begin == end:
            return
        play, stops = self._plays[k], self._stops[k]
        first, stop = int(stops[begin - 1]) if begin else 0, int(stops[end - 1])
        n = len(self._take.t)
        seen = self._take.part(n - stop, n - first) if play.backwards else self._take.part(first, stop)
        seen = seen.played(play.speed, backwards=play.backwards)
        follow(now, self._left[k], self._taus, play.at, stops, seen.t, seen.x, seen.y, seen.s, first, begin, end)


@compiled
def as_halves(singles: Any, halves: Any) -> None:
    """Round float32 to float16, both given as their bits: what NumPy does, 20 times as fast (0.9 ms a sample).

    The nearest, of two the even one; what is too large is infinite. Not for NaN.
    """
    for k in range(len(singles)):
        size: Any = np.int64(singles[k] & np.uint32(0x7FFFFFFF))
        exponent = size >> 23
        if exponent < 113:  # below 2^-14: multiples of 2^-24
            whole = (size & 0x7FFFFF) | (0x800000 if exponent else 0)
            below = 126 - exponent if exponent > 96 else 30
        else:
            whole, below = size - (112 << 23), 13
        found = (whole + (1 << (below - 1)) - 1 + ((whole >> below) & 1)) >> below
        if found > 0x7C00:
            found = 0x7C00
        halves[k] = found | ((singles[k] >> np.uint32(16)) & np.uint32(0x8000))
