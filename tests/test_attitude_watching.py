"""The watched robot is the robot of the table, and its answers are those of the time."""

from __future__ import annotations

import numpy as np
import pytest
from test_attitude_estimator import SHORT
from test_view_recorder import Kept

from eventnet.scenarios.attitude.cases import Case
from eventnet.scenarios.attitude.run import by_events, given
from eventnet.scenarios.attitude.stream import simulated
from eventnet.scenarios.attitude.watching import watch_robot
from eventnet.view import RunRecorder


def test_a_watched_robot_is_that_of_the_table() -> None:
    kept = Kept()
    with RunRecorder(kept, every_us=10_000) as recorder:
        watched = watch_robot(SHORT, recorder)
    stream = simulated(given(SHORT, Case()), 0)
    alone = by_events(SHORT, stream, Case())
    for name in ("turn", "tip", "bias", "rates"):
        assert getattr(watched, name).tobytes() == getattr(alone, name).tobytes(), name
    assert str(watched.by_sensor) == str(alone.by_sensor)
    assert len(kept.looks) == 20
    for look in kept.looks[1:]:
        row = look.t_us // 1000 - 1
        assert np.array_equal(look.answers["end point"], alone.tip[row])
        assert np.array_equal(look.answers["true end point"], stream.tip[row])
        assert look.pose == pytest.approx(alone.turn[row])
