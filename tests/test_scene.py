"""Scenes give the log intensity of every pixel at any time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.sensors import Grating, Still


def test_a_grating_is_a_sine_in_time() -> None:
    scene, out = Grating(np.array([[0.0, math.pi / 2]]), amplitude=0.5, hz=4, mean=-2), np.empty((1, 2), np.float32)
    scene.log_intensity(62_500.0, out)  # a quarter of a period
    assert out == pytest.approx(np.array([[-1.5, -2.0]]), abs=1e-6)
    assert math.isinf(scene.next_kink(0.0))


def test_a_still_picture_stays() -> None:
    picture = np.arange(6.0).reshape(2, 3)
    scene, out = Still(picture), np.empty((2, 3), np.float32)
    assert (scene.height, scene.width) == (2, 3)
    for t in (0.0, 1e9):
        scene.log_intensity(t, out)
        assert np.array_equal(out, picture)


@pytest.mark.parametrize("kind", [Still, lambda array: Grating(array, amplitude=1, hz=1)])
def test_a_scene_without_rows_or_columns_is_refused(kind: type) -> None:
    for array in (np.zeros(3), np.zeros((0, 3))):
        with pytest.raises(ModelError, match=r"wanted \[height, width\]"):
            kind(array)
