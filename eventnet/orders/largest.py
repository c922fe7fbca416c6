"""Largest pending change first, judged when it is delivered."""

from __future__ import annotations

from eventnet.order import KEYED, Order


def largest(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """Largest magnitude first, in steps of 2^-31 up to 2^31; what is no number, or below 0, as 0."""
    size = magnitude if magnitude > 0.0 else 0.0
    return 2, -int(min(size, 2147483648.0) * 2147483648.0)


ORDER = Order("largest", KEYED, largest, rekeys=True)
