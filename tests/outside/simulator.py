"""The heap: deliveries by (t, phase, place, seq), wires, orders, predictions, causes (docs/explanation/how-it-works.md,
docs/how-to/orders.md)."""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

from outside.counted import COLUMNS, DELIVERIES, METER, NOTICES, NUMBERS, SPIKES, Block
from outside.families import FAMILIES
from outside.family import Family, Fault, Out, hash64

FIRST, LAST = -(2**62), 2**62
INPUT, ARRIVAL, ZERO = 0, 1, 2


class Unsettled(Exception):
    """An instant took more deliveries than its budget."""


class Wire(NamedTuple):
    """An outlet joined to a port, both by number."""

    source: int
    target: int
    delay: int
    settled: bool


class Waiting(NamedTuple):
    """A delivery that waits."""

    port: int
    index: int
    sign: int
    source: int
    parent: int
    root: int
    depth: int
    spike: int
    batch: int


REKEYS = ("largest", "by size, again")
"""Orders that ask their key again about a unit that waits."""

KEYS = {
    "by size, again": lambda t, source, wire, index, sign, magnitude, rank, seq, seed: (
        -1 if magnitude > 2 else 2 + source % 2,
        -int(magnitude * 4) % 5 + seq % 2,
    ),
    "latest unit": lambda t, source, wire, index, sign, magnitude, rank, seq, seed: (2, -index),
    "negative first": lambda t, source, wire, index, sign, magnitude, rank, seq, seed: (-1 if sign < 0 else 2, wire),
    "by size": lambda t, source, wire, index, sign, magnitude, rank, seq, seed: (2 + wire % 3, -int(magnitude * 8)),
    "in turns": lambda t, source, wire, index, sign, magnitude, rank, seq, seed: (2 + (seq + seed) % 2, source - rank),
}


def longest_paths(modules: list[Any], edges: set[tuple[int, int]]) -> list[int]:
    """Rank of each module: edges on the longest way to it, where modules that reach each other are one."""
    n = len(modules)
    reach = [[a == b or (a, b) in edges for b in range(n)] for a in range(n)]
    for k in range(n):
        for a in range(n):
            if reach[a][k]:
                reach[a] = [x or y for x, y in zip(reach[a], reach[k], strict=True)]
    group = [min(b for b in range(n) if reach[a][b] and reach[b][a]) for a in range(n)]
    between = {(group[a], group[b]) for a, b in edges if group[a] != group[b]}
    rank = dict.fromkeys(group, 0)
    for _ in range(n):
        for a, b in between:
            rank[b] = max(rank[b], rank[a] + 1)
    return [rank[g] for g in group]


