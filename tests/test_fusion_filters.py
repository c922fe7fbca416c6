"""Cheap heads: their arithmetic against matrices and loops of NumPy, their costs against numbers that count themselves."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from counting import Meter, Number, plain

from eventnet.errors import ModelError
from eventnet.scenarios.fusion import filters
from eventnet.scenarios.fusion.filters import (
    COSTS,
    FAST,
    FAST_TRACES,
    LATE,
    STATE,
    TRACES_US,
    Complementary,
    FilterHead,
    Kalman,
    SlowTraces,
    filter_head,
)

NUMBERS: dict[str, Any] = {
    "complementary": Complementary(0.25, 0.0625, 0.03125),
    "Kalman": Kalman(9e4, 0.2, 80.0, 300.0, 2.0, 25.0),
    "slow traces": SlowTraces(tuple(np.linspace(-1, 1, 1 + len(TRACES_US)))),
}
N = 60


def drawn(seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """Times and samples of a gyroscope, and of a camera at other times."""
    rng = np.random.default_rng(seed)
    gyro_t, dvs_t = np.arange(N) * 1e3 + rng.uniform(100, 900, N), np.arange(1, N // 3) * 3e3
    return gyro_t, rng.normal(0, 20, (N, 3)), dvs_t, rng.normal(0, 20, (len(dvs_t), 3))


def held(gyro_t: Any, dvs_t: Any, dvs: Any) -> tuple[Any, Any]:
    """The camera's rates at each sample, 0 before the first, and whether they are new."""
    at = np.searchsorted(dvs_t, gyro_t, "right")
    return np.concatenate((np.zeros((1, 3)), dvs))[at], np.diff(at, prepend=0) > 0


@pytest.mark.slow
def test_the_complementary_filter_is_its_equations() -> None:
    gyro_t, gyro, dvs_t, dvs = drawn()
    w, _ = held(gyro_t, dvs_t, dvs)
    p, omega, bias, wanted = NUMBERS["complementary"], np.zeros(3), np.zeros(3), []
    for g, seen in zip(gyro, w):
        omega, bias = (
            omega + p.gyroscope * (g - bias - omega) + p.camera * (seen - omega), bias - p.bias * (seen - omega)
        )  # fmt: skip
        wanted.append([*omega, *seen, *g])
    found = FilterHead("complementary", p).begin().take(gyro_t, gyro, dvs_t, dvs, gyro_t)
    assert np.allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.slow
def test_the_kalman_filter_is_that_of_matrices() -> None:
    gyro_t, gyro, dvs_t, dvs = drawn()
    w, new = held(gyro_t, dvs_t, dvs)
    p: Kalman = NUMBERS["Kalman"]
    for axis in range(3):
        x, now, wanted = np.zeros(3), 0.0, []
        cov = np.diag([p.drive * p.tau_s**2, p.drive, p.prior])
        for t, g, seen, fresh in zip(1e-6 * gyro_t, gyro[:, axis], w[:, axis], new):
            f = np.exp(-(t - now) / p.tau_s)
            step = np.array([[1, t - now, 0], [0, f, 0], [0, 0, 1]])
            x, cov, now = step @ x, step @ cov @ step.T + np.diag([0, p.drive * (1 - f * f), 0]), t
            looks = [(np.array([1.0, 0, 1]), g, p.noise)]
            for h, z, noise in looks + ([(np.array([1.0, 0, 0]), seen, -1.0)] if fresh else []):
                noise = p.doubt + p.growth * x[0] ** 2 if noise < 0 else noise
                gain = cov @ h / (h @ cov @ h + noise)
                x, cov = x + gain * (z - h @ x), cov - np.outer(gain, h @ cov)
            wanted.append(x[0])
        found = FilterHead("Kalman", p).begin().take(gyro_t, gyro, dvs_t, dvs, gyro_t)
        assert np.allclose(found[:, axis], wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["complementary", "Kalman"])
def test_a_filter_says_what_it_takes_for_the_bias(name: str) -> None:
    made = FilterHead(name, NUMBERS[name]).begin()
    t, still = np.arange(1.0, 3001) * 1e3, np.zeros((3000, 3))
    made.take(t, still + np.array([3, -2, 0]), t - 1, still, t)
    assert made.bias == pytest.approx([3, -2, 0], abs=0.2)


def test_slow_traces_are_those_of_held_samples_in_closed_form() -> None:
    gyro_t, gyro, *_ = drawn()
    p: SlowTraces = NUMBERS["slow traces"]
    none = np.empty(0), np.empty((0, 3))
    found = FilterHead("slow traces", p).begin().take(gyro_t, gyro, *none, gyro_t)[:, :3]
    for n in (0, 1, 17, N - 1):
        wanted = p.weights[0] * gyro[n]
        for m, tau in enumerate(TRACES_US):
            ends = np.exp((gyro_t[: n + 1] - gyro_t[n]) / tau)
            trace = (np.diff(ends)[:, None] * gyro[:n]).sum(axis=0)
            grown = 1 - np.exp(-gyro_t[n] / tau) if m >= FAST_TRACES else 1.0
            wanted = wanted + p.weights[1 + m] * grown * trace
        assert np.allclose(found[n], wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["cheap", *NUMBERS])
