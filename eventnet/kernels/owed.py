"""Updates that rows of weights are owed: written down as they are made, and paid to all rows when one is next read.

A column of a block that lies by rows is slow to walk. So the compiled engine only notes which column an error moves and
which way, and before a row is read, or an amount changes, every row takes up all that it is owed in the order in which
it came: the same operations on each weight, so the same bytes. Whoever reads columns has a block beside that lies the
other way round and is moved at once, a row at a time. The reference engine knows nothing of this; rules that do are the
`owing` forms of others (`eventnet.rule.Rule`), and the loop never leaves with anything owed.
"""

from __future__ import annotations

from typing import Any

from numba import int64, types

from eventnet.kernels.compiling import compiled
from eventnet.kernels.records import address_of, array_at, inner, rows_at

# Words of the record of a block, which its rules see under the name `owed`.
(
    WAITING,  # how many errors are written down
    ROOM,  # for so many of them
    CODES,  # address, uint32: twice the column, and 1 more where the error is negative
    BY,  # address, [rows] in the network's number type: what a positive error takes off a row's weight
    ON,  # address, likewise: 1 where it is moved at all
    MOVING,  # how many rows are moved
    ACTIVE,  # address, int64: how many rows may be moved, then their numbers
    ROWS, COLUMNS,
    TURNED,  # address of the block that lies the other way round, or 0
    STRIDE,  # words from one of its rows to the next
) = range(11)  # fmt: skip
OWED_WORDS = 16


@inner
def _pay_rows(w, owed):
    """Every row takes up what it is owed. Row by row: a row's words lie near each other, those of a column do not."""
    n, columns = owed[WAITING], owed[COLUMNS]
    codes = array_at(owed[CODES], n, types.uint32)
    active = array_at(owed[ACTIVE], owed[ROWS] + 1, int64)
    by, on = array_at(owed[BY], owed[ROWS], w.dtype), array_at(owed[ON], owed[ROWS], w.dtype)
    for a in range(1, active[0] + 1):
        k = active[a]
        if on[k] != 0:
            row = array_at(address_of(w) + k * w.strides[0], columns, w.dtype)
            less = by[k]
            more = -less
            for e in range(n):
                row[codes[e] >> types.uint32(1)] -= more if codes[e] & types.uint32(1) else less
    owed[WAITING] = 0


@inner(forceinline=True)
def pay(w, owed):
    """Nothing is owed any more: to be called before rows are read, or their amounts change."""
    if owed[WAITING] != 0:
        _pay_rows(w, owed)


@inner(forceinline=True)
def set_amount(w, k, amount, moves, owed):
    """From now on an error takes so much off the weights of row k, or nothing; nothing is owed."""
    on = array_at(owed[ON], owed[ROWS], w.dtype)
    owed[MOVING] += (1 if moves else 0) - (1 if on[k] != 0 else 0)
    on[k] = 1 if moves else 0
    array_at(owed[BY], owed[ROWS], w.dtype)[k] = amount


@inner(forceinline=True)
def turned(w, owed):
    """The block that lies the other way round, [columns, rows]."""
    return rows_at(owed[TURNED], owed[COLUMNS], owed[ROWS], owed[STRIDE], w.dtype)


@inner
def _move_turned(w, i, s, owed):
    """A column moves at once where it lies as a row."""
    n, item = owed[ROWS], w.itemsize
    row = array_at(int64(owed[TURNED] + i * owed[STRIDE] * item), n, w.dtype)
    by, on = array_at(owed[BY], n, w.dtype), array_at(owed[ON], n, w.dtype)
    if s > 0:
        for k in range(n):
            row[k] = row[k] - by[k] if on[k] != 0 else row[k]
    else:
        for k in range(n):
            row[k] = row[k] + by[k] if on[k] != 0 else row[k]


@inner
def turn_column(w, i, owed):
    """Column i was moved by itself."""
    if owed[TURNED] != 0:
        other = turned(w, owed)
        for k in range(owed[ROWS]):
            other[i, k] = w[k, i]


@inner(forceinline=True)
def write_down(w, i, s, owed):
    """Column i is moved by an error of this sign; returns how many weights that will move."""
    if owed[WAITING] == owed[ROOM]:
        pay(w, owed)
    n = owed[WAITING]
    array_at(owed[CODES], owed[ROOM], types.uint32)[n] = types.uint32(2 * i + (1 if s < 0 else 0))
    owed[WAITING] = n + 1
    if owed[TURNED] != 0:
        _move_turned(w, i, s, owed)
    return owed[MOVING]


@compiled
def tend(w: Any, owed: Any, c: Any, active: Any, rate: Any, keep: Any, turns: bool) -> None:
    """Before the loop runs, and when it has left: nothing is owed, amounts are as the counts say.

    turns: the block that lies the other way round is made of the rows again. One function for both, since it takes
    half a second to compile.
    """
    pay(w, owed)
    by, on = array_at(owed[BY], owed[ROWS], w.dtype), array_at(owed[ON], owed[ROWS], w.dtype)
    for k in range(owed[ROWS]):
        by[k] = on[k] = 0
    owed[MOVING] = 0
    for a in range(1, active[0] + 1):
        k = active[a]
        set_amount(w, k, rate[0] * c[k], c[k] > 0 or (c[k] < 0 and keep[0] > 0), owed)
    if turns and owed[TURNED] != 0:
        other = turned(w, owed)
        for k in range(owed[ROWS]):
            for j in range(owed[COLUMNS]):
                other[j, k] = w[k, j]
