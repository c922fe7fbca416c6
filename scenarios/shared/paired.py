"""Means over seeds, and differences and ratios of pairs that share a seed, with intervals by Student's t."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eventnet.errors import ModelError


@dataclass(frozen=True)
class MeanInterval:
    """A mean, and the ends of its interval: None for a single value, which has none."""

    mean: float
    low: float | None
    high: float | None

    def parts_from_zero(self) -> bool:
        """Whether 0 lies outside the interval."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def ends(self, form: str) -> str | None:
        """`LOW to HIGH` as a text, each number of a form."""
        return None if self.low is None else f"{self.low:{form}} to {self.high:{form}}"


def mean_interval(values: Sequence[float], level: float = 0.95) -> MeanInterval:
    """The mean of independent values and its interval: mean ± t(n - 1) s / sqrt(n).

    Raises ModelError for no values, and for a level that is not between 0 and 1.
    """
    if not len(values):
        raise ModelError("there are no values; wanted one or more")
    if not 0 < level < 1:
        raise ModelError(f"level is {level!r}; wanted a number between 0 and 1")
    n, mean = len(values), float(np.mean(values))
    if n == 1:
        return MeanInterval(mean, None, None)
    half = student_t((1 + level) / 2, n - 1) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return MeanInterval(mean, mean - half, mean + half)


def paired_difference(mine: Mapping[int, float], partner: Mapping[int, float], level: float = 0.95) -> MeanInterval:
    """The mean of mine minus the partner's, seed by seed, and its interval.

    Raises ModelError unless both have the same seeds, one or more.
    """
    if set(mine) != set(partner):
        raise ModelError(f"seeds are {sorted(mine)} and {sorted(partner)}; wanted the same for both")
    return mean_interval([mine[seed] - partner[seed] for seed in mine], level)


def paired_ratio(mine: Mapping[int, float], partner: Mapping[int, float], level: float = 0.95) -> MeanInterval:
    """The geometric mean of mine over the partner's, seed by seed, and its interval: that of the logarithm's mean.

    Raises ModelError unless both have the same seeds, one or more, and all values are above 0.
    """
    if wrong := [value for value in (*mine.values(), *partner.values()) if not value > 0]:
        raise ModelError(f"a value is {wrong[0]!r}; a ratio wants all above 0")
    ours, theirs = ({seed: math.log(value) for seed, value in values.items()} for values in (mine, partner))
    found = paired_difference(ours, theirs, level)
    low, high = (None if end is None else math.exp(end) for end in (found.low, found.high))
    return MeanInterval(math.exp(found.mean), low, high)


def times(ratio: MeanInterval, less: str = "fewer") -> str:
    """A ratio of a partner's cost to mine in words: 2 is `2 times fewer`, one half `2 times more`."""
    fewer = ratio.mean >= 1
    ends = sorted(end if fewer else 1 / end for end in (ratio.low, ratio.high) if end)
    interval = f" ({ends[0]:.3g} to {ends[1]:.3g})" if ends else ""
    return f"{ratio.mean if fewer else 1 / ratio.mean:.3g}{interval} times {less if fewer else 'more'}"


def student_t(p: float, freedom: int) -> float:
    """The quantile t of Student's distribution: P(T <= t) = p, for p from 1/2 to 1 (without 1).

    By halving the range of the angle atan(t / sqrt(freedom)), in which the distribution of whole degrees of freedom is
    a finite sum (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4). Raises ModelError for other p, and no freedom.
    """
    if not 0.5 <= p < 1 or freedom < 1:
        raise ModelError(f"p is {p!r} of {freedom} degrees of freedom; wanted 0.5 to 1, and 1 or more")
    low, high = 0.0, math.pi / 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 2 * p - 1 else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _within(angle: float, freedom: int) -> float:
    """P(|T| <= sqrt(freedom) tan(angle))."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term, total = (cosine if odd else 1.0), 0.0
    for k in range(1 + odd, freedom, 2):
        total += term
        term *= cosine * cosine * k / (k + 1)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
