"""Counts spikes by unit: what rate codes are read out by."""

from __future__ import annotations

import numpy as np

from eventnet.errors import NetworkError
from eventnet.kernels.ranges import COUNT, Integers, within
from eventnet.module import Module, Port
from eventnet.rule import rule
from eventnet.tally import NEURON_ADDS


@rule(integers=("count",))
def count_spike(i, s, t, out, tally, count):
    """One more of unit i, or one less where the spike is negative."""
    count[i] += s
    tally[NEURON_ADDS] += 1
    return 0


class SpikeCounter(Module):
    """Counts the spikes of each unit, signs included, in the integers `count` [units]. Ports: spikes."""

    spikes = Port(count_spike, accepts="units")

    def __init__(self, units: int, *, name: str | None = None) -> None:
        super().__init__(name)
        if units < 1:
            raise NetworkError(f"units is {units}; wanted 1 or more")
        self.units = units
        self.integers = {"count": np.zeros(units, dtype=np.int64)}

    def most_spikes(self) -> int:
        """It makes none, but an engine wants room for one."""
        return 1

    def check_integers(self, found: Integers, time: int) -> None:
        """Counts, with a sign."""
        within("'count'", found["count"], -COUNT, COUNT)
