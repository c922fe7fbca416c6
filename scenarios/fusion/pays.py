"""When events pay: cost and error of the methods of `compare` at several speeds, and with several gyroscopes.

The cost of what is updated by events follows the events, that of a clock does not; and a second sensor helps as far as
its errors differ. These numbers follow from the parameters. What a processor takes is measured, and differs from run to
run.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np

import eventnet as en
from eventnet.base.old_names import renamed_arguments
from eventnet.errors import ModelError
from eventnet.scenarios.fusion.flow import FlowTwin
from eventnet.scenarios.fusion.methods import EventDriven, Method, Recomputed, quantile
from eventnet.scenarios.fusion.named import AS_IT_IS, AT_SAMPLES, SLOW_TRACES, is_by_events, is_clock, methods
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.parameters import HEADS, VERSIONS, MethodsTable, Parameters, RunTable, StepsTable
from eventnet.scenarios.fusion.recomputed import ExactHead, ExactRates
from eventnet.scenarios.fusion.run import GRID_US, FusionComparison, Row, compare, stream_of
from eventnet.scenarios.fusion.stream import Kept
from eventnet.scenarios.shared.paired import MeanInterval, paired_difference
from eventnet.scenarios.shared.parameter_file import Checked, entry

SPEEDS, QUICK_SPEEDS = (0.0, 5.0, 20.0, 55.0, 110.0), (0.0, 20.0, 110.0)
GYROSCOPES: dict[str, dict[str, Any]] = {
    "bias 5, noise 10 in each sample": {"bias": 5.0, "white_noise": 10.0},
    "bias 5, noise 1": {"bias": 5.0, "white_noise": 1.0},
    "bias 2, noise 0.3": {"bias": 2.0, "white_noise": 0.3},
    "bias 0.5, 0.005 deg/s/√Hz, as in a data sheet": {"bias": 0.5, "white_noise": 0.0, "noise_density": 0.005},
}
PASSES, RUNS, METHOD_RUNS = 200, 9, 3
"""So many passes are timed at once, so often; methods so often."""


@dataclass(frozen=True)
class SpeedsTable(Checked):
    """How fast the camera turns: in place of turning_deg_per_s of [world], which the gyroscopes are compared at."""

    turning_deg_per_s: tuple[float, ...] = entry(QUICK_SPEEDS, "root mean square of each axis", 0.0, 1e4)
    trajectories: tuple[int, ...] = entry((), "at each of these speeds; none: as [run] says", 1, 1000)
    gyroscopes: bool = entry(True, "whether gyroscopes of other noise and bias are compared, too")
    processor: bool = entry(True, "whether processor time is measured")

    def __post_init__(self) -> None:
        super().__post_init__()
        asked, speeds = len(self.trajectories), len(self.turning_deg_per_s)
        if asked not in (0, speeds):
            raise ModelError(
                f"there are {asked} numbers of trajectories for {speeds} speeds; wanted one for each, or none"
            )


@dataclass(frozen=True)
class PaysParameters(Parameters):
    """The tables of the fusion scenario, shorter, and the speeds."""

    run: RunTable = field(default_factory=lambda: RunTable(trajectories=1, duration_s=2.0))
    steps: StepsTable = field(default_factory=lambda: StepsTable(count=0))
    methods: MethodsTable = field(
        default_factory=lambda: MethodsTable(
            exact=False, kept_ms=(2.0, 33.0, 100.0), filters=(), twin_ms=(0.0, 2.0, 33.0, 100.0), scales=(1.0,)
        ),
        metadata={"formerly": "ways"},
    )
    speeds: SpeedsTable = field(default_factory=SpeedsTable)

    @classmethod
    def in_full(cls) -> PaysParameters:
        """Ten trajectories of 5 s at every speed."""
        return cls(
            run=RunTable(trajectories=10, duration_s=5.0), speeds=SpeedsTable(SPEEDS),
            methods=MethodsTable(
                exact=False, kept_ms=(0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 33.0, 100.0), heads=HEADS,
                filter_ms=(0.0, 2.0, 33.0), flow=VERSIONS,
                twin_ms=(0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 33.0, 100.0), scales=(1.0, 2.0),
            ),
        )  # fmt: skip


class MethodTime(NamedTuple):
    """seconds: of processor time for a second of the sensors. answer_ms: event to answer, the median, without the time
    of computing. with_computing_ms: with that of all there is to compute between two answers, done at the end; infinite
    where a second takes longer than a second."""

    seconds: float
    answer_ms: float
    with_computing_ms: float


class Processor(NamedTuple):
    """Seconds of processor time: of one pass of the kept network and of one answer of its head, compiled in float64; of
    one pass of the filters in NumPy (float32); and what was timed by method and speed."""

    machine: str
    kept: float
    head: float
    filters: float
    methods: dict[str, dict[float, MethodTime]]


@dataclass
class PaysResult:
    """The findings of `pays`.

    speeds: `compare` by speed. gyroscopes: of each the row of the network kept at samples, with "bare error", that of
    the gyroscope as it is, "slow traces error", and `beside_fused`. processor: None where it was not measured.
    """

    parameters: PaysParameters
    speeds: dict[float, FusionComparison]
    gyroscopes: dict[str, Row]
    processor: Processor | None


@renamed_arguments(told="progress")
def pays(
    parameters: PaysParameters, weights_for: Callable[[Parameters], FusionWeights], *, processes: int = 1,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> PaysResult:  # fmt: skip
    """Run all methods at all speeds, then all gyroscopes, then the clock.

    weights_for: the weights that a gyroscope gets. progress: hears how many comparisons are done, of how many.
    """
    p, done = parameters, 0
    gyroscopes = GYROSCOPES if p.speeds.gyroscopes else {}
    total = len(p.speeds.turning_deg_per_s) + len(gyroscopes)

    def compared(like: PaysParameters) -> FusionComparison:
        nonlocal done
        made = compare(like, weights_for(like), processes=processes, progress=lambda k, of: None)
        progress(done := done + 1, total)
        return made

    speeds = {}
    for k, speed in enumerate(p.speeds.turning_deg_per_s):
        asked = p.speeds.trajectories[k] if p.speeds.trajectories else p.run.trajectories
        speeds[speed] = compared(turning(replace(p, run=replace(p.run, trajectories=asked)), speed))
    found = {}
    only = MethodsTable(exact=False, kept_ms=(), filters=(), codes=(), flow=(), twin_ms=())
    for name, changed in gyroscopes.items():
        like = replace(p, gyroscope=replace(p.gyroscope, **changed), methods=only)
        made = compared(like)
        rows = {row["method"]: row for row in made.rows}
        others = {"bare error": rows[AS_IT_IS]["gyro error"], "slow traces error": rows[SLOW_TRACES]["fused error"]}
        found[name] = rows[AT_SAMPLES] | others | beside_fused(made)
    return PaysResult(p, speeds, found, processor(p, weights_for(p)) if p.speeds.processor else None)


def beside_fused(made: FusionComparison) -> dict[str, MeanInterval]:
    """The error of the fused answer less that of the gyroscope as it is, and less that of its slow traces; paired by
    trajectory.
    """
    fused, others = dict(enumerate(made.by_trajectory[AT_SAMPLES]["fused error"])), made.by_trajectory
    return {
        "fused less bare": paired_difference(fused, dict(enumerate(others[AS_IT_IS]["gyro error"]))),
        "fused less slow traces": paired_difference(fused, dict(enumerate(others[SLOW_TRACES]["fused error"]))),
    }


def turning(p: PaysParameters, speed: float) -> PaysParameters:
    """The same at another speed."""
    return replace(p, world=replace(p.world, turning_deg_per_s=speed))


# --- time ---
def processor(p: PaysParameters, weights: FusionWeights) -> Processor:
    """Processor times on this machine, in one process: of single passes, and of each method by speed."""
    return Processor(
        machine(), _kept_seconds(weights), _head_seconds(weights), _pass_seconds(weights),
        {
            method.name: {speed: _timed_on(turning(p, speed), weights, method) for speed in p.speeds.turning_deg_per_s}
            for method in methods(p) if is_by_events(method.name) or is_clock(method.name)
        },
    )  # fmt: skip


def machine() -> str:
    """The processor's name and how many cores it has."""
    cores = f"{os.cpu_count()} cores"
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {cores}"


