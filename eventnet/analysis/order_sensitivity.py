"""Sensitivity of modules to the order of simultaneous events, from the graph alone.

Deliveries to a module within one instant are a *stream*. Order can leave it as it is (the same sequence), permute it
(the same deliveries), change how many spikes make up the same sums, or change it altogether. Each kind of rule turns
one of these into another, from the inputs down. A module is the first to be exposed where two channels (wires or
inputs) meet; what keeps a feed-forward chain safe is that each wire delivers in the order of emission (Kahn 1974:
processes that read one channel each are determinate). `random`, `magnitude` and keys of your own do not keep even that.

The result is a bound: "never" and "cost" hold for every input, where sums are exact and no signed unit ends an
instant at just half a step (`docs/how-to/orders.md`); "answer" says that the graph does not rule it out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any, TypeVar

import numpy as np

from eventnet.analysis.packeted import Feed, in_instants
from eventnet.engine.state import emitted, rule_in_force
from eventnet.engine.wire_rings import least_delay
from eventnet.engine.writes import tree_of
from eventnet.errors import InputError
from eventnet.event import Packeted
from eventnet.given import whole_number
from eventnet.module import BoundOutlet, BoundPort, Module
from eventnet.network import Network, Wire
from eventnet.neurons.accumulator import accumulate
from eventnet.neurons.herding import gather, herd, herd_input, herd_settled, rectified_settled
from eventnet.neurons.relay import count_spike, pass_on, take
from eventnet.order import every_order
from eventnet.rule import Rule

T = TypeVar("T")
_Node = tuple[str, str]
"""A module, and one of its ports, or "" where all of them may send the same."""

SEQUENCE, PERMUTED, SUMS, ANYTHING = range(4)
"""Effects of order on a stream: none; another sequence; another number of spikes with the same sums; anything."""

NEVER, COST, ANSWER = "never", "cost", "answer"
VERDICTS = (NEVER, COST, ANSWER)

KEEPING: str
"""Orders that deliver each wire's spikes in the order of emission, where no cycle of wires without delay is."""


@cache
def _keeping() -> str:
    return ", ".join(order.name for order in every_order() if order.keeps)


def __getattr__(name: str) -> str:
    if name == "KEEPING":  # when it is asked for: to tell which orders do imports them
        return _keeping()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


PASSES, ADDS, SIGNED, GATHERS, OTHER = "passes on", "adds up", "signed", "once a burst", "depends on order"

READERS = frozenset(
    {
        "len",
        "range",
        "add_row",
        "add_and_fire",
        "decay_and_add",
        "add_patch",
        "add_patches",
        "add_transposed_patch",
        "add_field",
        "at",
    }
)
"""Functions that leave a weight block handed to them as it was."""


@dataclass(frozen=True)
class ModuleSensitivity:
    """One module: what order can change of what it sends and keeps.

    keeping   verdict under orders that keep each wire's sequence (depth, breadth, fifo, topological)
    any_order verdict under every order, and where simultaneous inputs are permuted too
    channels  wires and inputs that deliver to it; meets: two of them can at one instant
    forks     where paths that meet here part: nearest common modules of two channels (empty if only inputs coincide)
    cycle     it lies on a cycle of wires without delay
    why       the reason for the worse verdict, in words
    """

    module: str
    kind: str
    keeping: str
    any_order: str
    channels: tuple[str, ...]
    meets: bool
    forks: tuple[str, ...]
    cycle: bool
    why: str


