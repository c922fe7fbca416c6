"""`joints`: encoders of twenty joints that move."""

from __future__ import annotations

from eventnet.scenarios.sensors.joints import JointEncoders
from eventnet.scenarios.worlds.joints import RandomJoints


def sensor(seed: int) -> JointEncoders:
    """The encoders of joints whose motion is drawn by the seed."""
    return JointEncoders(RandomJoints(seed))
