"""Pictures of digits learned by STDP: they show what their titles say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_stdp_digits import found  # noqa: F401

from eventnet.plotting import style
from eventnet.scenarios.stdp import digits_figures as pictures
from eventnet.scenarios.stdp.digits import DigitsResult


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    figures: list[Any] = []
    real = style.png
    monkeypatch.setattr(pictures, "png", lambda figure: figures.append(figure) or real(figure))
    return figures


@pytest.mark.parametrize("draw", [pictures.fields, pictures.confusion, pictures.raster, pictures.cost])
def test_they_are_pictures_with_titles(draw: Any, found: DigitsResult, caught: list[Any]) -> None:  # noqa: F811
    assert draw(found).startswith(b"\x89PNG")
    assert caught[0].get_suptitle()


def test_fields_are_shown_at_every_moment(found: DigitsResult, caught: list[Any]) -> None:  # noqa: F811
    pictures.fields(found)
    titles = [axes.get_title(loc="left") for axes in caught[0].axes]
    assert titles == ["Before learning", "After 30 digits", "After 120 digits"]
    shown = np.asarray(caught[0].axes[-1].images[0].get_array())
    weights = found.moments[-1][1][0]
    assert np.array_equal(shown[:28, :28], weights / weights.max())


def test_the_matrix_holds_percent_of_a_class(found: DigitsResult, caught: list[Any]) -> None:  # noqa: F811
    pictures.confusion(found)
    for axes, readout in zip(caught[0].axes, found.answers, strict=True):
        share = np.asarray(axes.images[0].get_array())
        there = found.confusion(readout).sum(axis=1) > 0
        assert share.sum(axis=1)[there] == pytest.approx(100)
        digit = int(found.truth[0])
        assert share[digit, digit] == pytest.approx(
            100 * (found.answers[readout] == digit)[found.truth == digit].mean()
        )


def test_the_raster_has_every_spike_and_the_votes_of_each_class(found: DigitsResult, caught: list[Any]) -> None:  # noqa: F811
    pictures.raster(found)
    top, middle, bottom = caught[0].axes[:3]
    shown, classes = found.example[3], found.network.assignments
    assert len(top.lines[0].get_xdata()) == len(shown.inputs)
    assert sum(len(line.get_xdata()) for line in middle.lines) == len(shown.neurons)
    last = {text.get_text(): line.get_ydata()[-1] for text, line in zip(bottom.texts, bottom.lines, strict=True)}
    for k, vote in last.items():
        spikes, size = (classes[shown.neurons] == int(k)).sum(), (classes == int(k)).sum()
        assert vote == pytest.approx(spikes / size)
    assert int(max(last, key=lambda k: last[k])) == found.example[2]  # the answer has most votes


def test_the_bars_are_the_adds_of_a_digit(found: DigitsResult, caught: list[Any]) -> None:  # noqa: F811
    pictures.cost(found)
    bars = caught[0].axes[0].patches
    adds = found.learning.numbers()["adds"], found.answering.numbers()["adds"]
    assert sum(bar.get_width() for bar in bars) == pytest.approx(1e-3 * sum(adds))
