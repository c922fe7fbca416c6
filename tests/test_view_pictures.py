"""Records as pictures and numbers, by hand."""

from __future__ import annotations

import numpy as np
import pytest

import eventnet as en
from eventnet.scenarios.worlds.turning import about
from eventnet.view.pictures import by_time, events_picture, frame_picture, named, quaternion


def test_a_pixel_has_the_grey_of_its_last_event() -> None:
    events = np.array([(1, 0, 0, True), (2, 2, 1, True), (3, 0, 0, False)], en.PIXEL_EVENT)
    assert events_picture(events, 3, 2).tolist() == [[0, 128, 128], [128, 128, 255]]
    assert events_picture(events[:0], 3, 2).tolist() == [[128] * 3] * 2


def test_values_of_one_time_are_together() -> None:
    values = np.array([(1, 0, 0.5), (1, 2, 0.7), (4, 1, 0.1)], en.VALUE_EVENT)
    assert [(t, index.tolist(), found.tolist()) for t, index, found in by_time(values)] == [
        (1, [0, 2], [0.5, 0.7]), (4, [1], [0.1]),
    ]  # fmt: skip
    assert by_time(values[:0]) == []


def test_a_frame_goes_from_black_to_white_and_no_further() -> None:
    assert frame_picture(np.array([-1, 0, 0.5, 1, 2, 0.1]), 3, 2).tolist() == [[0, 0, 128], [255, 255, 26]]


@pytest.mark.parametrize("axis", [*np.eye(3), np.zeros(3), np.array([1.0, 2, -3]), np.array([-1.0, 0.2, 0.1])])
@pytest.mark.parametrize("angle", [0.3, 1.5, 3.0, 3.14159])
def test_a_quaternion_turns_vectors_as_the_matrix_does(axis: np.ndarray, angle: float) -> None:
    """By v' = v + 2 w (q x v) + 2 q x (q x v)."""
    length = np.linalg.norm(axis)
    rotation = about(axis / length * angle if length else axis)
    *q, w = quaternion(rotation)
    assert np.hypot(np.linalg.norm(q), w) == pytest.approx(1)
    assert w >= 0
    for v in np.eye(3):
        turned = v + 2 * w * np.cross(q, v) + 2 * np.cross(q, np.cross(q, v))
        np.testing.assert_allclose(turned, rotation @ v, atol=1e-12)


def test_three_numbers_are_x_y_and_z() -> None:
    assert (named(2), named([1, 2, 3]), named([[1.0], [2.0]])) == (2.0, {"x": 1.0, "y": 2.0, "z": 3.0}, [1.0, 2.0])
