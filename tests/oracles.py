"""Slow, plain answers that share no code with the engines: orders without a queue, and a quantizer by repeated argmax.

A *toy* is a module that sends, for each index, the spikes of a table, until it has heard `limit` spikes: what it sends
depends on the order it hears them in, and no network of toys goes on for ever. It exists twice: as a rule for the
engines (`Toy`) and as a few lines of plain Python (`Hand`), on which the oracles work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import eventnet as en

Spike = tuple[int, int, float]
Row = tuple[int, int, str, str, int, int]
"""Number, parent, source ("" for an input), target, index, sign."""


# --- the toy, for the engines ----------------------------------------------------------------------------------------
@en.rule
def play(i, s, t, out, tally, heard, start, item):
    """Send what the table holds for index i; an odd item turns the sign."""
    heard[0] += 1
    if heard[0] <= heard[1]:
        for k in range(start[i], start[i + 1]):
            out.spike(item[k] // 2, s if item[k] % 2 == 0 else -s, 0, 0.25 * (item[k] % 5))


class Toy(en.Module):
    """`table[i]` lists what index i makes: 2 * unit for a spike of the same sign, 2 * unit + 1 for one of the other."""

    table = en.Option[list[list[int]]](positional=True)
    limit = en.Option[int](positional=True)
    units = en.Derived(lambda toy: len(toy.table))
    most = en.Derived(lambda toy: max(1, *(len(row) for row in toy.table)))
    heard = en.Integers(2, start=lambda toy: [0, toy.limit])
    start = en.Integers(None, start=lambda toy: np.cumsum([0, *(len(row) for row in toy.table)]))
    item = en.Integers(None, start=lambda toy: [x for row in toy.table for x in row] or [0])
    spikes = en.Port(play, emits="out", accepts="units")
    out = en.Outlet()


# --- the toy, by hand ------------------------------------------------------------------------------------------------
@dataclass
class Hand:
    """The same toy in plain Python."""

    table: list[list[int]]
    limit: int
    heard: int = 0

    def react(self, index: int, sign: int) -> list[Spike]:
        self.heard += 1
        if self.heard > self.limit:
            return []
        return [(x // 2, -sign if x % 2 else sign, (x % 5) / 4) for x in self.table[index]]


@dataclass
class Graph:
    """Toys by name, wires (source, target) in binding order, inputs (target, index, sign) at one instant."""

    tables: dict[str, tuple[list[list[int]], int]]
    wires: list[tuple[str, str]]
    inputs: list[tuple[str, int, int]]
    log: list[Row] = field(default_factory=list)
    hands: dict[str, Hand] = field(default_factory=dict)

    def begin(self) -> list[tuple[str, int, int]]:
        """Fresh toys and an empty log; the inputs, by the number of their port and then as they were handed over."""
        self.log, self.hands = [], {name: Hand(*made) for name, made in self.tables.items()}
        names = list(self.tables)
        return sorted(self.inputs, key=lambda x: names.index(x[0]))

    def deliver(self, parent: int, source: str, target: str, index: int, sign: int) -> tuple[int, list[Spike]]:
        """Write one delivery down and let its toy react; the delivery's number and the spikes."""
        number = len(self.log)
        self.log.append((number, parent, source, target, index, sign))
        return number, self.hands[target].react(index, sign)

    def consumers(self, source: str) -> list[str]:
        """Whom a toy's spikes go to, in binding order."""
        return [b for a, b in self.wires if a == source]

    def network(self) -> tuple[en.Network, Any]:
        """The same graph and inputs for the engines."""
        net = en.Network()
        toys = {name: net.add(Toy(table, limit, name=name)) for name, (table, limit) in self.tables.items()}
        for a, b in self.wires:
            net.connect(toys[a].out, toys[b].spikes)
        return net, en.events((0, toys[name].spikes, index, sign) for name, index, sign in self.inputs)


def random_graph(rng: np.random.Generator, feedback: bool = False) -> Graph:
    """Two to six toys of three units; wires go forward only, unless feedback is asked for."""
    names = [f"m{k}" for k in range(int(rng.integers(2, 7)))]
    tables = {
        name: (
            [[int(x) for x in rng.integers(0, 6, int(rng.integers(0, 4)))] for _ in range(3)],
            int(rng.integers(2, 9)),
        )
        for name in names
    }
    wires = []
    for _ in range(int(rng.integers(1, 3 * len(names)))):
        a, b = (int(x) for x in rng.integers(0, len(names), 2))
        if a != b or feedback:
            wires.append((names[a], names[b]) if feedback else (names[min(a, b)], names[max(a, b)]))
    inputs = [
        (names[int(rng.integers(0, min(3, len(names))))], int(rng.integers(3)), int(rng.choice([-1, 1])))
        for _ in range(int(rng.integers(1, 7)))
    ]
    return Graph(tables, wires, inputs)


def rows(sim: Any) -> list[Row]:
    """The log of a run in the oracles' words."""
    ports, outlets = [p.module.name for p in sim.net.ports()], [o.module.name for o in sim.net.outlets()]
    return [
        (number, parent, "" if source < 0 else outlets[source], ports[port], index, sign)
        for number, parent, _, _, source, port, index, sign in sim.log.tolist()
    ]


