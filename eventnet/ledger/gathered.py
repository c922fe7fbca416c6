"""What has moved the units of one module since their last spikes, and whose it was."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Shares = tuple[Ints, Floats]
"""Blame: numbers of inputs [k], ascending, and their parts [k], which sum to 1."""

MOST = 64
"""Amounts that a unit holds one by one; more are made one, which holds no more than there are inputs."""


class Blames:
    """Blames by number, each of them once, so that a few arrays hold what many units share."""

    def __init__(self) -> None:
        self.blames: list[Shares] = []
        self._numbers: dict[int, int] = {}

    def number(self, blame: Shares) -> int:
        """The number of a blame, a new one for one that has none."""
        if id(blame) not in self._numbers:
            self._numbers[id(blame)] = len(self.blames)
            self.blames.append(blame)  # held, so that no other gets its identity
        return self._numbers[id(blame)]

    def arrays(self) -> tuple[Ints, Ints, Floats]:
        """How many inputs each has, and the inputs and parts of all, end to end."""
        lengths = np.array([len(who) for who, _ in self.blames], np.int64)
        whole = [np.zeros(0, np.int64), *(who for who, _ in self.blames)]
        return lengths, np.concatenate(whole), np.concatenate([np.zeros(0), *(parts for _, parts in self.blames)])

    @classmethod
    def of(cls, lengths: Ints, who: Ints, parts: Floats) -> Blames:
        """Those of such arrays."""
        made, ends = cls(), np.cumsum(lengths)[:-1]
        made.blames = list(zip(np.split(who, ends), np.split(parts, ends), strict=True)) if len(lengths) else []
        return made


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

    def state(self, blames: Blames) -> tuple[Ints, Floats, Ints]:
        """How many amounts each unit holds, those up before those down; amounts and blames of all, end to end."""
        held = [*self.up, *self.down]
        every = [entry for entries in held for entry in entries]
        numbers = np.array([blames.number(blame) for _, blame in every], np.int64)
        return np.array(list(map(len, held)), np.int64), np.array([amount for amount, _ in every]), numbers

    def take_up(self, state: tuple[Ints, Floats, Ints], blames: Blames) -> None:
        """Go on from a state."""
        lengths, amounts, numbers = state
        every = iter([(a, blames.blames[n]) for a, n in zip(amounts.tolist(), numbers.tolist(), strict=True)])
        held = [list(islice(every, length)) for length in lengths.tolist()]
        self.up, self.down = held[: len(held) // 2], held[len(held) // 2 :]


def together(held: list[tuple[float, Shares]]) -> tuple[float, Shares]:
    """Several amounts as one: their sum, and the blame for it."""
    if len(held) == 1:
        return held[0]
    inputs, place = np.unique(np.concatenate([who for _, (who, _) in held]), return_inverse=True)
    parts = np.bincount(place, np.concatenate([amount * parts for amount, (_, parts) in held]))
    total = float(parts.sum())
    return total, (inputs, parts / total)
