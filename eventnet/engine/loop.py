"""The compiled loop: takes runs of deliveries from flat arrays and calls the rules of their ports by address.

Each turn takes a *run*: consecutive deliveries to one port that nothing could come between (why that is exact:
docs/explanation/how-it-works.md), calls the port's rule once for all of them, and sends on what it made. The loop
leaves for the reasons listed below and for no other.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np
from numba import float64, int32, int64

from eventnet.engine import plan as P
from eventnet.engine.annihilation import take_back
from eventnet.engine.delay_lines import FEW_LINES, line_is_due
from eventnet.engine.looks_heap import lay, look_at, note_all, settle, settle_first
from eventnet.engine.plan import (
    DELAYED_WIRE,
    NO_OUTLET,
    SETTLED_WIRE,
    SEVERAL_OUTLETS,
    Plan,
    Queue,
    plan_views,
    pop,
    push,
    queue_views,
    views_of,
)
from eventnet.engine.ring import (
    CHUNK,
    IN_USE,
    NEWEST,
    NO_TICKS,
    OLDEST,
    RUN,
    WAIT,
    drop,
    first_of,
    forget,
    gather,
    next_tick,
    put,
    put_run,
)
from eventnet.kernels import records as R
from eventnet.kernels.codegen import KEY_BITS, KEY_MAGNITUDE, KEY_PHASE, KEY_PLACE, KEY_REKEYS, KEY_WORDS, call_key
from eventnet.kernels.compiling import compiled
from eventnet.kernels.prediction_heap import DUE, FOREVER, FROM_OUTLET, HEAP, PARENT, ROOT, TO_PORT, UNIT, cancel
from eventnet.kernels.records import address_of, array_at, call_rule, inner, rows_at
from eventnet.order import ARRIVAL_PHASE, BREADTH, DEPTH, FIFO, INPUT_PHASE, KEYED, PREDICTED_PHASE, SETTLED_PHASE

REMOVES = False
"""Opposite spikes in the queue annihilate. To the compiler a constant: the loop without it has no trace of it."""

PENDS = False
"""Some outlets say `pending`: of each of their units one delivery waits at most. A constant, too."""

GENERAL = False
"""Spikes may be predicted, there may be many delay lines, of which a tree says which is due first, and a ring. A
constant, too: a first run that needs none of them compiles seconds less, and a few lines are looked at faster without
a tree."""

# Why the loop leaves.
IDLE, UNTIL, ERROR, PYTHON, BUDGET, LIMIT, LOG_FULL, BAD_KEY = range(8)
FULL_REGION, FULL_BURSTS, FULL_HEAP, FULL_SETTLED, FULL_LATER, FULL_LINES, FULL_RING, FULL_SENDINGS, TOO_LATE = range(
    8, 17
)

IN_RING = -3
"""The place of an arrival that waits in the ring."""

SENT = -1
"""Result of `_send` where there is no reason to leave."""

# How the reaction of a Python module came back: `st[S_RETURNED]`.
REACTED, REACTED_BADLY = 1, 2

# What a turn takes.
BURST, INPUT, ARRIVAL, LATE, SETTLED, PREDICTED, RINGED = range(7)


@inner(forceinline=True, error_model="numpy")
def _next_arrival(later, line_t, line_seq, line_head, line_count, line_due, line_first, st, lines):
    """Time and place of the next arrival: a line's number, or -1 for a spike that set out later; FOREVER for none."""
    t, place = FOREVER, line_first[1]
    if GENERAL and lines > FEW_LINES:
        t = line_due[place]
    else:
        for k in range(lines):
            if line_count[k] > 0 and line_t[k, line_head[k]] < t:
                t, place = line_t[k, line_head[k]], k
    if st[R.S_LATER] > 0:
        own = later[0, P.KEY0]
        if own < t or (own == t and later[0, P.KEY2] < line_seq[place, line_head[place]]):
            t, place = own, -1
    return t, place


@inner
def _log_run(log, st, source, port, codes, roots, parents, lo, n, from_input, in_t):
    """Write the consumed deliveries into the log."""
    at = st[R.S_LOG]
    for k in range(n):
        row = log[at + k]
        row[0], row[1], row[2], row[3] = in_t[lo + k] if from_input else st[R.S_NOW], source, port, codes[lo + k]
        row[4] = roots[lo + k]
        row[5] = -1 if from_input else parents[lo + k]
    st[R.S_LOG] = at + n


