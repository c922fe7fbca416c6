"""Windows of a recording: a part of its pixels, in bins, and a part of its time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError, ModelError
from eventnet.event import Events
from eventnet.io.recording import Recording

Crop = tuple[int, int, int, int]


@dataclass(frozen=True)
class PixelWindow:
    """A rectangle of a sensor: [down, across] pixels from column `left`, row `top`; `binning` of them each way are one.

    Events stay single; bins at the right and lower edge may be cut off.
    """

    left: int
    top: int
    across: int
    down: int
    binning: int = 1

    @classmethod
    def of(cls, recording: Recording, crop: Crop | None = None, binning: int = 1) -> PixelWindow:
        """The pixels of a recording, or those of `crop`: x, y, width, height.

        Raises ModelError for a crop or a binning that is none, DataError for a crop that leaves the sensor, and where
        neither the recording nor the crop says a size.
        """
        check_window(crop, binning)
        width, height = recording.width, recording.height
        if width is not None and height is not None:
            crop = crop or (0, 0, width, height)
            if crop[0] + crop[2] > width or crop[1] + crop[3] > height:
                raise DataError(f"crop is {crop}, but {recording.path} has {width}x{height} pixels")
        if crop is None:
            raise DataError(f"{recording.path} does not say its size; open it with width and height, or crop it")
        return cls(*crop, binning)

    @property
    def width(self) -> int:
        """Bins in a row."""
        return -(-self.across // self.binning)

    @property
    def height(self) -> int:
        """Rows of bins."""
        return -(-self.down // self.binning)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Column and row of a point of the recording in bins; whole numbers are middles of pixels, and of bins."""
        return (x - self.left + 0.5) / self.binning - 0.5, (y - self.top + 0.5) / self.binning - 0.5

    def seen(self, events: Events) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
        """The mask of PIXEL_EVENT [n] that lie in the window, and the column and row of the bin of each of those."""
        x, y = events["x"].astype(np.int64) - self.left, events["y"].astype(np.int64) - self.top
        inside = (x >= 0) & (x < self.across) & (y >= 0) & (y < self.down)
        return inside, x[inside] // self.binning, y[inside] // self.binning


def check_window(crop: Crop | None, binning: int) -> None:
    """Raises ModelError for what is no crop (x and y from 0, width and height from 1) and no binning (from 1)."""
    if binning < 1:
        raise ModelError(f"binning is {binning}; wanted 1 or more")
    if crop is not None and (len(crop) != 4 or min(crop[:2]) < 0 or min(crop[2:]) < 1):
        raise ModelError(f"crop is {crop}; wanted x, y, width, height: from 0, and from 1")


def between(recording: Recording, first: int, end: int) -> Iterator[Events]:
    """The packets of a recording from `first` on and before `end`, microseconds of its own time."""
    for events in recording.packets():
        yield events[np.searchsorted(events["t"], first) : np.searchsorted(events["t"], end)]
        if events["t"][-1] >= end:
            return


def check_sorted(recording: Recording) -> None:
    """Raises DataError for a recording whose times may fall."""
    if recording.order == "accept":
        raise DataError(f"{recording.path} was opened with order 'accept'; a clock wants 'check' or 'sort'")
