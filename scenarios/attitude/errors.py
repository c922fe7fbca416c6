"""Errors of an attitude: its whole angle, its tilt and its yaw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def attitude_error(truth: Floats, found: Floats) -> Floats:
    """Degrees [n] of the rotation between attitudes [n, 3, 3]; exact for small ones, too."""
    apart = found - truth
    # |A - B|^2 = 4 (1 - cos angle) = 8 sin^2(angle / 2)
    chord = np.sqrt((apart**2).sum(axis=(1, 2)) / 8)
    return np.asarray(np.degrees(2 * np.arcsin(np.minimum(chord, 1.0))))


def tilt_error(truth: Floats, found: Floats) -> Floats:
    """Degrees [n] between where the vertical lies about the head's axes, and where it was taken to lie."""
    chord = 0.5 * np.linalg.norm(found[:, 1] - truth[:, 1], axis=1)
    return np.asarray(np.degrees(2 * np.arcsin(np.minimum(chord, 1.0))))


def yaw_error(truth: Floats, found: Floats) -> Floats:
    """Degrees [n], from -180 to 180: how much farther the head's forward axis is taken to point to the right."""
    yaw = [np.arctan2(turn[:, 0, 2], turn[:, 2, 2]) for turn in (found, truth)]
    return np.asarray((np.degrees(yaw[0] - yaw[1]) + 180) % 360 - 180)
