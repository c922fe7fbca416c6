"""What tests of event files share: random events, damage, and the question whether a file is read or refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import few
import numpy as np
from hypothesis import strategies as st

from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io import INERTIAL, open_events


def pixel_events(rows: list[tuple[int, int, int, int]]) -> Events:
    """PIXEL_EVENT records from rows t, x, y, p."""
    return np.array([tuple(row) for row in rows], PIXEL_EVENT)


def random_events(n: int, width: int = 240, height: int = 180, step: int = 50, seed: int = 0, start: int = 0) -> Events:
    """Events in order of time, some at the same instant, up to `step` - 1 microseconds apart."""
    rng = np.random.default_rng(seed)
    out = np.empty(n, PIXEL_EVENT)
    out["t"] = start + np.cumsum(rng.integers(0, step, n))
    out["x"], out["y"] = rng.integers(0, width, n), rng.integers(0, height, n)
    out["p"] = rng.integers(0, 2, n)
    return out


def random_samples(n: int, seed: int = 0, gyroscope: float = 32.8, acceleration: float = 4096.0) -> Events:
    """Inertial samples in whole steps of their scales, 400 microseconds apart."""
    rng = np.random.default_rng(seed)
    out = np.empty(n, INERTIAL)
    out["t"] = 400 * np.arange(n)
    out["gyroscope"] = rng.integers(-(1 << 15), 1 << 15, (n, 3)) / gyroscope
    out["acceleration"] = rng.integers(-(1 << 15), 1 << 15, (n, 3)) / acceleration
    out["temperature"] = rng.integers(-5000, 5000, n) / 340 + 35
    return out


@st.composite
def some_events(draw: st.DrawFn, width: int = 240, height: int = 180, latest: int = 1 << 31) -> Events:
    """Up to 40 events in order of time."""
    row = st.tuples(st.integers(0, latest), st.integers(0, width - 1), st.integers(0, height - 1), st.integers(0, 1))
    return pixel_events(sorted(draw(st.lists(row, max_size=40)), key=lambda row: row[0]))


def same(found: Events, wanted: Events) -> bool:
    """Whether two arrays of records hold the same, type and all."""
    return found.dtype == wanted.dtype and found.tobytes() == wanted.tobytes()


def damaged(data: bytes, times: int, seed: int) -> Iterator[bytes]:
    """The file cut off, with bytes changed, taken out or put in, doubled, and with huge numbers in it."""
    rng = random.Random(seed)
    for _ in range(times if few.SLOW else times // 4):
        made = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(min(len(made), rng.choice([40, 400, 1 << 20])) + 1)
            what = rng.randrange(6)
            if what == 0:
                made = made[:at]
            elif what == 1 and at < len(made):
                made[at] = rng.randrange(256)
            elif what == 2:
                del made[at : at + rng.randint(1, 9)]
            elif what == 3:
                made[at:at] = rng.randbytes(rng.randint(1, 9))
            elif what == 4:
                made[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"9999"])
            else:
                made[at:] = made[at:] * 2
        yield bytes(made)


def read_or_refuse(path: Path, data: bytes, **options: object) -> None:
    """Reads the bytes as a file of the path's name: data or a DataError come of it, and nothing else."""
    path.write_bytes(data)
    with suppress(DataError):
        recording = open_events(path, **options)  # type: ignore[arg-type]
        with suppress(DataError):
            assert all(events.dtype == PIXEL_EVENT for events in recording.packets(1000))
        assert recording.inertial().dtype == INERTIAL
