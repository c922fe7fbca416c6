"""Cases side by side: what the table's numbers are, and when a sensor counts as needed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from test_attitude_estimator import SHORT

from eventnet.scenarios.attitude.cases import CASES, USUAL_HZ, Case
from eventnet.scenarios.attitude.errors import attitude_error
from eventnet.scenarios.attitude.run import (
    MEASURES,
    METHODS,
    AttitudeComparison,
    RobotOutcome,
    Stretch,
    angles_of,
    by_events,
    compare,
    given,
    shares,
)
from eventnet.scenarios.attitude.stream import SENSORS, simulated
from eventnet.scenarios.shared.parameter_file import loads
from eventnet.scenarios.worlds import RandomTurning

TWO = loads("[run]\nrobots = 2", SHORT)


@cache
def side_by_side() -> AttitudeComparison:
    """Once for this file and for that of its pictures."""
    return compare(TWO, progress=lambda done, of: None)


def made_up(*errors: dict[Case, float]) -> AttitudeComparison:
    """Robots whose every error is as it is said to be."""
    nothing = Stretch(np.zeros(0), np.zeros((0, 3)), (), np.zeros((0, 2)))
    return AttitudeComparison(TWO, [
        RobotOutcome(
            {(case, method): dict.fromkeys(MEASURES, value) for case, value in each.items() for method in METHODS},
            {case: dict.fromkeys(SENSORS, 1.0) for case in each}, dict.fromkeys(SENSORS, 2.0), nothing,
            dict.fromkeys(METHODS, 4),
        )
        for each in errors
    ])  # fmt: skip


def test_a_sensor_is_needed_for_a_tenth_more_with_an_interval_clear_of_nothing() -> None:
    without = Case(("events",))
    for values, needed in (
        ((1.2, 1.21, 1.19), True), ((1.09, 1.08, 1.09), False), ((3.0, 0.9, 1.1), False), ((0.5, 0.5, 0.5), False)
    ):  # fmt: skip
        found = made_up(*({Case(): 1.0, without: value} for value in values))
        assert found.needed(without, "events") == (list(MEASURES) if needed else [])
    more = made_up({Case(): 1.0, without: 2.0}, {Case(): 1.0, without: 4.0}).more(without, "events", "tilt")
    assert (more.mean, more.high) == (2.0, pytest.approx(2.0 + 12.706204736, rel=1e-6))  # Student's t of one degree


def test_what_sensors_cost_and_send_is_a_mean_over_robots() -> None:
    found = dict((name, (cost.mean, count)) for name, cost, count in shares(made_up({Case(): 1.0}), Case()))
    assert found == dict.fromkeys(SENSORS, (1.0, 2.0))


def test_angles_are_those_that_made_the_attitude() -> None:
    motion = RandomTurning(3)
    t = np.arange(0, 1e6, 1e5)
    found = angles_of(np.array([motion.orientation(at) for at in t]))
    np.testing.assert_allclose(found, [motion.angles(at) for at in t], atol=1e-9)


@pytest.mark.slow
def test_every_case_is_run_on_every_robot_and_errors_are_those_of_its_estimate() -> None:
    found = side_by_side()
    assert found.cases == [case for case in CASES if case.frame_hz == USUAL_HZ]
    assert len(found.robots) == 2
    stream, case = simulated(given(TWO, Case()), 1), Case(("accelerometer",), True)
    off = attitude_error(stream.turn, by_events(TWO, stream, case).turn)
    assert found.robots[1].errors[case, "events"]["attitude"] == pytest.approx(np.sqrt((off**2).mean()))
    for robot in found.robots:
        assert set(robot.errors) == {(case, method) for case in found.cases for method in METHODS}
        assert all(np.isfinite(list(row.values())).all() for row in robot.errors.values())
        whole, without = (robot.errors[Case(names), "Kalman"] for names in ((), ("joints",)))
        assert all(whole[name] == without[name] for name in ("attitude", "tilt", "yaw"))
        assert whole["end point"] != without["end point"]
        assert robot.memory["Kalman"] == 4 * (4 + 9 + 81 + 5 * 128 + 9 + 32 * 24 + stream.faces.size)
        assert robot.memory["events"] > robot.memory["Kalman"]
        assert set(robot.costs[Case(("joints",))]) == {*SENSORS, "answers"} - {"joints"}
    assert found.robots[0].errors != found.robots[1].errors
