"""The picture of cost and error against speed: a line a way, with the numbers of the table."""

from __future__ import annotations

from typing import Any

import pytest
from test_fusion_pays import SHORT, once  # noqa: F401

from eventnet.plotting import style
from eventnet.scenarios.fusion import pays_figures
from eventnet.scenarios.fusion.figures import in_words
from eventnet.scenarios.fusion.pays import PaysResult


def test_it_shows_every_way_at_every_speed(once: PaysResult, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    figures: list[Any] = []
    real = style.png
    monkeypatch.setattr(pays_figures, "png", lambda figure: figures.append(figure) or real(figure))
    assert pays_figures.against_speed(once).startswith(b"\x89PNG")
    cost, error = figures[0].axes
    for axes, quantity, unit in ((cost, "operations/s", 1e-6), (error, "fused error", 1)):
        assert [line.get_label() for line in axes.lines] == [in_words(method) for method in SHORT.shown()]
        assert all(axes.get_xlabel() and axes.get_ylabel() for axes in (cost, error))
        for line, method in zip(axes.lines, SHORT.shown(), strict=True):
            rows = [{row["method"]: row for row in rows}[method] for rows in once.speeds.values()]
            assert list(line.get_xdata()) == [0.0, 80.0]
            assert list(line.get_ydata()) == [unit * row[quantity] for row in rows]
