"""Annihilation of opposite spikes in the queue, on arrays: `ReferenceEngine.take_back` for the compiled loop.

A spike sent while its opposite, of the same outlet and unit, waits takes that one out of the queue and is not queued.
The other has been sent in the same instant, and none of its deliveries has been taken; of several, it is the latest.
All searches are linear in what waits.
"""

from __future__ import annotations

from eventnet.engine import plan as P
from eventnet.engine.delay_lines import line_is_due
from eventnet.engine.plan import DELAYED_WIRE, SETTLED_WIRE, ZERO_WIRE, plan_views, queue_views, take_out
from eventnet.kernels import records as R
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.kernels.records import inner
from eventnet.order import BREADTH, DEPTH, KEYED


@inner(error_model="numpy")
def take_back(plan_table, queue_table, st, outlet, code, kept, codes, roots, parents):
    """Take the latest spike `code` of an outlet out of the queue, if there is one to take.

    The first `kept` of `codes`, `roots` and `parents` are spikes of this reaction whose zero-delay deliveries are not
    in the queue yet. Returns how many of them are left, or -1 where there was nothing to take.
    """
    p, q = plan_views(plan_table), queue_views(queue_table)
    first, last = p.wire_start[outlet], p.wire_start[outlet + 1]
    if p.zero_start[outlet + 1] == p.zero_start[outlet] or st[R.S_ORDER] == KEYED:
        seq = _whole(plan_table, queue_table, st, outlet, code)
        if seq < 0:
            return -1
        for w in range(first, last):
            own = seq + w - first
            if p.wire_kind[w] == DELAYED_WIRE:
                line = p.wire_line[w]
                at = q.line_count[line] - 1
                while q.line_seq[line, _place(queue_table, line, at)] != own:
                    at -= 1
                _take_from_line(queue_table, line, at)
            elif p.wire_kind[w] == SETTLED_WIRE:
                take_out(q.settled, st[R.S_SETTLED], _row(q.settled, own))
                st[R.S_SETTLED] -= 1
            else:
                take_out(q.heap, st[R.S_COUNT], _row(q.heap, own))
                st[R.S_COUNT] -= 1
        st[R.S_ANNIHILATED] += 2
        return kept
    # Bursts hold no numbers of emission. What one reaction sent is taken in its order, so that the latest of the like
    # in a line or a heap, from the same reaction, is the same spike.
    at = kept - 1
    while at >= 0 and (codes[at] != code or q.out_outlets[at] != outlet):
        at -= 1
    if at >= 0:
        parent = parents[at]
        kept -= 1
        for k in range(at, kept):
            codes[k], roots[k], parents[k] = codes[k + 1], roots[k + 1], parents[k + 1]
            q.out_outlets[k] = q.out_outlets[k + 1]
        slot = q.opened[outlet] if st[R.S_ORDER] == BREADTH else -1
        if slot >= 0 and q.bursts[slot, P.BEGIN] == q.bursts[slot, P.END] and not _keeps(queue_table, outlet, kept):
            _drop(queue_table, st, (slot - st[R.S_HEAD]) % len(q.bursts))
    else:
        parent = _from_burst(plan_table, queue_table, st, outlet, code, kept)
        if parent < 0:
            return -1
    for w in range(last - 1, first - 1, -1):
        if p.wire_kind[w] == DELAYED_WIRE:
            line, due = p.wire_line[w], st[R.S_NOW] + p.wire_delay[w]
            at = q.line_count[line] - 1
            place = _place(queue_table, line, at)
            while not (
                q.line_parent[line, place] == parent and q.line_source[line, place] == outlet
                and q.line_code[line, place] == code and q.line_port[line, place] == p.wire_port[w]
                and q.line_t[line, place] == due
            ):  # fmt: skip
                at -= 1
                place = _place(queue_table, line, at)
            _take_from_line(queue_table, line, at)
        elif p.wire_kind[w] == SETTLED_WIRE:
            found = -1
            for k in range(st[R.S_SETTLED]):
                row = q.settled[k]
                if row[P.H_PARENT] == parent and row[P.H_CODE] == code and row[P.H_PORT] == p.wire_port[w]:
                    if row[P.H_SOURCE] == (outlet | (w - first) << 32):
                        if found < 0 or row[P.KEY2] > q.settled[found, P.KEY2]:
                            found = k
            take_out(q.settled, st[R.S_SETTLED], found)
            st[R.S_SETTLED] -= 1
    st[R.S_ANNIHILATED] += 2
    return kept


@inner(error_model="numpy")
def _whole(plan_table, queue_table, st, outlet, code):
    """Number of emission of the latest spike of which nothing has been taken, where heaps or lines hold it; or -1."""
    p, q = plan_views(plan_table), queue_views(queue_table)
    first, last = p.wire_start[outlet], p.wire_start[outlet + 1]
    # What waits in a heap may be taken in this instant; what waits in a line may not.
    kind = ZERO_WIRE if p.zero_start[outlet + 1] > p.zero_start[outlet] else SETTLED_WIRE
    wires, lead = 0, -1
    for w in range(last - 1, first - 1, -1):
        if p.wire_kind[w] == kind:
            wires += 1
            lead = w - first
    best = -1
    if wires == 0:
        w = last - 1
        line, due = p.wire_line[w], st[R.S_NOW] + p.wire_delay[w]
        for at in range(q.line_count[line] - 1, -1, -1):
            place = _place(queue_table, line, at)
            if q.line_source[line, place] == outlet and q.line_code[line, place] == code:
                if q.line_port[line, place] == p.wire_port[w] and q.line_t[line, place] == due:
                    return q.line_seq[line, place] - (w - first)
        return best
    heap, n = q.settled, st[R.S_SETTLED]
    if kind == ZERO_WIRE:
        heap, n = q.heap, st[R.S_COUNT]
    for k in range(n):
        if heap[k, P.H_SOURCE] == (outlet | lead << 32) and heap[k, P.H_CODE] == code:
            seq = heap[k, P.KEY2] - lead
            if seq > best:
                found = 0
                for other in range(n):
                    if seq <= heap[other, P.KEY2] < seq + last - first:
                        found += 1
                if found == wires:
                    best = seq
    return best


