"""Cameras that turn at random: their takes, their gyroscopes, and repeats in any number of processes."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.scenarios.fusion.train.trajectories import HEIGHT, TRAINING, WIDTH, camera, gyroscope, slow, take, takes


def test_a_take_holds_the_events_and_the_exact_rates() -> None:
    found = take(7, 0.3)
    assert 1000 < len(found.t) < 60_000
    assert found.times[[0, -1]].tolist() == [0, 300_000]
    assert np.array_equal(found.rates_at(np.array([123_000.0]))[0], camera(7).motion.rates(123_000.0))
    assert (found.x.max() < WIDTH, found.y.max() < HEIGHT, set(found.s)) == (True, True, {-1.0, 1.0})
    assert len(take(7, 0.3, 5.0).t) < len(found.t) / 3
    assert not np.array_equal(take(8, 0.3).t[:100], found.t[:100])


@pytest.mark.slow
def test_takes_are_the_same_in_any_number_of_processes() -> None:
    jobs = [(TRAINING + k, 0.2, 55.0) for k in range(3)]
    for one, two in zip(takes(jobs), takes(jobs, 2)):
        assert all(np.array_equal(a, b) for a, b in zip(one, two))


def test_a_gyroscope_has_a_bias_of_its_size_and_white_noise() -> None:
    rates = np.full((20_000, 3), 7.0)
    error = gyroscope(3, rates, 5.0, 2.0) - rates
    assert np.abs(np.abs(error.mean(axis=0)) - 5).max() < 0.1
    assert np.abs(error.std(axis=0) - 2).max() < 0.05
    signs = {tuple(np.sign(gyroscope(seed, rates[:100], 5.0, 0.1).mean(axis=0) - 7)) for seed in range(40)}
    assert len(signs) == 8


def test_slow_ones_are_even_in_the_logarithm_of_their_rate() -> None:
    found = np.log([slow(seed) for seed in range(2000)]) / np.log(25)
    assert 0 <= found.min() < found.max() <= 1
    assert np.abs(np.histogram(found, 4, (0, 1))[0] - 500).max() < 90  # 4.6 deviations
