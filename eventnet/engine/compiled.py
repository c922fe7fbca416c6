"""The compiled engine: one loop over flat arrays, equal to the reference engine to the last byte.

Each turn takes a *run*: consecutive deliveries to one port that nothing could come between (see docs/how-it-works.md
for why that is exact), calls the port's rule once for all of them by its address, and sends on what it made. The loop
leaves for the reasons listed below and for no other; what Python does then (make arrays larger, write the log away, let
a Python module react) it does in `CompiledEngine.run`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba
import numpy as np
from numba import carray, float64, int32, int64, njit

from eventnet.engine.queue import (
    BEGIN,
    CURSOR,
    END,
    H_CODE,
    H_PARENT,
    H_PORT,
    H_ROOT,
    H_SOURCE,
    KEY0,
    KEY2,
    SOURCE,
    WIRE,
    Queue,
    larger,
    larger_bursts,
    larger_lines,
    larger_region,
    make_queue,
    pop,
    push,
    queue_views,
)
from eventnet.engine.reference import bad_phase, fault, unsettled
from eventnet.engine.store import Store, aligned, rule_in_force
from eventnet.errors import EngineError, InternalError, RuleError, UnsettledError
from eventnet.event import DELIVERY, Events
from eventnet.kernels import (
    CODES,
    CONSUMED,
    FAULT,
    FIRST,
    HI,
    JOB_WORDS,
    LATER,
    LO,
    MADE,
    NOW,
    OUT_CODES,
    OUT_DELAYS,
    OUT_MAGNITUDES,
    OUT_OUTLETS,
    OUT_PARENTS,
    OUT_ROOTS,
    PORT_WORDS,
    ROOM,
    ROOT_TALLY,
    ROOTS,
    SCRATCH,
    SCRATCH_ITEMS,
    STOP,
    Out,
    address_of,
    call_rule,
    pointer,
    scratch_words,
)
from eventnet.network import Network
from eventnet.order import (
    ARRIVAL_PHASE,
    BREADTH,
    DEPTH,
    FIFO,
    INPUT_PHASE,
    KEY_MAGNITUDE,
    KEY_PHASE,
    KEY_PLACE,
    KEY_WORDS,
    KEYED,
    SETTLED_PHASE,
    Order,
    call_key,
)
from eventnet.plan import (
    DELAYED_WIRE,
    NO_OUTLET,
    SETTLED_WIRE,
    SEVERAL_OUTLETS,
    ZERO_WIRE,
    Plan,
    make_plan,
    plan_views,
    table_of,
)
from eventnet.tally import DELIVERIES, N_COLUMNS, SPIKES

# Why the loop leaves.
IDLE, UNTIL, ERROR, PYTHON, BUDGET, LIMIT, LOG_FULL, BAD_KEY = range(8)
FULL_REGION, FULL_BURSTS, FULL_HEAP, FULL_SETTLED, FULL_LATER, FULL_LINES = range(8, 14)

# What a turn takes.
BURST, INPUT, ARRIVAL, LATE, SETTLED = range(5)

# Words of the loop's record of state.
(
    S_ORDER, S_NOW, S_TAKEN, S_SEQ, S_IN_INSTANT, S_BUDGET, S_LIMIT, S_UNTIL, S_IN_CURSOR, S_IN_END, S_HEAD, S_COUNT,
    S_SETTLED, S_LATER, S_LOG, S_RECORD, S_IDS, S_INPUTS, S_SEED, S_KEY, S_FULL, S_ERROR, S_RETURNED,
    S_KIND, S_PORT, S_SLOT, S_SOURCE, S_CODE, S_ROOT,
) = range(29)  # fmt: skip
STATE_WORDS = 32
FOREVER = 2**62


@njit(forceinline=True, error_model="numpy")
def _next_arrival(later, line_t, line_seq, line_head, line_count, st, lines):  # type: ignore[no-untyped-def]
    """Time and place of the next arrival: a line's number, or -1 for a spike that set out later; -2 for none."""
    t, place = FOREVER, -2
    for k in range(lines):
        if line_count[k] > 0 and line_t[k, line_head[k]] < t:
            t, place = line_t[k, line_head[k]], k
    if st[S_LATER] > 0:
        own = later[0, KEY0]
        if own < t or (own == t and later[0, KEY2] < line_seq[place, line_head[place]]):
            t, place = own, -1
    return t, place


