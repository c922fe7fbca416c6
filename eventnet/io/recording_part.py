"""A part of a recording as a recording: some of its pixels, in bins, some of its time, one polarity of two."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from eventnet.errors import ModelError
from eventnet.event import Events
from eventnet.io.recording import PACKET, Recording, in_packets
from eventnet.io.window import Crop, PixelWindow, between, check_sorted

ALWAYS = (-(2**62), 2**62)
"""The first and the end of all times."""


class RecordingPart(Recording):
    """The events in a window of a recording, as a recording of the window's size; times stay as they are.

    crop       x, y, width, height in pixels of the recording; binning: so many pixels each way are one, after `crop`.
               Events stay single
    on         True: ON events alone; False: OFF events alone; None: both
    start_us, end_us  the part of the recording's own time, the end not included; also of inertial samples

    Raises ModelError for a crop, a binning or a time that is none, DataError as `PixelWindow.of` does.
    """

    def __init__(
        self, whole: Recording, *, crop: Crop | None = None, binning: int = 1, on: bool | None = None,
        start_us: int | None = None, end_us: int | None = None,
    ) -> None:  # fmt: skip
        check_sorted(whole)
        first = ALWAYS[0] if start_us is None else start_us
        end = ALWAYS[1] if end_us is None else end_us
        if end <= first:
            raise ModelError(f"start is {start_us:,} us and end {end_us:,} us; wanted the end later")
        super().__init__(whole.path, whole.format, whole._source, whole.order, whole._partial)
        self.whole, self.first_us, self.end_us, self.on = whole, first, end, on
        self.window = PixelWindow.of(whole, crop, binning)
        self.width, self.height = self.window.width, self.window.height

    @property
    def line_of_sight(self) -> tuple[float, float] | None:
        """The column and row of the part at which the middle of the whole sensor lies, within the part or beside it."""
        found = self.whole.line_of_sight
        return None if found is None else self.window.place(*found)

    def __reduce__(self) -> tuple[Any, ...]:
        """The whole, and what of it: it opens its file anew."""
        seen = self.window
        made = partial(
            RecordingPart, self.whole, crop=(seen.left, seen.top, seen.across, seen.down), binning=seen.binning,
            on=self.on, start_us=self.first_us, end_us=self.end_us,
        )  # fmt: skip
        return made, ()

    def packets(self, size: int = PACKET) -> Iterator[Events]:
        """The events in arrays of PIXEL_EVENT, `size` in each but the last. Raises DataError as a recording does."""
        return in_packets(self._seen(), size)

    def _seen(self) -> Iterator[Events]:
        for events in between(self.whole, self.first_us, self.end_us):
            found = events if self.on is None else events[events["p"] == self.on]
            inside, x, y = self.window.seen(found)
            made = found[inside]
            made["x"], made["y"] = x, y
            self.read = self.whole.read
            yield made
        self.left = self.whole.left

    def inertial(self) -> Events:
        """The inertial samples of the part's time, INERTIAL [n]. Raises DataError where the file is damaged."""
        samples = self.whole.inertial()
        return np.asarray(samples[(samples["t"] >= self.first_us) & (samples["t"] < self.end_us)])
