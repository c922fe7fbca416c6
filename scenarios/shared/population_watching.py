"""A network of populations runs, and what a look at it shows: their rates, and some neurons' spikes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.view import RunRecorder, Shown

NEURONS = 200
"""Whose spikes are shown, of all populations by their size."""
WHITE, BLACK = 255, 0


class PopulationRun:
    """A network of populations that is begun, and runs up to one tick after the other; a recorder may look at it.

    built: its `net`, its `layers` by name, and `begin(simulation)`, which hands over its inputs. end: its last tick.
    log: whether deliveries are logged; else spikes are recorded. With a recorder it stops as often as that wants to
    look, and at its end. simulation: what runs. seconds: of processor time that it has run so far, without looks.
    """

    def __init__(
        self, built: Any, end: int, tick_us: float, *, order: str = "breadth", log: bool = False,
        recorder: RunRecorder | None = None,
    ) -> None:  # fmt: skip
        self.seconds, self._end, self._recorder = 0.0, end, recorder
        spikes = [] if log and recorder is None else [en.record(layer, "spikes") for layer in built.layers.values()]
        sim: en.Simulation = built.begin(en.Simulation(built.net, order, record=log, recorders=spikes))
        self.simulation = sim
        if recorder is not None:
            sim.run(until=0)
            self._window = max(1, round(recorder.every_us / tick_us))
            self._seen = seen = _Spikes(sim, built.layers, self._window, 1e-6 * tick_us)
            recorder.begin(sim, Shown(answers=seen.rates, pictures=seen.raster), tick_us=tick_us)

    def to(self, until: int) -> None:
        """Run up to this tick."""
        if self._recorder is None:
            self._timed(self.simulation.run, until)
            return
        window = self._window
        for stop in [*range((self.simulation.time // window + 1) * window, until, window), until]:
            self._timed(self._recorder.run, stop)
            if stop % window == 0 or stop == self._end:
                self._seen.take(stop)
                self._recorder.look()

    def _timed(self, run: Callable[[int], object], until: int) -> None:
        begun = process_time()
        run(until)
        self.seconds += process_time() - begun


class _Spikes:
    """Spikes of the time since the last look, as far as they have arrived: those of the longest delay come later."""

    def __init__(self, sim: en.Simulation, layers: Mapping[str, Any], window: int, tick_s: float) -> None:
        self._sim, self._layers, self._window, self._tick_s = sim, layers, window, tick_s
        own = {layer.name for layer in layers.values()}
        self._delay = max((w.delay for w in sim.net.wires if w.source.module.name in own), default=0)
        self._share = min(1.0, NEURONS / sum(layer.units for layer in layers.values()))
        self._begin = self._end = 0
        self._found: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._known = dict.fromkeys(layers, 0)

    def take(self, now: int) -> None:
        """Look up what is new."""
        self._begin, self._end = self._end, max(0, now - self._delay)
        for name, layer in self._layers.items():
            one = self._sim.recorded(layer, since=self._known[name])
            new = int(np.searchsorted(one.times, self._end))
            self._found[name] = one.times[:new] - self._begin, one.units[:new]
            self._known[name] += new

    def rates(self, t_us: int) -> dict[str, float]:
        """Spikes a second of a neuron of each population."""
        seconds = self._tick_s * (self._end - self._begin)
        found = {name: len(times) / self._layers[name].units for name, (times, _) in self._found.items()}
        return {f"{name} rate, Hz": n / seconds for name, n in found.items()} if seconds else {}

    def raster(self, t_us: int) -> dict[str, NDArray[np.uint8]]:
        """A row a neuron, a column a tick; populations from top to bottom."""
        parts = []
        for name, (times, unit) in self._found.items():
            rows = max(1, round(self._share * self._layers[name].units))
            part = np.full((rows, self._window), WHITE, np.uint8)
            own = unit < rows
            part[unit[own], times[own]] = BLACK
            parts.append(part)
        return {"raster": np.concatenate(parts)} if parts else {}
