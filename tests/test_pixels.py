"""The pixels' functions: compiled or plain the same bytes, and the parts of which they are made; and the bus."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from eventnet.scenarios.sensors.pixels import Bus, draw_normal, expm1_negative, exponential, first_rise, low_pass

RUN = """
import hashlib
from eventnet.scenarios.sensors import DVS, DvsParameters
from eventnet.scenarios.worlds import Panorama, RandomTurning, TurningCamera

everything = DvsParameters(
    0.2, 0.15, 0.03, 300, 200, leak_rate_hz=5, shot_noise_hz=20, hot_fraction=0.1, hot_rate_hz=100, latency_us=100,
    jitter_us=30, bus_rate=5000, bus_queue=1,
)
camera = TurningCamera(Panorama.random(size=8, seed=1), RandomTurning(1, rms=200), width=9, height=7, focal=9)
sensor = DVS(camera, everything, seed=4)
events, times = sensor.events(60_000)
print(len(events) > 100, sensor.dropped > 0, hashlib.sha256(events.tobytes() + times.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_plain_python_gives_the_same_bytes_as_compiled_code_in_another_process() -> None:
    said = []
    for disabled in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": disabled}
        found = subprocess.run(
            [sys.executable, "-c", RUN], capture_output=True, text=True, env=environment, timeout=300
        )
        assert found.returncode == 0, found.stderr
        said.append(found.stdout)
    assert said[0].startswith("True True")
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("a", "b", "c", "start", "wanted"),
    [
        (0.0, 2.0, -1.0, 0.0, 0.5),
        (0.0, 2.0, -3.0, 0.0, 2.0),  # reached after the end
        (0.0, -1.0, -0.1, 0.0, 2.0),  # goes the other way
        (-4.0, 4.0, -0.75, 0.0, 0.25),  # a peak in the middle: the first of two crossings
        (-4.0, 4.0, -1.01, 0.0, 2.0),  # a peak that stays below
        (-4.0, 4.0, -0.75, 0.6, 2.0),  # the peak is over
        (2.0, -1.0, -0.5, 0.0, (1 + math.sqrt(5)) / 4),  # first down, then up
        (1.0, 0.0, -1.0, 0.0, 1.0),  # at the very end
    ],
)
def test_the_first_rise_of_a_parabola(a: float, b: float, c: float, start: float, wanted: float) -> None:
    assert first_rise(a, b, c, start) == pytest.approx(wanted)


def test_exponentials_are_as_exact_as_they_say() -> None:
    x = np.linspace(-10, 1, 500, dtype=np.float32)
    assert np.array([exponential(v) for v in x]) == pytest.approx(np.exp(x), rel=1e-4)
    small = np.geomspace(1e-9, 20, 500).astype(np.float32)
    assert np.array([expm1_negative(v) for v in small]) == pytest.approx(np.expm1(-small), rel=1e-4)


def test_normal_numbers_are_normal() -> None:
    found = np.array([draw_normal(3, pixel, 5, 0) for pixel in range(20_000)])
    assert found.mean() == pytest.approx(0, abs=0.03)
    assert found.std() == pytest.approx(1, abs=0.02)
    assert np.mean(np.abs(found) < 1.96) == pytest.approx(0.95, abs=0.006)


def test_the_low_pass_is_exact_for_a_ramp() -> None:
    """After many time constants the output follows a ramp one time constant behind, whatever the step."""
    rate = 2e-6 * math.pi * 50
    for dt in (200.0, 5000.0):
        log, signal = np.zeros(1, np.float32), np.zeros(1, np.float32)
        slope = np.float32(1e-7 * dt)
        for _ in range(int(50_000 / dt)):
            after, out = log + slope, np.empty(1, np.float32)
            low_pass(log, after, signal, out, dt, rate, 1e6)  # so much in the dark that light makes no difference
            log, signal = after, out
        assert float((log - signal)[0]) == pytest.approx(1e-7 / rate, rel=2e-3)


def queue_by_hand(times: list[float], service: float, room: float) -> list[float | None]:
    """When each event has been sent, or None: a list of those that wait, gone through event by event."""
    done: list[float] = []
    sent: list[float | None] = []
    for t in times:
        under_way = [at for at in done if at > t]  # one is being sent, the others wait
        if under_way and len(under_way) - 1 >= room:
            sent.append(None)
            continue
        done.append((done[-1] if under_way else t) + service)
        sent.append(done[-1])
    return sent


def test_an_idle_bus_takes_the_time_of_one_event() -> None:
    sent, kept = Bus(1e5, math.inf).send(np.array([0.0, 100.0, 200.0]))
    assert list(sent) == [10, 110, 210]
    assert kept.all()


def test_events_that_come_at_once_leave_one_by_one() -> None:
    assert list(Bus(1e5, math.inf).send(np.zeros(5))[0]) == [10, 20, 30, 40, 50]


def test_an_infinite_rate_adds_nothing() -> None:
    sent, kept = Bus(math.inf, 0).send(np.zeros(5))
    assert list(sent) == [0] * 5
    assert kept.all()


def test_what_cannot_wait_is_lost_and_counted() -> None:
    bus = Bus(1e5, 2)
    assert list(bus.send(np.zeros(5))[1]) == [True, True, True, False, False]
    assert bus.dropped == 2
    assert list(Bus(1e5, 0).send(np.array([0.0, 5, 10, 12, 20]))[1]) == [True, False, True, False, True]


def test_it_does_what_a_queue_by_hand_does_however_it_is_cut() -> None:
    rng = np.random.default_rng(0)
    for room in (0, 1, 3, math.inf):
        times = np.sort(rng.integers(0, 4000, 600)).astype(float)
        bus, parts = Bus(1.25e5, room), []
        for part in np.split(times, [100, 101, 350]):
            sent, kept = bus.send(part)
            parts += [at if is_kept else None for at, is_kept in zip(sent, kept, strict=True)]
        assert parts == queue_by_hand(list(times), 8.0, room)
        assert bus.dropped == parts.count(None)
