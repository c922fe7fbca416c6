"""Worlds for sensors to move in: a camera that turns before a panorama, with its exact motion; joints that move."""

from eventnet.scenarios.worlds.camera import TurningCamera
from eventnet.scenarios.worlds.joints import JointMotion, RandomJoints, SampledJoints
from eventnet.scenarios.worlds.motion import Motion, RandomTurning, SampledAngles, SampledRates, Steered
from eventnet.scenarios.worlds.panorama import Panorama

__all__ = [
    "JointMotion",
    "Motion",
    "Panorama",
    "RandomJoints",
    "RandomTurning",
    "SampledAngles",
    "SampledJoints",
    "SampledRates",
    "Steered",
    "TurningCamera",
]
