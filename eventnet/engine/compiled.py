"""The compiled engine: owns the arrays of a run, and lets the compiled loop work on them.

Equal to the reference engine to the last byte. Whenever the loop leaves, Python does here what it left for: make arrays
larger, write the log away, let a Python module react, raise an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import int64

from eventnet.base.column import FileColumn
from eventnet.engine import ring
from eventnet.engine.checked import Reaction, reaction
from eventnet.engine.delay_lines import find_lines
from eventnet.engine.faults import bad_phase, beyond_time, fault, unsettled, with_place
from eventnet.engine.looks_heap import places_of
from eventnet.engine.loop import (
    ARRIVAL,
    BAD_KEY,
    BUDGET,
    BURST,
    ERROR,
    FULL_BURSTS,
    FULL_HEAP,
    FULL_LATER,
    FULL_LINES,
    FULL_REGION,
    FULL_RING,
    FULL_SENDINGS,
    FULL_SETTLED,
    IDLE,
    INPUT,
    LIMIT,
    LOG_FULL,
    PYTHON,
    REACTED,
    REACTED_BADLY,
    TOO_LATE,
    UNTIL,
    loop_for,
)
from eventnet.engine.owing import Owing, Rules
from eventnet.engine.plan import (
    NOT_COMPILED,
    Plan,
    Queue,
    address_of,
    larger,
    larger_bursts,
    larger_lines,
    larger_region,
    larger_ring,
    make_plan,
    make_queue,
    more_sendings,
    table_of,
    table_row,
)
from eventnet.engine.state import Store, emitted, longest_delays, neurons_of, rule_in_force
from eventnet.errors import EngineError, InternalError, RuleError, UnsettledError
from eventnet.event import Events, delivery_type, event_type, packed, unpacked
from eventnet.kernels import keys  # noqa: F401 - `eventnet.order` imports it later: names of kept code go by what is imported
from eventnet.kernels import records as R
from eventnet.kernels.aligned import aligned
from eventnet.kernels.codegen import KEY_BITS, KEY_REKEYS
from eventnet.kernels.compiling import compiled, word_while_compiling
from eventnet.kernels.out import Out
from eventnet.kernels.prediction_heap import FOREVER, SOONEST, predict
from eventnet.kernels.simd import scratch_words
from eventnet.module import BoundPort
from eventnet.network import Network
from eventnet.order import (
    DEPTH,
    KEYED,
    Order,
)
from eventnet.tally import DELIVERIES, NOTICES, ROOT_WORDS, SPIKES, count_for_root

LOOP_SIGNATURE = (int64[:, ::1], int64[:, ::1], int64[::1], int64[::1])


FULL = {FULL_HEAP: "heap", FULL_SETTLED: "settled", FULL_LATER: "later"}
"""Arrays that are made larger as they are."""

DISORDER, UNREADY = 1, 2
"""Findings of `lay_out` on inputs, as bits."""


class PythonPort(NamedTuple):
    """Properties of a port by which the loop calls plain Python there; tuples by its outlets."""

    port: BoundPort
    react: Reaction
    widths: tuple[int, ...]
    most: int
    single: int
    neurons: int
    reach: tuple[int, ...]
    amounts: tuple[int, ...]
    noticing: int


class CompiledEngine:
    """Runs a network in the compiled loop. The same questions and answers as `ReferenceEngine`."""

    burst_room = 1024

    def __init__(
        self, net: Network, store: Store, order: Order, *, coalesce: str | None, seed: int, budget: int,
        record: bool, roots: bool, root_limit: int, annihilate: bool = False, output: str | None = None,
        heard: Callable[..., None] | None = None,
    ) -> None:  # fmt: skip
        if numba.config.DISABLE_JIT:
            raise EngineError("the compiled engine needs Numba's compiler, but NUMBA_DISABLE_JIT is set: use reference")
        self.net, self.store, self.order = net, store, order
        self.record, self.roots, self.root_limit, self.heard = record, roots, root_limit, heard
        lines = record or heard is not None
        self.budget, self.seed, self.annihilate, self.coalesce = budget, seed, annihilate, coalesce
        self.ports = list(net.ports())
        rules: Rules = [rule_in_force(net, port, coalesce) for port in self.ports]
        self.owing = Owing(net, store, rules) if any(m.owes for m in net.modules) else None
        self.rules = rules if self.owing is None else self.owing.rules
        outlets = list(net.outlets())
        self.looks = sum(o.width for o in outlets if o.outlet.pending is not None)
        with word_while_compiling():
            self.plan: Plan = make_plan(net, store, self.rules, output)
            ticks = ring.ring_ticks(net) if any(hasattr(m, "own_delays") for m in net.modules) else ring.NO_TICKS
            others = len(store.slots) > 0 or ticks > ring.NO_TICKS
            self.loop = loop_for(annihilate, self.looks > 0, len(self.plan.line_delay), others)
            self.loop.compile(LOOP_SIGNATURE)
        self.plan_table = table_of(self.plan)
        self.st = np.zeros(R.STATE_WORDS, dtype=np.int64)
        st = self.st
        st[R.S_ORDER], st[R.S_NOW], st[R.S_BUDGET], st[R.S_SEED] = order.kind, -FOREVER, budget, seed
        st[R.S_RECORD], st[R.S_IDS], st[R.S_KEY], st[R.S_REACH] = lines, record or roots, order.address(), 2
        self.job = aligned(R.JOB_WORDS, np.int64)
        self.job[R.SLOTS], self.job[R.NEURONS] = store.slots.ctypes.data, len(store.slots)
        self.bits = self.job[R.BITS] = store.bits
        self.queue = make_queue(self.plan, self.burst_room, lines, self.looks, ticks)
        self.queue.key_words[[KEY_BITS, KEY_REKEYS]] = store.bits, order.rekeys
        self.queue_table = table_of(self.queue)
        self.use(self.queue)
        items = int(self.plan.most.max(initial=1)) + 1
        widest = max((m.units for m in net.modules), default=1)
        widest = max([widest, *(len(a) for a in store.arrays.values())])
        self.scratch = aligned(scratch_words(widest, items), np.int64)
        self.job[R.SCRATCH], self.job[R.SCRATCH_ITEMS] = self.scratch.ctypes.data, items
        self.root_counts = np.zeros((1, ROOT_WORDS), dtype=np.int64)
        self.causes, self.known = np.empty(0, dtype=event_type(store.bits > 0)), 0
        self.ends = set(net.end_ports(output))
        self.python_ports: dict[int, PythonPort] = {}
        self.python_tally = np.zeros(store.tally.shape[1], dtype=np.int64)
        self.reacting, self.handed, self.limit_before = False, list[Events](), -1
        self.raised: BaseException | None = None
        self.logs: list[Events] = []
        self.sink: Callable[[Events], None] | None = None
        self.keep: int | None = None
        self.root_column: FileColumn | None = None

    def use(self, queue: Queue) -> None:
        """Work with these arrays from now on; the loop finds them by their addresses."""
        old: tuple[Any, ...] = self.queue
        for k, array in enumerate(queue):
            if array is not old[k]:
                self.queue_table[k] = table_row(array)
        self.queue = queue
        self.job[R.OUT_OUTLETS], self.job[R.OUT_DELAYS] = queue.out_outlets.ctypes.data, queue.out_delays.ctypes.data
        self.job[R.OUT_MAGNITUDES] = queue.out_magnitudes.ctypes.data if self.order.kind == KEYED else 0

    def find_waiting(self) -> None:
        """After a checkpoint was taken up: which line is due first, and which units wait that wait once at most."""
        st, kind = self.st, self.order.kind
        if self.owing is not None:
            self.owing.stale = True
        find_lines(self.queue)
        ring.empty(self.queue)
        if self.looks:
            at = (int(st[R.S_HEAD]), int(st[R.S_COUNT]), self.bits)
            self.queue.places[:] = places_of(self.plan, self.queue, kind, kind == KEYED, *at)

    def empty_ring(self) -> None:
        """Move the pending deliveries of the ring to the heap: a checkpoint knows no other place for them."""
        q, st = self.queue, self.st
        if q.ring_at[ring.WAIT] == 0:
            return
        rows = np.concatenate([q.later[: st[R.S_LATER]], ring.rows_of(q, self.plan, int(st[R.S_NOW]))])
        rows = rows[np.lexsort((rows[:, 2], rows[:, 0]))]  # which is a heap
        self.use(q._replace(later=np.concatenate([rows, np.zeros_like(rows)])))
        st[R.S_LATER] = len(rows)
        ring.empty(self.queue)

    # --- what the simulation asks ---
    def inject(self, events: Events) -> None:
        """Merge inputs into those that wait: by time, then by port, then as handed over."""
        st = self.st
        events = packed(events, self.bits) if self.bits else events
        lo, n = int(st[R.S_IN_END] - st[R.S_IN_CURSOR]), len(events)
        self._gather_inputs(lo + n)
        q, m = self.queue, lo + n
        inputs = int(st[R.S_INPUTS]) + m
        found = lay_out(events, lo, q.in_t, q.in_port, q.in_code, q.in_root, inputs - n, self.plan.address)
        if found & UNREADY:
            self.make_ready(q.in_port[:m])  # one that does not compile leaves what waits as it was
        st[R.S_IN_END] = m
        if lo or found & DISORDER:
            order = np.lexsort((q.in_port[:m], q.in_t[:m]))
            for array in (q.in_t, q.in_port, q.in_code):
                array[:m] = array[:m][order]
        if self.roots and not self.record:
            number = np.arange(inputs - m, inputs)
            q.in_root[:m] = np.where(number < self.root_limit, number, self.root_limit + q.in_port[:m])
        kept = inputs if self.record else min(inputs, self.root_limit)
        if (self.record or self.roots) and kept > len(q.root_ids):
            self.use(q._replace(root_ids=self._more_roots(max(kept, 2 * len(q.root_ids)))))
        rows = kept if self.record or inputs <= self.root_limit else self.root_limit + len(self.ports)
        if self.roots and rows > len(self.root_counts):
            more = max(rows - len(self.root_counts), min(rows, len(self.root_counts)))
            self.root_counts = np.concatenate([self.root_counts, np.zeros((more, ROOT_WORDS), dtype=np.int64)])

    def _more_roots(self, n: int) -> Any:
        """Room for the numbers of n roots; in a file where the log goes to one, so that memory stays that of a part."""
        ids, column = self.queue.root_ids, self.root_column
        if self.sink is None:
            return np.concatenate([ids, np.zeros(n - len(ids), np.int64)])
        if column is not None and column.array is ids:
            return column.grow(n)
        self.root_column = FileColumn(n, np.int64)
        self.root_column.array[: len(ids)] = ids
        return self.root_column.array

    def make_ready(self, ports: Any) -> None:
        """Compile rules that no wire leads to, but these inputs do."""
        with word_while_compiling():
            for port in np.unique(ports).tolist():
                if self.plan.address[port] == NOT_COMPILED:
                    self.plan.address[port] = address_of(self.store, self.ports[port], *self.rules[port])

    def _gather_inputs(self, m: int) -> None:
        """Bring inputs that wait to the front of arrays with room for `m` in all."""
        self.keep_causes()
        q, st = self.queue, self.st
        waits = slice(int(st[R.S_IN_CURSOR]), int(st[R.S_IN_END]))
        n = waits.stop - waits.start
        if m > len(q.in_t):
            made = {name: np.zeros(m, getattr(q, name).dtype) for name in ("in_t", "in_port", "in_root", "in_code")}
            self.use(q._replace(**made))
        if n:
            for name in ("in_t", "in_port", "in_root", "in_code"):
                getattr(self.queue, name)[:n] = getattr(q, name)[waits]
        st[R.S_IN_CURSOR], st[R.S_IN_END] = 0, n

    def keep_causes(self) -> None:
        """Remember the inputs that were taken, before their places are used again."""
        q, taken = self.queue, int(self.st[R.S_INPUTS])
        known, single = self.known, taken if self.record else min(taken, self.root_limit)
        if not self.roots or known == single:
            return
        if single > len(self.causes):
            more = np.empty(max(single - len(self.causes), len(self.causes)), dtype=self.causes.dtype)
            self.causes = np.concatenate([self.causes, more])
        at = slice(known - taken + int(self.st[R.S_IN_CURSOR]), single - taken + int(self.st[R.S_IN_CURSOR]))
        made, code = self.causes[known:single], q.in_code[at]
        made["t"], made["port"] = q.in_t[at], q.in_port[at]
        self._write_codes(made, code)
        self.known = single

    def _write_codes(self, records: Events, code: Any) -> None:
        """Index, sign and amount of records, of their codes [n]."""
        records["index"], records["sign"], amounts = unpacked(code, self.bits)
        if self.bits:
            records["amount"] = amounts

    def run(self, until: int | None, limit: int | None, stop: int | None = None) -> bool:
        """Take deliveries until none is left before `until`; False where it ended sooner.

        That is after `limit` deliveries, or after one at the port `stop`.
        """
        st = self.st
        st[R.S_STOP] = -1 if stop is None else stop
        st[R.S_UNTIL] = FOREVER if until is None else until
        st[R.S_LIMIT] = -1 if limit is None else limit
        self._count_roots()
        if self.owing is not None:
            self.owing.begin()
        while True:
            try:
                why = self.loop(self.plan_table, self.queue_table, st, self.job)
            finally:
                if self.owing is not None:
                    self.owing.end()
            if self.heard is not None:
                self._drain_log()
            if why == PYTHON:
                self._react_in_python()
            elif why == LIMIT and self.handed:
                self._take_handed()
            elif why in (IDLE, UNTIL, LIMIT):
                return bool(why != LIMIT)
            elif why == LOG_FULL:
                self._drain_log()
            elif why == ERROR:
                raise self._problem()
            elif why == BAD_KEY:
                raise RuleError(bad_phase(self.order, int(st[R.S_ERROR])))
            elif why == TOO_LATE:
                raise RuleError(beyond_time(self.ports[st[R.S_PORT]], int(st[R.S_NOW])))
            elif why == BUDGET:
                raise UnsettledError(unsettled(self.net, self.store, self.coalesce, self.budget, int(st[R.S_NOW])))
            else:
                self._grow(why)

    def _count_roots(self) -> None:
        """Tell the loop where costs by root are counted, if they are."""
        self.job[R.ROOT_TALLY] = self.root_counts.ctypes.data if self.roots else 0
        self.job[R.DEEPER] = R.ONE_DEEPER if self.roots else 0

    def _problem(self) -> BaseException:
        """The exception that ended the last reaction."""
        if self.raised is not None:
            return self.raised
        st, code = self.st, int(self.st[R.S_CODE])
        index = (code if code >= 0 else ~code) >> self.bits
        return RuleError(fault(self.ports[st[R.S_PORT]], int(st[R.S_ERROR]), int(st[R.S_NOW]), index))

    def _grow(self, why: int) -> None:
        q, st = self.queue, self.st
        head, count = int(st[R.S_HEAD]), int(st[R.S_COUNT])
        if why == FULL_REGION:
            stack = self.order.kind == DEPTH
            live = np.arange(count) if stack else (head + np.arange(count)) % len(q.bursts)
            self.use(larger_region(q, int(st[R.S_FULL]), live if self.order.kind != KEYED else live[:0]))
        elif why == FULL_BURSTS:
            self.use(larger_bursts(q, 0 if self.order.kind == DEPTH else head))
            st[R.S_HEAD] = 0
        elif why == FULL_LINES:
            self.use(larger_lines(q))
        elif why == FULL_RING:
            self.use(larger_ring(q))
        elif why == FULL_SENDINGS:
            self.use(more_sendings(q))
        elif why in FULL:
            self.use(larger(q, FULL[why]))
        else:
            raise InternalError(f"the compiled loop left for an unknown reason {why}; please report this")

    def _react_in_python(self) -> None:
        """Let a Python module, or a rule of a checked run, react to a delivery, and queue what it made."""
        st, job = self.st, self.job
        word_of = st.item  # a whole number of Python in one step
        number, t, taken = word_of(R.S_PORT), word_of(R.S_NOW), word_of(R.S_TAKEN)
        port, react, widths, most, single, neurons, reach, amounts, noticing = self._python_port(number)
        code, word = self._delivery_at(word_of(R.S_KIND), word_of(R.S_SLOT), word_of(R.S_SOURCE), job.item(R.LO))
        root = word + job.item(R.DEEPER) if word < R.AT_DEEPEST else word
        bare, s = (code, 1) if code >= 0 else (~code, -1)
        index, s = (bare, s) if self.bits == 0 else (bare >> self.bits, s * ((bare & (1 << self.bits) - 1) + 1))
        out, tally = Out(widths, most, neurons, t, reach, amounts), self.python_tally
        tally.fill(0)
        error = 0
        self.reacting = True
        try:
            error = react(index, s, t, out, tally) or 0
        except BaseException as problem:
            self.raised = with_place(problem, port, t, index)
        self.reacting = False
        made = len(out.spikes)
        tally[DELIVERIES] += 1
        if made and noticing:
            noticed = sum(noticing >> spike[2] & 1 for spike in out.spikes)
            tally[NOTICES] += noticed
            tally[SPIKES] += made - noticed
        elif made:
            tally[SPIKES] += made
        counts = self.store.tally[number]
        np.add(counts, tally, counts)
        if self.roots:
            row = self.root_counts[word & R.ROW_MASK]
            count_for_root(row, tally, word >> R.ROW_BITS, t, taken, number in self.ends)
        if self.raised is None and (error or out.fault):
            self.raised = RuleError(fault(port, out.fault or error, t, index))
        if self.raised is not None:
            # Back to the loop, which counts the delivery and then leaves with an error.
            job[R.CONSUMED], job[R.MADE], st[R.S_RETURNED] = 1, 0, REACTED_BADLY
            return
        if made:
            self._write_spikes(out, single, root, taken)
        for unit, due in out.predictions.items():
            first = self.store.first_neuron[port.module.name]
            job[R.WAITING] = predict(self.store.slots, int(job[R.WAITING]), first + unit, due, taken, root)
        job[R.CONSUMED], job[R.MADE], st[R.S_RETURNED] = 1, made, REACTED
        if self.handed:
            # The loop finishes this one delivery and comes back: only then may the inputs that wait be moved.
            self.limit_before, st[R.S_LIMIT] = int(st[R.S_LIMIT]), 1

    def _write_spikes(self, out: Out, single: int, root: int, parent: int) -> None:
        """Write what a reaction in plain Python made where the loop looks for it, as compiled rules do.

        `kernels.out_compiled.write_spike` is the compiled twin; roots and parents are written by the run around a rule.
        """
        q, job = self.queue, self.job
        codes, roots, parents, at = q.out_codes, q.out_roots, q.out_parents, 0
        if single >= 0:
            codes, roots, parents, at = q.codes, q.roots, q.parents, int(q.base[single] + q.tail[single])
        for k, (unit, sign, outlet, magnitude, ticks) in enumerate(out.spikes):
            code = unit << self.bits | abs(sign) - 1
            codes[at + k] = code if sign > 0 else ~code
            roots[at + k], parents[at + k] = root, parent
            q.out_outlets[k], q.out_delays[k], q.out_magnitudes[k] = outlet, ticks, magnitude
            if ticks:
                job[R.LATER] = 1

    def _take_handed(self) -> None:
        """Add inputs that a module in plain Python injected to those pending; its delivery is done with."""
        st, before = self.st, self.limit_before
        st[R.S_LIMIT] = 0 if st[R.S_PORT] == st[R.S_STOP] else before - 1 if before > 0 else before
        events, self.handed = np.concatenate(self.handed), []
        self.inject(events)
        self._count_roots()

    def _python_port(self, number: int) -> PythonPort:
        """The `PythonPort` of a port by its number, made once."""
        if number not in self.python_ports:
            port = self.ports[number]
            react = reaction(self.store, port, self.rules[number][0])
            outlets = emitted(port, self.rules[number][1])
            widths, amounts = tuple(o.width for o in outlets), tuple(o.amounts for o in outlets)
            most, single = int(self.plan.most[number]), int(self.plan.single[number])
            neurons = neurons_of(port.module)
            longest = longest_delays(self.net)
            reach = tuple(longest[o.module.name, o.name] for o in outlets)
            noticing = int(self.plan.ports[number, R.NOTICED])
            made = PythonPort(port, react, widths, most, single, neurons, reach, amounts, noticing)
            self.python_ports[number] = made
        return self.python_ports[number]

    def _delivery_at(self, kind: int, slot: int, source: int, lo: int) -> tuple[int, int]:
        q = self.queue
        if kind == INPUT:
            return q.in_code.item(lo), q.in_root.item(lo)
        if kind == ARRIVAL:
            return q.line_code.item(slot, lo), q.line_root.item(slot, lo)
        if kind == BURST and self.order.kind != KEYED:
            at = q.base.item(source) + lo
            return q.codes.item(at), q.roots.item(at)
        return q.one_code.item(0), q.one_root.item(0)

    # --- what the simulation reads ---
    @property
    def taken(self) -> int:
        """Deliveries taken so far."""
        return int(self.st[R.S_TAKEN])

    @property
    def annihilated(self) -> int:
        """Spikes that met their opposite in the queue."""
        return int(self.st[R.S_ANNIHILATED])

    @property
    def now(self) -> int:
        """Time of the last delivery."""
        return int(self.st[R.S_NOW])

    def idle(self) -> bool:
        """Nothing waits in the queue."""
        return self.queued() == 0

    def queued(self) -> int:
        """Deliveries that wait, and predictions; within an instant, a burst is one."""
        st = self.st
        waits = st[R.S_COUNT] + st[R.S_SETTLED] + st[R.S_LATER] + self.queue.line_count.sum() + self.job[R.WAITING]
        waits += self.queue.ring_at[ring.WAIT]
        return int(st[R.S_IN_END] - st[R.S_IN_CURSOR] + waits)

    def waiting(self) -> int:
        """Predictions that wait."""
        return int(self.job[R.WAITING])

    def _drain_log(self) -> None:
        n = int(self.st[R.S_LOG])
        rows = self.queue.log[:n]
        if self.heard is not None:
            index, sign, _ = unpacked(rows[:, 3], self.bits)
            self.heard(rows[:, 0], rows[:, 1], rows[:, 2], index, sign)
        if not self.record:
            self.st[R.S_LOG] = 0
            return
        log = np.empty(n, dtype=delivery_type(self.bits > 0))
        log["id"] = np.arange(self.taken - n, self.taken)
        log["t"], log["source"], log["port"] = rows[:, 0], rows[:, 1], rows[:, 2]
        self._write_codes(log, rows[:, 3])
        log["root"], log["parent"] = self.queue.root_ids[rows[:, 4] & R.ROW_MASK], rows[:, 5]
        self.st[R.S_LOG] = 0
        if self.sink is not None:
            self.sink(log)
            if self.root_column is not None:
                self.root_column.let_go()
        else:
            self.logs.append(log)
            while self.keep is not None and sum(map(len, self.logs[1:])) >= self.keep:
                del self.logs[0]

    def take_log(self) -> Events:
        """The log so far; it is emptied."""
        self._drain_log()
        log = np.concatenate(self.logs) if self.logs else np.empty(0, dtype=delivery_type(self.bits > 0))
        self.logs = []
        return log

    def roots_counted(self) -> tuple[Any, Any, dict[str, Any]]:
        """Numbers of the roots [n], their rows [n, 14], and the rows of those beyond the limit by port."""
        inputs = int(self.st[R.S_INPUTS])
        single = inputs if self.record else min(inputs, self.root_limit)
        beyond = {}
        if inputs > single:
            rows = self.root_counts[self.root_limit : self.root_limit + len(self.ports)].copy()
            beyond = {str(self.ports[k]): rows[k] for k in np.flatnonzero(rows.any(axis=1)).tolist()}
        return self.queue.root_ids[:single].copy(), self.root_counts[:single].copy(), beyond

    def inputs_counted(self) -> Events:
        """The inputs that were roots [n]."""
        self.keep_causes()
        return self.causes[: self.known].copy()

    def came(self) -> Any:
        """Deliveries by the outlet they came from, [outlets + 1]; the last: inputs."""
        return np.roll(self.queue.came, -1)


@compiled
def lay_out(events: Any, at: int, t: Any, port: Any, code: Any, root: Any, number: int, address: Any) -> int:
    """Write events into the arrays from place `at` on; DISORDER and UNREADY, added up, where they are so.

    number: of the first of them among all inputs. DISORDER: not in order of time, then of port. UNREADY: some are for a
    port whose address is below 0.
    """
    found, last_t, last_port = 0, SOONEST, 0
    for k in range(len(events)):
        event = events[k]
        now, to, index = event["t"], event["port"], event["index"]
        t[at + k], port[at + k], root[at + k] = now, to, number + k
        code[at + k] = index if event["sign"] > 0 else ~index
        if now < last_t or (now == last_t and to < last_port):
            found |= DISORDER
        if address[to] < 0:
            found |= UNREADY
        last_t, last_port = now, to
    return found
