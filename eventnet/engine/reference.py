"""The reference engine: one heap, plain Python rules. Start reading here; it is never made faster.

The queue pops the smallest key (t, phase, place, seq). Time leads; the order is a tie-break within one instant.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from eventnet.engine.checked import explained, reaction
from eventnet.engine.faults import bad_phase, beyond_time, fault, unsettled, with_place
from eventnet.engine.state import Store, emitted, longest_delays, neurons_of, rule_in_force
from eventnet.errors import RuleError, UnsettledError
from eventnet.event import Events, delivery_type, event_type, signed
from eventnet.kernels.out import Out
from eventnet.kernels.prediction_heap import FOREVER, FROM_OUTLET, TO_PORT, UNIT
from eventnet.network import Network
from eventnet.order import (
    ARRIVAL_PHASE,
    BREADTH,
    DEPTH,
    FIFO,
    INPUT_PHASE,
    PREDICTED_PHASE,
    SETTLED_PHASE,
    ZERO_PHASE,
    Order,
)  # fmt: skip
from eventnet.tally import DEEPEST, DELIVERIES, NOTICES, ROOT_WORDS, SPIKES, count_for_root

LOG_CHUNK = 1 << 16


@dataclass(frozen=True)
class Delivery:
    """One event on its way to a port; `s` is its sign, times the amount where it carries one."""

    port: int
    index: int
    s: int
    source: int
    parent: int
    root: int
    row: tuple[str, int]
    depth: int = 0
    batch: int = -1
    spike: int = -1


class ReferenceEngine:
    """Runs a network one delivery at a time. `log` is a list of DELIVERY rows where a log was asked for."""

    def __init__(
        self, net: Network, store: Store, order: Order, *, coalesce: str | None, seed: int, budget: int, record: bool,
        roots: bool, root_limit: int, annihilate: bool = False, output: str | None = None, heard: Any = None,
    ) -> None:  # fmt: skip
        self.net, self.store, self.order, self.seed = net, store, order, seed
        self.annihilate, self.heard, self.coalesce = annihilate, heard, coalesce
        self.budget, self.record, self.roots, self.root_limit = budget, record, roots, root_limit
        self.ports = list(net.ports())
        outlets = list(net.outlets())
        self.outlet_of = {(o.module.name, o.name): k for k, o in enumerate(outlets)}
        self.rules = [rule_in_force(net, port, coalesce) for port in self.ports]
        self.emits = [emitted(port, emits) for port, (_, emits) in zip(self.ports, self.rules, strict=True)]
        self.widths = [tuple(o.width for o in own) for own in self.emits]
        self.most = [port.module.most_spikes() for port in self.ports]
        self.neurons = [neurons_of(port.module) for port in self.ports]
        self.amounts = [tuple(o.amounts for o in own) for own in self.emits]
        longest = longest_delays(net)
        self.reach = [tuple(longest[o.module.name, o.name] for o in own) for own in self.emits]
        ranks = net.ranks()
        self.rank = [ranks[port.module.name] for port in self.ports]
        self.wires: list[list[Any]] = [[] for _ in outlets]
        for number, wire in enumerate(net.wires):
            self.wires[self.outlet_of[wire.source.module.name, wire.source.name]].append((number, wire))
        self.lone = [o.outlet.inner is not None for o in outlets]
        self.pending = [o.outlet.pending is not None for o in outlets]
        self.queue: list[tuple[int, int, int, int, Delivery]] = []
        self.predicted: dict[int, tuple[int, int, int, int, Delivery]] = {}
        self.now, self.taken, self.in_instant = -(2**62), 0, 0
        self.seq, self.inputs, self.inputs_taken, self.batches = 0, 0, 0, 0
        self.spikes, self.before, self.annihilated = 0, 0, 0
        self.open: dict[int, int] = {}
        self.log: list[tuple[int, ...]] = []
        self.sink: Callable[[Events], None] | None = None
        self.keep: int | None = None
        self.root_rows: dict[tuple[str, int], Any] = {}
        self.causes: list[tuple[int, ...]] = []
        self.reacting, self.handed = False, list[Events]()
        self.ends = set(net.end_ports(output))
        self.sent = [0] * (len(outlets) + 1)

    # --- what the simulation asks ---
    def inject(self, events: Events) -> None:
        """Put inputs into the queue; within one instant they go by the number of their port, then as handed over."""
        columns = (events["t"], events["port"], events["index"], signed(events))
        for t, port, index, s in zip(*(column.tolist() for column in columns), strict=True):
            delivery = Delivery(port, index, s, -1, -1, -1, ("root", -1))
            heapq.heappush(self.queue, (t, INPUT_PHASE, port, self.inputs, delivery))
            self.inputs += 1

    def run(self, until: int | None, limit: int | None, stop: int | None = None) -> bool:
        """Take deliveries until none is left before `until`; False where it ended sooner.

        That is after `limit` deliveries, or after one at the port `stop`.
        """
        last, port = None if limit is None else self.taken + limit, None
        while self.taken != last and (port is None or port != stop):
            if self.idle() or not (until is None or self.first()[0] < until):
                return True
            port = self.step()
        return False

    def first(self) -> tuple[int, int, int, int, Delivery]:
        """The entry with the smallest key; a neuron that predicts anew has only its last prediction."""
        return min([*self.queue[:1], *self.predicted.values()], key=lambda entry: entry[:4])

    def step(self) -> int:
        """Take the delivery with the smallest key, let its port react, and put what it made into the queue."""
        t, phase, place, _, delivery = self.first()
        if t != self.now:
            self.now, self.in_instant, self.before = t, 0, self.spikes
        if self.in_instant == self.budget:
            raise UnsettledError(unsettled(self.net, self.store, self.coalesce, self.budget, t))
        if phase == PREDICTED_PHASE:
            del self.predicted[place]
        else:
            heapq.heappop(self.queue)
        if self.open.get(delivery.source) == delivery.batch:
            del self.open[delivery.source]
        number = self.taken
        self.taken += 1
        self.in_instant += 1
        root, row = delivery.root, delivery.row
        if delivery.source < 0:
            root, row = number, ("root", number)
            if self.roots and not self.record and self.inputs_taken >= self.root_limit:
                row = ("beyond", delivery.port)
            elif self.roots:
                self.causes.append((t, delivery.port, delivery.index, *self.parts(delivery.s)))
            self.inputs_taken += 1
        if self.record:
            own = delivery.source, delivery.port, delivery.index, *self.parts(delivery.s)
            self.log.append((number, delivery.parent, root, t, *own))
            if len(self.log) >= LOG_CHUNK + (self.keep or 0):
                self.hand_over_log()
        if self.heard is not None:
            self.heard(t, delivery.source, delivery.port, delivery.index, self.parts(delivery.s)[0])
        out = self.react(delivery, t, number, row)
        depth = min(delivery.depth + 1, DEEPEST)
        self.predict(delivery.port, out, number, root, row, depth)
        self.emit(delivery.port, out, t, number, root, row, depth)
        self.take_handed()
        return delivery.port

    def take_handed(self) -> None:
        """Add inputs that a module in plain Python injected to those pending, once its reaction is over."""
        while self.handed:
            self.inject(self.handed.pop(0))

    def react(self, delivery: Delivery, t: int, number: int, row: tuple[str, int]) -> Out:
        """Let the port react, and count what it did."""
        n, port = delivery.port, self.ports[delivery.port]
        rule, _ = self.rules[n]
        out = Out(self.widths[n], self.most[n], self.neurons[n], t, self.reach[n], self.amounts[n])
        tally = np.zeros(self.store.tally.shape[1], dtype=np.int64)
        error, raised = 0, None
        self.reacting = rule is None
        try:
            if rule is None or self.store.check:
                error = reaction(self.store, port, rule)(delivery.index, delivery.s, t, out, tally) or 0
            else:
                error = rule.py_func(delivery.index, delivery.s, t, out, tally, *self.store.views(port, rule)) or 0
        except BaseException as problem:
            raised = with_place(explained(problem, port, rule, t, delivery.index), port, t, delivery.index)
        self.reacting = False
        tally[DELIVERIES] += 1
        noticed = sum(self.emits[n][which].outlet.notice for _, _, which, *_ in out.spikes)
        tally[NOTICES] += noticed
        tally[SPIKES] += out.made() - noticed
        self.store.tally[delivery.port] += tally
        if self.roots:
            own = self.root_rows.setdefault(row, np.zeros(ROOT_WORDS, np.int64))
            count_for_root(own, tally, delivery.depth, t, number, delivery.port in self.ends)
            self.sent[delivery.source] += 1
        if raised is not None:
            raise raised
        if error or out.fault:
            raise RuleError(fault(port, out.fault or error, t, delivery.index))
        return out

    def predict(self, port: int, out: Out, parent: int, root: int, row: tuple[str, int], depth: int) -> None:
        """Set, move or cancel what the port's neurons predict: one prediction a neuron."""
        first = self.store.first_neuron.get(self.ports[port].module.name, 0)
        for unit, due in out.predictions.items():
            slot = self.store.slots[first + unit].tolist()
            self.predicted.pop(first + unit, None)
            if due < FOREVER:
                unit = slot[UNIT] >> self.store.bits
                delivery = Delivery(slot[TO_PORT], unit, 1, slot[FROM_OUTLET], parent, root, row, depth)
                self.predicted[first + unit] = (due, PREDICTED_PHASE, first + unit, 0, delivery)

    def emit(self, port: int, out: Out, t: int, parent: int, root: int, row: tuple[str, int], depth: int) -> None:
        """Put a reaction's spikes into the queue: spike by spike, wire by wire."""
        sources = [self.outlet_of[o.module.name, o.name] for o in self.emits[port]]
        for index, s, which, magnitude, ticks in out.spikes:
            source = sources[which]
            spike = -1
            if self.annihilate and ticks == 0 and not self.lone[source]:
                if self.take_back(source, index, -s):
                    continue
                spike, self.spikes = self.spikes, self.spikes + 1
            if self.pending[source] and self.waits(source, index, magnitude):
                continue
            for number, wire in self.wires[source]:
                if t + ticks + wire.delay >= FOREVER:
                    raise RuleError(beyond_time(self.ports[port], t))
                target = int(wire.target)
                batch = -1
                if ticks + wire.delay > 0:
                    phase, place = ARRIVAL_PHASE, 0
                elif wire.settled:
                    phase, place = SETTLED_PHASE, self.rank[target]
                elif self.order.kind == DEPTH:
                    phase, place = -(parent + 1), 0
                elif self.order.kind == BREADTH:
                    batch = self.open_batch(source)
                    phase, place = ZERO_PHASE + batch, number
                elif self.order.kind == FIFO:
                    phase, place = ZERO_PHASE, 0
                else:
                    phase, place = self.key(t, source, number, index, s, magnitude, target, self.seq)
                delivery = Delivery(target, index, s, source, parent, root, row, depth, batch, spike)
                heapq.heappush(self.queue, (t + ticks + wire.delay, int(phase), int(place), self.seq, delivery))
                self.seq += 1

    def key(
        self, t: int, source: int, wire: int, index: int, s: int, magnitude: float, target: int, seq: int
    ) -> tuple[int, int]:  # fmt: skip
        """Phase and place that the order's key gives a delivery."""
        assert self.order.key is not None
        sign = self.parts(s)[0]
        phase, place = self.order.key(t, source, wire, index, sign, magnitude, self.rank[target], seq, self.seed)
        if phase in (INPUT_PHASE, ARRIVAL_PHASE) or not PREDICTED_PHASE < phase < SETTLED_PHASE:
            raise RuleError(bad_phase(self.order, phase))
        return int(phase), int(place)

    def waits(self, source: int, index: int, magnitude: float) -> bool:
        """A delivery of this unit waits already, at an outlet that says `pending`; an order that re-keys moves it."""
        found = next((entry for entry in self.queue if (entry[4].source, entry[4].index) == (source, index)), None)
        if found is not None and self.order.rekeys:
            t, _, _, seq, one = found
            ((number, wire),) = self.wires[source]
            phase, place = self.key(t, source, number, index, one.s, magnitude, int(wire.target), seq)
            self.queue[self.queue.index(found)] = (t, phase, place, seq, one)
            heapq.heapify(self.queue)
        return found is not None

    def take_back(self, source: int, index: int, s: int) -> bool:
        """Take the latest spike of this outlet, unit and amount out of the queue; False where there is none to take.

        It has been sent in this instant, and none of its deliveries has been taken. A batch that is empty then is over.
        """
        found = [
            d.spike for d in (entry[4] for entry in self.queue)
            if d.index == index and d.s == s and d.source == source and d.spike >= self.before
        ]  # fmt: skip
        whole = [spike for spike, n in Counter(found).items() if n == len(self.wires[source])]
        if not whole:
            return False
        taken = max(whole)
        self.queue = [entry for entry in self.queue if entry[4].spike != taken]
        heapq.heapify(self.queue)
        if source in self.open and all(entry[4].batch != self.open[source] for entry in self.queue):
            del self.open[source]
        self.annihilated += 2
        return True

    def parts(self, s: int) -> tuple[int, ...]:
        """The sign, and the amount in a network with amounts."""
        sign = 1 if s > 0 else -1
        return (sign, abs(s)) if self.store.bits else (sign,)

    def open_batch(self, source: int) -> int:
        """A batch takes spikes until the first delivery of it is taken; later spikes open the next."""
        if source not in self.open:
            self.open[source] = self.batches
            self.batches += 1
        return self.open[source]

    # --- what the simulation reads ---
    def idle(self) -> bool:
        """Nothing waits in the queue."""
        return not self.queue and not self.predicted

    def queued(self) -> int:
        """Deliveries that wait, and predictions."""
        return len(self.queue) + len(self.predicted)

    def waiting(self) -> int:
        """Predictions that wait."""
        return len(self.predicted)

    def hand_over_log(self) -> None:
        """A long log goes to its sink, or is cut to the part that is kept."""
        if self.sink is not None:
            self.sink(self.take_log())
        elif self.keep is not None:
            del self.log[: -self.keep or None]

    def take_log(self) -> Events:
        """The log so far; it is emptied."""
        log, self.log = np.array(self.log, dtype=delivery_type(self.store.bits > 0)), []
        return log

    def roots_counted(self) -> tuple[Any, Any, dict[str, Any]]:
        """Numbers of the roots [n], their rows [n, 14], and the rows of those beyond the limit by port."""
        ids = sorted(number for kind, number in self.root_rows if kind == "root")
        counts = np.array([self.root_rows["root", n] for n in ids], dtype=np.int64).reshape(-1, ROOT_WORDS)
        beyond = {str(self.ports[n]): row for (kind, n), row in sorted(self.root_rows.items()) if kind == "beyond"}
        return np.array(ids, dtype=np.int64), counts, beyond

    def inputs_counted(self) -> Events:
        """The inputs that were roots [n]."""
        return np.array(self.causes, dtype=event_type(self.store.bits > 0))

    def came(self) -> Any:
        """Deliveries by the outlet they came from, [outlets + 1]; the last: inputs."""
        return np.array(self.sent, dtype=np.int64)
