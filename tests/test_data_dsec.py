"""Sequences of DSEC are found by the published layout of folders and files, which the test writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from io_cases import random_events, same

from eventnet.data import dsec
from eventnet.errors import DataError
from eventnet.event import Events

h5py = pytest.importorskip("h5py", reason="h5py is not installed")

OFFSET = 50_000_000_000


def write(folder: Path, events: Events) -> None:
    folder.mkdir(parents=True)
    with h5py.File(folder / "events.h5", "w") as file:
        for name, kind in (("t", np.uint32), ("x", np.uint16), ("y", np.uint16), ("p", np.uint8)):
            file[f"events/{name}"] = events[name].astype(kind)
        file["t_offset"] = np.int64(OFFSET)
        ms = np.arange(events["t"][-1] // 1000 + 1) * 1000
        file["ms_to_idx"] = np.searchsorted(events["t"], ms).astype(np.uint64)


def test_each_sequence_is_a_recording_of_the_camera(tmp_path: Path) -> None:
    made = {
        name: random_events(300, 640, 480, seed=k) for k, name in enumerate(["zurich_city_00_a", "interlaken_00_c"])
    }
    for name, events in made.items():
        write(tmp_path / "train" / name / "events" / "left", events)
    right = random_events(10, 640, 480, seed=9)
    write(tmp_path / "train" / "interlaken_00_c" / "events" / "right", right)
    found = dsec(tmp_path)
    assert list(found) == sorted(made)
    for name, recording in found.items():
        wanted = made[name].copy()
        wanted["t"] += OFFSET
        assert same(recording.events(), wanted)
        assert (recording.width, recording.height) == (640, 480)
    assert list(dsec(tmp_path, "right")) == ["interlaken_00_c"]
    assert len(dsec(tmp_path / "train" / "interlaken_00_c", "right")["interlaken_00_c"].events()) == 10


def test_what_is_no_such_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the camera is 'middle'; wanted 'left' or 'right'"):
        dsec(tmp_path, "middle")
    with pytest.raises(DataError, match="has no sequence of DSEC; wanted folders with events/left/events.h5"):
        dsec(tmp_path)
    for part in ("train", "test"):
        write(tmp_path / part / "one" / "events" / "left", random_events(5))
    with pytest.raises(DataError, match="are both of the sequence 'one'; wanted it once"):
        dsec(tmp_path)