@njit
def _log_run(log, st, source, port, codes, roots, parents, lo, n, from_input):  # type: ignore[no-untyped-def]
    """Write the consumed deliveries into the log."""
    at = st[S_LOG]
    for k in range(n):
        row = log[at + k]
        row[0], row[1], row[2], row[3] = st[S_NOW], source, port, codes[lo + k]
        row[4] = roots[lo + k]
        row[5] = -1 if from_input else parents[lo + k]
    st[S_LOG] = at + n


@njit(forceinline=True, error_model="numpy")
def _append(bursts, tail, opened, pending, order, st, outlet, n):  # type: ignore[no-untyped-def]
    """The last `n` spikes of an outlet's region (already written) join its burst, or become one."""
    lo = tail[outlet]
    tail[outlet] = lo + n
    size = len(bursts)
    if order == DEPTH:
        slot = st[S_COUNT]
    else:
        slot = (st[S_HEAD] + st[S_COUNT]) % size
        last = opened[outlet]
        if order == FIFO:
            last = (slot + size - 1) % size
            if st[S_COUNT] == 0 or bursts[last, SOURCE] != outlet:
                last = -1
        if last >= 0:
            bursts[last, END] += n
            return
        if order == BREADTH:
            opened[outlet] = slot
        pending[outlet] += 1
    burst = bursts[slot]
    burst[SOURCE], burst[BEGIN], burst[END], burst[CURSOR], burst[WIRE] = outlet, lo, lo + n, lo, 0
    st[S_COUNT] += 1


@njit(forceinline=True, error_model="numpy")
def _send_keyed(heap, words, st, rank, number, target, source, code, root, parent, magnitude):  # type: ignore[no-untyped-def]
    """Ask the key where a zero-delay delivery belongs; False when the phase is not the key's to give."""
    words[0], words[1], words[2] = st[S_NOW], source, number
    words[3], words[4] = (code, 1) if code >= 0 else (~code, -1)
    carray(pointer(address_of(words)), KEY_WORDS, float64)[KEY_MAGNITUDE] = magnitude
    words[6], words[7], words[8] = rank, st[S_SEQ], st[S_SEED]
    call_key(st[S_KEY], address_of(words))
    phase = words[KEY_PHASE]
    if phase == INPUT_PHASE or phase == ARRIVAL_PHASE or phase >= SETTLED_PHASE:
        st[S_ERROR] = phase
        return False
    push(heap, st[S_COUNT], phase, words[KEY_PLACE], st[S_SEQ], target, code, root, parent, source)
    st[S_COUNT] += 1
    return True


