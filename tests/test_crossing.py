"""Predicted crossings against the exact solution in 40 digits and against an integration in small steps."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from few import few
from numba import njit

from eventnet.errors import NetworkError
from eventnet.neurons import crossing
from eventnet.neurons.crossing import (
    APART,
    DOUBLE,
    EQUAL,
    GAIN,
    KIND,
    NEAR,
    OTHER,
    SMALL,
    SPREAD,
    alpha_factors,
    alpha_time_to_threshold,
    constants,
    factors,
    time_to_threshold,
)

TAUS = [
    (20_000.0, 10_000.0), (10_000.0, 10_000.0), (20_000.0, 5_000.0), (5_000.0, 20_000.0), (10_000.0, 10_001.0),
    (10_000.0, 9_000.0), (20_000.0, 300.0), (300.0, 20_000.0),
]  # fmt: skip
DIGITS = 40
NOTHING = np.zeros(12, dtype=np.int64)


@njit(error_model="numpy")
def compiled(v: Any, current: Any, rise: Any, c: Any, tally: Any, found: Any) -> None:
    for k in range(len(v)):
        if rise[k] == 0:
            found[k] = time_to_threshold(v[k], current[k], c, tally)
        else:
            found[k] = alpha_time_to_threshold(v[k], current[k], rise[k], c, tally)


def predicted(v: Any, current: Any, rise: Any, c: Any) -> Any:
    found = np.zeros(len(v))
    compiled(v, current, rise, c, np.zeros(12, dtype=np.int64), found)
    return found


def potential(t: Any, v: Any, current: Any, rise: Any, tau_m: float, tau_s: float) -> Decimal:
    """v above rest at time t by the solution as it stands in textbooks, in 40 digits."""
    with localcontext() as context:
        context.prec = DIGITS
        v, current, rise, tm, ts, t = (Decimal(float(x)) if not isinstance(x, Decimal) else x for x in (v, current, rise, tau_m, tau_s, t))  # fmt: skip
        if tm == ts:
            return (v + (current * t + rise * t * t / 2) / tm) * (-t / tm).exp()
        b = rise * ts / (ts - tm)
        a = (current - tm * b) * ts / (ts - tm)
        return (v - a) * (-t / tm).exp() + (a + b * t) * (-t / ts).exp()


def states(n: int, alpha: bool, seed: int, tau_s: float, threshold: float = 1.0) -> tuple[Any, Any, Any]:
    """Potentials below the threshold, some far below; currents weak, strong and inhibitory."""
    rng = np.random.default_rng(seed)
    v = threshold * np.where(rng.random(n) < 0.1, rng.uniform(-30, 0, n), rng.uniform(-2, 1, n))
    current = threshold * np.exp(rng.uniform(-1, 5, n)) * np.where(rng.random(n) < (0.4 if alpha else 0.05), -1, 1)
    rise = threshold * rng.uniform(-2, 8, n) * math.e / tau_s if alpha else np.zeros(n)
    return v, current, rise


@pytest.mark.slow
@pytest.mark.parametrize("threshold", few([15.0, 1.0], 1))
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("tau_m", "tau_s"), TAUS)
def test_the_potential_at_a_predicted_crossing_is_the_threshold(
    tau_m: float, tau_s: float, alpha: bool, threshold: float
) -> None:
    c = constants(tau_m, tau_s, threshold, alpha=alpha)
    v, current, rise = states(300, alpha, 1, tau_s, threshold)
    found = predicted(v, current, rise, c)
    crossed = np.flatnonzero(np.isfinite(found))
    assert len(crossed) > 5
    worst = 0.0
    for k in crossed:
        error = potential(found[k], v[k], current[k], rise[k], tau_m, tau_s) - Decimal(threshold)
        worst = max(worst, abs(float(error)) / threshold)
    assert worst <= 1e-13


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("tau_m", "tau_s"), few([(20_000.0, 2_500.0), *TAUS[:6], (2_500.0, 20_000.0)], 2))
def test_a_crossing_is_the_first_and_its_existence_is_that_of_small_steps(
    tau_m: float, tau_s: float, alpha: bool
) -> None:
    c = constants(tau_m, tau_s, 1.0, alpha=alpha)
    n = 1000
    v, current, rise = states(n, alpha, 2, tau_s)
    found = predicted(v, current, rise, c)
    # Runge and Kutta's fourth order in steps that are short beside both time constants, and longer as these fade.
    first, highest = np.full(n, np.inf), v.copy()
    x, t, step = np.array([v, current, rise]), 0.0, min(tau_m, tau_s) / 400
    while t < 12 * max(tau_m, tau_s):
        before = x
        x = runge_kutta(x, step, tau_m, tau_s)
        t += step
        # Between two steps: the cubic through both ends and their slopes.
        for part in np.linspace(0.125, 1, 8):
            now = hermite(before, x, part, step, tau_m)
            first = np.where((now >= 1) & (first == np.inf), t - step + part * step, first)
            highest = np.maximum(highest, now)
        if t > 40 * step:
            step = min(tau_m, tau_s) / 400 if t < 8 * min(tau_m, tau_s) else min(tau_m, tau_s) / 20
    clear = np.abs(highest - 1) > 1e-6
    assert clear.sum() > 0.98 * n
    assert (np.isfinite(found) == np.isfinite(first))[clear].all()
    both = np.isfinite(found) & np.isfinite(first)
    assert both.sum() > 20
    assert (found[both] <= first[both] + 1e-6).all()
    assert (first[both] - found[both]).max() <= min(tau_m, tau_s) / 20


def slope(x: Any, tau_m: float, tau_s: float) -> Any:
    return np.array([(x[1] - x[0]) / tau_m, x[2] - x[1] / tau_s, -x[2] / tau_s])


def runge_kutta(x: Any, h: float, tau_m: float, tau_s: float) -> Any:
    k1 = slope(x, tau_m, tau_s)
    k2 = slope(x + h / 2 * k1, tau_m, tau_s)
    k3 = slope(x + h / 2 * k2, tau_m, tau_s)
    k4 = slope(x + h * k3, tau_m, tau_s)
    return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def hermite(a: Any, b: Any, u: float, h: float, tau_m: float) -> Any:
    left, right = (a[1] - a[0]) / tau_m * h, (b[1] - b[0]) / tau_m * h
    return (
        (1 + 2 * u) * (1 - u) ** 2 * a[0] + u * (1 - u) ** 2 * left + u**2 * (3 - 2 * u) * b[0] + u**2 * (u - 1) * right
    )


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("tau_m", "tau_s"), TAUS[:6])
def test_times_agree_with_bisection_to_the_root_of_the_rounding_near_tangency(
    tau_m: float, tau_s: float, alpha: bool
) -> None:
    """From rest, a current whose peak exceeds the threshold by a part of 1e-2 to 1e-13."""
    c = constants(tau_m, tau_s, 1.0, alpha=alpha)
    shape = (0, 0, 1 / tau_s) if alpha else (0, 1, 0)
    top = peak(*shape, tau_m, tau_s)
    height = float(potential(top, *shape, tau_m, tau_s))
    for digits in (2, 4, 6, 8, 10, 12, 13):
        over = 10.0**-digits
        size = (1 + over) / height
        current, rise = size * shape[1], size * shape[2]
        found = predicted(np.zeros(1), np.array([current]), np.array([rise]), c)[0]
        assert np.isfinite(found), f"a peak {over} above the threshold"
        low, high = Decimal(0), top
        for _ in range(80):
            middle = (low + high) / 2
            if potential(middle, 0, current, rise, tau_m, tau_s) < 1:
                low = middle
            else:
                high = middle
        # v'' is about v / (tau_m tau_s) there: an error of a few 1e-16 in v is one of 1e-15 / (2 over)^(1/2) in t
        assert abs(found - float(high)) <= 4e-15 / math.sqrt(over) * max(tau_m, tau_s)
        below = predicted(np.zeros(1), np.array([(1 - over) / height * shape[1]]), np.array([(1 - over) / height * shape[2]]), c)  # fmt: skip
        assert below[0] == np.inf, f"a peak {over} below the threshold"


def peak(v: float, current: float, rise: float, tau_m: float, tau_s: float) -> Decimal:
    """Where the potential from rest is highest, by golden sections in 40 digits."""
    with localcontext() as context:
        context.prec = DIGITS
        low, high, golden = Decimal(0), Decimal(8 * (tau_m + tau_s)), (Decimal(5).sqrt() - 1) / 2
        for _ in range(90):
            a, b = high - golden * (high - low), low + golden * (high - low)
            if potential(a, v, current, rise, tau_m, tau_s) < potential(b, v, current, rise, tau_m, tau_s):
                low = a
            else:
                high = b
        return (low + high) / 2


@pytest.mark.parametrize("kind", [DOUBLE, EQUAL])
def test_closed_forms_and_newton_agree(kind: float) -> None:
    tau_m, tau_s = 20_000.0, 10_000.0 if kind == DOUBLE else 20_000.0
    closed = constants(tau_m, tau_s, 1.0)
    newton = closed.copy()
    assert closed[KIND] == kind
    newton[KIND] = OTHER
    if kind == EQUAL:  # the general form has no such limit: one unit in the last place away
        newton = constants(tau_m, np.nextafter(tau_s, 0), 1.0)
        assert newton[KIND] == OTHER
    v, current, rise = states(20_000, False, 3, tau_s)
    a, b = predicted(v, current, rise, closed), predicted(v, current, rise, newton)
    assert np.array_equal(np.isfinite(a), np.isfinite(b))
    both = np.isfinite(a)
    assert both.sum() > 5000
    # Where a state crosses in passing, both are good to the root of the rounding only.
    apart = np.abs(a[both] - b[both])
    assert np.median(apart / a[both]) < 1e-15
    assert (apart <= 1e-9 * tau_m).all()


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("tau_m", "tau_s"), TAUS)
def test_plain_and_compiled_predictions_are_the_same_bytes(tau_m: float, tau_s: float, alpha: bool) -> None:
    c = constants(tau_m, tau_s, 1.0, alpha=alpha)
    v, current, rise = states(1000, alpha, 4, tau_s)
    plain = np.array([
        alpha_time_to_threshold(a, b, d, c, NOTHING) if d != 0 else time_to_threshold(a, b, c, NOTHING)
        for a, b, d in zip(v, current, rise, strict=True)
    ])  # fmt: skip
    assert plain.tobytes() == predicted(v, current, rise, c).tobytes()


def test_a_unit_at_or_past_its_threshold_crosses_now_and_one_without_current_never() -> None:
    for tau_s in (10_000.0, 20_000.0, 7_000.0):
        c, a = constants(20_000.0, tau_s, 2.0), constants(20_000.0, tau_s, 2.0, alpha=True)
        for v in (2.0, 2.5):
            assert time_to_threshold(v, -1.0, c, NOTHING) == 0
            assert alpha_time_to_threshold(v, -1.0, -1.0, a, NOTHING) == 0
        for v in (1.9999, 0.0, -100.0):
            for current in (2.0, 0.0, -5.0):  # at the threshold v rises with a current above it only
                assert time_to_threshold(v, current, c, NOTHING) == math.inf
                assert alpha_time_to_threshold(v, current, -0.1, a, NOTHING) == math.inf


def test_rejections_come_before_any_transcendental(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"math.{name} was asked for")

    made = [(constants(20_000.0, ts, 1.0), constants(20_000.0, ts, 1.0, alpha=True)) for ts in (10_000.0, 20_000.0, 7_000.0)]  # fmt: skip
    monkeypatch.setattr(crossing, "math", Forbidden())
    for c, a in made:
        assert time_to_threshold(0.5, 0.9, c, NOTHING) == math.inf
        assert time_to_threshold(0.2, 1.2, c, NOTHING) == math.inf
        assert alpha_time_to_threshold(0.5, 0.4, 0.4 / 20_000, a, NOTHING) == math.inf
        assert alpha_time_to_threshold(0.1, 1.1, 0.0, a, NOTHING) == math.inf
        with pytest.raises(AssertionError, match="asked for"):
            time_to_threshold(0.5, 9.0, c, NOTHING)


@pytest.mark.parametrize(("tau_m", "tau_s"), TAUS)
def test_what_is_left_and_what_has_come_are_right_to_the_last_digits(tau_m: float, tau_s: float) -> None:
    c, a = constants(tau_m, tau_s, 1.0), constants(tau_m, tau_s, 1.0, alpha=True)
    for d in np.geomspace(1e-3, 15 * max(tau_m, tau_s), 60):
        # e^-x of a rounded x is off by x rounding errors
        near = {"rel": 1e-15 * (3 + d / tau_m + d / tau_s), "abs": 1e-300}
        of_v, of_current, came = factors(d, SMALL, c, NOTHING)
        exact = [float(potential(d, *x, tau_m, tau_s)) for x in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
        assert of_v == pytest.approx(exact[0], **near)
        assert of_current == pytest.approx(float(potential(d, 1, 0, 0, tau_s, tau_m)), **near)
        # For tau_m = 2 tau_s it is a difference of two exponentials: good to the last digit of the current.
        assert came == pytest.approx(exact[1], **(near | {"abs": 2.0**-52} if c[KIND] == DOUBLE else near))
        of_v, of_current, came, climbed = alpha_factors(d, SMALL, a, NOTHING)
        assert of_v == pytest.approx(exact[0], **near)
        assert came == pytest.approx(exact[1], **near)
        assert climbed == pytest.approx(exact[2], **near)


@pytest.mark.parametrize(("tau_m", "tau_s"), TAUS)
def test_without_a_series_they_are_right_to_the_last_digits_of_the_current(tau_m: float, tau_s: float) -> None:
    for alpha in (False, True):
        c = constants(tau_m, tau_s, 1.0, alpha=alpha)
        assert (c[NEAR] == 0) == (c[SPREAD] <= 4)
        if c[NEAR] == SMALL or c[KIND] == DOUBLE:  # nothing is kept that was found so
            continue
        for d in np.geomspace(1e-3, 15 * max(tau_m, tau_s), 60):
            came, *climbed = (alpha_factors if alpha else factors)(d, 0.0, c, NOTHING)[2:]
            assert came == pytest.approx(float(potential(d, 0, 1, 0, tau_m, tau_s)), abs=c[SPREAD] * 2.0**-52)
            if alpha:
                exact = float(potential(d, 0, 0, 1 / tau_s, tau_m, tau_s))
                assert climbed[0] / tau_s == pytest.approx(exact, abs=c[SPREAD] * 2.0**-51)


def test_the_bounds_are_the_peaks() -> None:
    for tau_m, tau_s in TAUS:
        a = constants(tau_m, tau_s, 1.0, alpha=True)
        for word, shape, more in ((crossing.KAPPA, (0, 1, 0), 1e-12), (crossing.KAPPA_RISE, (0, 0, 1), 1e-9)):
            exact = float(potential(peak(*shape, tau_m, tau_s), *shape, tau_m, tau_s))
            assert 1 < a[word] / exact < 1 + 2 * more
    assert constants(10.0, 10.0, 1.0)[GAIN] == constants(10.0, 10.0, 1.0)[APART] == 0


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ((0.0, 5.0, 1.0), "tau_m is 0.0 ticks; wanted a number above 0"),
        ((5.0, -1.0, 1.0), "tau_s is -1.0 ticks; wanted a number above 0"),
        ((math.nan, 5.0, 1.0), "tau_m is nan"),
        ((5.0, math.inf, 1.0), "tau_s is inf"),
        ((5.0, 2.0**40, 1.0), "below 2\\^40"),
        ((5.0, 5.0, 0.0), "threshold is 0.0 above rest; wanted a finite number above 0"),
        ((5.0, 5.0, math.nan), "threshold is nan above rest"),
        ((5.0, 5.0, 1.0, 1.0), "reset is 1.0 above rest; wanted a finite number below the threshold, 1.0"),
        ((5.0, 5.0, 1.0, -math.inf), "reset is -inf above rest"),
    ],
)
def test_constants_that_make_no_sense_are_refused(arguments: tuple[float, ...], wanted: str) -> None:
    with pytest.raises(NetworkError, match=wanted):
        constants(*arguments)
