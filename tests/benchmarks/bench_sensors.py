"""How fast sensors are, on one core: pixel-updates and events a second of a Dynamic Vision Sensor and its world, others.

    pytest tests/benchmarks/bench_sensors.py --benchmark-only

128 x 128 pixels, and 346 x 260 of the noisy kind, before a random panorama that turns by 55 degrees a second (root mean square) about each axis.
"1 kHz": a picture each millisecond and no more. "as fast pixels ask": steps are divided, as they are by default.
Seconds are those of the processor, so that other work on the machine counts little.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.event import PIXEL_EVENT
from eventnet.io import open_events, write_events
from eventnet.scenarios.sensors import (
    DVS,
    INERTIAL_PRESETS,
    DvsParameters,
    EventReplay,
    InertialParameters,
    InertialUnit,
    Playback,
)
from eventnet.scenarios.sensors import dvs as steps
from eventnet.scenarios.worlds import Panorama, RandomTurning, TurningCamera

SIDE, LARGE, SECONDS = 128, (346, 260), 0.5
NOISY: dict[str, float] = {
    "threshold_mismatch": 0.006, "refractory_us": 500, "leak_rate_hz": 0.1, "shot_noise_hz": 0.1, "hot_fraction": 0.001,
    "hot_rate_hz": 10,
}  # fmt: skip
KINDS = {
    "ideal": DvsParameters(),
    "noisy": DvsParameters(**NOISY),
    "noisy, bandwidth, jitter and bus": DvsParameters(
        **NOISY, bandwidth_hz=300, latency_us=50, jitter_us=10, bus_rate=1e6
    ),
}
pytestmark = pytest.mark.benchmark(timer=time.process_time)
RESULTS: list[tuple[str, float, float, float]] = []


def camera(width: int = SIDE, height: int = SIDE) -> TurningCamera:
    """All sizes see the same angle."""
    return TurningCamera(Panorama.random(seed=1), RandomTurning(3), width=width, height=height, focal=0.625 * width)


@pytest.fixture(scope="module", autouse=True)
def table() -> Any:
    yield
    print(f"\n{'':58s} x real time   M pixel-updates/s   k events/s simulated")
    for name, times, updates, events in RESULTS:
        print(f"{name:58s} {times:11.2f} {updates:19.1f} {events:22.0f}")


@pytest.mark.parametrize("most_parts", [1, 64], ids=["1 kHz", "as fast pixels ask"])
@pytest.mark.parametrize(
    ("kind", "size"), [*((kind, (SIDE, SIDE)) for kind in KINDS), ("noisy", LARGE)], ids=lambda given: str(given)
)
def test_pixels_and_world(
    benchmark: Any, monkeypatch: pytest.MonkeyPatch, kind: str, size: tuple[int, int], most_parts: int
) -> None:
    monkeypatch.setattr(steps, "MOST_PARTS", most_parts)
    scene, looks = camera(*size), 0
    look = scene.log_intensity

    def counted(t_us: float, out: Any) -> None:
        nonlocal looks
        looks += 1
        look(t_us, out)

    monkeypatch.setattr(scene, "log_intensity", counted)
    sensor = DVS(scene, KINDS[kind], seed=1)
    sensor.events(5_000)
    looks = 0
    found = sensor.events(SECONDS * 1e6)
    per_run = looks
    benchmark.pedantic(sensor.events, args=(SECONDS * 1e6,), rounds=5, warmup_rounds=1)
    seconds = benchmark.stats.stats.median
    name = f"{size[0]} x {size[1]}, {kind}, {'1 kHz' if most_parts == 1 else 'as fast pixels ask'}"
    times, updates = SECONDS / seconds, per_run * size[0] * size[1] / seconds
    benchmark.extra_info |= {
        "times_real_time": times,
        "updates_per_s": updates,
        "events_per_s": len(found.t_us) / seconds,
    }
    RESULTS.append((name, times, updates / 1e6, len(found.t_us) / SECONDS / 1e3))


def test_world_alone(benchmark: Any) -> None:
    scene, out = camera(), np.empty((SIDE, SIDE), np.float32)
    benchmark.pedantic(scene.log_intensity, args=(123_456.0, out), rounds=300, warmup_rounds=10)
    print(f"\nrendering: {benchmark.stats.stats.median / SIDE**2 * 1e9:.1f} ns a pixel")


@pytest.mark.parametrize("name", ["perfect", "MPU-6050"])
def test_inertial_unit(benchmark: Any, name: str) -> None:
    parameters = InertialParameters() if name == "perfect" else INERTIAL_PRESETS[name].parameters
    unit = InertialUnit(RandomTurning(3), parameters)
    benchmark.pedantic(unit.events, args=(1e6,), rounds=5, warmup_rounds=1)
    print(f"\ninertial unit, {name}: {1 / benchmark.stats.stats.median:.0f} x real time at 1 kHz")


@pytest.mark.parametrize("window", [1000, 33_000])
def test_replay(benchmark: Any, tmp_path: Path, window: int) -> None:
    events = np.zeros(1_000_000, PIXEL_EVENT)
    events["t"] = np.arange(len(events)) * 5
    write_events(tmp_path / "a.aedat", events, width=240, height=180)
    replay = EventReplay(open_events(tmp_path / "a.aedat"), Playback(binning=2, left_right=True))
    benchmark.pedantic(lambda: sum(map(len, replay.packets(window))), rounds=5, warmup_rounds=1)
    print(f"\nreplay, windows of {window} us: {1 / benchmark.stats.stats.median:.0f} M events/s")