@inner(forceinline=True, error_model="numpy")
def _append(bursts, tail, opened, pending, order, st, outlet, n):
    """The last `n` spikes of an outlet's region (already written) join its burst, or become one."""
    lo = tail[outlet]
    tail[outlet] = lo + n
    size = len(bursts)
    if order == DEPTH:
        slot = st[R.S_COUNT]
    else:
        slot = (st[R.S_HEAD] + st[R.S_COUNT]) % size
        last = opened[outlet]
        if order == FIFO:
            last = (slot + size - 1) % size
            if st[R.S_COUNT] == 0 or bursts[last, P.SOURCE] != outlet or (REMOVES and bursts[last, P.END] != lo):
                last = -1
        if last >= 0:
            bursts[last, P.END] += n
            return
        if order == BREADTH:
            opened[outlet] = slot
        pending[outlet] += 1
    burst = bursts[slot]
    burst[P.SOURCE], burst[P.BEGIN], burst[P.END], burst[P.CURSOR], burst[P.WIRE] = outlet, lo, lo + n, lo, 0
    st[R.S_COUNT] += 1


@inner(forceinline=True, error_model="numpy")
def _ask_key(words, st, rank, number, source, code, seq, magnitude):
    """Ask the key where a zero-delay delivery belongs; False when the phase is not the key's to give."""
    words[0], words[1], words[2] = st[R.S_NOW], source, number
    words[3], words[4] = (code >> words[KEY_BITS], 1) if code >= 0 else (~code >> words[KEY_BITS], -1)
    array_at(address_of(words), KEY_WORDS, float64)[KEY_MAGNITUDE] = magnitude
    words[6], words[7], words[8] = rank, seq, st[R.S_SEED]
    call_key(st[R.S_KEY], address_of(words))
    phase = words[KEY_PHASE]
    if phase == INPUT_PHASE or phase == ARRIVAL_PHASE or not PREDICTED_PHASE < phase < SETTLED_PHASE:
        st[R.S_ERROR] = phase
        return False
    return True


@inner(forceinline=True, error_model="numpy")
def _send_keyed(heap, words, st, rank, number, target, source, wire, code, root, parent, magnitude):
    """Put a zero-delay delivery where the key says; False when the phase is not the key's to give."""
    if not _ask_key(words, st, rank, number, source, code, st[R.S_SEQ], magnitude):
        return False
    own = source | wire << 32 if REMOVES else source
    phase, place, seq = words[KEY_PHASE], words[KEY_PLACE], st[R.S_SEQ]
    if PENDS:
        lay(heap, st[R.S_COUNT], phase, place, seq, target, code, root, parent, own)
    else:
        push(heap, st[R.S_COUNT], phase, place, seq, target, code, root, parent, own)
    st[R.S_COUNT] += 1
    return True


@inner(error_model="numpy")
def _still_waits(plan_table, queue_table, st, outlet, code, magnitude):
    """Note a spike of an outlet that says `pending`: 1 where a delivery of its unit waits already, which an order that
    re-keys moves; 0 where none does, and -1 for a phase that is not the key's to give."""
    p, q = plan_views(plan_table), queue_views(queue_table)
    bits = q.key_words[KEY_BITS]
    look = look_at(p.looks, outlet, code, bits)
    if q.places[look] == 0:
        q.places[look] = 1
        return 0
    if q.key_words[KEY_REKEYS] != 0:
        row, w = q.places[look] - 1, p.wire_start[outlet]
        asked = q.heap[row]
        if not _ask_key(
            q.key_words, st, p.rank[p.wire_port[w]], p.wire_number[w], outlet, asked[P.H_CODE], asked[P.KEY2], magnitude
        ):
            return -1
        asked[P.KEY0], asked[P.KEY1] = q.key_words[KEY_PHASE], q.key_words[KEY_PLACE]
        settle(q.heap, st[R.S_COUNT], row, p.looks, q.places, bits)
    return 1


@inner(error_model="numpy")
def _move(codes, roots, parents, at, from_codes, from_roots, from_parents, lo, n):
    """Copy n spikes from one place to another that does not begin behind it."""
    # Views that begin at 0: an index that might be negative is turned round, word by word (gather and scatter).
    to, source = array_at(address_of(codes) + 4 * at, n, int32), array_at(address_of(from_codes) + 4 * lo, n, int32)
    for k in range(n):
        to[k] = source[k]
    to_root, root = array_at(address_of(roots) + 8 * at, n, int64), array_at(address_of(from_roots) + 8 * lo, n, int64)
    for k in range(n):
        to_root[k] = root[k]
    to_parent = array_at(address_of(parents) + 8 * at, n, int64)
    parent = array_at(address_of(from_parents) + 8 * lo, n, int64)
    for k in range(n):
        to_parent[k] = parent[k]


_send_plan = views_of(
    Plan,
    "emit_outlet emit_start line_delay lone looks rank single wire_delay wire_kind wire_line wire_number "
    "wire_port wire_start zero_start",
)
_send_queue = views_of(
    Queue,
    "base bursts codes heap key_words later line_code line_count line_due line_first line_head line_most "
    "line_parent line_port line_root line_seq line_source line_t opened out_delays out_magnitudes out_outlets "
    "parents pending places ring ring_at ring_bits ring_first ring_last ring_sent ring_sent_t roots settled tail",
)


