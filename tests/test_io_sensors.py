"""A camera that a file does not state is named by the caller."""

from __future__ import annotations

from pathlib import Path

import pytest
from io_cases import pixel_events

from eventnet.errors import DataError
from eventnet.io import SENSORS, open_events, write_events


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_events(tmp_path / "a.npy", pixel_events([(5, 200, 100, 1)]))
    return tmp_path / "a.npy"


def test_a_camera_that_is_named_has_its_size(path: Path) -> None:
    for name, size in SENSORS.items():
        recording = open_events(path, camera=name)
        assert (recording.width, recording.height) == size
    with pytest.raises(DataError, match="event 0 .* has x = 200, but the sensor has 128x128 pixels"):
        open_events(path, camera="dvs128").events()


def test_a_size_that_is_given_goes_before_the_cameras(path: Path) -> None:
    assert open_events(path, camera="dvs128", width=300, height=300).width == 300


def test_a_camera_that_there_is_not_is_refused(path: Path) -> None:
    with pytest.raises(DataError, match="unknown camera 'eye'; wanted one of dvs128"):
        open_events(path, camera="eye")


def test_the_argument_of_the_version_before_still_works(path: Path) -> None:
    with pytest.warns(DeprecationWarning, match=r"open_events\(sensor=\)"):
        assert open_events(path, sensor="dvs128").width == 128  # type: ignore[call-arg]
