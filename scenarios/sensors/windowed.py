"""Sensors that send their events window by window, of any length."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from eventnet.errors import ModelError
from eventnet.event import VALUE_EVENT, Events


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
