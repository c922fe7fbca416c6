"""Numbers of filters: errors grow less, late ones are refused, weights of slow traces are those of least squares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from eventnet.scenarios.fusion.filters import AXES, FAST, LATE, TRACES_US, FilterHead, HeadNumbers, filter_head
from eventnet.scenarios.fusion.train.filters import (
    BEGIN,
    FIRST_SEED,
    RIDGE,
    FittingSamples,
    error,
    fitted,
    half_way,
    slow_traces,
    trajectories,
)

N = 1500


def drawn(seed: int) -> FittingSamples:
    """A slow wave of a rate, its gyroscope, and a camera that sees it with noise each 10 ms."""
    rng, t = np.random.default_rng(seed), 1e3 * np.arange(1, N + 1)
    truth = 50 * np.sin(t[:, None] / 2e5 + rng.uniform(0, 6, AXES))
    gyro = truth + 5 * rng.choice([-1, 1], AXES) + rng.normal(0, 10, (N, AXES))
    return FittingSamples(t, gyro, {"fast": (t[9::10], truth[9::10] + rng.normal(0, 15, (N // 10, AXES)))}, truth)


@pytest.mark.slow
@pytest.mark.parametrize("name", BEGIN)
def test_fitting_lowers_the_error_and_keeps_answers_soon(name: str) -> None:
    seen = [drawn(1)]
    numbers, least = fitted(name, "fast", seen)
    head = FilterHead(name, numbers)
    assert least == error(head, "fast", seen) < error(FilterHead(name, BEGIN[name]), "fast", seen)
    assert half_way(head) <= 4


@pytest.mark.slow
def test_an_error_is_that_of_the_fused_answer_from_half_a_second_on() -> None:
    seen, head = [drawn(1), drawn(2)], filter_head("cheap", 2000.0)
    found = []
    for one in seen:
        answers = head.begin().take(one.t, one.gyro, *one.dvs["fast"], one.t)
        found.append(np.sqrt(np.mean((answers[499:, :AXES] - one.truth[499:]) ** 2)))
    assert error(head, "fast", seen) == pytest.approx(np.mean(found))
    late = FilterHead("cheap", replace(HeadNumbers(), gains=(0.02, 1.0, 10.0, 10.0)))
    assert half_way(late) > 4
    assert error(late, "fast", seen) == np.inf


def test_what_ships_is_soon_and_not_the_same_for_late_cameras() -> None:
    for numbers in (FAST, LATE):
        for name in BEGIN:
            assert half_way(FilterHead(name, numbers[name])) <= 4
    assert all(FAST[name] != LATE[name] for name in BEGIN)


def test_weights_of_slow_traces_are_those_of_least_squares() -> None:
    seen = [drawn(3), drawn(4)]
    rows: list[Any] = []
    wanted: list[Any] = []
    for one in seen:
        for axis in range(AXES):
            traces = np.zeros(len(TRACES_US))
            held, now = 0.0, 0.0
            for n, t in enumerate(one.t):
                shrink = np.exp((now - t) / np.array(TRACES_US))
                traces, held, now = held + shrink * (traces - held), one.gyro[n, axis], t
                grown = np.where(np.arange(len(TRACES_US)) < 3, 1.0, 1 - np.exp(-t / np.array(TRACES_US)))
                if t >= 5e5:
                    rows.append([held, *(grown * traces)])
                    wanted.append(one.truth[n, axis])
    found = np.array(slow_traces(seen).weights)
    more = np.diag(np.sqrt(RIDGE * np.square(rows).sum(axis=0)))  # rows that want each weight to be 0
    plain = np.linalg.lstsq(np.concatenate((rows, more)), np.concatenate((wanted, np.zeros(len(more)))), rcond=None)[0]
    assert np.allclose(found, plain, rtol=1e-3)  # four digits


@pytest.mark.slow
def test_trajectories_have_seeds_of_their_own_and_every_camera() -> None:
    (one,) = trajectories(10.0, (20.0,), 0.6)
    assert set(one.dvs) == {"fast", "late", "thin", "fine"}
    assert len(one.t) == len(one.gyro) == len(one.truth)
    assert np.allclose(np.diff(one.dvs["late"][0]), 33e3)
    assert FIRST_SEED == 777_000
