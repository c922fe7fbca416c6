"""Worlds for sensors to move in: a camera that turns before a panorama, with its exact motion; joints that move."""

from eventnet.scenarios.worlds.joints import JointMotion, RandomJoints, SampledJoints
from eventnet.scenarios.worlds.off_centre import OffCentre
from eventnet.scenarios.worlds.turning import (
    Motion,
    Panorama,
    RandomTurning,
    SampledAngles,
    SampledRates,
    Steered,
    TurningCamera,
)

__all__ = [
    "JointMotion",
    "Motion",
    "OffCentre",
    "Panorama",
    "RandomJoints",
    "RandomTurning",
    "SampledAngles",
    "SampledJoints",
    "SampledRates",
    "Steered",
    "TurningCamera",
]
