"""One neuron that receives all afferents and learns: a `SpikeResponse` unit whose weights `RestrictedStdp` changes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.event import Events
from eventnet.kernels.random import hash64
from eventnet.learning import RestrictedStdp
from eventnet.scenarios.pattern.parameters import PatternParameters
from eventnet.scenarios.pattern.trains import HiddenPattern
from eventnet.tally import Tally

LOOK_US = 250
"""A neuron that is watched is looked at as often, in the first and in the last piece."""


@dataclass
class Glimpse:
    """The record of a piece: its EVENT records; the times of looks [n], and the potentials then [n]."""

    inputs: Events
    times: NDArray[np.int64]
    potentials: NDArray[np.float64]


@dataclass
class ListenerOutcome:
    """The result of one neuron. Times are ticks of a microsecond.

    spikes     of the neuron, [n]
    begins     of presentations that fit before the end, [m]
    slot, end  how long a presentation lasts, and the run
    pattern    the pattern's spikes: ticks from its beginning on, and afferents
    hidden     afferents below this have the pattern
    weights    at the end, [afferents]
    inputs     spikes heard
    tally      of the simulation
    processor  seconds of processor time: making the trains, and the engine
    history    weights at the end of every piece, [pieces, afferents], of a neuron that is watched; and the ends
    glimpses   of its first and its last piece
    """

    spikes: NDArray[np.int64]
    begins: NDArray[np.int64]
    slot: int
    end: int
    pattern: tuple[NDArray[np.int64], NDArray[np.int64]]
    hidden: int
    weights: NDArray[np.float64]
    inputs: int
    tally: Tally
    processor: tuple[float, float]
    history: tuple[NDArray[np.int64], NDArray[np.float32]] | None
    glimpses: list[Glimpse]


def make_neuron(p: PatternParameters, dtype: str = "float32") -> tuple[en.Network, Any, RestrictedStdp, en.Sink]:
    """The network, its neuron, its plasticity and what hears it."""
    net, n = en.Network(dtype), p.neuron
    w = net.weights(np.full((p.input.afferents, 1), p.plasticity.start), name="w")
    neuron = net.add(
        en.SpikeResponse(
            1, w, tau_m=1000 * n.tau_m_ms, tau_s=1000 * n.tau_s_ms, threshold=n.threshold, reset_to=n.reset,
            firsts=True, name="neuron",
        )
    )  # fmt: skip
    rule = net.add(
        RestrictedStdp(
            w, neuron, a_plus=p.plasticity.a_plus, a_minus=p.plasticity.a_minus,
            tau_plus=1000 * p.plasticity.tau_plus_ms, tau_minus=1000 * p.plasticity.tau_minus_ms, name="stdp",
        )
    )  # fmt: skip
    heard = net.add(en.Sink(1, name="heard"))
    net.connect(neuron.first, rule.pre)
    net.connect(neuron.out, rule.post)
    net.connect(neuron.out, heard.spikes)
    return net, neuron, rule, heard


def listen(
    p: PatternParameters, number: int = 0, *, watched: bool = False, engine: str = "compiled"
) -> ListenerOutcome:
    """Let neuron `number` hear its trains from beginning to end."""
    net, neuron, _, heard = make_neuron(p)
    trains = HiddenPattern(p.input, p.run.duration_s, hash64(p.run.seed, number) >> 33)
    simulation, spikes = en.Simulation(net, "fifo", engine=engine), []
    view, glimpses, history = simulation[neuron], [], []
    state = {name: view.array(name) for name in ("clock", "slow", "fast")}

    def advance(until: int) -> None:
        while simulation.run(until=until, stop=heard.spikes).time < until:
            spikes.append(simulation.time)

    spent, inputs, reached, began = 0.0, 0, 0, time.process_time()
    for end, events in trains.pieces(int(neuron.spikes)):
        start = time.process_time()
        simulation.inject(events)
        inputs += len(events)
        if watched and (reached == 0 or end == trains.end):
            looks = np.arange(reached, end, LOOK_US)
            potentials = []
            for look in looks.tolist():
                advance(look)
                potentials.append(float(neuron.potentials(state, look)[0]))
            glimpses.append(Glimpse(events.copy(), looks, np.array(potentials)))
        advance(end)
        if watched:
            history.append((end, simulation.weights("w")[:, 0]))
        reached = end
        spent += time.process_time() - start
    kept = (np.array([t for t, _ in history]), np.array([w for _, w in history])) if watched else None
    return ListenerOutcome(
        np.array(spikes, dtype=np.int64), trains.begins, trains.slot, trains.end, trains.pattern,
        p.input.pattern_afferents, simulation.weights("w")[:, 0].astype(np.float64), inputs, simulation.tally,
        (time.process_time() - began - spent, spent), kept, glimpses,
    )  # fmt: skip
