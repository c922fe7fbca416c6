"""The picture of cost and error against speed: a line a way, with the numbers of the table."""

from __future__ import annotations

from typing import Any

import pytest
from test_fusion_pays import once  # noqa: F401

from eventnet.plotting import style
from eventnet.scenarios.fusion import pays_figures
from eventnet.scenarios.fusion.pays import PaysResult


def test_it_shows_every_way_at_every_speed(once: PaysResult, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    figures: list[Any] = []
    real = style.png
    monkeypatch.setattr(pays_figures, "png", lambda figure: figures.append(figure) or real(figure))
    assert pays_figures.against_speed(once).startswith(b"\x89PNG")
    cost, fused, camera = figures[0].axes
    methods = pays_figures.shown(once)
    assert methods == [
        "kept at samples", "kept 4 ms, head at samples", "kept 33 ms, cheap head", "event-driven sigma-delta 1",
        "flow sums on a clock, 4 ms",
    ]  # fmt: skip
    for axes, quantity, unit in ((cost, "operations/s", 1e-6), (fused, "fused error", 1), (camera, "dvs error", 1)):
        assert [line.get_label() for line in axes.lines] == methods
        assert all(axes.get_xlabel() and axes.get_title(loc="left") for axes in (cost, fused, camera))
        for line, method in zip(axes.lines, methods, strict=True):
            rows = [{row["method"]: row for row in one.rows}[method] for one in once.speeds.values()]
            assert list(line.get_xdata()) == [0.0, 80.0]
            assert list(line.get_ydata()) == [unit * row[quantity] for row in rows]
