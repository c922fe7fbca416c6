"""Whole numbers in proportion to real ones, that sum to a whole total exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def apportion(parts: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Largest remainders (Hamilton): each part rounded down, and those with the largest remainders get one more.

    parts: 0 and more, [n], whose sum is the total but for rounding. Of equal remainders the first come first. A result
    is less than 1 away from its part, but for what rounding took.

    >>> apportion(np.array([1.5, 0.25, 1.25]), 3).tolist()
    [2, 0, 1]
    """
    whole = np.floor(parts)
    made = whole.astype(np.int64)
    left = total - int(made.sum())
    order = np.argsort(whole - parts, kind="stable")
    if left < 0:  # rounding has lifted a part to a whole number: take it back where the remainder is least
        order, left, step = order[::-1][made[order[::-1]] > 0], -left, -1
    else:
        step = 1
    for begin in range(0, left, max(len(order), 1)):
        made[order[: left - begin]] += step
    return made
