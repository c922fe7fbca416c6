"""Layers of leaky integrate-and-fire units: random ones, an oracle, and arguments for one reaction of their rules.

The oracle keeps every input and spike for ever, and sums their exponentials anew at each delivery. A unit that is held
has a watch of its own that stands still meanwhile.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from cases import Case
from few import number_type

import eventnet as en
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.neurons.leaky import NOT_YET
from eventnet.order import ORDERS

INTEGRATE = [f"neurons.leaky.{name}" for name in ("integrate", "hold_back", "begin_sample", "freeze_theta")]
NOW = 5
"""The tick of a reaction that is tried out."""


def integrate_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Five units, some held, some past their thresholds, perhaps silent; arrays by name, and how many indices."""
    units, inputs = 5, 7
    adapts, subtracts = bool(rng.integers(2)), bool(rng.integers(2))
    threshold, reset, theta = rng.integers(2, 7, units) / 4, -0.25, rng.integers(0, 5, units) / 4
    told, since, frozen = (
        int(rng.choice([NOT_YET, 2, 4, NOW, NOW + 1])),
        int(rng.integers(0, NOW)),
        int(rng.integers(2)),
    )
    valid = FOREVER if not adapts or frozen else int(rng.choice([NOW - 1, NOW + 2]))
    busy = int(rng.choice([NOT_YET, NOW + 2]))
    until = np.where(rng.integers(0, 2, units), rng.integers(0, NOW + 3, units), NOT_YET) if busy > NOW else NOT_YET
    made = {
        "phi": rng.integers(-6, 7, units) / 4, "theta": theta * adapts, "threshold": threshold,
        "step": threshold - reset, "bar": threshold + theta * adapts * math.exp(-(valid - since) / 9),
        "seen": np.full(inputs, NOT_YET), "until": np.broadcast_to(until, units).copy(),
        "clock": np.array([told, busy, since, valid, frozen]), "w": rng.integers(-8, 9, (inputs, units)) / 4,
        "plan": np.array([
            -1 if subtracts else rng.integers(-1, 3), rng.integers(0, 3), rng.integers(2), subtracts,
            3 if adapts else -1, rng.integers(1, 3),
        ]),
        "factors": np.exp(-np.arange(rng.integers(1, 5)) / 7.0),
        "tau": 7.0, "reset": reset, "plus": 0.5, "slow": float(rng.choice([2.0, 9.0])), "amount": 0.25,
    }  # fmt: skip
    return made, units if rule.name == "hold_back" else inputs


def random_options(rng: np.random.Generator, units: int, span: float = 300) -> dict[str, Any]:
    """Options of a layer of `units` units; its times are below `span`, but for some that are far longer."""
    rest = float(rng.choice([0.0, -0.5, 2.0]))
    threshold = rest + (1.0 if rng.random() < 0.5 else rng.uniform(0.6, 1.2, units))
    options: dict[str, Any] = {"tau": float(rng.uniform(span / 15, span)), "rest": rest, "threshold": threshold}
    options["reset_to"] = rest + float(rng.choice([0.0, -0.4, 0.3]))
    options["signed"] = bool(rng.random() < 0.4)
    if rng.random() < 0.5:
        options["refractory"] = int(rng.integers(0, span / 5))
    if rng.random() < 0.5:
        options["adapt"] = (float(rng.uniform(0, 0.4)), float(rng.choice([3.0, span / 3, 2 * span, 1e6])))
    if rng.random() < 0.4:
        options["winner"] = int(rng.integers(0, span / 5))
    elif rng.random() < 0.5:
        options["subtract"] = True
    if rng.random() < 0.5:
        options["inhibition"] = ("subtract", 0.2) if rng.random() < 0.5 else ("set", rest - 0.2)
    return options


Event = tuple[int, str, int, int]
PORTS = ("reset", "freeze", "spikes", "inhibit")
"""In the order in which they take inputs of one tick."""


