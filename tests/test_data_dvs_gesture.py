"""Gestures are cut out of recordings in the set's layout, which the test writes byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from eventnet.data import dvs_gesture
from eventnet.errors import DataError

EVENTS = [(t, (7 * t) % 128, (3 * t) % 128, t % 2 == 0) for t in range(100, 200, 5)]
ROWS = [(1, 100, 120), (11, 120, 150), (3, 110, 130), (5, 190, 500)]
HEADER = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n"


def recording(events: Any = EVENTS) -> bytes:
    """AEDAT 3.1: x in bits 17 to 31 of an event's first word, y in bits 2 to 16, polarity in bit 1, valid in bit 0."""
    head = struct.pack("<HHIIIIII", 1, 1, 8, 4, 0, len(events), len(events), len(events))
    return HEADER + head + b"".join(struct.pack("<Ii", x << 17 | y << 2 | p << 1 | 1, t) for t, x, y, p in events)


def write(folder: Path, name: str, rows: Any = ROWS, head: str = "class,startTime_usec,endTime_usec") -> None:
    (folder / f"{name}.aedat").write_bytes(recording())
    lines = [head, *(",".join(map(str, row)) for row in rows)]
    (folder / f"{name}_labels.csv").write_text("\r\n".join(lines) + "\r\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "user01_led")
    write(tmp_path, "user02_natural", ROWS[:1])
    (tmp_path / "trials_to_train.txt").write_text("user01_led.aedat\nuser02_natural.aedat\n\n")
    (tmp_path / "trials_to_test.txt").write_text("user02_natural.aedat\n")
    return tmp_path


def cut(start: int, end: int) -> list[tuple[int, int, int, bool]]:
    return [event for event in EVENTS if start <= event[0] < end]


def test_samples_are_what_the_labels_say(folder: Path) -> None:
    found = dvs_gesture(folder)
    assert found.train_labels.tolist() == [0, 10, 2, 4, 0]
    assert found.test_labels.tolist() == [0]
    assert [sample.tolist() for sample in found.train] == [cut(*row[1:]) for row in [*ROWS, ROWS[0]]]
    assert found.test[0].tolist() == found.train[-1].tolist() == cut(100, 120)
    assert [sample.tolist() for sample in found.train[1:3]] == [cut(120, 150), cut(110, 130)]
    assert found.train.gestures[1].path == folder / "user01_led.aedat"


def test_a_sample_is_the_callers_own(folder: Path) -> None:
    found = dvs_gesture(folder)
    found.train[0]["t"] = 0
    assert found.train[0].tolist() == cut(100, 120)


@pytest.mark.parametrize(
    ("rows", "head", "text"),
    [
        ([(0, 1, 2)], None, "class 0 from 1 to 2 us; wanted classes 1 to 11"),
        ([(12, 1, 2)], None, "class 12 from 1 to 2 us"),
        ([(1, 2, 2)], None, "class 1 from 2 to 2 us; wanted .* that end after they begin"),
        ([(1, 2)], None, "is no list of gestures; wanted lines of class,startTime_usec,endTime_usec"),
        ([(1, 2, "x")], None, "is no list of gestures"),
        ([], "class,start,end", "is no list of gestures"),
    ],
)
def test_labels_that_cannot_be_are_named(folder: Path, rows: Any, head: str | None, text: str) -> None:
    write(folder, "user02_natural", rows, head or "class,startTime_usec,endTime_usec")
    with pytest.raises(DataError, match=f"user02_natural_labels.csv .*{text}"):
        dvs_gesture(folder)


def test_files_that_are_absent_or_damaged_are_named(folder: Path) -> None:
    (folder / "trials_to_test.txt").write_text("../other.aedat\n")
    with pytest.raises(DataError, match="trials_to_test.txt has the line '../other.aedat'; wanted names"):
        dvs_gesture(folder)
    (folder / "trials_to_test.txt").write_text("user03_led.aedat\n")
    with pytest.raises(DataError, match="there is no file .*user03_led.aedat, which a list of trials names"):
        dvs_gesture(folder)
    (folder / "trials_to_test.txt").write_text("user02_natural.aedat\n")
    (folder / "user02_natural.aedat").write_bytes(recording()[:-3])
    found = dvs_gesture(folder)
    with pytest.raises(DataError, match="user02_natural.aedat"):
        found.test[0]
    (folder / "user02_natural_labels.csv").unlink()
    with pytest.raises(DataError, match="user02_natural_labels.csv"):
        dvs_gesture(folder)