def _kept_seconds(weights: FusionWeights) -> float:
    """Of one pass: passes without events between them."""
    rates, none = ExactRates(weights), np.zeros(0, en.PIXEL_EVENT)
    rates.take(none, np.array([1.0]))
    return _timed(lambda k: rates.take(none, np.arange(2.0 + k * PASSES, 2.0 + (k + 1) * PASSES))) / PASSES


def _head_seconds(weights: FusionWeights) -> float:
    """Of one answer of the network's head."""
    head, none = ExactHead(weights), (np.empty(0), np.empty((0, weights.n_out)))
    head.take(*none, *none, np.array([1.0]))
    return _timed(lambda k: head.take(*none, *none, np.arange(2.0 + k * PASSES, 2.0 + (k + 1) * PASSES))) / PASSES


def _timed(run: Callable[[int], Any]) -> float:
    """The median over a few runs, in seconds of processor time."""
    times = []
    for k in range(RUNS):
        begin = process_time()
        run(k)
        times.append(process_time() - begin)
    return float(np.median(times))


def _pass_seconds(weights: FusionWeights) -> float:
    """The median over passes of all patches' filters in float32: patches are gathered from traces, then one product."""
    w = weights
    filters = np.ascontiguousarray(np.moveaxis(w.filters, 1, 3).reshape(-1, w.n_filters))
    traces = np.random.default_rng(0).normal(size=(len(w.tau_us), w.height, w.width)).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(traces, (w.size, w.size), axis=(1, 2))
    patches = windows[:, :: w.stride, :: w.stride].transpose(1, 2, 0, 3, 4)
    return _timed(lambda k: [patches.reshape(-1, len(filters)) @ filters for _ in range(PASSES)]) / PASSES


def _timed_on(p: PaysParameters, weights: FusionWeights, method: Method) -> MethodTime:
    """On the first trajectory, its sensors' packets lying ready; the median of some runs after one that compiles."""
    stream, _ = stream_of(p, 0, (weights.width, weights.height))
    spent = []
    for _ in range(1 + METHOD_RUNS):
        fresh = Kept(stream)  # one whose rates no clock has made yet
        begin = process_time()
        outcome = method.run(weights, fresh, GRID_US, lambda reached: None)
        spent.append(process_time() - begin)
    seconds, answer = float(np.median(spent[1:])) / (1e-6 * stream.end_us), quantile(outcome.waits, 0.5)
    late = answer + 1e-3 * seconds * between_us(method, p.gyroscope.rate_hz) if seconds < 1 else float("inf")
    return MethodTime(seconds, answer, late)


def between_us(method: Method, rate_hz: float) -> float:
    """Microseconds between two answers that hold new events; rate_hz: samples of the gyroscope a second."""
    period: str | float = "sample"
    if isinstance(method, Recomputed):
        period = method.rates
    elif isinstance(method, EventDriven):
        period = float(method.every_us)
    elif isinstance(method, FlowTwin) and method.period_us is not None:
        period = float(method.period_us)
    return 1e6 / rate_hz if isinstance(period, str) else period
