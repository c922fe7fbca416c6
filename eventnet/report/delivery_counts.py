"""Operations of every delivery of a log, where what was counted tells them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.cost_so_far import ADD_COLUMNS, counts_by_first, spikes_made
from eventnet.errors import EngineError
from eventnet.event import Events
from eventnet.network import Network
from eventnet.tally import Tally

MOST_DELIVERIES = 1_000_000
"""Deliveries of the longest log of which all are told by the first ones: it is held in memory for that."""

Ints = NDArray[np.int64]


class DeliveryCounts:
    """Operations of the deliveries of a log; of the first m, operations [m, 11], adds [m], or neither were counted.

    If the log is whole and the run counted roots, the rest is told by the first ones and compared with the tally of
    every cascade and of every port (`analysis.cost_so_far`); nothing is told that differs.
    """

    def __init__(self, log: Events, net: Network, tally: Tally, counts: Ints | None, adds: Ints | None) -> None:
        self._log, self._net, self._tally, self._counts = log, net, tally, counts
        self.first_adds = adds if counts is None else counts[:, list(ADD_COLUMNS)].sum(axis=1)
        self.whole = len(log) == tally.deliveries
        self._found: dict[int, Ints | None] = {}

    def column(self, column: int) -> Ints | None:
        """Counts of one column of the tally for each delivery [n], or None where they are not known."""
        if column not in self._found:
            counted = None if self._counts is None else self._counts[:, column]
            self._found[column] = self._told(counted, [column])
        return self._found[column]

    @cached_property
    def adds(self) -> Ints | None:
        """Adds of each delivery [n], or None where they are not known."""
        return self._told(self.first_adds, ADD_COLUMNS)

    def _told(self, counted: Ints | None, columns: list[int] | tuple[int, ...]) -> Ints | None:
        n = len(self._log)
        if counted is None or len(counted) >= n:
            return counted if counted is None else counted[:n]
        if not self.whole or n > MOST_DELIVERIES:
            return None
        try:
            return counts_by_first(np.array(self._log), self._made, counted, self._tally, columns)
        except EngineError:
            return None

    @cached_property
    def _made(self) -> Ints:
        return spikes_made(np.array(self._log), self._net)
