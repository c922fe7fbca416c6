"""What a look shows of a network of populations: their rates, and some neurons' spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.view import RunRecorder, Shown

NEURONS = 200
"""Whose spikes are shown, of all populations by their size."""
WHITE, BLACK = 255, 0


def watch_populations(
    built: Any, end: int, tick_us: float, recorder: RunRecorder, order: str = "breadth"
) -> en.Simulation:
    """Run a network up to a tick, and look at it as often as the recorder wants to; returns the simulation.

    built: its `net`, its `layers` by name, and `begin(simulation)`, which hands over its inputs
    """
    window = max(1, round(recorder.every_us / tick_us))
    spikes = [en.record(layer, "spikes") for layer in built.layers.values()]
    sim: en.Simulation = built.begin(en.Simulation(built.net, order, recorders=spikes))
    sim.run(until=0)
    seen = _Spikes(sim, built.layers, window, 1e-6 * tick_us)
    recorder.begin(sim, Shown(answers=seen.rates, pictures=seen.raster), tick_us=tick_us)
    for until in [*range(window, end, window), end]:
        recorder.run(until)
        seen.take(until)
        recorder.look()
    return sim


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