@njit(forceinline=True, error_model="numpy")
def _send(p, q, st, port, n, later, codes, roots, parents):  # type: ignore[no-untyped-def]
    """Send `n` spikes of one reaction or run on, spike by spike and wire by wire; the general path.

    Spikes over zero-delay wires are packed into `codes` again, stretch by stretch of one outlet, for `_append`.
    """
    order, single, keyed = st[S_ORDER], p.single[port], st[S_ORDER] == KEYED
    kept = 0
    for k in range(n):
        outlet = single if single >= 0 else p.emit_outlet[p.emit_start[port] + q.out_outlets[k]]
        code, root, parent = codes[k], roots[k], parents[k]
        ticks = q.out_delays[k] if later else 0
        for w in range(p.wire_start[outlet], p.wire_start[outlet + 1]):
            delay, target = p.wire_delay[w] + ticks, p.wire_port[w]
            if ticks > 0:
                push(q.later, st[S_LATER], st[S_NOW] + delay, 0, st[S_SEQ], target, code, root, parent, outlet)
                st[S_LATER] += 1
            elif p.wire_kind[w] == DELAYED_WIRE:
                line = p.wire_line[w]
                size = q.line_t.shape[1]
                at = q.line_head[line] + q.line_count[line]
                at = at - size if at >= size else at
                q.line_t[line, at], q.line_seq[line, at] = st[S_NOW] + delay, st[S_SEQ]
                q.line_port[line, at], q.line_source[line, at] = target, outlet
                q.line_code[line, at], q.line_root[line, at], q.line_parent[line, at] = code, root, parent
                q.line_count[line] += 1
            elif p.wire_kind[w] == SETTLED_WIRE:
                push(q.settled, st[S_SETTLED], p.rank[target], 0, st[S_SEQ], target, code, root, parent, outlet)
                st[S_SETTLED] += 1
            elif keyed and not _send_keyed(
                q.heap, q.key_words, st, p.rank[target], p.wire_number[w], target, outlet, code, root, parent,
                q.out_magnitudes[k],
            ):  # fmt: skip
                return False
            st[S_SEQ] += 1
        if not keyed and ticks == 0 and p.zero_start[outlet + 1] > p.zero_start[outlet]:
            codes[kept], roots[kept], parents[kept] = code, root, parent
            q.out_outlets[kept] = outlet
            kept += 1
    if kept == 0:
        return True
    if single >= 0:
        _append(q.bursts, q.tail, q.opened, q.pending, order, st, single, kept)
        return True
    # Stretches of one outlet, the last first where the queue is a stack.
    done = 0
    while done < kept:
        if order == DEPTH:
            hi = kept - done
            lo = hi - 1
            while lo > 0 and q.out_outlets[lo - 1] == q.out_outlets[lo]:
                lo -= 1
        else:
            lo = done
            hi = lo + 1
            while hi < kept and q.out_outlets[hi] == q.out_outlets[lo]:
                hi += 1
        outlet = q.out_outlets[lo]
        at = q.base[outlet] + q.tail[outlet] - lo
        for k in range(lo, hi):
            q.codes[at + k], q.roots[at + k], q.parents[at + k] = codes[k], roots[k], parents[k]
        _append(q.bursts, q.tail, q.opened, q.pending, order, st, outlet, hi - lo)
        done += hi - lo
    return True


@njit(forceinline=True, error_model="numpy")
def _finish_burst(bursts, tail, pending, zero_start, st, slot, taken):  # type: ignore[no-untyped-def]
    """Advance a burst's cursor; a finished one is popped *before* its last children go in (so a self-wired
    continuation runs in constant space). Returns how far its outlet's tail moved down."""
    order = st[S_ORDER]
    burst = bursts[slot]
    source = burst[SOURCE]
    wires = zero_start[source + 1] - zero_start[source]
    if wires == 1:
        burst[CURSOR] += taken
    elif order == BREADTH:
        burst[CURSOR] += taken
        if burst[CURSOR] == burst[END]:
            burst[CURSOR] = burst[BEGIN]
            burst[WIRE] += 1
            if burst[WIRE] == wires:
                burst[CURSOR] = burst[END]
    else:
        burst[WIRE] += 1
        if burst[WIRE] == wires:
            burst[WIRE] = 0
            burst[CURSOR] += 1
    if burst[CURSOR] < burst[END]:
        return 0
    st[S_COUNT] -= 1
    before = tail[source]
    if order == DEPTH:
        tail[source] = burst[BEGIN]
    else:
        st[S_HEAD] = (slot + 1) % len(bursts)
        pending[source] -= 1
        if pending[source] == 0:
            tail[source] = 0
    return before - tail[source]


@njit(forceinline=True, error_model="numpy")
def _room(p, q, st, port):  # type: ignore[no-untyped-def]
    """Spikes for which there is room everywhere, or -(reason) - 1 when not even one reaction's would fit."""
    room, most, single = len(q.out_outlets), p.most[port], p.single[port]
    if single == NO_OUTLET:
        return room
    for k in range(p.emit_start[port], p.emit_start[port + 1]):
        outlet = p.emit_outlet[k]
        free = q.cap[outlet] - q.tail[outlet]
        if free < most:
            st[S_FULL] = outlet
            return -FULL_REGION - 1
        room = min(room, free)
    if st[S_ORDER] != KEYED and len(q.bursts) - st[S_COUNT] <= (1 if single >= 0 else most):
        return -FULL_BURSTS - 1
    if single == SEVERAL_OUTLETS:
        room = min(room, max(most, len(q.bursts) - st[S_COUNT] - 1))
    need = room * p.fan[port]
    if len(q.later) - st[S_LATER] < need:
        return -FULL_LATER - 1
    if st[S_ORDER] == KEYED and len(q.heap) - st[S_COUNT] < need:
        return -FULL_HEAP - 1
    if p.plain[port] == 0:
        if len(q.settled) - st[S_SETTLED] < need:
            return -FULL_SETTLED - 1
        for line in range(len(p.line_delay)):
            if q.line_t.shape[1] - q.line_count[line] < need:
                return -FULL_LINES - 1
    return room


