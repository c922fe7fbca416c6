"""The exact network: against sums over all events, in windows of any length, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fusion_cases import pixels, shown_as_it_is, small_weights

from eventnet.errors import ModelError
from eventnet.scenarios.fusion.exact import ExactHead, ExactRates


def by_hand(weights: Any, events: Any, t: float) -> Any:
    """Rates at t by sums over all events before and at it."""
    h = np.tile(weights.bias.astype(float), (*weights.patches, 1))
    for e in events[events["t"] <= t]:
        for row, column in np.ndindex(weights.patches):
            y, x = int(e["y"]) - row * weights.stride, int(e["x"]) - column * weights.stride
            if 0 <= y < weights.size and 0 <= x < weights.size:
                ages = np.exp((int(e["t"]) - t) / np.array(weights.tau_us))
                h[row, column] += (1 if e["p"] else -1) * ages @ weights.filters[:, :, y, x]
    h = np.maximum(h, 0)
    (high, wide), (down, right) = weights.pool, weights.pool_stride
    pool = [
        h[r * down : r * down + high, c * right : c * right + wide].mean(axis=(0, 1))
        for r, c in np.ndindex(weights.regions)
    ]
    z = np.maximum(weights.hidden_bias + np.concatenate(pool) @ weights.hidden, 0)
    return weights.out_bias + z @ weights.out


def test_rates_are_sums_over_all_events() -> None:
    weights, events = small_weights(), pixels()
    times = np.array([0.0, 20.5, 333.0, float(events["t"][100]), 20_000.25, 90_000.0])
    found = ExactRates(weights).take(events, times)
    assert np.allclose(found, [by_hand(weights, events, t) for t in times], rtol=1e-10, atol=1e-10)


def test_an_event_counts_from_its_own_instant_on() -> None:
    events = pixels(n=1)
    before, at = ExactRates(small_weights()).take(events, np.array([events["t"][0] - 0.001, float(events["t"][0])]))
    assert not np.array_equal(before, at)


def test_stamps_take_the_place_of_times() -> None:
    events = pixels(n=50)
    moved = events.copy()
    moved["t"] = events["t"] // 1000 * 1000 + 500
    times = np.arange(1000.0, 60_000, 1000)
    stamped = ExactRates(small_weights()).take(events, times, moved["t"].astype(float))
    assert np.array_equal(stamped, ExactRates(small_weights()).take(moved, times))


@pytest.mark.slow
@pytest.mark.parametrize("window", [700, 5000])
def test_windows_of_any_length_give_the_same_bytes(window: int) -> None:
    weights, events, rng = small_weights(), pixels(), np.random.default_rng(0)
    times, gyro_t = np.arange(300.0, 40_000, 300), np.sort(rng.uniform(0, 40_000, 30))
    gyro = rng.normal(0, 20, (30, weights.n_out))
    rates = ExactRates(weights).take(events, times)
    answers = ExactHead(weights).take(gyro_t, gyro, times, rates, times)
    camera, head, found = ExactRates(weights), ExactHead(weights), []
    for begin in range(0, 42_000, window):
        inside = [(t >= begin) & (t < begin + window) for t in (events["t"], times, gyro_t)]
        part = camera.take(events[inside[0]], times[inside[1]])
        found.append(head.take(gyro_t[inside[2]], gyro[inside[2]], times[inside[1]], part, times[inside[1]]))
    assert np.array_equal(np.concatenate(found), answers)


def test_the_heads_traces_follow_held_values_in_closed_form() -> None:
    weights = shown_as_it_is()
    weights.head.mix[...] = 0
    n, taus = 2 * weights.n_out, weights.head.tau_us
    weights.head.mix[1 + n + 0 * 2 + 0, 0] = 1  # the first rate of the gyroscope, fast trace
    weights.head.mix[1 + n + 0 * 2 + 1, 1] = 1  # the same, slow trace that grows from nothing
    gyro = np.array([[10.0, 0.0], [-5.0, 0.0]])
    none = np.empty((0, weights.n_out))
    found = ExactHead(weights).take(np.array([1000.0, 4000.0]), gyro, np.empty(0), none, np.array([3000.0, 9000.0]))
    fast, slow = taus
    at_4000 = [10 * (1 - np.exp(-3000 / tau)) for tau in taus]
    at_9000 = [-5 + (value + 5) * np.exp(-5000 / tau) for value, tau in zip(at_4000, taus)]
    assert found[0, :2] == pytest.approx(
        [10 * (1 - np.exp(-2000 / fast)), 10 * (1 - np.exp(-2000 / slow)) * (1 - np.exp(-3000 / slow))]
    )
    assert found[1, :2] == pytest.approx([at_9000[0], at_9000[1] * (1 - np.exp(-9000 / slow))])


def test_what_does_not_fit_is_named() -> None:
    events = pixels(n=3)
    events["x"][1] = 99
    with pytest.raises(ModelError, match="x 99"):
        ExactRates(small_weights()).take(events, np.array([1.0]))
    with pytest.raises(ModelError, match="no head"):
        ExactHead(small_weights(head=None))