@dataclass(frozen=True)
class OrderSensitivity:
    """The static report of a network: a row for each module that deliveries can reach, and its cycles."""

    modules: tuple[ModuleSensitivity, ...]
    cycles: tuple[tuple[str, ...], ...]
    delayed_cycles: tuple[tuple[str, ...], ...]

    @property
    def keeping(self) -> str:
        """The network's verdict under depth, breadth, fifo and topological: the worst of its modules'."""
        return max((row.keeping for row in self.modules), key=VERDICTS.index, default=NEVER)

    @property
    def any_order(self) -> str:
        """The network's verdict under every order, with simultaneous inputs permuted."""
        return max((row.any_order for row in self.modules), key=VERDICTS.index, default=NEVER)

    @property
    def meetings(self) -> tuple[ModuleSensitivity, ...]:
        """Modules where paths meet."""
        return tuple(row for row in self.modules if row.meets)

    def __getitem__(self, module: str) -> ModuleSensitivity:
        for row in self.modules:
            if row.module == module:
                return row
        raise InputError(f"no delivery can reach a module {module!r}; they reach {[r.module for r in self.modules]}")

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "keeping": self.keeping, "any_order": self.any_order,
            "cycles": [list(c) for c in self.cycles], "delayed_cycles": [list(c) for c in self.delayed_cycles],
            "modules": {
                row.module: {
                    "kind": row.kind, "keeping": row.keeping, "any_order": row.any_order,
                    "channels": list(row.channels), "meets": row.meets, "forks": list(row.forks),
                    "cycle": row.cycle, "why": row.why,
                }
                for row in self.modules
            },
        }  # fmt: skip

    def __str__(self) -> str:
        lines = [f"{_keeping()}: {self.keeping}; any order: {self.any_order}"]
        lines += [f"cycle without delay: {', '.join(cycle)}" for cycle in self.cycles]
        lines += [f"cycle with delay: {', '.join(cycle)}" for cycle in self.delayed_cycles]
        width = max((len(row.module) for row in self.modules), default=0)
        lines += [f"{r.module:<{width}}  {r.keeping:<6}  {r.any_order:<6}  {r.why}" for r in self.modules]
        return "\n".join(lines)


@dataclass(frozen=True)
class _Channel:
    """A wire, or inputs at a port (`wire` is None)."""

    name: str
    port: BoundPort
    wire: Wire | None = None


def order_sensitivity(
    net: Network, inputs: Feed | Iterable[Any] | None = None, *, coalesce: str | None = None
) -> OrderSensitivity:
    """Report which modules can be sensitive to order, from the graph.

    inputs: an EVENT array, what has `packets()`, or ports that inputs may come to, at any times. Without them: the
    first port of each module to which no wire of another leads. Inputs of which no two share an instant tell more, if
    no wire has a delay: what comes from one never meets what comes from another. coalesce: as for `Simulation`.

    Raises InputError for a port that there is not.
    """
    ports, apart = _inputs_of(net, inputs)
    graph = _Graph(net, ports, apart, coalesce)
    kept, free = graph.streams(keeping=True), graph.streams(keeping=False)
    rows = tuple(graph.row(module, kept, free) for module in net.modules if graph.channels.get(module.name))
    return OrderSensitivity(rows, graph.cycles, graph.delayed_cycles)


def _inputs_of(net: Network, inputs: Feed | Iterable[Any] | None) -> tuple[list[BoundPort], bool]:
    """Ports that inputs come to, and whether each input has an instant, and all that follows from it, for itself."""
    ports = list(net.ports())
    if inputs is None:
        led_to = {w.target.module.name for w in net.wires if w.source.module is not w.target.module}
        firsts = [getattr(m, next(iter(m.ports))) for m in net.modules if m.ports and m.name not in led_to]
        return firsts, False
    if isinstance(inputs, (np.ndarray, Packeted)):
        apart, found = True, set[int]()
        for packet in in_instants(inputs):
            apart = apart and len(np.unique(packet["t"])) == len(packet)
            found |= set(np.unique(packet["port"]).tolist())
        return [_numbered(ports, n) for n in sorted(found)], apart and not any(w.delay for w in net.wires)
    return [_numbered(ports, port) for port in inputs], False


def _numbered(ports: list[BoundPort], port: Any) -> BoundPort:
    """A port, or the port of a number. Raises InputError for one that there is not."""
    number = int(port) if isinstance(port, BoundPort) else port
    return ports[whole_number("the number of a port", number, 0, len(ports) - 1, InputError)]


