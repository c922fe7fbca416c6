"""Kernels of spike timing, and the two ways to sum them over spike trains (thesis chapter 6, figure 6.4).

A train is an array [T], by step: 0, 1 or -1, or any number. Learning by a kernel k moves a weight by the sum over all
pairs of spikes of k(t_post - t_pre); where both sides of k are exponentials, two traces give the same sum spike by
spike (6.8).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import NetworkError

Floats = NDArray[np.float64]


class Side(NamedTuple):
    """One side of a kernel: size * alpha^|t| for |t| of 1 step or more."""

    size: float
    alpha: float


def predictive_kernel(t: ArrayLike, alpha: float) -> Floats:
    """alpha^t for t of 0 or more: what a spike adds to the reconstruction t steps later (6.7)."""
    lag = np.asarray(t)
    return np.where(lag >= 0, _power(alpha, np.abs(lag)), 0.0)


def symmetric_kernel(t: ArrayLike, alpha: float) -> Floats:
    """alpha^|t| / (1 - alpha^2): the sum over time of the product of two reconstructions (6.10)."""
    made: Floats = _power(alpha, np.abs(np.asarray(t))) / (1 - alpha**2)
    return made


def difference_kernel(t: ArrayLike) -> Floats:
    """1/2 at -1 and -1/2 at 1: convolved with x it is (x(t + 1) - x(t - 1)) / 2 (6.4.3)."""
    lag = np.asarray(t)
    made: Floats = (lag == -1) * 0.5 - (lag == 1) * 0.5
    return made


def dynamic_kernel(t: ArrayLike, alpha: float) -> Floats:
    """sign(t) alpha^|t| / (2 alpha) for t = t_post - t_pre: a reconstruction times the change of another (6.12)."""
    lag = np.asarray(t)
    made: Floats = 0.5 * np.sign(lag) * _power(alpha, np.maximum(np.abs(lag) - 1, 0))
    return made


def stdp_kernel(dt: ArrayLike, *, a_plus: float, a_minus: float, tau_plus: float, tau_minus: float) -> Floats:
    """a_plus exp(-dt / tau_plus) for dt = t_post - t_pre > 0, -a_minus exp(dt / tau_minus) for dt < 0, 0 at 0 (6.3)."""
    if not (tau_plus > 0 and tau_minus > 0):
        raise NetworkError(f"time constants are {tau_plus} and {tau_minus}; wanted numbers above 0")
    lag = np.asarray(dt, dtype=np.float64)
    after, before = a_plus * np.exp(-np.abs(lag) / tau_plus), a_minus * np.exp(-np.abs(lag) / tau_minus)
    return np.where(lag > 0, after, np.where(lag < 0, -before, 0.0))


def sum_over_pairs(pre: ArrayLike, post: ArrayLike, kernel: Callable[[NDArray[np.int64]], Floats]) -> float:
    """The sum over all pairs of spikes of kernel(t_post - t_pre), each times both spikes (6.4); n_pre n_post terms."""
    first, second = _trains(pre, post)
    at, to = np.flatnonzero(first), np.flatnonzero(second)
    return float(np.sum(kernel(to[None, :] - at[:, None]) * first[at, None] * second[None, to]))


def sum_online(pre: ArrayLike, post: ArrayLike, *, after: Side, before: Side, together: float = 0.0) -> Floats:
    """The same sum as it grows, [T]: a trace of each train, read at the spikes of the other (6.8).

    after     the side of the kernel where the post-synaptic spike comes later, t_post - t_pre > 0
    before    the side where it comes first; its size has its own sign
    together  the kernel at 0

    The symmetric kernel is `after` and `before` of size 1 / (1 - alpha^2), and as much together; the dynamic one
    1 / (2 alpha) after, -1 / (2 alpha) before, and 0 together.
    """
    first, second = _trains(pre, post)
    heard, fired, total = 0.0, 0.0, 0.0
    made = np.zeros(len(first))
    for t in range(len(first)):
        heard, fired = _checked(after.alpha) * heard, _checked(before.alpha) * fired
        total += second[t] * (after.size * heard + together * first[t]) + first[t] * before.size * fired
        heard, fired = heard + first[t], fired + second[t]
        made[t] = total
    return made


def _trains(pre: ArrayLike, post: ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(pre, dtype=np.float64), np.asarray(post, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise NetworkError(f"trains have shapes {first.shape} and {second.shape}; wanted two of the same [T]")
    return first, second


def _power(alpha: float, n: NDArray[np.int64]) -> Floats:
    made: Floats = np.power(float(_checked(alpha)), n)
    return made


def _checked(alpha: float) -> float:
    """Raises NetworkError unless alpha is at least 0 and below 1."""
    if not 0 <= alpha < 1:
        raise NetworkError(f"alpha is {alpha}; wanted 0 <= alpha < 1")
    return alpha