class Simulator:
    """Runs a described network; `log`, `by_port`, `roots` and the modules' `state` can be looked at afterwards."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.dtype, self.coalesce, self.forced = described["dtype"], described["coalesce"], described["forced"]
        self.order, self.seed, self.budget = described["order"], described["seed"], described["budget"]
        self.annihilates, self.amounts = described["annihilate"], described.get("amounts", False)
        self.blocks = [Block(rows, NUMBERS[self.dtype]) for rows in described["blocks"]]
        self.modules: list[Family] = []
        self.ports: list[tuple[Family, str]] = []
        self.outlets: list[tuple[Family, str]] = []
        self.wires: list[Wire] = []
        self.first_unit: dict[str, int] = {}
        units = 0
        for one in described["modules"]:
            module = FAMILIES[one["kind"]](one, self)
            self.modules.append(module)
            self.ports += [(module, port) for port in module.ports]
            self.outlets += [(module, outlet) for outlet in module.outlets]
            self.wires += [
                Wire(self.outlet(module, outlet), self.port(module, port), 0, True)
                for outlet, port in module.settles.items()
            ]
            self.wires += [
                Wire(self.outlet(module, outlet), self.port(module, port), 0, False)
                for outlet, port in module.pending.items()
            ]
            for outlet in module.predicts:
                self.first_unit[module.name] = units
                units += module.width(outlet)
        for a, outlet, b, port, delay, settled in described["wires"]:
            wire = Wire(self.outlet(self.modules[a], outlet), self.port(self.modules[b], port), delay, settled)
            self.wires.append(wire)
        self.rank = self.ranks()
        self.fan = [[k for k, w in enumerate(self.wires) if w.source == o] for o in range(len(self.outlets))]
        senders = {self.outlets[w.source][0].name for w in self.wires} | {m.name for m in self.modules if m.writes}
        self.ends = {k for k, (module, _) in enumerate(self.ports) if module.name not in senders}
        self.heap: list[tuple[int, int, int, int, Waiting]] = []
        self.foreseen: dict[int, tuple[int, Waiting]] = {}
        self.now, self.in_instant, self.seq, self.inputs, self.batches = FIRST, 0, 0, 0, 0
        self.open: dict[int, int] = {}
        self.spikes, self.spikes_before, self.annihilated = 0, 0, 0
        self.log: list[tuple[int, ...]] = []
        self.by_port = [[0] * len(COLUMNS) for _ in self.ports]
        self.roots: dict[int, list[int]] = {}
        self.causes: dict[int, dict[str, int]] = {}
        self.came = [0] * (len(self.outlets) + 1)
        for t, a, port, index, sign in described["inputs"]:
            self.inject(t, self.port(self.modules[a], port), index, sign)

    # --- numbers of things ---
    def port(self, module: Family, name: str) -> int:
        """The number of a port."""
        return next(k for k, (m, n) in enumerate(self.ports) if m is module and n == name)

    def outlet(self, module: Family, name: str) -> int:
        """The number of an outlet."""
        return next(k for k, (m, n) in enumerate(self.outlets) if m is module and n == name)

    def ranks(self) -> list[int]:
        """The rank of each port's module: the longest path over wires without delay, and over what modules read."""
        where = {m.name: k for k, m in enumerate(self.modules)}
        edges = {
            (where[self.outlets[w.source][0].name], where[self.ports[w.target][0].name])
            for w in self.wires
            if w.delay == 0
        }
        edges |= {(where[other.name], where[m.name]) for m in self.modules for other in m.reads}
        edges |= {(where[m.name], where[other.name]) for m in self.modules for other in m.writes}
        ranks = longest_paths(self.modules, edges)
        return [ranks[where[module.name]] for module, _ in self.ports]

    # --- running ---
    def inject(self, t: int, port: int, index: int, sign: int) -> None:
        """An input: within an instant by the number of its port, then as handed over."""
        heapq.heappush(self.heap, (t, INPUT, port, self.inputs, Waiting(port, index, sign, -1, -1, -1, 0, -1, -1)))
        self.inputs += 1

    def run(self, until: int | None) -> None:
        """Take what is due before `until`."""
        while True:
            unit = min(self.foreseen, key=lambda u: (self.foreseen[u][0], u), default=None)
            due = None if unit is None else self.foreseen[unit][0]
            if not self.heap and due is None:
                return
            predicted = due is not None and (not self.heap or due <= self.heap[0][0])
            t = due if predicted else self.heap[0][0]
            if until is not None and t >= until:
                return
            if t != self.now:
                self.now, self.in_instant, self.spikes_before = t, 0, self.spikes
            if self.in_instant == self.budget:
                raise Unsettled
            self.take(t, self.foreseen.pop(unit)[1] if predicted else heapq.heappop(self.heap)[4])

    def take(self, t: int, one: Waiting) -> None:
        """One delivery."""
        number = len(self.log)
        if one.batch >= 0 and self.open.get(one.source) == one.batch:
            del self.open[one.source]
        root = number if one.source < 0 else one.root
        self.in_instant += 1
        sign = 1 if one.sign > 0 else -1
        size = (abs(one.sign),) if self.amounts else ()
        self.log.append((number, one.parent, root, t, one.source, one.port, one.index, sign, *size))
        module, name = self.ports[one.port]
        if one.source < 0:
            self.causes[root] = {"depth": 0, "ticks": -1, "after": -1, "t": t}
        METER.begin()
        out = Out(module.room, module.amounts)
        try:
            module.react(name, one.index, one.sign, t, out)
        finally:
            self.count(one, root, number, t, [outlet for outlet, *_ in out.spikes])
        self.foresee(module, out, t, one, number, root)
        for spike in out.spikes:
            self.send(module, spike, t, one, number, root)

    def count(self, one: Waiting, root: int, number: int, t: int, made: list[str]) -> None:
        """Add what the reaction did to its port's row and to its root's; `made`: the outlets of what it sent."""
        module, _ = self.ports[one.port]
        METER.count(DELIVERIES)
        for outlet in made:
            told = outlet in module.settles or outlet in module.passes_on or outlet in module.pending
            METER.count(NOTICES if told else SPIKES)
        row = self.roots.setdefault(root, [0] * len(COLUMNS))
        for column, n in enumerate(METER.counts):
            self.by_port[one.port][column] += n
            row[column] += n
        cause = self.causes[root]
        cause["depth"] = max(cause["depth"], one.depth)
        if one.port in self.ends and cause["after"] < 0:
            cause["ticks"], cause["after"] = t - cause["t"], number - root
        self.came[one.source] += 1

    def foresee(self, module: Family, out: Out, t: int, one: Waiting, number: int, root: int) -> None:
        """One prediction a unit: set, moved or taken back."""
        for unit, when in out.foreseen.items():
            place = self.first_unit[module.name] + unit
            self.foreseen.pop(place, None)
            if when is None:
                continue
            due = max(when, t + 1)
            (outlet, port), *_ = module.predicts.items()
            waiting = Waiting(
                self.port(module, port), unit, 1, self.outlet(module, outlet), number, root, one.depth + 1, -1, -1
            )
            self.foreseen[place] = (due, waiting)

    def send(self, module: Family, spike: Any, t: int, one: Waiting, number: int, root: int) -> None:
        """A spike goes over every wire of its outlet."""
        outlet, index, sign, magnitude, later = spike
        if "." in outlet:  # of a module that this one writes
            other, outlet = outlet.split(".")
            module = getattr(module, other)
        source, mark = self.outlet(module, outlet), -1
        if outlet in module.pending and self.waits(source, index, t, magnitude, number):
            return
        if self.annihilates and later == 0 and outlet not in module.settles and outlet not in module.pending:
            if self.take_back(source, index, -sign):
                return
            mark, self.spikes = self.spikes, self.spikes + 1
        for k in self.fan[source]:
            wire = self.wires[k]
            phase, place, batch = self.key(wire, k, t, index, sign, magnitude, later, number)
            waiting = Waiting(wire.target, index, sign, source, number, root, one.depth + 1, mark, batch)
            heapq.heappush(self.heap, (t + later + wire.delay, phase, place, self.seq, waiting))
            self.seq += 1

    def waits(self, source: int, index: int, t: int, magnitude: float, number: int) -> bool:
        """A unit that waits is not sent again; where the order says so, its place is another one from now on."""
        at = [k for k, entry in enumerate(self.heap) if (entry[4].source, entry[4].index) == (source, index)]
        if at and self.order in REKEYS:
            when, _, _, seq, one = self.heap[at[0]]
            k = self.fan[source][0]
            phase, place, _ = self.key(self.wires[k], k, t, index, one.sign, magnitude, 0, number, seq)
            self.heap[at[0]] = (when, phase, place, seq, one)
            heapq.heapify(self.heap)
        return bool(at)

    def key(
        self, wire: Wire, k: int, t: int, index: int, sign: int, magnitude: float, later: int, number: int,
        seq: int | None = None,
    ) -> tuple[int, int, int]:  # fmt: skip
        """Phase and place of a delivery in its instant, and its batch where there are such."""
        sign = 1 if sign > 0 else -1
        rank, seq = self.rank[wire.target], self.seq if seq is None else seq
        if later + wire.delay > 0:
            return ARRIVAL, 0, -1
        if wire.settled:
            return LAST, rank, -1
        if self.order == "depth":
            return -(number + 1), 0, -1
        if self.order == "breadth":
            if wire.source not in self.open:
                self.open[wire.source] = self.batches
                self.batches += 1
            return ZERO + self.open[wire.source], k, self.open[wire.source]
        if self.order == "fifo":
            return ZERO, 0, -1
        if self.order == "topological":
            return ZERO + rank, 0, -1
        if self.order == "magnitude":
            return ZERO, -int(min(magnitude, 2.0**31) * 2**31), -1
        if self.order == "largest":
            return ZERO, -int(min(max(magnitude, 0.0), 2.0**31) * 2**31), -1
        if self.order == "random":
            return ZERO, hash64(self.seed, seq), -1
        return *KEYS[self.order](t, wire.source, k, index, sign, magnitude, rank, seq, self.seed), -1

    def take_back(self, source: int, index: int, sign: int) -> bool:
        """The latest opposite spike of this instant that nobody has heard yet leaves the queue."""
        heard: dict[int, int] = {}
        for *_, one in self.heap:
            if one.spike >= self.spikes_before and (one.source, one.index, one.sign) == (source, index, sign):
                heard[one.spike] = heard.get(one.spike, 0) + 1
        whole = [spike for spike, n in heard.items() if n == len(self.fan[source])]
        if not whole:
            return False
        self.heap = [entry for entry in self.heap if entry[4].spike != max(whole)]
        heapq.heapify(self.heap)
        batch = self.open.get(source)
        if batch is not None and all(one.batch != batch for *_, one in self.heap):
            del self.open[source]
        self.annihilated += 2
        return True


def run(described: dict[str, Any]) -> dict[str, Any]:
    """Everything that can be compared: log, counts by port and by root, causes, state, weights, how it ended."""
    sim = Simulator(described)
    ended = ""
    try:
        sim.run(described["until"])
    except Unsettled:
        ended = "UnsettledError"
    except Fault:
        ended = "RuleError"
    return {
        "ended": ended,
        "log": sim.log,
        "by_port": sim.by_port,
        "by_root": sorted(sim.roots.items()),
        "causes": [(c["depth"], c["ticks"], c["after"]) for _, c in sorted(sim.causes.items())],
        "came": sim.came,
        "annihilated": sim.annihilated,
        "state": {m.name: m.state() for m in sim.modules},
        "weights": [[list(row) for row in block.words] for block in sim.blocks],
    }
