"""Cost of flow sums by events, and on a clock: one law for cameras, speeds and periods of looks.

With B inner blocks, c = 23 (27 for fine, whose blocks are pixels), E events a second, looks each T and a part A of the
blocks with events in a look, in operations a second, but for what both have alike (the gyroscope's samples, 84 a look):

    clock ("twin")   3 E + (c + 6 A) B / T
    thinnest         3 E + (35 + 0 to 14.5) A B / T   every second may bring a neighbour up to date
    thin, fine       so many E, whatever T is

Scenes: a panorama before which the camera turns; the same through a window, so that a part of the blocks has events;
and one event in every block in every so many microseconds, drawn: what is worst for an active list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.analysis.parallel import in_processes
from eventnet.errors import ModelError
from eventnet.kernels.random import hash64
from eventnet.scenarios.fusion.flow import FITTED, FlowMethod, FlowTwin
from eventnet.scenarios.fusion.named import memory
from eventnet.scenarios.fusion.parameters import DvsTable, GyroscopeTable, Parameters, RunTable, WorldTable
from eventnet.scenarios.fusion.stream import FurtherSensor, Kept, Simulated, Stream
from eventnet.scenarios.shared.parameter_file import Checked, entry

Floats = NDArray[np.float64]
Row = dict[str, Any]
GRID_US = 1000
VERSIONS = ("twin", "thinnest", "thin", "fine twin", "fine")
BLOCK = {"thin": 23, "fine": 27}
"""Operations of a clock an inner block and look."""
ACTIVE, ADDED = 6, 3
"""More of a clock: for a block with events, and for an event."""
LISTED = 35.0, 49.5
"""Operations of thinnest an active block and look, at least and at most."""
TWINS = {"thinnest": "twin", "thin": "twin", "fine": "fine twin"}
SMALL_WIDTH = 64
"""Focal lengths are for cameras of so many pixels a row, and grow with the width: all see the same angle."""


@dataclass(frozen=True)
class LawRunTable(Checked):
    """How long, from which seed."""

    seed: int = entry(1234, "of everything random", 0, 2**32 - 1)
    duration_s: float = entry(0.8, "seconds of each scene", 0.2, 1e5)
    measured_from_s: float = entry(0.4, "errors count from here on", 0.0)
    packet_ms: float = entry(50.0, "length of the sensors' packets; results do not depend on it", 0.001)


@dataclass(frozen=True)
class LawTable(Checked):
    """Cameras and scenes; a scene for every camera and speed."""

    widths: tuple[int, ...] = entry((64,), "pixels of each camera's rows", 8, 4096)
    heights: tuple[int, ...] = entry((48,), "and of its columns", 8, 4096)
    turning_deg_per_s: tuple[float, ...] = entry((5.0, 55.0), "root mean square of yaw, pitch and roll", 0.0, 1e4)
    periods_ms: tuple[float, ...] = entry((2.0, 33.0), "of looks", 0.1, 1e4)
    window: float = entry(0.05, "part of the picture that is seen through the window, at the last speed", 0.001, 1.0)
    every_us: int = entry(2000, "each block has one event in so many microseconds, where all are active", 10, 10**6)


@dataclass(frozen=True)
class LawParameters:
    """All tables; world, camera and gyroscope are those of the fusion scenario."""

    run: LawRunTable = field(default_factory=LawRunTable)
    law: LawTable = field(default_factory=LawTable)
    world: WorldTable = field(default_factory=WorldTable)
    dvs: DvsTable = field(default_factory=DvsTable)
    gyroscope: GyroscopeTable = field(default_factory=GyroscopeTable)

    def __post_init__(self) -> None:
        if len(self.law.widths) != len(self.law.heights):
            raise ModelError(f"[law] has {len(self.law.widths)} widths and {len(self.law.heights)} heights")
        if self.run.measured_from_s >= self.run.duration_s:
            raise ModelError(f"[run] measures from {self.run.measured_from_s} s on, but lasts {self.run.duration_s} s")

    @classmethod
    def in_full(cls) -> LawParameters:
        """Three cameras, two speeds and rest, three periods; 1 s each."""
        return cls(
            LawRunTable(duration_s=1.0, measured_from_s=0.5),
            LawTable((64, 240, 346), (48, 180, 260), (0.0, 5.0, 55.0), (2.0, 8.0, 33.0)),
        )


class LawScene(NamedTuple):
    """A camera's pixels and what it sees; kind: turning, window or everywhere."""

    width: int
    height: int
    speed: float
    kind: str

    def __str__(self) -> str:
        seen = {"turning": "", "window": ", window", "everywhere": ""}[self.kind]
        what = "all active" if self.kind == "everywhere" else f"{self.speed:g} deg/s{seen}"
        return f"{self.width} x {self.height}, {what}"


