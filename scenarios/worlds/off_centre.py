"""An inertial unit that does not sit where the head turns: what it feels besides gravity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.scenarios.worlds.turning import Motion

Floats = NDArray[np.float64]

GRAVITY = 9.80665
"""Metres a second squared in 1 g."""
HALF_US = 50.0
"""Half of the time over which the change of the rates is taken."""


class OffCentre:
    """The motion of a point of a turning body that lies `offset_m` [3] metres, about its own axes, from where it turns.

    It turns as the body does; besides, it is accelerated: angular acceleration x offset + rates x (rates x offset).
    Angular acceleration is a difference over 100 us, which is what a jump of the rates comes to as well.
    """

    def __init__(self, motion: Motion, offset_m: tuple[float, ...]) -> None:
        offset = np.asarray(offset_m, np.float64)
        if offset.shape != (3,) or not np.isfinite(offset).all():
            raise ModelError(f"offset_m is {offset_m}; wanted three finite numbers")
        self.motion, self._offset = motion, offset

    def orientation(self, t_us: float) -> Floats:
        """The rotation matrix [3, 3] from the body's axes to the world's."""
        return self.motion.orientation(t_us)

    def rates(self, t_us: float) -> Floats:
        """Degrees a second about the body's own x, y and z [3]."""
        return self.motion.rates(t_us)

    def next_kink(self, t_us: float) -> float:
        """The first time after t_us at which rates jump; inf if they never do."""
        return self.motion.next_kink(t_us)

    def acceleration(self, t_us: float) -> Floats:
        """Of the point, in g, about the body's own axes [3]."""
        before, after = self.motion.rates(t_us - HALF_US), self.motion.rates(t_us + HALF_US)
        rates, change = np.radians(0.5 * (before + after)), np.radians(after - before) / (2e-6 * HALF_US)
        turning = _across(change)
        round_about = _across(rates)
        return np.asarray((turning + round_about @ round_about) @ self._offset / GRAVITY)


def _across(axis: Floats) -> Floats:
    """The matrix of the vector product with an axis."""
    x, y, z = axis.tolist()
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
