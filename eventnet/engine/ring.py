"""The ring: spikes that set out later by delays that their module says, in a bucket for each tick that is near.

Synapses have delays of their own (`own_delays`, whole ticks [n]): what is due at tick t stands in bucket t mod W, in
the order in which it was sent. W exceeds the longest of those delays, so that a bucket holds one tick only. Spikes
that a module sends by others wait in the heap, as do all of a checkpoint: the order is by (tick, number) in both.

A bucket is a list of chunks, each of ROWS deliveries that lie side by side, in lines of the memory of their own. A heap
of a million takes nine times as long, since every step of it is another place of the memory. For each bucket two words
say where its first delivery lies and where the next one goes, so that a delivery touches one line, which `fetch_place`
asks for beforehand: with a delay for each synapse nearly every delivery goes to another bucket.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int32, int64
from numpy.typing import NDArray

from eventnet.kernels.fetch import LINE, fetch_word
from eventnet.kernels.records import inner

MOST_TICKS = 1 << 17
"""Delays of so many ticks and more wait in the heap."""
NO_TICKS = 1
"""The buckets of a network that needs none."""

RUN = 64
"""So many deliveries of a bucket are handed to a rule at once."""
PUT_AHEAD = 8
"""So many spikes lie between one whose place is asked for and the one that is put."""

WAIT, FREE, USED, IN_USE = range(4)
"""Words of `ring_at`: deliveries in the ring; the first free chunk, + 1; chunks that were ever used; chunks in use."""

NEXT, FIRST, ROWS, ROW = 0, 4, 15, 4
CHUNK = FIRST + ROWS * ROW
"""Words of a chunk: where the next one begins, if the bucket goes on there, or the next free one's number, + 1; three
that are not used; the rows. A power of two."""
WITHIN = CHUNK - 1
CHUNK_BITS = CHUNK.bit_length() - 1
LINE_WORDS = LINE // 8
SEQ, WHAT, ROOT, PARENT = range(ROW)
"""Words of a row; WHAT: the code below, above it the wire, by its place among those of the plan."""
CODE_BITS = 32
CODE_MASK = (1 << CODE_BITS) - 1


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
@inner(forceinline=True)
def fetch_place(ring, last, t):
    """Ask the memory for the place of a delivery that will be put at tick t."""
    fetch_word(ring, last[t & (len(last) - 1)])


@inner
def put(ring, first, last, bits, at, t, seq, wire, code, root, parent):
    """A delivery goes to the end of its bucket; the caller has made sure of a chunk."""
    bucket = t & (len(last) - 1)
    place = last[bucket]
    if place & WITHIN == 0:  # the bucket is empty, or its last chunk full
        new = at[FREE] - 1
        if new >= 0:
            at[FREE] = ring[new * CHUNK + NEXT]
        else:
            new = at[USED]
            at[USED] += 1
        at[IN_USE] += 1
        if place == 0:
            first[bucket] = new * CHUNK + FIRST
            bits[bucket >> 6] |= int64(1) << (bucket & 63)
        else:
            ring[place - CHUNK + NEXT] = new * CHUNK
        place = new * CHUNK + FIRST
    ring[place + SEQ], ring[place + WHAT] = seq, wire << CODE_BITS | code & CODE_MASK
    ring[place + ROOT], ring[place + PARENT] = root, parent
    last[bucket] = place + ROW
    at[WAIT] += 1


@inner(forceinline=True)
def put_run(ring, first, last, bits, at, now, seq, wire, wait, k, n, delays, codes, roots, parents):
    """Put spikes k to n of one wire, of delay `wait`, up to one that does not set out later within the ring's reach.

    Returns the number of that one, or n.
    """
    begin, size = k, len(last)
    while k < n and 0 < delays[k] < size - wait:
        if k + PUT_AHEAD < n:
            fetch_place(ring, last, now + delays[k + PUT_AHEAD] + wait)
        t = now + delays[k] + wait
        put(ring, first, last, bits, at, t, seq + k - begin, wire, codes[k], roots[k], parents[k])
        k += 1
    return k


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
    return ring[first[t & (len(first) - 1)] + SEQ]


@inner(forceinline=True)
def fetch_chunk(ring, begin):
    """Ask the memory for a chunk."""
    for k in range(0, CHUNK, LINE_WORDS):
        fetch_word(ring, begin + k)


@inner
def gather(ring, first, last, t, before, most, codes, roots, parents):
    """Copy the first deliveries of tick t that came over one wire, with numbers below `before`.

    Returns how many, `most` at most, and the wire. The memory is asked for the chunk after the one that is read: of
    this tick, or else of the next.
    """
    bucket = t & (len(first) - 1)
    place, end, n = first[bucket], last[bucket], 0
    following = first[(t + 1) & (len(first) - 1)]
    soon = ring[(place & ~WITHIN) + NEXT] if place >> CHUNK_BITS != (end - 1) >> CHUNK_BITS else following & ~WITHIN
    fetch_chunk(ring, soon)
    wire = ring[place + WHAT] >> CODE_BITS
    while n < most:
        what = ring[place + WHAT]
        if what >> CODE_BITS != wire or ring[place + SEQ] >= before:
            break
        codes[n], roots[n], parents[n] = int32(what), ring[place + ROOT], ring[place + PARENT]
        n += 1
        place += ROW
        if place == end:
            break
        if place & WITHIN == 0:
            place = ring[place - CHUNK + NEXT] + FIRST
            goes_on = place >> CHUNK_BITS != (end - 1) >> CHUNK_BITS
            fetch_chunk(ring, ring[place - FIRST + NEXT] if goes_on else following & ~WITHIN)
    return n, wire


@inner
def drop(ring, first, last, bits, at, t, n):
    """The first n deliveries of tick t have been taken."""
    bucket = t & (len(first) - 1)
    place, end = first[bucket], last[bucket]
    at[WAIT] -= n
    while n > 0:
        here = min(n, (CHUNK - (place & WITHIN)) // ROW)
        place += ROW * here
        n -= here
        if place & WITHIN != 0 and place != end:
            break
        begin = (place - 1) & ~WITHIN
        following = ring[begin + NEXT] + FIRST
        ring[begin + NEXT], at[FREE] = at[FREE], begin // CHUNK + 1
        at[IN_USE] -= 1
        if place == end:
            place = last[bucket] = 0
            bits[bucket >> 6] &= ~(int64(1) << (bucket & 63))
        else:
            place = following
    first[bucket] = place


# --- what the engine calls ---
def rows_of(queue: Any, plan: Any, now: int) -> NDArray[np.int64]:
    """All that waits, as rows of the heap of spikes that set out later [n, 8]: bucket by bucket, each in its order."""
    bucket = np.flatnonzero(queue.ring_first)
    place, last = queue.ring_first[bucket], queue.ring_last[bucket]
    buckets, places = [bucket[:0]], [bucket[:0]]
    while len(bucket):  # the next row of every bucket that has one
        buckets.append(bucket)
        places.append(place)
        goes_on = place + ROW != last
        bucket, place, last = bucket[goes_on], place[goes_on] + ROW, last[goes_on]
        full = place & WITHIN == 0
        place[full] = queue.ring[place[full] - CHUNK + NEXT] + FIRST
    of = np.concatenate(buckets)
    order = np.argsort(of, kind="stable")
    of, rows = of[order], np.concatenate(places)[order, None] + np.arange(ROW)
    seq, what, root, parent = queue.ring[rows].T
    t, wire = now + (of - now) % len(queue.ring_first), what >> CODE_BITS
    code, zero = (what & CODE_MASK).astype(np.uint32).view(np.int32), np.zeros_like(t)
    return np.stack([t, zero, seq, plan.wire_port[wire], code, root, parent, plan.wire_source[wire]], axis=1)


def empty(queue: Any) -> None:
    """Nothing waits."""
    for array in (queue.ring_first, queue.ring_last, queue.ring_bits, queue.ring_at):
        array[:] = 0
