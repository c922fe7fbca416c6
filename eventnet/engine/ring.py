"""The ring: spikes that set out later by delays that their module says, in a bucket for each tick that is near.

Synapses have delays of their own (`own_delays`, whole ticks [n]): what is due at tick t stands in bucket t mod W, in
the order in which it was sent. W exceeds the longest of those delays, so that a bucket holds one tick only. Spikes
that a module sends by others wait in the heap, as do all of a checkpoint: the order is by (tick, number) in both.

A bucket is a list of chunks, each of ROWS deliveries that lie side by side. A heap of a million takes nine times as
long, since every step of it is another place of the memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int64
from numpy.typing import NDArray

from eventnet.kernels.records import inner

MOST_TICKS = 1 << 17
"""Delays of so many ticks and more wait in the heap."""
NO_TICKS = 1
"""The buckets of a network that needs none."""

RUN = 64
"""So many deliveries of a bucket are handed to a rule at once."""

WAIT, FREE, USED, IN_USE = range(4)
"""Words of `ring_at`: deliveries in the ring; the first free chunk, and chunks that were ever used; chunks in use."""

NEXT, FILLED, TAKEN, FIRST, ROWS, ROW = 0, 1, 2, 4, 12, 5
CHUNK = FIRST + ROWS * ROW
"""Words of a chunk: the next one's number, + 1; how many rows it holds, and how many of them are gone; the rows."""
SEQ, ENDS, CODE, ROOT, PARENT = range(ROW)
"""Words of a row; ENDS: the port below, the outlet above."""
PORT_BITS = 32


def ring_ticks(net: Any) -> int:
    """Buckets that a network needs: a power of two above the longest delay that a module says, or 1 for none."""
    longest = 0
    for wire in net.wires:
        said = getattr(wire.source.module, "own_delays", None)
        if said is not None and wire.source.outlet.passes_on:
            waits = np.asarray(said) + wire.delay
            longest = max(longest, int(waits[waits < MOST_TICKS].max(initial=0)))
    return max(64, 1 << longest.bit_length()) if longest else NO_TICKS


# --- what the loop calls ---
@inner
def put(ring, first, last, bits, at, t, seq, port, source, code, root, parent):
    """A delivery goes to the end of its bucket; the caller has made sure of a chunk."""
    bucket = t & (len(first) - 1)
    k = last[bucket] - 1
    if k < 0 or ring[k, FILLED] == ROWS:
        new = at[FREE] - 1
        if new >= 0:
            at[FREE] = ring[new, NEXT]
        else:
            new = at[USED]
            at[USED] += 1
        at[IN_USE] += 1
        ring[new, NEXT], ring[new, FILLED], ring[new, TAKEN] = 0, 0, 0
        if k < 0:
            first[bucket] = new + 1
            bits[bucket >> 6] |= int64(1) << (bucket & 63)
        else:
            ring[k, NEXT] = new + 1
        last[bucket] = new + 1
        k = new
    place = FIRST + ROW * ring[k, FILLED]
    ring[k, place + SEQ], ring[k, place + ENDS] = seq, port | source << PORT_BITS
    ring[k, place + CODE], ring[k, place + ROOT], ring[k, place + PARENT] = code, root, parent
    ring[k, FILLED] += 1
    at[WAIT] += 1


@inner
def next_tick(now, first, bits):
    """The first tick from `now` on at which something is due. Something must be."""
    ticks = len(first)
    start = now & (ticks - 1)
    word = start >> 6
    found = bits[word] & (int64(-1) << (start & 63))
    while found == 0:
        word = word + 1 if word + 1 < len(bits) else 0
        found = bits[word]
    lowest, k = found & -found, 0
    for step in (32, 16, 8, 4, 2, 1):
        if lowest & ((int64(1) << step) - 1) == 0:
            k += step
            lowest = (lowest >> step) & ~(int64(-1) << (64 - step))
    return now + (((word << 6) + k - start) & (ticks - 1))


@inner
def first_of(ring, first, t):
    """The number of the first delivery that is due at t."""
    k = first[t & (len(first) - 1)] - 1
    return ring[k, FIRST + ROW * ring[k, TAKEN] + SEQ]


@inner
def gather(ring, first, t, before, most, codes, roots, parents):
    """Copy the first deliveries of tick t that came over one outlet to one port, with numbers below `before`.

    Returns how many, `most` at most, and the words of their port and outlet.
    """
    k = first[t & (len(first) - 1)] - 1
    row = ring[k, TAKEN]
    ends, n = ring[k, FIRST + ROW * row + ENDS], 0
    while n < most:
        place = FIRST + ROW * row
        if ring[k, place + ENDS] != ends or ring[k, place + SEQ] >= before:
            break
        codes[n], roots[n], parents[n] = ring[k, place + CODE], ring[k, place + ROOT], ring[k, place + PARENT]
        n += 1
        row += 1
        if row == ring[k, FILLED]:
            k, row = ring[k, NEXT] - 1, 0
            if k < 0:
                break
    return n, ends


@inner
def drop(ring, first, last, bits, at, t, n):
    """The first n deliveries of tick t have been taken."""
    bucket = t & (len(first) - 1)
    at[WAIT] -= n
    while n > 0:
        k = first[bucket] - 1
        here = min(n, ring[k, FILLED] - ring[k, TAKEN])
        n -= here
        ring[k, TAKEN] += here
        if ring[k, TAKEN] < ring[k, FILLED]:
            break
        following = ring[k, NEXT]
        ring[k, NEXT], at[FREE] = at[FREE], k + 1
        at[IN_USE] -= 1
        first[bucket] = following
        if following == 0:
            last[bucket] = 0
            bits[bucket >> 6] &= ~(int64(1) << (bucket & 63))


# --- what the engine calls ---
def rows_of(queue: Any, now: int) -> NDArray[np.int64]:
    """All that waits, as rows of the heap of spikes that set out later [n, 8]: bucket by bucket, each in its order."""
    bucket = np.flatnonzero(queue.ring_first)
    buckets, chunks, k = [bucket[:0]], [bucket[:0]], queue.ring_first[bucket] - 1
    while len(k):  # the next chunk of every bucket that has one
        buckets.append(bucket)
        chunks.append(k)
        following = queue.ring[k, NEXT] - 1
        bucket, k = bucket[following >= 0], following[following >= 0]
    of = np.concatenate(buckets)
    order = np.argsort(of, kind="stable")
    of, found = of[order], queue.ring[np.concatenate(chunks)[order]]
    place = np.arange(ROWS)
    waits = (place >= found[:, TAKEN, None]) & (place < found[:, FILLED, None])
    seq, ends, code, root, parent = found[:, FIRST:CHUNK].reshape(-1, ROWS, ROW)[waits].T
    t = now + (np.repeat(of, waits.sum(axis=1)) - now) % len(queue.ring_first)
    zero, port = np.zeros_like(t), ends & (1 << PORT_BITS) - 1
    return np.stack([t, zero, seq, port, code, root, parent, ends >> PORT_BITS], axis=1)


def empty(queue: Any) -> None:
    """Nothing waits."""
    for array in (queue.ring_first, queue.ring_last, queue.ring_bits, queue.ring_at):
        array[:] = 0
