"""Counts of a network that settles by levels, and its events, as `EquilibriumNetwork` returns them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class SettlingCost(NamedTuple):
    """Counts of one call of the levels form, as whole numbers: messages, adds and products, by part.

    A message that changes a level by more than 1 costs a product and an add for each weight, by +-1 an add alone; an
    input, a product and an add for each weight of a pixel that is not 0. `unit_adds`: what messages would cost as
    spikes of one level each. `looks`: levels that were computed.
    """

    samples: int
    input_adds: int
    input_products: int
    negative_messages: int
    negative_adds: int
    negative_products: int
    positive_messages: int
    positive_adds: int
    positive_products: int
    learning_adds: int
    learning_products: int
    unit_adds: int
    looks: int

    @property
    def operations(self) -> float:
        """Adds a sample of both phases and the input, a multiply-add counted once; without learning and looks."""
        return (self.input_adds + self.negative_adds + self.positive_adds) / max(self.samples, 1)


class Events(NamedTuple):
    """Events of both phases of one sample: arrays [m, 2] of (unit, change of its level); units count from the first
    hidden one on."""

    negative: NDArray[np.int64]
    positive: NDArray[np.int64]
