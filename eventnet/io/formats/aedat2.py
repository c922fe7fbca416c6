"""Read and write AEDAT 2.0, jAER's format for DAVIS and DVS128: a text header, then big-endian words, address and time.

Addresses are laid out as the header's line AEChip says, or the option `sensor`; without either, as those of a DAVIS.

An address with bit 31 clear is an event of a pixel: x in bits 12 to 21, y in bits 22 to 30, polarity in bit 11; with
bit 10 set it is an external event, and passed over. With bits 31, 11 and 10 set it is one seventh of an inertial
sample: channel in bits 28 to 30, a signed number in bits 12 to 27. Other addresses with bit 31 set are of the frame
camera, and passed over. A DVS128 has x in bits 1 to 7, y in bits 8 to 14, and bit 0 is clear where it is ON; with bit
15 set it is an external event, and passed over. jAER counts rows from the bottom. Times are 32 bits of microseconds and
wrap after 71 minutes.
Source: iniVation, "AEDAT 2.0" (docs.inivation.com); the order of an inertial sample's channels and its scales are
jAER's (class IMUSample), checked on a recording of a camera that rolls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io.header import find_size, read_header
from eventnet.io.inertial import INERTIAL, Scales
from eventnet.io.sensors import SENSORS
from eventnet.io.source import Chunk, Format, Options, Source, blocks, check_whole
from eventnet.io.unroll import Unroller

MARK = b"#!AER-DAT2"
RECORD = 8
CHANNELS = ("ax", "ay", "az", "temperature", "gx", "gy", "gz")
DEGREES_AT_ZERO, STEPS_A_DEGREE = 35.0, 340.0

# Full scales of the sensor in deg/s and g, by steps. MPU-6100/6150 register map; jAER's 63.5 for 500 deg/s is a slip.
GYROSCOPE = {250: 131.0, 500: 65.5, 1000: 32.8, 2000: 16.4}
ACCELERATION = {2: 16384.0, 4: 8192.0, 8: 4096.0, 16: 2048.0}

SIZES = {name: size for name, size in SENSORS.items() if name.startswith("davis")}
DVS128 = "dvs128"
_END = re.compile(rb"#\s*End Of ASCII Header\s*$", re.IGNORECASE)
_CHIP = re.compile(r"^#\s*AEChip:\s*(?:\S*\.)?(\w+)", re.MULTILINE)
_FIRST = re.compile(r"^#\s*First timestamp: (-?\d{1,18}) us", re.MULTILINE)
_SCALES = {
    "gyroscope": re.compile(
        r'ImuGyroScale" value="GyroFullScaleDegPerSec(\d{1,5})"|IMU\.GyroScale" value="\D+(\d{1,5})"'
    ),
    "acceleration": re.compile(r'ImuAccelScale" value="ImuAccelScaleG(\d{1,3})"|IMU\.AccelScale" value="\D+(\d{1,3})"'),
}


class Words(NamedTuple):
    """Some records. place: the first one's byte. address: uint32 [n]. t: int64 [n], unrolled. read: bytes so far."""

    place: int
    address: NDArray[np.uint32]
    t: NDArray[np.int64]
    read: int


def open_aedat2(path: Path, options: Options) -> Source:
    """An AEDAT 2.0 file of a DAVIS or DVS128. Raises DataError for other cameras and files that are cut off."""
    header, start = read_header(path, b"#", _END)
    left = check_whole(path, start, RECORD, options.partial)
    name = options.camera or _chip(header)
    if not name.startswith(("davis", DVS128)):
        raise DataError(
            f"{path} is of the chip {name!r}, whose addresses are laid out in another way; wanted a DAVIS or a DVS128"
        )
    stated = _size(header, name)
    first = _FIRST.search(header)
    words = partial(_words, path, start, options.chunk, int(first[1]) if first else None)
    if name.startswith(DVS128):
        chunks = partial(map, _dvs128_events)
        return Source(lambda: chunks(words()), options.width or 128, options.height or 128, largest=128, left=left)
    return Source(
        lambda: map(_events, words()),
        options.width or stated[0],
        options.height or stated[1],
        left=left,
        inertial=lambda: _samples(path, words(), options.scales or _scales(header)),
    )


