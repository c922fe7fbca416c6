"""Spikes as they are: passed on at once or later, counted, or let end. Module A of Table A.2 is a relay.

None of these has a potential; a relay is also the place where one input fans out to many.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.declarations import Derived, Integers, Option, Size
from eventnet.errors import NetworkError
from eventnet.given import whole_number
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Module, Outlet, Port
from eventnet.rule import rule
from eventnet.tally import NEURON_ADDS


@rule
def pass_on(i, s, t, out, tally):
    """Send the spike on as it came."""
    out.spike(i, s)


def map_shape(given: Any, what: str) -> tuple[int, int, int] | None:
    """Channels, height and width. Raises NetworkError for what is no such shape."""
    numbers = () if given is None else tuple(np.atleast_1d(np.asarray(given)).tolist())
    if given is not None and (len(numbers) != 3 or not all(type(n) is int and n > 0 for n in numbers)):
        raise NetworkError(f"{what} is {given!r}; wanted channels, height and width, whole numbers above 0")
    return None if given is None else (numbers[0], numbers[1], numbers[2])


AMOUNTS = "the largest whole number that a spike may carry; 1: signs alone"


def amount(given: Any, what: str) -> int:
    """The largest whole number that a spike may carry. Raises NetworkError for what is none."""
    return whole_number(what, given, 1, error=NetworkError)


class Relay(Module):
    """`units` lines that pass spikes on."""

    shape = Option[tuple[int, int, int] | None](
        None, check=map_shape, doc="channels, height and width, where units are a map, channel-last"
    )
    amounts = Option(1, check=amount, doc=AMOUNTS)
    spikes = Port(pass_on, emits="out", accepts="units", amounts="amounts")
    out = Outlet(passes_on=True, amounts="amounts")
    most = Derived(1)

    def check(self) -> None:
        """A map has as many units as there are lines."""
        if self.shape is not None and math.prod(self.shape) != self.units:
            raise NetworkError(f"shape is {self.shape}, {math.prod(self.shape):,} units; there are {self.units:,}")


@rule
def pass_on_later(i, s, t, out, tally, ticks):
    """Send the spike on as it came, so many ticks later."""
    if ticks[i] > 0:
        out.later(i, s, 0, ticks[i])
    else:
        out.spike(i, s)


def whole_ticks(layer: Delays, given: object) -> NDArray[np.int64]:
    """Ticks of each line [units]. Raises NetworkError for what is no whole number, 0 or more."""
    made = np.asarray(given)
    if made.shape not in ((), (layer.units,)) or made.dtype.kind not in "iu" or made.min() < 0 or made.max() >= 2**61:
        raise NetworkError(f"delays are {given!r:.60}; wanted whole ticks from 0 on, a number or [{layer.units}]")
    return np.full(layer.units, made, dtype=np.int64)


class Delays(Module):
    """`units` lines that pass spikes on, each after ticks of its own."""

    membrane = None
    units = Size()
    ticks = Integers(given=0, start=whole_ticks, doc="a number, or one a line")
    spikes = Port(pass_on_later, emits="out", accepts="units")
    out = Outlet(passes_on=True)
    most = Derived(1)


@rule
def take(i, s, t, out, tally):
    """Nothing happens."""


class Sink(Module):
    """Takes spikes and does nothing: an end to count deliveries at."""

    units = Size()
    amounts = Option(1, check=amount, doc=AMOUNTS)
    spikes = Port(take, accepts="units", amounts="amounts")


@rule
def count_spike(i, s, t, out, tally, count):
    """One more of unit i, or one less where the spike is negative; as many as its amount says."""
    count[i] += s
    tally[NEURON_ADDS] += 1


class SpikeCounter(Module):
    """Counts the spikes of each unit, signs and amounts included."""

    count = Integers(doc="spikes of each unit, negative ones taken off; with amounts their sum")
    amounts = Option(1, check=amount, doc=AMOUNTS)
    spikes = Port(count_spike, accepts="units", amounts="amounts")

    def check_integers(self, found: Found, time: int) -> None:
        """Counts, with a sign."""
        within("'count'", found["count"], -COUNT, COUNT)
