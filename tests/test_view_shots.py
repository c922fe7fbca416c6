"""Moments of a film: what was written is read back, by a reader of its own, and what is damaged is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import view_cases as cases

from eventnet.errors import DataError
from eventnet.io import open_events, write_events
from eventnet.view import FoxgloveFile, RunLook, RunRecorder
from eventnet.view.pictures import events_picture
from eventnet.view.shots import is_view, raw_image, shots_in, shots_of

pytest.importorskip("foxglove", reason="the extra view is not installed")
pytest.importorskip("mcap", reason="the extra view is not installed")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("view") / "run.mcap"
    cases.record(FoxgloveFile(path))
    return path


def test_each_look_is_a_shot_with_the_cameras_picture_and_the_numbers_of_its_time(file: Path) -> None:
    events, shots = cases.sent()["camera"], list(shots_of(file))
    assert [shot.t_us for shot in shots] == list(range(cases.EVERY, cases.UNTIL + 1, cases.EVERY))
    for shot in shots:
        part = events[(events["t"] >= shot.t_us - cases.EVERY) & (events["t"] < shot.t_us)]
        assert (shot.name, shot.picture.tolist()) == ("camera", events_picture(part, 4, 3).tolist())
        assert shot.numbers["answers"] == {"estimate": {"x": shot.t_us, "y": 1, "z": 2}, "level": 0.5 * shot.t_us}
        assert shot.numbers["cost"]["all"] > 0


def test_without_a_camera_another_picture_is_shown_and_without_any_it_is_said(tmp_path: Path) -> None:
    with RunRecorder(FoxgloveFile(tmp_path / "a.mcap")) as recorder:
        recorder.take(_looks("map"))
    assert [(shot.name, shot.picture.tolist()) for shot in shots_of(tmp_path / "a.mcap")] == [("map", [[7, 8]])]
    with RunRecorder(FoxgloveFile(tmp_path / "b.mcap")) as recorder:
        recorder.take(_looks(None))
    with pytest.raises(DataError, match="has no pictures"):
        next(shots_of(tmp_path / "b.mcap"))


def _looks(name: str | None) -> list[RunLook]:
    pictures = {} if name is None else {name: np.array([[7, 8]], np.uint8)}
    return [RunLook(0, 10, {}, {}, {"a.b": 1.0}, {}, 3, {}, None, pictures)]


def test_a_recording_is_shown_as_events_and_their_rate(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npz", cases.camera_events(), "npz", width=4, height=3)
    shots = list(shots_in(open_events(tmp_path / "a.npz"), 50_000))
    assert [shot.t_us for shot in shots] == [50_000, 100_000]
    assert sum(shot.numbers["rates"]["events"] for shot in shots) * 0.05 == pytest.approx(400)
    assert not is_view(tmp_path / "a.npz")


def test_a_file_to_view_is_told_from_a_bag(file: Path, tmp_path: Path) -> None:
    pytest.importorskip("rosbags", reason="the extra ros is not installed")
    from eventnet.view import Ros2Bag

    with RunRecorder(Ros2Bag(tmp_path / "bag")) as recorder:
        recorder.take([])
    assert is_view(file)
    assert not is_view(tmp_path / "bag" / "bag.mcap")


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_a_file_that_is_cut_off_is_refused(cut: float, file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    (tmp_path / "a.mcap").write_bytes(content[: int(cut * len(content))])
    with pytest.raises(DataError, match=r"a\.mcap is damaged"):
        list(shots_of(tmp_path / "a.mcap"))


def test_a_picture_of_another_kind_is_refused() -> None:
    from foxglove.messages import RawImage

    for changed in ({"encoding": "rgb8"}, {"width": 3}, {"width": 0}, {"data": b""}):
        given = {"width": 2, "height": 2, "encoding": "mono8", "step": 2, "data": b"1234"} | changed
        with pytest.raises(DataError, match="wanted mono8, and its pixels"):
            raw_image(RawImage(**given).encode(), "a file")
    good = RawImage(width=2, height=2, encoding="mono8", step=2, data=b"1234").encode()
    assert raw_image(good, "a file").tobytes() == b"1234"
    with pytest.raises(DataError, match="field of the kind 7"):
        raw_image(b"\x07", "a file")


def test_without_the_library_the_error_names_the_extra(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcap.reader", None)
    with pytest.raises(DataError, match=r'pip install "eventnet\[view\]"'):
        list(shots_of(file))
