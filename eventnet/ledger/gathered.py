"""What has moved the units of one module since their last spikes, and whose it was."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Shares = tuple[Ints, Floats]
"""Blame: numbers of inputs [k], ascending, and their parts [k], which sum to 1."""

MOST = 64
"""Amounts that a unit holds one by one; more are made one, which holds no more than there are inputs."""


class Gathered:
    """For each unit the amounts that moved it up, and those that moved it down, each with the blame of its delivery."""

    def __init__(self, units: int) -> None:
        self.up: list[list[tuple[float, Shares]]] = [[] for _ in range(units)]
        self.down: list[list[tuple[float, Shares]]] = [[] for _ in range(units)]

    def add(self, amounts: Floats, blame: Shares) -> None:
        """A delivery with this blame has moved the units by amounts [units]."""
        units = amounts.nonzero()[0]
        for unit, amount in zip(units.tolist(), amounts[units].tolist(), strict=True):
            held = self.up[unit] if amount > 0 else self.down[unit]
            held.append((abs(amount), blame))
            if len(held) > MOST:
                held[:] = [together(held)]

    def shares(self, unit: int, sign: int) -> Shares | None:
        """Whose a spike of a unit is; None where nothing has moved the unit that way."""
        held = (self.up if sign > 0 else self.down)[unit]
        return together(held)[1] if held else None

    def forget(self, units: Iterable[int]) -> None:
        """Begin anew for some units."""
        for unit in units:
            self.up[unit].clear()
            self.down[unit].clear()

    def scale(self, factor: float) -> None:
        """Multiply all amounts; those that vanish are forgotten."""
        for held in (*self.up, *self.down):
            held[:] = [(amount * factor, blame) for amount, blame in held if amount * factor > 0]


def together(held: list[tuple[float, Shares]]) -> tuple[float, Shares]:
    """Several amounts as one: their sum, and the blame for it."""
    if len(held) == 1:
        return held[0]
    inputs, place = np.unique(np.concatenate([who for _, (who, _) in held]), return_inverse=True)
    parts = np.bincount(place, np.concatenate([amount * parts for amount, (_, parts) in held]))
    total = float(parts.sum())
    return total, (inputs, parts / total)
