"""Every number of the fusion scenario, a table for each part (see `parameter_file`). A key's name ends in its unit.

The weights that a run needs are among them: those of a file, or those that ship for the gyroscope's noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventnet.errors import ModelError, did_you_mean
from eventnet.scenarios.fusion.network import CODES, NOISES, FusionWeights
from eventnet.scenarios.sensors import DvsParameters, Gyroscope
from eventnet.scenarios.sensors.inertial import Each
from eventnet.scenarios.shared.parameter_file import Checked, as_toml, entry
from eventnet.scenarios.shared.scenario import P


@dataclass(frozen=True)
class RunTable(Checked):
    """How long, how often, in which steps."""

    seed: int = entry(1234, "of everything random", 0, 2**32 - 1)
    trajectories: int = entry(2, "held-out trajectories, each with a world and a gyroscope of its own", 1, 1000)
    duration_s: float = entry(4.0, "seconds of each", 0.2, 1e5)
    measured_from_s: float = entry(0.5, "errors count from here on: the head begins knowing nothing", 0.0)
    packet_ms: float = entry(50.0, "length of the sensors' packets; results do not depend on it", 0.001)
    weights: str = entry("", "a file of trained weights; empty: those that ship")


@dataclass(frozen=True)
class WorldTable(Checked):
    """The camera's surroundings and how it turns."""

    focal_px: float = entry(40.0, "focal length in pixels: 64 pixels are 77 degrees", 1.0, 1e5)
    contrast: float = entry(0.5, "standard deviation of the panorama's log intensity", 0.0, 10.0)
    turning_deg_per_s: float = entry(55.0, "root mean square of the rates of yaw, pitch and roll", 0.0, 1e4)
    slowest_hz: float = entry(0.2, "band of the rates", 1e-3, 1e3)
    fastest_hz: float = entry(4.0, "band of the rates", 1e-3, 1e3)


@dataclass(frozen=True)
class GyroscopeTable(Gyroscope):
    """A gyroscope on the camera; its numbers in deg/s, see `Gyroscope`."""

    white_noise: float = 10.0
    bias: Each = 5.0
    constant: str = "random sign"
    rate_hz: float = entry(1000.0, "samples a second")
    jitter_us: float = entry(50.0, "standard deviation of the time between two samples")


@dataclass(frozen=True)
class DvsTable(DvsParameters):
    """The camera of events, see `DvsParameters`."""

    threshold_mismatch: float = 0.006
    refractory_us: float = 500.0
    leak_rate_hz: float = 0.1
    shot_noise_hz: float = 0.1


@dataclass(frozen=True)
class StepsTable(Checked):
    """Steps of the yaw rate, up and down about 0, to measure latencies."""

    count: int = entry(12, "how many; 0: no latencies of steps", 0, 100_000)
    size_deg_per_s: float = entry(100.0, "from one rate to the other", 1e-3, 1e4)
    shortest_s: float = entry(0.25, "least time between two steps", 0.05, 1e3)
    longest_s: float = entry(0.4, "most, but for what spreads steps evenly over periods of recomputing", 0.05, 1e3)


HEADS = ("samples", "clock", "cheap", "fast")
"""The network's head at each sample of the gyroscope, or on the camera's clock; a cheap head, at each sample."""
FILTERS = ("complementary", "Kalman")
VERSIONS = ("thinnest", "thin", "fine")
"""Of flow sums."""
TWINS = ("thin", "fine")
"""Versions that differ on a clock: thinnest is thin there."""

SHORTEST_MS = 0.1
"""Of the periods of clocks."""


