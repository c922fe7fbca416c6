"""Events are written whole or not at all, in the format that the name asks for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from io_cases import pixel_events, random_events, random_samples, same

from eventnet.errors import DataError
from eventnet.io import WRITTEN, open_events, read_events, write_events


@pytest.mark.parametrize("name", ["a.aedat", "a.aedat2", "a.csv", "a.npy", "a.NPZ"])
def test_the_suffix_decides(tmp_path: Path, name: str) -> None:
    events = random_events(500)
    written = write_events(tmp_path / name, events)
    assert written.format in WRITTEN
    assert written.bytes == (tmp_path / name).stat().st_size
    assert same(read_events(tmp_path / name), events)


@pytest.mark.parametrize("format", ["aedat2", "csv", "npz"])
def test_the_sensors_size_is_kept(tmp_path: Path, format: str) -> None:
    write_events(tmp_path / "a", random_events(5), format, width=300, height=200)
    recording = open_events(tmp_path / "a", format)
    assert (recording.width, recording.height) == (300, 200)


@pytest.mark.parametrize("format", WRITTEN)
def test_no_events_are_written_too(tmp_path: Path, format: str) -> None:
    if format == "hdf5":
        pytest.importorskip("h5py")
    assert write_events(tmp_path / "a", [], format).events == 0
    assert len(read_events(tmp_path / "a", format)) == 0


def broken():
    yield random_events(5)
    raise DataError("the source broke off")


@pytest.mark.parametrize("format", WRITTEN)
def test_a_source_that_breaks_off_leaves_nothing_behind(tmp_path: Path, format: str) -> None:
    if format == "hdf5":
        pytest.importorskip("h5py")
    with pytest.raises(DataError, match="broke off"):
        write_events(tmp_path / "a", broken(), format)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "events", "options", "text"),
    [
        ("a.bmp", pixel_events([]), {}, "no format to write has the suffix '.bmp'"),
        ("a.txt", pixel_events([]), {}, "no format to write has the suffix '.txt'; name one of aedat2, csv"),
        ("a", pixel_events([]), {"format": "evt3"}, "unknown format 'evt3' to write"),
        ("a.csv", pixel_events([(0, 9, 0, 1)]), {"width": 9, "height": 9}, "event 0 has x = 9; wanted less than 9"),
        ("a.csv", pixel_events([(0, 0, 9, 1)]), {"width": 9, "height": 9}, "event 0 has y = 9; wanted less than 9"),
        ("a.csv", pixel_events([]), {"width": 9}, "the sensor's size is 9xNone"),
        ("a.csv", np.zeros(3), {}, r"the events are float64 \[3\]; wanted PIXEL_EVENT"),
        ("a.csv", [1], {}, "the events are int; wanted PIXEL_EVENT"),
        ("a.csv", pixel_events([]), {"inertial": random_samples(1)}, "csv files hold no inertial samples"),
        ("a.npz", pixel_events([]), {"inertial": np.zeros(3)}, r"the inertial samples are float64 \[3\]; wanted INERTIAL"),
        ("no/where.csv", pixel_events([]), {}, "cannot be written: No such file"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused(tmp_path: Path, name: str, events, options, text: str) -> None:
    with pytest.raises(DataError, match=text):
        write_events(tmp_path / name, events, **options)
    assert list(tmp_path.iterdir()) == []