@inner(forceinline=True, error_model="numpy")
def _send(plan_table, queue_table, st, port, n, later, codes, roots, parents):
    """Send `n` spikes of one reaction or run on, spike by spike and wire by wire; SENT, or why not. The general path.

    Spikes over zero-delay wires are packed into `codes` again, stretch by stretch of one outlet, for `_append`.
    """
    p, q = _send_plan(plan_table), _send_queue(queue_table)
    order, single, keyed = st[R.S_ORDER], p.single[port], st[R.S_ORDER] == KEYED
    end_of_time = FOREVER - st[R.S_NOW]
    kept = k = int64(0)  # a literal would compile what it is handed to once more
    while k < n:
        outlet = single if single >= 0 else p.emit_outlet[p.emit_start[port] + q.out_outlets[k]]
        wires = p.wire_start[outlet + 1] - p.wire_start[outlet]
        if (
            not REMOVES
            and not PENDS
            and single < 0
            and not keyed
            and not later
            and p.zero_start[outlet + 1] - p.zero_start[outlet] == wires
        ):
            # A stretch of spikes of one outlet that has zero-delay wires only: nothing to ask of each.
            end, which = k + 1, q.out_outlets[k]
            while end < n and q.out_outlets[end] == which:
                end += 1
            st[R.S_SEQ] += (end - k) * wires
            if wires > 0 and kept == 0 and order != DEPTH:
                _move(q.codes, q.roots, q.parents, q.base[outlet] + q.tail[outlet], codes, roots, parents, k, end - k)
                _append(q.bursts, q.tail, q.opened, q.pending, order, st, outlet, end - k)
            elif wires > 0:
                if kept < k:
                    _move(codes, roots, parents, kept, codes, roots, parents, k, end - k)
                for j in range(kept, kept + end - k):
                    q.out_outlets[j] = outlet
                kept += end - k
            k = end
            continue
        if (
            GENERAL and not REMOVES and not PENDS and later and single >= 0 and wires == 1
            and NO_TICKS < len(q.ring_first) < end_of_time
        ):  # fmt: skip
            w = p.wire_start[outlet]
            end = put_run(
                q.ring, q.ring_first, q.ring_last, q.ring_bits, q.ring_at, q.ring_sent, q.ring_sent_t, st[R.S_NOW],
                st[R.S_SEQ], w, p.wire_delay[w], k, n, q.out_delays, codes, roots, parents,
            )  # fmt: skip
            st[R.S_SEQ] += end - k
            k = end
            if k == n:
                break
        code, root, parent = codes[k], roots[k], parents[k]
        ticks = q.out_delays[k] if later else 0
        if REMOVES:
            left = -1
            if ticks == 0 and wires > 0 and p.lone[outlet] == 0:
                left = take_back(plan_table, queue_table, st, outlet, ~code, kept, codes, roots, parents)
            if left >= 0:
                kept = left
                k += 1
                if PENDS and keyed:
                    note_all(q.heap, st[R.S_COUNT], p.looks, q.places, q.key_words[KEY_BITS])
                continue
        if PENDS and p.looks[outlet] >= 0:
            waits = _still_waits(plan_table, queue_table, st, outlet, code, q.out_magnitudes[k])
            if waits < 0:
                return BAD_KEY
            if waits > 0:
                k += 1
                continue
        for w in range(p.wire_start[outlet], p.wire_start[outlet + 1]):
            delay, target = p.wire_delay[w] + ticks, p.wire_port[w]
            if delay >= end_of_time:
                return TOO_LATE
            if GENERAL and ticks > 0 and delay < len(q.ring_first) and len(q.ring_first) > NO_TICKS:
                put(
                    q.ring, q.ring_first, q.ring_last, q.ring_bits, q.ring_at, q.ring_sent, q.ring_sent_t,
                    st[R.S_NOW], st[R.S_NOW] + delay, st[R.S_SEQ], w, code, root, parent,
                )  # fmt: skip
            elif ticks > 0:
                push(
                    q.later,
                    st[R.S_LATER],
                    st[R.S_NOW] + delay,
                    int64(0),
                    st[R.S_SEQ],
                    target,
                    code,
                    root,
                    parent,
                    outlet,
                )
                st[R.S_LATER] += 1
            elif p.wire_kind[w] == DELAYED_WIRE:
                line = p.wire_line[w]
                size, count = q.line_t.shape[1], q.line_count[line]
                at = q.line_head[line] + count
                at = at - size if at >= size else at
                q.line_t[line, at], q.line_seq[line, at] = st[R.S_NOW] + delay, st[R.S_SEQ]
                q.line_port[line, at], q.line_source[line, at] = target, outlet
                q.line_code[line, at], q.line_root[line, at], q.line_parent[line, at] = code, root, parent
                q.line_count[line] = count + 1
                if count == q.line_most[0]:
                    q.line_most[0] = count + 1
                if GENERAL and count == 0 and len(p.line_delay) > FEW_LINES:
                    line_is_due(q.line_due, q.line_first, line, st[R.S_NOW] + delay)
            elif p.wire_kind[w] == SETTLED_WIRE:
                own = outlet | (w - p.wire_start[outlet]) << 32 if REMOVES else outlet
                push(q.settled, st[R.S_SETTLED], p.rank[target], int64(0), st[R.S_SEQ], target, code, root, parent, own)
                st[R.S_SETTLED] += 1
            elif keyed and not _send_keyed(
                q.heap, q.key_words, st, p.rank[target], p.wire_number[w], target, outlet,
                w - p.wire_start[outlet], code, root, parent, q.out_magnitudes[k],
            ):  # fmt: skip
                return BAD_KEY
            elif PENDS and keyed:
                settle(q.heap, st[R.S_COUNT], st[R.S_COUNT] - 1, p.looks, q.places, q.key_words[KEY_BITS])
            st[R.S_SEQ] += 1
        if not keyed and ticks == 0 and p.zero_start[outlet + 1] > p.zero_start[outlet]:
            codes[kept], roots[kept], parents[kept] = code, root, parent
            q.out_outlets[kept] = outlet
            kept += 1
        k += 1
    if kept == 0:
        return SENT
    if single >= 0:
        _append(q.bursts, q.tail, q.opened, q.pending, order, st, single, kept)
        return SENT
    # Stretches of one outlet, the last first where the queue is a stack.
    done = int64(0)
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
        _move(q.codes, q.roots, q.parents, q.base[outlet] + q.tail[outlet], codes, roots, parents, lo, hi - lo)
        _append(q.bursts, q.tail, q.opened, q.pending, order, st, outlet, hi - lo)
        done += hi - lo
    return SENT


