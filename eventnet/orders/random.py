"""A seeded permutation."""

from __future__ import annotations

from eventnet.kernels.random import hash64
from eventnet.order import KEYED, Order


def random(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """A seeded permutation: a hash of the seed and of the emission's number, never a generator's draw."""
    return 2, hash64(seed, seq)


ORDER = Order("random", KEYED, random, seeded=True)
