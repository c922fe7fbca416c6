"""Marks of a picture, gathered piece by piece: few cells, that grow while they are too many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 12_000
"""Occupied cells of a picture at most."""
COLUMNS, ROWS = 1600, 256
TWICE = 2
"""Columns for each row where cells are so many that they must grow: pictures are wider than high."""

Ints = NDArray[np.int64]


class Cells:
    """Counts of +1 and -1 in each occupied cell of a picture of so many ticks (or deliveries) by indices.

    Cells grow by halves. How they grow is given by the picture's size, and more marks never occupy fewer cells: so it
    does not matter in which pieces marks come.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._across, self._up = -(-width // COLUMNS), -(-height // ROWS)
        self._keys = np.zeros(0, np.int64)
        self._counts = np.zeros((0, 2), np.int64)

    def add(self, x: Ints, y: Ints, sign: Ints) -> None:
        """Marks [n] at these ticks or deliveries and indices."""
        keys = (x // self._across) * self._rows + y // self._up
        self._gather(
            np.concatenate([self._keys, keys]), np.concatenate([self._counts, np.stack([sign > 0, sign < 0], 1)])
        )
        self._grow(MOST)

    def to_dict(self, most: int) -> dict[str, Any]:
        """At most so many occupied cells: columns (as differences), rows and how many +1 and -1 arrived there."""
        self._grow(most)
        columns, rows = np.divmod(self._keys, self._rows)
        plus, minus = self._counts.T
        single = bool((plus + minus <= 1).all())
        return {
            "ticks or deliveries": self._across, "indices": self._up,
            "columns": np.diff(columns, prepend=0).tolist(), "rows": rows.tolist(),
            "plus": [] if single else plus.tolist(), "minus": minus.tolist() if minus.any() else [],
        }  # fmt: skip

    @property
    def _rows(self) -> int:
        return self._height // self._up + 1

    def _gather(self, keys: Ints, counts: Ints) -> None:
        self._keys, at = np.unique(keys, return_inverse=True)
        self._counts = np.zeros((len(self._keys), 2), np.int64)
        np.add.at(self._counts, at.reshape(-1), counts)

    def _grow(self, most: int) -> None:
        while len(self._keys) > most:
            columns, rows = np.divmod(self._keys, self._rows)
            if self._width // self._across > TWICE * (self._height // self._up):
                self._across *= 2
                columns //= 2
            else:
                self._up *= 2
                rows //= 2
            self._gather(columns * self._rows + rows, self._counts)
