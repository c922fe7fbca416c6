"""Motion of a robot's joints: random or given angles."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.given import check_seed, whole_number
from eventnet.kernels.random import hash64, uniform

Floats = NDArray[np.float64]

KEY = -2
"""Tells these random numbers from those of others with the same seed."""


class JointMotion(Protocol):
    """The motion of a number of joints."""

    joints: int

    def angles(self, t_us: float) -> Floats:
        """The angle of each joint in degrees, [joints]."""
        ...


class RandomJoints:
    """Angles that are sums of waves of random frequency and phase within a band.

    rms: root mean square of the angles in degrees, one number or one a joint. band_hz: lowest and highest frequency.
    waves: how many for each joint.
    """

    def __init__(
        self, seed: int = 0, *, joints: int = 20, rms: Any = 20.0, band_hz: tuple[float, float] = (0.1, 1.0),
        waves: int = 12,
    ) -> None:  # fmt: skip
        low, high = band_hz
        if not 0 < low <= high:
            raise ModelError(f"band_hz is {band_hz}; wanted 0 < low <= high")
        seed, joints = check_seed(seed, ModelError), whole_number("joints", joints, 1)
        waves = whole_number("waves", waves, 1)
        heights = np.asarray(rms, np.float64)
        if heights.shape not in ((), (joints,)):
            raise ModelError(
                f"rms has shape {list(heights.shape)}; wanted one number, or one for each of {joints} joints"
            )
        self.joints = joints
        n = joints * waves
        draws = np.array([uniform(hash64(seed, KEY), k) for k in range(2 * n)]).reshape(2, joints, waves)
        self._turns = 2 * math.pi * (low + (high - low) * draws[0])  # radians a second
        self._phases = 2 * math.pi * draws[1]
        self._heights = np.broadcast_to(heights * math.sqrt(2 / waves), joints)

    def angles(self, t_us: float) -> Floats:
        """The angle of each joint at a time, in degrees [joints]."""
        return np.asarray(self._heights * np.sin(self._turns * (1e-6 * t_us) + self._phases).sum(axis=1))


class SampledJoints:
    """Angles at given times, joined by straight lines; before the first and after the last time nothing moves.

    t_us: [n], growing. angles: degrees, [n, joints].
    """

    def __init__(self, t_us: NDArray[Any], angles: NDArray[Any]) -> None:
        t, found = np.asarray(t_us, np.float64), np.asarray(angles, np.float64)
        if t.ndim != 1 or found.ndim != 2 or len(t) != len(found) or not found.size:
            raise ModelError(
                f"t_us has shape {list(t.shape)} and angles {list(found.shape)}; wanted [n] and [n, joints]"
            )
        if (np.diff(t) <= 0).any() or not (np.isfinite(t).all() and np.isfinite(found).all()):
            raise ModelError("t_us must grow, and it and angles be finite")
        self._t, self._angles, self.joints = t, found, found.shape[1]

    def angles(self, t_us: float) -> Floats:
        """The angle of each joint at a time, in degrees [joints]."""
        return np.array([np.interp(t_us, self._t, of) for of in self._angles.T])
