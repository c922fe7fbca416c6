"""The text header of RAW and DAT files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import test_io_dat
import test_io_evt2
import test_io_evt3
from io_cases import random_events, same

from eventnet.errors import DataError
from eventnet.io import open_events
from eventnet.io.prophesee import read_prophesee_header


@pytest.mark.parametrize(
    ("lines", "size"),
    [
        ("% Width 304\n% Height 240\n", (304, 240)),
        ("% geometry 1280x720\n", (1280, 720)),
        ("% format EVT3;height=720;width=1280\n", (1280, 720)),
        ("% plugin_name hal_plugin_gen3_fx3\n", (640, 480)),
        ("% plugin_name hal_plugin_imx636_evk4\n", (1280, 720)),
        ("% plugin_name hal_plugin_other\n", (None, None)),
        ("% geometry 0x99999\n", (None, None)),
        ("% Width 304\n", (None, None)),
    ],
)
def test_the_sensors_size(tmp_path: Path, lines: str, size: tuple[int | None, int | None]) -> None:
    (tmp_path / "a.raw").write_text(lines)
    header = read_prophesee_header(tmp_path / "a.raw")
    assert (header.width, header.height) == size
    assert header.start == len(lines)


def test_the_header_ends_at_its_end_though_a_line_like_its_own_follows(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"% evt 3.0\n% end\n% 0\n")
    header = read_prophesee_header(tmp_path / "a.raw")
    assert header.start == 16
    assert header.fields["evt"] == "3.0"


def test_binary_bytes_after_the_mark_are_no_header(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"% evt 3.0\n% \0\x01\n")
    assert read_prophesee_header(tmp_path / "a.raw").start == 10


# --- times that faery counts from 0 ---
@pytest.mark.parametrize("kind", ["evt2", "evt3", "dat"])
@pytest.mark.parametrize("t0", [0, 5_000_000_123, -7])
def test_where_times_begin_is_added(tmp_path: Path, kind: str, t0: int) -> None:
    events = random_events(100, 320, 240)
    head = {"evt2": b"% evt 2.0\n", "evt3": b"% evt 3.0\n", "dat": b"% Data file containing CD events\n% Version 2\n"}[
        kind
    ]
    words = {"evt2": test_io_evt2.encode, "evt3": test_io_evt3.encode, "dat": test_io_dat.encode}[kind](events)
    (tmp_path / "a").write_bytes(head + (b"%% T0 %d\n" if kind == "dat" else b"%% t0 %d\n") % t0 + words)
    for chunk in (16, 1 << 20):
        assert (open_events(tmp_path / "a", chunk=chunk).events()["t"] - events["t"]).tolist() == [t0] * 100


def test_a_beginning_that_is_no_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"% evt 2.0\n% t0 soon\n")
    with pytest.raises(DataError, match="the header's t0 is 'soon'; wanted a whole number of microseconds"):
        open_events(tmp_path / "a")


@pytest.mark.parametrize("name", ["a.dat", "evt2.raw", "evt3.raw", "a.es", "a.csv"])
def test_faery_writes_what_is_read(tmp_path: Path, name: str) -> None:
    faery = pytest.importorskip("faery")
    events = random_events(3000, start=1_234_567)
    made = np.empty(len(events), faery.EVENTS_DTYPE)
    for field in "txyp":
        made[field] = events[field]
    options = {"version": name[:4]} if name.startswith("evt") else {}
    faery.events_stream_from_array(made, dimensions=(240, 180)).to_file(tmp_path / name, **options)
    recording = open_events(tmp_path / name, unit="us")
    found = recording.events()
    if name == "a.es":  # it counts times from 0 and rows from the bottom; rows are read as the file numbers them
        found["t"] += events["t"][0] - found["t"][0]
        found["y"] = 179 - found["y"]
    assert same(found, events)
    assert (recording.width, recording.height) == (240, 180)


@pytest.mark.parametrize(("kind", "size"), [("evt2", 4), ("evt3", 2), ("dat", 8)])
def test_a_word_that_is_cut_off_is_left_over(tmp_path: Path, kind: str, size: int) -> None:
    events = random_events(100, 320, 240)
    head = {"evt2": b"% evt 2.0\n", "evt3": b"% evt 3.0\n", "dat": b"% Data file containing CD events\n% Version 2\n"}[
        kind
    ]
    words = {"evt2": test_io_evt2.encode, "evt3": test_io_evt3.encode, "dat": test_io_dat.encode}[kind](events)
    kept = len(words) // 2 // size * size + 2 * (kind == "dat")  # the kind of event is 2 bytes
    (tmp_path / "a").write_bytes(head + words[:kept] + b"\1" * (size - 1))
    with pytest.raises(DataError, match=f"has {size - 1} of {size} bytes"):
        open_events(tmp_path / "a")
    recording = open_events(tmp_path / "a", partial=True)
    found = recording.events()
    assert 20 < len(found) < 80
    assert same(found, events[: len(found)])
    assert recording.left == size - 1