@inner(error_model="numpy")
def _from_burst(plan_table, queue_table, st, outlet, code, kept):
    """Take the latest spike of which nothing has been taken out of its burst; returns its parent, or -1."""
    p, q = plan_views(plan_table), queue_views(queue_table)
    order, size, base = st[R.S_ORDER], len(q.bursts), q.base[outlet]
    for b in range(st[R.S_COUNT] - 1, -1, -1):
        slot = b if order == DEPTH else (st[R.S_HEAD] + b) % size
        burst = q.bursts[slot]
        if burst[P.SOURCE] != outlet:
            continue
        fresh = burst[P.CURSOR]
        if burst[P.WIRE] > 0:  # breadth-first all have been taken once, else the one at the cursor has
            fresh = burst[P.END] if order == BREADTH else fresh + 1
        at = burst[P.END] - 1
        while at >= fresh and q.codes[base + at] != code:
            at -= 1
        if at < fresh:
            continue
        parent = q.parents[base + at]
        if order == DEPTH:
            for k in range(base + at, base + burst[P.END] - 1):
                q.codes[k], q.roots[k], q.parents[k] = q.codes[k + 1], q.roots[k + 1], q.parents[k + 1]
            burst[P.END] -= 1
        else:  # a burst of a ring may go on at its end, so it gives way at its beginning
            for k in range(base + at, base + burst[P.BEGIN], -1):
                q.codes[k], q.roots[k], q.parents[k] = q.codes[k - 1], q.roots[k - 1], q.parents[k - 1]
            burst[P.BEGIN] += 1
            burst[P.CURSOR] += 1
        if burst[P.CURSOR] == burst[P.END]:
            wires = p.zero_start[outlet + 1] - p.zero_start[outlet]
            if order == BREADTH and wires > 1 and burst[P.BEGIN] < burst[P.END]:
                burst[P.CURSOR], burst[P.WIRE] = burst[P.BEGIN], 1
            elif order != BREADTH or q.opened[outlet] != slot or not _keeps(queue_table, outlet, kept):
                _drop(queue_table, st, b)
        return parent
    return -1


@inner(error_model="numpy")
def _keeps(queue_table, outlet, kept):
    """A spike of this reaction is on its way to the outlet's burst."""
    q = queue_views(queue_table)
    for k in range(kept):
        if q.out_outlets[k] == outlet:
            return True
    return False


@inner(error_model="numpy")
def _drop(queue_table, st, b):
    """An empty burst, the b-th that waits, is over; those behind it move up."""
    q = queue_views(queue_table)
    stack, size = st[R.S_ORDER] == DEPTH, len(q.bursts)
    st[R.S_COUNT] -= 1
    slot = b if stack else (st[R.S_HEAD] + b) % size
    outlet = q.bursts[slot, P.SOURCE]
    if not stack:
        q.pending[outlet] -= 1
        if q.opened[outlet] == slot:
            q.opened[outlet] = -1
    for k in range(b, st[R.S_COUNT]):
        to = k if stack else (st[R.S_HEAD] + k) % size
        come = k + 1 if stack else (st[R.S_HEAD] + k + 1) % size
        q.bursts[to] = q.bursts[come]
        if not stack and q.opened[q.bursts[to, P.SOURCE]] == come:
            q.opened[q.bursts[to, P.SOURCE]] = to


@inner
def _row(heap, seq):
    """The row of a heap with this number of emission; it is there."""
    k = 0
    while heap[k, P.KEY2] != seq:
        k += 1
    return k


@inner
def _place(queue_table, line, at):
    """The place of the at-th delivery of a line."""
    q = queue_views(queue_table)
    return (q.line_head[line] + at) % q.line_t.shape[1]


@inner
def _take_from_line(queue_table, line, at):
    """Take the at-th delivery out of a line; those behind it move up."""
    q = queue_views(queue_table)
    q.line_count[line] -= 1
    if at == 0:
        t = q.line_t[line, _place(queue_table, line, at + 1)] if q.line_count[line] > 0 else FOREVER
        line_is_due(q.line_due, q.line_first, line, t)
    for k in range(at, q.line_count[line]):
        to, come = _place(queue_table, line, k), _place(queue_table, line, k + 1)
        q.line_t[line, to], q.line_seq[line, to] = q.line_t[line, come], q.line_seq[line, come]
        q.line_port[line, to], q.line_source[line, to] = q.line_port[line, come], q.line_source[line, come]
        q.line_root[line, to], q.line_parent[line, to] = q.line_root[line, come], q.line_parent[line, come]
        q.line_code[line, to] = q.line_code[line, come]
