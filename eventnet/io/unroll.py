"""Counters that start again from 0 when they are full, continued past that."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Unroller:
    """Continues a counter of some bits; called with its next readings, as often as there are any.

    A step is taken to be the shorter way round, so that a wrap is told from times that are a little out of order.
    """

    def __init__(self, bits: int) -> None:
        self.span = 1 << bits
        self.last: int | None = None

    def __call__(self, readings: NDArray[Any]) -> NDArray[np.int64]:
        """The readings, int64 [n], as counted by a counter without end that began with the first."""
        if not len(readings):
            return np.empty(0, np.int64)
        raw = readings.astype(np.int64)
        last = int(raw[0]) if self.last is None else self.last
        half = self.span // 2
        steps = (np.diff(raw, prepend=last % self.span) + half) % self.span - half
        out: NDArray[np.int64] = last + np.cumsum(steps)
        self.last = int(out[-1])
        return out