def test_windows_of_any_length_give_the_same_bytes(name: str) -> None:
    head = FilterHead(name, NUMBERS[name]) if name in NUMBERS else filter_head(name, 2000.0)
    gyro_t, gyro, dvs_t, dvs = drawn()
    whole = head.begin().take(gyro_t, gyro, dvs_t, dvs, gyro_t)
    for window in (700, 2900):
        run, found = head.begin(), []
        for begin in range(0, N * 1000, window):
            own, seen = ((t >= begin) & (t < begin + window) for t in (gyro_t, dvs_t))
            found.append(run.take(gyro_t[own], gyro[own], dvs_t[seen], dvs[seen], gyro_t[own]))
        assert np.array_equal(np.concatenate(found), whole)


def counted(values: Any, meter: Meter) -> list[Any]:
    return [Number(float(value), meter) for value in np.ravel(values)]


def steps(name: str, numbers: Any, meter: Meter, look: bool) -> int:
    """One step of three axes on counting numbers; gives how many values of state an axis has read."""
    gyro, seen, p = (
        counted([3.0, -5.0, 2.0], meter),
        counted([1.0, 4.0, 0.5], meter),
        [float(v) for v in np.ravel(numbers)],
    )
    size = STATE[name]
    shrink, grown = counted(np.full(len(TRACES_US), 0.5), meter), []
    if name == "slow traces":
        meter.multiplies += len(TRACES_US)  # exponentials of all traces
        for _ in range(len(TRACES_US) - FAST_TRACES):
            meter.multiplies += 1
            grown.append(1.0 - Number(0.25, meter))
        p = [p[0], *p[1:]]
    for axis in range(3):
        x = counted(np.linspace(1, 2, size), meter)
        if name == "complementary":
            filters.complementary_step.py_func(x, p, gyro[axis], seen[axis])
        elif name == "Kalman" and look:
            with patch.object(filters, "kalman_update", filters.kalman_update.py_func):
                filters.kalman_look.py_func(x, p, seen[axis])
        elif name == "Kalman":
            meter.multiplies += 1  # the exponential, of plain numbers
            filters.math = _Exponential(meter)  # type: ignore[assignment]
            try:
                with patch.object(filters, "kalman_update", filters.kalman_update.py_func):
                    filters.kalman_step.py_func(x, p, 0.001, gyro[axis])
            finally:
                filters.math = __import__("math")
        else:
            filters.slow_step.py_func(x, p, shrink, grown, gyro[axis])
        assert all(np.isfinite(plain(value)) for value in x)
    return size


class _Exponential:
    """An exponential whose value counts what is done with it."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def exp(self, value: float) -> Number:
        return Number(np.exp(value), self.meter)


@pytest.mark.parametrize(("name", "look"), [("complementary", False), ("Kalman", False), ("Kalman", True), ("slow traces", False)])  # fmt: skip
def test_costs_are_those_of_numbers_that_count_themselves(name: str, look: bool) -> None:
    meter = Meter()
    steps(name, NUMBERS[name], meter, look)
    costs = COSTS[name].look if look else COSTS[name].answer
    assert (costs.adds, costs.multiplies, costs.checks) == (meter.adds, meter.multiplies, 0)


def test_the_cheap_head_costs_what_the_engines_filter_counts() -> None:
    costs = COSTS["cheap"].answer  # the engine's count is held by its own test
    assert (costs.adds, costs.multiplies) == (36, 36)


def test_late_cameras_have_numbers_of_their_own_and_wrong_names_are_refused() -> None:
    assert filter_head("cheap", 2000.0).numbers == FAST["cheap"]
    assert filter_head("cheap", 33_000.0).numbers == LATE["cheap"] != FAST["cheap"]
    assert filter_head("slow traces", 0.0, 1.0).numbers != filter_head("slow traces", 0.0, 10.0).numbers
    with pytest.raises(ModelError, match="'Kalmann'; wanted one of"):
        filter_head("Kalmann", 2000.0)
    gyro_t, gyro, dvs_t, dvs = drawn()
    with pytest.raises(ModelError, match="wanted an answer at each sample"):
        FilterHead("Kalman", NUMBERS["Kalman"]).begin().take(gyro_t, gyro, dvs_t, dvs, gyro_t[:5])
    with pytest.raises(ModelError, match="2 weights; wanted 8"):
        FilterHead("slow traces", SlowTraces((1.0, 2.0))).begin()
