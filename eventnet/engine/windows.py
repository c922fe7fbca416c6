"""A window of time by several threads, compiled: its deliveries, the work in parts, the results of all parts.

A window is shorter than every delay that leads to what is split, so that its deliveries are known when it begins: those
that wait, and what they send to themselves (a drive that draws every tick).
"""

from __future__ import annotations

from typing import NamedTuple

from numba import int32, int64

from eventnet.engine import plan as P
from eventnet.engine.plan import Codes, Ints, Queue, views_of
from eventnet.engine.ring import CHUNK, FIRST, NEXT, NO_TICKS, SEQ, WAIT, WIRE, WITHIN, next_tick, place_of
from eventnet.kernels import part_notes as N
from eventnet.kernels import records as R
from eventnet.kernels.compiling import compiled
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.kernels.records import address_of, call_rule, inner


class Due(NamedTuple):
    """Deliveries of a window, in their order, [n] of each; roots are not read."""

    t: Ints
    port: Ints
    code: Codes
    again: Ints
    seq: Ints
    roots: Ints


_queue = views_of(
    Queue,
    "in_code in_port in_t later line_code line_count line_head line_port line_seq line_t ring ring_at ring_bits "
    "ring_first ring_last ring_sent",
)

_due = views_of(Due)


@compiled(nogil=True, error_model="numpy")
def next_due(queue_table, st):
    """The time of the next delivery of all; FOREVER for none."""
    q = _queue(queue_table)
    t = FOREVER
    if st[R.S_IN_CURSOR] < st[R.S_IN_END]:
        t = q.in_t[st[R.S_IN_CURSOR]]
    for k in range(len(q.line_head)):
        if q.line_count[k] > 0:
            t = min(t, q.line_t[k, q.line_head[k]])
    if st[R.S_LATER] > 0:
        t = min(t, q.later[0, P.KEY0])
    if len(q.ring_first) > NO_TICKS and q.ring_at[WAIT] > 0:
        t = min(t, next_tick(max(st[R.S_NOW], -FOREVER), q.ring_first, q.ring_bits))
    return t


@inner(forceinline=True)
def _put(found, n, t, port, code, seq):
    if n < len(found.t):
        found.t[n], found.port[n], found.code[n], found.seq[n] = t, port, code, seq
    return n + 1


@inner(forceinline=True)
def _before(a, i, b, k):
    """Whether delivery i of one list comes before delivery k of another."""
    return a.t[i] < b.t[k] or (a.t[i] == b.t[k] and a.seq[i] < b.seq[k])


@inner(forceinline=True)
def _copy(to, at, found, k):
    to.t[at], to.port[at], to.code[at], to.seq[at] = found.t[k], found.port[k], found.code[k], found.seq[k]


