"""The watched reflex is the reflex of the table, and its answers are those of the time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_fusion_run import three_rates
from test_view_recorder import Kept

from eventnet.scenarios.gaze import GazeParameters
from eventnet.scenarios.gaze.reflex import run_reflex
from eventnet.scenarios.gaze.watching import REFLEX, watch_reflex
from eventnet.view import RunRecorder

SHORT = GazeParameters()
SHORT = replace(SHORT, run=replace(SHORT.run, duration_s=0.11, measured_from_s=0.05, heads=1))


def test_a_watched_reflex_is_that_of_the_table() -> None:
    kept = Kept()
    with RunRecorder(kept, every_us=10_000) as recorder:
        watched = watch_reflex(SHORT, three_rates(), recorder)
    alone = run_reflex(SHORT, three_rates(), REFLEX)
    for name in ("times", "slip", "command", "estimate", "events", "spent"):
        assert getattr(watched, name).tobytes() == getattr(alone, name).tobytes(), name
    assert len(kept.looks) == 11
    for look in kept.looks:
        last = int(np.searchsorted(alone.times, look.t_us)) - 1
        assert look.answers["command"].tobytes() == alone.command[last].tobytes()
        np.testing.assert_allclose(look.answers["slip"], alone.slip[last], atol=1.0)  # half a millisecond before
        assert look.pose is not None
        assert look.pose @ look.pose.T == pytest.approx(np.eye(3), abs=1e-12)
