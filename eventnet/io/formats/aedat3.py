"""Read AEDAT 3.1, the format of cAER and of jAER's later recordings (DvsGesture): a text header, then packets.

A packet is 28 bytes, little-endian: the kind of its events and their source (16 bits each), their size, where in each
the time is, how often the clock has overflowed, capacity, number, and how many are valid (32 bits each); then the
events. Kind 1 are events of pixels, 8 bytes: bit 0 valid, bit 1 polarity, y in bits 2 to 16, x in bits 17 to 31; then
microseconds. Kind 3 are inertial samples, 36 bytes: bit 0 valid, microseconds, acceleration x, y, z (g), rotation x,
y, z (deg/s), degrees Celsius. Other kinds are passed over. Times are 31 bits; each packet says how often they wrapped.
Source: iniVation, "AEDAT 3.1" (docs.inivation.com); libcaer, events/common.h, polarity.h and imu6.h.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from eventnet.base.files import opened
from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io.header import read_header
from eventnet.io.inertial import INERTIAL
from eventnet.io.sensors import SENSORS
from eventnet.io.source import Chunk, CutError, Format, Options, Source, before_cut

HEAD = np.dtype([
    ("kind", "<i2"), ("source", "<i2"), ("size", "<i4"), ("t_at", "<i4"), ("overflow", "<i4"), ("capacity", "<i4"),
    ("number", "<i4"), ("valid", "<i4"),
])  # fmt: skip
POLARITY, IMU6 = 1, 3
RECORDS = {
    POLARITY: np.dtype([("data", "<u4"), ("t", "<i4")]),
    IMU6: np.dtype([("data", "<u4"), ("t", "<i4"), ("acceleration", "<f4", 3), ("gyroscope", "<f4", 3), ("c", "<f4")]),
}
_END = re.compile(rb"#!END-HEADER\s*$")
_FORMAT = re.compile(r"^#Format:\s*(\S+)", re.MULTILINE)
_SOURCE = re.compile(r"^#Source (\d{1,5}):\s*(\w+)", re.MULTILINE)


class PacketPart(NamedTuple):
    """Some records of a packet. source: which camera. place: the first one's byte. read: bytes so far."""

    source: int
    records: Events
    overflow: int
    place: int
    read: int


def open_aedat3(path: Path, options: Options) -> Source:
    """An AEDAT 3.1 file; of several cameras the one of `options.stream`. Raises DataError for packed events."""
    header, start = read_header(path, b"#", _END)
    packing = _FORMAT.search(header)
    if packing and packing[1].upper() != "RAW":
        raise DataError(f"{path} has packets of the format {packing[1][:40]!r}; wanted RAW")
    sources = {int(number): name.lower() for number, name in _SOURCE.findall(header)}
    name = sources.get(options.stream or 0) or (next(iter(sources.values())) if len(sources) == 1 else "")
    size = next((size for known, size in SENSORS.items() if name.startswith(known)), (None, None))
    parts = partial(_parts, path, start, options)
    return Source(
        lambda: map(_events, _one_source(path, parts(POLARITY), options.stream)),
        options.width or size[0],
        options.height or size[1],
        largest=1 << 15,
        inertial=lambda: _samples(path, _one_source(path, _whole(parts(IMU6), options), options.stream)),
    )


def _whole(parts: Iterator[PacketPart], options: Options) -> Iterator[PacketPart]:
    return before_cut(parts) if options.partial else parts


def _one_source(path: Path, parts: Iterator[PacketPart], wanted: int | None) -> Iterator[PacketPart]:
    """The records of one camera. Raises DataError where there are others and none was named."""
    only = wanted
    for part in parts:
        if only is None:
            only = part.source
        if part.source == only:
            yield part
        elif wanted is None:
            raise DataError(
                f"{path} has events of the sources {only} and {part.source} (byte {part.place:,}); wanted one: say "
                "which with the option stream"
            )


def _parts(path: Path, start: int, options: Options, kind: int) -> Iterator[PacketPart]:
    """The records of a kind, packet by packet, no more of them at once than a chunk of the file holds."""
    record = RECORDS[kind]
    with opened(path) as file:
        end, at = file.seek(0, os.SEEK_END), start
        while at < end:
            file.seek(at)
            data = file.read(HEAD.itemsize)
            if len(data) < HEAD.itemsize:
                raise CutError(f"{path} is cut off: the packet at byte {at:,} has {len(data)} bytes", len(data))
            head = np.frombuffer(data, HEAD)[0]
            number, size = int(head["number"]), int(head["size"])
            wrong = head["kind"] < 0 or number < 0 or size < 1 or head["overflow"] < 0
            if wrong or (head["kind"] == kind and size != record.itemsize):
                raise DataError(
                    f"{path}: the packet at byte {at:,} is of kind {head['kind']}, with {number:,} events of {size:,} "
                    f"bytes after {head['overflow']:,} overflows; wanted numbers from 0, and kind {kind} of "
                    f"{record.itemsize} bytes"
                )
            place, after = at + HEAD.itemsize, at + HEAD.itemsize + number * size
            while head["kind"] == kind and place < min(after, end):
                whole = (min(after, end) - place) // size
                found = np.frombuffer(file.read(min(max(options.chunk // size, 1), whole) * size), record)
                if not len(found):
                    break
                yield PacketPart(int(head["source"]), found, int(head["overflow"]), place, place + found.nbytes)
                place += found.nbytes
            if after > end:
                left = end - (place if head["kind"] == kind else at)
                raise CutError(
                    f"{path} is cut off: the packet at byte {at:,} goes to byte {after:,}, but there are {end:,}", left
                )
            at = after


def _events(part: PacketPart) -> Chunk:
    data = part.records["data"]
    chosen = np.flatnonzero(data & 1)
    data = data[chosen]
    events = np.empty(len(chosen), PIXEL_EVENT)
    events["t"] = _times(part)[chosen]
    events["x"], events["y"], events["p"] = data >> 17, (data >> 2) & 0x7FFF, (data >> 1) & 1
    return Chunk(events, lambda k: f"byte {part.place + 8 * int(chosen[k]):,}", part.read)


def _times(part: PacketPart) -> Events:
    return (part.overflow << 31) + part.records["t"].astype(np.int64)


def _samples(path: Path, parts: Iterator[PacketPart]) -> Events:
    found = []
    for part in parts:
        valid = (part.records["data"] & 1) == 1
        samples = np.empty(np.count_nonzero(valid), INERTIAL)
        samples["t"] = _times(part)[valid]
        with np.errstate(invalid="ignore"):  # of a number that is none, the check below tells
            for name in ("acceleration", "gyroscope"):
                samples[name] = part.records[name][valid]
            samples["temperature"] = part.records["c"][valid]
        if not all(np.isfinite(samples[name]).all() for name in ("acceleration", "gyroscope", "temperature")):
            raise DataError(f"{path}: the packet at byte {part.place:,} has an inertial sample that is not a number")
        found.append(samples)
    out = np.concatenate(found) if found else np.empty(0, INERTIAL)
    falls = np.flatnonzero(np.diff(out["t"]) < 0)
    if falls.size:
        raise DataError(f"{path}: inertial sample {falls[0] + 1:,} is earlier than the one before it")
    return out


FORMAT = Format(open_aedat3, re.compile(rb"#!AER-DAT3\.1"))