@compiled(nogil=True, error_model="numpy")
def due_in(queue_table, st, begin, end, wire_port, split, every, until, found_table, due_table, wait_table, ends):
    """Write the deliveries of [begin, end) to ports that are split; how many, or -(room that is wanted).

    wire_port: the plan's. split [P]: 1 where a port is. every, until [P]: after how many ticks it sends to itself, and
    before when; 0: never. Tables are those of `Due`: found and wait have room as due has it, for what waits and for
    what will be sent. ends [lines + 4, 2]: of stretches.
    """
    q, found, due, wait = _queue(queue_table), _due(found_table), _due(due_table), _due(wait_table)
    n, stretches = int64(0), 0
    ends[0, 0] = 0
    for k in range(st[R.S_IN_CURSOR], st[R.S_IN_END]):
        if q.in_t[k] >= end:
            break
        if split[q.in_port[k]] != 0:
            n = _put(found, n, q.in_t[k], q.in_port[k], q.in_code[k], k - FOREVER)
    stretches = _next_stretch(ends, stretches, n)
    size = q.line_t.shape[1]
    for line in range(len(q.line_head)):
        at = q.line_head[line]
        for _ in range(q.line_count[line]):
            t, port = q.line_t[line, at], q.line_port[line, at]
            if t >= end:
                break
            if split[port] != 0:
                n = _put(found, n, t, port, q.line_code[line, at], q.line_seq[line, at])
            at = at + 1 if at + 1 < size else 0
        stretches = _next_stretch(ends, stretches, n)
    if len(q.ring_first) > NO_TICKS and q.ring_at[WAIT] > 0:
        t = next_tick(begin, q.ring_first, q.ring_bits)
        while t < end:
            bucket = t & (len(q.ring_first) - 1)
            place, last = q.ring_first[bucket], q.ring_last[bucket]
            while place != last:
                if place & WITHIN == 0:
                    place = q.ring[place - CHUNK + NEXT] + FIRST
                row = q.ring[place]
                of = place_of(q.ring_sent, row)
                port = wire_port[q.ring_sent[of + WIRE]]
                if split[port] != 0:
                    n = _put(found, n, t, port, int32(row), q.ring_sent[of + SEQ])
                place += 1
            t = next_tick(t + 1, q.ring_first, q.ring_bits)
        stretches = _next_stretch(ends, stretches, n)
    first = n
    for k in range(st[R.S_LATER]):  # a heap, in no order: each goes where it belongs
        if q.later[k, P.KEY0] < end and split[q.later[k, P.H_PORT]] != 0:
            at = n
            n = _put(
                found, n, q.later[k, P.KEY0], q.later[k, P.H_PORT], int32(q.later[k, P.H_CODE]), q.later[k, P.KEY2]
            )
            while n <= len(found.t) and at > first and _before(found, at, found, at - 1):
                _copy(wait, 0, found, at)
                _copy(found, at, found, at - 1)
                _copy(found, at - 1, wait, 0)
                at -= 1
    stretches = _next_stretch(ends, stretches, n)
    if n > len(found.t):
        return -n
    return _in_order(found, due, wait, ends, stretches, end, every, until)


@inner(forceinline=True)
def _next_stretch(ends, stretches, n):
    """End a stretch with the deliveries found since the last one, if any; the number of stretches so far."""
    if n > ends[stretches, 0]:
        ends[stretches, 1] = n
        stretches += 1
        ends[stretches, 0] = n
    return stretches


@inner(forceinline=True)
def _in_order(found, due, wait, ends, stretches, end, every, until):
    """Put stretches together, and what ports send to themselves: at each tick behind all that was sent before."""
    total, first, last = int64(0), int64(0), int64(0)
    while True:
        of = -1
        for k in range(stretches):
            if ends[k, 0] < ends[k, 1] and (of < 0 or _before(found, ends[k, 0], found, ends[of, 0])):
                of = k
        least = first  # of those that are sent in the window, the first of the earliest tick
        for k in range(first + 1, last):
            if wait.t[k] < wait.t[least]:
                least = k
        if of < 0 and first == last:
            return total
        if total == len(due.t) or last == len(wait.t):
            return -2 * len(due.t)
        if of >= 0 and (first == last or found.t[ends[of, 0]] <= wait.t[least]):
            _copy(due, total, found, ends[of, 0])
            ends[of, 0] += 1
        else:
            _copy(due, total, wait, least)
            for k in range(least, first, -1):
                _copy(wait, k, wait, k - 1)
            first += 1
        t, port = due.t[total], due.port[total]
        due.again[total] = 0
        if every[port] > 0 and t + every[port] < until[port]:
            due.again[total] = 1
            if t + every[port] < end:
                wait.t[last], wait.port[last], wait.code[last], wait.seq[last] = t + every[port], port, 0, 0
                last += 1
        total += 1


