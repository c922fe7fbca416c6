"""The network's layers in NumPy: against loops over patches, gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
from fusion_cases import HEIGHT, WIDTH, small_weights
from test_fusion_features import some_take
from test_fusion_network import exact_dvs

from eventnet.scenarios.fusion.train.features import traces
from eventnet.scenarios.fusion.train.layers import Layers, exact_rates, region_means

TIMES = np.array([8000.0, 20_000, 33_000, 41_000])


def blocks() -> np.ndarray:
    return traces(some_take(), TIMES, small_weights().tau_us, width=WIDTH, height=HEIGHT)


def test_rates_are_those_of_loops_over_patches() -> None:
    weights = small_weights()
    wanted = np.array([exact_dvs(weights, int(t)) for t in TIMES])
    assert np.abs(exact_rates(weights, blocks()) - wanted).max() < 2e-3 * np.abs(wanted).max()  # traces of 11 bits
    assert np.allclose(exact_rates(weights, blocks(), batch=3), exact_rates(weights, blocks()), rtol=1e-4, atol=1e-4)


def test_filters_come_back_as_they_were() -> None:
    assert np.array_equal(Layers(small_weights()).filters(), small_weights().filters)


def test_a_region_is_the_mean_of_its_patches() -> None:
    means = region_means(small_weights())
    assert means.shape == (6, 20)
    assert np.allclose(means.sum(axis=1), 1)
    assert np.flatnonzero(means[3]).tolist() == [7, 8, 9, 12, 13, 14]  # rows 1 and 2, columns 2 to 4 of 4 x 5


@pytest.mark.parametrize("name", ["filters", "bias", "hidden", "hidden_bias", "out", "out_bias"])
def test_gradients_are_differences_of_the_loss(name: str) -> None:
    layers, x, rng = Layers(small_weights()), blocks().astype(np.float64), np.random.default_rng(0)
    layers.learned = {key: array.astype(np.float64) for key, array in layers.learned.items()}
    wanted = rng.normal(0, 10, (len(x), 2))
    loss = lambda: float(((layers(x) - wanted) ** 2).sum() / 2)  # noqa: E731
    found = layers.gradients(x, layers(x) - wanted)[name]
    assert found.shape == layers.learned[name].shape
    array = layers.learned[name].reshape(-1)
    for j in rng.choice(array.size, min(8, array.size), replace=False):
        kept, step = array[j], 1e-6
        array[j] = kept + step
        above = loss()
        array[j] = kept - step
        slope = (above - loss()) / (2 * step)
        array[j] = kept
        assert abs(found.reshape(-1)[j] - slope) < 1e-4 * max(1.0, abs(slope))


def test_a_quantum_shakes_what_the_filters_say_by_half_of_it_at_most() -> None:
    layers, x = Layers(small_weights()), blocks().astype(np.float32)
    layers.noise = np.random.default_rng(0)
    layers(x)
    h, still, _ = layers.after
    layers(x, np.array([0.1, 0.2, 0.0], np.float32))
    moved = np.abs(layers.after[1] - still).reshape(-1, 3).max(axis=0)
    assert np.array_equal(layers.after[0], h)
    assert 0 < moved[0] < 0.05
    assert moved[0] < moved[1] < 0.1
    assert moved[2] == 0