@njit(cache=True, nogil=True, error_model="numpy")
def run_loop(plan_table, queue_table, st, job):  # type: ignore[no-untyped-def]
    """Take runs of deliveries until there is a reason to leave; returns the reason."""
    p, q = plan_views(plan_table), queue_views(queue_table)
    order, lines = st[S_ORDER], len(p.line_delay)
    ports_at, job_at = address_of(p.ports), address_of(job)
    codes_at, roots_at, parents_at = address_of(q.codes), address_of(q.roots), address_of(q.parents)
    in_codes_at, in_roots_at = address_of(q.in_code), address_of(q.in_root)
    while True:
        returned = st[S_RETURNED] != 0
        if not returned:
            # 1. Whose turn is it?
            if st[S_LIMIT] == 0:
                return LIMIT
            waiting = st[S_COUNT] > 0
            kind, place = -1, -2
            if waiting and (order == DEPTH or (order == KEYED and q.heap[0, KEY0] < INPUT_PHASE)):
                kind = BURST
            else:
                cursor = st[S_IN_CURSOR]
                input_t = q.in_t[cursor] if cursor < st[S_IN_END] else FOREVER
                arrival_t = FOREVER
                if lines > 0 or st[S_LATER] > 0:
                    arrival_t, place = _next_arrival(
                        q.later, q.line_t, q.line_seq, q.line_head, q.line_count, st, lines
                    )
                if input_t == st[S_NOW]:
                    kind = INPUT
                elif arrival_t == st[S_NOW]:
                    kind = LATE if place == -1 else ARRIVAL
                elif waiting:
                    kind = BURST
                elif st[S_SETTLED] > 0:
                    kind = SETTLED
                else:
                    t = min(input_t, arrival_t)
                    if t == FOREVER:
                        return IDLE
                    if t >= st[S_UNTIL]:
                        return UNTIL
                    st[S_NOW], st[S_IN_INSTANT] = t, 0
                    kind = INPUT if input_t == t else (LATE if place == -1 else ARRIVAL)

            # 2. Which deliveries: from where, to which port, how many at most?
            slot, source, lo, hi = 0, -1, 0, 1
            if kind == INPUT:
                port, lo = q.in_port[cursor], cursor
                hi = lo + 1
                if order != KEYED:
                    while hi < st[S_IN_END] and q.in_port[hi] == port and q.in_t[hi] == st[S_NOW]:
                        hi += 1
                job[CODES], job[ROOTS] = in_codes_at, in_roots_at
            elif kind == BURST and order != KEYED:
                slot = st[S_COUNT] - 1 if order == DEPTH else st[S_HEAD]
                burst = q.bursts[slot]
                source, lo, hi = burst[SOURCE], burst[CURSOR], burst[END]
                wires = p.zero_start[source + 1] - p.zero_start[source]
                port = p.zero_port[p.zero_start[source] + burst[WIRE]]
                if wires > 1 and order != BREADTH:
                    hi = lo + 1
                job[CODES] = codes_at + 4 * q.base[source]
                job[ROOTS] = roots_at + 8 * q.base[source]
            elif kind == ARRIVAL:
                slot, lo = place, q.line_head[place]
                port, source = q.line_port[place, lo], q.line_source[place, lo]
                size = q.line_t.shape[1]
                last = min(size, lo + q.line_count[place])
                hi = lo + 1
                if order != KEYED and st[S_LATER] == 0:
                    while (hi < last and q.line_port[place, hi] == port and q.line_source[place, hi] == source
                           and q.line_t[place, hi] == st[S_NOW]):  # fmt: skip
                        hi += 1
                job[CODES] = address_of(q.line_code) + 4 * size * place
                job[ROOTS] = address_of(q.line_root) + 8 * size * place
            else:
                heap = q.heap if kind == BURST else q.later if kind == LATE else q.settled
                port, source = heap[0, H_PORT], heap[0, H_SOURCE]
                q.one_code[0] = np.int32(heap[0, H_CODE])
                q.one_root[0], q.one_parent[0] = heap[0, H_ROOT], heap[0, H_PARENT]
                job[CODES], job[ROOTS] = address_of(q.one_code), address_of(q.one_root)

            # 3. Is there room for one whole reaction, in the budget, the log and every place its spikes may go?
            left = st[S_BUDGET] - st[S_IN_INSTANT]
            if left <= 0:
                return BUDGET
            if st[S_LIMIT] > 0:
                left = min(left, st[S_LIMIT])
            if st[S_RECORD] != 0:
                if st[S_LOG] == len(q.log):
                    return LOG_FULL
                left = min(left, len(q.log) - st[S_LOG])
            hi = min(hi, lo + left)
            room = _room(p, q, st, port)
            if room < 0:
                return -room - 1

            # 4. The rule reacts. A batch that has begun to drain takes no more spikes.
            if kind == BURST and order == BREADTH and q.opened[source] == slot:
                q.opened[source] = -1
            single = p.single[port]
            if single >= 0:
                at = q.base[single] + q.tail[single]
                job[OUT_CODES] = codes_at + 4 * at
                job[OUT_ROOTS], job[OUT_PARENTS] = roots_at + 8 * at, parents_at + 8 * at
            else:
                job[OUT_CODES] = address_of(q.out_codes)
                job[OUT_ROOTS], job[OUT_PARENTS] = address_of(q.out_roots), address_of(q.out_parents)
            job[LO], job[HI], job[STOP] = lo, hi, p.stop[port] if order == DEPTH else 0
            job[NOW], job[FIRST], job[ROOM] = st[S_NOW], st[S_TAKEN], room
            job[MADE], job[FAULT], job[LATER] = 0, 0, 0
            error = 0
            if p.address[port] == 0:
                st[S_KIND], st[S_PORT], st[S_SLOT], st[S_SOURCE] = kind, port, slot, source
                return PYTHON
            error = call_rule(p.address[port], ports_at + port * 8 * PORT_WORDS, job_at)
        else:
            st[S_RETURNED], error = 0, 0
            kind, port, slot, source, lo = st[S_KIND], st[S_PORT], st[S_SLOT], st[S_SOURCE], job[LO]
            single = p.single[port]
        taken, made = job[CONSUMED], job[MADE]
        if error != 0:
            st[S_CODE] = carray(pointer(job[CODES]), lo + taken, int32)[lo + taken - 1]

        # 5. Count, log, and move on in the place the deliveries came from.
        first = st[S_TAKEN]
        if st[S_RECORD] != 0:
            codes, roots, parents, at = q.one_code, q.one_root, q.one_parent, 0
            if kind == INPUT:
                codes, roots, parents, at = q.in_code, q.in_root, q.in_root, lo
            elif kind == ARRIVAL:
                codes, roots, parents, at = q.line_code[slot], q.line_root[slot], q.line_parent[slot], lo
            elif kind == BURST and order != KEYED:
                codes, roots, parents, at = q.codes, q.roots, q.parents, q.base[source] + lo
            _log_run(q.log, st, source, port, codes, roots, parents, at, taken, kind == INPUT)
        if kind == INPUT:
            if st[S_IDS] != 0:
                for k in range(min(taken, len(q.root_ids) - st[S_INPUTS])):
                    q.root_ids[st[S_INPUTS] + k] = first + k
            st[S_INPUTS] += taken
            st[S_IN_CURSOR] += taken
        elif kind == ARRIVAL:
            q.line_head[slot] = (lo + taken) % q.line_t.shape[1]
            q.line_count[slot] -= taken
        elif kind == LATE:
            pop(q.later, st[S_LATER])
            st[S_LATER] -= 1
        elif kind == SETTLED:
            pop(q.settled, st[S_SETTLED])
            st[S_SETTLED] -= 1
        elif order == KEYED:
            pop(q.heap, st[S_COUNT])
            st[S_COUNT] -= 1
        st[S_TAKEN] += taken
        st[S_IN_INSTANT] += taken
        if st[S_LIMIT] > 0:
            st[S_LIMIT] -= taken
        moved = 0
        if kind == BURST and order != KEYED:
            moved = _finish_burst(q.bursts, q.tail, q.pending, p.zero_start, st, slot, taken)
        if error != 0:
            st[S_ERROR], st[S_PORT] = error, port
            return ERROR
        if made == 0:
            continue

        # 6. The children go in.
        if single >= 0:
            at = q.base[single] + q.tail[single]
            if moved > 0 and single == source:
                for k in range(made):
                    q.codes[at + k] = q.codes[at + moved + k]
                    q.roots[at + k] = q.roots[at + moved + k]
                    q.parents[at + k] = q.parents[at + moved + k]
            if p.plain[port] != 0 and order != KEYED and job[LATER] == 0:
                wires = p.zero_start[single + 1] - p.zero_start[single]
                st[S_SEQ] += made * wires
                if wires > 0:
                    _append(q.bursts, q.tail, q.opened, q.pending, order, st, single, made)
                continue
            codes, roots, parents = q.codes[at:], q.roots[at:], q.parents[at:]
        else:
            codes, roots, parents = q.out_codes, q.out_roots, q.out_parents
        if not _send(p, q, st, port, made, job[LATER] != 0, codes, roots, parents):
            return BAD_KEY