def _chip(header: str) -> str:
    """The camera that the header names, in lower case; a DAVIS where it names none."""
    chip = _CHIP.search(header)
    return chip[1].lower() if chip else "davis"


def _size(header: str, name: str) -> tuple[int | None, int | None]:
    width, height = find_size(r"(?m)^#\s*Size: (\d{1,5})x(\d{1,5})", header)
    if width is None:
        return next((size for known, size in SIZES.items() if name.startswith(known)), (None, None))
    return width, height


def _scales(header: str) -> Scales | None:
    """The scales that the camera's preferences state; None where they do not, since every camera has its own."""
    found = {name: pattern.search(header) for name, pattern in _SCALES.items()}
    full = {name: int(match[1] or match[2]) for name, match in found.items() if match}
    if full.get("gyroscope") not in GYROSCOPE or full.get("acceleration") not in ACCELERATION:
        return None
    return Scales(GYROSCOPE[full["gyroscope"]], ACCELERATION[full["acceleration"]])


def _words(path: Path, start: int, chunk: int, first: int | None) -> Iterator[Words]:
    unroll, shift = Unroller(32), None
    for place, block in blocks(path, start, RECORD, chunk):
        pairs = np.frombuffer(block, ">u4").reshape(-1, 2)
        t = unroll(pairs[:, 1])
        if shift is None:
            shift = 0 if first is None else first - int(t[0])
        yield Words(place, pairs[:, 0].astype(np.uint32), t + shift, place + len(block))


def _events(words: Words) -> Chunk:
    chosen = np.flatnonzero((words.address & 0x8000_0400) == 0)
    address = words.address[chosen]
    events = np.empty(len(chosen), PIXEL_EVENT)
    events["t"] = words.t[chosen]
    events["x"] = (address >> 12) & 0x3FF
    events["y"] = (address >> 22) & 0x1FF
    events["p"] = (address >> 11) & 1
    return Chunk(events, lambda k: f"byte {words.place + RECORD * int(chosen[k]):,}", words.read)


def _dvs128_events(words: Words) -> Chunk:
    chosen = np.flatnonzero((words.address & 0x8000) == 0)
    address = words.address[chosen]
    events = np.empty(len(chosen), PIXEL_EVENT)
    events["t"] = words.t[chosen]
    events["x"], events["y"] = (address >> 1) & 0x7F, (address >> 8) & 0x7F
    events["p"] = address & 1 == 0
    return Chunk(events, lambda k: f"byte {words.place + RECORD * int(chosen[k]):,}", words.read)


def _samples(path: Path, words: Iterator[Words], scales: Scales | None) -> Events:
    found = [part for part in map(_inertial_words, words) if len(part)]
    if not found:
        return np.empty(0, INERTIAL)
    part = np.concatenate(found)
    # A recording may begin or end inside a sample.
    begin = int(np.argmax(part["channel"] == 0)) if (part["channel"] == 0).any() else len(part)
    part = part[begin : len(part) - (len(part) - begin) % len(CHANNELS)]
    wanted = np.arange(len(part)) % len(CHANNELS)
    wrong = np.flatnonzero(part["channel"] != wanted)
    if begin >= len(CHANNELS) or wrong.size:
        k = int(wrong[0]) if wrong.size else 0
        raise DataError(
            f"{path}: the inertial words do not come as samples of {len(CHANNELS)}: "
            + (f"at byte {part['place'][k]:,} is channel {part['channel'][k]}; wanted {wanted[k]}" if wrong.size else
               f"there are {begin} before the first of channel 0")
        )  # fmt: skip
    if scales is None:
        raise DataError(
            f"{path} holds inertial samples, but its header does not state ImuGyroScale and ImuAccelScale; "
            "wanted scales=Scales(steps per deg/s, steps per g)"
        )
    return _scaled(path, part, scales)


