"""Counts spikes by unit: what rate codes are read out by."""

from __future__ import annotations

from eventnet.declarations import Integers
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Module, Port
from eventnet.rule import rule
from eventnet.tally import NEURON_ADDS


@rule
def count_spike(i, s, t, out, tally, count):
    """One more of unit i, or one less where the spike is negative."""
    count[i] += s
    tally[NEURON_ADDS] += 1


class SpikeCounter(Module):
    """Counts the spikes of each unit, signs included."""

    count = Integers(doc="spikes of each unit, negative ones taken off")
    spikes = Port(count_spike, accepts="units")

    def check_integers(self, found: Found, time: int) -> None:
        """Counts, with a sign."""
        within("'count'", found["count"], -COUNT, COUNT)
