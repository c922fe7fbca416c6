"""A recording of a camera: its events checked and cut into packets, its inertial samples, and its facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io.inertial import INERTIAL
from eventnet.io.source import Chunk, CutError, Source

PACKET = 1 << 16
"""Events in a packet, where the caller names no other number."""

ORDERS = ("check", "sort", "accept")


class Facts(NamedTuple):
    """Facts of a recording. first, last: the least and the greatest time in microseconds, None without events.

    on: how many events are ON. columns, rows: the greatest x and y, plus 1. falls: how often an event is earlier than
    the one before it.
    """

    events: int
    first: int | None
    last: int | None
    on: int
    columns: int
    rows: int
    falls: int

    @property
    def duration(self) -> int:
        """Microseconds from the first event to the last."""
        return 0 if self.first is None or self.last is None else self.last - self.first

    @property
    def on_fraction(self) -> float | None:
        """The part of the events that are ON."""
        return self.on / self.events if self.events else None

    @property
    def rate(self) -> float | None:
        """Events a second."""
        return 1e6 * self.events / self.duration if self.duration else None


class Recording:
    """A file of camera events, opened by `open_events`; every reading of it begins anew.

    path, format: which file, and what it is. width, height: of the sensor in pixels; None where the file does not say
    and the caller did not either. read: how many bytes of the file the reading in progress has come to. left: of a
    file that is cut off and was opened with partial=True, the bytes at its end that no event was made of, once it has
    been read; 0 for one that is whole.

    A pickle or a copy holds the path and the options, and opens the file anew: in another process, say.
    """

    def __init__(
        self, path: Path, form: str, source: Source, order: str = "check", partial: bool = False,
        again: Callable[[], Recording] | None = None,
    ) -> None:  # fmt: skip
        if order not in ORDERS:
            raise DataError(f"the order is {order!r}; wanted one of {', '.join(map(repr, ORDERS))}")
        self.path, self.format, self.order = path, form, order
        self.width, self.height = source.width, source.height
        self.read, self.left = 0, source.left
        self._source, self._partial, self._again = source, partial, again

    def __reduce__(self) -> tuple[Any, ...]:
        """The function that opens it again. Raises TypeError for one that `open_events` has not opened."""
        if self._again is None:
            raise TypeError(f"{self!r} cannot be pickled or copied: open_events has not opened it")
        return self._again, ()

    def __repr__(self) -> str:
        size = f"{self.width}x{self.height}" if self.width else "unknown size"
        return f"<Recording {self.path}: {self.format}, {size}>"

    @property
    def line_of_sight(self) -> tuple[float, float] | None:
        """The column and row of the middle of the sensor, where its size is known; a part may not hold it."""
        if self.width is None or self.height is None:
            return None
        return 0.5 * (self.width - 1), 0.5 * (self.height - 1)

    @property
    def holds_inertial(self) -> bool:
        """Whether the file may have inertial samples."""
        return self._source.inertial is not None

    def packets(self, size: int = PACKET) -> Iterator[Events]:
        """The events in arrays of PIXEL_EVENT, `size` in each but the last, as they are read.

        Raises DataError where an event lies outside the sensor, at the first that is earlier than the one before it
        (order "check"), and where the file is damaged; packets that were full before that place have been given.
        With order "sort" all events are in memory at once.
        """
        if size < 1:
            raise DataError(f"packets of {size} events were asked for; wanted at least 1")
        if self.order == "sort":
            return self._sorted(size)
        return in_packets(self._checked(), size)

    def events(self) -> Events:
        """All events at once, PIXEL_EVENT [n]. Raises DataError as `packets` does."""
        found = list(self.packets())
        return np.concatenate(found) if found else np.empty(0, PIXEL_EVENT)

    def inertial(self) -> Events:
        """All inertial samples, INERTIAL [n]; empty where the file has none. Raises DataError where it is damaged."""
        return self._source.inertial() if self._source.inertial else np.empty(0, INERTIAL)

    def facts(self) -> Facts:
        """Reads the events once, in little memory, and counts. Raises DataError as `packets` does."""
        facts = Facts(0, None, None, 0, 0, 0, 0)
        last = None
        for events in self.packets():
            t = events["t"]
            falls = int(np.count_nonzero(t[1:] < t[:-1])) + (last is not None and int(t[0]) < last)
            last = int(t[-1])
            facts = Facts(
                facts.events + len(events),
                min(int(t.min()), int(t[0]) if facts.first is None else facts.first),
                max(int(t.max()), int(t[0]) if facts.last is None else facts.last),
                facts.on + int(np.count_nonzero(events["p"])),
                max(int(events["x"].max()) + 1, facts.columns),
                max(int(events["y"].max()) + 1, facts.rows),
                facts.falls + falls,
            )
        return facts

    def _sorted(self, size: int) -> Iterator[Events]:
        found = [events for events in self._checked() if len(events)]
        if found:
            events = np.concatenate(found)
            yield from in_packets(iter([events[np.argsort(events["t"], kind="stable")]]), size)

    def _checked(self) -> Iterator[Events]:
        """Each chunk's events; those before a fault first, so that what is given does not depend on the chunks."""
        count, last = 0, None
        for chunk in self._chunks():
            self.read = chunk.read
            good, fault = self._first_fault(chunk, last)
            yield chunk.events[:good]
            if fault is not None:
                raise DataError(f"{self.path}: event {count + good:,} ({chunk.where(good)}) {fault()}")
            count += len(chunk.events)
            last = int(chunk.events["t"][-1]) if len(chunk.events) else last

    def _chunks(self) -> Iterator[Chunk]:
        try:
            yield from self._source.chunks()
        except CutError as error:
            if not self._partial:
                raise
            self.left = error.left

    def _first_fault(self, chunk: Chunk, last: int | None) -> tuple[int, Callable[[], str] | None]:
        """Number of events before the first fault, and the function that words it, None where there is no fault."""
        events, largest = chunk.events, self._source.largest
        faults: list[tuple[int, Callable[[], str]]] = []
        for name, across in (("x", self.width), ("y", self.height)):
            wrong = events[name] >= min(across or largest, largest)
            if wrong.any():
                k = int(np.argmax(wrong))
                faults.append((k, partial(self._outside, name, int(events[name][k]))))
        if self.order == "check" and len(events):
            t = events["t"]
            before = np.concatenate([t[:1] if last is None else [last], t[:-1]])
            if (t < before).any():
                k = int(np.argmax(t < before))
                faults.append((k, partial(_falls, int(before[k]), int(t[k]))))
        return min(faults, default=(len(events), None), key=lambda fault: fault[0])

    def _outside(self, name: str, value: int) -> str:
        if self.width is None:
            return f"has {name} = {value}, but {self.format} files tell at most {self._source.largest} pixels apart"
        return f"has {name} = {value}, but the sensor has {self.width}x{self.height} pixels{self._source.hint}"


def _falls(before: int, now: int) -> str:
    return (
        f"is at {now:,} us, after one at {before:,} us; wanted times that never fall: "
        "order 'sort' sorts them, order 'accept' takes them as they are"
    )


def in_packets(parts: Iterator[Events], size: int) -> Iterator[Events]:
    """The same events in arrays of `size`; the last may be shorter."""
    waiting: list[Events] = []
    count = 0
    for part in parts:
        while count + len(part) >= size:
            yield np.concatenate([*waiting, part[: size - count]])
            part = part[size - count :]
            waiting, count = [], 0
        if len(part):
            waiting.append(part)
            count += len(part)
    if waiting:
        yield np.concatenate(waiting)
