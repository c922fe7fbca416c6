"""Kernels of spike timing against their definitions by convolution, in whole fractions; sums of two forms are equal."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from eventnet.errors import NetworkError
from eventnet.learning.spike_kernels import (
    Side,
    difference_kernel,
    dynamic_kernel,
    predictive_kernel,
    stdp_kernel,
    sum_online,
    sum_over_pairs,
    symmetric_kernel,
)

LAGS = np.arange(-12, 13)


def reconstruction(train: Any, alpha: Fraction, steps: int) -> list[Fraction]:
    """R by (6.6), exactly, with `steps` more after the train."""
    made, r = [], Fraction(0)
    for q in [*train, *[0] * steps]:
        r = alpha * r + q
        made.append(r)
    return made


def by_definition(alpha: float, lag: int, reach: int = 2000) -> tuple[float, float]:
    """The symmetric and the dynamic kernel as sums over time of two decoded spikes, a `lag` apart."""
    pre = lambda t: alpha**t if t >= 0 else 0.0  # noqa: E731
    post = lambda t: pre(t - lag)  # noqa: E731
    times = range(-20, reach)
    return (
        math.fsum(pre(t) * post(t) for t in times),
        math.fsum(pre(t) * (post(t + 1) - post(t - 1)) / 2 for t in times),
    )


@pytest.mark.parametrize("alpha", [0.3, 0.8, 0.98])
def test_kernels_are_the_convolutions_that_define_them(alpha: float) -> None:
    symmetric, dynamic = np.array([by_definition(alpha, int(lag)) for lag in LAGS]).T
    np.testing.assert_allclose(symmetric_kernel(LAGS, alpha), symmetric, rtol=1e-12)  # 2,000 products
    np.testing.assert_allclose(dynamic_kernel(LAGS, alpha), dynamic, rtol=1e-12, atol=1e-15)
    wide = np.arange(-400, 401)
    sums = np.convolve(symmetric_kernel(wide, alpha), difference_kernel(np.arange(1, -2, -1)), "same")  # flipped
    np.testing.assert_allclose(sums[388:413], dynamic_kernel(LAGS, alpha), rtol=1e-9, atol=1e-12)
    wanted = [alpha**t if t >= 0 else 0.0 for t in LAGS.tolist()]
    np.testing.assert_allclose(predictive_kernel(LAGS, alpha), wanted, rtol=1e-15)  # NumPy's powers are not Python's


def test_the_dynamic_kernel_is_the_curve_of_stdp() -> None:
    """a = 1 / (2 alpha) and tau = 1 / log(1 / alpha), on both sides (6.12)."""
    for alpha in (0.2, 0.7, 0.95):
        a, tau = 1 / (2 * alpha), 1 / math.log(1 / alpha)
        wanted = stdp_kernel(LAGS, a_plus=a, a_minus=a, tau_plus=tau, tau_minus=tau)
        np.testing.assert_allclose(dynamic_kernel(LAGS, alpha), wanted, rtol=1e-13)


def test_kernels_without_memory_reach_one_step() -> None:
    assert dynamic_kernel([-2, -1, 0, 1, 2], 0.0).tolist() == [0, -0.5, 0, 0.5, 0]
    assert symmetric_kernel([-1, 0, 1], 0.0).tolist() == [0, 1, 0]
    assert difference_kernel([-2, -1, 0, 1, 2]).tolist() == [0, 0.5, 0, -0.5, 0]


def test_each_side_of_the_curve_has_its_own_size_and_time() -> None:
    found = stdp_kernel([-3, 0, 2], a_plus=0.5, a_minus=0.25, tau_plus=4, tau_minus=9)
    assert found == pytest.approx([-0.25 * math.exp(-3 / 9), 0, 0.5 * math.exp(-2 / 4)], rel=1e-15)


def test_dynamics_equal_the_sum_over_pairs_exactly() -> None:
    """Sum of R_i(t) (R_j(t+1) - R_j(t-1)) / 2 with zeros beyond the ends; whole fractions know no rounding (6.11).

    Beyond the last spike both reconstructions decay as alpha^n, so that what remains is c alpha^(2n), which is summed up.
    """
    rng = np.random.default_rng(1)
    alpha = Fraction(3, 4)
    for _ in range(20):
        pre, post = (rng.integers(0, 2, 30).tolist() for _ in range(2))
        r_i, r_j = reconstruction(pre, alpha, 2), reconstruction(post, alpha, 2)
        dynamics = sum(r_i[t] * (r_j[t + 1] - (r_j[t - 1] if t else 0)) / 2 for t in range(31))
        rest = r_i[31] * (alpha - 1 / alpha) * r_j[31] / 2 / (1 - alpha**2)
        pairs = sum(
            (alpha ** abs(b - a) / (2 * alpha)) * (1 if b > a else -1)
            for a in range(30) for b in range(30) if pre[a] and post[b] and a != b
        )  # fmt: skip
        assert dynamics + rest == pairs
        found = sum_over_pairs(pre, post, lambda lag: dynamic_kernel(lag, 0.75))
        assert found == pytest.approx(float(pairs), abs=1e-12)


@pytest.mark.parametrize("kind", ["spikes", "signed", "real"])
def test_two_traces_give_the_sum_over_pairs(kind: str) -> None:
    """The online trick, for each kernel; at each step it has summed the pairs so far."""
    rng = np.random.default_rng(2)
    size = 1 / (1 - 0.9**2)
    cases = [
        ({"after": Side(size, 0.9), "before": Side(size, 0.9), "together": size}, lambda t: symmetric_kernel(t, 0.9)),
        ({"after": Side(1 / 1.8, 0.9), "before": Side(-1 / 1.8, 0.9)}, lambda t: dynamic_kernel(t, 0.9)),
        (
            {"after": Side(0.3, math.exp(-1 / 20)), "before": Side(-0.2, math.exp(-1 / 35))},
            lambda t: stdp_kernel(t, a_plus=0.3, a_minus=0.2, tau_plus=20, tau_minus=35),
        ),
    ]
    draw = {
        "spikes": lambda: rng.integers(0, 2, 120), "signed": lambda: rng.integers(-1, 2, 120),
        "real": lambda: rng.normal(size=120),
    }[kind]  # fmt: skip
    for sides, kernel in cases:
        pre, post = draw(), draw()
        grown = sum_online(pre, post, **sides)  # type: ignore[arg-type]
        for t in (0, 1, 50, 119):
            wanted = sum_over_pairs(pre[: t + 1], post[: t + 1], kernel)
            assert grown[t] == pytest.approx(wanted, rel=1e-11, abs=1e-11)  # 120 decays


def test_what_is_out_of_range_is_refused() -> None:
    for alpha in (1.0, -0.1, float("nan")):
        for kernel in (predictive_kernel, symmetric_kernel, dynamic_kernel):
            with pytest.raises(NetworkError, match=f"alpha is {alpha}; wanted 0 <= alpha < 1"):
                kernel([1], alpha)
        with pytest.raises(NetworkError, match="alpha is"):
            sum_online([1, 0], [0, 1], after=Side(1, alpha), before=Side(1, 0.5))
    with pytest.raises(NetworkError, match="time constants are 0 and 3"):
        stdp_kernel([1], a_plus=1, a_minus=1, tau_plus=0, tau_minus=3)
    with pytest.raises(NetworkError, match=r"shapes \(2,\) and \(3,\)"):
        sum_over_pairs([1, 0], [1, 0, 1], lambda t: t * 1.0)
