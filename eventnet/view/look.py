"""A look at a run, what a scenario shows in it beside what the simulation counts, and where looks go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import InputError
from eventnet.event import PIXEL_EVENT, VALUE_EVENT, Events, fields_of

EVERY_US = 20_000
"""Microseconds from one look to the next, where nothing else is said."""

AXES = 3
Kind = Literal["events", "frames", "rates", "angles"]


class SensorStream(NamedTuple):
    """The kind of a sensor's records, and the size of its picture in pixels.

    events  PIXEL_EVENT of a camera of so many pixels
    frames  VALUE_EVENT, a value from 0 to 1 for each pixel, all pixels of a frame at one time
    rates   VALUE_EVENT, degrees a second about x, y and z
    angles  VALUE_EVENT, an angle in degrees for each joint
    """

    kind: Kind
    width: int = 0
    height: int = 0

    def check(self, name: str, records: Events) -> None:
        """Raises InputError where a packet of the sensor of this name, not empty, is anything else."""
        wanted = PIXEL_EVENT if self.kind == "events" else VALUE_EVENT
        if records.dtype != wanted:
            raise InputError(f"{name} is shown as {self.kind}, but sends records of {', '.join(fields_of(records))}")
        if self.kind == "events" and (records["x"].max() >= self.width or records["y"].max() >= self.height):
            raise InputError(f"{name} is shown with {self.width}x{self.height} pixels, but has events beyond them")
        if self.kind == "frames" and (not self.pixels or len(records) % self.pixels):
            raise InputError(f"{name} is shown with {self.width}x{self.height} pixels, but sends {len(records)} values")
        if self.kind == "rates" and not 0 <= records["index"].min() <= records["index"].max() < AXES:
            raise InputError(
                f"{name} is shown as rates about x, y and z, but sends {records['index'].max() + 1} values"
            )

    @property
    def pixels(self) -> int:
        """Of a picture."""
        return self.width * self.height


@dataclass(frozen=True)
class Shown:
    """Values that a run shows beside the counts of its simulation. A time is that of a look, in microseconds.

    streams   what sensors send, by their names on the clock; others are not shown
    answers   values by name, as numbers: three are x, y and z
    pose      the rotation [3, 3] from the camera's axes (x right, y down, z forward) to the world's
    pictures  uint8 [height, width] by name
    """

    streams: Mapping[str, SensorStream] = field(default_factory=dict)
    answers: Callable[[int], Mapping[str, Any]] | None = None
    pose: Callable[[int], NDArray[np.float64]] | None = None
    pictures: Callable[[int], Mapping[str, NDArray[np.uint8]]] | None = None


class RunLook(NamedTuple):
    """The view of a run at t_us: events from begin_us on, t_us not included; rates of that time; the rest as it is now.

    streams, events  what the records of each sensor are, and the records
    rates, adds      deliveries by `module.port`, and additions by module, a second
    queued           how much waits in the queue; None where nothing runs
    answers, pose, pictures  as `Shown` has them
    by_input         additions a second by the port at which their cause came in; empty unless the simulation sums
                     costs so (`roots=True, root_limit=0`)
    """

    begin_us: int
    t_us: int
    streams: Mapping[str, SensorStream]
    events: Mapping[str, Events]
    rates: Mapping[str, float]
    adds: Mapping[str, float]
    queued: int | None
    answers: Mapping[str, Any]
    pose: NDArray[np.float64] | None
    pictures: Mapping[str, NDArray[np.uint8]]
    by_input: Mapping[str, float] = MappingProxyType({})


class LookWriter(Protocol):
    """A writer of looks, in the order of time."""

    def write(self, look: RunLook) -> None:
        """Take up one look; each is later than the one before."""
        ...

    def close(self, whole: bool = True) -> None:
        """After the last look. whole: False where the run failed: nothing is left then."""
        ...
