"""Weights and delays of synapses: distributions, and the keys by which each part of a projection is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import NetworkError
from eventnet.given import SEEDS, whole_number

ROWS, WEIGHTS, DELAYS, DRIVE, NOISE = range(5)
"""Quantities that a projection or a drive draws, each by a key of its own."""


CHUNK = 1 << 20
"""So many numbers are drawn at once."""


def draw_key(seed: int, part: int) -> int:
    """A key of 64 bits for one part of what a seed makes (`numpy.random.SeedSequence`, a child for each part)."""
    whole_number("seed", seed, *SEEDS, error=NetworkError)
    return int(np.random.SeedSequence(seed, spawn_key=(part,)).generate_state(1, np.uint64)[0])


@dataclass(frozen=True)
class Distribution:
    """A number for each synapse, drawn; `low` and `high` bound it: what lies beyond is drawn again."""

    registry: ClassVar[dict[str, type[Distribution]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Distribution.registry[cls.__name__] = cls

    def _numbers(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        raise NotImplementedError

    def _bounds(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def draw(self, n: int, key: int, dtype: Any = np.float64) -> NDArray[Any]:
        """n numbers by a key. Raises NetworkError where hardly any lies between the bounds."""
        made = np.empty(n, dtype)
        for lo, numbers in self.chunks(n, key):
            made[lo : lo + CHUNK] = numbers
        return made

    def chunks(self, n: int, key: int) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """The same numbers, a part at a time: the place of its first, and the part. Raises NetworkError as `draw`."""
        rng = np.random.Generator(np.random.PCG64(key))
        for lo in range(0, n, CHUNK):
            yield lo, self._chunk(rng, min(CHUNK, n - lo))

    def _chunk(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        low, high = self._bounds()
        made = self._numbers(rng, n)
        for _ in range(200):
            beyond = np.flatnonzero((made < low) | (made > high))
            if not len(beyond):
                return made
            made[beyond] = self._numbers(rng, len(beyond))
        raise NetworkError(f"hardly anything of {self} lies between its bounds; wanted bounds that it reaches")


def _finite(what: Any, **numbers: float) -> None:
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int | float | np.number) or math.isnan(number):
            raise NetworkError(f"{name} of {type(what).__name__} is {number!r}; wanted a number")


@dataclass(frozen=True)
class Normal(Distribution):
    """Normally distributed about `mean`, with the standard deviation `std`, between `low` and `high`."""

    mean: float
    std: float
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        _finite(self, mean=self.mean, std=self.std, low=self.low, high=self.high)
        if self.std < 0 or self.low > self.high:
            raise NetworkError(f"{self} has a negative width or no room; wanted std >= 0 and low <= high")

    def _numbers(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        return rng.normal(self.mean, self.std, n)

    def _bounds(self) -> tuple[float, float]:
        return self.low, self.high


@dataclass(frozen=True)
class Uniform(Distribution):
    """Between `low` and `high`, every number as likely."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _finite(self, low=self.low, high=self.high)
        if not self.low <= self.high or math.isinf(self.high - self.low):
            raise NetworkError(f"{self} has no room; wanted low <= high, both finite")

    def _numbers(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        return rng.uniform(self.low, self.high, n)


@dataclass(frozen=True)
class LogNormal(Distribution):
    """exp of a normal number: `mu` and `sigma` are mean and standard deviation of the logarithm."""

    mu: float
    sigma: float
    low: float = 0.0
    high: float = math.inf

    def __post_init__(self) -> None:
        _finite(self, mu=self.mu, sigma=self.sigma, low=self.low, high=self.high)
        if self.sigma < 0 or self.low > self.high:
            raise NetworkError(f"{self} has a negative width or no room; wanted sigma >= 0 and low <= high")

    def _numbers(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        return rng.lognormal(self.mu, self.sigma, n)

    def _bounds(self) -> tuple[float, float]:
        return self.low, self.high


DISTRIBUTIONS = Distribution.registry
"""Distributions by the names of their classes."""
