"""Largest magnitude first."""

from __future__ import annotations

from eventnet.order import KEYED, Order


def magnitude(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """Largest |phi| at emission first, over the whole network; compared in steps of 2^-31, saturated at 2^31."""
    return 2, -int(min(magnitude, 2147483648.0) * 2147483648.0)


ORDER = Order("magnitude", KEYED, magnitude)
