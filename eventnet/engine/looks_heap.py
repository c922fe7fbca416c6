"""The heap of keyed deliveries where some of them may be moved: of a unit of an outlet that says `pending` at most one
waits, and its place in the heap is known.

`places` [looks] has for each such unit 0, or 1 + its row; rows are those of `plan`, the smallest (phase, place, seq)
first. In orders without a heap (depth, breadth, fifo) a place is 0 or 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64

from eventnet.engine import plan as P
from eventnet.engine.plan import Ints, Plan, Queue, _less, _swap
from eventnet.kernels.records import inner
from eventnet.order import DEPTH


@inner
def look_at(looks, source, code, bits):
    """The place of what is sent from an outlet, by its code; -1 where it may wait more than once."""
    if looks[source] < 0:
        return -1
    return looks[source] + ((code if code >= 0 else ~code) >> bits)


@inner
def note(heap, row, looks, places, bits):
    """Write the place of a row in the heap to `places`."""
    look = look_at(looks, heap[row, P.H_SOURCE] & P.OUTLET, heap[row, P.H_CODE], bits)
    if look >= 0:
        places[look] = row + 1


@inner
def settle(heap, n, row, looks, places, bits):
    """Let a row of `n` rise or sink to where it belongs."""
    while row > 0 and _less(heap, row, (row - 1) // 2):
        _swap(heap, row, (row - 1) // 2)
        note(heap, row, looks, places, bits)
        row = (row - 1) // 2
    while 2 * row + 1 < n:
        child = 2 * row + 1
        if child + 1 < n and _less(heap, child + 1, child):
            child += 1
        if not _less(heap, child, row):
            break
        _swap(heap, child, row)
        note(heap, row, looks, places, bits)
        row = child
    note(heap, row, looks, places, bits)


@inner
def lay(heap, row, key0, key1, key2, port, code, root, parent, source):
    """Write a delivery as the last row; `settle` then lets it rise."""
    heap[row, P.KEY0], heap[row, P.KEY1], heap[row, P.KEY2] = key0, key1, key2
    heap[row, P.H_PORT], heap[row, P.H_CODE] = port, code
    heap[row, P.H_ROOT], heap[row, P.H_PARENT], heap[row, P.H_SOURCE] = root, parent, source


@inner
def settle_first(heap, n, looks, places, bits):
    """Take the first of `n` rows off; the caller counts it, and forgets its place."""
    n -= 1
    row = int64(0)  # a literal would compile what it is handed to once more
    _swap(heap, row, n)
    if n > 0:
        settle(heap, n, row, looks, places, bits)


@inner
def note_all(heap, n, looks, places, bits):
    """Write the places of all rows, after some were taken out."""
    for row in range(n):
        note(heap, row, looks, places, bits)


def places_of(plan: Plan, queue: Queue, order: int, keyed: bool, head: int, count: int, bits: int) -> Ints:
    """`places` [looks] of a queue that was read from a checkpoint."""
    places = np.zeros_like(queue.places)

    def put(source: int, code: int, place: int) -> None:
        if plan.looks[source] >= 0:
            places[plan.looks[source] + ((code if code >= 0 else ~code) >> bits)] = place

    if keyed:
        for row in range(count):
            put(int(queue.heap[row, P.H_SOURCE]) & P.OUTLET, int(queue.heap[row, P.H_CODE]), row + 1)
        return places
    for k in range(count):
        burst: Any = queue.bursts[k if order == DEPTH else (head + k) % len(queue.bursts)]
        source = int(burst[P.SOURCE])
        for at in range(int(burst[P.CURSOR]), int(burst[P.END])):
            put(source, int(queue.codes[queue.base[source] + at]), 1)
    return places