# --- orders without a queue ------------------------------------------------------------------------------------------
def depth_first(graph: Graph) -> list[Row]:
    """Recursion: each spike, to each consumer, with all that follows from it, before the next."""

    def follow(parent: int, source: str, target: str, index: int, sign: int) -> None:
        number, spikes = graph.deliver(parent, source, target, index, sign)
        for i, s, _ in spikes:
            for consumer in graph.consumers(target):
                follow(number, target, consumer, i, s)

    for target, index, sign in graph.begin():
        follow(-1, "", target, index, sign)
    return graph.log


def breadth_first(graph: Graph) -> list[Row]:
    """Loops over batches: a batch goes whole to its first consumer, whole to its second, ...; it grows until it begins."""
    batches: list[tuple[str, list[tuple[int, int, int]]]] = []
    growing: dict[str, list[tuple[int, int, int]]] = {}

    def emit(source: str, number: int, spikes: list[Spike]) -> None:
        if spikes and graph.consumers(source) and source not in growing:
            growing[source] = []
            batches.append((source, growing[source]))
        if source in growing:
            growing[source] += [(number, i, s) for i, s, _ in spikes]

    for target, index, sign in graph.begin():
        emit(target, *graph.deliver(-1, "", target, index, sign))
    for source, batch in batches:
        del growing[source]
        for consumer in graph.consumers(source):
            for parent, index, sign in batch:
                emit(consumer, *graph.deliver(parent, source, consumer, index, sign))
    return graph.log


def by_key(graph: Graph, key: Callable[..., tuple[int, int]], seed: int = 0) -> list[Row]:
    """A list of what waits, of which the least is taken again and again. Inputs have phase 0."""
    names = list(graph.tables)
    rank = ranks(graph)
    waiting: list[tuple[int, int, int, tuple[int, str, str, int, int]]] = [
        (0, names.index(target), k, (-1, "", target, index, sign))
        for k, (target, index, sign) in enumerate(graph.begin())
    ]
    seq = 0
    while waiting:
        waiting = sorted(waiting)
        parent, source, target, index, sign = min(waiting)[-1]
        del waiting[0]
        number, spikes = graph.deliver(parent, source, target, index, sign)
        for i, s, size in spikes:
            for wire, (a, b) in enumerate(graph.wires):
                if a == target:
                    phase, place = key(0, names.index(a), wire, i, s, size, rank[b], seq, seed)
                    waiting.append((phase, place, seq, (number, a, b, i, s)))
                    seq += 1
    return graph.log


def fifo(graph: Graph) -> list[Row]:
    """First in, first out: everything has the same key, and the emission's number decides."""
    return by_key(graph, lambda *_: (2, 0))


def ranks(graph: Graph) -> dict[str, int]:
    """Longest path to each toy in a graph without cycles."""
    rank = {name: 0 for name in graph.tables}
    for _ in graph.tables:
        for a, b in graph.wires:
            rank[b] = max(rank[b], rank[a] + 1)
    return rank


def mixed(a: int, b: int) -> int:
    """SplitMix64's finalizer over two numbers, in NumPy's wrapping integers."""
    with np.errstate(over="ignore"):
        z = np.uint64(0)
        for word in (a, b):
            z += np.uint64(word) + np.uint64(11400714819323198485)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(13787848793156543929)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(10723151780598845931)
            z = z ^ (z >> np.uint64(31))
    return int(z) // 4


def stack_of_bursts(graph: Graph) -> list[Row]:
    """The original author's router: whole bursts on a stack, consumers in reverse connection order; no order of ours."""
    stack: list[tuple[str, list[tuple[int, int, int]]]] = []

    def push(source: str, burst: list[tuple[int, int, int]]) -> None:
        if burst:
            stack.append((source, burst))

    heard: dict[str, list[tuple[int, int, int]]] = {}
    for target, index, sign in graph.begin():
        number, spikes = graph.deliver(-1, "", target, index, sign)
        heard.setdefault(target, []).extend((number, i, s) for i, s, _ in spikes)
    for source, burst in heard.items():
        push(source, burst)
    while stack:
        source, burst = stack.pop()
        for consumer in reversed(graph.consumers(source)):
            made: list[tuple[int, int, int]] = []
            for parent, index, sign in burst:
                number, spikes = graph.deliver(parent, source, consumer, index, sign)
                made += [(number, i, s) for i, s, _ in spikes]
            push(consumer, made)
    return graph.log


# --- a quantizer by repeated argmax ----------------------------------------------------------------------------------
def firing_order(phi: Any, threshold: Any, step: Any, signed: bool, inclusive: bool = False) -> list[tuple[int, int]]:
    """Take the largest |phi| past the threshold, again and again; `phi` is changed. `argmax` gives the lowest at a tie.

    inclusive: the negative threshold counts as passed where it is met, as in the original author's integer program.
    """
    made = []
    while True:
        size = np.abs(phi) if signed else phi
        past = size > threshold
        if inclusive and signed:
            past = past | (phi <= -threshold)
        if not past.any():
            return made
        j = int(np.argmax(np.where(past, size, size.dtype.type(-1))))
        sign = 1 if phi[j] > 0 else -1
        phi[j] = phi[j] - step if sign > 0 else phi[j] + step
        made.append((j, sign))
