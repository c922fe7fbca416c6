"""A level is the minimum of the energy over the grid of its unit; changes of weights sum up to the contrast."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from eventnet.neurons.levels import level_of, nudged, pressure, weight_change


def energy(n: int, k: int, v: Fraction, beta: Fraction, y: Fraction) -> Fraction:
    s = Fraction(n, k)
    return s * s / 2 - s * v + beta * (s - y) ** 2


@pytest.mark.parametrize("k", [1, 2, 7, 64])
@pytest.mark.parametrize("beta", [0.0, 0.5, -0.25, 2.0])
def test_no_other_level_has_less_energy(k: int, beta: float) -> None:
    rng = np.random.default_rng(k)
    for v, y in zip(rng.integers(-256, 513, 200) / 256, rng.integers(0, 2, 200), strict=True):
        n = level_of(nudged(float(v), beta, float(y)), k)
        own = energy(n, k, Fraction(float(v)), Fraction(beta), Fraction(int(y)))
        others = [energy(m, k, Fraction(float(v)), Fraction(beta), Fraction(int(y))) for m in range(k + 1)]
        if k != 7:  # v / (1 + 2 beta) is exact
            assert own == min(others)
        assert float(own - min(others)) < 1e-12


def test_halves_go_up_and_what_is_out_of_range_is_clipped() -> None:
    assert [level_of(v, 4) for v in (-3.0, 0.0, 0.124, 0.125, 0.374, 0.375, 0.99, 1.0, 7.0)] == [
        0,
        0,
        0,
        1,
        1,
        2,
        4,
        4,
        4,
    ]
    assert nudged(0.3, 0.0, 1.0) == 0.3
    assert nudged(0.5, 0.5, 1.0) == 0.75
    assert pressure(np.float32(8), np.float32(-2), np.float32(0.5), 0.25, 0.5) == 1.5


@pytest.mark.parametrize("seed", range(50))
def test_changes_at_events_telescope_to_the_contrast(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(0, 33, 2).tolist()
    before, learned = n[0] * n[1], 0
    for _ in range(20):
        j = int(rng.integers(2))
        new = int(rng.integers(0, 33))
        learned += weight_change(1, new - n[j], n[1 - j])
        n[j] = new
    assert learned == n[0] * n[1] - before
