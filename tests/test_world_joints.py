"""How joints move: within their band and as far as stated, or as given."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.worlds import RandomJoints, SampledJoints


def test_random_joints_have_their_size_and_band() -> None:
    motion = RandomJoints(3, joints=8, rms=np.arange(1.0, 9.0), band_hz=(0.5, 2))
    seconds, rate = 200, 50
    found = np.array([motion.angles(1e6 * k / rate) for k in range(seconds * rate)])
    assert found.shape == (10_000, 8)
    assert found.std(axis=0) == pytest.approx(np.arange(1, 9), rel=0.1)
    power = np.abs(np.fft.rfft(found * np.hanning(len(found))[:, None], axis=0)) ** 2
    hz = np.fft.rfftfreq(len(found), 1 / rate)
    inside = (hz > 0.48) & (hz < 2.02)
    assert power[~inside].sum() < 1e-6 * power.sum()
    assert abs(np.corrcoef(found.T)[np.triu_indices(8, 1)]).max() < 0.3


def test_a_seed_is_a_motion() -> None:
    assert np.array_equal(RandomJoints(1).angles(5e5), RandomJoints(1).angles(5e5))
    assert not np.isclose(RandomJoints(1).angles(5e5), RandomJoints(2).angles(5e5)).any()
    assert RandomJoints(1).angles(0).shape == (20,)


def test_given_angles_are_met_and_joined_by_straight_lines() -> None:
    t, angles = np.array([1e5, 2e5, 4e5]), np.array([[0, 5], [10, 5], [-10, 6.0]])
    motion = SampledJoints(t, angles)
    assert motion.joints == 2
    for k in range(3):
        assert np.array_equal(motion.angles(t[k]), angles[k])
    assert motion.angles(3e5) == pytest.approx([0, 5.5])
    assert np.array_equal(motion.angles(0), angles[0])
    assert np.array_equal(motion.angles(9e5), angles[2])


@pytest.mark.parametrize("options, message", [
    ({"band_hz": (2, 1)}, r"band_hz is \(2, 1\)"),
    ({"joints": 0}, "joints is 0; wanted a whole number, 1 or more"),
    ({"joints": 3, "rms": [1, 2]}, r"rms has shape \[2\]; wanted one number, or one for each of 3 joints"),
])  # fmt: skip
def test_random_joints_without_sense_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        RandomJoints(**options)


@pytest.mark.parametrize("t, angles, message", [
    ([0, 1], [[1.0]], r"shape \[2\] and angles \[1, 1\]"),
    ([0, 1], [1.0, 2], r"angles \[2\]"),
    ([0, 0], [[1.0], [2]], "t_us must grow"),
    ([0, 1], [[1.0], [math.nan]], "be finite"),
])  # fmt: skip
def test_given_angles_without_sense_are_refused(t: list, angles: list, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        SampledJoints(np.array(t), np.array(angles))