def _inertial_words(words: Words) -> Events:
    chosen = np.flatnonzero((words.address & 0x8000_0C00) == 0x8000_0C00)
    address = words.address[chosen]
    kinds = [("place", np.int64), ("t", np.int64), ("channel", np.uint8), ("value", np.int16)]
    part = np.empty(len(chosen), kinds)
    part["place"] = words.place + RECORD * chosen
    part["t"] = words.t[chosen]
    part["channel"] = (address >> 28) & 7
    part["value"] = ((address >> 12) & 0xFFFF).astype(np.uint16).view(np.int16)
    return part


def _scaled(path: Path, part: Events, scales: Scales) -> Events:
    value = part["value"].reshape(-1, len(CHANNELS)).astype(np.float64)
    samples = np.empty(len(value), INERTIAL)
    samples["t"] = part["t"][:: len(CHANNELS)]
    samples["acceleration"] = value[:, :3] / scales.acceleration
    samples["temperature"] = value[:, 3] / STEPS_A_DEGREE + DEGREES_AT_ZERO
    samples["gyroscope"] = value[:, 4:] / scales.gyroscope
    falls = np.flatnonzero(np.diff(samples["t"]) < 0)
    if falls.size:
        place = part["place"][:: len(CHANNELS)][falls[0] + 1]
        raise DataError(f"{path}: inertial sample {falls[0] + 1:,} (byte {place:,}) is earlier than the one before it")
    return samples


# --- writing ---
MAX_X, MAX_Y = 1 << 10, 1 << 9
# Readers take a step of the 32-bit clock to be the shorter way round.
MAX_GAP = 1 << 31
_LARGEST = (1 << 15) - 1


def write_aedat2(
    file: BinaryIO, path: Path, packets: Iterator[Events], size: tuple[int, int] | None, samples: Events
) -> int:
    """Write events packet by packet, and the inertial samples among them; returns how many events there were.

    Samples keep their values where one of the sensor's full scales tells them apart, and are else rounded to its
    finest step that can hold them all. Raises DataError for what the format cannot hold: x over 1,023, y over 511,
    times that fall or leave a gap of 36 minutes, samples beyond 2,000 deg/s, 16 g or -61 to 131 degrees.
    """
    scales = fitting_scales(path, samples)
    words = _words_of_samples(path, samples, scales)
    first = next(packets, None)
    times = [int(part["t"][0]) for part in (first, samples) if part is not None and len(part)]
    file.write(_header(size, scales if len(samples) else None, min(times, default=0)).encode())
    count, last = 0, min(times, default=0)
    done = 0
    while first is not None:
        _check(path, first, count)
        until = int(np.searchsorted(samples["t"], first["t"][-1], side="right")) if len(first) else done
        until = max(until, done)
        last = _write(file, path, first, samples["t"][done:until], words[done:until], last)
        count, done = count + len(first), until
        first = next(packets, None)
    _write(file, path, None, samples["t"][done:], words[done:], last)
    return count


def fitting_scales(path: Path, samples: Events) -> Scales:
    """The finest scales that give the same values back; where none does, the finest that can hold them all."""
    return Scales(
        _fitting(path, samples["gyroscope"], list(GYROSCOPE.values()), "deg/s"),
        _fitting(path, samples["acceleration"], list(ACCELERATION.values()), "g"),
    )


def _fitting(path: Path, values: NDArray[np.float64], scales: list[float], unit: str) -> float:
    holding = [scale for scale in scales if _fits(values * scale)]
    if not holding:
        furthest = values.reshape(-1)[np.argmax(np.abs(values))]
        raise DataError(
            f"{path}: an inertial sample has {furthest} {unit}; AEDAT 2.0 holds {_LARGEST / min(scales):.1f}"
        )
    return next((scale for scale in holding if (np.rint(values * scale) / scale == values).all()), holding[0])


def _fits(steps: NDArray[np.float64]) -> bool:
    """Whether all are numbers that, rounded, fit into 16 bits with a sign."""
    return bool((np.abs(np.rint(steps) + 0.5) < _LARGEST + 1).all())


