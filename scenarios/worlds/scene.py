"""Scenes for a Dynamic Vision Sensor: anything that gives the log intensity of every pixel at any time."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError

Image = NDArray[np.float32]


class Scene(Protocol):
    """A scene in natural logarithms of intensity, in which white is 0 and anything darker is negative.

    height, width: pixels. begin_us, end_us: from when to when it can be seen, in microseconds; the end may be inf.
    """

    height: int
    width: int
    begin_us: float
    end_us: float

    def log_intensity(self, t_us: float, out: Image) -> None:
        """Write the log intensity at a time into `out`, float32 [height, width].

        A sensor asks for the end of a step first, then for times within it, then for the next step.
        """
        ...

    def next_kink(self, t_us: float) -> float:
        """The first time after t_us at which the rate of change may jump; inf if it never does."""
        ...


class Grating:
    """A sinusoid in time at every pixel, as of a drifting grating: L = mean + amplitude sin(2 pi hz t + phase).

    phase: float64 [height, width] in radians. amplitude and mean: log intensity. hz: cycles a second.
    """

    def __init__(self, phase: NDArray[np.float64], *, amplitude: float, hz: float, mean: float = -1.0) -> None:
        if phase.ndim != 2 or not phase.size:
            raise ModelError(f"the phases of the grating have shape {list(phase.shape)}; wanted [height, width]")
        self.height, self.width = phase.shape
        self.begin_us, self.end_us = 0.0, math.inf
        self._phase, self._amplitude, self._hz, self._mean = phase, amplitude, hz, mean

    def log_intensity(self, t_us: float, out: Image) -> None:
        """Write the log intensity at a time into `out`, float32 [height, width]."""
        out[...] = self._mean + self._amplitude * np.sin(2e-6 * math.pi * self._hz * t_us + self._phase)

    def next_kink(self, t_us: float) -> float:
        """Never: inf."""
        return math.inf


class Still:
    """A picture that does not change. log_intensity: float [height, width]."""

    def __init__(self, log_intensity: NDArray[np.floating]) -> None:
        if log_intensity.ndim != 2 or not log_intensity.size:
            raise ModelError(f"the picture has shape {list(log_intensity.shape)}; wanted [height, width]")
        self.height, self.width = log_intensity.shape
        self.begin_us, self.end_us = 0.0, math.inf
        self._picture = log_intensity

    def log_intensity(self, t_us: float, out: Image) -> None:
        """Write the log intensity at a time into `out`, float32 [height, width]."""
        out[...] = self._picture

    def next_kink(self, t_us: float) -> float:
        """Never: inf."""
        return math.inf


LINEAR_BELOW = 20.0
"""Brightness, of 255, below which the logarithm goes over into a straight line through 0 (Hu et al. 2021)."""


def lin_log(brightness: NDArray[Any]) -> Image:
    """Log intensity of 8-bit brightness, or of intensity from 0 to 1 if that is what the numbers are (floating point).

    White is 0, black -5.54. A straight line below 20 of 255, since the darkest steps would else be the largest.
    """
    if not np.issubdtype(brightness.dtype, np.floating):
        return np.asarray(_TABLE[brightness], np.float32)
    x = np.maximum(255 * brightness.astype(np.float64), 0.0)
    logs = np.log(np.maximum(x, LINEAR_BELOW))
    return np.asarray(
        np.where(x < LINEAR_BELOW, x * math.log(LINEAR_BELOW) / LINEAR_BELOW, logs) - math.log(255), np.float32
    )


_TABLE = lin_log(np.arange(256) / 255)
