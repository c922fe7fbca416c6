"""Hotelling's T-squared and the tail of F: closed forms, Student's t, and how often it is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.shared.hotelling import fisher_tail, hotelling, incomplete_beta
from eventnet.scenarios.shared.paired import student_t


def test_two_degrees_of_freedom_have_a_closed_form() -> None:
    for below in (1, 2, 7, 30):
        for f in (0.01, 0.5, 1.0, 3.7, 40.0):
            assert fisher_tail(f, 2, below) == pytest.approx((1 + 2 * f / below) ** (-below / 2), rel=1e-12)
    assert fisher_tail(0, 3, 3) == 1.0


def test_one_degree_of_freedom_is_students_t() -> None:
    for freedom in (1, 4, 31):
        for p in (0.6, 0.975, 0.9995):
            assert fisher_tail(student_t(p, freedom) ** 2, 1, freedom) == pytest.approx(2 * (1 - p), rel=1e-8)


def test_whole_numbers_are_a_sum_of_binomial_probabilities() -> None:
    from math import comb

    for a, b, x in ((3, 4, 0.3), (8, 2, 0.9), (2, 9, 0.5), (15, 15, 0.02)):
        n = a + b - 1
        by_hand = sum(comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(a, n + 1))
        assert incomplete_beta(x, a, b) == pytest.approx(by_hand, rel=1e-12)
    assert (incomplete_beta(0, 1, 1), incomplete_beta(1, 1, 1)) == (0.0, 1.0)


def test_one_number_is_the_t_test() -> None:
    x = np.array([[1.0], [2.0], [4.0], [3.5]])
    t = x.mean() / (x.std(ddof=1) / 2)
    assert hotelling(x, np.zeros(1)).t2 == pytest.approx(t * t, rel=1e-12)


@pytest.mark.slow
def test_p_is_as_often_below_a_level_as_it_says() -> None:
    rng = np.random.default_rng(1)
    mix = rng.normal(size=(5, 5))
    p = np.array([hotelling(rng.normal(size=(12, 5)) @ mix, np.zeros(5)).p for _ in range(2000)])
    for level in (0.05, 0.3, 0.8):
        assert abs((p < level).mean() - level) < 4 * np.sqrt(level * (1 - level) / 2000)


def test_too_few_vectors_are_refused() -> None:
    with pytest.raises(ModelError, match="there are 3 vectors of 3 numbers; wanted more than 3"):
        hotelling(np.eye(3), np.zeros(3))
