"""What a live page draws: plots by what numbers say, words, axes that change seldom, and only what is new."""

from __future__ import annotations

import multiprocessing
from typing import Any

import numpy as np
import pytest
from test_view_live_board import Far, look

from eventnet.view import live_board
from eventnet.view.live_board import LiveBoard, LiveWork
from eventnet.view.live_page import FOLLOWED_S, SLOWER, LivePage, groups, label_of, words_of

bokeh: Any = pytest.importorskip("bokeh", reason="the extra live is not installed")
NUMBERS = {
    "answers.fused.x": 1.0,
    "answers.fused.y": 2.0,
    "answers.truth.y": 3.0,
    "adds.a": 4.0,
    "by_input.eye.spikes": 5.0,
    "queue": 6.0,
}


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> LivePage:
    from bokeh.document import Document

    monkeypatch.setattr(live_board, "Child", Far)
    return LivePage(LiveBoard(LiveWork("a <b>", print, 5, ("breadth", "depth"))), Document())


def tell(page: LivePage, t_us: int, **given: Any) -> None:
    page.board.runs[0].child.its.send(look(t_us, numbers=NUMBERS, **given))
    page.board.hear()


def update(page: LivePage) -> None:
    for _ in range(SLOWER + 1):
        page.update()


def test_numbers_are_grouped_into_plots() -> None:
    made = groups(list(NUMBERS))
    assert made == {
        "answers, y": ["answers.fused.y", "answers.truth.y"],
        "additions a second by cause": ["by_input.eye.spikes"],
        "additions a second by module": ["adds.a"], "deliveries that wait": ["queue"],
    }  # fmt: skip
    assert groups(["answers.rate, Hz"]) == {"answers": ["answers.rate, Hz"]}
    assert [label_of(name) for name in (*NUMBERS, "answers.rate, Hz")] == [
        "fused.x", "fused", "truth", "a", "eye.spikes", "queue", "rate, Hz",
    ]  # fmt: skip


@pytest.mark.slow
def test_only_what_is_new_is_added_and_axes_move_in_steps(page: LivePage) -> None:
    tell(page, 5000, pictures={"camera": np.full((2, 3), 255, np.uint8)}, raster=np.zeros((2, 1), np.uint8))
    update(page)
    (panel,) = page.panels
    assert sorted(panel.images) == ["camera", "raster"]
    assert panel.lines.data["t"] == [0.005]
    assert panel.images["camera"].source.data["image"][0].tolist() == [[255] * 3] * 2
    ranges = [(plot.range.start, plot.range.end) for plot in panel.plots]
    for t_us in (10_000, 15_000):
        tell(page, t_us)
    update(page)
    assert page.panels == [panel]
    assert panel.lines.data["t"] == [0.005, 0.01, 0.015]
    assert [(plot.range.start, plot.range.end) for plot in panel.plots] == ranges
    assert all(low <= min(0, value) and high > value for (low, high), value in zip(ranges, (3, 5, 4, 6)))
    assert (panel.span.start, panel.span.end) == (0, FOLLOWED_S)
    tell(page, round(2.1e6))
    update(page)
    assert panel.span.start < 2.1 < panel.span.end


@pytest.mark.slow
def test_lines_are_drawn_with_each_eighth_picture_or_when_no_picture_comes(page: LivePage) -> None:
    """However often the page is updated: pictures come first where a machine is busy."""
    tell(page, 5000)
    update(page)
    (panel,) = page.panels
    for k in range(1, 2 * SLOWER + 1):
        tell(page, 5000 + 5000 * k)
        page.update()
        page.update()
        assert len(panel.lines.data["t"]) == 1 + SLOWER * (k // SLOWER)
    tell(page, 500_000)
    update(page)
    assert panel.lines.data["t"][-1] == 0.5


def test_pictures_have_their_first_row_above(page: LivePage) -> None:
    tell(page, 5000, pictures={"camera": np.array([[0], [255]], np.uint8)})
    update(page)
    assert page.panels[0].images["camera"].source.data["image"][0].tolist() == [[255], [0]]


def test_another_order_has_a_panel_beside_that_of_the_first(page: LivePage) -> None:
    tell(page, 5000)
    update(page)
    first = page.panels[0]
    page.document.get_model_by_name("order").value = "depth"
    update(page)
    assert page.panels[0] is first
    assert [panel.run.order for panel in page.panels] == ["breadth", "depth"]
    assert page.runs.children == [panel.column for panel in page.panels]


def test_controls_say_what_holds(page: LivePage) -> None:
    speed, pause = (page.document.get_model_by_name(name) for name in ("speed", "pause"))
    assert (speed.value, pause.label) == ("real time", "Pause")
    page.board.pause(True)
    page.board.set_speed(None)
    page.update()
    assert (speed.value, pause.label) == ("as fast as it goes", "Go on")
    page.board.runs[0].child.heard()
    speed.value = "10 %"
    assert page.board.runs[0].child.heard() == [("speed", 0.1)]


def test_words_name_the_order_the_counts_and_the_last_step(page: LivePage) -> None:
    before = multiprocessing.active_children()  # a pool of an earlier test may still live
    tell(page, 1_234_000)
    run = page.board.runs[0]
    assert words_of(run) == (
        "<b>breadth</b> order, runs: 1.234 s, 10 deliveries, 20 additions, 6 wait; 2 looks of 3 were merged"
    )
    run.child.its.send(("step", {"tick": 5000, "port": "a<b.c", "adds": 1, "spikes": 0, "queued": 9}))
    page.board.hear()
    assert words_of(run).endswith("<br>step 1: a delivery at a&lt;b.c in tick 5,000, 1 additions, 0 spikes")
    assert set(multiprocessing.active_children()) <= set(before)
