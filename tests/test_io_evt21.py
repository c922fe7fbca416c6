"""EVT 2.1: 64-bit words, of up to 32 neighbours each."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import damaged, pixel_events, random_events, read_or_refuse, same, some_events

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import open_events

HEADS = {
    "little": b"% evt 2.1\n% format EVT21;height=320;width=320;endianness=little\n% end\n",
    "legacy": b"% evt 2.1\n% format EVT21;endianness=legacy;height=720;width=1280\n% end\n",
    "": b"% evt 2.1\n% geometry 1280x720\n",
}


def word(value: int, legacy: bool) -> bytes:
    return struct.pack("<II", value >> 32, value & 0xFFFF_FFFF) if legacy else struct.pack("<Q", value)


def encode(events: Events, legacy: bool = False, seed: int = 0) -> bytes:
    """The words of events: neighbours of an instant, a row and a polarity in ascending order share one."""
    rng, words, last, k = random.Random(seed), [], None, 0
    rows = events.tolist()
    while k < len(rows):
        t, x, y, p = rows[k]
        if t >> 6 != last:
            words.append(8 << 60 | (t >> 6) % (1 << 28) << 32 | rng.choice([0, 0xFFFF_FFFF]))
            last = t >> 6
        base = max(x - rng.randrange(32), 0)
        mask, before = 1 << x - base, x
        k += 1
        while k < len(rows) and (rows[k][0], rows[k][2], rows[k][3]) == (t, y, p) and before < rows[k][1] < base + 32:
            mask, before = mask | 1 << rows[k][1] - base, rows[k][1]
            k += 1
        words.append(p << 60 | (t & 63) << 54 | base << 43 | y << 32 | mask)
        if rng.random() < 0.1:
            words.append(rng.choice([0xA, 0xE, 0xF]) << 60 | rng.randrange(1 << 60))
    return b"".join(word(value, legacy) for value in words)


@pytest.fixture
def write(tmp_path: Path):
    def write(data: bytes) -> Path:
        (tmp_path / "a.raw").write_bytes(data)
        return tmp_path / "a.raw"

    return write


@settings(deadline=None, max_examples=50)
@given(some_events(2048, 2048, 1 << 33), st.integers(1, 200), st.integers(), st.sampled_from(["little", "legacy"]))
def test_any_events_come_back(
    tmp_path_factory: pytest.TempPathFactory, events: Events, chunk: int, seed: int, order: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any21.raw"
    path.write_bytes(HEADS[order] + encode(events, order == "legacy", seed))
    assert same(open_events(path, width=2048, height=2048, chunk=chunk).events(), events)


def test_neighbours_of_one_word_come_in_order(write) -> None:
    value = 1 << 60 | 5 << 54 | 100 << 43 | 7 << 32 | 0x8000_0003
    recording = open_events(write(HEADS[""] + word(8 << 60 | 3 << 32, False) + word(value, False)))
    assert same(recording.events(), pixel_events([(197, x, 7, 1) for x in (100, 101, 131)]))
    assert (recording.format, recording.width, recording.height) == ("evt21", 1280, 720)


@pytest.mark.parametrize("legacy", [False, True])
def test_the_order_of_halves_that_is_not_stated_is_where_the_times_are(write, legacy: bool) -> None:
    events = random_events(500, 1280, 720)
    assert same(open_events(write(HEADS[""] + encode(events, legacy))).events(), events)


def test_the_clock_goes_on_when_it_wraps(write) -> None:
    events = random_events(200, 320, 320, start=(1 << 34) - 3000)
    assert same(open_events(write(HEADS["little"] + encode(events)), chunk=200).events(), events)


def test_start_times_of_faery_are_added(write) -> None:
    events = random_events(50, 320, 320)
    found = open_events(write(b"% t0 1000000\n" + HEADS["little"] + encode(events))).events()
    assert (found["t"] - events["t"]).tolist() == [1_000_000] * 50


def test_words_with_the_high_byte_first_are_refused(write) -> None:
    with pytest.raises(DataError, match="has words in big endian order; wanted little or legacy"):
        open_events(write(b"% format EVT21;endianness=big\n"))


def test_a_word_that_is_cut_off_is_left_over(write) -> None:
    events = random_events(50, 320, 320)
    data = HEADS["little"] + encode(events)
    with pytest.raises(DataError, match="has 5 of 8 bytes"):
        open_events(write(data[:-3]))
    recording = open_events(write(data[:-3]), partial=True)
    assert len(recording.events()) >= 48
    assert recording.left == 5


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    for data in damaged(HEADS[""] + encode(random_events(60, 1280, 720)), 100, seed=8):
        read_or_refuse(tmp_path / "a.raw", data)
