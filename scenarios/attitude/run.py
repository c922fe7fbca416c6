"""Every case on the same robots, by events and by a Kalman filter: errors, what each sensor is worth, and its cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.parallel import in_processes
from eventnet.scenarios.attitude.cases import CASES, SLOW_HZ, USUAL_HZ, Case
from eventnet.scenarios.attitude.errors import attitude_error, tilt_error, yaw_error
from eventnet.scenarios.attitude.estimator import AttitudeEstimate, Estimator
from eventnet.scenarios.attitude.gains import GAINS, NOISES
from eventnet.scenarios.attitude.kalman import kalman
from eventnet.scenarios.attitude.parameters import AttitudeParameters
from eventnet.scenarios.attitude.stream import JOINTS, KeptStream, simulated, tip_of
from eventnet.scenarios.fusion.recomputed import operations
from eventnet.scenarios.shared.paired import MeanInterval, mean_interval, paired_difference

Floats = NDArray[np.float64]

MEASURES = {"attitude": "deg", "tilt": "deg", "yaw": "deg", "end point": "mm"}
"""Root mean squares over a run at every millisecond, and their units."""
METHODS = ("events", "Kalman")
WORTH = 0.10
"""A sensor is needed for what gets worse by this part without it, with an interval clear of 0."""


class Stretch(NamedTuple):
    """Time courses of the first robot for a picture: seconds [n], yaw, pitch and roll as they are and by both methods
    [n, 3], and the errors of the end point, millimetres [n, 2]."""

    seconds: Floats
    truth: Floats
    found: tuple[Floats, ...]
    off: Floats


@dataclass
class RobotOutcome:
    """One robot. errors: by case and method, each of `MEASURES`. costs: of each case, operations a second by sensor;
    counts: how many events each sensor sent a second; memory: bytes of each method, with all sensors."""

    errors: dict[tuple[Case, str], dict[str, float]]
    costs: dict[Case, dict[str, float]]
    counts: dict[str, float]
    stretch: Stretch
    memory: dict[str, int]


@dataclass
class AttitudeComparison:
    """All robots, in order."""

    parameters: AttitudeParameters
    robots: list[RobotOutcome]

    @property
    def cases(self) -> list[Case]:
        """Those that were run."""
        return list(self.robots[0].costs)

    def each(self, case: Case, method: str, measure: str) -> dict[int, float]:
        """By robot."""
        return {k: robot.errors[case, method][measure] for k, robot in enumerate(self.robots)}

    def mean(self, case: Case, method: str, measure: str) -> MeanInterval:
        """Over robots."""
        return mean_interval(list(self.each(case, method, measure).values()))

    def more(self, case: Case, method: str, measure: str, beside: Case | None = None) -> MeanInterval:
        """The difference of a measure from the case with all sensors, or from another case, paired by robot."""
        other = case._replace(without=()) if beside is None else beside
        return paired_difference(self.each(case, method, measure), self.each(other, method, measure))

    def needed(self, case: Case, method: str) -> list[str]:
        """The measures for which the sensors that this case lacks are needed: see `WORTH`."""
        made = []
        for measure in MEASURES:
            more, base = self.more(case, method, measure), self.mean(case._replace(without=()), method, measure)
            if more.low is not None and more.low > 0 and more.mean >= WORTH * base.mean:
                made.append(measure)
        return made


def compare(
    parameters: AttitudeParameters, *, processes: int = 1, progress: Callable[[int, int], None]
) -> AttitudeComparison:
    """Run every case on every robot. `progress` hears how many robots are done, of how many."""
    robots = list(range(parameters.run.robots))
    found: list[RobotOutcome] = in_processes(_robot, parameters, robots, processes=processes, progress=progress)
    return AttitudeComparison(parameters, found)


def cases_of(p: AttitudeParameters) -> list[Case]:
    """Those that the parameters ask for."""
    return [case for case in CASES if case.frame_hz == USUAL_HZ or p.run.slow_frames]


def given(p: AttitudeParameters, case: Case) -> AttitudeParameters:
    """Parameters whose frames are those of a case."""
    return replace(p, frames=replace(p.frames, every_axis=case.every_axis, rate_hz=case.frame_hz))


def _robot(p: AttitudeParameters, robot: int) -> RobotOutcome:
    cases = cases_of(p)
    stream = simulated(given(p, Case()), robot, (SLOW_HZ,) if p.run.slow_frames else ())
    errors, costs = {}, {}
    kept: dict[Case, tuple[AttitudeEstimate, AttitudeEstimate]] = {}
    for case in cases:
        found, filtered = both(p, stream, case, kept)
        for method, estimate in zip(METHODS, (found, filtered), strict=True):
            errors[case, method] = errors_of(stream, estimate)
        if not case.without and case.frame_hz == USUAL_HZ:
            kept[case] = found, filtered
        assert found.by_sensor is not None
        costs[case] = {name: 1e6 * operations(row) / stream.end_us for name, row in found.by_sensor.items()}
    counts = {
        name: 1e6 * sum(len(packet.events) for packet in stream.of(name, USUAL_HZ)) / stream.end_us
        for name in Case().sensors
    }
    memory = dict(zip(METHODS, (estimate.memory for estimate in kept[Case()]), strict=True))
    return RobotOutcome(errors, costs, counts, stretch_of(stream, kept[Case()]), memory)


def both(
    p: AttitudeParameters, stream: KeptStream, case: Case, kept: dict[Case, tuple[AttitudeEstimate, AttitudeEstimate]]
) -> tuple[AttitudeEstimate, AttitudeEstimate]:  # fmt: skip
    """The estimates of a case by each of `METHODS`. kept: those with all sensors, which come first.

    Joints move no attitude: without them the arm is taken to stand at its zeros, on the attitude of all sensors.
    """
    if case.without == ("joints",):
        rest = tip_of(p, np.zeros(JOINTS))
        whole, filtered = (replace(one, tip=one.turn @ rest) for one in kept[case._replace(without=())])
        assert whole.by_sensor is not None
        spent = {name: row for name, row in whole.by_sensor.items() if name != "joints"}
        return replace(whole, by_sensor=spent), filtered
    found = by_events(p, stream, case)
    seen = kept[Case()][0].rates if Case() in kept else found.rates
    return found, kalman(given(p, case), stream, NOISES[case.tuned], seen, case.sensors)


def by_events(p: AttitudeParameters, stream: KeptStream, case: Case) -> AttitudeEstimate:
    """The event-driven estimate of a case, with its gains."""
    return Estimator(given(p, case), stream, GAINS[case.tuned], case.sensors).run()


def errors_of(stream: KeptStream, found: AttitudeEstimate) -> dict[str, float]:
    """Each of `MEASURES`."""
    parts = (
        attitude_error(stream.turn, found.turn), tilt_error(stream.turn, found.turn),
        yaw_error(stream.turn, found.turn), 1e3 * np.linalg.norm(found.tip - stream.tip, axis=1),
    )  # fmt: skip
    return {name: float(np.sqrt((part**2).mean())) for name, part in zip(MEASURES, parts, strict=True)}


def angles_of(turn: Floats) -> Floats:
    """Yaw, pitch and roll in degrees of attitudes [n, 3, 3]; yaw goes on beyond 180."""
    yaw = np.degrees(np.unwrap(np.arctan2(turn[:, 0, 2], turn[:, 2, 2])))
    pitch = np.degrees(-np.arcsin(np.clip(turn[:, 1, 2], -1, 1)))
    return np.stack((yaw, pitch, np.degrees(np.arctan2(turn[:, 1, 0], turn[:, 1, 1]))), axis=1)


def stretch_of(stream: KeptStream, found: tuple[AttitudeEstimate, ...], every: int = 10) -> Stretch:
    """The last eight seconds, or all."""
    shown = slice(max(0, len(stream.times) - 8000), None, every)
    off = np.stack([1e3 * np.linalg.norm(one.tip - stream.tip, axis=1)[shown] for one in found], axis=1)
    return Stretch(
        np.asarray(1e-6 * stream.times[shown], np.float64), angles_of(stream.turn[shown]),
        tuple(angles_of(one.turn[shown]) for one in found), off,
    )  # fmt: skip


def shares(found: AttitudeComparison, case: Case) -> Iterator[tuple[str, MeanInterval, float]]:
    """For each sensor of a case, and for answers: operations a second over robots, and events a second."""
    for name in found.robots[0].costs[case]:
        cost = mean_interval([robot.costs[case][name] for robot in found.robots])
        count = float(np.mean([robot.counts.get(name, 1000.0) for robot in found.robots]))
        if name == "frames":
            count *= case.frame_hz / USUAL_HZ
        yield name, cost, count
