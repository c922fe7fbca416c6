"""Gains and noise of both estimators, for each case by itself: `python -m eventnet.scenarios.attitude.tuning`.

Coordinate by coordinate, by ratios that shrink, towards the least root mean square of the attitude's error; on robots
of a seed on which nothing is judged, over as long as the robots are judged. It prints what `gains.py` holds, and takes
up to an hour and three quarters on two cores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.parallel import cores, in_processes
from eventnet.scenarios.attitude.cases import CASES, SLOW_HZ, USUAL_HZ, Case
from eventnet.scenarios.attitude.errors import attitude_error
from eventnet.scenarios.attitude.estimator import Estimator
from eventnet.scenarios.attitude.gains import GAINS, NOISES, Gains, Noise
from eventnet.scenarios.attitude.kalman import kalman
from eventnet.scenarios.attitude.parameters import AttitudeParameters, AttitudeRunTable
from eventnet.scenarios.attitude.stream import SENSORS, KeptStream, simulated

SEED, ROBOTS, SECONDS = 77, 4, 60.0
RATIOS = 4.0, 4.0, 2.0, 1.5
MOST = 60
"""Evaluations of a case, besides where it may begin."""
ENOUGH = 0.999
SMALL_RATIO = 0.1
"""The scale of the camera's rates goes in steps so much smaller."""


def tunable(case: Case) -> list[str]:
    """Names of the gains that this case has."""
    names, there = [], case.sensors
    if "accelerometer" in there:
        names += ["tilt_per_s", "lean_per_s"] + (["tilt_bias"] if "gyroscope" in there else [])
    if "events" in there:
        names += ["seen_per_s", "doubt", "scale"] if "gyroscope" in there else ["scale"]
    return names + (["turn", "turn_bias"] if "frames" in there else [])


def search(
    first: Any, names: Sequence[str], error: Callable[[Any], float], most: int
) -> tuple[Any, float]:  # fmt: skip
    """The best named tuple that was found, and its error: one number at a time goes up or down as long as it helps."""
    best, least, tried = first, error(first), 1
    for ratio in RATIOS:
        for name in names:
            step = 1 + SMALL_RATIO * (ratio - 1) if name == "scale" else ratio
            for factor in (step, 1 / step):
                moved = False
                while tried < most:
                    value = getattr(best, name) * factor
                    other = best._replace(**{name: min(value, 1.0) if name == "turn" else value})
                    if other == best:
                        break
                    tried, found = tried + 1, error(other)
                    if not found < ENOUGH * least:
                        break
                    best, least, moved = other, found, True
                if moved:
                    break
    return best, least


IGNORED: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "events": ({"seen_per_s": 0.0}, {"seen": 1e4}),
    "accelerometer": ({"tilt_per_s": 0.0, "tilt_bias": 0.0, "lean_per_s": 0.0}, {"felt": 1e3}),
    "frames": ({"turn": 0.0, "turn_bias": 0.0}, {"doubt": 1e3}),
}
"""Gains, and noise, with which a sensor that is there is not believed."""
DRIFTS = 1.0, 10.0, 100.0
"""Further starting values of `drift` for a filter without a gyroscope."""


def starts(case: Case, found: dict[Case, Any], kind: int) -> Iterator[Any]:
    """Starting points of a search: shipped values, those found at the usual frame rate, and those found without one
    of the sensors, which is then not believed.

    So no case can come out worse for a sensor more on the robots that are tuned on. kind: 0 gains, 1 noise.
    """
    yield (GAINS, NOISES)[kind].get(case, (Gains, Noise)[kind]())
    if case._replace(frame_hz=USUAL_HZ) in found:
        yield found[case._replace(frame_hz=USUAL_HZ)]
    for name in case.sensors:
        without = tuple(other for other in SENSORS if other in (name, *case.without))
        fewer = case._replace(without=without).tuned
        if name in IGNORED and fewer in found and not (name == "events" and "gyroscope" in without):
            yield found[fewer]._replace(**IGNORED[name][kind])
    if kind and "gyroscope" in case.without:
        yield from (Noise(drift=drift) for drift in DRIFTS)


class Search(NamedTuple):
    """Robots, rates and findings that all searches share.

    streams   of the robots that are tuned on. seen: the rates that flow sums see of each
    found     of kind 0, gains, and 1, noise: the sets that cases have so far
    """

    p: AttitudeParameters
    streams: list[KeptStream]
    seen: list[NDArray[np.float64]]
    found: tuple[dict[Case, Any], dict[Case, Any]]


def tuned(shared: Search, job: tuple[int, Case]) -> tuple[Any, float]:
    """The best set of a job's kind for its case, and the error with it, in degrees."""
    kind, case = job
    p, streams, seen, found = shared
    error = _error_of_noise(p, streams, seen, case) if kind else _error_of_gains(p, streams, case)
    first = min(starts(case, found[kind], kind), key=error)
    return search(first, Noise._fields if kind else tunable(case), error, MOST)


def main() -> None:
    """Tune all cases, those of the usual frames and of fewest sensors first, and print them."""
    p = AttitudeParameters(run=AttitudeRunTable(seed=SEED, robots=ROBOTS, duration_s=SECONDS))
    streams = [simulated(p, robot, (SLOW_HZ,)) for robot in range(ROBOTS)]
    seen = [Estimator(p, stream, Gains(), ("gyroscope", "events")).run().rates for stream in streams]
    shared = Search(p, streams, seen, ({}, {}))
    for _, level in groupby(sorted((case for case in CASES if case.tuned == case), key=_turn_of), _turn_of):
        jobs = [(kind, case) for case in level for kind in (0, 1)]
        for (kind, case), (best, least) in zip(jobs, in_processes(tuned, shared, jobs, processes=cores()), strict=True):
            shared.found[kind][case] = best
            print(f"    {case!r}: {_written(best)},  # {least:.3g}", flush=True)


def _turn_of(case: Case) -> tuple[bool, int]:
    """Cases of a later turn may begin with what those of an earlier one have found."""
    return case.frame_hz != USUAL_HZ, -len(case.without)


def _error_of_gains(p: AttitudeParameters, streams: list[KeptStream], case: Case) -> Callable[[Gains], float]:
    def error(gains: Gains) -> float:
        given = replace(p, frames=replace(p.frames, every_axis=case.every_axis, rate_hz=case.frame_hz))
        return _mean(streams, [Estimator(given, stream, gains, case.sensors).run().turn for stream in streams])

    return error


def _error_of_noise(
    p: AttitudeParameters, streams: list[KeptStream], seen: list[NDArray[np.float64]], case: Case
) -> Callable[[Noise], float]:  # fmt: skip
    given = replace(p, frames=replace(p.frames, every_axis=case.every_axis, rate_hz=case.frame_hz))

    def error(noise: Noise) -> float:
        return _mean(streams, [
            kalman(given, stream, noise, rates, case.sensors).turn for stream, rates in zip(streams, seen, strict=True)
        ])  # fmt: skip

    return error


def _mean(streams: list[KeptStream], turns: list[NDArray[np.float64]]) -> float:
    each = [attitude_error(stream.turn, turn) for stream, turn in zip(streams, turns, strict=True)]
    mean = float(np.mean([np.sqrt((error**2).mean()) for error in each]))
    return mean if np.isfinite(mean) else np.inf  # an estimate that has grown without bound


def _written(values: Any) -> str:
    return f"{type(values).__name__}({', '.join(f'{value:.4g}' for value in values)})"


if __name__ == "__main__":
    main()
