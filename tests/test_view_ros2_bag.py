"""The bag of ROS 2, read back by the library rosbags message by message, and by the package's own reader."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import view_cases as cases

import eventnet as en
from eventnet.errors import DataError
from eventnet.io import open_events
from eventnet.view import Ros2Bag, RunLook, RunRecorder, SensorStream
from eventnet.view.ros2_bag import mono

pytest.importorskip("rosbags", reason="the extra ros is not installed")


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("view") / "bag"
    cases.record(Ros2Bag(path))
    return path


def read(bag: Path, topic: str) -> list[tuple[int, str, Any]]:
    """Times in microseconds, types and messages of a topic, by types that the bag itself declares."""
    from rosbags.highlevel import AnyReader

    with AnyReader([bag]) as reader:
        own = [one for one in reader.connections if one.topic == topic]
        return [(t // 1000, one.msgtype, reader.deserialize(raw, one.msgtype)) for one, t, raw in reader.messages(own)]


def stamp(message: Any) -> int:
    return int(message.header.stamp.sec * 10**6 + message.header.stamp.nanosec // 1000)


def test_a_bag_is_a_folder_as_ros_2_makes_it_and_the_same_each_time(bag: Path, tmp_path: Path) -> None:
    assert sorted(path.name for path in bag.iterdir()) == ["bag.mcap", "metadata.yaml"]
    cases.record(Ros2Bag(tmp_path / "bag"), window=30_000)
    for path in bag.iterdir():
        assert (tmp_path / "bag" / path.name).read_bytes() == path.read_bytes()


def test_times_of_messages_never_fall(bag: Path) -> None:
    from rosbags.highlevel import AnyReader

    with AnyReader([bag]) as reader:
        times = [t for _, t, _ in reader.messages()]
        kinds = {one.topic: one.msgtype for one in reader.connections}
    assert times == sorted(times)
    assert kinds == {
        "/camera/events": "event_camera_msgs/msg/EventPacket", "/gyroscope/data_raw": "sensor_msgs/msg/Imu",
        "/joint_states": "sensor_msgs/msg/JointState", "/frames/image_raw": "sensor_msgs/msg/Image",
        "/map/image_raw": "sensor_msgs/msg/Image",
    }  # fmt: skip


def test_packets_hold_the_events_in_the_published_encoding(bag: Path) -> None:
    found = []
    for number, (t, _, message) in enumerate(read(bag, "/camera/events")):
        assert (message.encoding, message.width, message.height, message.seq) == ("mono", 4, 3, number)
        assert (stamp(message), message.time_base) == (t - cases.EVERY, 1000 * (t - cases.EVERY))
        for word in np.frombuffer(message.events.tobytes(), "<u8").tolist():
            time = message.time_base + (word & 0xFFFF_FFFF)
            found.append((time // 1000, (word >> 32) & 0xFFFF, (word >> 48) & 0x7FFF, bool(word >> 63)))
    assert found == cases.sent()["camera"].tolist()


def test_the_packages_own_reader_finds_events_and_samples(bag: Path) -> None:
    recording = open_events(bag / "bag.mcap")
    assert (recording.width, recording.height) == (4, 3)
    assert recording.events().tobytes() == cases.sent()["camera"].tobytes()
    samples, wanted = recording.inertial(), cases.sent()["gyroscope"]
    assert samples["t"].tolist() == wanted["t"][::3].tolist()
    np.testing.assert_allclose(samples["gyroscope"].ravel(), wanted["value"], rtol=1e-12)


def test_rates_are_radians_and_what_is_not_measured_says_so(bag: Path) -> None:
    wanted = cases.sent()["gyroscope"].reshape(-1, 3)
    for (t, _, message), row in zip(read(bag, "/gyroscope/data_raw"), wanted, strict=True):
        turn = message.angular_velocity
        assert (t, stamp(message)) == (row["t"][0], row["t"][0])
        np.testing.assert_allclose([turn.x, turn.y, turn.z], np.radians(row["value"]))
        assert message.orientation_covariance[0] == message.linear_acceleration_covariance[0] == -1


def test_joints_and_frames(bag: Path) -> None:
    wanted = cases.sent()["joints"].reshape(-1, 2)
    for (t, _, message), row in zip(read(bag, "/joint_states"), wanted, strict=True):
        assert (t, message.name) == (row["t"][0], ["joint_0", "joint_1"])
        np.testing.assert_allclose(message.position, np.radians(row["value"]))
        assert len(message.velocity) == len(message.effort) == 0
    frames = cases.sent()["frames"].reshape(-1, 6)
    for (t, _, message), row in zip(read(bag, "/frames/image_raw"), frames, strict=True):
        assert (t, message.width, message.height, message.encoding, message.step) == (row["t"][0], 3, 2, "mono8", 3)
        np.testing.assert_allclose(message.data, 255 * row["value"], atol=0.5001)


def test_a_long_look_is_several_packets_as_the_encoding_counts_four_seconds(tmp_path: Path) -> None:
    events = cases.camera_events(end=10_000_000)
    look = RunLook(0, 10_000_000, {"eye": SensorStream("events", 4, 3)}, {"eye": events}, {}, {}, None, {}, None, {})
    with RunRecorder(Ros2Bag(tmp_path / "bag")) as recorder:
        recorder.take([look])
    assert [t for t, _, _ in read(tmp_path / "bag", "/eye/events")] == [4_000_000, 8_000_000, 10_000_000]
    assert open_events(tmp_path / "bag" / "bag.mcap").events().tobytes() == events.tobytes()


def test_one_event_bit_by_bit() -> None:
    event = np.array([(1_000_007, 0x1234, 0x0ABC, True)], en.PIXEL_EVENT)
    assert mono(event, 1_000_000).hex() == "581b0000" + "3412bc8a"
    assert mono(event[:0], 0) == b""


def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), RunRecorder(Ros2Bag(tmp_path / "bag")):
        1 / 0  # noqa: B018
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="exists; name another folder"):
        Ros2Bag(tmp_path)
    with pytest.raises(DataError, match="there is no folder"):
        Ros2Bag(tmp_path / "none" / "bag")
    monkeypatch.setitem(sys.modules, "rosbags.rosbag2", None)
    with pytest.raises(DataError, match=r'pip install "eventnet\[ros\]"'):
        Ros2Bag(tmp_path / "bag")
    assert not list(tmp_path.iterdir())
