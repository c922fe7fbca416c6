"""Numbers of the filters, from simulated trajectories on which nothing is judged: `python -m
eventnet.scenarios.fusion.train.filters` prints them, as `filter_numbers` has them.

Cameras are the fusion network on a fast and on a slow clock, and flow sums (thin and fine): their heads are fitted
alike. A filter's error is the mean, over the trajectories, of the root mean square of its fused answer from 0.5 s on.
Numbers are moved up and down by a factor, one after the other, as long as this grows less; then with a smaller factor.
Numbers with which a filter is later than the network's head after a step (4 samples to the middle) are not taken: a
smoother answer, that comes later, would be another one. Weights of slow traces are those of least squares.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.base.linear_algebra import one_thread
from eventnet.scenarios.fusion.filters import (
    AXES,
    TRACES_US,
    Complementary,
    FilterHead,
    HeadNumbers,
    Kalman,
    Numbers,
    SlowTraces,
)
from eventnet.scenarios.fusion.flow import FITTED, FlowMethod
from eventnet.scenarios.fusion.network import NOISES, FusionWeights
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.recomputed import ExactRates
from eventnet.scenarios.fusion.stream import Kept, Simulated, samples

Floats = NDArray[np.float64]

FIRST_SEED = 777_000
SPEEDS = (55.0, 20.0, 5.0, 0.0, 110.0, 55.0, 20.0, 55.0, 5.0, 55.0, 20.0, 0.0, 110.0, 55.0)
"""Root mean square, degrees a second, of each trajectory of 5 s."""
CLOCKS_US = {"fast": 2e3, "late": 33e3}
"""Of the network."""
MEASURED_FROM_US = 5e5
FACTORS = (1.6, 1.26, 1.12, 1.06)
RIDGE = 1e-4
GRID_US = 100
MOST_SAMPLES = 4

BEGIN: dict[str, Numbers] = {
    "cheap": HeadNumbers(),
    "complementary": Complementary(0.25, 0.01, 0.0005),
    "Kalman": Kalman(2.7e6, 0.13, 20.0, 800.0, 2.0, 25.0),
}


class FittingSamples(NamedTuple):
    """One trajectory: the gyroscope's samples, the rates of each camera (times and values), the truth."""

    t: Floats
    gyro: Floats
    dvs: dict[str, tuple[Floats, Floats]]
    truth: Floats


def trajectories(noise: float, speeds: Sequence[float] = SPEEDS, seconds: float = 5.0) -> list[FittingSamples]:
    """Samples to fit to, a trajectory a speed, with a gyroscope of this noise and a bias of 5 degrees a second."""
    made, weights, given = [], FusionWeights.shipped(), Parameters()
    for k, speed in enumerate(speeds):
        like = replace(
            given, world=replace(given.world, turning_deg_per_s=speed), run=replace(given.run, duration_s=seconds),
            gyroscope=replace(given.gyroscope, white_noise=noise),
        )  # fmt: skip
        stream = Simulated(like, FIRST_SEED + k, (weights.width, weights.height))
        events = np.concatenate([packet.events for packet in stream.camera()])
        t, gyro = samples(np.concatenate([packet.events for packet in stream.gyroscope()]), AXES)
        ticks = {name: np.arange(period, stream.end_us, period) for name, period in CLOCKS_US.items()}
        dvs = {name: (at, ExactRates(weights).take(events, at)) for name, at in ticks.items()}
        kept = Kept(stream)
        for version in ("thin", "fine"):
            method = FlowMethod(version, FITTED[version], given.world.focal_px)
            answers = method.run(weights, kept, GRID_US, lambda reached: None).answers
            # What is new at a sample stands at the next time of the grid: less than a period later.
            dvs[version] = np.arange(len(answers)) * float(GRID_US) - GRID_US, answers[:, AXES : 2 * AXES]
        made.append(FittingSamples(t, gyro, dvs, stream.truth(t)))
    return made


def half_way(head: FilterHead) -> int:
    """Samples from a step of 100 degrees a second to the first answer beyond its middle, without noise.

    The filter has seen the rate before for a second; the camera says the new one after 7 samples.
    """
    t, step = np.arange(1e3, 1.0205e6, 1e3), 1000
    gyro, dvs = (np.where(np.arange(len(t)) < step + late, -50.0, 50.0) for late in (0, 7))
    answers = head.begin().take(t, np.tile(gyro[:, None], AXES), t, np.tile(dvs[:, None], AXES), t)[step:, 0]
    beyond = np.flatnonzero(answers > 0)
    return int(beyond[0]) + 1 if len(beyond) else len(answers)


