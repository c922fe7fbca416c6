"""Flow sums on a recording at several looks: the rows of the command are among them, and clocks cost by how often they look."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded_cases import rolling

from eventnet.scenarios.fusion.recorded import Played, RecordedFlow, part_of, parts_of

SCRIPT: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "scripts" / "recorded_looks.py"))


def test_looks_of_the_command_give_its_rates_and_slower_ones_others(tmp_path: Path) -> None:
    recording = rolling(tmp_path)
    parts = parts_of(recording)
    trained, part = Played(recording, parts.training()), Played(recording, parts.playbacks()["as recorded"])
    flow, since = RecordedFlow().signed(trained), part_of(trained.playback)[0]
    usual, _ = flow.rates(part, since_us=since)
    same, slow = (
        SCRIPT["looked_at"](look_us)(sign=flow.sign).rates(part, since_us=since)[0] for look_us in (1000, 33_000)
    )
    assert np.array_equal(usual, same)
    assert not np.allclose(usual, slow)


@pytest.mark.slow
def test_every_way_has_a_row(tmp_path: Path) -> None:
    found = list(SCRIPT["rows"](rolling(tmp_path)))
    assert len(found) == len({(row[0], row[1]) for row in found}) == 3 * (6 + 2) + 2 * 6
    clocks = {row[1]: float(row[-1]) for row in found if row[0] == "thin's sums on a clock"}
    assert clocks["2"] > clocks["33"]