class _Graph:
    """The graph of deliveries between modules, under the rules in force."""

    def __init__(self, net: Network, ports: list[BoundPort], apart: bool, coalesce: str | None) -> None:
        self.net, self.apart, self.coalesce = net, apart, coalesce
        self.channels: dict[str, list[_Channel]] = {}
        self.within: dict[tuple[str, str], list[BoundOutlet]] = {}  # of ports that send at outlets of other modules
        self._spread([_Channel(f"inputs at {port}", port) for port in ports])
        wires = [c.wire for many in self.channels.values() for c in many if c.wire is not None]
        names = [module.name for module in net.modules]
        before = [(w.target.module.name, w.source.module.name) for w in wires]
        before += [
            (o.module.name, name)
            for (name, _), leaving in self.within.items()
            for o in leaving
            if o.module.name != name
        ]
        self.before = _reachable(names, before)
        # Ranks, by which settled wires go, come from all wires without delay: so do cycles.
        ends = self._ends()
        self.cycles = _among(names, [(a, b) for a, b, delay in ends if not delay])
        every = _among(names, [(a, b) for a, b, _ in ends])
        self.delayed_cycles = tuple(circle for circle in every if circle not in self.cycles)
        self.on_cycle = {name for circle in self.cycles for name in circle}
        self.coupled = self._coupled()
        self.inputs = {
            name: {
                c.name for above in {name, *self.before[name]} for c in self.channels.get(above, []) if c.wire is None
            }
            for name in names
        }
        self.single = self._singles() if apart else set[str]()

    def _spread(self, waiting: list[_Channel]) -> None:
        """Follow the wires from the inputs on, through the outlets that the rules in force use."""
        seen: set[str] = set()
        while waiting:
            channel = waiting.pop(0)
            if channel.name in seen:
                continue
            seen.add(channel.name)
            module = channel.port.module
            self.channels.setdefault(module.name, []).append(channel)
            _, emits = rule_in_force(self.net, channel.port, self.coalesce)
            predicted = [getattr(module, o.predicts) for o in module.outlets.values() if o.predicts is not None]
            for port in predicted:
                emits += rule_in_force(self.net, port, self.coalesce)[1]
            leaving = [(o.module, o.name) for o in emitted(channel.port, emits)]
            for other, _ in leaving:
                self.channels.setdefault(other.name, [])
            if any(other is not module for other, _ in leaving):
                self.within[module.name, channel.port.name] = emitted(channel.port, emits)
            for number, wire in enumerate(self.net.wires):
                if (wire.source.module, wire.source.name) in leaving:
                    waiting.append(_Channel(f"{wire.source} to {wire.target} (wire {number})", wire.target, wire))

    def _ends(self) -> list[tuple[_Node, _Node, int]]:
        """Two ends of each way of spikes, and the ticks they take at least. Each port that sends at another module's
        outlet stands for itself, as does each other port of that module: they do not all send there."""
        apart = {name for name, _ in self.within}
        ends: list[tuple[_Node, _Node, int]] = []
        for wire in self.net.wires:
            if _own_notice(wire):
                continue
            source, target = wire.source.module.name, wire.target.module.name
            to = (target, wire.target.name if target in apart else "")
            sending = [(source, "")] if source not in apart else [(source, port) for port in self.net[source].ports]
            for node in sending:
                leaving = self.within.get(node)
                if leaving is None or any((o.module.name, o.name) == (source, wire.source.name) for o in leaving):
                    ends.append((node, to, least_delay(wire)))
        return ends + [(node, (outlet.module.name, ""), 0) for node, leaving in self.within.items()
                       for outlet in leaving if outlet.module.name != node[0]]  # fmt: skip

    def _coupled(self) -> dict[str, str]:
        """Modules that see or change what others change, and how."""
        found = {}
        for module in self.net.modules:
            for other, name in module.reads.values():
                found[module.name] = f"it reads {name} of {other.name}, whenever that changes"
                if module.shared_writes:
                    found[module.name] = f"it changes units of {other.name}"
                    found[other.name] = f"{module.name} changes its units"
        for block in self.net.blocks:
            users = [m for m in self.net.modules if m.name in self.channels and block in m.blocks.values()]
            writers = [m for m in users if block.name in written_blocks(self.net, m, self.coalesce)]
            if writers and len(users) > 1:
                found |= {m.name: f"{writers[0].name} changes the weights {block.name!r} that it uses" for m in users}
        return found

    # --- streams ---
    def streams(self, keeping: bool) -> dict[str, int]:
        """The effect of order on the spikes that each module sends: the worst over its outlets."""
        sent = dict.fromkeys(self.channels, SEQUENCE)
        changed = True
        while changed:
            now = {name: self._sent(name, sent, keeping) for name in sent}
            changed, sent = now != sent, now
        return sent

    def _sent(self, name: str, sent: Mapping[str, int], keeping: bool) -> int:
        if name in self.on_cycle or name in self.coupled or self.groups_meet(name):
            return ANYTHING
        return max(_through(kind, self.received(group, sent, keeping)) for kind, group in self.groups(name))

    def received(self, group: list[_Channel], sent: Mapping[str, int], keeping: bool) -> int:
        """The effect of order on the deliveries of a group of channels."""
        levels = [self._carried(channel, sent, keeping) for channel in group]
        return max(*levels, PERMUTED) if self.meet(group) else max(levels)

    def _carried(self, channel: _Channel, sent: Mapping[str, int], keeping: bool) -> int:
        level = SEQUENCE if channel.wire is None else sent[channel.wire.source.module.name]
        keeps = keeping or self._single(channel) or (channel.wire is not None and channel.wire.delay > 0)
        return level if keeps else max(level, PERMUTED)

    def _single(self, channel: _Channel) -> bool:
        """It brings one delivery an instant at most."""
        return self.apart and (channel.wire is None or channel.wire.source.module.name in self.single)

    def _singles(self) -> set[str]:
        """Modules that send one spike an instant at most: those that no other may make send more are left."""
        left = {
            m.name for m in self.net.modules
            if self.channels.get(m.name) and m.name not in self.on_cycle and m.most_spikes() <= 1
            and not self.meet(self.channels[m.name])
        }  # fmt: skip
        while True:
            fed = {n for n in left if all(self._from_one(c, left) for c in self.channels[n])}
            if fed == left:
                return fed
            left = fed

    @staticmethod
    def _from_one(channel: _Channel, single: set[str]) -> bool:
        return channel.wire is None or channel.wire.source.module.name in single

    def meet(self, channels: list[_Channel]) -> bool:
        """Two of the channels can deliver at one instant."""
        return any(not self.apart or self._from(a) & self._from(b) for a, b in combinations(channels, 2))

    def _from(self, channel: _Channel) -> set[str]:
        return {channel.name} if channel.wire is None else self.inputs[channel.wire.source.module.name]

    def groups(self, name: str) -> list[tuple[str, list[_Channel]]]:
        """The channels of a module by what they do: those that add up together, the rest port by port."""
        found: dict[tuple[str, str], list[_Channel]] = {}
        for channel in self.channels[name]:
            rule, _ = rule_in_force(self.net, channel.port, self.coalesce)
            kind = OTHER if rule is None else _kinds().get(rule.of, OTHER)
            found.setdefault((kind, "" if kind in (ADDS, GATHERS) else channel.port.name), []).append(channel)
        return [(kind, group) for (kind, _), group in found.items()]

    def groups_meet(self, name: str) -> bool:
        """Deliveries that do different things can meet at one instant."""
        pairs = combinations([group for _, group in self.groups(name)], 2)
        return any(self.meet([x, y]) for a, b in pairs for x in a for y in b)

    # --- telling ---
    def row(self, module: Module, kept: Mapping[str, int], free: Mapping[str, int]) -> ModuleSensitivity:
        """The row of a module in the report."""
        name, channels = module.name, [c for c in self.channels[module.name] if not _own_notice(c.wire)]
        keeping, any_order = self._verdict(name, kept, True), self._verdict(name, free, False)
        kinds = {kind for kind, _ in self.groups(name)}
        return ModuleSensitivity(
            name, kinds.pop() if len(kinds) == 1 else OTHER, keeping, any_order, tuple(c.name for c in channels),
            self.meet(channels), self._forks(channels), name in self.on_cycle,
            self._why(name, kept, free, keeping, any_order),
        )  # fmt: skip

    def _verdict(self, name: str, sent: Mapping[str, int], keeping: bool) -> str:
        if sent[name] == ANYTHING:
            return ANSWER
        came = max(self.received(group, sent, keeping) for _, group in self.groups(name))
        return COST if SUMS in (came, sent[name]) else NEVER

    def _why(self, name: str, kept: Mapping[str, int], free: Mapping[str, int], keeping: str, any_order: str) -> str:
        sent, mode = (kept, True) if keeping == any_order else (free, False)
        came = max(self.received(group, sent, mode) for _, group in self.groups(name))
        if name in self.on_cycle:
            return "it lies on a cycle without delay: what it sends comes back within the instant"
        if name in self.coupled:
            return self.coupled[name]
        if self.groups_meet(name):
            return "deliveries that do different things to it can meet at one instant"
        if came == ANYTHING:
            return "what reaches it may differ"
        if any_order == ANSWER:
            how = "simultaneous spikes of one wire" if not self.meet(self.channels[name]) else "paths that meet"
            return f"{how} can come in another order, and what it does depends on that"
        if any_order == COST:
            return "the same sums, made up of other numbers of spikes"
        return "it receives the same in the same order" if came == SEQUENCE else "it adds up what comes in any order"

    def _forks(self, channels: list[_Channel]) -> tuple[str, ...]:
        """Modules from which two channels fork: nearest common ancestors, of which none leads to another."""
        found: dict[str, None] = {}
        above = [{n, *self.before[n]} if (n := c.wire and c.wire.source.module.name) else set[str]() for c in channels]
        for a, b in combinations(above, 2):
            common = a & b
            nearest = common - {up for name in common for up in self.before[name] if up != name}
            found |= dict.fromkeys(m.name for m in self.net.modules if m.name in nearest)
        return tuple(found)


