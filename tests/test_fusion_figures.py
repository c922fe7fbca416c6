"""Pictures of the fusion scenario: each is a picture, and shows what it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_fusion_run import SHORT, three_rates

from eventnet.plotting import style
from eventnet.scenarios.fusion import figures
from eventnet.scenarios.fusion.named import ALWAYS_0, EXACT, SLOW_TRACES
from eventnet.scenarios.fusion.run import FusionComparison, compare, stream_of

DRAWN: dict[str, Any] = {
    "streams": figures.streams, "estimate": figures.estimate, "frontier": figures.frontier,
    "cost_by_event": figures.cost_by_event, "camera": figures.camera,
}  # fmt: skip


def compared(**tables: Any) -> FusionComparison:
    return compare(replace(SHORT, **tables), three_rates(), progress=lambda done, of: None)


@pytest.fixture(scope="module")
def once() -> FusionComparison:
    return compared(robot=replace(SHORT.robot, joints=3, frames_hz=30.0))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Figures, caught on their way to becoming bytes."""
    caught: list[Any] = []
    real = style.png
    for module in (figures, figures):
        monkeypatch.setattr(module, "png", lambda figure: caught.append(figure) or real(figure))
    return caught


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWN)
def test_each_is_a_picture_of_a_readable_size(once: FusionComparison, name: str) -> None:
    png = DRAWN[name](once)
    assert png.startswith(b"\x89PNG")
    assert len(png) > 10_000
    assert int.from_bytes(png[16:20], "big") >= 900


@pytest.mark.slow
def test_streams_show_every_event_and_sample_of_their_time(once: FusionComparison, drawn: list[Any]) -> None:
    figures.streams(once, length_us=100_000)
    stream, _ = stream_of(once.parameters, 0, (once.weights.width, once.weights.height))
    t = np.concatenate([packet.events["t"] for packet in stream.camera()])
    camera, gyroscope, joints, frames, answers = drawn[0].axes
    shown = [line.get_xdata() for line in camera.lines]
    assert sum(map(len, shown)) == ((t >= 100_000) & (t < 200_000)).sum()
    assert all(((x >= 0) & (x < 100)).all() for x in shown)
    assert len([line for line in gyroscope.lines if line.get_linestyle() == "None"]) == 3
    assert joints.get_title(loc="left").startswith("Joints")
    assert frames.get_title(loc="left").startswith("Frames")
    assert [label.get_text() for label in answers.get_yticklabels()] == [
        "kept, each event",
        "heads at samples, flow sums",
        "looks of a clock of 4 ms",
        "event-driven",
    ]


@pytest.mark.slow
def test_the_frontier_has_every_method_once_in_each_plot(once: FusionComparison, drawn: list[Any]) -> None:
    figures.frontier(once)
    rows = [row for row in once.rows if "operations/s" in row and row["method"] not in (EXACT, SLOW_TRACES, ALWAYS_0)]
    for axes, key in zip(drawn[0].axes, ("event to answer ms", "fused error", "dvs error"), strict=True):
        points = [
            (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
            for line in axes.lines if len(line.get_xdata()) == 1 and line.get_marker() != "None"
        ]  # fmt: skip
        assert sorted(points) == sorted((row[key], 1e-6 * row["operations/s"]) for row in rows)
    exact = next(row for row in once.rows if row["method"] == EXACT)
    filled = [line.get_markerfacecolor() != "white" for line in drawn[0].axes[1].lines if line.get_marker() != "None"]
    good = [all(row[key] <= 1.05 * exact[key] for key in ("fused error", "dvs error")) for row in rows]
    assert sum(filled) == sum(good)


@pytest.mark.slow
def test_cost_follows_events_in_pieces_of_10_ms(once: FusionComparison, drawn: list[Any]) -> None:
    figures.cost_by_event(once)
    left, right = drawn[0].axes
    dots = left.lines[0]
    stream, _ = stream_of(once.parameters, 0, (once.weights.width, once.weights.height))
    t = np.concatenate([packet.events["t"] for packet in stream.camera()])
    assert dots.get_xdata().tolist() == np.bincount(t // 10_000, minlength=40)[1:].tolist()
    lines = {line.get_label(): line for line in left.lines if line.get_marker() == "None"}
    assert list(lines) == ["kept 4 ms, head at samples", "kept 4 ms, cheap head", "flow sums on a clock, 2 ms"]
    for name, line in lines.items():
        outcome, mean = once.runs[0][name], 0.01 * len(t) / 0.4
        at_rest, at_most = line.get_ydata()
        at_the_mean = at_rest + (at_most - at_rest) * mean / line.get_xdata()[1]
        assert at_the_mean == pytest.approx(0.01 * outcome.operations / outcome.seconds)
    names = [label.get_text() for label in right.get_yticklabels()]
    assert names == [
        "kept at samples", "kept 4 ms, head at samples", "kept 4 ms, cheap head", "event-driven sigma-delta 1",
        "event-driven sigma-delta 4", "flow sums on a clock, 2 ms", "flow sums on a clock, fine, 2 ms",
    ]  # fmt: skip


@pytest.mark.slow
def test_without_steps_and_event_driven_ways_there_is_still_something_to_see(drawn: list[Any]) -> None:
    few = compared(
        steps=replace(SHORT.steps, count=0), methods=replace(SHORT.methods, codes=(), flow=(), look_every_us=0)
    )
    assert few.steps is None
    for draw in DRAWN.values():
        assert draw(few)
    assert len(drawn[1].axes) == 1  # the estimate, without a step
