"""Lowest rank first."""

from __future__ import annotations

from eventnet.order import KEYED, Order


def topological(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """Lowest rank of the condensed graph first: no unit works on half-updated input."""
    return 2 + rank, 0


ORDER = Order("topological", KEYED, topological, keeps=True)