def scenes(p: LawParameters) -> list[LawScene]:
    """All of them; windows at the last speed, active blocks with the first camera alone: they are very many events."""
    made, fastest = [], p.law.turning_deg_per_s[-1]
    for width, height in zip(p.law.widths, p.law.heights):
        made += [LawScene(width, height, speed, "turning") for speed in p.law.turning_deg_per_s]
        made.append(LawScene(width, height, fastest, "window"))
    return [*made, LawScene(p.law.widths[0], p.law.heights[0], fastest, "everywhere")]


# --- streams ---
class Changed:
    """A stream with other events of the camera: `change` makes them of a packet's begin and of the packet."""

    def __init__(self, stream: Stream, change: Callable[[int, en.Packet], en.Events]) -> None:
        self.end_us, self.gyroscope, self.truth = stream.end_us, stream.gyroscope, stream.truth
        self._camera, self._change = stream.camera, change

    def camera(self) -> Iterator[en.Packet]:
        begin = 0
        for packet in self._camera():
            yield en.Packet(packet.until, self._change(begin, packet))
            begin = packet.until

    def others(self) -> Mapping[str, FurtherSensor]:
        return {}


def turned(p: LawParameters, scene: LawScene) -> Simulated:
    """The stream of a camera and a gyroscope that turn before the panorama, without a window."""
    world = replace(p.world, focal_px=_focal(p, scene), turning_deg_per_s=scene.speed)
    run = RunTable(p.run.seed, 1, p.run.duration_s, p.run.measured_from_s, p.run.packet_ms)
    return Simulated(Parameters(run, world, p.dvs, p.gyroscope), p.run.seed, (scene.width, scene.height))


@lru_cache(maxsize=1)
def stream_of(p: LawParameters, scene: LawScene) -> Stream:
    """A scene's sensors; its packets are kept."""
    size = scene.width, scene.height
    made: Stream = turned(p, scene)
    if scene.kind == "window":
        made = Changed(made, _window(size, p.law.window))
    if scene.kind == "everywhere":
        made = Changed(made, _everywhere(size, p.law.every_us, p.run.seed))
    return Kept(made)


def _window(size: tuple[int, int], part: float) -> Callable[[int, en.Packet], en.Events]:
    """A filter of packets that keeps the events in the middle of the picture, this part of its area."""
    x, y = ((length * (1 - part**0.5) / 2, length * (1 + part**0.5) / 2) for length in size)

    def change(begin: int, packet: en.Packet) -> en.Events:
        e = packet.events
        return e[(e["x"] >= x[0]) & (e["x"] < x[1]) & (e["y"] >= y[0]) & (e["y"] < y[1])]

    return change