@inner(forceinline=True, error_model="numpy")
def _finish_burst(bursts, tail, pending, zero_start, st, slot, taken):
    """Advance a burst's cursor; a finished one is popped *before* its last children go in (so a self-wired
    continuation runs in constant space). Returns how far its outlet's tail moved down."""
    order = st[R.S_ORDER]
    burst = bursts[slot]
    source = burst[P.SOURCE]
    wires = zero_start[source + 1] - zero_start[source]
    if wires == 1:
        burst[P.CURSOR] += taken
    elif order == BREADTH:
        burst[P.CURSOR] += taken
        if burst[P.CURSOR] == burst[P.END]:
            burst[P.CURSOR] = burst[P.BEGIN]
            burst[P.WIRE] += 1
            if burst[P.WIRE] == wires:
                burst[P.CURSOR] = burst[P.END]
    else:
        burst[P.WIRE] += 1
        if burst[P.WIRE] == wires:
            burst[P.WIRE] = 0
            burst[P.CURSOR] += 1
    if burst[P.CURSOR] < burst[P.END]:
        return 0
    st[R.S_COUNT] -= 1
    before = tail[source]
    if order == DEPTH:
        tail[source] = burst[P.BEGIN]
    else:
        st[R.S_HEAD] = (slot + 1) % len(bursts)
        pending[source] -= 1
        if pending[source] == 0:
            tail[source] = 0
    return before - tail[source]


_room_plan = views_of(Plan, "emit_outlet emit_start fan line_delay line_fan most plain single")
_room_queue = views_of(
    Queue,
    "bursts cap heap later line_count line_most line_t out_outlets ring ring_at ring_first ring_sent_t settled tail",
)


