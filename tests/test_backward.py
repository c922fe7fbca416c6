"""Gradients by inputs: a linear layer's is its transpose, an activation's its derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.models.layers import AveragePool2d, Conv2d, Dense, HardSigmoid, Identity, ReLU, Tanh, apply
from eventnet.models.scales import before_activation, before_linear

RNG = np.random.default_rng(1)
LINEAR = [
    (Dense(RNG.integers(-9, 10, (5, 3))), (5,)),
    (Conv2d(RNG.integers(-9, 10, (3, 2, 3, 2)), stride=(2, 1), padding=(1, 0, 2, 1)), (2, 6, 5)),
    (Conv2d(RNG.integers(-9, 10, (1, 1, 2, 4)), stride=(3, 2)), (1, 7, 8)),
    (AveragePool2d((2, 4), stride=(1, 3), padding=(0, 1)), (3, 5, 6)),
]


@pytest.mark.parametrize("linear, shape", LINEAR, ids=lambda x: type(x).__name__)
def test_a_slope_goes_back_through_the_transpose(linear: Any, shape: Any) -> None:
    """<slope, L x> = <L' slope, x> for every unit x: exact on whole numbers and eighths."""
    still = apply(linear, np.zeros((1, *shape)))
    slope = RNG.integers(-9, 10, (2, *still.shape[1:])).astype(float)
    found = before_linear(linear, slope, (2, *shape))
    assert found.shape == (2, *shape)
    for place in np.ndindex(shape):
        impulse = np.zeros((1, *shape))
        impulse[(0, *place)] = 1
        change = (apply(linear, impulse) - still)[0]
        assert [found[(n, *place)] for n in range(2)] == [(slope[n] * change).sum() for n in range(2)]


def test_activations_have_their_derivatives_and_one_at_their_corners() -> None:
    sums, slope = np.array([[-0.5, 0.0, 0.5, 1.0, 1.5]]), np.array([[1.0, 2, 3, 4, 5]])
    assert before_activation(ReLU(), sums, slope).tolist() == [[0, 2, 3, 4, 5]]
    assert before_activation(HardSigmoid(), sums, slope).tolist() == [[0, 2, 3, 4, 0]]
    assert before_activation(Identity(), sums, slope).tolist() == slope.tolist()
    step = 1e-6
    by_difference = slope * (np.tanh(sums + step) - np.tanh(sums - step)) / (2 * step)
    # Central differences of 1e-6: 1e-16 / 1e-6 from float64.
    assert np.abs(before_activation(Tanh(), sums, slope) - by_difference).max() < 1e-8
