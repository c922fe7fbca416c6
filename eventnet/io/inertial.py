"""Samples of an inertial sensor that sits beside the pixels: rotation, acceleration, temperature."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.event import Events

INERTIAL = np.dtype(
    [("t", np.int64), ("gyroscope", np.float64, 3), ("acceleration", np.float64, 3), ("temperature", np.float64)]
)
"""A sample: time in microseconds, rotation about x, y, z in deg/s, acceleration along x, y, z in g, degrees
Celsius (no number where the sensor tells none)."""

STANDARD_GRAVITY = 9.80665
"""Metres a second squared of one g."""


class Scales(NamedTuple):
    """Steps of an inertial sensor's numbers. gyroscope: steps per deg/s. acceleration: steps per g."""

    gyroscope: float
    acceleration: float


def summary(samples: Events) -> dict[str, Any]:
    """Their number, mean values and the range of times between two, ready for JSON; only the number where none are."""
    if not len(samples):
        return {"samples": 0}
    between = np.diff(samples["t"])
    return {
        "samples": len(samples),
        "between samples (us)": [int(between.min()), int(between.max())] if len(between) else None,
        "mean rotation (deg/s)": samples["gyroscope"].mean(axis=0).tolist(),
        "mean acceleration (g)": float(np.linalg.norm(samples["acceleration"], axis=1).mean()),
        "mean temperature (C)": _mean(samples["temperature"]),
    }


def _mean(values: NDArray[np.float64]) -> float | None:
    """None where a sensor tells no temperature, and each is no number."""
    return None if np.isnan(values).any() else float(values.mean())