@dataclass(frozen=True)
class MethodsTable(Checked):
    """The methods that are compared."""

    exact: bool = entry(True, "the network at every event and sample, from which deviations are; else at samples")
    kept_ms: tuple[float, ...] = entry(
        (2.0, 33.0), "first layer kept, the rest on clocks with these periods; 0: at each sample", 0.0, 1e5
    )
    heads: tuple[str, ...] = entry(
        HEADS[:3], f"of each of these clocks: {', '.join(HEADS)} (cheap, with the numbers for a fast camera)"
    )
    filters: tuple[str, ...] = entry(FILTERS, f"in place of the network's head: {' and '.join(FILTERS)}")
    filter_ms: tuple[float, ...] = entry(
        (2.0, 33.0), "clocks of the camera that these have; 0: at each sample", 0.0, 1e5
    )
    recomputed_ms: tuple[float, ...] = entry((), "everything recomputed on clocks with these periods", SHORTEST_MS, 1e5)
    bins_ms: tuple[float, ...] = entry((), "everything recomputed at the end of bins of events, so long", 0.01, 1e5)
    flow: tuple[str, ...] = entry(("thin", "fine"), f"flow sums: {', '.join(VERSIONS)}")
    twin_ms: tuple[float, ...] = entry(
        (0.0, 2.0, 33.0), "flow sums on clocks with these periods; 0: at each sample of the gyroscope", 0.0, 1e5
    )
    twins: tuple[str, ...] = entry(TWINS, f"whose sums these clocks have: {' and '.join(TWINS)}")
    codes: tuple[str, ...] = entry(CODES[:1], f"event-driven: {' and '.join(CODES)}")
    scales: tuple[float, ...] = entry((1.0, 2.0), "event-driven: quanta a standard deviation of patches", 1e-3, 1e6)
    pool_scale: float = entry(2.0, "as many times finer: regions", 1e-3, 1e6)
    hidden_scale: float = entry(2.0, "as many times finer: hidden units", 1e-3, 1e6)
    look_every_us: int = entry(2000, "event-driven: patches are looked at after events, at multiples", 0, 10**9)
    look_least_us: int = entry(4000, "event-driven: least time between two looks at a patch at rest", 0, 10**9)

    def __post_init__(self) -> None:
        super().__post_init__()
        known_of = {"codes": CODES, "heads": HEADS, "filters": FILTERS, "flow": VERSIONS, "twins": TWINS}
        for key, known in known_of.items():
            for given in getattr(self, key):
                if given not in known:
                    raise ModelError(
                        f"{key} has {given!r}; wanted some of {', '.join(known)}{did_you_mean(given, known)}"
                    )
        for ms in self.twin_ms:
            if 0 < ms < SHORTEST_MS:
                raise ModelError(f"twin_ms has {ms:g}; wanted {SHORTEST_MS:g} or more, or 0: at each sample")


@dataclass(frozen=True)
class RobotTable(Checked):
    """Further sensors on the same clock: their changes are sent and counted."""

    joints: int = entry(0, "joint encoders; 0: none", 0, 10_000)
    joints_hz: float = entry(100.0, "samples of each joint a second", 1e-3, 1e5)
    frames_hz: float = entry(0.0, "frames of a camera a second; 0: no such camera", 0.0, 1e4)


@dataclass(frozen=True)
class Parameters:
    """All tables."""

    run: RunTable = field(default_factory=RunTable)
    world: WorldTable = field(default_factory=WorldTable)
    dvs: DvsTable = field(default_factory=DvsTable)
    gyroscope: GyroscopeTable = field(default_factory=GyroscopeTable)
    steps: StepsTable = field(default_factory=StepsTable)
    methods: MethodsTable = field(default_factory=MethodsTable, metadata={"formerly": "ways"})
    robot: RobotTable = field(default_factory=RobotTable)

    def __post_init__(self) -> None:
        for table, low, high in (("world", "slowest_hz", "fastest_hz"), ("steps", "shortest_s", "longest_s")):
            pair = getattr(getattr(self, table), low), getattr(getattr(self, table), high)
            if pair[0] > pair[1]:
                raise ModelError(f"[{table}] has {low} {pair[0]} above {high} {pair[1]}")
        if self.run.measured_from_s >= self.run.duration_s:
            raise ModelError(f"[run] measures from {self.run.measured_from_s} s on, but lasts {self.run.duration_s} s")


NOT_TRAINED = {"train": "uses trained weights, which `eventnet run dvs-gyro --train` makes"}


def named_weights(parameters: Any) -> list[Path]:
    """The file that `weights` of the table `run` names, if it does."""
    return [Path(parameters.run.weights)] if parameters.run.weights else []


def with_weights(weights_of: Callable[[P], FusionWeights]) -> Callable[[P, Any], dict[str, Any]]:
    """For a manifest: the parameters, and where their weights come from."""
    return lambda parameters, found: {
        "parameters": as_toml(parameters), "weights": weights_of(parameters).manifest,
    }  # fmt: skip


def weights_for(parameters: Parameters) -> FusionWeights:
    """The weights that the parameters name, or those that ship for the gyroscope that is most like theirs."""
    if parameters.run.weights:
        return FusionWeights.load(parameters.run.weights)
    noise = parameters.gyroscope.white_noise
    return FusionWeights.shipped(min(NOISES, key=lambda known: abs(math.log((known + 1e-9) / (noise + 1e-9)))))