def written_blocks(net: Network, module: Module, coalesce: str | None = None) -> list[str]:
    """Names of the weight blocks that the rules of a module may change."""
    rules = [rule_in_force(net, getattr(module, port), coalesce)[0] for port in module.ports]
    names = {name for rule in rules if rule is not None for name in _written(rule)}
    return sorted({block.name for name, block in module.blocks.items() if name in names})


def _through(kind: str, came: int) -> int:
    """The effect of order on the spikes that a kind of rule sends, by that on the deliveries to it (`came`)."""
    if came in (SEQUENCE, ANYTHING):
        return came
    if kind in (PASSES, ADDS):
        return came
    return {SIGNED: SUMS, GATHERS: SEQUENCE}.get(kind, ANYTHING)


def _own_notice(wire: Wire | None) -> bool:
    return wire is not None and wire.source.outlet.settles is not None


def _reachable(names: list[T], edges: list[tuple[T, T]]) -> dict[T, set[T]]:
    """For each name, the names that can be reached from it in one step or more."""
    after: dict[T, set[T]] = {name: set() for name in names}
    for a, b in edges:
        after[a].add(b)
    found = {}
    for name in names:
        seen: set[T] = set()
        waiting = list(after[name])
        while waiting:
            at = waiting.pop()
            if at not in seen:
                seen.add(at)
                waiting += after[at] - seen
        found[name] = seen
    return found


