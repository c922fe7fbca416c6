"""Units whose state is one of k + 1 levels, as equilibrium propagation settles them: what a level is, in one place.

State s_j = n_j / k with a whole number n_j from 0 to k; v_j = sum of w_ij s_i over all neighbours + b_j. The energy of
equilibrium propagation (thesis 2.9) is E = 1/2 sum s_j^2 - sum b_j s_j - sum over pairs of w_ij s_i s_j, and as a
function of s_j alone (s_j - v_j)^2 / 2 + a constant. So round(k clip(v_j, 0, 1)) / k is its minimum on the grid of unit
j: a unit that goes there never raises E. A target adds beta (s_j - y_j)^2, whose minimum is that of the nudged v_j.

Sums are of whole numbers times weights, so that they are exact where weights are multiples of a power of 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from eventnet.kernels.random import uniform
from eventnet.neurons.rounding import rounded


@register_jitable
def pressure(below: Any, above: Any, bias: Any, down: Any, up: Any) -> Any:
    """v_j in float64: sums over the layer below and over that above, in units of `down` and `up`, and the bias."""
    return np.float64(below) * down + np.float64(above) * up + np.float64(bias)


@register_jitable
def nudged(v: Any, beta: Any, y: Any) -> Any:
    """The s at which 1/2 (s - v)^2 + beta (s - y)^2 is least; v itself for beta = 0. 1 + 2 beta must be above 0."""
    return (v + 2.0 * beta * y) / (1.0 + 2.0 * beta)


@register_jitable
def dither_of(k: Any, seed: Any, number: Any) -> Any:
    """By how much v_j is moved in one sample: up to half a level either way, by a hash of a seed and a number."""
    return (uniform(seed, number) - 0.5) / k


@register_jitable
def level_of(v: Any, k: Any) -> Any:
    """The whole number n from 0 to k whose n / k is nearest to v; halves go up."""
    if v <= 0.0:
        return 0
    return int(k) if v >= 1.0 else int(rounded(k * v))


@register_jitable
def weight_change(rate: Any, change: Any, other: Any) -> Any:
    """The change of a weight by an event (of a bias, with other = 1): rate times the change of one end times the other.

    Over the events of the positive phase, changes of n_j times n_i at the moment of the event sum up to n+_i n+_j -
    n-_i n-_j, the contrast of thesis 2.12 in whole numbers: no state of the negative phase has to be kept. rate:
    learning rate / (beta k^2 batch); / (beta k batch) for inputs and biases, which are in units of 1.
    """
    return rate * (change * other)
