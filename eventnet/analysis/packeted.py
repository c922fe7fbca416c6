"""Inputs that come in packets, longer than memory: counted, permuted within instants, or with some left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.event import EVENT, Events, Packeted

Feed = Events | Packeted
"""Inputs at once, an array of EVENT, or in packets."""


def in_instants(feed: Feed) -> Iterator[Events]:
    """Inputs in packets that hold all of an instant; those that come at once are one, as they are."""
    if isinstance(feed, Packeted):
        yield from whole_instants(feed.packets())
    elif len(feed):
        yield feed


def whole_instants(packets: Iterator[Events]) -> Iterator[Events]:
    """The same inputs, in packets that hold all of an instant; in order of time."""
    waiting: list[Events] = []
    for packet in packets:
        last = int(np.searchsorted(packet["t"], packet["t"][-1]))
        if last == 0 and waiting and waiting[-1]["t"][-1] == packet["t"][0]:
            waiting.append(packet)  # nothing but the instant that is going on
            continue
        if len(done := np.concatenate([*waiting, packet[:last]])):
            yield done
        waiting = [packet[last:]]
    if waiting:
        yield np.concatenate(waiting)


def several_ports(feed: Feed) -> bool:
    """One instant has inputs at several ports."""
    return any(_several_ports(packet) for packet in in_instants(feed))


def _several_ports(events: Events) -> bool:
    if len(events) and (events["port"] == events["port"][0]).all():
        return False
    pairs: NDArray[Any] = np.unique(np.stack([events["t"], events["port"]], axis=1), axis=0)
    return len(np.unique(pairs[:, 0])) < len(pairs)


def count(feed: Feed) -> int:
    """The number of inputs."""
    return sum(map(len, feed.packets())) if isinstance(feed, Packeted) else len(feed)


def at_once(feed: Feed) -> Events:
    """All inputs in an array of EVENT [n]."""
    return np.concatenate([np.empty(0, EVENT), *feed.packets()]) if isinstance(feed, Packeted) else feed


def permuted(feed: Events, rng: np.random.Generator) -> Events:
    """Inputs in order of time, those of one instant permuted."""
    return feed[np.lexsort([rng.random(len(feed)), feed["t"]])]


@dataclass(frozen=True)
class Permuted:
    """Inputs in packets, those of one instant permuted: as `permuted` does it with all at once.

    seed: of the generator; numbers: the new number of each port, where they have new ones.
    """

    feed: Packeted
    seed: tuple[int, ...]
    numbers: NDArray[np.int32] | None = None

    def packets(self) -> Iterator[Events]:
        """EVENT [n], in order of time."""
        rng = np.random.default_rng(self.seed)
        for packet in whole_instants(self.feed.packets()):
            made = permuted(packet, rng)
            if self.numbers is not None:
                made["port"] = self.numbers[made["port"]]
            yield made

    @property
    def until(self) -> int | None:
        """The tick at which the inputs end, if they do."""
        return getattr(self.feed, "until", None)


@dataclass(frozen=True)
class Without:
    """Inputs in packets but those of some numbers, [k] ascending, counted from 0."""

    feed: Packeted
    left_out: NDArray[np.int64]

    def packets(self) -> Iterator[Events]:
        """EVENT [n], in order of time."""
        first = 0
        for packet in self.feed.packets():
            keep = np.ones(len(packet), bool)
            at = self.left_out[slice(*np.searchsorted(self.left_out, [first, first + len(packet)]))]
            keep[at - first] = False
            first += len(packet)
            if keep.any():
                yield packet[keep]

    @property
    def until(self) -> int | None:
        """The tick at which the inputs end, if they do."""
        return getattr(self.feed, "until", None)


def picked(feed: Packeted, numbers: NDArray[np.int64]) -> tuple[Events, NDArray[np.int64]]:
    """The inputs of some numbers, [k] ascending; and the place of each in the sequence in which inputs are taken."""
    found, places, first = [np.empty(0, EVENT)], [np.zeros(0, np.int64)], 0
    for packet in in_instants(feed):
        at = numbers[slice(*np.searchsorted(numbers, [first, first + len(packet)]))] - first
        taken = np.empty(len(packet), np.int64)
        taken[np.lexsort((packet["port"], packet["t"]))] = np.arange(len(packet))
        found.append(packet[at])
        places.append(first + taken[at])
        first += len(packet)
    return np.concatenate(found), np.concatenate(places)
