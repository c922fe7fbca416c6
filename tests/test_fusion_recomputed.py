"""The fusion network recomputed: its arithmetic against plain loops, and its costs against the same done by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from counting import Meter, Number, plain
from fusion_cases import pixels, rates, shown_as_it_is, small_weights

from eventnet.errors import ModelError
from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.fusion.recomputed import ExactHead, ExactRates, Work, by_cause, operations, recompute, tally_of
from eventnet.scenarios.fusion.stream import samples


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


@pytest.mark.slow
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


N = 12


class Counted:
    """The network in loops, on counting numbers; thresholds and exponentials are counted by hand."""

    def __init__(self, weights: FusionWeights, *, incremental: bool) -> None:
        self.w, self.meter, self.checks, self.incremental = weights, Meter(), 0, incremental
        self.taus, self.k = len(weights.tau_us), weights.n_filters
        self.pixels = np.full((self.taus, weights.height, weights.width), None)
        self.pixel_times = np.zeros((weights.height, weights.width))
        self.sums = np.full((self.taus, *weights.patches, self.k), None)
        for array in (self.pixels, self.sums):
            for at in np.ndindex(array.shape):
                array[at] = self.number(0.0)
        self.x = [self.number(value) for value in (*np.zeros(weights.n_out), *weights.out_bias)]
        self.lp = {(j, m): self.number(0.0) for j in range(len(self.x)) for m in range(len(weights.head.tau_us))}
        self.followed_to = [0.0] * len(self.x)

    def number(self, value: float) -> Number:
        return Number(float(value), self.meter)

    def exp(self, value: float) -> float:
        self.meter.multiplies += 1
        return math.exp(value)

    def event(self, t: float, x: int, y: int, on: bool) -> None:
        w = self.w
        if not self.incremental:
            for m, tau in enumerate(w.tau_us):
                decayed = self.pixels[m, y, x] * self.exp((self.pixel_times[y, x] - t) / tau)
                self.pixels[m, y, x] = decayed + 1 if on else decayed - 1
            self.pixel_times[y, x] = t
            return
        grown = [self.exp(t / tau) for tau in w.tau_us]
        for row, column in np.ndindex(w.patches):
            dy, dx = y - row * w.stride, x - column * w.stride
            if 0 <= dy < w.size and 0 <= dx < w.size:
                for m in range(self.taus):
                    for k in range(self.k):
                        word = self.number(w.filters[m, k, dy, dx]) * grown[m]
                        old = self.sums[m, row, column, k]
                        self.sums[m, row, column, k] = old + word if on else old - word

    def patches(self, t: float) -> Any:
        w, h = self.w, np.full((*self.w.patches, self.k), None)
        decays = [self.exp(-t / tau) for tau in w.tau_us] if self.incremental else []
        if not self.incremental:
            for m, tau in enumerate(w.tau_us):
                self.meter.multiplies += 1  # one factor where all traces are as old; here each has its own age
                for y, x in np.ndindex(w.height, w.width):
                    self.pixels[m, y, x] *= math.exp((self.pixel_times[y, x] - t) / tau)
            self.pixel_times[...] = t
        for row, column, k in np.ndindex(h.shape):
            total: Any = self.number(w.bias[k])
            for m in range(self.taus):
                if self.incremental:
                    total += self.sums[m, row, column, k] * decays[m]
                    continue
                for dy, dx in np.ndindex(w.size, w.size):
                    trace = self.pixels[m, row * w.stride + dy, column * w.stride + dx]
                    total += trace * float(w.filters[m, k, dy, dx])
            h[row, column, k] = self.relu(total)
        return h

    def relu(self, value: Any) -> Any:
        self.checks += 1
        return value if plain(value) > 0 else self.number(0.0)

    def rates(self, t: float) -> list[Any]:
        w, h, pool = self.w, self.patches(t), []
        for r, c in np.ndindex(w.regions):
            for k in range(self.k):
                inside = [
                    h[r * w.pool_stride[0] + a, c * w.pool_stride[1] + b, k] for a, b in np.ndindex(tuple(w.pool))
                ]
                total = inside[0]
                for value in inside[1:]:
                    total += value
                pool.append(total * (1 / len(inside)))
        z = []
        for j in range(len(w.hidden_bias)):
            total = self.number(w.hidden_bias[j])
            for i, value in enumerate(pool):
                total += value * float(w.hidden[i, j])
            z.append(self.relu(total))
        found = []
        for o in range(w.n_out):
            total = self.number(w.out_bias[o])
            for j, value in enumerate(z):
                total += value * float(w.out[j, o])
            found.append(total)
        return found

    def follow(self, inputs: range, t: float) -> None:
        taus = self.w.head.tau_us
        self.meter.multiplies += len(taus)
        for j in inputs:
            for m, tau in enumerate(taus):
                x, factor = self.x[j], math.exp((self.followed_to[j] - t) / tau)
                self.lp[j, m] = x + (self.lp[j, m] - x) * factor
            self.followed_to[j] = t

    def answer(self, t: float) -> list[float]:
        head, n = self.w.head, len(self.x)
        shown = dict(self.lp)
        for m, (tau, ramp) in enumerate(zip(head.tau_us, head.ramp)):
            if ramp:
                grown = 1 - self.number(self.exp(-t / tau))
                for j in range(n):
                    shown[j, m] = shown[j, m] * grown
        answers = []
        for o in range(head.mix.shape[1]):
            total = self.number(head.mix[0, o])
            for j in range(n):
                total += self.x[j] * float(head.mix[1 + j, o])
                for m in range(len(head.tau_us)):
                    total += shown[j, m] * float(head.mix[1 + n + j * len(head.tau_us) + m, o])
            answers.append(plain(total))
        return answers

    def compute(self, t: float) -> list[float]:
        """Rates, traces of all inputs, answers."""
        self.follow(range(len(self.x)), t)
        self.x[self.w.n_out :] = self.rates(t)
        return self.answer(t)


@pytest.mark.parametrize("incremental", [False, True])
def test_counts_and_answers_are_those_of_a_real_recomputation_at_every_event_and_sample(incremental: bool) -> None:
    weights, events = small_weights(), pixels(n=N)
    gyro_t, gyro = samples(rates()[:10], weights.n_out)
    gyro_t = gyro_t + 0.5  # at no event's time
    counted = Counted(weights, incremental=incremental)
    times = np.union1d(events["t"], gyro_t)
    assert len(times) == N + len(gyro_t)
    work, found = Work(events=N), []
    for t in times:
        if t in gyro_t:
            counted.follow(range(len(counted.x)), t)
            counted.x[: weights.n_out] = [counted.number(v) for v in gyro[int(np.searchsorted(gyro_t, t))]]
            counted.meter.multiplies -= len(weights.head.tau_us) * (1 + len(counted.x))  # time does not go on:
            counted.meter.adds -= 2 * len(weights.head.tau_us) * len(counted.x)  # following once is enough
        else:
            event = events[int(np.searchsorted(events["t"], t))]
            counted.event(float(t), int(event["x"]), int(event["y"]), bool(event["p"]))
            rows, columns = (
                sum(0 <= at - p * weights.stride < weights.size for p in range(n))
                for at, n in ((int(event["y"]), weights.patches[0]), (int(event["x"]), weights.patches[1]))
            )
            work.covered += rows * columns
        found.append(counted.compute(float(t)))
        for counts in (work.evaluated, work.read):
            counts["gyro" if t in gyro_t else "dvs"] += 1
    tally = tally_of(work, weights, incremental=incremental)
    assert (tally.adds, tally.multiplies) == (counted.meter.adds, counted.meter.multiplies)
    assert tally.compares == counted.checks
    dvs = ExactRates(weights).take(events, times)
    answers = ExactHead(weights).take(gyro_t, gyro, times, dvs, times)
    assert np.allclose(answers, found, rtol=1e-9, atol=1e-9)


def test_samples_between_answers_cost_their_own_traces_only() -> None:
    weights = small_weights()
    counted = Counted(weights, incremental=True)
    counted.follow(range(weights.n_out), 5.0)
    tally = tally_of(Work(followed=1), weights, incremental=True)
    assert (tally.adds, tally.multiplies) == (counted.meter.adds, counted.meter.multiplies)


def test_causes_and_layers_add_up() -> None:
    work = Work(events=7, covered=20, followed=3)
    work.evaluated |= {"dvs": 5, "clock": 2}
    work.read |= {"gyro": 4}
    for incremental in (False, True):
        tally = tally_of(work, small_weights(), incremental=incremental)
        assert (
            sum(by_cause(tally).values())
            == operations(tally.totals())
            == tally.adds + tally.multiplies + tally.compares
        )
        assert by_cause(tally)["clock"] == 2 * recompute(small_weights(), incremental=incremental)


def test_a_dense_pass_of_two_time_constants_has_the_size_it_is_said_to_have() -> None:
    w = FusionWeights.random()
    filters, taus, k = 165 * 64, len(w.tau_us), w.n_filters
    macs = filters * taus * k + 192 * 64 + 64 * 3
    rest = 192 * 29 + 192 + 165 * k + 64 + taus * (64 * 48 + 1)  # means, checks, decays of pixels
    assert recompute(w) == 2 * macs + rest
