"""Times of a log's deliveries in a trace: the deliveries of one instant side by side, in their order.

An instant of the simulation has no length, and may hold a million deliveries; a slice of a trace wants a length. So
each delivery gets a slot of its own within its tick, of the same length everywhere in the trace. A tick is one
microsecond of the trace where that leaves 10 nanoseconds to each delivery of the fullest instant, else ten, a hundred,
and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.network import Network

# Viewers read times as binary fractions of a microsecond and cut what is below a nanosecond: a slot holds slices of
# 8 ns with room on both sides, which can be off by one without touching.
SLOT = 10
# The largest whole number of nanoseconds that such a time can hold exactly: 104 days.
LONGEST = 2**53
CHUNK = 1 << 13

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """Nanoseconds of the trace: of a tick and of one delivery's slot; and the tick at which the trace begins."""

    start: int
    tick: int
    slot: int

    def ns(self, t: Integers, places: Integers) -> Integers:
        """Times of deliveries in the trace, nanoseconds [n], from times t (ticks) and places within their instants."""
        return (t - self.start) * self.tick + places * self.slot


def fit(start: int, end: int, fullest: int) -> Scale:
    """The scale for instants from `start` to `end` (ticks), the fullest of which has `fullest` deliveries.

    Raises DataError where the trace would be longer than times in it can say.
    """
    tick = 1000
    while tick // max(fullest, 1) < SLOT:
        tick *= 10
    if (end - start + 1) * tick > LONGEST:
        raise DataError(
            f"the log lasts {end - start + 1:,} ticks, of {tick // 1000:,} us each in the trace (one instant has "
            f"{fullest:,} deliveries), and a trace can last {LONGEST / 1000:,.0f} us: write a part of the log"
        )
    return Scale(start, tick, tick // max(fullest, 1))


class Places:
    """The place of each delivery within its instant, from 0, chunk by chunk."""

    def __init__(self) -> None:
        self._t: int | None = None
        self._taken = 0

    def of(self, t: Integers) -> Integers:
        """Places of the next deliveries, at times t [n], n at least 1."""
        numbers = np.arange(len(t))
        begins = np.empty(len(t), dtype=bool)
        begins[0], begins[1:] = t[0] != self._t, t[1:] != t[:-1]
        # An instant that goes on began before this chunk.
        found: Integers = numbers - np.maximum.accumulate(np.where(begins, numbers, -self._taken))
        self._t, self._taken = int(t[-1]), int(found[-1]) + 1
        return found


def us(ns: int) -> str:
    """Nanoseconds as microseconds, with every digit."""
    return f"{ns // 1000}.{ns % 1000:03d}"


def chunks(log: Events, n: int) -> Iterator[tuple[int, Events]]:
    """The first n records in pieces that are read one at a time, each with the place of its first."""
    for begin in range(0, n, CHUNK):
        yield begin, np.array(log[begin : min(begin + CHUNK, n)])


@dataclass(frozen=True)
class Survey:
    """A first look at a log: deliveries of the fullest instant, and what waits.

    caused    how many deliveries of the log each of its first n caused, [n]
    before    how many deliveries of the log were caused by one that came before the log begins
    """

    fullest: int
    caused: Integers
    before: int


def survey(log: Events, n: int, net: Network, caused: Integers) -> Survey:
    """Look through a whole log, of which the first n deliveries will be written; fills `caused` [n] (zeros).

    Raises DataError for records that no run of this network can have made.
    """
    ports, outlets = len(list(net.ports())), len(list(net.outlets()))
    fullest, before, places, last = 0, 0, Places(), None
    first = int(log["id"][0]) if len(log) else 0
    for begin, part in chunks(log, len(log)):
        _check(part, first + begin, last, ports, outlets)
        last = int(part["t"][-1])
        parents = part["parent"][part["parent"] >= 0] - first
        before += int(np.count_nonzero(parents < 0))
        np.add.at(caused, parents[(parents >= 0) & (parents < n)], 1)
        if begin < n:
            fullest = max(fullest, int(places.of(part["t"][: n - begin]).max()) + 1)
    return Survey(fullest, caused, before)


def _check(part: Events, number: int, last: int | None, ports: int, outlets: int) -> None:
    t = part["t"]
    bad = {
        f"ids count up from {number}": part["id"] != np.arange(number, number + len(part)),
        "time never goes back": np.diff(t, prepend=t[0] if last is None else last) < 0,
        f"this network has ports 0 to {ports - 1}": (part["port"] < 0) | (part["port"] >= ports),
        f"this network has outlets 0 to {outlets - 1}, and inputs -1": (part["source"] < -1)
        | (part["source"] >= outlets),
        "a cause comes before its effect": (part["parent"] < -1) | (part["parent"] >= part["id"]),
    }
    for wanted, wrong in bad.items():
        if wrong.any():
            at = int(np.argmax(wrong))
            raise DataError(f"delivery {number + at} of the log is {part[at]}; {wanted}")
