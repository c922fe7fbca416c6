"""Sparse rows drawn by counting: the targets of each source one behind the other, from hashes of a key and a number.

A draw for a source or a target depends on the key and on its number alone. Rows are drawn twice, once to count
and once to write (a counting sort): nothing lies in memory but the targets, 4 bytes a synapse.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from eventnet.kernels.compiling import compiled

_MASK, GOLDEN = (1 << 64) - 1, 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def word_of(key: Any, k: int) -> int:
    """Word k of the sequence of SplitMix64 that begins at a key (Steele, Lea and Flood 2014): 64 bits, unsigned."""
    z = (int(key) + (int(k) + 1) * GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * _FIRST) & _MASK
    z = ((z ^ (z >> 27)) * _SECOND) & _MASK
    return z ^ (z >> 31)


@overload(word_of, jit_options={"forceinline": True})
def _word_of(key: Any, k: Any) -> Any:
    def impl(key: Any, k: Any) -> Any:
        z = np.uint64(key) + np.uint64(k + 1) * np.uint64(GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
        return z ^ (z >> np.uint64(31))

    return impl


def bits_of(word: int, shift: int, mask: int) -> int:
    """Some bits of a word, as a whole number with a sign; at most 63 of them."""
    return (int(word) >> shift) & mask


@overload(bits_of, jit_options={"forceinline": True})
def _bits_of(word: Any, shift: Any, mask: Any) -> Any:
    def impl(word: Any, shift: Any, mask: Any) -> Any:
        return np.int64((word >> np.uint64(shift)) & np.uint64(mask))

    return impl


def below(word: int, n: int) -> int:
    """A whole number in [0, n) by the upper half of a word, every one as likely as another; -1: take the next word.

    Lemire's method (2019): the product with n in place of a division. n is below 2^31.
    """
    product = (int(word) >> 32) * int(n)
    low = product & 0xFFFFFFFF
    if low < n and low < (1 << 32) % n:
        return -1
    return product >> 32


@overload(below, jit_options={"forceinline": True})
def _below(word: Any, n: Any) -> Any:
    def impl(word: Any, n: Any) -> Any:
        product = (word >> np.uint64(32)) * np.uint64(n)
        low = product & np.uint64(0xFFFFFFFF)
        if low < np.uint64(n) and low < np.uint64(4294967296) % np.uint64(n):
            return types.int64(-1)
        return types.int64(product >> np.uint64(32))

    return impl


@register_jitable(forceinline=True)
def between(word: Any) -> Any:
    """A number between 0 and 1, and neither."""
    return (np.float64(word >> np.uint64(12)) + 0.5) * 2.0**-52


@compiled
def draw_sources(
    n_in: int, n_out: int, n: int, key: int, own: bool, multiple: bool, at: Any, targets: Any, write: bool
) -> None:
    """Each target draws n sources. Counted into at [n_in]; or written, where at is the place of each row's next one.

    own: a unit may draw itself. multiple: it may draw one source twice.
    """
    last = np.full(1 if multiple else n_in, -1, np.int64)
    for j in range(n_out):
        base, made, k = word_of(key, j), 0, 0
        while made < n:
            i = below(word_of(base, k), n_in)
            k += 1
            if i < 0 or (not own and i == j):
                continue
            if not multiple:
                if last[i] == j:
                    continue
                last[i] = j
            if write:
                targets[at[i]] = j
            at[i] += 1
            made += 1


@compiled
def draw_targets(n_in: int, n_out: int, n: int, key: int, own: bool, multiple: bool, targets: Any) -> None:
    """Each source draws n targets into its row of targets [n_in, n]."""
    last = np.full(1 if multiple else n_out, -1, np.int64)
    for i in range(n_in):
        base, made, k = word_of(key, i), 0, 0
        while made < n:
            j = below(word_of(base, k), n_out)
            k += 1
            if j < 0 or (not own and i == j):
                continue
            if not multiple:
                if last[j] == i:
                    continue
                last[j] = i
            targets[i, made] = j
            made += 1


@compiled
def draw_pairs(n_in: int, n_out: int, p: float, key: int, own: bool, start: Any, targets: Any) -> int:
    """Each pair is a synapse with the probability p < 1, by gaps from one to the next: the time goes with synapses.

    Returns how many there are, or -1 where there is no room for them.
    """
    made, room, scale = 0, len(targets), 1 / math.log1p(-p)
    for i in range(n_in):
        start[i] = made
        base, j, k = word_of(key, i), -1, 0
        while True:
            gap = math.log(between(word_of(base, k))) * scale
            k += 1
            if gap >= n_out - j - 1:
                break
            j += 1 + int(gap)
            if not own and i == j:
                continue
            if made == room:
                return -1
            targets[made] = j
            made += 1
    start[n_in] = made
    return made


@compiled
def count_edges(sources: Any, at: Any) -> None:
    """Add up the edges of each source in at [n_in]."""
    for i in sources:
        at[i] += 1


@compiled
def sort_edges(sources: Any, at: Any, given: Any, made: Any) -> None:
    """Write what is given of each edge [edges] to its place in rows; at [n_in] is the place of each row's next one."""
    for k in range(len(sources)):
        i = sources[k]
        made[at[i]] = given[k]
        at[i] += 1


@compiled
def split_by_delay(start: Any, targets: Any, order: Any, kinds: Any, n_kinds: int, parts: Any, found: Any) -> int:
    """Sort each row by delay, in place; synapses of one delay keep their order. kinds [synapses]: place of its delay.

    parts [n_in + 1]: the first part of each row, filled here; found [n, 2]: kind of each part, and its first synapse.
    targets or order may be [0]; order is moved as the targets are. Returns the number of parts; found is filled as far
    as it goes.
    """
    counts, places = np.zeros(n_kinds, np.int64), np.zeros(n_kinds, np.int64)
    longest = 0
    for i in range(len(start) - 1):
        longest = max(longest, start[i + 1] - start[i])
    row, moved = np.empty(longest, targets.dtype), np.empty(longest, order.dtype)
    n = 0
    for i in range(len(start) - 1):
        lo, hi = start[i], start[i + 1]
        parts[i] = n
        counts[:] = 0
        for k in range(lo, hi):
            counts[kinds[k]] += 1
        at = 0
        for c in range(n_kinds):
            places[c] = at
            if counts[c] > 0:
                if n < len(found):
                    found[n, 0], found[n, 1] = c, lo + at
                n += 1
            at += counts[c]
        for k in range(lo, hi):
            c = kinds[k]
            if len(targets) > 0:
                row[places[c]] = targets[k]
            if len(order) > 0:
                moved[places[c]] = order[k]
            places[c] += 1
        if len(targets) > 0:
            targets[lo:hi] = row[: hi - lo]
        if len(order) > 0:
            order[lo:hi] = moved[: hi - lo]
    parts[len(start) - 1] = n
    return n
