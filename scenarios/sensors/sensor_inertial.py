"""`inertial`: a gyroscope and an accelerometer that turn to and fro."""

from __future__ import annotations

from eventnet.scenarios.sensors.inertial import InertialUnit
from eventnet.scenarios.worlds.turning import RandomTurning


def sensor(seed: int) -> InertialUnit:
    """The unit and how it turns, both drawn by the seed."""
    return InertialUnit(RandomTurning(seed), seed=seed)
