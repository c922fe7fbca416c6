"""Variants of a run of the same inputs: a routing order, its seed, and the sequence of simultaneous inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.amounts import amount_bits, taken_in, with_amounts
from eventnet.errors import ModelError
from eventnet.event import Events
from eventnet.given import SEEDS, check_seed, whole_number
from eventnet.kernels.random import hash64
from eventnet.network import Network
from eventnet.order import Key, Order, find_order
from eventnet.simulation import BUDGET, Run, Simulation


def shuffled(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """A seeded permutation that also puts each delivery before the inputs and arrivals still waiting, or after them."""
    mixed = hash64(seed, seq)
    return (2 if mixed % 2 == 1 else -1), mixed // 2


def latest(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """The newest delivery first, after inputs and arrivals: each burst and the wires backwards."""
    return 2, -seq


def latest_at_once(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """The newest delivery first, before inputs and arrivals: depth-first, each burst and the wires backwards."""
    return -1, -seq


@dataclass(frozen=True)
class Variant:
    """An order, its seed, and the seed that permutes simultaneous inputs (None: as they were handed over).

    Raises ModelError for a seed that is no whole number of 64 bits, or below 0 where it permutes inputs.
    """

    order: str | Key | Order
    seed: int = 0
    inputs: int | None = None

    def __post_init__(self) -> None:
        check_seed(self.seed, ModelError)
        if self.inputs is not None:
            whole_number("the seed that permutes inputs", self.inputs, *SEEDS)

    @property
    def name(self) -> str:
        """How a reader knows it."""
        name = find_order(self.order).name
        named = f"{name}, seed {self.seed}" if self.seed or self.inputs is not None else name
        return named if self.inputs is None else f"{named}, inputs permuted"


def as_inputs(given: Any, net: Network) -> Events:
    """Records of inputs, or rows of such, as the records that a network takes: with amounts where it has them."""
    bits = amount_bits(net.ports(), net.outlets())
    bare, amounts = taken_in(given, None, net.port, bits > 0, columns=None, unit=None, width=None)
    return with_amounts(bare, amounts)


@dataclass(frozen=True)
class Course:
    """A network and inputs, to be run in many variants; logs have the port numbers of the network as it came."""

    net: Network
    feed: Events
    coalesce: str | None = None
    until: int | None = None
    budget: int = BUDGET
    engine: str = "compiled"
    annihilate: bool = False
    _renumbered: dict[int, tuple[Network, Events]] = field(default_factory=dict, repr=False)

    def simulation(self, variant: Variant, *, record: bool = False, fed: bool = True) -> Simulation:
        """A simulation with its inputs (fed=False: without any), not yet run."""
        net, feed = self._arranged(variant.inputs)
        sim = Simulation(
            net, variant.order, engine=self.engine, coalesce=self.coalesce, seed=variant.seed, budget=self.budget,
            record=record, annihilate=self.annihilate,
        )  # fmt: skip
        if fed:
            sim.inject(feed)
        return sim

    def run(self, variant: Variant) -> Run:
        """A finished run, with its log."""
        return Run(self.simulation(variant, record=True).run(self.until))

    def log(self, run: Run) -> Events:
        """The log of a run, with the port and outlet numbers of the network as it came."""
        log, own = run.log, run.simulation.net
        if own is self.net:
            return log
        log = log.copy()
        ports = {str(port): number for number, port in enumerate(self.net.ports())}
        outlets = {str(outlet): number for number, outlet in enumerate(self.net.outlets())}
        log["port"] = np.array([ports[str(port)] for port in own.ports()], dtype=np.int32)[log["port"]]
        to = np.array([*(outlets[str(outlet)] for outlet in own.outlets()), -1], dtype=np.int32)
        log["source"] = to[log["source"]]
        return log

    def _arranged(self, seed: int | None) -> tuple[Network, Events]:
        """The network and its inputs, those of one instant permuted.

        The engine takes inputs of an instant by the number of their port, so a copy of the network gets its ports
        numbered anew where an instant has inputs at several.
        """
        if seed is None:
            return self.net, self.feed
        rng = np.random.default_rng([seed, 1])
        feed = self.feed[np.lexsort([rng.random(len(self.feed)), self.feed["t"]])]
        if not several_ports(feed):
            return self.net, feed
        if seed not in self._renumbered:
            net = _renumbered(self.net, rng)
            names = [str(port) for port in self.net.ports()]
            numbers = {str(port): int(port) for port in net.ports()}
            moved = feed.copy()
            moved["port"] = np.array([numbers[name] for name in names], dtype=np.int32)[feed["port"]]
            self._renumbered.clear()
            self._renumbered[seed] = net, moved
        return self._renumbered[seed]


def several_ports(feed: Events) -> bool:
    """One instant has inputs at several ports."""
    pairs: NDArray[Any] = np.unique(np.stack([feed["t"], feed["port"]], axis=1), axis=0)
    return len(np.unique(pairs[:, 0])) < len(pairs)


def _renumbered(net: Network, rng: np.random.Generator) -> Network:
    """A copy whose modules, and so their ports, are numbered in another sequence; all else is the same."""
    graph = net.to_networkx()
    other = type(graph)(**graph.graph)
    waiting = [net.modules[k] for k in rng.permutation(len(net.modules))]
    while waiting:  # a module is added after those that it reads
        module = next(m for m in waiting if not any(x in waiting for x, _ in m.reads.values() if x is not m))
        waiting.remove(module)
        other.add_node(module.name, **graph.nodes[module.name])
    other.add_edges_from(graph.edges(data=True))
    return Network.from_networkx(other)
