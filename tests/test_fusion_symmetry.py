"""Weights in mirrored sets: what networks of them say of mirrored pictures, what stays, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.train.layers import Layers
from eventnet.scenarios.fusion.train.learning import TrainingPlan, fit
from eventnet.scenarios.fusion.train.symmetry import Symmetry

MIRRORS = [(False, False), (False, True), (True, False), (True, True)]
ACROSS, DOWN = np.array([1, -1, -1]), np.array([-1, 1, -1])
SIGNS = [np.ones(3), DOWN, ACROSS, ACROSS * DOWN]
PLAN = TrainingPlan(
    tau_us=(8e3, 30e3), filters=8, hidden=12, pool=(3, 3), pool_stride=(2, 2), epochs=2, batch=16, quanta=0.0,
    across=(1, -1, -1), down=(-1, 1, -1), tied=True,
)  # fmt: skip
SIZE = {"width": 28, "height": 24}  # 6 x 5 patches: regions of 3, 2 apart, leave out a column


def blocks_of(n: int, width: int, height: int, taus: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(n, height // 4, width // 4, taus, 4, 4)).astype(np.float32)


def mirrored(blocks: Any, across: bool, down: bool) -> Any:
    """The picture pixel by pixel, turned, and cut into blocks again."""
    n, rows, columns, taus, s, _ = blocks.shape
    picture = blocks.transpose(0, 3, 1, 4, 2, 5).reshape(n, taus, rows * s, columns * s)
    picture = picture[:, :, ::-1] if down else picture
    picture = picture[:, :, :, ::-1] if across else picture
    return picture.reshape(n, taus, rows, s, columns, s).transpose(0, 2, 4, 1, 3, 5)


def test_means_over_mirrors_answer_a_mirrored_picture_with_the_mirrored_rates() -> None:
    weights = FusionWeights.random(1)
    layers, blocks = Layers(weights), blocks_of(5, 64, 48, 3)
    layers.learned["out_bias"] += 1
    assert not np.allclose(layers(mirrored(blocks, True, False)), layers(blocks) * ACROSS, rtol=0.1)
    layers.learned = Symmetry(weights, MIRRORS, SIGNS)(layers.learned)
    rates = layers(blocks)
    assert np.abs(rates).min() > 1e-4
    for (across, down), signs in zip(MIRRORS, SIGNS):
        np.testing.assert_allclose(layers(mirrored(blocks, across, down)), rates * signs, atol=1e-5)


def test_means_of_means_are_the_means() -> None:
    weights = FusionWeights.random(1)
    symmetry = Symmetry(weights, MIRRORS, SIGNS)
    once = symmetry(Layers(weights).learned)
    for name, array in symmetry(once).items():
        np.testing.assert_allclose(array, once[name], atol=1e-7)
    own = once["bias"].reshape(4, -1)
    np.testing.assert_array_equal(own, np.tile(own[0], (4, 1)))
    assert len(np.unique(once["filters"].round(6))) > once["filters"].size / 8  # each value four times, not more


def test_the_mean_gradient_is_that_of_the_weights_a_mirrored_set_has() -> None:
    """Against the slope of the loss along a direction that keeps the sets."""
    weights = FusionWeights.random(2)
    symmetry, layers, blocks = Symmetry(weights, MIRRORS, SIGNS), Layers(weights), blocks_of(4, 64, 48, 3)
    rng = np.random.default_rng(3)
    layers.learned = {name: array.astype(np.float64) for name, array in symmetry(layers.learned).items()}
    layers.means = layers.means.astype(np.float64)
    given, error = blocks.astype(np.float64), rng.normal(size=(4, 3))
    layers(given)
    found = symmetry(layers.gradients(given, error))
    begin = layers.learned
    way = symmetry({name: rng.normal(size=array.shape) for name, array in begin.items()})
    losses = []
    for step in (1e-6, -1e-6):
        layers.learned = {name: array + step * way[name] for name, array in begin.items()}
        losses.append(float((layers(given) * error).sum()))
    slope = sum(float((found[name] * way[name]).sum()) for name in way)
    assert slope == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-4)


def test_a_trained_network_stays_in_mirrored_sets() -> None:
    size = {"width": 32, "height": 32}
    blocks = blocks_of(64, **size, taus=2)
    rates = np.random.default_rng(1).normal(0, 50, (64, 3))
    weights = fit(blocks.astype(np.float16), rates, PLAN, **size)
    layers = Layers(weights)
    said = layers(blocks)
    assert said.std() > 0.1
    for (across, down), signs in zip(MIRRORS, SIGNS):
        np.testing.assert_allclose(layers(mirrored(blocks, across, down)), said * signs, atol=1e-3 * said.std())
    untied = Layers(fit(blocks.astype(np.float16), rates, replace(PLAN, tied=False), **size))
    assert not np.allclose(untied(mirrored(blocks, True, False)), untied(blocks) * ACROSS, atol=0.1 * said.std())


def test_first_weights_of_a_mirrored_set_are_as_large_as_others() -> None:
    size = {"width": 32, "height": 32}
    blocks, rates = blocks_of(16, **size, taus=2).astype(np.float16), np.ones((16, 3))
    still = replace(PLAN, peak=0.0, epochs=1)
    tied, untied = (fit(blocks, rates, replace(still, tied=tied), **size) for tied in (True, False))
    for name in ("filters", "hidden"):
        assert getattr(tied, name).std() == pytest.approx(getattr(untied, name).std(), rel=0.15)


def test_what_has_no_mirrored_twin_is_refused() -> None:
    def learn(size: dict[str, int], **changes: Any) -> None:
        fit(
            blocks_of(16, **size, taus=2).astype(np.float16), np.ones((16, 3)), replace(PLAN, **changes), **size
        )  # fmt: skip

    with pytest.raises(ModelError, match="regions of 3 patches, 2 apart, leave out some of 6"):
        learn(SIZE)
    with pytest.raises(ModelError, match="6 filters; wanted a multiple of 4"):
        learn({"width": 32, "height": 32}, filters=6)
    with pytest.raises(ModelError, match="9 hidden units; wanted a multiple of 4"):
        learn({"width": 32, "height": 32}, hidden=9)
    with pytest.raises(ModelError, match="dense_epochs is 3; wanted 0"):
        learn({"width": 32, "height": 32}, dense_epochs=3)
