"""The ring: spikes that set out later by delays that their module says, in a bucket for each tick that is near.

Synapses have delays of their own (`own_delays`, whole ticks [n]): what is due at tick t stands in bucket t mod W, in
the order in which it was sent. W exceeds the longest of those delays, so that a bucket holds one tick only. Spikes
that a module sends by others wait in the heap, as do all of a checkpoint: the order is by (tick, number) in both.

A bucket is a list of chunks, each of ROWS deliveries of one word: a spike, and which *sending* it is of. Spikes that a
reaction sends over a wire at once, with numbers one after the other, are a sending: these have the wire, the cause and
the first number in common, which stand once, in a table that goes round. A sending is forgotten when it is older than
the ring reaches. With a delay for each synapse nearly every delivery goes to another bucket: the last lines of all
buckets stay in the cache, where a heap of a million takes nine times as long, since every step of it is another place
of the memory. For each bucket two words say where its first delivery lies and where the next one goes.
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

RUN = 256
"""So many deliveries of a bucket are handed to a rule at once."""
PUT_AHEAD = 8
"""So many spikes lie between one whose place is asked for and the one that is put."""

WAIT, FREE, USED, IN_USE, OLDEST, NEWEST, GOES_ON, RING_WORDS = range(8)
"""Words of `ring_at`: deliveries in the ring; the first free chunk, + 1; chunks that were ever used; chunks in use; the
oldest sending that is kept, and the one after the newest; the number of the delivery that would go on with that."""

NEXT, FIRST, ROWS = 0, 4, 60
CHUNK = FIRST + ROWS
"""Words of a chunk: where the next one begins, if the bucket goes on there, or the next free one's number, + 1; three
that are not used; the rows, each a code, and above it the sending's number. A power of two."""
WITHIN = CHUNK - 1
CHUNK_BITS = CHUNK.bit_length() - 1
LINE_WORDS = LINE // 8
CODE_BITS = 32
CODE_MASK = (1 << CODE_BITS) - 1
SEQ, WIRE, ROOT, PARENT, SENDING = range(5)
"""Words of a sending: the number of its first delivery; the wire, by its place among those of the plan; the cause."""


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