@inner(forceinline=True, error_model="numpy")
def _room(plan_table, queue_table, st, port):
    """Spikes for which there is room everywhere, or -(reason) - 1 when not even one reaction's would fit."""
    p, q = _room_plan(plan_table), _room_queue(queue_table)
    room, most, single = len(q.out_outlets), p.most[port], p.single[port]
    if single == NO_OUTLET:
        return room
    for k in range(p.emit_start[port], p.emit_start[port + 1]):
        outlet = p.emit_outlet[k]
        free = q.cap[outlet] - q.tail[outlet]
        if free < most:
            st[R.S_FULL] = outlet
            return -FULL_REGION - 1
        room = min(room, free)
    if st[R.S_ORDER] != KEYED and len(q.bursts) - st[R.S_COUNT] <= (1 if single >= 0 else most):
        return -FULL_BURSTS - 1
    if single == SEVERAL_OUTLETS:
        room = min(room, max(most, len(q.bursts) - st[R.S_COUNT] - 1))
    need = room * p.fan[port]
    if len(q.later) - st[R.S_LATER] < need:
        return -FULL_LATER - 1
    if GENERAL and len(q.ring_first) > NO_TICKS and len(q.ring) - CHUNK * q.ring_at[IN_USE] < CHUNK * need:
        return -FULL_RING - 1
    if GENERAL and len(q.ring_first) > NO_TICKS and len(q.ring_sent_t) - q.ring_at[NEWEST] + q.ring_at[OLDEST] < need:
        forget(q.ring_sent_t, q.ring_at, st[R.S_NOW], len(q.ring_first))
        if len(q.ring_sent_t) - q.ring_at[NEWEST] + q.ring_at[OLDEST] < need:
            return -FULL_SENDINGS - 1
    if st[R.S_ORDER] == KEYED and len(q.heap) - st[R.S_COUNT] < need:
        return -FULL_HEAP - 1
    if p.plain[port] == 0:
        if len(q.settled) - st[R.S_SETTLED] < need:
            return -FULL_SETTLED - 1
        need, size = room * p.line_fan[port], q.line_t.shape[1]
        if size - q.line_most[0] < need:
            q.line_most[0] = 0
            for line in range(len(p.line_delay)):
                q.line_most[0] = max(q.line_most[0], q.line_count[line])
            # An eighth more, so that it is long before one looks at all of them again.
            if size - q.line_most[0] < need + size // 8:
                return -FULL_LINES - 1
    return room


LOOP = {"nogil": True, "error_model": "numpy"}
INLINED = {"forceinline": True, "error_model": "numpy"}


_loop_plan = views_of(
    Plan, "address line_delay looks plain ports single stop wire_port wire_source zero_port zero_start"
)
_loop_queue = views_of(
    Queue,
    "base bursts came codes heap in_code in_port in_root in_t key_words later line_code line_count line_due "
    "line_first line_head line_parent line_port line_root line_seq line_source line_t log one_code one_parent "
    "one_root opened out_codes out_parents out_roots parents pending places ring ring_at ring_bits ring_first "
    "ring_last ring_sent root_ids roots settled tail",
)


