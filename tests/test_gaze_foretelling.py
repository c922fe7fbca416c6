"""The mix of a gyroscope's low passes: the best one there is, found again by filtering waves and noise step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.scenarios.gaze.foretelling import foretelling

HEAD = {"rms": 45.0, "band_hz": (0.2, 4.0), "rate_hz": 1000.0}
TAU_US = (5e3, 10e3, 20e3, 40e3)
HORIZON_US = 3000


def filtered(values: Any, tau_us: float) -> Any:
    made, now, kept = np.empty(len(values)), 0.0, np.exp(-1000 / tau_us)
    for k, value in enumerate(values):
        now = kept * now + (1 - kept) * value
        made[k] = now
    return made


def seen(noise: float, seconds: int = 30, tau_us: tuple[float, ...] = TAU_US, first: int = 1000) -> tuple[Any, Any]:
    """Low passes [n, T] of what a gyroscope says each millisecond, and the rate [n] that they foretell."""
    rng = np.random.default_rng(3)
    turns, phases = 2 * np.pi * rng.uniform(0.2, 4.0, 100), rng.uniform(0, 2 * np.pi, 100)
    t = np.arange(1000 * seconds) / 1000
    rate = lambda t: 45 * np.sqrt(2 / 100) * np.cos(np.outer(t, turns) + phases).sum(axis=1)  # noqa: E731
    said = rate(t) + noise * rng.standard_normal(len(t))
    # What the filter here says of a sample, one of the sample held says a millisecond later, and lags half of it.
    wanted = rate(t + 1e-6 * HORIZON_US + 0.5e-3)
    return np.stack([filtered(said, tau) for tau in tau_us], axis=1)[first:], wanted[first:]


def off(mix: Any, passed: Any, wanted: Any) -> float:
    return float(np.sqrt(np.mean((passed @ mix - wanted) ** 2)))


@pytest.mark.parametrize(("noise", "at_most"), [(1.0, 0.75), (10.0, 3.8)])
def test_no_mix_that_passes_a_steady_rate_is_better(noise: float, at_most: float) -> None:
    mix = foretelling(TAU_US, HORIZON_US, noise=noise, **HEAD)
    passed, wanted = seen(noise)
    # Least squares over the very record that it is judged on, with the last weight 1 less the others.
    ahead = np.linalg.lstsq(passed[:, :-1] - passed[:, -1:], wanted - passed[:, -1], rcond=None)[0]
    best = off(np.append(ahead, 1 - ahead.sum()), passed, wanted)
    assert best <= off(mix, passed, wanted) < min(1.03 * best, at_most)
    two = foretelling(TAU_US[:2], HORIZON_US, noise=noise, **HEAD)
    assert off(mix, passed, wanted) < off(two, passed[:, :2], wanted)


@pytest.mark.parametrize(("noise", "at_most"), [(1.0, 1.6), (10.0, 3.9)])
def test_slow_low_passes_take_a_steady_rate_off_and_little_else(noise: float, at_most: float) -> None:
    tau_us = (*TAU_US, 1e6, 2e6)
    mix = foretelling(tau_us, HORIZON_US, noise=noise, steady=0.0, **HEAD)
    assert mix.sum() == pytest.approx(0, abs=1e-9)
    passed, wanted = seen(noise, 40, tau_us, 10_000)  # the slow ones have filled
    ahead = np.linalg.lstsq(passed[:, :-1] - passed[:, -1:], wanted, rcond=None)[0]
    best = off(np.append(ahead, -ahead.sum()), passed, wanted)
    assert best <= off(mix, passed, wanted) < min(1.1 * best, at_most)
    assert off(mix, passed + 5.0, wanted) == pytest.approx(off(mix, passed, wanted))  # a bias of 5 in each low pass


@pytest.mark.parametrize("noise", [0.0, 1.0, 10.0])
def test_a_steady_rate_passes_as_it_is(noise: float) -> None:
    assert foretelling(TAU_US, HORIZON_US, noise=noise, **HEAD).sum() == pytest.approx(1)
    assert foretelling([3e3], HORIZON_US, noise=noise, **HEAD).tolist() == pytest.approx([1.0])


def test_more_noise_or_a_head_at_rest_is_smoothed_more() -> None:
    def amplified(noise: float, rms: float = 45.0) -> float:
        """The deviation of white noise of 1 that is let through."""
        mix = foretelling(TAU_US, HORIZON_US, noise=noise, **(HEAD | {"rms": rms}))
        white = np.zeros(2000)
        white[0] = 1.0
        return float(np.linalg.norm(sum(m * filtered(white, tau) for m, tau in zip(mix, TAU_US))))

    assert amplified(0.0) > amplified(1.0) > amplified(10.0) > amplified(100.0) > amplified(1.0, rms=0.0)
