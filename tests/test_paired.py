"""Intervals by Student's t: against closed forms, printed tables and sums done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.shared.paired import (
    MeanInterval,
    mean_interval,
    paired_difference,
    paired_ratio,
    student_t,
    times,
)


@pytest.mark.parametrize("p", [0.5, 0.6, 0.75, 0.9, 0.975, 0.9995])
def test_quantiles_of_one_and_two_degrees_are_closed_forms(p: float) -> None:
    assert student_t(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-9, abs=1e-12)
    assert student_t(p, 2) == pytest.approx((2 * p - 1) / math.sqrt(2 * p * (1 - p)), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("freedom", "table"),
    [(3, 3.182), (4, 2.776), (5, 2.571), (8, 2.306), (9, 2.262), (10, 2.228), (19, 2.093), (30, 2.042), (120, 1.980)],
)
def test_quantiles_are_those_of_printed_tables(freedom: int, table: float) -> None:
    assert round(student_t(0.975, freedom), 3) == table


def test_the_density_adds_up_to_the_probability_of_a_quantile() -> None:
    """Simpson's rule on the density, whose constant is made of gamma functions: it shares nothing with the sum."""
    for freedom in (1, 2, 7, 9, 24):
        t = student_t(0.95, freedom)
        x = np.linspace(0, t, 2001)
        constant = math.gamma((freedom + 1) / 2) / (math.sqrt(freedom * math.pi) * math.gamma(freedom / 2))
        density = constant * (1 + x * x / freedom) ** (-(freedom + 1) / 2)
        area = (t / 2000 / 3) * (density[0] + density[-1] + 4 * density[1:-1:2].sum() + 2 * density[2:-1:2].sum())
        assert area == pytest.approx(0.45, abs=1e-10)


def test_an_interval_by_hand() -> None:
    """1, 2, 3: mean 2, deviation 1, so 2 ± 4.30265 / sqrt(3)."""
    found = mean_interval([1.0, 2.0, 3.0])
    assert (found.mean, found.low, found.high) == pytest.approx((2, 2 - 2.484138, 2 + 2.484138), abs=1e-5)
    assert not found.parts_from_zero()
    assert found.ends(".1f") == "-0.5 to 4.5"


def test_differences_are_of_the_same_seed() -> None:
    """Values that go from 0 to 100 over seeds, a difference of 1 each, once 1.5: the spread of values does not count."""
    partner = {seed: 25.0 * seed for seed in range(5)}
    mine = {seed: value + 1 + 0.5 * (seed == 2) for seed, value in reversed(partner.items())}
    found = paired_difference(mine, partner)
    assert found.mean == pytest.approx(1.1)
    assert found.low == pytest.approx(1.1 - 2.776445 * math.sqrt(0.05) / math.sqrt(5), abs=1e-6)
    assert found.parts_from_zero()
    assert paired_difference(partner, mine).parts_from_zero()


def test_a_ratio_is_the_mean_of_logarithms_and_its_interval_is_not_even() -> None:
    """Ratios 1, 2 and 4 of values far apart: 2, and 2 to the power of 1 ± 4.302653 / sqrt(3)."""
    partner = {0: 0.01, 1: 5.0, 2: 300.0}
    mine = {2: 1200.0, 0: 0.01, 1: 10.0}
    found = paired_ratio(mine, partner)
    half = 4.302653 / math.sqrt(3)
    assert (found.mean, found.low, found.high) == pytest.approx((2, 2 ** (1 - half), 2 ** (1 + half)), rel=1e-5)
    assert paired_ratio(partner, mine).mean == pytest.approx(0.5)
    assert paired_ratio({5: 3.0}, {5: 2.0}) == MeanInterval(pytest.approx(1.5), None, None)
    for wrong in (0.0, -1.0, math.nan):
        with pytest.raises(ModelError, match="a ratio wants all above 0"):
            paired_ratio({0: 1.0, 1: wrong}, {0: 1.0, 1: 2.0})
    with pytest.raises(ModelError, match="wanted the same for both"):
        paired_ratio({0: 1.0}, {1: 1.0})


def test_a_ratio_of_costs_in_words() -> None:
    assert times(MeanInterval(2.0, None, None)) == "2 times fewer"
    assert times(MeanInterval(2.0, 0.5, 8.0), "less") == "2 (0.5 to 8) times less"
    assert times(MeanInterval(0.25, 0.2, 0.5)) == "4 (2 to 5) times more"


def test_a_single_seed_has_no_interval() -> None:
    found = mean_interval([3.0])
    assert found == MeanInterval(3.0, None, None)
    assert found.ends(".1f") is None
    assert not found.parts_from_zero()


def test_what_is_no_sample_is_refused() -> None:
    with pytest.raises(ModelError, match="no values"):
        mean_interval([])
    with pytest.raises(ModelError, match=r"level is 1; wanted a number between 0 and 1"):
        mean_interval([1.0, 2.0], 1)
    with pytest.raises(ModelError, match=r"seeds are \[1\] and \[1, 2\]; wanted the same"):
        paired_difference({1: 1.0}, {1: 1.0, 2: 2.0})
    for p, freedom in ((0.4, 3), (1.0, 3), (0.9, 0)):
        with pytest.raises(ModelError, match="degrees of freedom"):
            student_t(p, freedom)
