"""`frame-camera`: a camera of 64 x 48 pixels that turns to and fro before a random panorama."""

from __future__ import annotations

from eventnet.scenarios.sensors.frame_camera import FrameCamera
from eventnet.scenarios.worlds.usual import turning_camera


def sensor(seed: int) -> FrameCamera:
    """The camera in its world, which is drawn by the seed."""
    return FrameCamera(turning_camera(seed), seed=seed)
