"""Runs for live pages, which their processes import: many deliveries a second, and one that fails."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en
from eventnet.view import RunRecorder, SensorStream, Shown

WINDOW_US = 5000
STREAMS = {"camera": SensorStream("events", 32, 24)}


def busy(parameters: tuple[int, int], recorder: RunRecorder, order: str) -> None:
    """Events at a camera, so many a window for so many windows; each is delivered twice."""
    many, windows = parameters
    net = en.Network()
    eye = net.add(en.Relay(768, name="eye"))
    net.connect(eye.out, net.add(en.Sink(768, name="answer")).spikes)
    clock = en.Clock(en.Simulation(net, order or "breadth", roots=True, root_limit=0))
    clock.play(packets(many, windows), eye.spikes, width=32, name="camera")
    pictures = lambda t: {"raster": np.full((20, 5), 255 * (t // WINDOW_US % 2), np.uint8)}  # noqa: E731
    recorder.on_clock(clock, Shown(STREAMS, lambda t: {"half": 0.5 * t, "truth": t}, pictures=pictures))
    clock.run(until=windows * WINDOW_US)


def packets(many: int, windows: int) -> Any:
    made = np.zeros(many, en.PIXEL_EVENT)
    rng = np.random.default_rng(1)
    made["x"], made["y"], made["p"] = rng.integers(0, 32, many), rng.integers(0, 24, many), rng.integers(0, 2, many)
    within = np.sort(rng.integers(0, WINDOW_US, many))
    for k in range(windows):
        made["t"] = k * WINDOW_US + within
        yield en.Packet((k + 1) * WINDOW_US, made.copy())


def fails(parameters: Any, recorder: RunRecorder, order: str) -> None:
    raise ValueError("of no use")