@inner(forceinline=True)
def place_of(sent, row):
    """The place at which the words of a row's sending begin. The table has a power of two of them."""
    return SENDING * ((row >> CODE_BITS) & (len(sent) // SENDING - 1))


@inner
def forget(sent_t, at, now, ticks):
    """Sendings of which nothing waits any more give up their places."""
    while at[OLDEST] < at[NEWEST] and now - sent_t[at[OLDEST] & (len(sent_t) - 1)] >= ticks:
        at[OLDEST] += 1


@inner
def sending(at, sent, sent_t, now, seq, wire, root, parent):
    """The sending that a delivery is of: the newest, or one more, of whose place the caller has made sure."""
    newest = at[NEWEST] - 1
    if at[OLDEST] <= newest and at[GOES_ON] == seq and sent_t[newest & (len(sent_t) - 1)] == now:
        known = SENDING * (newest & (len(sent_t) - 1))
        if sent[known + WIRE] == wire and sent[known + ROOT] == root and sent[known + PARENT] == parent:
            return newest
    newest += 1
    at[NEWEST] = newest + 1
    place = newest & (len(sent_t) - 1)
    sent_t[place] = now
    sent[SENDING * place + SEQ], sent[SENDING * place + WIRE] = seq, wire
    sent[SENDING * place + ROOT], sent[SENDING * place + PARENT] = root, parent
    return newest


@inner(forceinline=True)
def put_row(ring, first, last, bits, at, t, row):
    """A row goes to the end of its bucket; the caller has made sure of a chunk, and counts it."""
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
    ring[place] = row
    last[bucket] = place + 1


@inner
def put(ring, first, last, bits, at, sent, sent_t, now, t, seq, wire, code, root, parent):
    """A delivery goes to the end of its bucket; the caller has made sure of a chunk and of a sending's place."""
    who = sending(at, sent, sent_t, now, seq, wire, root, parent)
    put_row(ring, first, last, bits, at, t, who << CODE_BITS | code & CODE_MASK)
    at[WAIT] += 1
    at[GOES_ON] = seq + 1


@inner(forceinline=True)
def put_run(ring, first, last, bits, at, sent, sent_t, now, seq, wire, wait, k, n, delays, codes, roots, parents):
    """Put spikes k to n of one wire, of delay `wait`, up to one that does not set out later within the ring's reach.

    Returns the number of that one, or n.
    """
    begin, size = k, len(last)
    while k < n and 0 < delays[k] < size - wait:
        root, parent, start = roots[k], parents[k], k
        above = sending(at, sent, sent_t, now, seq + k - begin, wire, root, parent) << CODE_BITS
        while k < n and 0 < delays[k] < size - wait and roots[k] == root and parents[k] == parent:
            if k + PUT_AHEAD < n:
                fetch_place(ring, last, now + delays[k + PUT_AHEAD] + wait)
            put_row(ring, first, last, bits, at, now + delays[k] + wait, above | codes[k] & CODE_MASK)
            k += 1
        at[WAIT] += k - start
        at[GOES_ON] = seq + k - begin
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
def first_of(ring, first, sent, t):
    """A number as that of the first delivery that is due at t: no delivery of another place lies between the two."""
    return sent[place_of(sent, ring[first[t & (len(first) - 1)]]) + SEQ]


@inner(forceinline=True)
def fetch_chunk(ring, begin):
    """Ask the memory for a chunk."""
    for k in range(0, CHUNK, LINE_WORDS):
        fetch_word(ring, begin + k)


@inner
def gather(ring, first, last, sent, t, before, most, codes, roots, parents):
    """Copy the first deliveries of tick t that came over one wire, with numbers below `before`, that of none of these.

    Returns how many, `most` at most, and the wire. The memory is asked for the chunk after the one that is read: of
    this tick, or else of the next.
    """
    bucket = t & (len(first) - 1)
    place, end, n = first[bucket], last[bucket], 0
    following = first[(t + 1) & (len(first) - 1)]
    soon = ring[(place & ~WITHIN) + NEXT] if place >> CHUNK_BITS != (end - 1) >> CHUNK_BITS else following & ~WITHIN
    fetch_chunk(ring, soon)
    wire = sent[place_of(sent, ring[place]) + WIRE]
    while n < most:
        row = ring[place]
        of = place_of(sent, row)
        if sent[of + WIRE] != wire or sent[of + SEQ] >= before:
            break
        codes[n], roots[n], parents[n] = int32(row), sent[of + ROOT], sent[of + PARENT]
        n += 1
        place += 1
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
        here = min(n, CHUNK - (place & WITHIN))
        place += here
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
    """All that waits, as rows of the heap of spikes that set out later [n, 8]: bucket by bucket, each in its order.

    Their numbers are in the order of those with which they were sent, and no other delivery's lie between them.
    """
    bucket = np.flatnonzero(queue.ring_first)
    place, last = queue.ring_first[bucket], queue.ring_last[bucket]
    buckets, places = [bucket[:0]], [bucket[:0]]
    while len(bucket):  # a chunk of every bucket that has one more
        whole = (place | WITHIN) + 1
        ends = np.where(place >> CHUNK_BITS == (last - 1) >> CHUNK_BITS, last, whole)
        n = ends - place
        buckets.append(np.repeat(bucket, n))
        places.append(np.repeat(place - np.cumsum(n) + n, n) + np.arange(n.sum()))
        goes_on = ends != last
        bucket, last = bucket[goes_on], last[goes_on]
        place = queue.ring[ends[goes_on] - CHUNK + NEXT] + FIRST
    of = np.concatenate(buckets)
    order = np.argsort(of, kind="stable")
    of, row = of[order], queue.ring[np.concatenate(places)[order]]
    who = (row >> CODE_BITS) % len(queue.ring_sent_t)
    first_seq, wire, root, parent = queue.ring_sent.reshape(-1, SENDING)[who].T
    number = np.arange(len(row))
    begins = np.r_[True, (of[1:] != of[:-1]) | (who[1:] != who[:-1])][: len(row)]
    seq = first_seq + number - np.maximum.accumulate(np.where(begins, number, 0))
    t = now + (of - now) % len(queue.ring_first)
    code, zero = (row & CODE_MASK).astype(np.uint32).view(np.int32), np.zeros_like(t)
    return np.stack([t, zero, seq, plan.wire_port[wire], code, root, parent, plan.wire_source[wire]], axis=1)


def empty(queue: Any) -> None:
    """Nothing waits."""
    for array in (queue.ring_first, queue.ring_last, queue.ring_bits, queue.ring_at):
        array[:] = 0