def _everywhere(size: tuple[int, int], every_us: int, seed: int) -> Callable[[int, en.Packet], en.Events]:
    """An event of every block of 2 x 2 pixels in every period, when, where in it and of which sign is drawn."""
    columns, rows = size[0] // 2, size[1] // 2

    def period(number: int) -> en.Events:
        rng = np.random.default_rng(hash64(seed, number))
        made = np.zeros(rows * columns, en.PIXEL_EVENT)
        y, x = np.divmod(rng.permutation(len(made)), columns)
        made["t"] = number * every_us + np.sort(rng.integers(0, every_us, len(made)))
        made["x"], made["y"] = 2 * x + rng.integers(0, 2, len(made)), 2 * y + rng.integers(0, 2, len(made))
        made["p"] = rng.integers(0, 2, len(made))
        return made

    def change(begin: int, packet: en.Packet) -> en.Events:
        made = np.concatenate([period(k) for k in range(begin // every_us, -(-packet.until // every_us))])
        return made[(made["t"] >= begin) & (made["t"] < packet.until)]

    return change


# --- runs ---
class Job(NamedTuple):
    """A version of the sums, at a scene, with a period of looks."""

    scene: LawScene
    period_us: int
    version: str


@dataclass
class LawResult:
    """A row for every scene, period and version."""

    parameters: LawParameters
    rows: list[Row]


def law(
    parameters: LawParameters, *, processes: int = 1, progress: Callable[[int, int], None] = lambda done, of: None
) -> LawResult:  # fmt: skip
    """Run all versions on all scenes."""
    periods = [round(1e3 * ms) for ms in parameters.law.periods_ms]
    jobs = [Job(scene, period, name) for scene in scenes(parameters) for period in periods for name in VERSIONS]
    return LawResult(parameters, in_processes(run_one, parameters, jobs, processes=processes, progress=progress))


def run_one(p: LawParameters, job: Job) -> Row:
    """One row: costs in operations a second, errors in deg/s (NaN where there is nothing true to see)."""
    scene, stream = job.scene, stream_of(p, job.scene)
    method = method_of(p, job)
    found = method.run(size_of(scene), stream, GRID_US, lambda reached: None)
    active, each, blocks = activity(stream, scene, method.numbers.block, job.period_us)
    times = np.arange(0, stream.end_us, GRID_US)
    shown = times >= 1e6 * p.run.measured_from_s
    off = found.answers[shown] - np.tile(stream.truth(times[shown].astype(np.float64)), 3)
    errors = [float(np.sqrt((off[:, 3 * k : 3 * k + 3] ** 2).mean())) for k in range(2)]
    return {
        "scene": str(scene), "camera": f"{scene.width} x {scene.height}", "kind": scene.kind, "speed": scene.speed,
        "period ms": 1e-3 * job.period_us, "version": job.version, "memory kB": memory(method, size_of(scene)) / 1000,
        "events/s": found.events / found.seconds,
        "operations/s": found.operations / found.seconds, "active part": active, "events a block a look": each,
        "inner blocks": blocks, "events' operations/s": found.by_sensor["dvs"] / found.seconds,
        "fused error": errors[0] if scene.kind == "turning" else float("nan"),
        "camera error": errors[1] if scene.kind == "turning" else float("nan"),
    }  # fmt: skip


def method_of(p: LawParameters, job: Job) -> FlowMethod | FlowTwin:
    """The method that computes the sums of a job."""
    name = {"twin": "thin", "fine twin": "fine"}.get(job.version, job.version)
    numbers, focal = FITTED[name].for_pixels(job.scene.height, job.scene.width), _focal(p, job.scene)
    if name != job.version:
        return FlowTwin(job.version, numbers, job.period_us, focal)
    return FlowMethod(job.version, numbers, focal, look_us=job.period_us)


def size_of(scene: LawScene) -> Any:
    """A scene's pixels, where a method wants weights for them: it takes nothing else of these."""
    return SimpleNamespace(width=scene.width, height=scene.height)


def _focal(p: LawParameters, scene: LawScene) -> float:
    return p.world.focal_px * scene.width / SMALL_WIDTH


def activity(stream: Stream, scene: LawScene, block: int, period_us: int) -> tuple[float, float, int]:
    """The part of inner blocks with events in a look; all events, a look and inner block; how many these are."""
    rows, columns = scene.height // block, scene.width // block
    inner, looks = (rows - 2) * (columns - 2), (stream.end_us - 1) // period_us
    events, left = 0, np.empty(0, np.int64)
    for packet in stream.camera():
        e = packet.events
        y, x = e["y"].astype(np.int64) // block, e["x"].astype(np.int64) // block
        look = -(-e["t"] // period_us)
        held = (y > 0) & (y < rows - 1) & (x > 0) & (x < columns - 1) & (look <= looks)
        events += int((look <= looks).sum())
        left = np.concatenate((left, np.unique((look * rows + y)[held] * columns + x[held])))
    return len(np.unique(left)) / (inner * looks), events / (inner * looks), inner


def side_by_side(found: LawResult) -> list[Row]:
    """A row for each scene and period: of every version what it costs beside its twin."""
    made = []
    for k in range(0, len(found.rows), len(VERSIONS)):
        by = {row["version"]: row for row in found.rows[k : k + len(VERSIONS)]}
        thin, ratios = (
            by["thin"],
            {name: by[name]["operations/s"] / by[twin]["operations/s"] for name, twin in TWINS.items()},
        )
        each = {name: by[name]["events' operations/s"] / by[name]["events/s"] for name in ("thin", "fine")}
        made.append(thin | {"by": by, "ratios": ratios, "operations an event": each})
    return made


def break_even(row: Row, version: str = "thin") -> float:
    """Events a block a look at which thin, or fine, costs what its twin does, with the row's active part; NaN without
    events.
    """
    each, active = row["operations an event"][version], row["by"][version]["active part"]
    return float((BLOCK[version] + ACTIVE * active) / (each - ADDED)) if each > ADDED else float("nan")
