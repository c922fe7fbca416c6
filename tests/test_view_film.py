"""Frames of a film: which lines are drawn, in which colours events are, and that lines end at the moment shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.plotting import style
from eventnet.view.film import _Page, _short, chosen, coloured, cost_of, frames
from eventnet.view.shots import Shot

BLUE, RED = (0, 0x72, 0xB2), (0xD5, 0x5E, 0)


def shots(**answers: Any) -> list[Shot]:
    """Three, each with answers that grow."""
    picture = np.array([[0, 128, 255]], np.uint8)
    return [
        Shot(20_000 * k, "camera", picture, {"answers": {n: _times(k, v) for n, v in answers.items()}, "cost": {"all": k}})
        for k in (1, 2, 3)
    ]  # fmt: skip


def _times(k: int, value: Any) -> Any:
    return {name: k * one for name, one in value.items()} if isinstance(value, dict) else k * value


def test_the_first_answer_is_drawn_beside_the_truth_and_others_by_name() -> None:
    made = shots(fused={"x": 1, "y": 2}, dvs={"x": 3, "y": 4}, truth={"x": 5, "y": 6})
    assert {name: line.tolist() for name, line in chosen(made, "y", None).items()} == {
        "truth": [6, 12, 18], "fused": [2, 4, 6],
    }  # fmt: skip
    assert {name: line.tolist() for name, line in chosen(made, "x", ["dvs", "none"]).items()} == {"dvs": [3, 6, 9]}
    rates = shots(a=1, b=2, c=3, d=4, e=5)
    assert [*chosen(rates, "y", None)] == ["a", "b", "c", "d"]
    assert chosen([shot._replace(numbers={}) for shot in rates], "y", None) == {}


def test_cost_is_in_additions_and_of_a_recording_in_events() -> None:
    spent, label = cost_of(shots())
    assert (spent.tolist(), label) == ([1, 2, 3], "additions a second")
    recorded = [shot._replace(numbers={"rates": {"events": 7.0}}) for shot in shots()]
    spent, label = cost_of(recorded)
    assert (spent.tolist(), label) == ([7, 7, 7], "events a second")


def test_events_are_blue_and_red_on_white_and_other_pictures_stay_grey() -> None:
    assert coloured(np.array([[255, 128, 0]], np.uint8)).tolist() == [[[*BLUE], [255] * 3, [*RED]]]
    for grey in ([[255, 0]], [[128, 3]]):
        assert coloured(np.array(grey, np.uint8))[:, :, 0].tolist() == grey


@pytest.mark.slow
def test_lines_end_at_the_moment_that_is_shown() -> None:
    made = shots(level=1.0)
    page = _Page(made, chosen(made, "y", None), *cost_of(made), "")
    for k, _ in enumerate(page.frames()):
        for line, values in page.drawn:
            assert line.get_xdata().tolist() == pytest.approx([0.02, 0.04, 0.06][: k + 1])
            assert line.get_ydata().tolist() == values[: k + 1].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("answers", [{}, {"level": 1.0}, {"fused": {"y": 2.0}, "truth": {"y": 1.0}}])
def test_frames_have_one_size_differ_and_can_be_read(answers: dict[str, Any]) -> None:
    made = list(frames(shots(**answers)))
    assert {one.shape for one in made} == {(280, 700, 3)}
    assert len({one.tobytes() for one in made}) == 3
    page = _Page(shots(**answers), chosen(shots(**answers), "y", None), *cost_of(shots()), "answers")
    found = style.measure(page.figure)
    assert found.smallest >= style.SMALLEST
    assert (found.overlaps, found.outside) == ([], [])


def test_ticks_are_short() -> None:
    assert [_short(value) for value in (2e6, 1.5e6, 500e3, 20, 0, -3000)] == [
        "2 M",
        "1.5 M",
        "500 k",
        "20",
        "0",
        "-3 k",
    ]
