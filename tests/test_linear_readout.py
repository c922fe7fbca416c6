"""A linear read-out: against NumPy's least squares on an enlarged problem, and what it chooses."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.shared.linear_readout import LinearReadout


@pytest.mark.parametrize("shape", [(40, 7), (12, 30)])
def test_it_is_least_squares_with_a_row_for_each_penalised_weight(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    x, y, new = rng.normal(2, 3, shape), rng.normal(1, 1, (shape[0], 2)), rng.normal(size=(5, shape[1]))
    penalty = 0.3
    root = np.sqrt(penalty * (x - x.mean(axis=0)).var() * shape[0])
    tall = np.concatenate((np.concatenate((x, np.ones((shape[0], 1))), axis=1), root * np.eye(shape[1], shape[1] + 1)))
    wanted = np.linalg.lstsq(tall, np.concatenate((y, np.zeros((shape[1], 2)))), rcond=None)[0]
    found = LinearReadout(x, y, (penalty,))
    assert np.allclose(found(new), new @ wanted[:-1] + wanted[-1], rtol=1e-9)


def test_the_penalty_suits_the_noise() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 50))
    y = x[:, :1] - x[:, 1:2]
    clean = LinearReadout(x, y)
    noisy = LinearReadout(x, y + rng.normal(0, 20, y.shape))
    assert clean.penalty < noisy.penalty
    assert np.allclose(clean(x), y, atol=0.05)


def test_features_that_never_change_are_passed_over() -> None:
    x = np.concatenate((np.arange(10.0)[:, None], np.full((10, 1), 7.0)), axis=1)
    found = LinearReadout(x, x[:, :1], (1e-6,))
    assert np.allclose(found.weights, [[1], [0]], atol=1e-4)


def test_shapes_must_go_together() -> None:
    with pytest.raises(ModelError, match=r"features are \[6, 2\] and targets \[5, 1\]"):
        LinearReadout(np.zeros((6, 2)), np.zeros((5, 1)))
    with pytest.raises(ModelError, match="5 or more"):
        LinearReadout(np.zeros((4, 2)), np.zeros((4, 1)))
