"""The first neuron once more, with a recorder that looks at it: its potential, its weights, and what it hears."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.event import Events
from eventnet.kernels.random import hash64
from eventnet.scenarios.pattern.listener import make_neuron
from eventnet.scenarios.pattern.parameters import PatternParameters
from eventnet.scenarios.pattern.run import STRONG, PatternComparison
from eventnet.scenarios.pattern.trains import HiddenPattern
from eventnet.view import RunRecorder, Shown

AFFERENTS, COLUMN_US = 100, 1000
"""Afferents whose spikes are shown, half of them with the pattern; ticks of a column of the picture."""
WHITE, BLACK = 255, 0


def watch(p: PatternParameters, found: PatternComparison, recorder: RunRecorder) -> None:
    """Look at the first neuron."""
    watch_neuron(p, recorder)


def watch_neuron(p: PatternParameters, recorder: RunRecorder) -> en.Simulation:
    """Look at it as often as the recorder wants to; returns the simulation at its end."""
    net, neuron, _, _ = make_neuron(p)
    trains = HiddenPattern(p.input, p.run.duration_s, hash64(p.run.seed, 0) >> 33)
    sim, reached, every = en.Simulation(net, "fifo"), 0, recorder.every_us
    seen = _Neuron(sim, neuron, trains, every)
    recorder.begin(sim, Shown(answers=seen.answers, pictures=seen.raster))
    for end, events in trains.pieces(int(neuron.spikes)):
        sim.inject(events)
        seen.hear(events)
        for until in [*range(reached - reached % every + every, end, every), end]:
            sim.run(until=until)
            if until % every == 0 or until == trains.end:
                recorder.look()
        reached = end
    return sim


class _Neuron:
    """The values of a neuron that a look shows."""

    def __init__(self, sim: en.Simulation, neuron: Any, trains: HiddenPattern, window: int) -> None:
        self._sim, self._neuron, self._trains, self._window = sim, neuron, trains, window
        self._state = {name: sim[neuron].array(name) for name in ("clock", "slow", "fast")}
        n, hidden = trains.table.afferents, trains.table.pattern_afferents
        half = AFFERENTS // 2
        self._rows = np.full(n, -1)
        shown = np.r_[: min(half, hidden), hidden : min(hidden + half, n)]
        self._rows[shown], self._shown = np.arange(len(shown)), len(shown)
        self._heard: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def hear(self, events: Events) -> None:
        """A piece of what it is going to hear."""
        row = self._rows[events["index"]]
        self._heard = [*self._heard[-1:], (events["t"][row >= 0].astype(np.int64), row[row >= 0])]

    def answers(self, t_us: int) -> dict[str, float]:
        """Its potential, how many weights are strong, and whether the pattern was there."""
        slot = max(0, t_us - 1) // self._trains.slot
        return {
            "potential": float(self._neuron.potentials(self._state, t_us)[0]),
            "strong weights": int((self._sim.weights("w") > STRONG).sum()),
            "pattern": int(self._trains.shown[slot]),
        }

    def raster(self, t_us: int) -> dict[str, NDArray[np.uint8]]:
        """A row an afferent, those with the pattern above; a column a millisecond."""
        picture = np.full((self._shown, -(-self._window // COLUMN_US)), WHITE, np.uint8)
        begin = (t_us - 1) // self._window * self._window
        for t, row in self._heard:
            own = (t >= begin) & (t < t_us)
            picture[row[own], (t[own] - begin) // COLUMN_US] = BLACK
        return {"raster": picture}
