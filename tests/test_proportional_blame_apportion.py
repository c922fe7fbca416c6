"""Whole numbers in proportion sum to their total, and none is a whole one away from its part."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from eventnet.cost.proportional_blame import apportion


@pytest.mark.parametrize("seed", range(20))
def test_parts_of_a_whole_sum_to_it_and_lie_near(seed: int) -> None:
    rng = np.random.default_rng(seed)
    total, n = int(rng.integers(0, 10**6)), int(rng.integers(1, 50))
    weights = rng.integers(1, 1000, n)
    exact = [Fraction(int(w) * total, int(weights.sum())) for w in weights]
    made = apportion(np.array([float(x) for x in exact]), total)
    assert made.sum() == total
    assert all(abs(int(m) - x) < 1 for m, x in zip(made, exact, strict=True))


def test_equal_remainders_go_to_the_first() -> None:
    assert apportion(np.array([0.5, 0.5, 0.5, 0.5]), 2).tolist() == [1, 1, 0, 0]


def test_what_rounding_has_lifted_is_taken_back() -> None:
    assert apportion(np.array([1.0, 1.0 + 1e-12, 2.0]), 3).tolist() == [1, 1, 1]
    assert apportion(np.zeros(0), 0).tolist() == []


def test_parts_that_fall_short_by_rounding_are_made_up_for() -> None:
    assert apportion(np.array([2.9999999999, 0.0]), 3).tolist() == [3, 0]
