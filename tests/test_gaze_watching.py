"""The watched reflex is the reflex of the table, and its answers are those of the time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_fusion_run import three_rates
from test_view_recorder import Kept

from eventnet.scenarios.gaze import GazeParameters
from eventnet.scenarios.gaze.reflex import run_reflex
from eventnet.scenarios.gaze.scenario_gaze import live
from eventnet.scenarios.gaze.watching import REFLEX, watch_reflex
from eventnet.view import RunRecorder

SHORT = GazeParameters()
SHORT = replace(SHORT, run=replace(SHORT.run, duration_s=0.11, measured_from_s=0.05, heads=1))


def test_a_watched_reflex_is_that_of_the_table() -> None:
    kept = Kept()
    with RunRecorder(kept, every_us=10_000) as recorder:
        watched = watch_reflex(SHORT, three_rates(), recorder)
    alone = run_reflex(SHORT, three_rates(), REFLEX)
    for name in ("times", "slip", "command", "estimate", "events", "cost"):
        assert getattr(watched, name).tobytes() == getattr(alone, name).tobytes(), name
    assert len(kept.looks) == 11
    for look in kept.looks:
        last = int(np.searchsorted(alone.times, look.t_us)) - 1
        assert look.answers["command"].tobytes() == alone.command[last].tobytes()
        np.testing.assert_allclose(look.answers["slip"], alone.slip[last], atol=1.0)  # half a millisecond before
        assert look.pose is not None
        assert look.pose @ look.pose.T == pytest.approx(np.eye(3), abs=1e-12)


@pytest.mark.slow
def test_a_live_reflex_is_the_watched_one_and_shows_spikes_and_what_sensors_cost(tmp_path: Path) -> None:
    three_rates().save(tmp_path / "weights.npz")
    parameters = replace(SHORT, run=replace(SHORT.run, weights=str(tmp_path / "weights.npz")))
    kept, alone = Kept(), Kept()
    with RunRecorder(kept) as recorder:
        live(parameters, recorder, "breadth")
    with RunRecorder(alone) as recorder:
        watch_reflex(parameters, three_rates(), recorder)
    for look, other in zip(kept.looks, alone.looks, strict=True):
        assert (look.adds, look.rates, look.queued) == (other.adds, other.rates, other.queued)
        assert all(look.answers[name].tobytes() == np.asarray(value).tobytes() for name, value in other.answers.items())
        assert sum(look.by_input.values()) == pytest.approx(sum(look.adds.values()))
        assert look.pictures["raster"].dtype == np.uint8
    with RunRecorder(Kept()) as recorder:
        live(parameters, recorder, "depth")
