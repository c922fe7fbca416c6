"""The search for gains, and that every case has some."""

from __future__ import annotations

import math
from typing import NamedTuple

from eventnet.scenarios.attitude.cases import CASES, Case
from eventnet.scenarios.attitude.gains import GAINS, NOISES, Gains
from eventnet.scenarios.attitude.stream import SENSORS
from eventnet.scenarios.attitude.tuning import search, tunable


class Two(NamedTuple):
    a: float = 1.0
    b: float = 1.0


def test_a_search_goes_down_one_number_at_a_time_and_stops_in_time() -> None:
    tried: list[Two] = []

    def error(at: Two) -> float:
        tried.append(at)
        return (at.a - 16.0) ** 2 + (at.b - 0.25) ** 2 + 1.0

    best, least = search(Two(), ["a", "b"], error, 60)
    assert (best, least) == (Two(16.0, 0.25), 1.0)
    assert len(tried) <= 60
    assert search(Two(), ["b"], error, 60)[0].a == 1.0
    tried.clear()
    search(Two(), ["a", "b"], error, 3)
    assert len(tried) == 3


def test_an_estimate_that_is_no_number_is_not_better() -> None:
    error = lambda at: (at.a - 2.0) ** 2 if at.a < 3 else math.nan  # noqa: E731
    assert search(Two(), ["a"], error, 60)[1] < 0.1


def test_a_part_of_a_turn_is_at_most_all_of_it() -> None:
    assert search(Gains(turn=0.5), ["turn"], lambda at: -at.turn, 60)[0].turn == 1.0


def test_every_case_has_gains_and_noise_and_only_tunes_what_is_there() -> None:
    assert len(set(CASES)) == len(CASES)
    assert {case.without for case in CASES if not case.every_axis} >= {(name,) for name in SENSORS}
    for case in CASES:
        assert case.tuned in GAINS
        assert case.tuned in NOISES
        names = tunable(case)
        assert ("turn" in names) == ("frames" in case.sensors)
        assert ("scale" in names) == ("events" in case.sensors)
        assert ("tilt_per_s" in names) == ("accelerometer" in case.sensors)
    assert Case(("frames",), True).tuned == Case(("frames",))
    assert Case(("joints",), True).tuned == Case((), True)
    assert (Case().name, Case(("gyroscope", "events")).name) == ("all sensors", "no gyroscope and events")
