"""Sensors that send their events window by window, of any length, and how they come to a clock: a packet a window."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from eventnet.clock import Packet
from eventnet.errors import ModelError
from eventnet.event import VALUE_EVENT, Events


class Sensor(Protocol):
    """Anything that says what it has seen, window by window, from a time on."""

    begin_us: float

    def packets(self, window_us: float, until_us: float | None = None) -> Iterator[Events]:
        """Events in order of time, one array a window of window_us from begin_us on; the last ends at until_us."""
        ...


def on_clock(sensor: Sensor, window_us: float, until_us: float | None = None) -> Iterator[Packet]:
    """Packets for `Clock.play`, one a window; the results do not depend on the window.

    A window should be no longer than the delay of a closed loop that the sensor is part of.
    """
    for k, events in enumerate(sensor.packets(window_us, until_us)):
        stop = min(sensor.begin_us + (k + 1) * window_us, math.inf if until_us is None else until_us)
        yield Packet(math.ceil(stop), events)


class Windowed:
    """A sensor whose packets, put together, are the same for every window; its subclass says how a run begins.

    record: what its events are. begin_us: when its first window begins. Every call of `packets` is a new run, and gives
    the same events.
    """

    record = VALUE_EVENT

    def __init__(self, begin_us: float) -> None:
        if not math.isfinite(begin_us):
            raise ModelError(f"begin_us is {begin_us}; wanted a finite time")
        self.begin_us = float(begin_us)

    def _run(self) -> Callable[[float], Events | None]:
        """Begins anew. What it returns is called with growing times, and gives the events before each, once; None when
        nothing more will come."""
        raise NotImplementedError

    def packets(self, window_us: float, until_us: float | None = None) -> Iterator[Events]:
        """Its records in order of time, one array a window, some empty.

        until_us: where to end (no event at or after it); else where the sensor does, which may be never. Raises
        ModelError for a window of no length.
        """
        if not window_us > 0:
            raise ModelError(f"window_us is {window_us}; wanted above 0")
        return self._windows(window_us, math.inf if until_us is None else until_us)

    def events(self, until_us: float) -> Events:
        """All events up to a time at once."""
        parts = list(self.packets(1e6, until_us))
        return np.concatenate(parts) if parts else np.empty(0, self.record)

    def _windows(self, window_us: float, end: float) -> Iterator[Events]:
        before, stop, windows = self._run(), self.begin_us, 0
        while stop < end:
            windows += 1
            stop = min(self.begin_us + windows * window_us, end)
            events = before(stop)
            if events is None:
                return
            yield events