def _among(names: list[str], ends: list[tuple[_Node, _Node]]) -> tuple[tuple[str, ...], ...]:
    """Sets of modules that reach one another, each in the sequence of the network."""
    place = {name: k for k, name in enumerate(names)}
    nodes = sorted({node for end in ends for node in end}, key=lambda node: (place[node[0]], node[1]))
    circles = _circles(_reachable(nodes, ends))
    return tuple(dict.fromkeys(tuple(dict.fromkeys(name for name, _ in circle)) for circle in circles))


def _circles(reach: Mapping[T, set[T]]) -> tuple[tuple[T, ...], ...]:
    """Sets of names that reach one another."""
    circles = [
        tuple(other for other in reach if other in seen and name in reach[other])
        for name, seen in reach.items() if name in seen
    ]  # fmt: skip
    return tuple(dict.fromkeys(circles))


@cache
def _kinds() -> dict[Rule, str]:
    """Rules whose answer to a permuted stream is known; every other one counts as one that depends on order."""
    from eventnet.learning.gradient import gather_column, herd_column  # a tenth of a second

    return {
        pass_on: PASSES,
        **dict.fromkeys((take, count_spike, accumulate), ADDS),
        **dict.fromkeys((herd, herd_input, herd_column), SIGNED),
        **dict.fromkeys((gather, gather_column, herd_settled, rectified_settled), GATHERS),
    }


@cache
def _written(rule: Rule) -> frozenset[str]:
    """Names that a rule assigns into, or hands to a function that is not known to leave them alone.

    All of them where the rule's text is not found.
    """
    tree, found = tree_of(rule.py_func), set()
    if tree is None:
        return frozenset(rule.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            found |= {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] not in READERS:
            found |= {arg.id for arg in node.args if isinstance(arg, ast.Name)}
    return frozenset(found)