def error(head: FilterHead, camera: str, seen: Sequence[FittingSamples], latest: float = MOST_SAMPLES) -> float:
    """Degrees a second: see above; inf where it is too late."""
    found: list[float] = []
    if half_way(head) > latest:
        return np.inf
    for one in seen:
        answers = head.begin().take(one.t, one.gyro, *one.dvs[camera], one.t)[:, :AXES]
        found.append(float(np.sqrt(np.mean((answers - one.truth)[one.t >= MEASURED_FROM_US] ** 2))))
    made = float(np.mean(found))
    return made if np.isfinite(made) else np.inf


def fitted(name: str, camera: str, seen: Sequence[FittingSamples]) -> tuple[Numbers, float]:
    """Numbers of a filter for a camera, and their error."""
    kind = type(BEGIN[name])
    flat = _flat(BEGIN[name])
    least = error(FilterHead(name, _shaped(kind, flat)), camera, seen)
    for factor in FACTORS:
        better = True
        while better:
            better = False
            for k in range(len(flat)):
                for moved in (flat[k] * factor, flat[k] / factor):
                    tried = [*flat[:k], moved, *flat[k + 1 :]]
                    found = error(FilterHead(name, _shaped(kind, tried)), camera, seen)
                    if found < least - 1e-4:
                        flat, least, better = tried, found, True
    for digits in range(3, 18):  # more where a rounded number would be too late
        rounded = _shaped(kind, [float(f"{value:.{digits}g}") for value in flat])
        least = error(FilterHead(name, rounded), camera, seen)
        if np.isfinite(least):
            break
    return rounded, least


def slow_traces(seen: Sequence[FittingSamples]) -> SlowTraces:
    """Weights by least squares over all trajectories, with a little of each column's mean square added."""
    squares, products = np.zeros((1 + len(TRACES_US),) * 2), np.zeros(1 + len(TRACES_US))
    for one in seen:
        columns = [_column(m, one) for m in range(1 + len(TRACES_US))]
        part = np.repeat(one.t >= MEASURED_FROM_US, AXES)
        seen_by = np.stack([column.ravel()[part] for column in columns], axis=1)
        squares += seen_by.T @ seen_by
        products += seen_by.T @ one.truth.ravel()[part]
    found = np.linalg.solve(squares + RIDGE * np.diag(np.diag(squares)), products)
    return SlowTraces(tuple(float(f"{weight:.4g}") for weight in found))


def _column(m: int, one: FittingSamples) -> Floats:
    """The values that weight m multiplies, [n, axes]."""
    only = SlowTraces(tuple(float(k == m) for k in range(1 + len(TRACES_US))))
    nothing = np.empty(0), np.empty((0, AXES))
    return FilterHead("slow traces", only).begin().take(one.t, one.gyro, *nothing, one.t)[:, :AXES]


def _flat(numbers: Numbers) -> list[float]:
    parts = astuple(numbers) if isinstance(numbers, HeadNumbers) else numbers
    return [float(value) for part in parts for value in np.ravel(part)]


def _shaped(kind: type[Numbers], flat: Sequence[float]) -> Numbers:
    if kind is HeadNumbers:
        return HeadNumbers((flat[0], flat[1], flat[2], flat[3]), *flat[4:])
    return kind(*flat)  # type: ignore[arg-type]


@one_thread()
def main() -> None:
    """Fit all, and print them with their errors."""
    parser = argparse.ArgumentParser("python -m eventnet.scenarios.fusion.train.filters", description=__doc__)
    parser.parse_args()
    seen = trajectories(NOISES[0])
    for camera in seen[0].dvs:
        for name, begin in BEGIN.items() if camera in CLOCKS_US else [("cheap", BEGIN["cheap"])]:
            numbers, least = fitted(name, camera, seen)
            first = error(FilterHead(name, begin), camera, seen)
            print(f"{name}, {camera}: {numbers}; {least:.4f} deg/s, {first:.4f} before", flush=True)
    for noise in NOISES:
        seen = trajectories(noise)
        numbers = slow_traces(seen)
        off = error(FilterHead("slow traces", numbers), "fast", seen, np.inf)
        print(f"slow traces, noise {noise:g}: {numbers}; {off:.4f} deg/s", flush=True)


if __name__ == "__main__":
    main()
