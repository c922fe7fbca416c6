"""Backpropagation beside networks that settle: what it learns from, and what it counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eventnet.data import Digits, digits, scale_pixels
from eventnet.models import ConventionalNetwork
from eventnet.scenarios.reproductions.common import twin
from eventnet.scenarios.reproductions.common.learning_energy import twin_products
from eventnet.scenarios.reproductions.common.report import Request
from eventnet.scenarios.reproductions.common.twin import (
    TwinLesson,
    official_error,
    pixels,
    scored,
    train_twin,
    twin_note,
)


def test_images_are_whole_or_means_of_squares() -> None:
    images = (np.arange(2 * 784) % 256).astype(np.uint8).reshape(2, 784)
    assert pixels(images, 28) == pytest.approx(scale_pixels(images))
    half = pixels(images, 14).reshape(2, 14, 14)
    assert half[1, 3, 5] == pytest.approx(scale_pixels(images)[1].reshape(28, 28)[6:8, 10:12].mean())


def test_a_twin_learns_the_first_samples_and_counts_its_products() -> None:
    (row,) = train_twin(None, TwinLesson([196, 12, 10], 150, 5, 0.05, 80, 14), 3, True)
    d = digits()
    x, x_test = pixels(d.x_train[:150], 14), pixels(d.x_test[:80], 14)
    net = ConventionalNetwork([196, 12, 10], learning_rate=0.05, batch=5, seed=3)
    net.partial_fit(x, d.y_train[:150])
    found = twin_products(net, x, skips_zeros=True)
    assert row["error"] == pytest.approx(100 * (1 - net.score(x_test, d.y_test[:80])))
    assert (row["forward"], row["backward"]) == (found.forward / 150, found.backward / 150)


def test_a_twin_begins_again_where_samples_end() -> None:
    d = digits()
    x, n = pixels(d.x_train, 14), len(d.x_train)
    (row,) = train_twin(None, TwinLesson([196, 12, 10], n + 30, 5, 0.05, 80, 14), 3, True)
    net = ConventionalNetwork([196, 12, 10], learning_rate=0.05, batch=5, seed=3)
    net.partial_fit(np.concatenate([x, x[:30]]), np.concatenate([d.y_train, d.y_train[:30]]))
    assert row["error"] == pytest.approx(100 * (1 - net.score(pixels(d.x_test[:80], 14), d.y_test[:80])))


def test_official_errors_are_of_the_first_images_and_not_of_those_that_ship(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def split(folder: str | None, name: str, *, embedded: bool) -> Digits:
        asked.append((folder, name, embedded))
        return digits()

    monkeypatch.setattr(twin, "digits_for", split)
    right = scored(Answers())
    assert official_error("folder", right, 50, False) == pytest.approx(100 * (1 - np.mean(digits().y_test[:50] == 1)))
    assert asked == [("folder", "official", False)]
    assert official_error("folder", right, 50, True) is None
    (row,) = train_twin("folder", TwinLesson([784, 5, 10], 40, 20, 0.1, 50), 1, False)
    assert row["test"] == row["error"] > 0  # both splits are the same here
    assert [name for _, name, _ in asked[1:]] == ["author", "official"]


class Answers:
    """A network that says 1 to every image, which it is given from 0 to 1."""

    def score(self, x: np.ndarray, y: np.ndarray) -> float:
        assert 0 < x.max() <= 1
        return float(np.mean(y == 1))


def test_its_sentence_has_medians_of_the_seeds(tmp_path: Path) -> None:
    lesson = TwinLesson([784, 5, 10], 40, 20, 0.1, 50)
    runs = [train_twin(None, lesson, seed, True)[0] for seed in (1, 2, 3)]
    errors = sorted(run["error"] for run in runs)
    note = twin_note(Request(tmp_path, quick=True, processes=1, say=lambda text: None), lesson, [1, 2, 3])
    assert f"{errors[1]:.2f}% ({errors[0]:.2f} to {errors[2]:.2f})" in note
    assert f"{sorted(run['forward'] for run in runs)[1]:,.0f} multiply-adds a sample forward" in note
