"""The world in which a camera is recorded that is asked for by its name."""

from __future__ import annotations

from eventnet.scenarios.worlds.turning import Panorama, RandomTurning, TurningCamera


def turning_camera(seed: int) -> TurningCamera:
    """A camera of 64 x 48 pixels, 77 degrees across, that turns to and fro before a panorama; the seed draws both."""
    return TurningCamera(Panorama.random(size=128, seed=seed), RandomTurning(seed), width=64, height=48, focal=40.0)