@contextmanager
def word_while_compiling() -> Iterator[None]:
    """Tell the user what takes so long, once it has taken more than a second."""
    text = "eventnet: compiling the engine for this machine; this happens once and takes some 10 seconds ..."
    timer = threading.Timer(1.0, print, (text,), {"file": sys.stderr, "flush": True})
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


LOOP_SIGNATURE = (int64[:, ::1], int64[:, ::1], int64[::1], int64[::1])


class CompiledEngine:
    """Runs a network in the compiled loop. The same questions and answers as `ReferenceEngine`."""

    burst_room = 1024

    def __init__(
        self, net: Network, store: Store, order: Order, *, coalesce: str | None, seed: int, budget: int,
        record: bool, roots: bool, root_limit: int,
    ) -> None:  # fmt: skip
        if numba.config.DISABLE_JIT:
            raise EngineError("the compiled engine needs Numba's compiler, but NUMBA_DISABLE_JIT is set: use reference")
        self.net, self.store, self.order = net, store, order
        self.record, self.roots, self.root_limit = record, roots, root_limit
        self.ports = list(net.ports())
        self.rules = [rule_in_force(net, port, coalesce) for port in self.ports]
        with word_while_compiling():
            self.plan: Plan = make_plan(net, store, coalesce)
            run_loop.compile(LOOP_SIGNATURE)
        self.plan_table = table_of(self.plan)
        self.st = np.zeros(STATE_WORDS, dtype=np.int64)
        st = self.st
        st[S_ORDER], st[S_NOW], st[S_BUDGET], st[S_SEED] = order.kind, -FOREVER, budget, seed
        st[S_RECORD], st[S_IDS], st[S_KEY] = record, record or roots, order.address()
        self.job = aligned(JOB_WORDS, np.int64)
        self.use(make_queue(self.plan, self.burst_room, record))
        items = int(self.plan.most.max(initial=1)) + 1
        widest = max((m.units for m in net.modules), default=1)
        widest = max([widest, *(len(a) for a in store.arrays.values())])
        self.scratch = aligned(scratch_words(widest, items), np.int64)
        self.job[SCRATCH], self.job[SCRATCH_ITEMS] = self.scratch.ctypes.data, items
        self.root_counts = np.zeros((1, N_COLUMNS), dtype=np.int64)
        self.python_ports: dict[int, Any] = {}
        self.python_tally = np.zeros(N_COLUMNS, dtype=np.int64)
        self.logs: list[Events] = []
        self.sink: Callable[[Events], None] | None = None
        self.keep: int | None = None

    def use(self, queue: Queue) -> None:
        """Work with these arrays from now on; the loop finds them by their addresses."""
        self.queue, self.queue_table = queue, table_of(queue)
        self.job[OUT_OUTLETS], self.job[OUT_DELAYS] = queue.out_outlets.ctypes.data, queue.out_delays.ctypes.data
        self.job[OUT_MAGNITUDES] = queue.out_magnitudes.ctypes.data if self.order.kind == KEYED else 0

    # --- what the simulation asks ---
    def inject(self, events: Events) -> None:
        """Merge inputs into those that wait: by time, then by port, then as handed over."""
        q, st = self.queue, self.st
        rest = slice(int(st[S_IN_CURSOR]), int(st[S_IN_END]))
        code = np.where(events["sign"] > 0, events["index"], ~events["index"]).astype(np.int32)
        t = np.concatenate([q.in_t[rest], events["t"]])
        port = np.concatenate([q.in_port[rest], events["port"]]).astype(np.int64)
        code = np.concatenate([q.in_code[rest], code])
        order = np.lexsort((port, t))
        t, port, code = t[order], port[order], code[order]
        number = int(st[S_INPUTS]) + np.arange(len(t), dtype=np.int64)
        if self.roots and not self.record:
            number = np.where(number < self.root_limit, number, self.root_limit + port)
        q = q._replace(in_t=t, in_port=port, in_code=code, in_root=number)
        st[S_IN_CURSOR], st[S_IN_END] = 0, len(t)
        inputs = int(st[S_INPUTS]) + len(t)
        kept = inputs if self.record else min(inputs, self.root_limit)
        if (self.record or self.roots) and kept > len(q.root_ids):
            more = max(kept - len(q.root_ids), min(kept, len(q.root_ids)))
            q = q._replace(root_ids=np.concatenate([q.root_ids, np.zeros(more, np.int64)]))
        self.use(q)
        rows = kept if self.record or inputs <= self.root_limit else self.root_limit + len(self.ports)
        if self.roots and rows > len(self.root_counts):
            more = max(rows - len(self.root_counts), min(rows, len(self.root_counts)))
            self.root_counts = np.concatenate([self.root_counts, np.zeros((more, N_COLUMNS), dtype=np.int64)])

    def run(self, until: int | None, limit: int | None) -> None:
        """Take deliveries until none is left before `until`, or `limit` of them have been taken."""
        st = self.st
        st[S_UNTIL] = FOREVER if until is None else until
        st[S_LIMIT] = -1 if limit is None else limit
        self.job[ROOT_TALLY] = self.root_counts.ctypes.data if self.roots else 0
        while True:
            why = run_loop(self.plan_table, self.queue_table, st, self.job)
            if why in (IDLE, UNTIL, LIMIT):
                return
            if why == PYTHON:
                self._react_in_python()
            elif why == LOG_FULL:
                self._drain_log()
            elif why == ERROR:
                raise RuleError(fault(self.ports[st[S_PORT]], int(st[S_ERROR]), int(st[S_NOW]), self._last_index()))
            elif why == BAD_KEY:
                raise RuleError(bad_phase(self.order, int(st[S_ERROR])))
            elif why == BUDGET:
                raise UnsettledError(unsettled(self.net, self.store, int(st[S_BUDGET]), int(st[S_NOW])))
            else:
                self._grow(why)

    def _last_index(self) -> int:
        code = int(self.st[S_CODE])
        return code if code >= 0 else ~code

    def _grow(self, why: int) -> None:
        q, st = self.queue, self.st
        head, count = int(st[S_HEAD]), int(st[S_COUNT])
        if why == FULL_REGION:
            stack = self.order.kind == DEPTH
            live = np.arange(count) if stack else (head + np.arange(count)) % len(q.bursts)
            self.use(larger_region(q, int(st[S_FULL]), live if self.order.kind != KEYED else live[:0]))
        elif why == FULL_BURSTS:
            self.use(larger_bursts(q, 0 if self.order.kind == DEPTH else head))
            st[S_HEAD] = 0
        elif why == FULL_LINES:
            self.use(larger_lines(q))
        elif why in (FULL_HEAP, FULL_SETTLED, FULL_LATER):
            self.use(larger(q, {FULL_HEAP: "heap", FULL_SETTLED: "settled", FULL_LATER: "later"}[why]))
        else:
            raise InternalError(f"the compiled loop left for an unknown reason {why}; please report this")

    def _react_in_python(self) -> None:
        """Let a Python module react to one delivery, and put what it made where a compiled rule would have."""
        q, st, job = self.queue, self.st, self.job
        number, t = int(st[S_PORT]), int(st[S_NOW])
        port, react, widths, most, single = self._python_port(number)
        code, root = self._delivery_at(int(st[S_KIND]), int(st[S_SLOT]), int(st[S_SOURCE]), int(job[LO]))
        index, sign = (code, 1) if code >= 0 else (~code, -1)
        out, tally = Out(widths, most), self.python_tally
        tally.fill(0)
        error = react(index, sign, t, out, tally) or 0
        made = len(out.spikes)
        tally[DELIVERIES] += 1
        tally[SPIKES] += made
        self.store.tally[number] += tally
        if self.roots:
            self.root_counts[root] += tally
        if error or out.fault:
            raise RuleError(fault(port, out.fault or error, t, index))
        if made:
            at = int(q.base[single] + q.tail[single]) if single >= 0 else 0
            codes, roots, parents = q.out_codes, q.out_roots, q.out_parents
            if single >= 0:
                codes, roots, parents = q.codes, q.roots, q.parents
            for k, (unit, s, outlet, magnitude, ticks) in enumerate(out.spikes):
                codes[at + k] = unit if s > 0 else ~unit
                roots[at + k], parents[at + k] = root, st[S_TAKEN]
                q.out_outlets[k], q.out_delays[k], q.out_magnitudes[k] = outlet, ticks, magnitude
                if ticks:
                    job[LATER] = 1
        job[CONSUMED], job[MADE], st[S_RETURNED] = 1, made, 1

    def _python_port(self, number: int) -> tuple[Any, Any, tuple[int, ...], int, int]:
        """What a crossing needs to know of a port: itself, its method, widths, most spikes, outlet; found once."""
        if number not in self.python_ports:
            port = self.ports[number]
            react = getattr(self.store.python[port.module.name], f"on_{port.name}")
            widths = tuple(getattr(port.module, e).width for e in self.rules[number][1])
            most, single = int(self.plan.most[number]), int(self.plan.single[number])
            self.python_ports[number] = (port, react, widths, most, single)
        return self.python_ports[number]

    def _delivery_at(self, kind: int, slot: int, source: int, lo: int) -> tuple[int, int]:
        q = self.queue
        if kind == INPUT:
            return int(q.in_code[lo]), int(q.in_root[lo])
        if kind == ARRIVAL:
            return int(q.line_code[slot, lo]), int(q.line_root[slot, lo])
        if kind == BURST and self.order.kind != KEYED:
            at = int(q.base[source]) + lo
            return int(q.codes[at]), int(q.roots[at])
        return int(q.one_code[0]), int(q.one_root[0])

    # --- what the simulation reads ---
    @property
    def taken(self) -> int:
        """Deliveries taken so far."""
        return int(self.st[S_TAKEN])

    @property
    def now(self) -> int:
        """Time of the last delivery."""
        return int(self.st[S_NOW])

    def idle(self) -> bool:
        """Nothing waits in the queue."""
        st = self.st
        waits = st[S_COUNT] + st[S_SETTLED] + st[S_LATER] + self.queue.line_count.sum()
        return bool(st[S_IN_CURSOR] == st[S_IN_END] and waits == 0)

    def _drain_log(self) -> None:
        n = int(self.st[S_LOG])
        rows = self.queue.log[:n]
        log = np.empty(n, dtype=DELIVERY)
        log["id"] = np.arange(self.taken - n, self.taken)
        log["t"], log["source"], log["port"], code = rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3]
        log["index"], log["sign"] = np.where(code >= 0, code, ~code), np.where(code >= 0, 1, -1)
        log["root"], log["parent"] = self.queue.root_ids[rows[:, 4]], rows[:, 5]
        self.st[S_LOG] = 0
        if self.sink is not None:
            self.sink(log)
        else:
            self.logs.append(log)
            while self.keep is not None and sum(map(len, self.logs[1:])) >= self.keep:
                del self.logs[0]

    def take_log(self) -> Events:
        """The log so far; it is emptied."""
        self._drain_log()
        log = np.concatenate(self.logs) if self.logs else np.empty(0, dtype=DELIVERY)
        self.logs = []
        return log

    def roots_counted(self) -> tuple[Any, Any, dict[str, Any]]:
        """Numbers of the roots [n], their counts [n, 10], and the sums beyond the limit by port."""
        inputs = int(self.st[S_INPUTS])
        single = inputs if self.record else min(inputs, self.root_limit)
        beyond = {}
        if inputs > single:
            rows = self.root_counts[self.root_limit : self.root_limit + len(self.ports)]
            beyond = {str(port): row.copy() for port, row in zip(self.ports, rows, strict=False) if row.any()}
        return self.queue.root_ids[:single].copy(), self.root_counts[:single].copy(), beyond


__all__ = ["ZERO_WIRE", "CompiledEngine", "run_loop"]
