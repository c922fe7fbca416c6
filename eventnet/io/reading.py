"""Open a file of camera events, whatever its format."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial as partial_of
from os import PathLike
from pathlib import Path

from eventnet.base.old_names import renamed_arguments
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io.fields import checked_unit, columns_of
from eventnet.io.formats import find_format, format_of
from eventnet.io.inertial import Scales
from eventnet.io.packed import unpacked
from eventnet.io.recording import Recording
from eventnet.io.sensors import SENSORS
from eventnet.io.source import CHUNK, Options


@renamed_arguments(sensor="camera")
def open_events(
    path: str | PathLike[str],
    format: str | None = None,
    *,
    order: str = "check",
    width: int | None = None,
    height: int | None = None,
    unit: str | None = None,
    scales: Scales | None = None,
    stream: int | None = None,
    chunk: int = CHUNK,
    columns: str | Sequence[str] | None = None,
    camera: str | None = None,
    partial: bool = False,
) -> Recording:
    """A recording whose events are read packet by packet.

    format: one of `eventnet.io.READERS`; by default the file's first bytes decide, else its suffix.
    order: "check" raises DataError where time falls, "sort" sorts, "accept" takes events as they come.
    width, height: the sensor's size in pixels, where the file does not state it or states another.
    unit: of times in a file that states none, "ns", "us", "ms" or "s". scales: of inertial samples in an AEDAT 2.0
    file that states none. stream: which camera of a file with several. chunk: bytes of the file decoded at a time.
    columns: of a file of text or a plain array, such as "x,y,p,t". camera: one of `eventnet.io.SENSORS`,
    where the file does not state it; its size is taken where no other is given.
    partial: read a file that is cut off up to there; `Recording.left` says how many bytes were left over.
    A file packed by gzip or zstd is unpacked first, into a file that is removed in the end, up to
    `eventnet.base.files.MOST_BYTES`.
    Raises DataError when the file is absent, of no known format, cut off, or has a damaged header.
    """
    path = Path(path)
    again = partial_of(
        open_events, str(path), format, order=order, width=width, height=height, unit=unit, scales=scales,
        stream=stream, chunk=chunk, columns=columns, camera=camera, partial=partial,
    )  # fmt: skip
    known = None if format is None else find_format(format)
    if (width is None) != (height is None) or any(not 0 < n <= 1 << 16 for n in (width, height) if n is not None):
        raise DataError(f"the sensor's size is {width}x{height}; wanted width and height, 1 to 65,536 each")
    if chunk < 1:
        raise DataError(f"the chunk is {chunk} bytes; wanted at least 1")
    if scales is not None and not min(scales) > 0:
        raise DataError(f"the scales are {scales}; wanted numbers over 0")
    if camera is not None and camera not in SENSORS:
        raise DataError(f"unknown camera {camera!r}; wanted one of {', '.join(SENSORS)}")
    if camera is not None and width is None:
        width, height = SENSORS[camera]
    names = None if columns is None else columns_of(columns)
    options = Options(width, height, checked_unit(unit), scales, stream, chunk, names, camera, partial)
    path = unpacked(path, partial)
    form = format or format_of(path)
    known = known or find_format(form)
    return Recording(path, form, known.read(path, options), order, partial, again)


def read_events(path: str | PathLike[str], format: str | None = None, *, order: str = "check") -> Events:
    """All events of a file at once, PIXEL_EVENT [n]. Raises DataError as `open_events` and `Recording.packets` do."""
    return open_events(path, format, order=order).events()
