"""Event Stream files: bytes of time, x and y, of DVS and ATIS streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import damaged, random_events, read_or_refuse, same, some_events

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import open_events

DVS, ATIS = 1, 2


def head(kind: int, width: int = 240, height: int = 180, version: int = 2) -> bytes:
    return b"Event Stream" + bytes([version, 0, 0, kind]) + width.to_bytes(2, "little") + height.to_bytes(2, "little")


def encode(events: Events, kind: int, crossings: bool = False) -> bytes:
    """The bytes of events; after each a threshold crossing, which is no event, where asked."""
    made, last = bytearray(), 0
    for t, x, y, p in events.tolist():
        for polarity, crossing in [(p, 0)] + [(1 - p, 1)] * crossings:
            step, last = t - last, t
            place = x.to_bytes(2, "little") + y.to_bytes(2, "little")
            if kind == DVS:
                made += b"\xff" * (step // 127) + bytes([step % 127 << 1 | polarity])
            else:
                whole, step = divmod(step, 63)
                made += (
                    b"\xff" * (whole // 3) + bytes([0xFC | whole % 3]) + bytes([step << 2 | polarity << 1 | crossing])
                )
            made += place
        made += bytes([0xFE if kind == DVS else 0xFC]) * (x % 3)
    return bytes(made)


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(some_events(240, 180, 100_000), st.integers(1, 60), st.sampled_from([DVS, ATIS]), st.booleans())
def test_any_events_come_back(
    tmp_path_factory: pytest.TempPathFactory, events: Events, chunk: int, kind: int, crossings: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.es"
    path.write_bytes(head(kind) + encode(events, kind, crossings and kind == ATIS))
    recording = open_events(path, chunk=chunk)
    assert same(recording.events(), events)
    assert (recording.format, recording.width, recording.height) == ("es", 240, 180)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (head(0), "is a stream of generic events; wanted DVS or ATIS events"),
        (head(4), "is a stream of color events"),
        (head(9), "is a stream of kind 9"),
        (head(1, version=1), "is Event Stream of version 1.0.0; wanted version 2"),
        (head(1)[:18], "ends inside its header, after 18 of 20 bytes"),
        (head(1)[:14], "is no Event Stream file"),
    ],
)
def test_other_streams_are_refused(tmp_path: Path, data: bytes, text: str) -> None:
    (tmp_path / "a.es").write_bytes(data)
    with pytest.raises(DataError, match=text):
        open_events(tmp_path / "a.es")


def test_an_event_that_is_cut_off_is_refused_or_left_over(tmp_path: Path) -> None:
    events = random_events(40)
    (tmp_path / "a.es").write_bytes(head(ATIS) + encode(events, ATIS)[: -2 - int(events["x"][-1]) % 3])
    with pytest.raises(DataError, match="is cut off: the last event has 3 of 5 bytes"):
        open_events(tmp_path / "a.es").events()
    recording = open_events(tmp_path / "a.es", partial=True)
    assert same(recording.events(), events[:-1])
    assert recording.left == 3


def test_a_place_outside_is_named_by_its_byte(tmp_path: Path) -> None:
    (tmp_path / "a.es").write_bytes(head(DVS, 10, 10) + bytes([2, 1, 0, 1, 0]) + b"\xff" + bytes([2, 10, 0, 1, 0]))
    for chunk in (1, 100):
        with pytest.raises(DataError, match=r"event 1 \(byte 26\) has x = 10, but the sensor has 10x10"):
            open_events(tmp_path / "a.es", chunk=chunk).events()


@pytest.mark.parametrize("kind", [DVS, ATIS])
def test_another_library_reads_the_same(tmp_path: Path, kind: int) -> None:
    event_stream = pytest.importorskip("event_stream")
    events = random_events(500)
    (tmp_path / "a.es").write_bytes(head(kind) + encode(events, kind))
    with event_stream.Decoder(tmp_path / "a.es") as decoder:
        found = np.concatenate(list(decoder))
    on = found["on"] if kind == DVS else found["polarity"]
    assert all((found[name] == events[name]).all() for name in "txy")
    assert (on == events["p"]).all()


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    for kind in (DVS, ATIS):
        for data in damaged(head(kind) + encode(random_events(60), kind), 100, seed=kind):
            read_or_refuse(tmp_path / "a.es", data)
