"""A recording as a sensor: camera events and inertial samples, played on the clock as they were or changed.

What turns a recording into another that could have been made: playing it faster, slower or backwards, before a mirror,
as a negative, or by fewer pixels. Rates, signs and polarities follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventnet.base.column import gathered, let_go
from eventnet.errors import DataError, ModelError
from eventnet.event import PIXEL_EVENT, VALUE_EVENT, Events
from eventnet.io import Recording
from eventnet.io.window import PixelWindow, between, check_sorted, check_window
from eventnet.scenarios.sensors.windowed import Windowed

HELD, PIECE = 1 << 20, 1 << 16
"""Events of a part that are held in memory at most, 13 bytes each; those looked at together."""


@dataclass(frozen=True)
class Playback:
    """How a recording is played.

    first_us, end_us: which part of it, in its own time, the end not included; None: from the first camera event to the
        last (where it has none, inertial samples).
    start_us: when the part begins on the clock. speed: 2 is twice as fast. reverse: it begins with its end.
    left_right, up_down: as seen in a mirror. negative: dark for bright, ON for OFF.
    crop: x, y, width, height in pixels of the recording. binning: so many pixels each way become one (after `crop`;
        events stay single, and bins at the right and lower edge may be cut off).

    Played backwards, ON is OFF, and rates change their sign; they grow with `speed`. Accelerations are left as they
    are, as gravity is, but for mirrors. Raises ModelError that names the parameter and its value.
    """

    first_us: int | None = None
    end_us: int | None = None
    start_us: int = 0
    speed: float = 1.0
    reverse: bool = False
    left_right: bool = False
    up_down: bool = False
    negative: bool = False
    crop: tuple[int, int, int, int] | None = None
    binning: int = 1

    def __post_init__(self) -> None:
        if not 1e-6 <= self.speed <= 1e6:
            raise ModelError(f"speed is {self.speed}; wanted from 1e-06 to 1e+06")
        check_window(self.crop, self.binning)
        if self.first_us is not None and self.end_us is not None and self.first_us > self.end_us:
            raise ModelError(f"first_us is {self.first_us} and end_us {self.end_us}; wanted the end later")

    @property
    def rate_factors(self) -> NDArray[np.float64]:
        """The factors of rates about x, y and z, [3]: a mirror turns them about all axes but its own."""
        signs = np.array([-1.0 if self.up_down else 1.0, -1.0 if self.left_right else 1.0, 1.0])
        signs[2] = signs[0] * signs[1]
        return signs * (-self.speed if self.reverse else self.speed)

    @property
    def force_factors(self) -> NDArray[np.float64]:
        """The factors of accelerations along x, y and z, [3]."""
        return np.array([-1.0 if self.left_right else 1.0, -1.0 if self.up_down else 1.0, 1.0])


class _Replay(Windowed):
    """The base of replays of both kinds of data of a recording: which part is played, and when."""

    def __init__(self, recording: Recording, playback: Playback | None = None) -> None:
        self.recording, self.playback = recording, playback or Playback()
        super().__init__(self.playback.start_us)

    def _part(self) -> tuple[int, int]:
        """First and end of the part in the recording's time. The end is looked for only where it is needed."""
        p = self.playback
        first, end = p.first_us, p.end_us
        if first is None:
            event = next(self.recording.packets(1), None)
            first = _first_sample(self.recording) if event is None else int(event["t"][0])
        if end is None:
            last = self.recording.facts().last if p.reverse else 2**62
            end = int(self.recording.inertial()["t"].max(initial=first)) + 1 if last is None else last + 1
        return first, max(first, end)

    def _clock(self, t: NDArray[np.int64], first: int, end: int) -> NDArray[np.int64]:
        """The times on the clock at which data recorded at t are played, microseconds."""
        p = self.playback
        since = end - 1 - t if p.reverse else t - first
        return np.rint(self.begin_us + since / p.speed).astype(np.int64)


