"""Pictures of the gaze scenario: they show what their titles say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_gaze_run import SHORT, once  # noqa: F401

from eventnet.plotting import style
from eventnet.scenarios.gaze import REFLEXES
from eventnet.scenarios.gaze import figures as pictures
from eventnet.scenarios.gaze.run import GazeComparison


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    figures: list[Any] = []
    real = style.png
    monkeypatch.setattr(pictures, "png", lambda figure: figures.append(figure) or real(figure))
    return figures


@pytest.mark.slow
@pytest.mark.parametrize("draw", [pictures.slip, pictures.cost, pictures.command])
def test_they_are_pictures_with_titles_and_units(draw: Any, once: GazeComparison, caught: list[Any]) -> None:  # noqa: F811
    assert draw(once).startswith(b"\x89PNG")
    (figure,) = caught
    assert figure.get_suptitle()
    assert "s" in figure.axes[-1].get_xlabel().split(", ")
    assert all(axes.get_ylabel() for axes in figure.axes)


def lines(axes: Any) -> dict[str, Any]:
    return {line.get_label(): np.asarray(line.get_ydata()) for line in axes.get_lines()}


@pytest.mark.slow
def test_slip_and_cost_have_a_line_for_each_reflex_that_is_drawn(once: GazeComparison, caught: list[Any]) -> None:  # noqa: F811
    pictures.slip(once)
    pictures.cost(once)
    assert set(lines(caught[0].axes[0])) - {"measured from here"} == set(pictures.LOOKS) < set(REFLEXES)
    for name in pictures.LOOKS:
        outcome = once.runs[name][0]
        first = np.sqrt((outcome.slip[:100] ** 2).mean())
        assert lines(caught[0].axes[0])[name][0] == pytest.approx(first)
        assert lines(caught[1].axes[0])[name].sum() == pytest.approx(10 * outcome.events.sum())
        assert lines(caught[1].axes[1])[name].sum() == pytest.approx(1e-5 * outcome.cost[:, 0].sum())


def test_the_head_is_what_is_commanded_and_what_slips(once: GazeComparison, caught: list[Any]) -> None:  # noqa: F811
    pictures.command(once, length_s=0.15)
    for axes in caught[0].axes:
        shown = lines(axes)
        assert len(shown["head"]) == 1000 * (SHORT.run.duration_s - SHORT.run.measured_from_s)
        assert shown["head"] == pytest.approx(shown["command"] + shown["slip"])


@pytest.mark.slow
@pytest.mark.parametrize("draw", [pictures.slip, pictures.cost, pictures.command])
def test_the_legend_lies_within_the_picture(draw: Any, once: GazeComparison, caught: list[Any]) -> None:  # noqa: F811
    draw(once)
    (figure,) = caught
    figure.canvas.draw()
    whole = figure.bbox
    for axes in figure.axes:
        found = axes.get_legend()
        if found is not None:
            box = found.get_window_extent()
            assert whole.x0 <= box.x0 < box.x1 <= whole.x1
            assert axes.get_window_extent().width > 0.7 * whole.width
