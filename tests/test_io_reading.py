"""One call opens a file of any format, with what the caller knows of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from io_cases import pixel_events, random_events, same

from eventnet.errors import DataError
from eventnet.io import open_events, read_events, write_events


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_events(tmp_path / "a.npy", random_events(20))
    return tmp_path / "a.npy"


def test_a_path_may_be_text(path: Path) -> None:
    assert same(read_events(str(path)), random_events(20))
    assert open_events(str(path)).path == path


def test_what_the_caller_says_of_the_size_holds(path: Path) -> None:
    assert open_events(path, width=240, height=180).width == 240
    with pytest.raises(DataError, match="but the sensor has 10x10 pixels"):
        open_events(path, width=10, height=10).events()


def test_events_may_be_sorted_as_they_are_read(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npy", pixel_events([(2, 1, 1, 1), (1, 2, 1, 1)]))
    assert read_events(tmp_path / "a.npy", order="sort")["x"].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"format": "avi"}, "unknown format 'avi'; wanted one of aedat2"),
        ({"order": "shuffle"}, "the order is 'shuffle'; wanted one of 'check', 'sort', 'accept'"),
        ({"width": 4}, "the sensor's size is 4xNone"),
        ({"width": 0, "height": 4}, "the sensor's size is 0x4"),
        ({"chunk": 0}, "the chunk is 0 bytes"),
        ({"scales": (0.0, 1.0)}, "the scales are"),
    ],
)
def test_options_that_make_no_sense_are_refused(path: Path, options: dict[str, object], text: str) -> None:
    with pytest.raises(DataError, match=text):
        open_events(path, **options)
