"""A network: modules, the weight blocks they share, and the wires between them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from numpy.typing import ArrayLike

from eventnet import configuration
from eventnet.base.guesses import Guessed
from eventnet.base.summary import Summarized, Summary, amount
from eventnet.base.svg import Box, boxes
from eventnet.connectivity.joining import asks_for_synapses, is_connectivity, joined
from eventnet.declarations import check_membrane
from eventnet.errors import InputError, NetworkError, WiringError, did_you_mean
from eventnet.given import (
    NUMBER_TYPES,
    Start,
    check_amounts,
    check_delay,
    check_fit,
    convert,
    first_values,
    length,
    starting_arrays,
    starting_params,
)
from eventnet.module import Block, BoundOutlet, BoundPort, Module
from eventnet.wiring import outlet_of, port_of

if TYPE_CHECKING:
    import networkx as nx

MOST_DRAWN = 24
"""Modules of a network that a notebook draws."""

M = TypeVar("M", bound=Module)
End = BoundOutlet | BoundPort | Module


@dataclass(frozen=True)
class Wire:
    """An outlet joined to a port; `delay` in ticks, or `settled`: delivered when its instant is otherwise done."""

    source: BoundOutlet
    target: BoundPort
    delay: int = 0
    settled: bool = False


class Network(Guessed, Summarized):
    """Modules, weight blocks and wires; the order in which wires are bound is part of the meaning.

    dtype: "float64", "float32" or "int32" (multiplication-free). coalesce: whether layers check their thresholds after
    every row ("none") or once per burst ("burst"), where a layer does not say.
    """

    def __init__(self, dtype: str = "float32", *, coalesce: str = "none") -> None:
        if dtype not in NUMBER_TYPES:
            raise NetworkError(f"a network's dtype is one of {', '.join(NUMBER_TYPES)}, not {dtype!r}")
        if coalesce not in ("none", "burst"):
            raise NetworkError(f"coalesce is 'none' or 'burst', not {coalesce!r}")
        self.dtype, self.coalesce = dtype, coalesce
        self.modules: list[Module] = []
        self.blocks: list[Block] = []
        self.wires: list[Wire] = []
        self._module_of: dict[str, Module] = {}
        self._block_of: dict[str, Block] = {}
        self.n_ports = 0

    def __copy__(self) -> Network:
        """A copy shares nothing with what it is of: it is a deep one."""
        return copy.deepcopy(self)

    # --- building ---
    def weights(self, array: ArrayLike, name: str | None = None, *, start: Start | None = None) -> Block:
        """Make a weight block [rows, cols] of an array, in the network's number type.

        `net.weights((rows, cols), start=...)` makes one of that shape: `start` is the number that all weights have, or
        a function of the shape, such as `lambda shape: rng.normal(0, 0.1, shape)`.

        Raises NetworkError for NaN or infinity, a wrong number of dimensions, or values an int32 network cannot hold.
        """
        name = name or f"w{len(self.blocks)}"
        if name in self._block_of:
            raise NetworkError(f"there is a weight block called {name!r} already")
        values, shape = first_values(array, start, name)
        block = Block(name, convert(values, self.dtype, f"weight block {name!r}"))
        if shape is not None and block.array.shape != shape:
            raise NetworkError(f"start gave weight block {name!r} the shape {block.array.shape}; wanted {shape}")
        if block.array.ndim != 2 or 0 in block.array.shape:
            raise NetworkError(f"weight block {name!r} has shape {block.array.shape}; wanted [rows, cols]")
        self.blocks.append(block)
        self._block_of[name] = block
        return block

    def add(self, module: M) -> M:
        """Add a module and number its ports. Raises NetworkError for a name or a block that does not belong here,
        state of more than one dimension or that the network's number type cannot hold, or a `membrane` that the module
        does not have.
        """
        if module._first_port is not None:
            raise NetworkError(f"module {module.name!r} is in a network already")
        module.name = module.name or f"{type(module).__name__.lower()}{len(self.modules)}"
        if module.name in self._module_of:
            raise NetworkError(f"there is a module called {module.name!r} already")
        if self.dtype not in module.dtypes:
            wanted = " or ".join(module.dtypes)
            raise NetworkError(f"module {module.name!r} works in {wanted}, but the network's dtype is {self.dtype}")
        for name, block in module.blocks.items():
            if self._block_of.get(block.name) is not block:
                raise NetworkError(f"block {name!r} of module {module.name!r} is not a weight block of this network")
        for name, (other, theirs) in module.reads.items():
            if self._module_of.get(other.name) is not other:
                raise NetworkError(f"{module.name!r} reads {name!r} of {other.name!r}, which is not in this network")
            if theirs not in other.state and theirs not in other.integers and theirs not in other.params:
                raise NetworkError(f"{module.name!r} reads {theirs!r} of {other.name!r}, which has no such state")
        starting_arrays(module, self.dtype)
        starting_params(module, self.dtype)
        check_membrane(module)
        check_amounts(getattr(module, name) for name in (*module.ports, *module.outlets))
        for source, target in predictions_of(module):
            if target.accepts is not None and source.width > target.accepts:
                raise WiringError(f"{source} predicts for {source.width} units, but {target} takes {target.accepts}")
        module.join(self.n_ports)
        self.n_ports += len(module.ports)
        self.modules.append(module)
        self._module_of[module.name] = module
        for outlet in module.outlets.values():
            if outlet.inner is not None:
                settled, delay = outlet.settles is not None, length(outlet.every, module) if outlet.repeats else 0
                self.connect(getattr(module, outlet.name), getattr(module, outlet.inner), delay, settled=settled)
        return module

    @overload
    def connect(self, source: End, target: End, delay: int = 0, *, settled: bool = False) -> Wire: ...
    @overload
    def connect(self, source: End, target: Module, connectivity: Any, **options: Any) -> Module: ...
    def connect(self, source: Any, target: Any, *by: Any, **options: Any) -> Any:
        """Wire an outlet to a port, `net.connect(a.out, b.spikes, delay=5)`; or join a population to a layer by a
        connectivity, `net.connect(a, b, en.FixedInDegree(1000), weight=0.1, delay=15, seed=1)`: see `joined`.
        """
        given = by[0] if by else options.get("connectivity")
        if is_connectivity(given) or asks_for_synapses(target, given, options):
            return joined(self, source, target, *by, **options)
        return self._wire(source, target, *by, **options)

    def _wire(self, source: End, target: End, delay: int = 0, *, settled: bool = False) -> Wire:
        """Wire an outlet to a port. `delay` is in whole ticks, from 0 to below 2^61.

        A module may stand for its only outlet, and for its only port or, of several, the one called `spikes`: outlets
        that lead back to the module itself do not count, nor do the ports to which they lead.

        An outlet may have fewer units than the port takes: unit k reaches index k, and the rest of the port is not
        reached by this wire. Raises WiringError for an outlet that is wider or sends larger amounts, a delay that
        cannot be, or a module of which it is not clear what is meant.
        """
        source = outlet_of(source) if isinstance(source, Module) else source
        target = port_of(target) if isinstance(target, Module) else target
        if not isinstance(source, BoundOutlet) or not isinstance(target, BoundPort):
            raise WiringError(f"a wire goes from an outlet to a port, not from {source!r} to {target!r}")
        if source.outlet.predicts is not None:
            raise WiringError(f"{source} leads predicted spikes to {source.outlet.predicts!r} and takes no other wire")
        if source.outlet.pending is not None and self.wires_of(source):
            raise WiringError(f"{source} leads to {source.outlet.pending!r} of its own module and takes no other wire")
        for end in (source, target):
            if self._module_of.get(end.module.name) is not end.module:
                raise WiringError(f"module {end.module.name!r} is not in this network: add it first")
        check_delay(delay, source, target)
        if settled and delay:
            raise WiringError(f"the settled wire from {source} to {target} has a delay of {delay}; it can have none")
        if target.accepts is not None and source.width > target.accepts:
            raise WiringError(
                f"{source.module.name!r} has {source.width} units at outlet {source.name!r}, but port "
                f"{target.name!r} of {target.module.name!r} takes indices below {target.accepts}"
            )
        check_fit(source, target)
        wire = Wire(source, target, int(delay), settled)
        self.wires.append(wire)
        return wire

    def wires_of(self, source: BoundOutlet) -> list[Wire]:
        """The wires of an outlet, in the order in which they were bound."""
        return [w for w in self.wires if w.source.module is source.module and w.source.name == source.name]

    # --- looking ---
    def __getitem__(self, name: str) -> Module:
        if name in self._module_of:
            return self._module_of[name]
        raise NetworkError(f"no module is called {name!r}; there are {', '.join(m.name for m in self.modules)}")

    def _summary(self) -> Summary:
        wires = [w for w in self.wires if w.source.outlet.inner is None]
        units, weights = sum(m.units for m in self.modules), sum(block.array.size for block in self.blocks)
        parts = amount(len(self.modules), "module"), amount(units, "unit"), amount(len(wires), "wire")
        targets: dict[str, dict[str, None]] = {module.name: {} for module in self.modules}
        for wire in wires:
            targets[wire.source.module.name][f"{wire.target}" + (f" (+{wire.delay:,})" if wire.delay else "")] = None
        rows = [
            (m.name, type(m).__name__, m.units, sum(block.array.size for block in m.blocks.values()),
             ", ".join(targets[m.name])) for m in self.modules
        ]  # fmt: skip
        title = f"Network, {self.dtype}: {', '.join(parts)}, {amount(weights, 'weight')}"
        return Summary(title, ("module", "kind", "units", "weights", "wires to"), rows, self._picture)

    def _picture(self) -> str:
        if not 0 < len(self.modules) <= MOST_DRAWN:
            return ""
        number = {module.name: k for k, module in enumerate(self.modules)}
        shown = [Box(m.name, f"{type(m).__name__}, {m.units:,}") for m in self.modules]
        arrows = [
            (number[w.source.module.name], number[w.target.module.name],
             f"{w.source} to {w.target}" + (f", {w.delay:,} ticks" if w.delay else ""))
            for w in self.wires if w.source.outlet.inner is None
        ]  # fmt: skip
        return boxes(shown, arrows)

    def port(self, name: str) -> BoundPort:
        """A port by its name, as "eye.spikes". Raises InputError for one that there is not."""
        for port in self.ports():
            if str(port) == name:
                return port
        known = [str(port) for port in self.ports()]
        raise InputError(f"no port is called {name!r}{did_you_mean(name, known) if known else '; there is none'}")

    def ports(self) -> Iterator[BoundPort]:
        """All ports in the order of their numbers."""
        for module in self.modules:
            for name, port in module.ports.items():
                yield BoundPort(module, name, port)

    def outlets(self) -> Iterator[BoundOutlet]:
        """All outlets in the order of their numbers (the `source` of a log line)."""
        for module in self.modules:
            for name, outlet in module.outlets.items():
                yield BoundOutlet(module, name, outlet)

    def to_networkx(self) -> nx.MultiDiGraph:
        """Modules as nodes (by name, attribute `module`), wires as edges with outlet, port, delay, settled, number."""
        import networkx as nx

        graph = nx.MultiDiGraph(dtype=self.dtype, coalesce=self.coalesce, blocks=list(self.blocks))
        for module in self.modules:
            graph.add_node(module.name, module=module, kind=type(module).__name__, units=module.units)
        for number, w in enumerate(self.wires):
            graph.add_edge(
                w.source.module.name, w.target.module.name,
                outlet=w.source.name, port=w.target.name, delay=w.delay, settled=w.settled, number=number,
            )  # fmt: skip
        return graph

    @classmethod
    def from_networkx(cls, graph: nx.MultiDiGraph) -> Network:
        """A network of a graph in the form of `to_networkx`, from copies of its modules and their weight blocks.

        Edges without a number are wired in the graph's own order, after those that have one.
        """
        net = cls(graph.graph.get("dtype", "float32"), coalesce=graph.graph.get("coalesce", "none"))
        memo: dict[int, Any] = {}
        modules = [copy.deepcopy(data["module"], memo) for _, data in graph.nodes(data=True)]
        blocks = copy.deepcopy(graph.graph.get("blocks", []), memo)
        used = [block for module in modules for block in module.blocks.values()]
        net.blocks = list({id(block): block for block in (*blocks, *used)}.values())
        net._block_of = {block.name: block for block in net.blocks}
        for module in modules:
            module.leave()
            net.add(module)
        last = len(graph.edges)  # networkx counts them anew each time
        edges = sorted(graph.edges(data=True), key=lambda edge: edge[2].get("number", last))
        for a, b, data in edges:
            source, target = getattr(net[a], data["outlet"]), getattr(net[b], data["port"])
            if source.outlet.inner is None:
                net.connect(source, target, data.get("delay", 0), settled=data.get("settled", False))
        return net

    def predictions(self) -> list[tuple[BoundOutlet, BoundPort]]:
        """Outlets of predicted spikes and the ports they lead to; their units predict, in this order."""
        return [pair for module in self.modules for pair in predictions_of(module)]

    def end_ports(self, output: str | None = None) -> list[int]:
        """Numbers of the ports where answers arrive: those of a module, or of all modules that send nothing on."""
        if output is not None:
            module = self[output]
            return [int(getattr(module, name)) for name in module.ports]
        sending = {wire.source.module.name for wire in self.wires} | {m.name for m in self.modules if m.shared_writes}
        return [int(port) for port in self.ports() if port.module.name not in sending]

    def ranks(self) -> dict[str, int]:
        """Longest path to each module in the condensed graph of the wires without delay: the topological rank.

        A read of another module's state counts as a wire: the reader settles after it, or before where it writes there.
        """
        import networkx as nx  # a fifth of the time of `import eventnet`

        graph = nx.DiGraph()
        graph.add_nodes_from(m.name for m in self.modules)
        graph.add_edges_from((w.source.module.name, w.target.module.name) for w in self.wires if not w.delay)
        for m in self.modules:
            edges = [(o.name, m.name) if not m.shared_writes else (m.name, o.name) for o, _ in m.reads.values()]
            graph.add_edges_from(edges)
        condensed = nx.condensation(graph)
        level: dict[int, int] = {}
        for node in nx.topological_sort(condensed):
            level[node] = max((level[p] + 1 for p in condensed.predecessors(node)), default=0)
        return {name: level[node] for name, node in condensed.graph["mapping"].items()}

    # --- files ---
    def save(self, path: str | Path) -> None:
        """Write the network to one .npz with a JSON member, never pickled; a failed write leaves the old file.

        Of a module it holds the arguments of its constructor, and the dictionaries in which something was changed
        since. Raises NetworkError, and writes nothing, for a module that could not be read as the one that runs.
        """
        configuration.write(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Network:
        """Read a network file. Only module classes that have been imported are made, or stand in an entry point.

        Raises DataError when the file is damaged or names an unknown class.
        """
        return configuration.read(path, cls)


def predictions_of(module: Module) -> list[tuple[BoundOutlet, BoundPort]]:
    """As `Network.predictions`, of one module."""
    return [
        (getattr(module, outlet.name), getattr(module, outlet.predicts))
        for outlet in module.outlets.values()
        if outlet.predicts is not None
    ]
