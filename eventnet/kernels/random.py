"""Random numbers by counting: a hash of a seed and of the number of a draw, the same in plain Python and compiled."""

from __future__ import annotations

import numpy as np
from numba import types
from numba.extending import overload

# --- random numbers by counting -------------------------------------------------------------------------------------
_MASK = (1 << 64) - 1


def hash64(a: int, b: int) -> int:
    """A well-mixed 62-bit number from two integers; the same in plain Python and compiled.

    The finalizer of SplitMix64 (Steele, Lea and Flood 2014), applied to each argument in turn.
    """
    z = 0
    for word in (int(a), int(b)):
        z = (z + word + 0x9E3779B97F4A7C15) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        z ^= z >> 31
    return z >> 2


@overload(hash64, jit_options={"forceinline": True})
def _hash64(a, b):
    def impl(a, b):
        z = np.uint64(0)
        for k in range(2):
            z += np.uint64(np.int64(a if k == 0 else b)) + np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z ^= z >> np.uint64(31)
        return np.int64(z >> np.uint64(2))

    return impl


def uniform(a: int, b: int) -> float:
    """A float64 in [0, 1) from two integers (a seed and a count of draws)."""
    return (hash64(a, b) >> 9) * 2.0**-53


@overload(uniform, jit_options={"forceinline": True})
def _uniform(a, b):
    def impl(a, b):
        return types.float64(hash64(a, b) >> 9) * 2.0**-53

    return impl
