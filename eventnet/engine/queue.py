"""The queue of the compiled engine: bursts, delay lines and small heaps, as arrays that Python makes larger.

Spikes lie contiguously in a region for each outlet. A *burst* is a stretch of them, and the queue holds bursts: a stack
of them serves depth-first, a ring serves breadth-first and first-in-first-out. Every distinct delay has a ring of its
own (a *line*), in which time order is free. Keyed orders, settled wires and spikes that set out later use heaps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import int64

from eventnet.engine.plan import CodeRows, Codes, IntRows, Ints, Plan, Reals, views_of
from eventnet.kernels.records import inner

# Columns of a burst.
SOURCE, BEGIN, END, CURSOR, WIRE = range(5)
# Columns of a heap's row: three of key, then the delivery.
KEY0, KEY1, KEY2, H_PORT, H_CODE, H_ROOT, H_PARENT, H_SOURCE = range(8)
OUTLET = 2**32 - 1
"""The part of H_SOURCE that is the outlet; above it stands which of the outlet's wires it is."""


class Queue(NamedTuple):
    """O outlets, L delay lines. The loop keeps cursors and counts in its own record of state."""

    codes: Codes  # spikes of all regions: the index, or its complement for a negative spike
    roots: Ints
    parents: Ints
    base: Ints  # [O] where an outlet's region begins
    cap: Ints  # [O] its size
    tail: Ints  # [O] spikes in it
    pending: Ints  # [O] bursts of it that wait (rings only)
    opened: Ints  # [O] slot of its open batch, or -1 (breadth-first only)
    bursts: IntRows  # [B, 8]
    heap: IntRows  # [H, 8] keyed deliveries
    settled: IntRows  # [S, 8] by rank
    later: IntRows  # [S, 8] by time: spikes that set out later
    line_t: IntRows  # [L, C]
    line_seq: IntRows
    line_port: IntRows
    line_source: IntRows
    line_root: IntRows
    line_parent: IntRows
    line_code: CodeRows
    line_head: Ints  # [L]
    line_count: Ints  # [L]
    in_t: Ints  # inputs, in order
    in_port: Ints
    in_root: Ints
    in_code: Codes
    one_code: Codes  # [1] a single delivery on its way to a rule
    one_root: Ints
    one_parent: Ints
    out_codes: Codes  # [R] spikes of a port with several outlets, before they are sorted into regions
    out_roots: Ints
    out_parents: Ints
    out_outlets: Ints
    out_delays: Ints
    out_magnitudes: Reals
    came: Ints  # [O + 1] deliveries by the outlet they left, where costs are counted by root; the first: inputs
    log: IntRows  # [N, 6] t, source, port, code, root, parent
    root_ids: Ints  # numbers of the deliveries that are roots
    key_words: Ints


