"""Worlds for sensors to move in: a camera that turns before a panorama, with its exact motion."""

from eventnet.scenarios.worlds.camera import TurningCamera
from eventnet.scenarios.worlds.motion import Motion, RandomTurning, SampledAngles, SampledRates
from eventnet.scenarios.worlds.panorama import Panorama

__all__ = ["Motion", "Panorama", "RandomTurning", "SampledAngles", "SampledRates", "TurningCamera"]
