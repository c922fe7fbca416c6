"""A sensor on the clock: its events of a window become a packet with the time up to which they are complete."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

from eventnet.clock import Packet
from eventnet.event import Events


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
