"""EVT 3.0: 16-bit words that say what has changed; the encoder here is written from the published format."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from io_cases import damaged, pixel_events, read_or_refuse, same, some_events

from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io import open_events
from eventnet.io.formats.evt3 import count, decode

HEAD = b"% evt 3.0\n% format EVT3;height=720;width=1280\n% end\n"
Y, X, BASE, V12, V8, LOW, HIGH = 0x0, 0x2, 0x3, 0x4, 0x5, 0x6, 0x8
OTHERS = (0x7, 0xA, 0xE, 0xF, 0x1, 0x9)


def words(*pairs: tuple[int, int]) -> bytes:
    """Words from (kind, value) pairs."""
    return b"".join(struct.pack("<H", kind << 12 | value) for kind, value in pairs)


def encode(events: Events, seed: int = 0) -> bytes:
    """The words of events: each change once, or again by chance; neighbours in vectors, by chance."""
    rng = random.Random(seed)
    out: list[tuple[int, int]] = []
    time = row = None
    rows = events.tolist()
    while rows:
        t, x, y, p = rows[0]
        if time is not None:
            while (t >> 12) - (time >> 12) >= 1 << 11:  # a camera sends its time long before half a turn is over
                time += 1 << 22
                out.append((HIGH, (time >> 12) & 0xFFF))
        if time is None or t >> 12 != time >> 12 or rng.random() < 0.1:
            out.append((HIGH, (t >> 12) & 0xFFF))
        if time is None or t != time or rng.random() < 0.1:
            out.append((LOW, t & 0xFFF))
        if y != row or rng.random() < 0.1:
            out.append((Y, y | rng.randrange(2) << 11))
        time, row = t, y
        if rng.random() < 0.3:
            out.append((rng.choice(OTHERS), rng.randrange(1 << 12)))
        if rng.random() < 0.4:
            out.append((X, x | p << 11))
            rows = rows[1:]
        else:
            rows = rows[vectors(out, rows, rng) :]
    return words(*out)


def vectors(out: list[tuple[int, int]], rows: list[tuple[int, int, int, int]], rng: random.Random) -> int:
    """Write a base and some vectors; returns how many of the first events they tell."""
    t, x, y, p = rows[0]
    begin = at = max(x - rng.randrange(12), 0)
    done = 0
    out.append((BASE, begin | p << 11))
    while done < len(rows) and rows[done][0] == t and rows[done][2:] == (y, p) and at <= rows[done][1] < at + 40:
        kind, width = rng.choice([(V12, 12), (V8, 8)])
        bits = 0
        while done < len(rows) and rows[done][0] == t and rows[done][2:] == (y, p) and at <= rows[done][1] < at + width:
            if bits >> (rows[done][1] - at):
                break
            bits |= 1 << (rows[done][1] - at)
            done += 1
        # Of 8 neighbours the 4 bits above mean nothing.
        out.append((kind, bits | (rng.randrange(16) << 8 if kind == V8 else 0)))
        at += width
    return done


@st.composite
def bursts(draw: st.DrawFn) -> Events:
    """Rows of neighbours that change at one instant, as cameras with EVT 3.0 tell them in vectors."""
    rows = []
    t = draw(st.integers(0, 1 << 25))
    for _ in range(draw(st.integers(0, 8))):
        y, p = draw(st.integers(0, 719)), draw(st.integers(0, 1))
        rows += [(t, x, y, p) for x in sorted(draw(st.sets(st.integers(0, 1279), max_size=5)))]
        first = draw(st.integers(0, 1200))
        rows += [(t, first + x, y, p) for x in sorted(draw(st.sets(st.integers(0, 60), max_size=30)))]
        t += draw(st.integers(0, 1 << 14))
    return pixel_events(rows)


@pytest.fixture
def write(tmp_path: Path):
    def write(data: bytes) -> Path:
        (tmp_path / "a.raw").write_bytes(data)
        return tmp_path / "a.raw"

    return write


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(st.one_of(bursts(), some_events(2048, 2048, 1 << 27)), st.integers(1, 400), st.integers())
@example(pixel_events([(0, 0, 0, 1), (1 << 24, 0, 0, 1), (1 << 26, 1, 0, 0)]), 8, 0)
def test_any_events_come_back(tmp_path_factory: pytest.TempPathFactory, events, chunk: int, seed: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any3.raw"
    events["t"] -= events["t"][:1] >> 24 << 24  # a file does not tell how many turns came before it
    path.write_bytes(b"% evt 3.0\n" + encode(events, seed))
    assert same(open_events(path, chunk=chunk).events(), events)


def test_the_size_stands_in_the_header(write) -> None:
    recording = open_events(write(HEAD))
    assert (recording.format, recording.width, recording.height) == ("evt3", 1280, 720)
    assert len(recording.events()) == 0


@pytest.mark.slow
def test_a_vector_begins_where_the_one_before_it_ends(write) -> None:
    body = words((HIGH, 1), (LOW, 2), (Y, 3), (BASE, 100 | 1 << 11), (V12, 0x801), (V8, 0x81), (V8, 1), (X, 7), (V8, 2))
    found = open_events(write(HEAD + body)).events()
    assert found["x"].tolist() == [100, 111, 112, 119, 120, 7, 129]
    assert found["p"].tolist() == [True] * 5 + [False, True]
    assert set(found["t"].tolist()) == {4098}


def test_a_new_high_part_takes_the_low_part_back_to_0(write) -> None:
    body = words((HIGH, 0), (LOW, 4000), (Y, 3), (X, 1), (HIGH, 1), (X, 2), (LOW, 5), (X, 3), (HIGH, 1), (X, 4))
    assert open_events(write(HEAD + body)).events()["t"].tolist() == [4000, 4096, 4101, 4101]


def test_times_go_on_when_their_24_bits_are_full(write) -> None:
    turn = words(*((HIGH, value) for value in (0x400, 0x800, 0xC00, 0x000)), (LOW, 9), (X, 1))
    path = write(HEAD + words((HIGH, 0), (LOW, 9), (Y, 3), (X, 1)) + 3 * turn)
    for chunk in (1, 16, 100):
        assert open_events(path, chunk=chunk).events()["t"].tolist() == [9 + (n << 24) for n in range(4)]


def test_events_before_the_first_time_or_row_are_passed_over(write) -> None:
    body = words((X, 1), (Y, 3), (X, 2), (HIGH, 0), (X, 3))
    assert open_events(write(HEAD + body)).events()["x"].tolist() == [3]
    assert len(open_events(write(HEAD + words((HIGH, 0), (X, 2), (BASE, 0), (V12, 0xFFF)))).events()) == 0


@pytest.mark.parametrize("vectors", [1, 6000])
def test_vectors_that_run_past_the_sensor_are_named(write, vectors: int) -> None:
    body = words((HIGH, 0), (Y, 3), (BASE, 1270), *vectors * [(V12, 0)], (V12, 0xFFF))
    place = len(HEAD) + 2 * (3 + vectors)
    with pytest.raises(
        DataError, match=rf"event 0 \(byte {place:,}\) has x = {min(1270 + 12 * vectors, 65535)}, but the"
    ):
        open_events(write(HEAD + body)).events()


def test_a_file_that_is_cut_off_is_refused(write) -> None:
    with pytest.raises(DataError, match="has 1 of 2 bytes"):
        open_events(write(HEAD + b"\0"))


def test_compiled_and_plain_decoders_agree() -> None:
    rng = np.random.default_rng(0)
    some = rng.integers(0, 1 << 16, 3000).astype(np.uint16)
    n = count(some)
    assert n == count.py_func(some)
    made = []
    for run in (decode, decode.py_func):
        state, place = np.zeros(7, np.int64), np.zeros(n, np.int32)
        events = np.zeros(n, PIXEL_EVENT).view(np.recarray)
        made.append((run(some, state, events, place), events.tobytes(), state.tolist(), place.tolist()))
    assert made[0] == made[1]


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    rows = [(t, 5 * t % 1280, t % 7, t % 2) for t in range(0, 9000, 100)]
    for data in damaged(HEAD + encode(pixel_events(rows)), 300, seed=8):
        read_or_refuse(tmp_path / "a.raw", data)
    for seed in range(30):
        read_or_refuse(tmp_path / "a.raw", b"% evt 3.0\n" + np.random.default_rng(seed).bytes(800))


def test_a_recording_of_a_gen4_camera_has_its_published_facts(shared: Path) -> None:
    facts = open_events(shared / "data" / "events" / "evt3.raw", order="accept").facts()
    assert (facts.events, facts.first, facts.last) == (219_596, 11_718_656, 11_727_457)
    assert round(facts.on_fraction or 0, 4) == 0.5261
