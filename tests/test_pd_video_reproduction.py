"""Figures 5.7 and 5.8: streams of features, what is counted, and the table."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eventnet.data import Digits
from eventnet.models import Conv2d, Dense, Flatten, PDNetwork, ReLU
from eventnet.scenarios.reproductions import pd_video
from eventnet.scenarios.reproductions.common.digits_in_video import Scenes
from eventnet.scenarios.reproductions.common.report import Row


def small() -> Any:
    """A trunk of one layer, and a video of noise."""
    random = np.random.default_rng(2)
    layers = [
        Conv2d(random.normal(0, 0.5, (2, 1, 9, 9)), stride=16),
        ReLU(),
        Flatten(),
        Dense(random.normal(size=(32, 11))),
    ]
    images = random.integers(0, 256, (40, 784)).astype(np.uint8)
    digits = Digits(images, np.arange(40) % 10, images[::-1].copy(), np.arange(40) % 10, "made up")
    parts = [random.integers(0, 256, (9, 72, 72)).astype(np.uint8) for _ in range(3)]
    return SimpleNamespace(layers=layers, digits=digits, scenes={"bottle": Scenes(*parts)})


def test_streams_are_whole_clips_of_features_of_about_one() -> None:
    made = pd_video.streams(small(), 5, quick=True)
    n = pd_video.QUICK_FRAMES
    assert made.x.shape == made.x_test.shape == (2 * n, 32)
    assert np.percentile(made.x, 99) == pytest.approx(1, rel=1e-5)
    for labels in (made.y, made.y_test):
        assert set(labels[:n]) == {10}
        assert 10 not in labels[n:]
    assert not np.array_equal(made.x, made.x_test)
    again = pd_video.streams(small(), 5, quick=True)
    assert again.x.tobytes() == made.x.tobytes()


def test_frames_that_are_shown_less_often_cost_more_each() -> None:
    """A still stream costs its first frame, and what dies away after it; shown at once, each beginning pays anew."""
    x = np.random.default_rng(1).random((1, 8)).astype(np.float32).repeat(16, axis=0)
    net = PDNetwork([8, 6, 3], engine="reference", kp=0.0, rule="recon")
    costs = [pd_video.adds_a_frame(net, x, step) for step in (1, 2, 4, 16)]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_a_row_has_the_costs_of_all_passes_and_the_errors_of_the_last() -> None:
    adds = {pd_video.column_of(step): 10 * step for step in pd_video.STEPS}
    curves: list[Row] = [
        {"network": kind, "seed": seed, "pass": k, "test error %": 10.0 * (kind == "twin") + 5 - k + seed,
         "operations": 100 * k, "nJ, operations": 1.0, "nJ, everything": 3.0,
         pd_video.SKIPPED: 2.0 * k, **adds}
        for kind in ("PD", "twin") for seed in (1, 2, 3) for k in (1, 2)
    ]  # fmt: skip
    row = pd_video.row_of(curves, "PD", 2)
    assert (row["test error %"], row["minus partner"], row["operations"]) == (5.0, -10.0, 150.0)
    assert row["adds, step 32"] == 320
    twin = pd_video.row_of(curves, "twin", 2)
    assert (twin["adds, step 32"], twin[pd_video.SKIPPED], row[pd_video.SKIPPED]) == (None, 3.0, None)
    assert pd_video.dense(4096) == 2 * (4096 * 100 + 100 * 11) + 100 * 11
