"""The MCAP file, read by other libraries: the same looks give the same bytes, and every message says what was there."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import view_cases as cases

from eventnet.errors import DataError
from eventnet.view import FoxgloveFile, RunRecorder

pytest.importorskip("foxglove", reason="the extra view is not installed")
pytest.importorskip("mcap", reason="the extra view is not installed")
pytest.importorskip("google.protobuf", reason="protobuf is not installed")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("view") / "run.mcap"
    cases.record(FoxgloveFile(path, {"scenario": "small"}))
    return path


def of(file: Path, topic: str) -> list[cases.Message]:
    return [message for message in cases.messages(file) if message.topic == topic]


def test_the_same_run_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    cases.record(FoxgloveFile(tmp_path / "again.mcap", {"scenario": "small"}), window=30_000)
    assert (tmp_path / "again.mcap").read_bytes() == file.read_bytes()


def test_each_topic_has_its_schema(file: Path) -> None:
    assert {(message.topic, message.schema) for message in cases.messages(file)} == {
        ("/camera", "foxglove.RawImage"), ("/frames", "foxglove.RawImage"), ("/map", "foxglove.RawImage"),
        ("/joints", "foxglove.JointStates"), ("/tf", "foxglove.FrameTransform"), ("/gyroscope", "eventnet.gyroscope"),
        ("/answers", "eventnet.answers"), ("/rates", "eventnet.rates"), ("/cost", "eventnet.cost"),
        ("/queue", "eventnet.queue"),
    }  # fmt: skip


def test_pictures_show_events_and_frames(file: Path) -> None:
    events = cases.sent()["camera"]
    for message in of(file, "/camera"):
        image = message.says
        assert (image.width, image.height, image.step, image.encoding) == (4, 3, 4, "mono8")
        wanted = np.full((3, 4), 128)
        for _, x, y, p in events[(events["t"] >= message.t_us - cases.EVERY) & (events["t"] < message.t_us)].tolist():
            wanted[y, x] = 255 * p
        assert np.frombuffer(image.data, np.uint8).reshape(3, 4).tolist() == wanted.tolist()
        assert image.timestamp.seconds * 10**6 + image.timestamp.nanos // 1000 == message.t_us
    frames = cases.sent()["frames"]
    assert [message.t_us for message in of(file, "/frames")] == np.unique(frames["t"]).tolist()
    first = np.frombuffer(of(file, "/frames")[0].says.data, np.uint8)
    np.testing.assert_allclose(first, 255 * frames["value"][:6], atol=0.5001)


def test_numbers_are_those_of_the_sensors_and_of_the_answers(file: Path) -> None:
    rates = cases.sent()["gyroscope"]
    said = [[message.says[axis] for axis in "xyz"] for message in of(file, "/gyroscope")]
    assert np.ravel(said).tolist() == rates["value"].tolist()
    joints = cases.sent()["joints"]
    angles = [joint.position for message in of(file, "/joints") for joint in message.says.joints]
    np.testing.assert_allclose(angles, np.radians(joints["value"]))
    for message in of(file, "/answers"):
        assert message.says == {"estimate": {"x": message.t_us, "y": 1, "z": 2}, "level": 0.5 * message.t_us}


def test_costs_and_rates_have_a_path_for_each_module_and_port(file: Path) -> None:
    assert set(of(file, "/rates")[0].says) == {
        "layer", "answer", "gyroscope", "joints", "frames", "gyroscope sink", "joints sink", "frames sink",
    }  # fmt: skip
    assert of(file, "/rates")[0].says["layer"]["spikes"] > 0
    for message in of(file, "/cost"):
        parts = {name: value for name, value in message.says.items() if name != "all"}
        assert message.says["all"] == pytest.approx(sum(parts.values()))
        assert parts["layer"] > 0


def test_a_pose_is_a_frame_in_the_world(file: Path) -> None:
    for message in of(file, "/tf"):
        turn, half = message.says.rotation, np.radians(message.t_us / 2000)
        assert (message.says.parent_frame_id, message.says.child_frame_id) == ("world", "camera")
        np.testing.assert_allclose([turn.x, turn.y, turn.z, turn.w], [0, 0, np.sin(half), np.cos(half)], atol=1e-12)


def test_the_file_says_what_it_is_of(file: Path) -> None:
    from mcap.reader import make_reader

    with file.open("rb") as opened:
        found = [(one.name, one.metadata) for one in make_reader(opened).iter_metadata()]
    assert found == [("eventnet", {"written by": "eventnet", "scenario": "small"})]


def test_a_run_that_fails_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    path.write_text("older")
    with pytest.raises(ZeroDivisionError), RunRecorder(FoxgloveFile(path)):
        1 / 0  # noqa: B018
    assert (path.read_text(), len(list(tmp_path.iterdir()))) == ("older", 1)


def test_what_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"run\.mcap cannot be written"):
        FoxgloveFile(tmp_path / "none" / "run.mcap")
    monkeypatch.setitem(sys.modules, "foxglove", None)
    with pytest.raises(DataError, match=r'pip install "eventnet\[view\]"'):
        FoxgloveFile(tmp_path / "run.mcap")
    assert not list(tmp_path.iterdir())
