"""How fast this processor is now: limits of processor time hold on a slower one, and where cores are shared."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

TURNS = 20_000
USUAL = 0.076
"""Seconds that so many turns take on the processors that limits are meant for."""


def slower() -> float:
    """How many times as long small work takes as there: 1 or more. It is of the kind that is timed: short calls of
    NumPy, objects that are made and dropped, some memory."""
    begun, kept = time.process_time(), np.zeros(4096)
    for turn in range(TURNS):
        part = kept[turn & 2047 :][:200]
        part += turn
        named = {"turn": turn, "sum": float(part.sum()), "words": str(turn).split("1")}
        kept[turn & 4095] = len(named)
    return max(1.0, (time.process_time() - begun) / USUAL)


def least(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of processor time that the work takes at the usual pace: the least of so many, each by the slower of the
    paces just before and just after it."""
    found = []
    before = slower()
    for _ in range(times):
        begun = time.process_time()
        work()
        spent = time.process_time() - begun
        after = slower()
        found.append(spent / max(before, after))
        before = after
    return min(found)
