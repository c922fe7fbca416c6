"""How a camera turns: its orientation changes by exactly the rates it states."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.worlds import Motion, RandomTurning, SampledAngles, SampledRates, Steered
from eventnet.scenarios.worlds.motion import about, from_angles

TIMES = np.arange(0, 3e6, 50_000.0)


def motions() -> list[Motion]:
    rng = np.random.default_rng(0)
    t = np.cumsum(rng.uniform(5e4, 3e5, 20)) - 1e5
    return [
        RandomTurning(3, rms=(60, 40, 50)),
        SampledAngles(t, rng.normal(0, 40, (20, 3))),
        SampledRates(t, rng.normal(0, 60, (20, 3))),
        steered(RandomTurning(5), rng.normal(0, 60, (40, 3))),
    ]


def steered(head: Motion, rates: np.ndarray, period_us: int = 77_000) -> Steered:
    motion = Steered(head, period_us)
    for held in rates:
        motion.turn(held)
    return motion


def turned(motion: Motion, t: float, h: float) -> np.ndarray:
    """Degrees a second about the camera's axes from two orientations h microseconds before and after t."""
    turn = motion.orientation(t - h).T @ motion.orientation(t + h)
    return np.degrees([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]) / (4e-6 * h)


@pytest.mark.parametrize("k", range(4))
def test_the_derivative_of_the_orientation_is_the_stated_rate(k: int) -> None:
    motion, h = motions()[k], 100.0
    for t in TIMES:
        if motion.next_kink(t - h) > t + h:
            assert turned(motion, t, h) == pytest.approx(motion.rates(t), abs=0.05)


@pytest.mark.parametrize("k", range(2))
def test_the_derivative_of_the_angles_is_the_stated_rate(k: int) -> None:
    motion, h = motions()[k], 10.0
    for t in TIMES + 3:
        slope = (motion.angles(t + h) - motion.angles(t - h)) / (2e-6 * h)
        assert slope == pytest.approx(motion.angle_rates(t), abs=1e-3)


def test_orientations_are_rotations() -> None:
    for motion in motions():
        r = motion.orientation(1_234_567.0)
        assert r @ r.T == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(r) == pytest.approx(1)


def test_yaw_is_to_the_right_pitch_up_and_roll_clockwise() -> None:
    ahead, right = np.array([0, 0, 1]), np.array([1, 0, 0])
    assert (from_angles(10, 0, 0) @ ahead)[0] > 0
    assert (from_angles(0, 10, 0) @ ahead)[1] < 0  # y is down
    assert (from_angles(0, 0, 10) @ right)[1] > 0
    a, b, c = (about(np.radians(10) * np.eye(3)[axis]) for axis in (1, 0, 2))
    assert from_angles(10, 0, 0) == pytest.approx(a)
    assert from_angles(10, 10, 10) == pytest.approx(a @ b @ c)


def test_random_turning_has_its_band_and_its_rates() -> None:
    t = np.arange(0, 200e6, 20_000.0)
    motion = RandomTurning(1, rms=(60, 30, 45), band_hz=(0.5, 3))
    rates = np.array([motion.angle_rates(at) for at in t])
    assert rates.std(axis=0) == pytest.approx([60, 30, 45], rel=0.05)
    power = np.abs(np.fft.rfft(rates * np.hanning(len(t))[:, None], axis=0)) ** 2
    hz = np.fft.rfftfreq(len(t), 0.02)
    inside = (hz > 0.48) & (hz < 3.02)
    assert power[inside].sum() / power.sum() > 0.999


def test_random_turning_repeats_for_a_seed_and_begins_at_rest_angles() -> None:
    assert RandomTurning(4).angles(0.0) == pytest.approx(0)
    assert np.array_equal(RandomTurning(4).angles(1e6), RandomTurning(4).angles(1e6))
    assert not np.allclose(RandomTurning(4).angles(1e6), RandomTurning(5).angles(1e6))


