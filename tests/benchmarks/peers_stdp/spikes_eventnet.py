"""The small networks in eventnet: exact times; `early` and `late` say where synapses meet their spikes."""

from __future__ import annotations

import sys

import numpy as np
from small import (
    A_MINUS,
    A_PLUS,
    DELAY_MS,
    INPUTS,
    LATERAL_MS,
    TAU_M,
    TAU_MINUS,
    TAU_PLUS,
    TAU_S,
    UNITS,
    entry,
    small,
    tell,
)

import eventnet as en
from eventnet.learning import PairStdp

MS = 1000
"""Ticks."""


def run(kind: str, early: float, late: float, ms: int = MS) -> dict[str, object]:
    """Spikes and weights; a synapse hears its input `early` ms before the unit does, its unit `late` ms after it fired.

    ms: ticks of a millisecond.
    """
    given = small(kind)
    net = en.Network("float64")
    source = net.add(en.Relay(UNITS + INPUTS, name="source"))
    w = net.weights(np.vstack([given.lateral, given.weights]), "w")
    layer = (
        net.add(en.LeakyIntegrate(UNITS, w, tau=TAU_M * ms, threshold=1.0, name="layer"))
        if kind == "delta"
        else net.add(
            en.ExponentialCurrent(
                UNITS, w, tau_m=TAU_M * ms, tau_s=TAU_S * ms, refractory=round(given.refractory * ms), name="layer"
            )
        )
    )
    rule = net.add(
        PairStdp(w, a_plus=A_PLUS, a_minus=A_MINUS, tau_plus=TAU_PLUS * ms, tau_minus=TAU_MINUS * ms, bounds=(-1, 1))
    )
    net.connect(source.out, rule.pre, round((DELAY_MS - early) * ms))
    net.connect(source.out, layer.spikes, round(DELAY_MS * ms))
    net.connect(layer.out, rule.post, round(late * ms))
    net.connect(layer.out, layer.spikes, round(LATERAL_MS * ms))
    sim = en.Simulation(net, record=True)
    feed = zip(np.round(given.times * ms).astype(int).tolist(), given.sources.tolist())
    sim.inject([(t, source.spikes, UNITS + i, 1) for t, i in feed])
    sim.run(until=round((given.last + DELAY_MS - early) * ms) + 1)
    fired = sim.log[sim.log["port"] == int(rule.post)]
    return entry(fired["t"] / ms - late, fired["index"], sim.weights(w)[UNITS:])


if __name__ == "__main__":
    found = {}
    for argument in sys.argv[1:]:
        kind, early, late = argument.split(",")
        found[argument] = run(kind, float(early), float(late))
    tell("eventnet", en.__version__, found)
