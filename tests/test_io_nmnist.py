"""N-MNIST's files: five bytes an event and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import pixel_events, random_events, read_or_refuse, same, some_events

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import open_events
from eventnet.io.formats.nmnist import decode


def encode(events: Events) -> bytes:
    return b"".join(bytes([x, y]) + (p << 23 | t).to_bytes(3, "big") for t, x, y, p in events.tolist())


@pytest.fixture
def write(tmp_path: Path):
    def write(data: bytes) -> Path:
        (tmp_path / "a.bin").write_bytes(data)
        return tmp_path / "a.bin"

    return write


@settings(deadline=None)
@given(some_events(34, 34, (1 << 23) - 1), st.integers(1, 60))
def test_any_events_come_back(tmp_path_factory: pytest.TempPathFactory, events: Events, chunk: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bs2"
    path.write_bytes(encode(events))
    recording = open_events(path, chunk=chunk)
    assert same(recording.events(), events)
    assert (recording.format, recording.width, recording.height) == ("nmnist", 34, 34)
    assert same(decode(encode(events)), events)


def test_row_240_adds_to_the_times_from_there_on(write) -> None:
    mark = bytes([0, 240, 0, 0, 0])
    path = write(
        encode(pixel_events([(5, 1, 2, 1)])) + mark + encode(pixel_events([(3, 1, 2, 0)])) + mark + mark + bytes(5)
    )
    for chunk in (1, 10, 100):
        recording = open_events(path, chunk=chunk)
        assert recording.events()["t"].tolist() == [5, 8195, 24_576]


def test_larger_sensors_are_named_by_the_caller(write) -> None:
    path = write(bytes([200, 100, 0, 0, 1]))
    with pytest.raises(DataError, match=r"event 0 \(byte 0\) has x = 200, but the sensor has 34x34 pixels"):
        open_events(path).events()
    assert len(open_events(path, width=240, height=180).events()) == 1


def test_files_of_n_caltech_are_named_by_the_caller(write) -> None:
    """They have the suffix and the layout of N-MNIST's, and no size; what gives them away is a place outside."""
    events = random_events(200, 240, 180)
    with pytest.raises(DataError, match="but the sensor has 34x34 pixels; files of N-Caltech101 .* format 'ncaltech'"):
        open_events(write(encode(events))).events()
    recording = open_events(write(encode(events)), "ncaltech", chunk=100)
    assert same(recording.events(), events)
    assert recording.width is None


def test_a_sample_of_n_caltech_has_its_published_facts(shared: Path) -> None:
    facts = open_events(shared / "data" / "events" / "ncaltech101_faces_easy_0001.bin", "ncaltech").facts()
    assert (facts.events, facts.first, facts.last, facts.falls) == (67_445, 6, 299_364, 0)
    assert (facts.columns, facts.rows) == (151, 173)
    assert round(facts.on_fraction or 0, 4) == 0.5007


def test_a_file_that_is_cut_off_is_read_up_to_there(write) -> None:
    for format, left in (("nmnist", 4), ("ncaltech", 4)):
        recording = open_events(write(encode(random_events(3, 34, 34))[:-1]), format, partial=True)
        assert (len(recording.events()), recording.left) == (2, left)


def test_a_file_that_is_cut_off_is_refused(write) -> None:
    with pytest.raises(DataError, match="has 4 of 5 bytes"):
        open_events(write(encode(random_events(3, 34, 34))[:-1]))


def test_any_bytes_are_read_or_refused(tmp_path: Path) -> None:
    whole = encode(random_events(20, 34, 34))
    for k in range(len(whole)):
        read_or_refuse(tmp_path / "a.bin", whole[:k] + b"\xf0" + whole[k + 1 :])
        read_or_refuse(tmp_path / "a.bin", whole[:k])


def test_a_sample_has_its_published_facts(shared: Path) -> None:
    recording = open_events(shared / "data" / "events" / "sample_nmnist.bin")
    facts = recording.facts()
    assert (facts.events, facts.columns, facts.rows, facts.falls) == (4_325, 34, 34, 0)
