"""What has moved the units of one module since their last spikes, kept by the inputs it goes back to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Shares = tuple[Ints, Floats]
"""Blame: numbers of inputs [k], ascending, and their parts [k], which sum to 1."""

ROOM = 8


class Gathered:
    """Sums of upward and of downward amounts, each spread over inputs as the delivery that brought it was.

    A row for each input that has a part in any unit now, a column for each unit.
    """

    def __init__(self, units: int, inputs: int) -> None:
        self.place = np.full(inputs, -1, dtype=np.int64)
        self.input = np.zeros(ROOM, dtype=np.int64)
        self.used = 0
        self.up, self.down = np.zeros((ROOM, units)), np.zeros((ROOM, units))

    def add(self, amounts: Floats, blame: Shares) -> None:
        """A delivery with this blame has moved the units by amounts [units]."""
        rows = self._rows(blame[0])
        for sums, part in ((self.up, np.maximum(amounts, 0)), (self.down, np.maximum(-amounts, 0))):
            if part.any():
                sums[rows] += blame[1][:, None] * part

    def shares(self, unit: int, sign: int) -> Shares | None:
        """Whose a spike of a unit is; None where nothing has moved the unit that way."""
        parts = (self.up if sign > 0 else self.down)[: self.used, unit]
        held = np.flatnonzero(parts)
        total = parts[held].sum()
        if not total > 0:
            return None
        order = held[np.argsort(self.input[held])]
        return self.input[order], parts[order] / total

    def forget(self, units: NDArray[np.bool_]) -> None:
        """Begin anew for some units [units]."""
        if self.used and units.any():
            self.up[: self.used, units] = 0
            self.down[: self.used, units] = 0

    def scale(self, factor: float) -> None:
        """Multiply all sums."""
        self.up[: self.used] *= factor
        self.down[: self.used] *= factor

    def _rows(self, inputs: Ints) -> Ints:
        new = inputs[self.place[inputs] < 0]
        if len(new):
            if self.used + len(new) > len(self.input):
                self._make_room(len(inputs))
                new = inputs[self.place[inputs] < 0]  # some that had a place, but no part, have lost it
            at = np.arange(self.used, self.used + len(new))
            self.place[new], self.input[at] = at, new
            self.used += len(new)
        rows: Ints = self.place[inputs]
        return rows

    def _make_room(self, more: int) -> None:
        """Drop inputs that have no part in any unit any more; double where that is not enough."""
        rows = slice(0, self.used)
        held = np.flatnonzero(self.up[rows].any(axis=1) | self.down[rows].any(axis=1))
        size = len(self.input)
        while len(held) + more > size // 2:
            size *= 2
        self.place[self.input[rows]] = -1
        inputs = self.input[held]
        up, down = self.up[held], self.down[held]
        self.up, self.down = np.zeros((size, up.shape[1])), np.zeros((size, up.shape[1]))
        self.up[: len(held)], self.down[: len(held)] = up, down
        self.input, self.used = np.zeros(size, dtype=np.int64), len(held)
        self.input[: len(held)] = inputs
        self.place[inputs] = np.arange(len(held))
