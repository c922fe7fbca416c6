"""Compiled steps of units that send bits, beside products of matrices and sums of what was sent."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.learning.bit_units import SIGMA_DELTA, STOCHASTIC, THRESHOLD, encode_bits, follow_bits

DTYPES = ("float32", "float64")


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_that_follow_changes_are_products_of_bits_and_weights(dtype: str) -> None:
    """Of whole numbers, so that sums in any order are the same."""
    rng = np.random.default_rng(1)
    w = rng.integers(-50, 50, (7, 5)).astype(dtype)
    was, sums = np.zeros((3, 7), dtype), np.zeros((3, 5), dtype)
    for _ in range(20):
        bits = rng.integers(0, 2, was.shape).astype(dtype)
        follow_bits(bits, was, w, sums)
        assert np.array_equal(sums, bits @ w)
        was = bits


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_of_sigma_delta_sum_to_their_values_within_half_a_bit(dtype: str) -> None:
    rng = np.random.default_rng(2)
    value = rng.random((4, 6)).astype(dtype)
    last, phi, bits, was = (np.zeros_like(value) for _ in range(4))
    sent, counts, changed = np.zeros_like(value), np.zeros(2, np.int64), 0
    for _ in range(50):
        before = bits.copy()
        encode_bits(SIGMA_DELTA, value, 1.0, np.zeros((0, 0)), last, phi, bits, was, counts)
        assert np.array_equal(was, before)
        sent += bits
        changed += int((bits != before).sum())
    assert abs(sent - 50 * value).max() <= 0.5 + 1e-4
    assert counts.tolist() == [int(sent.sum()), changed]


@pytest.mark.parametrize(("encoder", "limit"), [(STOCHASTIC, 0.25), (THRESHOLD, 0.5)])
def test_bits_without_a_memory_say_on_which_side_of_a_limit_a_value_lies(encoder: int, limit: float) -> None:
    value = np.array([[-1.0, 0.2, 0.3, 0.6, 2.0]])
    last, phi, bits, was = (np.zeros_like(value) for _ in range(4))
    counts = np.zeros(2, np.int64)
    encode_bits(encoder, value, 1.0, np.full(value.shape, 0.25), last, phi, bits, was, counts)
    assert bits.tolist() == [[float(v > limit) for v in value[0]]]
    assert not phi.any()
