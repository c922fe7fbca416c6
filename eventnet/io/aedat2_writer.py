"""Write AEDAT 2.0: events, and inertial samples between them by time, as `aedat2` reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io.aedat2 import (
    ACCELERATION,
    CHANNELS,
    DEGREES_AT_ZERO,
    GYROSCOPE,
    SIZES,
    STEPS_A_DEGREE,
)
from eventnet.io.inertial import Scales

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
    words = _inertial_words(path, samples, scales)
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


def _inertial_words(path: Path, samples: Events, scales: Scales) -> NDArray[np.uint32]:
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
