"""A small recording: a camera that rolls before a panorama, with a gyroscope beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eventnet.io import INERTIAL, Recording, open_events, write_events
from eventnet.scenarios.sensors import DVS
from eventnet.scenarios.worlds import Panorama, SampledRates, TurningCamera

SECONDS, WIDTH, HEIGHT, FOCAL = 1.8, 64, 56, 60
FIRST_US = 5_000_000
"""When the recording begins in its own time."""


def rolling(folder: Path, axis: int = 2) -> Recording:
    """It rolls (or turns about another axis) at 60 deg/s and a sine of 20 deg/s at 1.5 Hz; gyroscope samples each 2 ms."""
    t = np.arange(0, round(1e6 * SECONDS), 2000)
    rates = np.zeros((len(t), 3))
    rates[:, axis] = 60 + 20 * np.sin(2e-6 * np.pi * 1.5 * t)
    camera = TurningCamera(Panorama.random(seed=1), SampledRates(t, rates), width=WIDTH, height=HEIGHT, focal=FOCAL)
    events = DVS(camera).events(1e6 * SECONDS).events.copy()
    events["t"] += FIRST_US
    samples = np.zeros(len(t), INERTIAL)
    samples["t"], samples["gyroscope"] = t + FIRST_US, rates
    write_events(folder / "rolling.npz", events, width=WIDTH, height=HEIGHT, inertial=samples)
    return open_events(folder / "rolling.npz")


def translating(folder: Path) -> Recording:
    """The same events beside a gyroscope that shows its bias and noise alone."""
    recording = rolling(folder)
    n = len(recording.inertial())
    return beside(recording, np.random.default_rng(0).normal([-3.5, -4.89, -0.3], 0.3, (n, 3)))


def beside(recording: Recording, rates: NDArray[np.float64]) -> Recording:
    """The same events beside a gyroscope that says these rates, [n, 3]."""
    samples, path = recording.inertial(), recording.path.with_name("beside.npz")
    samples["gyroscope"] = rates
    write_events(path, recording.events(), width=WIDTH, height=HEIGHT, inertial=samples)
    return open_events(path)
