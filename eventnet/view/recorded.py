"""Looks at a recording of an event camera, as at a run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from eventnet.errors import InputError
from eventnet.event import VALUE_EVENT, Events
from eventnet.io import Recording
from eventnet.view.look import EVERY_US, RunLook, SensorStream


def looks_at(recording: Recording, every_us: int = EVERY_US) -> Iterator[RunLook]:
    """Looks at a recording from its first event on: its events, their rate, and its inertial samples as rates.

    Raises InputError for a recording that does not say how many pixels it has, and for times before 0.
    """
    if not recording.width or not recording.height:
        raise InputError(
            f"{recording.path} does not say how many pixels its sensor has; open it with width and height, which is "
            "--sensor on the command line"
        )
    streams = {"camera": SensorStream("events", recording.width, recording.height)}
    samples = _samples(recording)
    if len(samples):
        streams["gyroscope"] = SensorStream("rates")
    for begin, events in _windows(recording, every_us):
        if begin < 0:
            raise InputError(f"{recording.path} has events at {events['t'][0]:,} us; wanted times from 0 on")
        end = begin + every_us
        heard = {"camera": events}
        if len(samples):
            low, high = np.searchsorted(samples["t"], (begin, end))
            heard["gyroscope"] = samples[low:high]
        rates = {"camera.events": 1e6 * len(events) / every_us}
        yield RunLook(begin, end, streams, heard, rates, {}, None, {}, None, {})


def _samples(recording: Recording) -> Events:
    """The gyroscope's samples as VALUE_EVENT records, three of one time after the other."""
    found = recording.inertial()
    made = np.empty((len(found), 3), VALUE_EVENT)
    made["t"], made["index"], made["value"] = found["t"][:, None], np.arange(3), found["gyroscope"]
    return made.ravel()


def _windows(recording: Recording, every_us: int) -> Iterator[tuple[int, Events]]:
    """The beginning of each window, us, and its events, from the window of the first event on; also of empty ones."""
    held: list[Events] = []
    begin: int | None = None
    for events in recording.packets():
        if begin is None:
            begin = int(events["t"][0]) // every_us * every_us
        while len(events) and int(events["t"][-1]) >= begin + every_us:
            k = int(np.searchsorted(events["t"], begin + every_us))
            yield begin, np.concatenate([*held, events[:k]])
            held, events, begin = [], events[k:], begin + every_us
        held.append(events)
    if begin is not None and any(len(part) for part in held):
        yield begin, np.concatenate(held)
