"""Heads: the read-out on the engine, least squares, and a bias that only both sensors together can find."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fusion_cases import small_weights

import eventnet as en
from eventnet.scenarios.fusion.train.heads import SLOW, TAU_US, SensorSamples, exact_answers, read_out, with_head


def recording(seed: int, bias: float = 5.0, n: int = 6000) -> SensorSamples:
    """Two rates of band-limited noise; a gyroscope with a bias of random sign, a camera that is right on average."""
    rng = np.random.default_rng(seed)
    t = 1000.0 * np.arange(n)
    turns = rng.uniform(1, 20, (2, 8))
    rates = (20 * np.sin(turns * 1e-6 * t[:, None, None] + rng.uniform(0, 6, (2, 8)))).sum(axis=2)
    gyro = rates + bias * rng.choice([-1, 1], 2) + rng.normal(0, 5, rates.shape)
    return SensorSamples(t, gyro, rates + np.repeat(rng.normal(0, 12, (n // 20, 2)), 20, axis=0), rates)


def rms(error: Any) -> float:
    return float(np.sqrt(np.mean(error**2)))


def test_what_a_head_reads_is_what_the_engine_reads() -> None:
    weights, samples = small_weights(), recording(0, n=80)
    assert weights.head is not None
    net = en.Network("float64")
    values = np.concatenate((samples.gyro, samples.dvs), axis=1)
    updates = net.weights(np.column_stack([np.tile(np.arange(4), 80), values.ravel()]))
    answers = net.weights(np.zeros((80, 6)), "answers")
    start = np.concatenate((np.zeros(2), weights.out_bias))
    head = net.add(en.LeakyReadout(
        4, net.weights(weights.head.mix), answers, tau=weights.head.tau_us, ramp=weights.head.ramp, updates=updates,
        start=start,
    ))  # fmt: skip
    feed = [(int(samples.t[k // 4]), head.value, k, 1) for k in range(320)]
    feed += [(int(t), head.read, k, 1) for k, t in enumerate(samples.t)]
    found = en.simulate(net, sorted(feed, key=lambda e: e[0]), engine="compiled").weights("answers")
    wanted = read_out(weights.head, samples, weights.out_bias) @ weights.head.mix
    assert np.allclose(found, wanted, atol=1e-9)
    exact = exact_answers(weights, samples)
    assert np.array_equal(np.concatenate([exact[name] for name in ("fused", "dvs", "gyro")], axis=1), wanted)


@pytest.mark.slow
def test_a_slow_look_at_the_difference_finds_the_bias() -> None:
    weights = with_head(small_weights(), [recording(seed) for seed in range(12)])
    fused, best = [], []
    for seed in range(20, 25):
        samples = recording(seed)
        answers = exact_answers(weights, samples)
        assert np.allclose(answers["dvs"], samples.dvs, atol=1e-4)
        fused.append(rms(answers["fused"] - samples.rates))
        best.append(min(rms(answers[name] - samples.rates) for name in ("dvs", "gyro")))
        late = (answers["fused"] - samples.rates)[3000:].mean(axis=0)
        assert np.abs(late).max() < 3  # of a bias of 5: the camera's mean over 3 s is off by 1 itself
    assert max(f / b for f, b in zip(fused, best)) < 0.8


def test_the_gyroscope_alone_knows_nothing_of_the_camera() -> None:
    weights = with_head(small_weights(), [recording(0)])
    assert weights.head is not None
    rows = weights.head.mix[1:].reshape(-1, 6)
    inputs, traces = rows[:4], rows[4:].reshape(4, len(TAU_US), 6)
    assert np.all(inputs[2:, 4:] == 0)
    assert np.all(traces[2:, :, 4:] == 0)
    assert np.all(traces[:2, np.array(SLOW), 4:] == 0)
    assert np.any(traces[:2, :, 4:] != 0)
    # Slow traces serve as differences only.
    assert np.array_equal(traces[2:, np.array(SLOW), :2], -traces[:2, np.array(SLOW), :2])


def test_it_is_the_least_squares_solution() -> None:
    recordings = [recording(seed, n=1500) for seed in range(3)]
    weights = with_head(small_weights(), recordings, (3e3, 3e5), (False, True))
    head = weights.head
    assert head is not None
    seen = np.concatenate([read_out(head, samples, weights.out_bias) for samples in recordings])
    rates = np.concatenate([samples.rates for samples in recordings])
    gyro = seen[:, [1, 2, 5, 7]]  # both rates and their fast traces
    wanted = np.linalg.lstsq(gyro, rates)[0]
    assert rms(gyro @ wanted - (seen @ head.mix)[:, 4:]) < 0.01 * rms(rates)
    fused = seen[:, [0, 1, 2, 3, 4, 5, 7, 9, 11]], seen[:, [10, 12]] - seen[:, [6, 8]]
    both = np.concatenate(fused, axis=1)
    wanted = np.linalg.lstsq(both, rates)[0]
    assert rms(both @ wanted - (seen @ head.mix)[:, :2]) < 0.01 * rms(rates)


@pytest.mark.parametrize("n_out", [1, 2])
def test_any_number_of_rates(n_out: int) -> None:
    weights = small_weights(out=np.ones((6, n_out)), out_bias=np.zeros(n_out), head=None)
    samples = SensorSamples(*(array[:, :n_out] if array.ndim == 2 else array for array in recording(1)))
    made = with_head(weights, [samples])
    assert made.head is not None
    assert made.head.mix.shape == (1 + 2 * n_out * 8, 3 * n_out)
