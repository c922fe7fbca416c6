"""Plastic sparse networks for tests, and an oracle in plain Python: lists of spikes, sums over pairs, no traces kept.

Synapses are objects that keep the ticks at which they heard their source and their unit. What a spike changes is a sum
over those lists. Spikes wait in a heap, first in first out inside a tick; of the network it reads wires by their names,
and rows from `edges()`.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sparse_cases import Unit

import eventnet as en
from eventnet.learning import SparseInstar, SparsePairStdp, SparseTraceTarget, SparseTripletStdp, TsodyksMarkram

PAIRS: dict[str, Any] = {"a_plus": 0.05, "a_minus": 0.04, "tau_plus": 9.0, "tau_minus": 13.0}
TRIPLETS: dict[str, Any] = {
    "a2_plus": 0.02, "a3_plus": 0.05, "a2_minus": 0.03, "a3_minus": 0.02, "tau_plus": 8.0, "tau_x": 14.0,
    "tau_minus": 11.0, "tau_y": 17.0,
}  # fmt: skip


def network(rng: np.random.Generator, rule: Any, dtype: str = "float64") -> tuple[en.Network, list[Any]]:
    """A source and a layer that reaches itself, both by synapses of one rule; and inputs."""
    net, n, k = en.Network(dtype), int(rng.integers(3, 12)), int(rng.integers(3, 9))
    source = net.add(en.Relay(k, name="source"))
    layer = net.add(en.LeakyDelta(n, tau=20.0, threshold=0.7, refractory=2, name="layer"))
    for x in (source, layer):
        how = [
            en.FixedInDegree(int(rng.integers(1, 4))), en.Bernoulli(0.5), en.AllToAll(),
            en.Edges(rng.integers(0, x.units, 15), rng.integers(0, n, 15)),
        ][int(rng.integers(4))]  # fmt: skip
        delay: Any = int(rng.integers(1, 7)) if rng.random() < 0.5 else en.Uniform(0.6, 7)
        weight: Any = en.Uniform(0.1, 0.5) if rng.random() < 0.7 else 0.3
        net.connect(x, layer, how, weight=weight, delay=delay, seed=int(rng.integers(99)), plasticity=rule)
    times = np.sort(rng.integers(0, 80, 60))
    return net, [(int(t), int(source.spikes), int(i), 1) for t, i in zip(times, rng.integers(0, k, 60), strict=True)]


def drawn_rule(rng: np.random.Generator) -> Any:
    """A rule with options drawn."""
    delays = str(rng.choice(["axonal", "dendritic"]))
    mu = float(rng.choice([0.0, 0.5, 1.0]))
    kind = int(rng.integers(6))
    if kind < 2:
        return SparsePairStdp.given(
            **PAIRS, mu=(mu, float(rng.choice([0.0, 1.0]))), delays=delays,
            pairing=str(rng.choice(["all", "nearest", "restricted"])), equal=str(rng.choice(["nothing", "order"])),
        )  # fmt: skip
    if kind == 2:
        return SparseTripletStdp.given(**TRIPLETS, mu=mu, delays=delays, pairing=str(rng.choice(["all", "nearest"])))
    if kind < 5:
        return drawn_follower(rng, mu, delays)
    return TsodyksMarkram.given(U=float(rng.uniform(0.2, 1)), tau_rec=30.0, tau_facil=float(rng.choice([0.0, 20.0])))


def drawn_follower(rng: np.random.Generator, mu: float, delays: str) -> Any:
    """A rule of traces of sources alone."""
    options: dict[str, Any] = {
        "tau": float(rng.uniform(2, 20)),
        "rate": float(rng.uniform(0.05, 0.4)),
        "delays": delays,
    }
    if rng.random() < 0.3:
        return SparseInstar.given(**options)
    return SparseTraceTarget.given(**options, target=float(rng.choice([0.0, 0.2, 0.6])), mu=mu)


# --- the oracle ------------------------------------------------------------------------------------------------------
@dataclass
class Synapse:
    """What it weighs, and when it heard from both sides."""

    unit: int
    w: float
    pre: list[int] = field(default_factory=list)
    post: list[int] = field(default_factory=list)

    def hear(self, t: int, ups: bool, rule: Any) -> None:
        """A spike of the unit (ups) or of the source; those of one tick do not pair."""
        o = rule.options
        if "rate" in o:
            self.follow(t, ups, o)
            return
        other = [u for u in (self.pre if ups else self.post) if u < t]
        own = [u for u in (self.post if ups else self.pre) if u < t]
        side = "plus" if ups else "minus"
        if "a2_plus" in o:
            slow = sum(math.exp(-(t - u) / o["tau_y" if ups else "tau_x"]) for u in own)
            size = o[f"a2_{side}"] + o[f"a3_{side}"] * slow
        else:
            size = o[f"a_{side}"]
        change = size * sum(math.exp(-(t - u) / o[f"tau_{side}"]) for u in other)
        mu = o.get("mu", 0.0)
        mu = mu if isinstance(mu, float) else mu[0 if ups else 1]
        room = 1 - self.w if ups else self.w
        if other:
            moved = self.w + (change if ups else -change) * (room**mu if mu else 1)
            self.w = min(max(moved, 0.0), 1.0)
        (self.post if ups else self.pre).append(t)

    def follow(self, t: int, ups: bool, o: Any) -> None:
        """A spike of the unit moves the weight by the last spike that has been heard of the source."""
        if not ups:
            self.pre.append(t)
            return
        x = math.exp(-(t - self.pre[-1]) / o["tau"]) if self.pre else 0.0
        if "target" not in o:
            self.w = (1 - o["rate"]) * self.w + o["rate"] * x
            return
        low, high = o.get("bounds", (0.0, 1.0))
        room = high - self.w if x > o["target"] else self.w - low
        self.w = min(max(self.w + o["rate"] * (x - o["target"]) * room ** o.get("mu", 1.0), low), high)


@dataclass
class Row:
    """Synapses of one source at one delay."""

    delay: int
    synapses: list[Synapse]


class PlasticOracle:
    """A network of `network`, with all-to-all pairs, triplets, trace targets or instars."""

    def __init__(self, net: en.Network, rule: Any) -> None:
        self.rule, self.net = rule, net
        layer: Any = net["layer"]
        self.units = [Unit(math.exp(-1 / 20.0), 20.0, 0.7, 0.0, 2, True, 0.0) for _ in range(layer.units)]
        self.rows: dict[str, list[list[Row]]] = {}
        for module in net.modules:
            if isinstance(module, en.DeltaSynapses):
                found: list[dict[int, Row]] = [{} for _ in range(module.n_in)]
                for i, j, w, d in zip(*(column.tolist() for column in module.edges()), strict=True):
                    found[i].setdefault(d, Row(d, [])).synapses.append(Synapse(j, w))
                self.rows[module.name] = [[of[d] for d in sorted(of)] for of in found]
        self.spikes: list[tuple[int, int]] = []
        self.adds = self.seq = 0
        self.queue: list[Any] = []

    def push(self, t: int, now: int, what: str, name: str, about: Any) -> None:
        heapq.heappush(self.queue, (t, 2 if t == now else 1, self.seq, what, name, about))
        self.seq += 1

    def leave(self, outlet: str, t: int, i: int) -> None:
        """A spike leaves over all wires of an outlet."""
        for wire in self.net.wires:
            if str(wire.source) == outlet:
                self.push(t + wire.delay, t, wire.target.name, wire.target.module.name, i)

    def run(self, inputs: list[Any], until: int) -> None:
        self.queue = [(t, 0, n, "source", "", i) for n, (t, _, i, _) in enumerate(inputs)]
        self.seq = len(inputs)
        heapq.heapify(self.queue)
        while self.queue and self.queue[0][0] < until:
            t, _, _, what, name, about = heapq.heappop(self.queue)
            synapses = name.removesuffix("_stdp")
            if what == "source":
                self.leave("source.out", t, about)
            elif what == "spikes":  # to the rows of a source, each at its delay
                for row in self.rows[name][about]:
                    self.push(t + row.delay, t, "pre", f"{name}_stdp", row)
            elif what == "back":  # to the columns of a unit, each at twice its delay
                for delay in sorted({row.delay for of in self.rows[synapses] for row in of if self.of(row, about)}):
                    self.push(t + 2 * delay, t, "post", name, (about, delay))
            elif what == "pre":
                row = about if isinstance(about, Row) else self.rows[synapses][about]
                for synapse in row.synapses if isinstance(row, Row) else [s for r in row for s in r.synapses]:
                    synapse.hear(t, False, self.rule)
                self.push(t, t, "rows", synapses, about)
            elif what == "post":
                unit, delay = about if isinstance(about, tuple) else (about, None)
                for of in self.rows[synapses]:
                    for row in of:
                        for synapse in self.of(row, unit) if delay in (None, row.delay) else []:
                            synapse.hear(t, True, self.rule)
            elif what == "rows":
                rows = [about] if isinstance(about, Row) else self.rows[name][about]
                for synapse in [s for row in rows for s in row.synapses]:
                    self.adds += 1
                    if self.units[synapse.unit].take(t, synapse.w):
                        self.spikes.append((t, synapse.unit))
                        self.leave("layer.out", t, synapse.unit)

    @staticmethod
    def of(row: Row, unit: int) -> list[Synapse]:
        return [synapse for synapse in row.synapses if synapse.unit == unit]

    def weights(self, name: str) -> list[float]:
        return [s.w for of in self.rows[name] for row in of for s in row.synapses]