@compiled(nogil=True, error_model="numpy")
def work(due_table, n, at, made, ports, addresses, job, out_codes, out_parents, out_roots, out_outlets, out_sizes):
    """A thread's work at deliveries [at, n): where it stopped for want of room, or n; spikes so far; an error or 0.

    ports [P, words], addresses [P]: of the thread's rules. A spike's parent is the place of its delivery in `due`.
    """
    due = _due(due_table)
    ports_at, job_at = address_of(ports), address_of(job)
    job[R.CODES], job[R.ROOTS], job[R.TIMES] = address_of(due.code), address_of(due.roots), address_of(due.t)
    while at < n:
        port, hi = due.port[at], at + 1
        while hi < n and due.port[hi] == port:
            hi += 1
        job[R.OUT_CODES], job[R.OUT_ROOTS] = address_of(out_codes) + 4 * made, address_of(out_roots) + 8 * made
        job[R.OUT_PARENTS], job[R.OUT_OUTLETS] = address_of(out_parents) + 8 * made, address_of(out_outlets) + 8 * made
        job[R.OUT_MAGNITUDES] = address_of(out_sizes) + 8 * made
        job[R.LO], job[R.HI], job[R.STOP], job[R.NOW], job[R.FIRST] = at, hi, 0, due.t[at], at
        job[R.MADE], job[R.FAULT], job[R.LATER], job[R.FORESAW] = 0, 0, 0, 0
        job[R.ROOM] = len(out_codes) - made
        error = call_rule(addresses[port], ports_at + port * 8 * R.PORT_WORDS, job_at)
        made += job[R.MADE]
        at += job[R.CONSUMED]
        if error != 0 or at < hi:
            return at, made, error
    return at, made, 0


@compiled(nogil=True, error_model="numpy")
def put_together(due_table, n, notes, made, codes, parents, sizes, places, begins, at, found, found_sizes):
    """Make of what all parts noted what was found.

    notes, codes, parents, sizes, places: a row a part, which made[part] spikes. begins [parts, P]: the first unit of
    each part at a port. at [parts]: zeros.
    """
    due, parts, here = _due(due_table), len(made), int64(1)
    found[N.CURSOR] = here
    for k in range(n):
        note = N.NOTES + N.NOTE * k
        sign = 1 if due.code[k] >= 0 else -1
        found[here + N.F_PORT], found[here + N.F_T], found[here + N.F_SIGN] = due.port[k], due.t[k], sign
        found[here + N.F_INDEX], found[here + N.F_AGAIN] = due.code[k] if sign > 0 else ~due.code[k], due.again[k]
        found[here + N.F_EVENTS] = notes[0, note + N.EVENTS_OF]
        adds, compares, products, reads, mixed_before, mixed, held = 0, 0, 0, 0, 0, 0, 0
        for p in range(parts):
            adds += notes[p, note + N.ADDS_OF]
            compares += notes[p, note + N.COMPARES_OF]
            products += notes[p, note + N.PRODUCTS_OF]
            reads += notes[p, note + N.READS_OF]
            held += notes[p, note + N.HELD_PRODUCTS]
            mixed_before |= notes[p, note + N.BROUGHT_MIXED]
            mixed |= notes[p, note + N.MIXED_AFTER]
        if mixed_before != 0:
            products -= held
        found[here + N.F_ADDS], found[here + N.F_COMPARES], found[here + N.F_READS] = adds, compares, reads
        found[here + N.F_PRODUCTS], found[here + N.F_MIXED] = products, mixed
        end = here + N.FOUND
        while True:
            of = -1
            for p in range(parts):
                if at[p] == made[p] or parents[p, at[p]] != k:
                    continue
                if of < 0 or (notes[p, note + N.PLACED] != 0 and places[p, at[p]] < places[of, at[of]]):
                    of = p
            if of < 0:
                break
            found[end], found_sizes[end] = codes[of, at[of]] + begins[of, due.port[k]], sizes[of, at[of]]
            at[of] += 1
            end += 1
        found[here + N.F_SPIKES] = end - here - N.FOUND
        here = end
