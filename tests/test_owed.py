"""What rows are owed is paid by the same operations, in the order in which it was written down."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.kernels import owed as W
from eventnet.kernels.aligned import padded, padded_rows
from eventnet.kernels.compiling import compiled

ROWS, COLUMNS, ROOM = 70, 9, 5


@compiled
def write_all(w: Any, record: Any, columns: Any, signs: Any, moved: Any) -> None:
    """Write errors down, one after another."""
    for k in range(len(columns)):
        moved[k] = W.write_down(w, columns[k], signs[k], record)


class Owed:
    """A block with its record, as an engine makes it, and what a plain walk by columns makes of it."""

    def __init__(self, dtype: str, seed: int, turns: bool) -> None:
        rng = np.random.default_rng(seed)
        self.w, self.c = padded_rows(rng.normal(0, 1, (ROWS, COLUMNS)).astype(dtype)), np.zeros(ROWS, dtype)
        listed = rng.permutation(ROWS)[:50]
        self.c[listed] = rng.integers(-2, 4, 50)
        self.active = np.array([50, *listed, *np.zeros(ROWS - 50, int)])
        self.rate, self.keep = np.array([0.013], dtype), np.array([seed % 2], dtype)
        self.codes, self.record = np.zeros(ROOM, np.uint32), np.zeros(W.OWED_WORDS, np.int64)
        self.by, self.on = padded(np.full(ROWS, 7, dtype)), padded(np.full(ROWS, 7, dtype))
        self.turned = padded_rows(np.zeros((COLUMNS, ROWS), dtype))
        arrays = {W.CODES: self.codes, W.BY: self.by, W.ON: self.on, W.ACTIVE: self.active}
        arrays |= {W.TURNED: self.turned} if turns else {}
        for word, array in arrays.items():
            self.record[word] = array.ctypes.data
        self.record[[W.ROOM, W.ROWS, W.COLUMNS]] = ROOM, ROWS, COLUMNS
        self.record[W.STRIDE] = self.turned.strides[0] // self.turned.itemsize
        self.plain = np.array(self.w)

    def begin(self, turns: bool = True) -> None:
        W.tend(self.w, self.record, self.c, self.active, self.rate, self.keep, turns)

    def learn(self, columns: Any, signs: Any) -> Any:
        """Write errors down, and move the plain block by each of them."""
        moved = np.zeros(len(columns), np.int64)
        write_all(self.w, self.record, columns, signs, moved)
        moves = (self.c > 0) | ((self.c < 0) & (self.keep[0] > 0))
        for i, s in zip(columns, signs, strict=True):
            change = self.rate[0] * self.c[moves]
            self.plain[moves, i] = self.plain[moves, i] - change if s > 0 else self.plain[moves, i] + change
        assert (moved == moves.sum()).all()
        return moves


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("turns", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_rows_are_moved_as_columns_would_have_been(dtype: str, turns: bool, seed: int) -> None:
    made, rng = Owed(dtype, seed, turns), np.random.default_rng(seed)
    made.begin()
    for n in (1, ROOM - 1, 1, 40):
        made.learn(rng.integers(0, COLUMNS, n), rng.choice([-1, 1], n))
        if turns:
            assert made.turned.tobytes() == np.ascontiguousarray(made.plain.T).tobytes()
    assert 0 < made.record[W.WAITING] <= ROOM
    assert made.w.tobytes() != made.plain.tobytes()
    made.begin(turns=False)
    assert made.record[W.WAITING] == 0
    assert made.w.tobytes() == made.plain.tobytes()


@pytest.mark.slow
def test_what_is_written_down_is_not_yet_in_the_rows() -> None:
    made = Owed("float64", 1, turns=False)
    before = np.array(made.w)
    made.begin()
    made.learn(np.array([3, 3]), np.array([1, -1]))
    assert (made.w == before).all()
    assert made.codes[:2].tolist() == [6, 7]


def test_a_block_that_nobody_wrote_into_is_not_turned_again() -> None:
    made = Owed("float64", 1, turns=True)
    made.begin(turns=False)
    assert not made.turned.any()
    made.begin()
    assert made.turned.tobytes() == np.ascontiguousarray(made.w.T).tobytes()