@compiled(**LOOP)
def run_loop(plan_table, queue_table, st, job):
    """Take runs of deliveries until there is a reason to leave; returns the reason.

    Each turn of the loop has six stages, under these headings:

    1. Whose turn is it? The kind of source that comes next: burst, input, arrival, late, settled or predicted.
    2. Which deliveries: from where, to which port, how many at most?
    3. Is there room for one whole reaction, in the budget, the log and every place its spikes may go?
    4. The rule reacts. (A Python module reacts outside: the loop leaves, and comes back to stage 5.)
    5. Count, log, and move on in the place the deliveries came from.
    6. The children go in.

    It stays one function. With stages 1 and 5 cut out as functions that are inlined by force (221 to 144 lines, the
    same bytes) breadth-first, first-in-first-out and delayed wires took 0.97 to 1.04 of the time, but depth-first 1.44
    (34 to 49 ns a delivery) and topological 1.29 to 1.55; each cut alone cost 1.08 to 1.39. Cut only with this
    measurement.
    """
    p, q = _loop_plan(plan_table), _loop_queue(queue_table)
    order, lines = st[R.S_ORDER], len(p.line_delay)
    ports_at, job_at = address_of(p.ports), address_of(job)
    codes_at, roots_at, parents_at = address_of(q.codes), address_of(q.roots), address_of(q.parents)
    in_codes_at, in_roots_at = address_of(q.in_code), address_of(q.in_root)
    if GENERAL:
        slots = rows_at(job[R.SLOTS], job[R.NEURONS], 8, 8, int64)
    # From here on the longest delay leads out of the range of time: each spike is sent before the next delivery.
    tight = FOREVER - p.line_delay[0] if lines > 0 else FOREVER
    while True:
        returned = st[R.S_RETURNED] != 0
        if not returned:
            # 1. Whose turn is it?
            if st[R.S_LIMIT] == 0:
                return LIMIT
            waiting = st[R.S_COUNT] > 0
            kind, place, ring_before = -1, -2, FOREVER
            predicted_t = FOREVER
            if GENERAL and job[R.WAITING] > 0:
                predicted_t = slots[slots[0, HEAP], DUE]
            if GENERAL and predicted_t == st[R.S_NOW]:
                kind = PREDICTED
            elif waiting and (order == DEPTH or (order == KEYED and q.heap[0, P.KEY0] < INPUT_PHASE)):
                kind = BURST
            else:
                cursor = st[R.S_IN_CURSOR]
                input_t = q.in_t[cursor] if cursor < st[R.S_IN_END] else FOREVER
                arrival_t = FOREVER
                if lines > 0 or st[R.S_LATER] > 0:
                    arrival_t, place = _next_arrival(
                        q.later, q.line_t, q.line_seq, q.line_head, q.line_count, q.line_due, q.line_first, st, lines
                    )
                if GENERAL and q.ring_at[WAIT] > 0:
                    t, before = next_tick(st[R.S_NOW], q.ring_first, q.ring_bits), FOREVER
                    if t == arrival_t:
                        before = q.later[0, P.KEY2] if place == -1 else q.line_seq[place, q.line_head[place]]
                    if t < arrival_t or (t == arrival_t and first_of(q.ring, q.ring_first, q.ring_sent, t) < before):
                        arrival_t, place, ring_before = t, IN_RING, before
                if input_t == st[R.S_NOW]:
                    kind = INPUT
                elif arrival_t == st[R.S_NOW]:
                    kind = ARRIVAL if place >= 0 else LATE if place == -1 else RINGED
                elif waiting:
                    kind = BURST
                elif st[R.S_SETTLED] > 0:
                    kind = SETTLED
                else:
                    t = min(input_t, arrival_t, predicted_t)
                    if t == FOREVER:
                        return IDLE
                    if t >= st[R.S_UNTIL]:
                        return UNTIL
                    st[R.S_NOW], st[R.S_IN_INSTANT] = t, 0
                    kind = INPUT if input_t == t else ARRIVAL if place >= 0 else LATE if place == -1 else RINGED
                    if GENERAL and predicted_t == t:
                        kind = PREDICTED

            # 2. Which deliveries: from where, to which port, how many at most?
            slot, source, lo, hi = 0, -1, 0, 1
            job[R.TIMES] = 0
            if kind == INPUT:
                port, lo = q.in_port[cursor], cursor
                hi = lo + 1
                if order != KEYED:
                    while hi < st[R.S_IN_END] and q.in_port[hi] == port and q.in_t[hi] == st[R.S_NOW]:
                        hi += 1
                if hi == lo + 1 and not waiting and st[R.S_SETTLED] == 0 and p.address[port] != 0:
                    # Nothing waits: one input after the other, until one of them sets something off.
                    before = min(st[R.S_UNTIL], predicted_t, arrival_t + 1)
                    end = min(st[R.S_IN_END], lo + st[R.S_REACH])
                    while hi < end and q.in_port[hi] == port and q.in_t[hi] < before:
                        hi += 1
                    if hi > lo + 1:
                        job[R.TIMES] = address_of(q.in_t)
                job[R.CODES], job[R.ROOTS] = in_codes_at, in_roots_at
            elif kind == BURST and order != KEYED:
                slot = st[R.S_COUNT] - 1 if order == DEPTH else st[R.S_HEAD]
                burst = q.bursts[slot]
                source, lo, hi = burst[P.SOURCE], burst[P.CURSOR], burst[P.END]
                wires = p.zero_start[source + 1] - p.zero_start[source]
                port = p.zero_port[p.zero_start[source] + burst[P.WIRE]]
                if (wires > 1 and order != BREADTH) or (PENDS and p.looks[source] >= 0):
                    hi = lo + 1
                job[R.CODES] = codes_at + 4 * q.base[source]
                job[R.ROOTS] = roots_at + 8 * q.base[source]
            elif kind == ARRIVAL:
                slot, lo = place, q.line_head[place]
                port, source = q.line_port[place, lo], q.line_source[place, lo]
                size = q.line_t.shape[1]
                last = min(size, lo + q.line_count[place])
                hi = lo + 1
                if order != KEYED and st[R.S_LATER] == 0 and not (GENERAL and q.ring_at[WAIT] > 0):
                    while (hi < last and q.line_port[place, hi] == port and q.line_source[place, hi] == source
                           and q.line_t[place, hi] == st[R.S_NOW]):  # fmt: skip
                        hi += 1
                job[R.CODES] = address_of(q.line_code) + 4 * size * place
                job[R.ROOTS] = address_of(q.line_root) + 8 * size * place
            elif GENERAL and kind == RINGED:
                hi, wire = gather(
                    q.ring, q.ring_first, q.ring_last, q.ring_sent, st[R.S_NOW], ring_before,
                    1 if order == KEYED else RUN, q.one_code, q.one_root, q.one_parent,
                )  # fmt: skip
                port, source = p.wire_port[wire], p.wire_source[wire]
                job[R.CODES], job[R.ROOTS] = address_of(q.one_code), address_of(q.one_root)
            elif GENERAL and kind == PREDICTED:
                slot = slots[0, HEAP]
                port, source = slots[slot, TO_PORT], slots[slot, FROM_OUTLET]
                q.one_code[0] = np.int32(slots[slot, UNIT])
                q.one_root[0], q.one_parent[0] = slots[slot, ROOT], slots[slot, PARENT]
                job[R.CODES], job[R.ROOTS] = address_of(q.one_code), address_of(q.one_root)
            else:
                heap = q.heap if kind == BURST else q.later if kind == LATE else q.settled
                port, source = heap[0, P.H_PORT], heap[0, P.H_SOURCE] & P.OUTLET if REMOVES else heap[0, P.H_SOURCE]
                q.one_code[0] = np.int32(heap[0, P.H_CODE])
                q.one_root[0], q.one_parent[0] = heap[0, P.H_ROOT], heap[0, P.H_PARENT]
                job[R.CODES], job[R.ROOTS] = address_of(q.one_code), address_of(q.one_root)

            # 3. Is there room for one whole reaction, in the budget, the log and every place its spikes may go?
            left = st[R.S_BUDGET] - st[R.S_IN_INSTANT]
            if left <= 0:
                return BUDGET
            if st[R.S_LIMIT] > 0:
                left = min(left, st[R.S_LIMIT])
            if st[R.S_RECORD] != 0:
                if st[R.S_LOG] == len(q.log):
                    return LOG_FULL
                left = min(left, len(q.log) - st[R.S_LOG])
            hi = lo + 1 if port == st[R.S_STOP] else min(hi, lo + left)
            room = _room(plan_table, queue_table, st, port)
            if room < 0:
                return -room - 1

            # 4. The rule reacts. What was predicted has come, and its neuron may predict anew.
            # A batch that has begun to drain takes no more spikes.
            if GENERAL and kind == PREDICTED:
                job[R.WAITING] = cancel(slots, job[R.WAITING], slot)
            if kind == BURST and order == BREADTH and q.opened[source] == slot:
                q.opened[source] = -1
            single = p.single[port]
            if single >= 0:
                at = q.base[single] + q.tail[single]
                job[R.OUT_CODES] = codes_at + 4 * at
                job[R.OUT_ROOTS], job[R.OUT_PARENTS] = roots_at + 8 * at, parents_at + 8 * at
            else:
                job[R.OUT_CODES] = address_of(q.out_codes)
                job[R.OUT_ROOTS], job[R.OUT_PARENTS] = address_of(q.out_roots), address_of(q.out_parents)
            job[R.LO], job[R.HI], job[R.STOP] = lo, hi, p.stop[port] if REMOVES or order == DEPTH else 0
            if job[R.TIMES] != 0 or st[R.S_NOW] >= tight:
                job[R.STOP] = 1
            job[R.NOW], job[R.FIRST], job[R.ROOM] = st[R.S_NOW], st[R.S_TAKEN], room
            job[R.MADE], job[R.FAULT], job[R.LATER], job[R.FORESAW] = 0, 0, 0, 0
            error = 0
            if p.address[port] == 0:
                st[R.S_KIND], st[R.S_PORT], st[R.S_SLOT], st[R.S_SOURCE] = kind, port, slot, source
                return PYTHON
            error = call_rule(p.address[port], ports_at + port * 8 * R.PORT_WORDS, job_at)
        else:
            error = st[R.S_RETURNED] - REACTED
            st[R.S_RETURNED] = 0
            kind, port, slot, source, lo = st[R.S_KIND], st[R.S_PORT], st[R.S_SLOT], st[R.S_SOURCE], job[R.LO]
            single = p.single[port]
        taken, made = job[R.CONSUMED], job[R.MADE]
        if error != 0:
            st[R.S_CODE] = array_at(job[R.CODES], lo + taken, int32)[lo + taken - 1]

        # 5. Count, log, and move on in the place the deliveries came from.
        first = st[R.S_TAKEN]
        if PENDS and kind == BURST:
            code = q.one_code[0] if order == KEYED else q.codes[q.base[source] + lo]
            look = look_at(p.looks, source, code, q.key_words[KEY_BITS])
            if look >= 0:
                q.places[look] = 0
        if st[R.S_RECORD] != 0:
            codes, roots, parents, at = q.one_code, q.one_root, q.one_parent, 0
            if kind == INPUT:
                codes, roots, parents, at = q.in_code, q.in_root, q.in_root, lo
            elif kind == ARRIVAL:
                codes, roots, parents, at = q.line_code[slot], q.line_root[slot], q.line_parent[slot], lo
            elif kind == BURST and order != KEYED:
                codes, roots, parents, at = q.codes, q.roots, q.parents, q.base[source] + lo
            _log_run(q.log, st, source, port, codes, roots, parents, at, taken, kind == INPUT, q.in_t)
        if kind == INPUT:
            if st[R.S_IDS] != 0:
                for k in range(min(taken, len(q.root_ids) - st[R.S_INPUTS])):
                    q.root_ids[st[R.S_INPUTS] + k] = first + k
            st[R.S_INPUTS] += taken
            st[R.S_IN_CURSOR] += taken
            if job[R.TIMES] != 0:  # as far as the last one came, twice
                st[R.S_REACH] = min(2 * taken, 1024)
            last = lo + taken - 1
            if q.in_t[last] != st[R.S_NOW]:
                st[R.S_NOW], st[R.S_IN_INSTANT] = q.in_t[last], -taken
                while q.in_t[last] == st[R.S_NOW]:
                    st[R.S_IN_INSTANT] += 1
                    last -= 1
        elif kind == ARRIVAL:
            at = lo + taken if lo + taken < q.line_t.shape[1] else 0
            due = q.line_t[slot, at]
            q.line_count[slot] -= taken
            if q.line_count[slot] == 0:
                at, due = int64(0), FOREVER  # the places at the front are in the cache
            q.line_head[slot] = at
            if GENERAL and lines > FEW_LINES:
                line_is_due(q.line_due, q.line_first, slot, due)
        elif GENERAL and kind == RINGED:
            drop(q.ring, q.ring_first, q.ring_last, q.ring_bits, q.ring_at, st[R.S_NOW], taken)
        elif kind == LATE:
            pop(q.later, st[R.S_LATER])
            st[R.S_LATER] -= 1
        elif kind == SETTLED:
            pop(q.settled, st[R.S_SETTLED])
            st[R.S_SETTLED] -= 1
        elif order == KEYED and kind == BURST:
            if PENDS:
                settle_first(q.heap, st[R.S_COUNT], p.looks, q.places, q.key_words[KEY_BITS])
            else:
                pop(q.heap, st[R.S_COUNT])
            st[R.S_COUNT] -= 1
        st[R.S_TAKEN] += taken
        st[R.S_IN_INSTANT] += taken
        if job[R.ROOT_TALLY] != 0:
            q.came[source + 1] += taken
        if st[R.S_LIMIT] > 0:
            st[R.S_LIMIT] -= taken
        if port == st[R.S_STOP]:
            st[R.S_LIMIT] = 0
        moved = 0
        if kind == BURST and order != KEYED:
            moved = _finish_burst(q.bursts, q.tail, q.pending, p.zero_start, st, slot, taken)
        if error != 0:
            st[R.S_ERROR], st[R.S_PORT] = error, port
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
            if not REMOVES and p.plain[port] != 0 and order != KEYED and job[R.LATER] == 0:
                wires = p.zero_start[single + 1] - p.zero_start[single]
                st[R.S_SEQ] += made * wires
                if wires > 0:
                    _append(q.bursts, q.tail, q.opened, q.pending, order, st, single, made)
                continue
            codes, roots, parents = q.codes[at:], q.roots[at:], q.parents[at:]
        else:
            codes, roots, parents = q.out_codes, q.out_roots, q.out_parents
        why = _send(plan_table, queue_table, st, port, made, job[R.LATER] != 0, codes, roots, parents)
        if why != SENT:
            st[R.S_PORT] = port
            return why


