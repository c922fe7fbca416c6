"""A part of a recording, as a recording: against what NumPy picks of the same events."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from io_cases import random_events, random_samples, same

from eventnet.errors import DataError, ModelError
from eventnet.io import Recording, RecordingPart, open_events, write_events

WIDTH, HEIGHT, FIRST = 12, 10, 4_000_000
EVENTS = random_events(500, WIDTH, HEIGHT, start=FIRST)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    path = tmp_path_factory.mktemp("part") / "a.npz"
    samples = random_samples(40)
    samples["t"] = FIRST + 50 * np.arange(40)
    write_events(path, EVENTS, width=WIDTH, height=HEIGHT, inertial=samples)
    return open_events(path)


@pytest.mark.parametrize("on", [None, True, False])
@pytest.mark.parametrize(("crop", "binning"), [(None, 1), ((1, 2, 7, 6), 1), ((1, 2, 7, 6), 3), (None, 4)])
def test_it_is_what_numpy_picks(whole: Recording, on: bool | None, crop: Any, binning: int) -> None:
    left, top, across, down = crop or (0, 0, WIDTH, HEIGHT)
    start, end = int(EVENTS["t"][60]), int(EVENTS["t"][400])
    part = RecordingPart(whole, crop=crop, binning=binning, on=on, start_us=start, end_us=end)
    assert (part.width, part.height) == (-(-across // binning), -(-down // binning))
    rows = [
        (t, (x - left) // binning, (y - top) // binning, p)
        for t, x, y, p in EVENTS.tolist()
        if start <= t < end and left <= x < left + across and top <= y < top + down and on in (None, p)
    ]
    assert part.events().tolist() == rows
    assert len(rows) > 20
    assert same(np.concatenate(list(part.packets(7))), part.events())
    assert {len(packet) for packet in part.packets(7)} <= {7, len(rows) % 7}
    assert part.facts().events == len(rows)


def test_inertial_samples_are_those_of_its_time(whole: Recording) -> None:
    part = RecordingPart(whole, start_us=FIRST + 100, end_us=FIRST + 1000)
    assert part.holds_inertial
    assert part.inertial()["t"].tolist() == list(range(FIRST + 100, FIRST + 1000, 50))
    assert len(RecordingPart(whole).inertial()) == 40


def test_what_is_no_part_is_refused(whole: Recording) -> None:
    with pytest.raises(DataError, match="crop is .* but .* has 12x10 pixels"):
        RecordingPart(whole, crop=(0, 0, 13, 1))
    with pytest.raises(ModelError, match="start is 5 us and end 5 us; wanted the end later"):
        RecordingPart(whole, start_us=5, end_us=5)
    with pytest.raises(ModelError, match="binning is 0"):
        RecordingPart(whole, binning=0)
    with pytest.raises(DataError, match="order 'accept'"):
        RecordingPart(open_events(whole.path, order="accept"))


def test_what_is_left_over_of_the_whole_is_said(tmp_path: Path) -> None:
    write_events(tmp_path / "a.aedat", EVENTS, width=WIDTH, height=HEIGHT)
    (tmp_path / "a.aedat").write_bytes((tmp_path / "a.aedat").read_bytes()[:-3])
    part = RecordingPart(open_events(tmp_path / "a.aedat", width=WIDTH, height=HEIGHT, partial=True), binning=2)
    assert len(part.events()) == 499
    assert part.left == 5


def test_a_pickle_or_a_copy_is_the_same_part(whole: Recording) -> None:
    part = RecordingPart(
        whole, crop=(1, 2, 7, 6), binning=3, on=True, start_us=int(EVENTS["t"][60]), end_us=int(EVENTS["t"][400])
    )
    for again in (pickle.loads(pickle.dumps(part)), copy.deepcopy(part)):
        assert (again.width, again.height) == (part.width, part.height)
        assert same(again.events(), part.events())
        assert same(again.inertial(), part.inertial())
