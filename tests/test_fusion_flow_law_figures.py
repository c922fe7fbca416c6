"""The picture of the law is drawn, readable, from few and from several cameras."""

from __future__ import annotations

import pytest
from test_fusion_flow_law import found

from eventnet.plotting import style
from eventnet.scenarios.fusion.flow_law import LawResult
from eventnet.scenarios.fusion.flow_law_figures import against_clock


@pytest.mark.parametrize("cameras", [1, 3])
def test_the_picture_is_readable(cameras: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "check_readable", True)
    rows = [row | {"camera": f"{k + 100} x 100"} for k in range(cameras) for row in found().rows]
    assert against_clock(LawResult(found().parameters, rows)).startswith(b"\x89PNG")
