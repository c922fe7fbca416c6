"""The plain head: beside the engine's filter, by its definition, and in windows of any length."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from counting import Meter, on_counting_numbers, words
from flow_cases import GAINS, as_feed, drawn_inputs, flow_network

import eventnet as en
from eventnet.scenarios.fusion import filters
from eventnet.scenarios.fusion.filters import HeadNumbers, PlainHead, head_step


def numbers_of_cases() -> HeadNumbers:
    """Those of `flow_network`, whose gains are for changes a tick."""
    return HeadNumbers((GAINS[0], 1e6 * GAINS[1], GAINS[2], 1e6 * GAINS[3]), doubt=2.0, prior=0.5, tau_s=400e-6)


def drawn(n: int = 60) -> tuple[Any, ...]:
    rng = np.random.default_rng(2)
    gyro_t, dvs_t = (np.cumsum(rng.integers(200, 2000, n)).astype(float) for _ in range(2))
    dvs_t[10] = gyro_t[12]
    dvs_t.sort()
    return gyro_t, rng.normal(0, 30, (n, 3)), dvs_t, rng.normal(0, 30, (n, 3))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_it_is_the_filter_of_the_engine(seed: int) -> None:
    inputs = drawn_inputs(seed)
    net, flow, head = flow_network("thin", "float64", len(inputs["samples"]))
    wanted = en.simulate(net, as_feed(inputs, flow, head), engine="reference").weights("answers")
    times = np.array(inputs["samples"], float)
    found = PlainHead(numbers_of_cases()).take(times, wanted[:, 6:], times, wanted[:, 3:6], times)
    assert np.allclose(found, wanted, rtol=1e-12, atol=1e-15)  # the order of a few sums, no more
    assert np.all(np.abs(wanted[:, :6]).max(axis=0) > 0)


def test_each_sensors_value_holds_until_the_next() -> None:
    gyro_t, gyro, dvs_t, dvs = drawn()
    at = np.arange(0.0, 60_000, 700)
    n = HeadNumbers(gains=(0.2, 9.0, 100.0, 50.0), doubt=900.0, prior=0.3, tau_s=0.2)
    found, axes = PlainHead(n).take(gyro_t, gyro, dvs_t, dvs, at), range(3)
    omega, alpha, num, den = np.zeros(3), np.zeros(3), np.zeros(3), np.full(3, 0.3)
    w, g, before = np.zeros(3), np.zeros(3), 0.0
    moments = [(t, 0, k) for k, t in enumerate(dvs_t)] + [(t, 1, k) for k, t in enumerate(gyro_t)]
    for t, what, k in sorted(moments + [(t, 2, k) for k, t in enumerate(at)]):
        if what == 0:
            w = dvs[k]
        elif what == 2:
            assert np.allclose(found[k], np.concatenate((omega, w, g)), rtol=1e-12, atol=1e-13)
        else:
            g, dt, before = gyro[k], 1e-6 * (t - before), t
            for j in axes:
                alpha[j] *= math.exp(-dt / 0.2)
                omega[j] += dt * alpha[j]
                conf = 1 / (900 + omega[j] ** 2)
                r, c = g[j] - omega[j] - num[j] / den[j], conf * (w[j] - omega[j])
                omega[j] += 0.2 * r + 100 * c
                alpha[j] += 9 * r + 50 * c
                num[j] += conf * (g[j] - w[j])
                den[j] += conf
    assert PlainHead(n).answers == found.shape[1] == 9


@pytest.mark.parametrize("window", [900, 7000])
def test_windows_of_any_length_give_the_same_bytes(window: int) -> None:
    gyro_t, gyro, dvs_t, dvs = drawn()
    at, head, found = np.union1d(gyro_t, np.arange(0.0, 60_000, 700)), PlainHead(), []
    for begin in range(0, 120_000, window):
        g, d, a = ((t >= begin) & (t < begin + window) for t in (gyro_t, dvs_t, at))
        found.append(head.take(gyro_t[g], gyro[g], dvs_t[d], dvs[d], at[a]))
    assert np.concatenate(found).tobytes() == PlainHead().take(gyro_t, gyro, dvs_t, dvs, at).tobytes()


def test_a_step_takes_what_is_counted_for_it() -> None:
    meter = Meter()
    state, gain = words(np.array([1.0, 2, 3, 4, 5, 6]), meter), words(np.array(GAINS), meter)
    g, dt, doubt, tau = words(np.array([7.0, 8, 9, 10]), meter)
    on_counting_numbers(filters.step, meter)(state, g, dt, gain, doubt, tau)
    assert (meter.adds, meter.multiplies, 0) == head_step(1)
    assert head_step(3) == (36, 36, 0)