def _variant(function: Any, removes: bool, pends: bool, **others: Any) -> Any:
    """The plain function of a compiled one in general, and where REMOVES or PENDS hold, under a name of its own.

    others: what takes the place of functions that it calls.
    """
    plain = getattr(function, "py_func", function)  # as it is where Numba's compiler is switched off
    name = plain.__name__ + "_and_remove" * removes + "_and_look" * pends + "_in_general"
    made = FunctionType(plain.__code__.replace(co_name=name, co_qualname=name), plain.__globals__ | others, name)
    made.__globals__.update(REMOVES=removes, PENDS=pends, GENERAL=True)
    made.__module__, made.__qualname__ = plain.__module__, name
    return made


def _loop_that(removes: bool, pends: bool) -> Any:
    """The loop in general, and where REMOVES or PENDS hold."""
    room = inner(**INLINED)(_variant(_room, removes, pends))
    append = inner(**INLINED)(_variant(_append, removes, pends))
    keyed = inner(**INLINED)(_variant(_send_keyed, removes, pends))
    arrival = inner(**INLINED)(_variant(_next_arrival, removes, pends))
    send = inner(**INLINED)(_variant(_send, removes, pends, _append=append, _send_keyed=keyed))
    return compiled(**LOOP)(
        _variant(run_loop, removes, pends, _append=append, _send=send, _next_arrival=arrival, _room=room)
    )


general_loop = _loop_that(removes=False, pends=False)
"""The loop with many delay lines, predicted spikes and a ring."""
removing_loop = _loop_that(removes=True, pends=False)
"""The loop in which opposite spikes annihilate."""
looking_loop = _loop_that(removes=False, pends=True)
"""The loop in which some outlets say `pending`."""
looking_and_removing_loop = _loop_that(removes=True, pends=True)

LOOPS = (run_loop, general_loop, removing_loop, looking_loop, looking_and_removing_loop)


def loop_for(removes: bool, pends: bool, lines: int, others: bool) -> Any:
    """The loop for a run: whether opposite spikes annihilate, whether an outlet says `pending`, its delay lines, and
    whether spikes are predicted or there is a ring."""
    if removes:
        return looking_and_removing_loop if pends else removing_loop
    return looking_loop if pends else general_loop if others or lines > FEW_LINES else run_loop