def test_given_rates_are_held_and_add_up() -> None:
    motion = SampledRates(np.array([0, 1e6, 2e6]), np.array([[0, 90, 0], [0, 0, 90], [0, 0, 0]]))
    assert motion.orientation(2.5e6) == pytest.approx(from_angles(90, 0, 90), abs=1e-12)
    assert [motion.next_kink(t) for t in (-1.0, 0.0, 1.5e6, 2e6)] == [0, 1e6, 2e6, math.inf]
    assert list(motion.rates(-5.0)) == [0, 0, 0]


def test_given_angles_are_met() -> None:
    t, angles = np.array([0, 2e5, 1e6]), np.array([[0, 0, 0], [10, -5, 3], [20, 0, 0]])
    motion = SampledAngles(t, angles)
    assert np.array([motion.angles(at) for at in t]) == pytest.approx(angles)
    assert motion.angles(5e6) == pytest.approx(angles[-1])
    assert list(motion.angle_rates(5e6)) == [0, 0, 0]


def test_samples_that_make_no_motion_are_refused() -> None:
    with pytest.raises(ModelError, match=r"angles \[3, 2\]; wanted \[n\] and \[n, 3\]"):
        SampledAngles(np.arange(3), np.zeros((3, 2)))
    with pytest.raises(ModelError, match="t_us must grow"):
        SampledRates(np.array([0, 0]), np.zeros((2, 3)))
    with pytest.raises(ModelError, match="band_hz"):
        RandomTurning(band_hz=(0, 1))


def test_a_steered_camera_on_a_head_at_rest_turns_at_the_rates_it_is_told() -> None:
    rates = np.random.default_rng(1).normal(0, 60, (8, 3))
    rest = SampledRates(np.array([0.0]), np.zeros((1, 3)))
    motion, wanted = steered(rest, rates), SampledRates(np.arange(8) * 77_000.0, rates)
    for t in (0.0, 5.0, 77_000.0, 100_001.0, 615_999.0):
        assert motion.orientation(t) == pytest.approx(wanted.orientation(t), abs=1e-12)
        assert np.array_equal(motion.rates(t), wanted.rates(t))
    assert motion.turned == pytest.approx(wanted.orientation(616_000.0), abs=1e-12)


def test_a_camera_that_is_turned_against_its_head_stands_still() -> None:
    head = SampledRates(np.array([0.0, 2000.0]), np.array([[3.0, -80, 20], [-50, 10, 5]]))
    motion = Steered(head, 1000)
    for t in range(0, 6000, 1000):
        motion.turn(-motion.turned.T @ head.rates(t))
        for at in (t, t + 500.0, t + 999.0):
            assert motion.rates(at) == pytest.approx(0, abs=1e-12)
            assert motion.orientation(at) == pytest.approx(np.eye(3), abs=1e-12)
    assert np.abs(motion.turned - np.eye(3)).max() > 1e-3


def test_a_steered_camera_kinks_at_its_periods_and_where_the_head_does_and_foresees_nothing() -> None:
    head = SampledRates(np.array([0.0, 1500.0]), np.ones((2, 3)))
    motion = steered(head, np.zeros((2, 3)), 1000)
    kinks, t = [], 0.0
    while t < 4000:
        kinks.append(t := motion.next_kink(t))
    assert kinks == [1000, 1500, 2000, 3000, 4000]
    assert motion.known_us == 2000
    motion.orientation(2000.0)
    for late in (
        lambda: motion.orientation(2000.5),
        lambda: motion.orientation(9000.0),
        lambda: motion.rates(2000.0),
        lambda: motion.rates(-1.0),
    ):
        with pytest.raises(ModelError, match="is not known: it is from 0 to 2000 us"):
            late()
    for bad in ([1, 2], [1, 2, np.nan]):
        with pytest.raises(ModelError, match="wanted three finite numbers"):
            motion.turn(bad)
    with pytest.raises(ModelError, match="period_us is 0"):
        Steered(head, 0)
