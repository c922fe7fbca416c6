"""The first regime once more, with a recorder that looks at it: rates of the populations, and some neurons' spikes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.scenarios.brunel.network import BrunelNetwork, brunel_network
from eventnet.scenarios.brunel.parameters import BrunelParameters
from eventnet.scenarios.brunel.run import BrunelOutcome
from eventnet.view import RunRecorder, Shown

NEURONS = 200
"""Whose spikes are shown, of both populations by their size."""
WHITE, BLACK = 255, 0


def watch(p: BrunelParameters, found: BrunelOutcome, recorder: RunRecorder) -> None:
    """Look at the first regime."""
    watch_regime(p, recorder)


def live(p: BrunelParameters, recorder: RunRecorder, order: str) -> None:
    """Look at it in an order."""
    watch_regime(p, recorder, order)


def watch_regime(p: BrunelParameters, recorder: RunRecorder, order: str = "breadth") -> en.Simulation:
    """Look at it as often as the recorder wants to, in whole ticks; returns the simulation at its end."""
    (g, eta), *_ = p.regimes.values()
    built = brunel_network(p, g, eta, p.run.seed)
    window = max(1, round(recorder.every_us / p.clock.tick_us))
    sim = built.begin(en.Simulation(built.net, order, record=lines_of(p, built, window)))
    sim.run(until=0)
    seen = _Populations(sim, built, p, window)
    recorder.begin(sim, Shown(answers=seen.rates, pictures=seen.raster), tick_us=p.clock.tick_us)
    end = p.ticks(p.run.duration_ms)
    for until in [*range(window, end, window), end]:
        recorder.run(until)
        recorder.look()
    return sim


def lines_of(p: BrunelParameters, built: BrunelNetwork, window: int) -> int:
    """The most lines that a log has of a window and a delay: spikes as often as neurons can, and a drive each tick."""
    ticks = window + p.ticks(p.network.delay_ms)
    spikes = p.network.neurons * (ticks // max(1, p.ticks(p.network.refractory_ms)) + 1)
    return len(built.layers) * spikes + 2 * len(built.drives) * (ticks + 1)


class _Populations:
    """What a look shows of the network: spikes of the time since the last look, as far as they have arrived."""

    def __init__(self, sim: en.Simulation, built: BrunelNetwork, p: BrunelParameters, window: int) -> None:
        self.sim, self.layers, self.window, self.delay = sim, built.layers, window, p.ticks(p.network.delay_ms)
        self.tick_s, self.share = 1e-6 * p.clock.tick_us, min(1.0, NEURONS / p.network.neurons)
        self._seen: tuple[int, dict[str, SpikeTrains]] = 0, {}

    def _trains(self) -> dict[str, SpikeTrains]:
        """Of each population; none before the first have arrived."""
        now = self.sim.time
        if now != self._seen[0]:
            begin, end = max(0, self._seen[0] - self.delay), now - self.delay
            layers = self.layers.items() if end > begin else ()
            self._seen = now, {
                name: SpikeTrains.of(self.sim, layer, begin=begin, end=end, tick_s=self.tick_s)
                for name, layer in layers
            }  # fmt: skip
        return self._seen[1]

    def rates(self, t_us: int) -> dict[str, float]:
        """Spikes a second of a neuron of each population."""
        return {f"{name} rate, Hz": one.rate() for name, one in self._trains().items()}

    def raster(self, t_us: int) -> dict[str, NDArray[np.uint8]]:
        """A row a neuron, a column a tick: excitatory neurons above."""
        parts = []
        for trains in self._trains().values():
            units = max(1, round(self.share * trains.units))
            part = np.full((units, self.window), WHITE, np.uint8)
            own = trains.unit < units
            part[trains.unit[own], trains.t[own] - trains.begin] = BLACK
            parts.append(part)
        return {"raster": np.concatenate(parts)} if parts else {}
