"""Is a mean of vectors what it should be? Hotelling's T-squared, and the tail of Fisher's distribution."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError

Floats = NDArray[np.float64]


class Hotelling(NamedTuple):
    """T-squared of n vectors with p numbers, and the probability of as much where the mean is what it should be."""

    t2: float
    p: float


def hotelling(vectors: Floats, mean: Floats) -> Hotelling:
    """n (x - mean)' S^-1 (x - mean) of independent vectors [n, p], with their mean x and covariance S.

    For normal vectors, (n - p) / (p (n - 1)) times T-squared is Fisher's F with p and n - p degrees of freedom. Raises
    ModelError unless n is above p.
    """
    n, p = vectors.shape
    if n <= p:
        raise ModelError(f"there are {n} vectors of {p} numbers; wanted more than {p}")
    apart = vectors.mean(axis=0) - mean
    t2 = float(n * apart @ np.linalg.solve(np.cov(vectors.T).reshape(p, p), apart))
    return Hotelling(t2, fisher_tail((n - p) / (p * (n - 1)) * t2, p, n - p))


def fisher_tail(f: float, above: int, below: int) -> float:
    """P(F > f) of Fisher's distribution with these degrees of freedom: an incomplete beta function."""
    if f <= 0:
        return 1.0
    return incomplete_beta(below / (below + above * f), below / 2, above / 2)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b), by its continued fraction (DLMF 8.17.22), from the end on which that converges fast."""
    if not 0 < x < 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    value = 1.0
    for m in range(200, 0, -1):  # from the inside; far more than is needed where x is below the mean
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m - 1) * (a + b + m - 1) * x / ((a + 2 * m - 2) * (a + 2 * m - 1))
        value = 1 + odd / (1 + even / value)
    return front / value
