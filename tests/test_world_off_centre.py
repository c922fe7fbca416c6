"""A point off the centre of a turning body: its acceleration is that of its path, by differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from eventnet.errors import ModelError
from eventnet.scenarios.sensors import Accelerometer, InertialParameters, InertialUnit
from eventnet.scenarios.worlds import OffCentre, RandomTurning, SampledRates

OFFSET = (0.02, -0.1, 0.05)


def path(motion: RandomTurning, t_us: float) -> np.ndarray:
    """Where the point is in the world, by angles of scipy's."""
    yaw, pitch, roll = motion.angles(t_us)
    return Rotation.from_euler("YXZ", [yaw, pitch, roll], degrees=True).apply(OFFSET)


def test_the_acceleration_is_the_second_difference_of_the_path() -> None:
    motion = RandomTurning(5, rms=120.0)
    for t in (200_000.0, 1_400_000.0):
        h = 1000.0
        second = (path(motion, t + h) - 2 * path(motion, t) + path(motion, t - h)) / (1e-6 * h) ** 2
        in_the_body = motion.orientation(t).T @ second / 9.80665
        assert np.abs(in_the_body).max() > 0.01
        np.testing.assert_allclose(OffCentre(motion, OFFSET).acceleration(t), in_the_body, atol=1e-3)


def test_a_steady_turn_pulls_inwards_and_the_unit_feels_it() -> None:
    spin = SampledRates(np.array([0]), np.array([[0.0, 90.0, 0.0]]))
    inwards = np.radians(90.0) ** 2 * 0.1 / 9.80665
    np.testing.assert_allclose(OffCentre(spin, (0.1, 0.0, 0.0)).acceleration(5e5), [-inwards, 0, 0], atol=1e-12)
    unit = InertialParameters(accelerometer=Accelerometer(), rate_hz=100.0)
    for motion, along in ((OffCentre(spin, (0.1, 0.0, 0.0)), -inwards), (spin, 0.0)):
        felt = InertialUnit(motion, unit, begin_us=1e5).events(120_000)["value"].reshape(-1, 6)[:, 3:]
        np.testing.assert_allclose(felt, [[along, -1.0, 0.0]] * 2, atol=1e-12)


def test_it_turns_as_the_body_does_and_refuses_what_is_no_place() -> None:
    motion = RandomTurning(5)
    point = OffCentre(motion, OFFSET)
    assert np.array_equal(point.orientation(7e5), motion.orientation(7e5))
    assert np.array_equal(point.rates(7e5), motion.rates(7e5))
    assert point.next_kink(7e5) == motion.next_kink(7e5)
    for wrong in ((0.1, 0.2), (0.1, 0.2, float("nan"))):
        with pytest.raises(ModelError, match="wanted three finite numbers"):
            OffCentre(motion, wrong)
