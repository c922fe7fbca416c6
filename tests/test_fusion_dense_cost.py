"""Closed forms of what recomputing costs: against plain Python on numbers that count what is done to them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from counting import Meter, Number, plain
from fusion_cases import pixels, rates, small_weights

from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.fusion.dense_cost import Work, by_cause, operations, recompute, tally_of
from eventnet.scenarios.fusion.exact import ExactHead, ExactRates
from eventnet.scenarios.fusion.stream import samples

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
