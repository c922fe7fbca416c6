"""A camera that turns sees the panorama where geometry says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.sensors import DVS, DvsParameters
from eventnet.scenarios.worlds import Panorama, RandomTurning, SampledAngles, SampledRates, TurningCamera
from eventnet.scenarios.worlds.motion import from_angles
from eventnet.scenarios.worlds.panorama import direction


class Fixed:
    def __init__(self, *angles: float) -> None:
        self.turn = from_angles(*angles)

    def orientation(self, t_us: float) -> np.ndarray:
        return self.turn

    def rates(self, t_us: float) -> np.ndarray:
        return np.zeros(3)

    def next_kink(self, t_us: float) -> float:
        return math.inf


def height_map(size: int = 128) -> Panorama:
    """A panorama that is darker the further a direction points down and to the right: 0.3 x - 0.5 y + 0.2 z - 1."""
    faces = np.zeros((6, size + 2, size + 2), np.float32)
    for face, row, column in np.ndindex(faces.shape):
        faces[face, row, column] = np.dot((0.3, -0.5, 0.2), direction.py_func(face, row, column, size)) - 1
    return Panorama(faces)


@pytest.mark.parametrize("angles", [(0, 0, 0), (45, 0, 0), (100, 35, 20), (-170, -80, 130), (20, 45, 45)])
def test_each_pixel_sees_its_direction(angles: tuple[float, float, float]) -> None:
    camera = TurningCamera(height_map(), Fixed(*angles), width=30, height=20, focal=18)
    out = np.empty((20, 30), np.float32)
    camera.log_intensity(0.0, out)
    for row, column in ((0, 0), (19, 29), (10, 15), (3, 22)):
        ray = from_angles(*angles) @ np.array([column - 14.5, row - 9.5, 18])
        wanted = np.dot((0.3, -0.5, 0.2), ray / np.linalg.norm(ray)) - 1
        assert out[row, column] == pytest.approx(wanted, abs=2e-4)


def test_a_turn_to_the_right_moves_the_picture_to_the_left() -> None:
    panorama = Panorama.random(size=128, edges=0.0)
    views = []
    for yaw in (0.0, math.degrees(math.atan(1 / 200))):
        out = np.empty((5, 41), np.float32)
        TurningCamera(panorama, Fixed(yaw, 0, 0), width=41, height=5, focal=200).log_intensity(0.0, out)
        views.append(out)
    assert views[1][2, 10:30] == pytest.approx(views[0][2, 11:31], abs=2e-3)


def test_a_camera_at_rest_makes_no_events_and_one_that_turns_does() -> None:
    panorama = Panorama.random(size=64)
    still = TurningCamera(panorama, SampledRates(np.zeros(1), np.zeros((1, 3))), width=16, height=16, focal=16)
    assert len(DVS(still).events(100_000).events) == 0
    turning = TurningCamera(panorama, RandomTurning(0), width=16, height=16, focal=16)
    assert len(DVS(turning).events(100_000).events) > 50


def test_each_event_is_a_change_of_log_intensity_by_the_threshold() -> None:
    """The scene is looked at anew at the times of events, exactly, and each pixel's changes between them compared."""
    motion = SampledAngles(np.array([0, 5e5]), np.array([[0, 0, 0], [9, 4, 6]]))
    camera = TurningCamera(Panorama.random(size=64, seed=3, edges=0.0), motion, width=16, height=12, focal=30)
    found = DVS(camera, DvsParameters(threshold_on=0.1, threshold_off=0.07)).events(500_000)
    level, errors = np.empty((12, 16), np.float32), []
    camera.log_intensity(0.0, level)
    out = np.empty((12, 16), np.float32)
    for (_, x, y, on), t in zip(found.events, found.t_us, strict=True):
        camera.log_intensity(t, out)
        errors.append(out[y, x] - level[y, x] - (0.1 if on else -0.07))
        level[y, x] += 0.1 if on else -0.07
    assert len(errors) > 300
    assert np.abs(errors).max() < 0.004  # the picture bends at the borders of texels, a parabola does not
    assert np.abs(errors).mean() < 1e-4


def test_a_camera_without_pixels_or_focal_length_is_refused() -> None:
    with pytest.raises(ModelError, match="0 x 4 pixels"):
        TurningCamera(Panorama.random(size=8), Fixed(0, 0, 0), width=0, height=4, focal=5)
    with pytest.raises(ModelError, match="focal length 0"):
        TurningCamera(Panorama.random(size=8), Fixed(0, 0, 0), width=4, height=4, focal=0)
