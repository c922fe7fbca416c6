"""How fast this processor is now: limits of processor time hold on a slower one, too."""

from __future__ import annotations

import time

TURNS = 2_000_000
USUAL = 0.09
"""Seconds that so many turns of an empty loop take on the processors that limits are meant for."""


def slower() -> float:
    """How many times as long a plain loop takes as there: 1 or more. Processor time grows, too, where cores are shared."""
    begun, total = time.process_time(), 0
    for turn in range(TURNS):
        total += turn & 3
    return max(1.0, (time.process_time() - begun) / USUAL)
