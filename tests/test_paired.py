"""Intervals by Student's t: against closed forms, printed tables and sums done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.shared.paired import MeanInterval, mean_interval, paired_difference, student_t


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
