"""Batch normalisation as a part that learns.

Source: S. Ioffe and C. Szegedy, Batch normalization (2015).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.models.part import Floats, Part, column_sums

KEPT = 0.9
"""What a batch leaves of the running mean and variance, once ten batches have been seen."""
EPSILON = 1e-5
"""Added to variances before their root is divided by."""


class NormPart(Part):
    """Batch normalisation over everything but the last axis.

    Its running mean and variance are plain means over the first ten batches and forget older ones from there on.
    """

    def __init__(self, units: int, dtype: np.dtype[Any], name: str) -> None:
        super().__init__(gain=np.ones(units, dtype), bias=np.zeros(units, dtype))
        self.statistics = {
            "mean": np.zeros(units, dtype), "variance": np.ones(units, dtype), "batches": np.zeros(1, dtype)
        }  # fmt: skip
        self.name = name

    def affine(self) -> tuple[Floats, Floats]:
        """Factor and addend, float64 [units], that answer in its place."""
        mean, variance = (self.statistics[name].astype(np.float64) for name in ("mean", "variance"))
        factor = self.learned["gain"] / np.sqrt(variance + EPSILON)
        return factor, self.learned["bias"] - mean * factor

    def forward(self, x: Floats, learning: bool) -> Floats:
        flat = x.reshape(-1, x.shape[-1])
        if learning:
            self._mean = column_sums(flat) / len(flat)
            normal = flat - self._mean
            self._variance = column_sums(normal * normal) / len(flat)
            self._inverse = 1 / np.sqrt(self._variance + EPSILON)
            normal *= self._inverse
            self._normal = normal
        else:
            normal = (flat - self.statistics["mean"]) / np.sqrt(self.statistics["variance"] + EPSILON)
        return (normal * self.learned["gain"] + self.learned["bias"]).reshape(x.shape)

    def backward(self, error: Floats, below: bool) -> Floats:
        flat, n = error.reshape(-1, error.shape[-1]), len(self._normal)
        self.gradients["bias"][:] = column_sums(flat)
        self.gradients["gain"][:] = column_sums(flat * self._normal)
        passed = flat - self._normal * (self.gradients["gain"] / n)
        passed -= self.gradients["bias"] / n
        passed *= self.learned["gain"] * self._inverse
        return passed.reshape(error.shape)

    def learn(self, momentum: float) -> None:
        super().learn(momentum)
        batches = self.statistics["batches"]
        batches += 1
        share = max(1 - KEPT, 1 / float(batches[0]))
        for name, found in (("mean", self._mean), ("variance", self._variance)):
            self.statistics[name] += share * (found - self.statistics[name])