def _words_of_samples(path: Path, samples: Events, scales: Scales) -> NDArray[np.uint32]:
    """The addresses of each sample's channels, uint32 [n, 7]."""
    steps = np.empty((len(samples), len(CHANNELS)))
    steps[:, :3] = samples["acceleration"] * scales.acceleration
    steps[:, 3] = (samples["temperature"] - DEGREES_AT_ZERO) * STEPS_A_DEGREE
    steps[:, 4:] = samples["gyroscope"] * scales.gyroscope
    if not _fits(steps):
        raise DataError(f"{path}: an inertial sample's temperature is not within what AEDAT 2.0 holds, -61 to 131 C")
    channel = np.arange(len(CHANNELS)) << 28
    return np.asarray(0x8000_0C00 | channel | (np.rint(steps).astype(np.int64) & 0xFFFF) << 12, np.uint32)


def _header(size: tuple[int, int] | None, scales: Scales | None, first: int) -> str:
    lines = [
        "#!AER-DAT2.0",
        "# This is a raw AE data file - do not edit",
        "# Data format is int32 address, int32 timestamp (8 bytes total), repeated for each event",
        "# Timestamps tick is 1 us",
    ]
    chip = next((name for name, known in SIZES.items() if known == size), None)
    if chip:
        lines.append(f"# AEChip: eu.seebetter.ini.chips.davis.{chip.upper()}{'C' * (chip == 'davis240')}")
    if size:
        lines.append(f"# Size: {size[0]}x{size[1]}")
    if not 0 <= first < 1 << 32:
        lines.append(f"# First timestamp: {first} us")
    if scales:
        gyroscope = next(full for full, steps in GYROSCOPE.items() if steps == scales.gyroscope)
        acceleration = next(full for full, steps in ACCELERATION.items() if steps == scales.acceleration)
        lines.append(f'#<entry key="ImuGyroScale" value="GyroFullScaleDegPerSec{gyroscope}"/>')
        lines.append(f'#<entry key="ImuAccelScale" value="ImuAccelScaleG{acceleration}"/>')
    # Without this line, a first event whose first byte is a hash sign would be read as another line of the header.
    lines.append("#End Of ASCII Header")
    return "".join(f"{line}\r\n" for line in lines)


def _check(path: Path, events: Events, count: int) -> None:
    for name, limit in (("x", MAX_X), ("y", MAX_Y)):
        wrong = np.flatnonzero(events[name] >= limit)
        if wrong.size:
            raise DataError(
                f"{path}: event {count + wrong[0]:,} has {name} = {events[name][wrong[0]]}; "
                f"AEDAT 2.0 holds {name} from 0 to {limit - 1}"
            )


def _write(
    file: BinaryIO, path: Path, events: Events | None, at: NDArray[np.int64], words: NDArray[np.uint32], last: int
) -> int:
    """Write events and samples in the order of their times; returns the time of the last, or `last` without any."""
    t = np.repeat(at, len(CHANNELS))
    address = words.reshape(-1)
    if events is not None:
        pixel = events["y"].astype(np.uint32) << 22 | events["x"].astype(np.uint32) << 12
        t = np.concatenate([events["t"], t])
        address = np.concatenate([pixel | events["p"].astype(np.uint32) << 11, address])
        order = np.argsort(t, kind="stable")
        if (np.diff(events["t"]) < 0).any():
            raise DataError(f"{path}: events fall back in time; AEDAT 2.0 wants them sorted by t")
        t, address = t[order], address[order]
    if not len(t):
        return last
    gaps = np.diff(t, prepend=last)
    if gaps.min() < 0 or gaps.max() >= MAX_GAP:
        k = int(np.argmax((gaps < 0) | (gaps >= MAX_GAP)))
        raise DataError(
            f"{path}: {t[k]:,} us comes {gaps[k]:,} us after the record before it; AEDAT 2.0 wants 0 to {MAX_GAP - 1:,}"
        )
    out = np.empty((len(t), 2), ">u4")
    out[:, 0] = address
    out[:, 1] = t & 0xFFFF_FFFF
    file.write(out.tobytes())
    return int(t[-1])


FORMAT = Format(
    open_aedat2, re.compile(rb"#!AER-DAT2"), write=write_aedat2, holds_samples=True,
    written_suffixes=(".aedat", ".aedat2"),
)  # fmt: skip
