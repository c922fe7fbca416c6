"""Plasticity by the times of spikes: random networks from a seed, arguments for one reaction, and a bench of two trains."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import Case

import eventnet as en
from eventnet.learning import Instar, Normalize, TraceTarget
from eventnet.neurons.last_spikes import NEVER_SEEN, LastSpikes
from eventnet.order import ORDERS

ENGINES = ("reference", "compiled")
NOW = 9
"""The tick of a reaction that is tried out."""

PLASTIC = [
    "neurons.last_spikes.note_spike",
    *(f"learning.target.{name}" for name in ("move_to_target", "move_to_trace")),
    "learning.normalize.normalize",
]


def plastic_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Arrays for a rule of plasticity by name, and how many indices there are; weights may lie on a bound or beyond."""
    n_in, n_out = 6, 4
    mu = float(rng.choice([0.0, 0.5, 1.0]))
    made = {
        "seen": rng.choice([NEVER_SEEN, NOW - 400, NOW - 5, NOW - 2, NOW], n_in), "horizon": np.array([120]),
        "w": rng.choice([-0.25, 0.0, 0.25, 0.5, 1.0, 1.25], (n_in, n_out)) * rng.integers(0, 2, n_out),
        "sums": rng.integers(0, 3, n_out) / 2, "total": 2.0, "tau": 3.0, "target": 0.25, "rate": 0.5, "fall": 0.125,
        "lowest": 0.0, "highest": 1.0, "mu": mu,
    }  # fmt: skip
    return made, {"note_spike": n_in, "normalize": 1}.get(rule.name, n_out)


# --- random networks -------------------------------------------------------------------------------------------------
def plastic_module(kind: int, rng: np.random.Generator, block: en.Block, seen: LastSpikes) -> Any:
    """One of the modules that move weights."""
    tau, mu = float(rng.uniform(1, 9)), float(rng.choice([0.0, 0.4, 1.0, 2.0]))
    if kind == 0:
        return TraceTarget(block, seen, tau=tau, rate=float(rng.uniform(0.1, 0.9)), target=0.3, mu=mu)
    if kind == 1:
        return Instar(block, seen, tau=tau, rate=float(rng.uniform(0.1, 1)))
    return Normalize(block, total=float(rng.uniform(0.5, 3)))


KINDS = 3


def make_stdp_case(seed: int) -> Case:
    """Two to four layers of positive spikes in a circle over delays, with plasticity of every kind on what joins them."""
    rng = np.random.default_rng(seed)
    net = en.Network(dtype=str(rng.choice(["float32", "float64"])), coalesce=str(rng.choice(["none", "burst"])))
    units = [int(rng.choice([1, 3, 5, 70])) for _ in range(int(rng.integers(1, 4)))]
    relay: Any = net.add(en.Relay(units[0], name="source"))
    below, feed, updates = relay, [], []
    for k, n in enumerate([*units[1:], units[0]]):
        drawn = rng.uniform(0, 1, (below.units, n)) if rng.random() < 0.5 else rng.integers(0, 5, (below.units, n)) / 4
        block = net.weights(np.where(rng.random(drawn.shape) < 3 / n, drawn, 0))
        seen = net.add(LastSpikes(below.units, name=f"seen{k}"))
        layer = net.add(en.Rectified(n, block, name=f"layer{k}", most=2000))
        wires = [(below.out, layer.spikes), (below.out, seen.spikes)]
        for m in range(int(rng.integers(1, 4))):
            update = plastic_module(int(rng.integers(KINDS)), rng, block, seen)
            update.name = f"plastic{k}{m}"
            net.add(update)
            if isinstance(update, Normalize):
                updates.append(update)
            else:
                wires.append((layer.out, update.post))
                if "pre" in update.ports:
                    wires.append((below.out, update.pre))
        for w in rng.permutation(len(wires)).tolist():
            net.connect(*wires[w], int(rng.choice([0, 0, 0, 1, 3])))
        below = layer
    if rng.random() < 0.5:
        net.connect(below.out, relay.spikes, int(rng.integers(1, 4)))
    for _ in range(int(rng.integers(5, 40))):
        feed.append((int(rng.integers(0, 10)), relay.spikes, int(rng.integers(units[0])), 1))
    feed += [(int(rng.integers(0, 10)), update.apply, 0, 1) for update in updates]
    options = {"order": ORDERS[seed % len(ORDERS)], "seed": seed, "budget": 1000, "roots": True, "record": True}
    return Case(net, en.events(feed), options)
