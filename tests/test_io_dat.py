"""DAT: a text header, the kind of event, then 8 bytes each."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import damaged, random_events, read_or_refuse, same, some_events

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import open_events

HEAD = b"% Data file containing CD events\n% Version 2\n% Width 640\n% Height 480\n"


def encode(events: Events) -> bytes:
    return b"\x0c\x08" + b"".join(
        struct.pack("<II", t % (1 << 32), x | y << 14 | p << 28) for t, x, y, p in events.tolist()
    )


@pytest.fixture
def write(tmp_path: Path):
    def write(data: bytes) -> Path:
        (tmp_path / "a.dat").write_bytes(data)
        return tmp_path / "a.dat"

    return write


@pytest.mark.slow
@settings(deadline=None)
@given(some_events(1 << 14, 1 << 14), st.integers(1, 100))
def test_any_events_come_back(tmp_path_factory: pytest.TempPathFactory, events: Events, chunk: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any.dat"
    events["t"] = events["t"] // 2
    path.write_bytes(b"% Data file containing CD events\n% Version 2\n" + encode(events))
    assert same(open_events(path, chunk=chunk).events(), events)


def test_times_go_on_when_their_32_bits_are_full(write) -> None:
    events = random_events(100, step=1 << 30)
    for chunk in (8, 80, 1000):
        assert same(open_events(write(HEAD + encode(events)), chunk=chunk).events(), events)


def test_the_size_stands_in_the_header(write) -> None:
    recording = open_events(write(HEAD + encode(random_events(5))))
    assert (recording.format, recording.width, recording.height) == ("dat", 640, 480)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (HEAD + b"\x0c\x08" + struct.pack("<II", 5, 2 << 28), r"the event at byte 72 has the polarity 2; wanted 0 or 1"),
        (HEAD + b"\x0e\x08", r"the bytes \[0e 08\] at byte 70 tell the kind of event and its size; wanted 0 or 12, and 8"),
        (HEAD + b"\x0c", r"the bytes \[0c\] at byte 70"),
        (HEAD + encode(random_events(2))[:-1], "has 7 of 8 bytes"),
        (HEAD.replace(b"2", b"3"), "is DAT of version 3; wanted version 2"),
        (b"% Data file containing CD events\n", "is DAT of no stated version"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(write, data: bytes, text: str) -> None:
    with pytest.raises(DataError, match=text):
        open_events(write(data)).events()


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    for data in damaged(HEAD + encode(random_events(40)), 300, seed=9):
        read_or_refuse(tmp_path / "a.dat", data)


def test_a_sample_of_ncars_has_its_published_facts(shared: Path) -> None:
    facts = open_events(shared / "data" / "events" / "sample_ncars.dat").facts()
    assert (facts.events, facts.falls) == (2_009, 0)
