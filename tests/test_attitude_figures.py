"""Pictures of the attitude scenario show the numbers of its table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_attitude_run import side_by_side

from eventnet.plotting import style
from eventnet.scenarios.attitude import figures as pictures
from eventnet.scenarios.attitude.cases import Case
from eventnet.scenarios.attitude.run import METHODS


@pytest.mark.slow
def test_they_show_the_errors_and_the_angles(monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Any] = []
    monkeypatch.setattr(pictures, "png", lambda figure: figures.append(figure) or style.png(figure))
    found = side_by_side()
    assert pictures.removals(found).startswith(b"\x89PNG")
    assert pictures.stretch(found).startswith(b"\x89PNG")
    left, right = figures[0].axes
    for axes, every_axis in ((left, False), (right, True)):
        assert [text.get_text() for text in axes.get_yticklabels()][:2] == ["all sensors", "no gyroscope"]
        for drawn, method in zip(axes.containers, METHODS, strict=True):
            first = drawn.lines[0].get_xdata()[0]
            assert first == pytest.approx(found.mean(Case((), every_axis), method, "attitude").mean)
    shown = found.robots[0].stretch
    for k, axes in enumerate(figures[1].axes[:3]):
        lines = [np.asarray(line.get_ydata()) for line in axes.get_lines()]
        assert np.array_equal(lines[0], shown.truth[:, k])
        assert np.array_equal(lines[2], shown.found[1][:, k])
    assert figures[1].axes[3].get_xlabel() == "time, s"
