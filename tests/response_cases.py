"""Spike response neurons: an oracle, random networks with restricted pairs, and arguments for one reaction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from cases import Case
from few import number_type

import eventnet as en
from eventnet.learning import PairStdp, RestrictedStdp
from eventnet.neurons.last_spikes import NEVER_FIRED, NEVER_SEEN
from eventnet.neurons.leaky import NOT_YET
from eventnet.order import ORDERS

RESPONSE = ["neurons.spike_response.respond"]
NOW = 5
"""The tick of a reaction that is tried out."""


def response_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Five units, some past their thresholds; arrays by name, and how many indices."""
    units, inputs = 5, 7
    kept = int(rng.integers(1, 5))
    made = {
        "slow": rng.integers(-6, 9, units) / 4, "fast": rng.integers(0, 5, units) / 4, "bar": rng.integers(1, 7, units) / 4,
        "start": np.full(units, -0.25), "left_slow": np.exp(-np.arange(kept) / 7), "left_fast": np.exp(-np.arange(kept) / 3),
        "seen": rng.choice([NEVER_SEEN, 2, 4], inputs),
        "clock": np.array([rng.choice([NOT_YET, 2, 4, NOW]), rng.choice([NEVER_FIRED, 3, NOW]), rng.integers(2)]),
        "w": rng.integers(-8, 9, (inputs, units)) / 4, "tau_m": 7.0, "tau_s": 3.0,
    }  # fmt: skip
    return made, inputs


class Oracle:
    """One layer that keeps every input since each unit's last spike, and sums their responses anew."""

    def __init__(
        self, w: Any, tau_m: float, tau_s: float, threshold: Any, rest: float = 0.0, reset_to: float | None = None
    ) -> None:
        self.w, self.tau_m, self.tau_s, self.rest = w, tau_m, tau_s, rest
        self.threshold = [float(x) for x in np.broadcast_to(threshold, w.shape[1])]
        self.reset_to = rest if reset_to is None else reset_to
        self.heard: list[list[tuple[int, float]]] = [[] for _ in range(w.shape[1])]
        self.fired: list[float] = [-math.inf] * w.shape[1]
        # The peak, found and not derived: on a fine grid.
        grid = np.linspace(0, 20 * tau_m, 400_001)
        self.scale = 1 / float((np.exp(-grid / tau_m) - np.exp(-grid / tau_s)).max())

    def potential(self, j: int, t: float) -> float:
        v = self.rest + (self.reset_to - self.rest) * math.exp(-(t - self.fired[j]) / self.tau_m)
        for then, weight in self.heard[j]:
            v += weight * self.scale * (math.exp(-(t - then) / self.tau_m) - math.exp(-(t - then) / self.tau_s))
        return v

    def take(self, t: int, i: int, s: int) -> list[int]:
        """The units that fire at this input."""
        for j, heard in enumerate(self.heard):
            heard.append((t, s * self.w[i, j]))
        past = []
        for j, threshold in enumerate(self.threshold):
            excess = self.potential(j, t) - threshold
            if excess > 0:
                past.append((-excess, j))
        for _, j in past:
            self.heard[j], self.fired[j] = [], t
        return [j for _, j in sorted(past)]


def make_response_case(seed: int) -> Case:
    """One to three layers in a circle over delays, whose weights move by restricted pairs, told in either way."""
    rng = np.random.default_rng(seed)
    net = en.Network(dtype=number_type(rng, "float32", "float64"))
    units = [int(rng.choice([1, 3, 5, 70])) for _ in range(int(rng.integers(1, 4)))]
    relay: Any = net.add(en.Relay(units[0], name="source"))
    below: Any = relay
    for k, n in enumerate([*units[1:], units[0]]):
        drawn = rng.uniform(0, 1, (below.units, n)) if rng.random() < 0.5 else rng.integers(0, 5, (below.units, n)) / 4
        block = net.weights(np.where(rng.random(drawn.shape) < 3 / n, drawn, 0))
        layer = net.add(
            en.SpikeResponse(
                n, block, tau_m=float(rng.uniform(4, 9)), tau_s=float(rng.uniform(0.5, 3)),
                threshold=float(rng.uniform(0.1, 0.6)), reset_to=float(rng.choice([-0.5, 0.0])), rest=-0.1,
                firsts=bool(rng.random() < 0.7), name=f"layer{k}",
            )
        )  # fmt: skip
        wires = [(below.out, layer.spikes)]
        options: Any = {
            "a_plus": float(rng.uniform(0.02, 0.3)), "a_minus": 0.1, "tau_plus": float(rng.uniform(1, 9)),
            "tau_minus": float(rng.uniform(0.1, 9)), "mu": float(rng.choice([0.0, 0.4, 1.0])),
        }  # fmt: skip
        rule: Any = net.add(RestrictedStdp(block, layer, name=f"rule{k}", **options))
        wires += [(layer.out, rule.post), (layer.first if rng.random() < 0.7 else below.out, rule.pre)]
        if rng.random() < 0.3:
            other = net.add(PairStdp(block, pairing="restricted", name=f"other{k}", **options))
            wires += [(layer.out, other.post), (below.out, other.pre)]
        for w in rng.permutation(len(wires)).tolist():
            net.connect(*wires[w], int(rng.choice([0, 0, 0, 1, 3])))
        below = layer
    if rng.random() < 0.5:
        net.connect(below.out, relay.spikes, int(rng.integers(1, 4)))
    feed = [
        (int(rng.integers(0, 10)), relay.spikes, int(rng.integers(units[0])), 1)
        for _ in range(int(rng.integers(5, 60)))
    ]
    options = {"order": ORDERS[seed % len(ORDERS)], "seed": seed, "budget": 1000, "roots": True, "record": True}
    return Case(net, en.events(feed), options)