class Oracle:
    """One layer that adds up exponentials; `take` gives the spikes (index, sign) of one delivery."""

    def __init__(self, w: Any, tau: float, threshold: Any, **options: Any) -> None:
        self.w, self.tau, self.n = w, tau, w.shape[1]
        self.threshold = [float(x) for x in np.broadcast_to(threshold, self.n)]
        self.rest, self.options = options.get("rest", 0.0), options
        self.reset_to = options.get("reset_to", self.rest)
        self.held = [-math.inf] * self.n  # the end of the unit's refractory time, or of a silent window
        self.silent = -math.inf
        self.lost: list[list[tuple[float, float]]] = [[] for _ in range(self.n)]  # times for which a unit was held
        self.parts: list[list[tuple[float, float]]] = [[] for _ in range(self.n)]  # (its own time, weight)
        self.spikes: list[list[float]] = [[] for _ in range(self.n)]  # on the thresholds' watch
        self.frozen: float | None = None
        self.paused = 0.0

    def own_time(self, j: int, t: float) -> float:
        """t less all the time that unit j was held."""
        windows: list[list[float]] = []
        for a, b in sorted(self.lost[j]):
            if windows and a <= windows[-1][1]:
                windows[-1][1] = max(windows[-1][1], b)
            else:
                windows.append([a, b])
        return t - sum(max(0.0, min(b, t) - a) for a, b in windows if a < t)

    def potential(self, j: int, t: float) -> float:
        """Above rest."""
        now = self.own_time(j, t)
        return math.fsum(weight * math.exp(-(now - then) / self.tau) for then, weight in self.parts[j])

    def limit(self, j: int, t: float) -> float:
        """The threshold of unit j, above rest."""
        if self.options.get("adapt") is None:
            return self.threshold[j] - self.rest
        plus, slow = self.options["adapt"]
        now = (t if self.frozen is None else self.frozen) - self.paused
        return self.threshold[j] - self.rest + plus * math.fsum(math.exp(-(now - s) / slow) for s in self.spikes[j])

    def put(self, j: int, t: float, value: float) -> None:
        """Unit j is at this potential above rest now, whatever was before."""
        self.parts[j] = [(self.own_time(j, t), value)]

    def take(self, t: int, kind: str, i: int, s: int) -> list[tuple[int, int]]:
        """One delivery."""
        if kind == "reset":
            self.parts = [[] for _ in range(self.n)]
            self.lost = [[] for _ in range(self.n)]
            self.held, self.silent = [-math.inf] * self.n, -math.inf
        elif kind == "freeze" and s > 0 and self.frozen is None:
            self.frozen = t
        elif kind == "freeze" and s < 0 and self.frozen is not None:
            self.paused, self.frozen = self.paused + t - self.frozen, None
        if kind in ("reset", "freeze") or t < self.silent:
            return []
        free = [j for j in range(self.n) if self.held[j] <= t]
        if kind == "inhibit":
            how, amount = self.options["inhibition"]
            for j in free:
                if j != i and how == "set":
                    self.put(j, t, amount - self.rest)
                elif j != i:
                    self.parts[j].append((self.own_time(j, t), -s * amount))
            return []
        for j in free:
            self.parts[j].append((self.own_time(j, t), s * self.w[i, j]))
        return self.fire(t)

    def fire(self, t: int) -> list[tuple[int, int]]:
        """Spikes, the furthest past its threshold first."""
        made: list[tuple[int, int]] = []
        while True:
            past = []
            for j in range(self.n):
                v = self.potential(j, t)
                size = abs(v) if self.options.get("signed") else v
                if self.held[j] <= t and size > self.limit(j, t):
                    past.append((-(size - self.limit(j, t)), j, 1 if v > 0 else -1))
            if not past:
                return made
            _, j, sign = min(past)
            made.append((j, sign))
            if self.frozen is None:
                self.spikes[j].append(t - self.paused)
            step = self.threshold[j] - self.reset_to
            if self.options.get("subtract"):
                self.parts[j].append((self.own_time(j, t), -sign * step))
            else:
                self.put(j, t, sign * (self.reset_to - self.rest))
            wait = self.options.get("refractory", 0)
            self.held[j] = t + wait
            self.lost[j].append((t, t + wait))
            silence = self.options.get("winner")
            if silence is not None:
                for k in range(self.n):
                    self.put(k, t, sign * (self.reset_to - self.rest))
                    self.lost[k].append((t, t + silence))
                self.silent = t + silence
                return made


def random_events(rng: np.random.Generator, n: int, n_in: int, units: int, inhibits: bool) -> list[Event]:
    """Mostly rows, at times that often coincide."""
    times = np.cumsum(rng.choice([0, 0, 1, 3, 20, 200], n))
    kinds = ["spikes"] * 16 + ["reset", "freeze"] + ["inhibit"] * 3 * inhibits
    made = []
    for t in times.tolist():
        kind = kinds[int(rng.integers(len(kinds)))]
        i = int(rng.integers({"spikes": n_in, "inhibit": units}.get(kind, 1)))
        made.append((t, kind, i, int(rng.choice([-1, 1, 1]))))
    return sorted(made, key=lambda event: (event[0], PORTS.index(event[1])))


def make_integrate_case(seed: int) -> Case:
    """Layers that excite and hold back each other and themselves, with and without delays, and share weights."""
    rng = np.random.default_rng(seed)
    net = en.Network(number_type(rng, "float32", "float64"))
    blocks: list[en.Block] = []
    layers: list[Any] = []
    for k in range(int(rng.integers(1, 4))):
        units, n_in = int(rng.choice([1, 3, 5, 5, 70])), int(rng.choice([5, 5, 70]))
        found = [b for b in blocks if b.array.shape == (n_in, units)]
        if not found or rng.random() < 0.5:
            w = rng.uniform(-0.3, 0.9, (n_in, units))
            blocks.append(net.weights(np.round(w * 4) / 4 if rng.random() < 0.3 else w))  # ties
            found = blocks[-1:]
        layers.append(net.add(en.LeakyIntegrate(units, found[0], name=f"l{k}", **random_options(rng, units, 20))))
    relay = net.add(en.Relay(5, name="relay"))
    sources, ports = [relay, *layers], [getattr(m, name) for m in [relay, *layers] for name in m.ports]
    for _ in range(int(rng.integers(2, 3 * len(sources)))):
        source, layer = sources[int(rng.integers(len(sources)))].out, layers[int(rng.integers(len(layers)))]
        kinds = ["spikes"] * 5 + ["inhibit"] * 3 * (layer.inhibition is not None) + ["reset", "freeze"]
        target = getattr(layer, kinds[int(rng.integers(len(kinds)))])
        if target.accepts is None or source.width <= target.accepts:
            net.connect(source, target, int(rng.choice([0, 0, 1, 2, 5])))
    rows = []
    for _ in range(int(rng.integers(5, 60))):
        port = ports[int(rng.integers(len(ports)))] if rng.random() < 0.4 else layers[0].spikes
        if port.name == "inhibit" and port.module.inhibition is None:
            continue
        rows.append((int(rng.integers(0, 12)), port, int(rng.integers(port.accepts or 1)), int(rng.choice([-1, 1, 1]))))
    options = {"order": ORDERS[seed % len(ORDERS)], "seed": seed, "budget": 300, "roots": True, "record": True}
    return Case(net, en.events(rows), options)
