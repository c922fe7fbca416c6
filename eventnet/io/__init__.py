"""Files of event cameras: read packet by packet, checked, and written; inertial samples where they hold any."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from eventnet.event import PIXEL_EVENT
from eventnet.io import formats
from eventnet.io.formats import format_of, format_to_write
from eventnet.io.inertial import INERTIAL, Scales
from eventnet.io.inputs import read_inputs
from eventnet.io.numpy_file import holds_events
from eventnet.io.reading import open_events, read_events
from eventnet.io.recorded import POLARITIES, PixelMap, RecordedInputs, recorded_inputs
from eventnet.io.recording import Facts, Recording
from eventnet.io.recording_part import RecordingPart
from eventnet.io.sensors import SENSORS
from eventnet.io.source import Format, Options, Source
from eventnet.io.window import PixelWindow
from eventnet.io.writing import Written, write_events

READERS: Mapping[str, Callable[[Path, Options], Source]]
"""Functions that open a file, by the name of its format."""

WRITTEN: tuple[str, ...]
"""Formats that can be written."""

HOLD_SAMPLES: tuple[str, ...]
"""Formats that hold inertial samples beside events."""

__all__ = [
    "HOLD_SAMPLES",
    "INERTIAL",
    "PIXEL_EVENT",
    "POLARITIES",
    "READERS",
    "SENSORS",
    "WRITTEN",
    "Facts",
    "Format",
    "PixelMap",
    "PixelWindow",
    "RecordedInputs",
    "Recording",
    "RecordingPart",
    "Scales",
    "Written",
    "format_of",
    "format_to_write",
    "holds_events",
    "open_events",
    "read_events",
    "read_inputs",
    "recorded_inputs",
    "write_events",
]


def __getattr__(name: str) -> Any:
    if name in ("READERS", "WRITTEN", "HOLD_SAMPLES"):  # when they are asked for: to tell imports all formats
        return getattr(formats, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
