"""Variants of a run of the same inputs: a routing order, its seed, and the sequence of simultaneous inputs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.analysis.log_pieces import pieces
from eventnet.analysis.packeted import Feed, Permuted, count, permuted, several_ports
from eventnet.base.column import Folder
from eventnet.engine.access import taken_in, with_amounts
from eventnet.engine.log_file import LogWriter
from eventnet.errors import ModelError
from eventnet.event import Events, Packeted
from eventnet.given import SEEDS, amount_bits, check_seed, whole_number
from eventnet.kernels.random import hash64
from eventnet.network import Network
from eventnet.order import Key, Order, find_order
from eventnet.simulation import BUDGET, Run, Simulation, run_on


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
        """The name that readers see."""
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
    """A network and inputs, to be run in many variants; logs have the port numbers of the network as it came.

    feed: EVENT records, or what has `packets()`: such inputs are read anew for each run, packet by packet.
    """

    net: Network
    feed: Feed
    coalesce: str | None = None
    until: int | None = None
    budget: int = BUDGET
    engine: str = "compiled"
    annihilate: bool = False
    _renumbered: dict[int, tuple[Network, Feed]] = field(default_factory=dict, repr=False)
    _counted: list[tuple[int, bool]] = field(default_factory=list, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Without what was found out on the way: equal courses have equal bytes."""
        given = self.net, self.feed, self.coalesce, self.until, self.budget, self.engine, self.annihilate
        return Course, given

    def simulation(self, variant: Variant, *, record: bool | int | Path = False) -> Simulation:
        """A simulation without its inputs, not yet run."""
        net, _ = self._arranged(variant.inputs)
        return Simulation(
            net, variant.order, engine=self.engine, coalesce=self.coalesce, seed=variant.seed, budget=self.budget,
            record=record, annihilate=self.annihilate,
        )  # fmt: skip

    def run(
        self, variant: Variant, *, record: bool | int | Path = True, until: int | None = None,
        max_deliveries: int | None = None,
    ) -> Run:  # fmt: skip
        """A finished run; until, max_deliveries: one that ends before."""
        sim = self.simulation(variant, record=record)
        run_on(sim, self._arranged(variant.inputs)[1], self.until if until is None else until, max_deliveries)
        return Run(sim)

    @contextmanager
    def logged(self, variant: Variant, *, held: bool = False) -> Iterator[tuple[Run, Events]]:
        """A finished run and its log, with the port and outlet numbers of the network as it came.

        If inputs come in packets, the log is in a temporary file, which is there as long as the block runs; held: in
        memory all the same.
        """
        if held or not isinstance(self.feed, Packeted):
            run = self.run(variant)
            yield run, self.log(run)
            return
        folder = Folder()
        run = self.run(variant, record=folder.path / "log.npy")
        yield run, self.log(run, folder.path / "named.npy")

    def log(self, run: Run, file: Path | None = None) -> Events:
        """The log of a run, with the port and outlet numbers of the network as it came.

        file: where to write it, if it has to have other numbers than that of the run; without, into memory.
        """
        log, own = run.log, run.simulation.net
        if own is self.net:
            return log
        if file is None:
            return self._named(log.copy(), own)
        writer = LogWriter(file)
        for _, lines in pieces(log):
            writer.write(self._named(lines, own))
        found: Events = writer.read()
        return found

    def _named(self, log: Events, own: Network) -> Events:
        """Lines with the numbers of the network as it came, in place of its copy's."""
        ports = {str(port): number for number, port in enumerate(self.net.ports())}
        outlets = {str(outlet): number for number, outlet in enumerate(self.net.outlets())}
        log["port"] = np.array([ports[str(port)] for port in own.ports()], dtype=np.int32)[log["port"]]
        to = np.array([*(outlets[str(outlet)] for outlet in own.outlets()), -1], dtype=np.int32)
        log["source"] = to[log["source"]]
        return log

    def _arranged(self, seed: int | None) -> tuple[Network, Feed]:
        """The network and its inputs, those of one instant permuted.

        The engine takes inputs of an instant by the number of their port, so a copy of the network gets its ports
        numbered anew where an instant has inputs at several.
        """
        if seed is None:
            return self.net, self.feed
        if seed not in self._renumbered:
            self._renumbered.clear()
            self._renumbered[seed] = self._permuted(seed)
        return self._renumbered[seed]

    def _permuted(self, seed: int) -> tuple[Network, Feed]:
        inputs, several = self._facts()
        rng = np.random.default_rng([seed, 1])
        feed: Feed
        if isinstance(self.feed, Packeted):
            feed = Permuted(self.feed, (seed, 1))
            rng.bit_generator.advance(inputs)  # type: ignore[attr-defined]  # past what the inputs take of it
        else:
            feed = permuted(self.feed, rng)
        if not several:
            return self.net, feed
        net = _renumbered(self.net, rng)
        found = {str(port): int(port) for port in net.ports()}
        numbers = np.array([found[str(port)] for port in self.net.ports()], dtype=np.int32)
        if isinstance(feed, Permuted):
            return net, replace(feed, numbers=numbers)
        feed["port"] = numbers[feed["port"]]
        return net, feed

    def _facts(self) -> tuple[int, bool]:
        """Number of inputs, and whether an instant has some at several ports."""
        if not self._counted:
            self._counted.append((count(self.feed), several_ports(self.feed)))
        return self._counted[0]


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
