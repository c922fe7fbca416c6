"""Files of event cameras: read packet by packet, checked, and written; inertial samples where they hold any."""

from eventnet.event import PIXEL_EVENT
from eventnet.io.formats import READERS, WRITTEN, format_of, format_to_write
from eventnet.io.inertial import INERTIAL, Scales
from eventnet.io.numpy_file import holds_events
from eventnet.io.reading import open_events, read_events
from eventnet.io.recording import Facts, Recording
from eventnet.io.writing import HOLD_SAMPLES, Written, write_events

__all__ = [
    "HOLD_SAMPLES",
    "INERTIAL",
    "PIXEL_EVENT",
    "READERS",
    "WRITTEN",
    "Facts",
    "Recording",
    "Scales",
    "Written",
    "format_of",
    "format_to_write",
    "holds_events",
    "open_events",
    "read_events",
    "write_events",
]
