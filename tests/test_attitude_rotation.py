"""Quaternions and the arm of the attitude scenario beside scipy's rotations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from eventnet.scenarios.attitude.errors import attitude_error, tilt_error, yaw_error
from eventnet.scenarios.attitude.rotation import down_of, matrices, place, reach, turn_body, turn_world

RNG = np.random.default_rng(3)
Q = Rotation.random(20, random_state=4).as_quat(scalar_first=True)


def of(q: np.ndarray) -> Rotation:
    return Rotation.from_quat(q, scalar_first=True)


@pytest.mark.parametrize("left", [False, True])
def test_a_small_turn_is_about_the_body_or_about_the_world(left: bool) -> None:
    for q in Q:
        turn, found = RNG.normal(0, 0.02, 3), q.copy()
        (turn_world if left else turn_body)(found, *turn)
        small = Rotation.from_rotvec(turn)
        wanted = small * of(q) if left else of(q) * small
        assert (of(found) * wanted.inv()).magnitude() < 1e-5
        assert np.linalg.norm(found) == pytest.approx(1, abs=1e-7)
        other = of(q) * small if left else small * of(q)
        assert (of(found) * other.inv()).magnitude() > 1e-4  # the sides differ


def test_matrices_the_vertical_and_a_point_in_the_world() -> None:
    found = matrices(Q)
    np.testing.assert_allclose(found, of(Q).as_matrix(), atol=1e-12)
    for q, turn in zip(Q, found, strict=True):
        np.testing.assert_allclose(down_of(q), turn.T @ [0, 1, 0], atol=1e-12)
        point, placed = RNG.normal(size=3), np.zeros(3)
        place(q, point, placed)
        np.testing.assert_allclose(placed, turn @ point, atol=1e-12)


def test_the_end_point_is_a_chain_of_rotations() -> None:
    arm, tip = np.array([0.1, 0.2, -0.05, 0.3, 0.25]), np.zeros(3)
    for angles in RNG.uniform(-170, 170, (20, 3)):
        reach(angles, arm, tip)
        first, second, third = (
            Rotation.from_euler(axis, angle, degrees=True) for axis, angle in zip("YXX", angles, strict=True)
        )
        wanted = arm[:3] + (first * second).apply([0, 0, arm[3]]) + (first * second * third).apply([0, 0, arm[4]])
        np.testing.assert_allclose(tip, wanted, atol=1e-12)


def test_errors_are_angles_of_known_turns() -> None:
    truth = of(Q).as_matrix()
    about = Rotation.from_rotvec(np.radians([0, 7.0, 0])).as_matrix()
    turned = about @ truth  # about the world's vertical: no tilt
    np.testing.assert_allclose(attitude_error(truth, turned), 7.0, atol=1e-9)
    np.testing.assert_allclose(tilt_error(truth, turned), 0.0, atol=1e-6)
    np.testing.assert_allclose(yaw_error(truth, turned), 7.0, atol=1e-9)
    level = np.broadcast_to(np.eye(3), (1, 3, 3))
    leaning = Rotation.from_euler("Z", 5, degrees=True).as_matrix()[None]
    assert (tilt_error(level, leaning)[0], yaw_error(level, leaning)[0]) == pytest.approx((5.0, 0.0))
    assert attitude_error(level, leaning)[0] == pytest.approx(5.0)
