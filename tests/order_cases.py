"""Tiny networks whose every order can be tried: a description, the network it makes, and a search over all interleavings.

The search shares no code with the package: layers are lists of integers, an event is a tuple, and what waits at one
instant may be taken in any sequence, inputs included.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

import eventnet as en

Event = tuple[int, int, int]
"""Layer, index, sign."""


@dataclass(frozen=True)
class Tiny:
    """Layers in order, each (kind, weights [n_in][units]); wires (source, target); inputs (layer, index, sign) at t = 0.

    kind: "relay", "signed", "rectified", or "sink".
    """

    layers: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...]
    wires: tuple[tuple[int, int], ...]
    inputs: tuple[Event, ...]
    step: int = 3

    def network(self) -> tuple[en.Network, Any]:
        net = en.Network(dtype="int32")
        made: list[Any] = []
        for k, (kind, w) in enumerate(self.layers):
            if kind == "relay":
                made.append(net.add(en.Relay(len(w[0]), name=f"m{k}")))
            elif kind == "sink":
                made.append(net.add(en.Sink(len(w[0]), name=f"m{k}")))
            else:
                layer = {"signed": en.Herding, "rectified": en.Rectified}[kind]
                made.append(net.add(layer(len(w[0]), net.weights(w), scale=self.step, name=f"m{k}")))
        for a, b in self.wires:
            net.connect(made[a].out, made[b].spikes)
        return net, en.events([(0, made[k].spikes, i, s) for k, i, s in self.inputs])


def react(tiny: Tiny, phi: list[list[int]], event: Event) -> list[tuple[int, int]]:
    """Spikes (index, sign) that a layer makes of one event; `phi` changes."""
    k, index, sign = event
    kind, w = tiny.layers[k]
    if kind == "sink":
        return []
    if kind == "relay":
        return [(index, sign)]
    mine, half = phi[k], tiny.step // 2
    for j, value in enumerate(w[index]):
        mine[j] += sign * value
    made = []
    while True:
        over = [(abs(v), -j) for j, v in enumerate(mine) if v > half or (kind == "signed" and v < -half)]
        if not over:
            return made
        j = -max(over)[1]
        s = 1 if mine[j] > 0 else -1
        mine[j] -= s * tiny.step
        made.append((j, s))


def every_outcome(tiny: Tiny, limit: int = 1_500) -> set[tuple[Any, Any]] | None:
    """All pairs (answer, cost) over all interleavings; None where there are more than `limit` states.

    answer: net sign that arrived at each place of a sink. cost: deliveries and spikes of each layer.
    """
    sinks = {k for k, (kind, _) in enumerate(tiny.layers) if kind == "sink"}
    start = (
        tuple(tuple([0] * len(w[0])) for _, w in tiny.layers), tuple(sorted(tiny.inputs)), (), (0,) * (2 * len(tiny.layers))
    )  # fmt: skip
    seen, stack, found = {start}, [start], set()
    while stack:
        phi, waiting, arrived, cost = stack.pop()
        if not waiting:
            found.add((arrived, cost))
        for event in set(waiting):
            left = list(waiting)
            left.remove(event)
            now = [list(values) for values in phi]
            made = react(tiny, now, event)
            left += [(b, j, s) for j, s in made for a, b in tiny.wires if a == event[0]]
            spent = list(cost)
            spent[2 * event[0]] += 1
            spent[2 * event[0] + 1] += len(made)
            sums = Counter(dict(((k, j), n) for k, j, n in arrived))
            if event[0] in sinks:
                sums[event[0], event[1]] += event[2]
            kept = tuple(sorted((k, j, n) for (k, j), n in sums.items() if n))
            state = (tuple(map(tuple, now)), tuple(sorted(left)), kept, tuple(spent))
            if state not in seen:
                seen.add(state)
                stack.append(state)
                if len(seen) > limit:
                    return None
    return found


def true_verdict(tiny: Tiny) -> str | None:
    """confluent, cost-only or racy, from every interleaving; None where there are too many."""
    outcomes = every_outcome(tiny)
    if outcomes is None:
        return None
    if len({answer for answer, _ in outcomes}) > 1:
        return "racy"
    return "confluent" if len({cost for _, cost in outcomes}) == 1 else "cost-only"


def random_tiny(seed: int, kinds: tuple[str, ...] = ("relay", "signed", "rectified")) -> Tiny:
    """A feed-forward network of two to four layers and a sink, with one or two simultaneous inputs."""
    rng = np.random.default_rng(seed)
    widths = [int(rng.integers(1, 3)) for _ in range(int(rng.integers(2, 5)))]
    layers: list[tuple[str, tuple[tuple[int, ...], ...]]] = [("relay", ((0,) * widths[0],))]
    wires = []
    for k in range(1, len(widths)):
        sources = [a for a in range(k) if rng.random() < 0.6] or [k - 1]
        kind = kinds[int(rng.integers(len(kinds)))]
        rows = max(widths[a] for a in sources)
        if kind == "relay":
            widths[k] = rows
        layers.append((kind, tuple(tuple(int(v) for v in rng.integers(-4, 5, widths[k])) for _ in range(rows))))
        wires += [(a, k) for a in sources]
    last = len(widths) - 1
    layers.append(("sink", ((0,) * widths[last],)))
    wires.append((last, last + 1))
    inputs = tuple((0, int(rng.integers(widths[0])), int(rng.choice([-1, 1]))) for _ in range(int(rng.integers(1, 3))))
    return Tiny(tuple(layers), tuple(wires), inputs)


def random_signed(seed: int, whole: bool = True) -> tuple[en.Network, Any]:
    """A random feed-forward network of signed layers, some wires delayed, inputs of several instants at several ports.

    whole: int32 with an odd scale, where no sum is rounded and none ends at half a step; else float32 with random weights.
    """
    rng = np.random.default_rng([seed, int(whole)])
    net = en.Network(dtype="int32" if whole else "float32")
    scale = 2 * int(rng.integers(1, 40)) + 1 if whole else 1
    made: list[Any] = []
    for k in range(int(rng.integers(2, 6))):
        units, n_in = int(rng.integers(1, 6)), int(rng.integers(1, 6)) if k == 0 else 5
        w = rng.normal(0, 0.7 * scale, (n_in, units))
        made.append(net.add(en.Herding(units, net.weights(np.round(w) if whole else w), scale=scale, name=f"m{k}")))
        for source in made[:-1]:
            if rng.random() < 0.6 or source is made[-2]:
                net.connect(source.out, made[k].spikes, int(rng.choice([0, 0, 0, 1])))
    end = net.add(en.Sink(5, name="end"))
    for layer in made:
        if layer is made[-1] or rng.random() < 0.3:
            net.connect(layer.out, end.spikes)
    rows = []
    for _ in range(int(rng.integers(1, 12))):
        port = made[int(rng.integers(len(made)))].spikes if rng.random() < 0.3 else made[0].spikes
        rows.append((int(rng.integers(3)), port, int(rng.integers(port.accepts)), int(rng.choice([-1, 1]))))
    return net, en.events(rows)
