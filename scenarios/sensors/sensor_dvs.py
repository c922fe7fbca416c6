"""`dvs`: a Dynamic Vision Sensor of 64 x 48 pixels that turns to and fro before a random panorama."""

from __future__ import annotations

from eventnet.scenarios.sensors.dvs import DVS
from eventnet.scenarios.worlds.usual import turning_camera


def sensor(seed: int) -> DVS:
    """The sensor in its world, both drawn by the seed."""
    return DVS(turning_camera(seed), seed=seed)
