"""Latency of an answer: the time after a step of the true rate at which it first passes half-way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BEFORE_US = 20_000
"""An answer must have been on the step's first side for so long, or its crossing says nothing."""


def half_way(
    times: NDArray[np.int64], values: Floats, steps: NDArray[np.int64], before: Floats, after: Floats
) -> Floats:
    """Milliseconds from each step [n] to the first of `values` [m] beyond the middle of `before` and `after` [n].

    times: of the values, in microseconds and growing. NaN for a step before which the answer was not on its first side
    for the last 20 ms; inf where it does not pass before the next step, or the end.
    """
    made = np.full(len(steps), np.nan)
    ends = np.append(steps[1:], times[-1] + 1)
    for k, (step, end) in enumerate(zip(steps, ends)):
        beyond = (values - 0.5 * (before[k] + after[k])) * np.sign(after[k] - before[k]) > 0
        first, at, last = np.searchsorted(times, (step - BEFORE_US, step, end))
        if beyond[first:at].any():
            continue
        passed = np.flatnonzero(beyond[at:last])
        made[k] = (times[at + passed[0]] - step) / 1000 if len(passed) else np.inf
    return made