def make_queue(plan: Plan, burst_room: int, record: bool) -> Queue:
    """An empty queue with room for a few reactions of every port; it grows when it must."""
    n_outlets, n_lines = len(plan.zero_start) - 1, len(plan.line_delay)
    room = 2 * int(plan.most.max(initial=1)) + 1
    cap = np.full(n_outlets, 16, dtype=np.int64)
    for port in range(len(plan.single)):
        for outlet in plan.emit_outlet[plan.emit_start[port] : plan.emit_start[port + 1]]:
            cap[outlet] = max(cap[outlet], 2 * plan.most[port] + 1)
    base = np.concatenate([[0], np.cumsum(cap)]).astype(np.int64)
    waiting = max(16, int(room * plan.fan.max(initial=1)) * 2)

    def ints(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    line = max(1, waiting) if n_lines else 1
    return Queue(
        codes=np.zeros(base[-1], np.int32), roots=ints(base[-1]), parents=ints(base[-1]), base=base[:-1].copy(),
        cap=cap, tail=ints(n_outlets), pending=ints(n_outlets), opened=np.full(n_outlets, -1, dtype=np.int64),
        bursts=ints(burst_room, 8), heap=ints(waiting, 8), settled=ints(waiting, 8), later=ints(waiting, 8),
        line_t=ints(n_lines, line), line_seq=ints(n_lines, line), line_port=ints(n_lines, line),
        line_source=ints(n_lines, line), line_root=ints(n_lines, line), line_parent=ints(n_lines, line),
        line_code=np.zeros((n_lines, line), np.int32), line_head=ints(n_lines), line_count=ints(n_lines),
        in_t=ints(0), in_port=ints(0), in_root=ints(0), in_code=np.zeros(0, np.int32),
        one_code=np.zeros(1, np.int32), one_root=ints(1), one_parent=ints(1),
        out_codes=np.zeros(room, np.int32), out_roots=ints(room), out_parents=ints(room), out_outlets=ints(room),
        out_delays=ints(room), out_magnitudes=np.zeros(room), came=ints(n_outlets + 1),
        log=ints(1 << 16 if record else 1, 6), root_ids=ints(1), key_words=ints(16),
    )  # fmt: skip


queue_views = views_of(Queue)
"""The queue of a table, inside the compiled loop."""


@inner
def _less(heap: Any, a: int, b: int) -> Any:
    if heap[a, KEY0] != heap[b, KEY0]:
        return heap[a, KEY0] < heap[b, KEY0]
    if heap[a, KEY1] != heap[b, KEY1]:
        return heap[a, KEY1] < heap[b, KEY1]
    return heap[a, KEY2] < heap[b, KEY2]


@inner
def _swap(heap: Any, a: int, b: int) -> None:
    for k in range(8):
        heap[a, k], heap[b, k] = heap[b, k], heap[a, k]


@inner
def push(
    heap: Any, n: int, key0: int, key1: int, key2: int, port: int, code: int, root: int, parent: int, source: int
) -> None:
    """Put a delivery into a heap of `n` rows; the caller counts it and has made sure of the room."""
    row = heap[n]
    row[KEY0], row[KEY1], row[KEY2] = key0, key1, key2
    row[H_PORT], row[H_CODE], row[H_ROOT], row[H_PARENT], row[H_SOURCE] = port, code, root, parent, source
    while n > 0 and _less(heap, n, (n - 1) // 2):
        _swap(heap, n, (n - 1) // 2)
        n = (n - 1) // 2


@inner(forceinline=True)
def _sink(heap: Any, n: int, k: int) -> None:
    """Let row k go down to where it belongs among `n` rows."""
    while 2 * k + 1 < n:
        child = 2 * k + 1
        if child + 1 < n and _less(heap, child + 1, child):
            child += 1
        if not _less(heap, child, k):
            break
        _swap(heap, child, k)
        k = child


@inner
def pop(heap: Any, n: int) -> None:
    """Take the first row off a heap of `n` rows; the caller counts it."""
    n -= 1
    k = int64(0)  # a literal would compile `_swap` and `_less` twice
    _swap(heap, k, n)
    _sink(heap, n, k)


@inner
def take_out(heap: Any, n: int, k: int) -> None:
    """Take row k out of a heap of `n` rows; the caller counts it."""
    n -= 1
    if k == n:
        return
    _swap(heap, k, n)
    while k > 0 and _less(heap, k, (k - 1) // 2):
        _swap(heap, k, (k - 1) // 2)
        k = (k - 1) // 2
    _sink(heap, n, k)


def larger(queue: Queue, *names: str) -> Queue:
    """The queue with the named arrays twice as long (first axis); what they hold stays."""
    return queue._replace(**{name: np.concatenate([a := getattr(queue, name), np.zeros_like(a)]) for name in names})


def larger_lines(queue: Queue) -> Queue:
    """The queue with delay lines twice as long, each straightened so that it begins at 0."""
    made = {}
    size = queue.line_t.shape[1]
    for name in ("line_t", "line_seq", "line_port", "line_source", "line_root", "line_parent", "line_code"):
        old = getattr(queue, name)
        new = np.zeros((old.shape[0], 2 * size), dtype=old.dtype)
        for k, head in enumerate(queue.line_head):
            new[k, :size] = np.roll(old[k], -int(head))
        made[name] = new
    queue.line_head[:] = 0
    return queue._replace(**made)


def larger_bursts(queue: Queue, head: int) -> Queue:
    """The queue with twice the bursts, straightened so that the ring begins at slot 0 (a stack has head 0)."""
    size = len(queue.bursts)
    bursts = np.concatenate([np.roll(queue.bursts, -head, axis=0), np.zeros_like(queue.bursts)])
    still = queue.opened >= 0
    queue.opened[still] = (queue.opened[still] - head) % size
    return queue._replace(bursts=bursts)


def larger_region(queue: Queue, outlet: int, live: Ints) -> Queue:
    """The queue with room in one outlet's region: the dead part at its front goes first, else it doubles.

    `live` holds the slots of the bursts that wait.
    """
    mine = live[queue.bursts[live, SOURCE] == outlet]
    first = int(queue.bursts[mine, BEGIN].min(initial=queue.tail[outlet]))
    base, tail, cap = int(queue.base[outlet]), int(queue.tail[outlet]), int(queue.cap[outlet])
    if first * 2 > cap:
        for name in ("codes", "roots", "parents"):
            array = getattr(queue, name)
            array[base : base + tail - first] = array[base + first : base + tail].copy()
        queue.bursts[np.ix_(mine, [BEGIN, END, CURSOR])] -= first
        queue.tail[outlet] -= first
        return queue
    made = {}
    for name in ("codes", "roots", "parents"):
        array = getattr(queue, name)
        made[name] = np.insert(array, base + cap, np.zeros(cap, dtype=array.dtype))
    queue.base[outlet + 1 :] += cap
    queue.cap[outlet] += cap
    return queue._replace(**made)
