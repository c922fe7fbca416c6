"""EVT 2.0: 32-bit words whose time comes in two parts."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import damaged, pixel_events, random_events, read_or_refuse, same, some_events

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import open_events

HEAD = b"% date 2023-03-29 16:37:46\n% evt 2.0\n% format EVT2;height=480;width=640\n% end\n"
OTHERS = (0xA, 0xE, 0xF)


def high(value: int) -> bytes:
    return struct.pack("<I", 8 << 28 | value % (1 << 28))


def pixel(low: int, x: int, y: int, p: int) -> bytes:
    return struct.pack("<I", p << 28 | low << 22 | x << 11 | y)


def encode(events: Events, seed: int = 0) -> bytes:
    """The words of events, with repeated time words and words of other kinds between them."""
    rng = random.Random(seed)
    words, last = [], None
    for t, x, y, p in events.tolist():
        if last is not None and (t >> 6) - last >= 1 << 27:
            words.append(high(last + (1 << 26)))
        if t >> 6 != last or rng.random() < 0.1:
            words.append(high(t >> 6))
            last = t >> 6
        words.append(pixel(t & 63, x, y, p))
        if rng.random() < 0.1:
            words.append(struct.pack("<I", rng.choice(OTHERS) << 28 | rng.randrange(1 << 28)))
    return b"".join(words)


@pytest.fixture
def write(tmp_path: Path):
    def write(data: bytes) -> Path:
        (tmp_path / "a.raw").write_bytes(data)
        return tmp_path / "a.raw"

    return write


@settings(deadline=None)
@given(some_events(2048, 2048, 1 << 33), st.integers(1, 60), st.integers())
def test_any_events_come_back(tmp_path_factory: pytest.TempPathFactory, events, chunk: int, seed: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any.raw"
    path.write_bytes(b"% evt 2.0\n" + encode(events, seed))
    assert same(open_events(path, chunk=chunk).events(), events)


def test_the_size_stands_in_the_header(write) -> None:
    recording = open_events(write(HEAD + encode(random_events(5))))
    assert (recording.format, recording.width, recording.height) == ("evt2", 640, 480)


def test_events_before_the_first_time_are_passed_over(write) -> None:
    body = pixel(5, 1, 1, 1) + high(2) + pixel(5, 2, 2, 0)
    for chunk in (4, 8, 100):
        assert same(open_events(write(HEAD + body), chunk=chunk).events(), pixel_events([(133, 2, 2, 0)]))


def test_times_go_on_when_their_34_bits_are_full(write) -> None:
    body = high((1 << 28) - 1) + pixel(63, 1, 1, 1) + high(0) + pixel(0, 2, 1, 1) + high(1) + pixel(0, 3, 1, 1)
    for chunk in (4, 8, 100):
        found = open_events(write(HEAD + body), chunk=chunk).events()["t"]
        assert found.tolist() == [(1 << 34) - 1, 1 << 34, (1 << 34) + 64]


def test_the_place_of_a_wrong_event_is_its_words(write) -> None:
    path = write(HEAD + high(1) + high(1) + pixel(0, 640, 1, 1))
    with pytest.raises(DataError, match=rf"event 0 \(byte {len(HEAD) + 8}\) has x = 640"):
        open_events(path).events()


def test_a_file_that_is_cut_off_is_refused(write) -> None:
    with pytest.raises(DataError, match="has 3 of 4 bytes"):
        open_events(write(HEAD + high(1)[:3]))


def test_big_endian_words_are_refused(write) -> None:
    with pytest.raises(DataError, match="words in big endian order; wanted little"):
        open_events(write(HEAD.replace(b"width=640", b"width=640;endianness=big")))


@pytest.mark.parametrize("line", [b"% evt 5.0", b"% format HISTO3D;height=320;width=320"])
def test_other_encodings_are_refused(write, line: bytes) -> None:
    with pytest.raises(DataError, match="in the encoding (5.0|HISTO3D), which is not read"):
        open_events(write(line + b"\n"))


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    for data in damaged(HEAD + encode(random_events(40)), 300, seed=7):
        read_or_refuse(tmp_path / "a.raw", data)
    for seed in range(30):
        read_or_refuse(tmp_path / "a.raw", b"% evt 2.0\n" + np.random.default_rng(seed).bytes(800))


def test_a_recording_of_a_gen3_camera_has_its_published_facts(shared: Path) -> None:
    recording = open_events(shared / "data" / "events" / "evt2.raw")
    facts = recording.facts()
    assert (recording.width, recording.height) == (640, 480)
    assert (facts.events, facts.columns, facts.rows, facts.falls) == (521_252, 640, 480, 0)
    assert round(facts.duration / 1e6, 3) == 0.096
    parts = open_events(shared / "data" / "events" / "evt2.raw", chunk=12_345)
    assert same(parts.events(), recording.events())
