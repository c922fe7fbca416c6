"""The pixels' functions: compiled or plain the same bytes, and the parts of which they are made."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from eventnet.scenarios.sensors.pixels import draw_normal, expm1_negative, exponential, first_rise, low_pass

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
