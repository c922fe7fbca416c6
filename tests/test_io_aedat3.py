"""AEDAT 3.1: packets of events, of inertial samples and others, each with a header of its own."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from io_cases import damaged, random_events, read_or_refuse, same

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import INERTIAL, open_events

HEAD = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2016-08-01 10:00:00 (TZ+0200)\r\n#!END-HEADER\r\n"


def packet(kind: int, records: list[bytes], overflow: int = 0, source: int = 1) -> bytes:
    size = len(records[0]) if records else 8
    return struct.pack(
        "<hhiiiiii", kind, source, size, 4, overflow, len(records), len(records), len(records)
    ) + b"".join(records)


def polarity(events: Events, n: int = 30, source: int = 1) -> bytes:
    """Packets of at most n events, as many as the overflow of the clock allows; every tenth event is followed by one that is not valid."""
    made, rows = [], events.tolist()
    while rows:
        overflow = rows[0][0] >> 31
        held = [row for row in rows[:n] if row[0] >> 31 == overflow]
        rows = rows[len(held) :]
        records = []
        for k, (t, x, y, p) in enumerate(held):
            records.append(struct.pack("<Ii", x << 17 | y << 2 | p << 1 | 1, t & 0x7FFF_FFFF))
            records += [struct.pack("<Ii", 0xFFFF_FFFE, 0)] * (k % 10 == 0)
        made.append(packet(1, records, overflow, source))
    return b"".join(made)


SAMPLES = np.zeros(5, INERTIAL)
SAMPLES["t"], SAMPLES["temperature"] = np.arange(5) * 1000 + (1 << 31), 25.5
SAMPLES["gyroscope"], SAMPLES["acceleration"] = [[1.5, -2, 0.25]] * 5, [[0, -1, 0.5]] * 5


def imu6() -> bytes:
    records = [
        struct.pack("<Ii7f", 1, int(s["t"]) & 0x7FFF_FFFF, *s["acceleration"], *s["gyroscope"], s["temperature"])
        for s in SAMPLES
    ]
    return packet(3, [*records, struct.pack("<Ii7f", 0, 0, *[0] * 7)], 1)


@pytest.fixture
def write(tmp_path: Path):
    def write(data: bytes) -> Path:
        (tmp_path / "a.aedat").write_bytes(data)
        return tmp_path / "a.aedat"

    return write


@pytest.mark.parametrize("chunk", [1, 100, 1 << 20])
def test_events_and_samples_come_back_past_an_overflow(write, chunk: int) -> None:
    events = random_events(400, 128, 128, step=900, start=(1 << 31) - 100_000)
    others = packet(0, [bytes(8)] * 3) + packet(2, [bytes(100)]) + packet(1, [])
    data = polarity(events[:200]) + others + imu6() + polarity(events[200:])
    recording = open_events(write(HEAD + data), chunk=chunk)
    assert (recording.format, recording.width, recording.height) == ("aedat3", 128, 128)
    assert same(recording.events(), events)
    assert same(recording.inertial(), SAMPLES)
    assert events["t"][-1] > 1 << 31 > events["t"][0]


def test_of_several_cameras_one_is_named(write) -> None:
    a, b = random_events(20, 128, 128), random_events(30, 346, 260)
    head = HEAD.replace(b"#Source 1: DVS128", b"#Source 1: DVS128\r\n#Source 2: DAVIS346")
    path = write(head + polarity(a) + polarity(b, source=2))
    with pytest.raises(
        DataError, match="has events of the sources 1 and 2 .*; wanted one: say which with the option stream"
    ):
        open_events(path).events()
    for number, events, size in ((1, a, (128, 128)), (2, b, (346, 260))):
        recording = open_events(path, stream=number)
        assert same(recording.events(), events)
        assert (recording.width, recording.height) == size


def test_a_place_outside_is_named_by_its_byte(write) -> None:
    data = packet(1, [struct.pack("<Ii", 5 << 17 | 1, 1), struct.pack("<Ii", 128 << 17 | 1, 1)])
    with pytest.raises(DataError, match=rf"event 1 \(byte {len(HEAD) + 36}\) has x = 128, but the sensor has 128x128"):
        open_events(write(HEAD + data)).events()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (HEAD.replace(b"RAW", b"Compressed"), "has packets of the format 'Compressed'; wanted RAW"),
        (HEAD + struct.pack("<hhiiiiii", 1, 1, 9, 4, 0, 1, 1, 1), "kind 1, with 1 events of 9 bytes"),
        (HEAD + struct.pack("<hhiiiiii", 1, 1, 8, 4, 0, 1, -1, 1), "kind 1, with -1 events"),
        (HEAD + struct.pack("<hhiiiiii", 1, 1, 8, 4, -1, 1, 1, 1), "after -1 overflows"),
        (HEAD + struct.pack("<hhiiiiii", -32767, 1, 8, 4, 0, 1, 1, 1), "of kind -32767"),
        (
            HEAD + struct.pack("<hhiiiiii", 1, 1, 8, 4, 0, 1, 1 << 30, 1),
            "is cut off: the packet at byte .* goes to byte",
        ),
        (HEAD + b"\1\0", "is cut off: the packet at byte .* has 2 bytes"),
    ],
)
def test_damaged_packets_are_named(write, data: bytes, text: str) -> None:
    with pytest.raises(DataError, match=text):
        open_events(write(data)).events()


def test_a_packet_that_is_cut_off_is_read_up_to_there(write) -> None:
    events = random_events(40, 128, 128)
    data = HEAD + imu6() + polarity(events)
    for chunk in (1, 1 << 20):
        recording = open_events(write(data[:-5]), partial=True, chunk=chunk)
        assert same(recording.events(), events[:-1])
        assert recording.left == 3
        assert same(recording.inertial(), SAMPLES)


def test_damaged_files_are_read_or_refused(write, tmp_path: Path) -> None:
    for data in damaged(HEAD + polarity(random_events(60, 128, 128)) + imu6(), 150, seed=5):
        read_or_refuse(tmp_path / "a.aedat", data)
