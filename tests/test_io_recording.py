"""Packets, checks and facts of a recording, whatever its format."""

from __future__ import annotations

import copy
import gzip
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from few import few
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import pixel_events, random_events, same

from eventnet.errors import DataError
from eventnet.io import Recording, open_events, read_events, write_events

FALLING = [(5, 0, 0, 1), (7, 1, 0, 0), (6, 2, 0, 1), (7, 3, 0, 1), (1, 4, 0, 0)]


@pytest.fixture
def falling(tmp_path: Path) -> Path:
    write_events(tmp_path / "a.npy", pixel_events(FALLING))
    return tmp_path / "a.npy"


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 70), st.integers(1, 2000), st.sampled_from(["aedat", "csv", "npy", "npz"]))
def test_packets_do_not_depend_on_chunks(
    tmp_path_factory: pytest.TempPathFactory, size: int, chunk: int, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"chunks.{suffix}"
    events = random_events(300)
    write_events(path, events)
    packets = list(open_events(path, chunk=chunk).packets(size))
    assert [len(packet) for packet in packets[:-1]] == [size] * (len(packets) - 1)
    assert same(np.concatenate(packets), events)


@pytest.mark.parametrize("chunk", [1, 20, 40, 1 << 20])
def test_packets_before_a_fault_do_not_depend_on_chunks_either(falling: Path, chunk: int) -> None:
    given = []
    with pytest.raises(DataError, match=r"event 2 \(byte \d+\) is at 6 us, after one at 7 us; wanted times that never"):
        given.extend(packet["x"][0] for packet in open_events(falling, chunk=chunk).packets(1))
    assert given == [0, 1]


def test_events_are_sorted_where_asked_and_equal_times_keep_their_order(falling: Path) -> None:
    assert open_events(falling, order="sort").events()["x"].tolist() == [4, 0, 2, 1, 3]
    assert [len(packet) for packet in open_events(falling, order="sort").packets(2)] == [2, 2, 1]


def test_events_are_taken_as_they_come_where_asked(falling: Path) -> None:
    recording = open_events(falling, order="accept")
    assert same(recording.events(), pixel_events(FALLING))
    assert recording.facts().falls == 2
    assert (recording.facts().first, recording.facts().last) == (1, 7)


def test_facts_of_many_packets(tmp_path: Path) -> None:
    events = random_events(100_000, step=3)
    write_events(tmp_path / "a.npy", events)
    facts = open_events(tmp_path / "a.npy").facts()
    assert (facts.events, facts.on) == (100_000, np.count_nonzero(events["p"]))
    assert facts.duration == events["t"][-1] - events["t"][0]
    assert facts.on_fraction == facts.on / 100_000
    assert facts.rate == 1e6 * 100_000 / facts.duration
    assert (facts.columns, facts.rows, facts.falls) == (240, 180, 0)


def test_a_recording_without_events_has_facts(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npy", pixel_events([]))
    facts = open_events(tmp_path / "a.npy").facts()
    assert (facts.events, facts.duration, facts.rate, facts.on_fraction) == (0, 0, None, None)
    assert len(read_events(tmp_path / "a.npy", order="sort")) == 0


def test_every_reading_begins_anew(tmp_path: Path) -> None:
    write_events(tmp_path / "a.csv", random_events(100))
    recording = open_events(tmp_path / "a.csv")
    next(recording.packets(3))
    assert same(recording.events(), random_events(100))
    assert recording.read == (tmp_path / "a.csv").stat().st_size


@pytest.mark.slow
@pytest.mark.parametrize("suffix", few(["aedat", "csv", "npy", "npz"], 2))
def test_a_long_recording_needs_the_memory_of_a_chunk(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"long.{suffix}"
    n = 40 if suffix != "csv" else 8
    part = random_events(25_000)
    write_events(path, (part for _ in range(1)) if suffix == "aedat" else (part for _ in range(n)))
    if suffix == "aedat":
        path.write_bytes(path.read_bytes() + path.read_bytes()[-8 * len(part) :] * (n - 1))
    recording = open_events(path, order="accept", chunk=1 << 16)
    tracemalloc.start()
    assert recording.facts().events == n * len(part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All events would be 13 MB (CSV: 2.6 MB); a packet is 0.9 MB.
    assert peak < 4 << 20


def test_packets_have_at_least_one_event(falling: Path) -> None:
    with pytest.raises(DataError, match="packets of 0 events"):
        open_events(falling).packets(0)


def test_a_recording_says_what_it_is(tmp_path: Path, falling: Path) -> None:
    assert repr(open_events(falling)) == f"<Recording {falling}: npy, unknown size>"


@pytest.mark.parametrize(("place", "fault"), [((3, 0), "x = 3"), ((0, 2), "y = 2")])
def test_a_place_just_beyond_the_sensor_is_refused_and_its_last_is_not(
    tmp_path: Path, place: tuple[int, int], fault: str
) -> None:
    for x, y in ((2, 1), place):
        write_events(tmp_path / "a.npy", pixel_events([(5, x, y, 1)]))
        recording = open_events(tmp_path / "a.npy", width=3, height=2)
        if (x, y) == (2, 1):
            assert len(recording.events()) == 1
    with pytest.raises(DataError, match=f"has {fault}, but the sensor has 3x2 pixels"):
        recording.events()


# --- pickles ---
def test_a_pickle_or_a_copy_opens_the_file_anew_with_all_options(tmp_path: Path) -> None:
    lines = "".join(f"{x},{y},{p},{t / 1000}\n" for t, x, y, p in random_events(50).tolist())
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(lines.encode()))
    one = open_events(
        tmp_path / "a.csv.gz", "csv", order="sort", width=300, height=200, unit="ms", chunk=100, columns="x,y,p,t"
    )
    for again in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
        assert repr(again) == repr(one)
        assert again.order == "sort"
        assert same(again.events(), one.events())
    cut = tmp_path / "cut.aedat"
    write_events(cut, random_events(50))
    cut.write_bytes(cut.read_bytes()[:-3])
    again = pickle.loads(pickle.dumps(open_events(cut, partial=True)))
    assert len(again.events()) == 49
    assert again.left == 5


def test_a_pickle_of_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npy", random_events(5))
    made = pickle.dumps(open_events(tmp_path / "a.npy"))
    (tmp_path / "a.npy").unlink()
    with pytest.raises(DataError, match=r"a\.npy"):
        pickle.loads(made)


def test_a_recording_that_was_made_by_hand_cannot_be_pickled(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npy", random_events(5))
    opened = open_events(tmp_path / "a.npy")
    with pytest.raises(TypeError, match="open_events has not opened it"):
        pickle.dumps(Recording(opened.path, opened.format, opened._source))