class EventReplay(_Replay):
    """The camera events of a recording, as PIXEL_EVENT; width, height: of the pictures that are played.

    It is read as it is played, in little memory; a part that is reversed, and `events`, are in a temporary file where
    they are more than HELD. Raises DataError where neither the recording nor `crop` says its size, and what reading
    raises.
    """

    record = PIXEL_EVENT

    def __init__(self, recording: Recording, playback: Playback | None = None) -> None:
        super().__init__(recording, playback)
        check_sorted(recording)
        self._window = PixelWindow.of(recording, self.playback.crop, self.playback.binning)
        self.width, self.height = self._window.width, self._window.height

    @property
    def line_of_sight(self) -> tuple[float, float] | None:
        """The column and row of what is played at which the middle of the whole sensor lies, where that is known."""
        found = self.recording.line_of_sight
        if found is None:
            return None
        x, y = self._window.place(*found)
        p = self.playback
        return self.width - 1 - x if p.left_right else x, self.height - 1 - y if p.up_down else y

    def events(self, until_us: float) -> Events:
        """All events up to a time; of more than HELD in a temporary file."""
        return gathered(self.packets(1e6, until_us), PIXEL_EVENT, HELD)

    def _played(self) -> Iterator[Events]:
        """The part's events in the order and the time in which they are played."""
        p = self.playback
        first, end = self._part()
        if p.reverse:
            whole = gathered(between(self.recording, first, end), PIXEL_EVENT, HELD)
            for stop in range(len(whole), 0, -PIECE):
                yield self._changed(whole[max(0, stop - PIECE) : stop][::-1], first, end)
                let_go(whole)
            return
        yield from (self._changed(part, first, end) for part in between(self.recording, first, end))

    def _changed(self, events: Events, first: int, end: int) -> Events:
        p = self.playback
        inside, x, y = self._window.seen(events)
        events = events[inside]
        made = np.empty(len(events), PIXEL_EVENT)
        made["t"] = self._clock(events["t"], first, end)
        made["x"] = self.width - 1 - x if p.left_right else x
        made["y"] = self.height - 1 - y if p.up_down else y
        made["p"] = events["p"] ^ (p.negative != p.reverse)
        return made

    def _run(self) -> Callable[[float], Events | None]:
        coming, waiting, over = self._played(), np.empty(0, PIXEL_EVENT), False

        def before(stop: float) -> Events | None:
            nonlocal waiting, over
            parts = [waiting]
            while not over and not (len(parts[-1]) and parts[-1]["t"][-1] >= stop):
                part = next(coming, None)
                over = part is None
                if part is not None:
                    parts.append(part)
            events = np.concatenate(parts) if len(parts) > 1 else waiting
            if over and not len(events):
                return None
            n = int(np.searchsorted(events["t"], stop))
            waiting = events[n:]
            return events[:n]

        return before


class InertialReplay(_Replay):
    """The inertial samples of a recording, as VALUE_EVENT: index 0 to 2 deg/s about x, y, z; 3 to 5 g along them.

    They play in step with an `EventReplay` of the same playback. x is taken to lie along the rows of pixels, y along
    the columns, z along the line of sight, whatever their signs. The samples are read into memory. Raises DataError
    where their times fall, and what reading raises.
    """

    def _run(self) -> Callable[[float], Events | None]:
        p = self.playback
        first, end = self._part()
        samples = self.recording.inertial()
        falls = np.flatnonzero(np.diff(samples["t"]) < 0)
        if len(falls):
            k = int(falls[0])
            raise DataError(
                f"{self.recording.path}: inertial sample {k + 1:,} is at {samples['t'][k + 1]:,} us, after one at "
                f"{samples['t'][k]:,} us; wanted times that never fall"
            )
        samples = samples[(samples["t"] >= first) & (samples["t"] < end)][:: -1 if p.reverse else 1]
        played = np.empty((len(samples), 6), VALUE_EVENT)
        played["t"] = self._clock(samples["t"], first, end)[:, None]
        played["index"] = np.arange(6)
        played["value"][:, :3] = samples["gyroscope"] * p.rate_factors
        played["value"][:, 3:] = samples["acceleration"] * p.force_factors
        waiting = played.ravel()

        def before(stop: float) -> Events | None:
            nonlocal waiting
            if not len(waiting):
                return None
            n = int(np.searchsorted(waiting["t"], stop))
            events, waiting = waiting[:n], waiting[n:]
            return events

        return before


def _first_sample(recording: Recording) -> int:
    samples = recording.inertial()
    return int(samples["t"][0]) if len(samples) else 0
