"""When events pay: cost and error of the methods of `compare` at several speeds, and with several gyroscopes.

The cost of an event-driven network follows the events, that of a clock does not; and a second sensor helps as far as
its errors differ. These numbers follow from the parameters. What a processor takes is measured, and differs from run to
run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from eventnet.base.old_names import renamed_arguments
from eventnet.scenarios.fusion.methods import EventDriven
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.parameters import MethodsTable, Parameters, RunTable, StepsTable
from eventnet.scenarios.fusion.run import GRID_US, Row, compare, fixed_rate, methods, stream_of
from eventnet.scenarios.shared.parameter_file import Checked, entry

SPEEDS, QUICK_SPEEDS = (0.0, 5.0, 20.0, 55.0, 110.0), (0.0, 20.0, 110.0)
GYROSCOPES: dict[str, dict[str, Any]] = {
    "bias 5, noise 10 in each sample": {"bias": 5.0, "white_noise": 10.0},
    "bias 5, noise 1": {"bias": 5.0, "white_noise": 1.0},
    "bias 2, noise 0.3": {"bias": 2.0, "white_noise": 0.3},
    "bias 0.5, 0.005 deg/s/√Hz, as in a data sheet": {"bias": 0.5, "white_noise": 0.0, "noise_density": 0.005},
}
AT_SAMPLES = "1k at samples"
PASSES = 200
"""So many recomputed passes are timed."""


@dataclass(frozen=True)
class SpeedsTable(Checked):
    """How fast the camera turns: in place of turning_deg_per_s of [world], which the gyroscopes are compared at."""

    turning_deg_per_s: tuple[float, ...] = entry(QUICK_SPEEDS, "root mean square of yaw, pitch and roll each", 0.0, 1e4)


@dataclass(frozen=True)
class PaysParameters(Parameters):
    """The tables of the fusion scenario, shorter, and the speeds."""

    run: RunTable = field(default_factory=lambda: RunTable(trajectories=1, duration_s=2.0))
    steps: StepsTable = field(default_factory=lambda: StepsTable(count=0))
    methods: MethodsTable = field(
        default_factory=lambda: MethodsTable(bins_ms=(), codes=("sigma-delta",), scales=(1.0, 2.0)),
        metadata={"formerly": "ways"},
    )
    speeds: SpeedsTable = field(default_factory=SpeedsTable)

    @classmethod
    def in_full(cls) -> PaysParameters:
        """Four trajectories of 3 s at every speed."""
        return cls(run=RunTable(trajectories=4, duration_s=3.0), speeds=SpeedsTable(SPEEDS))

    def shown(self) -> list[str]:
        """The methods in the table: event-driven, at a fixed rate, at each sample."""
        driven = [method.name for method in methods(self) if isinstance(method, EventDriven)]
        return [*driven, fixed_rate(self), AT_SAMPLES]


class Processor(NamedTuple):
    """Seconds of processor time: one pass of the filters in NumPy; event-driven, for a second at each speed."""

    method: str
    filters: float
    driven: dict[float, float]


@dataclass
class PaysResult:
    """The findings of `pays`.

    speeds: rows of `compare` by speed. gyroscopes: of each the row recomputed at each sample, with "bare error", that
    of the gyroscope as it is. processor: None where nothing was event-driven.
    """

    parameters: PaysParameters
    speeds: dict[float, list[Row]]
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
    p, total, done = parameters, len(parameters.speeds.turning_deg_per_s) + len(GYROSCOPES), 0

    def rows(like: PaysParameters) -> list[Row]:
        nonlocal done
        made = compare(like, weights_for(like), processes=processes, progress=lambda k, of: None).rows
        progress(done := done + 1, total)
        return made

    speeds = {speed: rows(turning(p, speed)) for speed in p.speeds.turning_deg_per_s}
    gyroscopes = {}
    for name, changed in GYROSCOPES.items():
        like = replace(p, gyroscope=replace(p.gyroscope, **changed), methods=replace(p.methods, codes=()))
        bare, *others = rows(like)
        exact = next(row for row in others if row["method"] == AT_SAMPLES)
        gyroscopes[name] = exact | {"bare error": bare["gyro error"]}
    return PaysResult(p, speeds, gyroscopes, processor(p, weights_for(p)))


def turning(p: PaysParameters, speed: float) -> PaysParameters:
    """The same at another speed."""
    return replace(p, world=replace(p.world, turning_deg_per_s=speed))


# --- time ---
def processor(p: PaysParameters, weights: FusionWeights) -> Processor | None:
    """What this machine takes, in one process; None where nothing is event-driven."""
    driven = [method for method in methods(p) if isinstance(method, EventDriven)]
    if not driven:
        return None
    return Processor(
        driven[0].name, _pass_seconds(weights),
        {speed: _driven_seconds(turning(p, speed), weights, driven[0]) for speed in p.speeds.turning_deg_per_s},
    )  # fmt: skip


def _pass_seconds(weights: FusionWeights) -> float:
    """The median over passes of all patches' filters in float32: patches are gathered from traces, then one product."""
    w = weights
    filters = np.ascontiguousarray(np.moveaxis(w.filters, 1, 3).reshape(-1, w.n_filters))
    traces = np.random.default_rng(0).normal(size=(len(w.tau_us), w.height, w.width)).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(traces, (w.size, w.size), axis=(1, 2))
    patches, times = windows[:, :: w.stride, :: w.stride].transpose(1, 2, 0, 3, 4), []
    for _ in range(PASSES):
        begin = process_time()
        patches.reshape(-1, len(filters)) @ filters
        times.append(process_time() - begin)
    return float(np.median(times))


def _driven_seconds(p: PaysParameters, weights: FusionWeights, method: EventDriven) -> float:
    """For a second of the first trajectory, its sensors' packets lying ready; the second run, when all is compiled."""
    stream, _ = stream_of(p, 0, (weights.width, weights.height))
    for _ in range(2):
        begin = process_time()
        method.run(weights, stream, GRID_US, lambda reached: None)
        spent = process_time() - begin
    return spent / (1e-6 * stream.end_us)
