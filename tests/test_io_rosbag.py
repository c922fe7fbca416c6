"""Bags of ROS 1 and ROS 2, written here by the library rosbags from the published definitions of their messages."""

from __future__ import annotations

import struct
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_io_evt3
from io_cases import damaged, random_events, read_or_refuse, same

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import open_events

pytest.importorskip("rosbags")

EVENTS = random_events(600, 346, 260)
START = 1_700_000_000_000_000_000
HEADER = "std_msgs/Header header"
PACKET = (
    f"{HEADER}\nuint32 height\nuint32 width\nuint64 seq\nuint64 time_base\nstring encoding\nbool is_bigendian\n"
    "uint8[] events\n"
)
ARRAY = f"{HEADER}\nuint32 height\nuint32 width\ndvs_msgs/Event[] events\n"
EVENT = "uint16 x\nuint16 y\n{time} ts\nbool polarity\n"


def store(ros: int) -> Any:
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    made = get_typestore(Stores.ROS1_NOETIC if ros == 1 else Stores.ROS2_HUMBLE)
    for name, text in (
        ("event_camera_msgs/msg/EventPacket", PACKET), ("dvs_msgs/msg/EventArray", ARRAY),
        ("dvs_msgs/msg/Event", EVENT.format(time="time" if ros == 1 else "builtin_interfaces/Time")),
    ):  # fmt: skip
        made.register(get_types_from_msg(text, name))
    return made


def header(types: Any, ros: int, t: int = START) -> Any:
    stamp = types["builtin_interfaces/msg/Time"](sec=t // 10**9, nanosec=t % 10**9)
    first = {"seq": 1} if ros == 1 else {}
    return types["std_msgs/msg/Header"](**first, stamp=stamp, frame_id="camera")


def write(path: Path, rows: list[tuple[str, str, Any]], form: str) -> Path:
    """A bag of messages (topic, type, how it is made from types and the number of ROS); the one file that it is."""
    ros = 1 if form == "bag" else 2
    made = store(ros)
    if ros == 1:
        from rosbags.rosbag1 import Writer

        writer = Writer(path.with_suffix(".bag"))
    else:
        from rosbags.rosbag2 import StoragePlugin
        from rosbags.rosbag2 import Writer as Writer2

        plugin = StoragePlugin.MCAP if form == "mcap" else StoragePlugin.SQLITE3
        writer = Writer2(path, version=9, storage_plugin=plugin)
    with writer:
        known: dict[str, Any] = {}
        for k, (topic, kind, message) in enumerate(rows):
            if topic not in known:
                known[topic] = writer.add_connection(topic, kind, typestore=made)
            held = message(made.types, ros)
            data = made.serialize_ros1(held, kind) if ros == 1 else made.serialize_cdr(held, kind)
            writer.write(known[topic], START + 1000 * k, bytes(data))
    return path.with_suffix(".bag") if ros == 1 else next(path.glob(f"*.{form}"))


def packet(encoding: str, events: bytes, base: int = 0, big: bool = False) -> Any:
    def made(types: Any, ros: int) -> Any:
        return types["event_camera_msgs/msg/EventPacket"](
            header=header(types, ros), height=260, width=346, seq=3, time_base=base, encoding=encoding,
            is_bigendian=big, events=np.frombuffer(events, np.uint8),
        )  # fmt: skip

    return made


def array(events: Events) -> Any:
    def made(types: Any, ros: int) -> Any:
        one, time = types["dvs_msgs/msg/Event"], types["builtin_interfaces/msg/Time"]
        held = [
            one(x=x, y=y, ts=time(sec=t // 10**6, nanosec=t % 10**6 * 1000), polarity=bool(p))
            for t, x, y, p in events.tolist()
        ]
        return types["dvs_msgs/msg/EventArray"](header=header(types, ros), height=260, width=346, events=held)

    return made


def imu(t: int, rates: list[float], forces: list[float]) -> Any:
    def made(types: Any, ros: int) -> Any:
        three, zeros = types["geometry_msgs/msg/Vector3"], np.zeros(9)
        return types["sensor_msgs/msg/Imu"](
            header=header(types, ros, t), orientation=types["geometry_msgs/msg/Quaternion"](x=9, y=9, z=9, w=9),
            orientation_covariance=zeros + 9, angular_velocity=three(*rates), angular_velocity_covariance=zeros + 9,
            linear_acceleration=three(*forces), linear_acceleration_covariance=zeros + 9,
        )  # fmt: skip

    return made


# --- encodings, as they are published ---
def libcaer(events: Events) -> bytes:
    return b"".join(struct.pack("<II", x << 17 | y << 2 | p << 1 | 1, t % (1 << 31)) for t, x, y, p in events.tolist())


def mono(events: Events) -> bytes:
    return b"".join(struct.pack("<Q", p << 63 | y << 48 | x << 32 | 1000 * t) for t, x, y, p in events.tolist())


def libcaer_cmp(events: Events) -> bytes:
    """Times and x where they change; events of one instant, column and polarity, y ascending within 8, as a vector."""
    words, before, rows, k = [], [-1, -1, -1], events.tolist(), 0
    while k < len(rows):
        t, x, y, p = rows[k]
        for place, (value, kind) in enumerate(((t >> 12, 0), (t & 0xFFF, 1), (x, 2))):
            if value != before[place]:
                words.append(kind << 12 | value)
                before[place] = value
        n = 1
        while (
            k + n < len(rows)
            and rows[k + n][0] == t
            and rows[k + n][1] == x
            and rows[k + n][3] == p
            and rows[k + n - 1][2] < rows[k + n][2] < y + 16
        ):
            n += 1
        if n > 1 or y % 3 == 0:
            mask = sum(1 << rows[k + m][2] - y for m in range(n))
            words += [4 << 12 | p << 11 | y, 5 << 12 | mask & 0xFF] + [5 << 12 | mask >> 8] * (mask > 0xFF)
        else:
            words.append(3 << 12 | p << 11 | y)
        k += n
    return struct.pack(f"<{len(words)}H", *words)


COLUMNS = np.sort(random_events(600, 5, 260, step=2), order=["t", "x", "p", "y"])
FORMS = ["bag", "db3", "mcap"]


def moved(events: Events, t: int) -> Events:
    out = events.copy()
    out["t"] += t
    return out


def rows_of(encoding: str, events: Events) -> tuple[list[tuple[str, str, Any]], Events]:
    """Three messages, and the events that they are."""
    parts = [events[:250], events[250:250], events[250:]]
    kind = "event_camera_msgs/msg/EventPacket"
    if encoding == "array":
        return [("/dvs/events", "dvs_msgs/msg/EventArray", array(part)) for part in parts], events
    if encoding == "evt3":
        data = test_io_evt3.encode(events)
        at = len(data) // 4 * 2
        return [("/e", kind, packet(encoding, part)) for part in (data[:at], data[at:])], events
    encode = {"libcaer": libcaer, "libcaer_cmp": libcaer_cmp, "mono": mono}[encoding]
    return [("/e", kind, packet(encoding, encode(part), START)) for part in parts], moved(events, START // 1000)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["evt3", "libcaer", "libcaer_cmp", "mono", "array"])
def test_events_come_back_in_every_encoding(tmp_path: Path, encoding: str, form: str) -> None:
    events = COLUMNS if encoding == "libcaer_cmp" else EVENTS
    rows, wanted = rows_of(encoding, events)
    recording = open_events(write(tmp_path / "a", rows, form))
    assert (recording.format, recording.width, recording.height) == ("rosbag", 346, 260)
    assert same(recording.events(), wanted)


def test_a_clock_of_31_bits_that_wraps_inside_a_message_goes_on(tmp_path: Path) -> None:
    events = random_events(100, step=1000, start=(1 << 31) - 20_000)
    rows = [("/e", "event_camera_msgs/msg/EventPacket", packet("libcaer", libcaer(events), START))]
    assert same(open_events(write(tmp_path / "a", rows, "db3")).events(), moved(events, START // 1000))


@pytest.mark.parametrize("form", FORMS)
def test_messages_of_an_inertial_sensor_are_samples(tmp_path: Path, form: str) -> None:
    rows, _ = rows_of("libcaer", EVENTS)
    rows += [
        ("/imu", "sensor_msgs/msg/Imu", imu(START + k * 10**6, [0.1 * k, 0, -1], [0, 9.80665, k])) for k in range(3)
    ]
    found = open_events(write(tmp_path / "a", rows, form)).inertial()
    assert found["t"].tolist() == [START // 1000 + 1000 * k for k in range(3)]
    assert np.allclose(found["gyroscope"], np.degrees([[0, 0, -1], [0.1, 0, -1], [0.2, 0, -1]]))
    assert np.allclose(found["acceleration"] * 9.80665, [[0, 9.80665, 0], [0, 9.80665, 1], [0, 9.80665, 2]])
    assert np.isnan(found["temperature"]).all()


def test_of_several_topics_one_is_named(tmp_path: Path) -> None:
    rows, wanted = rows_of("libcaer", EVENTS)
    others, also = rows_of("array", EVENTS[:50])
    path = write(tmp_path / "a", rows + others, "mcap")
    with pytest.raises(
        DataError, match=r"topics 0 \(/dvs/events\), 1 \(/e\); wanted one: say which with the option stream"
    ):
        open_events(path)
    assert same(open_events(path, stream=1).events(), wanted)
    assert same(open_events(path, stream=0).events(), also)


KIND = "event_camera_msgs/msg/EventPacket"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([("/e", KIND, packet("evt4", b""))], "events are encoded as 'evt4'; wanted evt3, libcaer, libcaer_cmp, mono"),
        ([("/e", KIND, packet("libcaer", b"", big=True))], "have their high byte first"),
        ([("/e", KIND, packet("libcaer", bytes(8), (1 << 64) - 1))], "time_base is 18,446,744,073,709,551,615 ns"),
        ([("/e", KIND, packet("libcaer_cmp", b"\0\x70"))], "a word of libcaer_cmp has the kind 7"),
        (
            [("/imu", "sensor_msgs/msg/Imu", imu(0, [0] * 3, [0] * 3))],
            "holds messages sensor_msgs/msg/Imu; wanted event",
        ),
    ],
)
def test_other_messages_are_refused(tmp_path: Path, rows: list[Any], text: str) -> None:
    path = write(tmp_path / "a", rows, "bag")
    with pytest.raises(DataError, match=text):
        open_events(path).events()


def test_without_rosbags_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.bag").write_bytes(b"#ROSBAG V2.0\n")
    with pytest.raises(DataError, match="a.bag is damaged, or no bag of ROS: "):
        open_events(tmp_path / "a.bag")
    monkeypatch.setitem(sys.modules, "rosbags.rosbag1", None)
    with pytest.raises(DataError, match=r'a.bag is a bag of ROS .*pip install "eventnet\[ros\]"'):
        open_events(tmp_path / "a.bag")


@pytest.mark.parametrize("form", FORMS)
def test_damaged_files_are_read_or_refused(tmp_path: Path, form: str) -> None:
    rows, _ = rows_of("libcaer_cmp", COLUMNS[:60])
    path = write(tmp_path / "a", rows, form)
    for data in damaged(path.read_bytes(), 40, seed=2):
        read_or_refuse(path, data)


@pytest.mark.parametrize(
    ("name", "events", "on", "first", "last", "size"),
    [
        ("ros1_evt3.bag", 343_474, 125_183, 7_139_845, 9_218_023, (640, 480)),
        ("ros2_evt3.db3", 343_474, 125_183, 7_139_845, 9_218_023, (640, 480)),
        ("ros2_evt3_trigger.db3", 82_469, 41_439, 14_224_870, 15_476_187, (1280, 720)),
    ],
)
def test_recorded_bags_have_their_published_facts(
    shared: Path, name: str, events: int, on: int, first: int, last: int, size: tuple[int, int]
) -> None:
    recording = open_events(shared / "data" / "events" / name)
    facts = recording.facts()
    assert (facts.events, facts.on, facts.first, facts.last, facts.falls) == (events, on, first, last, 0)
    assert (recording.width, recording.height) == size


def test_a_recorded_bag_has_the_sums_that_its_own_decoder_is_tested_by(shared: Path) -> None:
    """event_camera_codecs, test/decoder_test.cpp: sums of all times in ns, x, y and polarities."""
    events = open_events(shared / "data" / "events" / "ros2_evt3_trigger.db3").events()
    sums = [int(events[name].astype(np.int64).sum()) for name in "txyp"]
    assert sums == [1_222_326_831_810, 42_078_718, 31_656_267, 41_439]


@pytest.mark.parametrize(
    "data",
    [b"#ROSBAG V2.0\n" + b"\xff\xff\xff\x6f" + bytes(50), b"\x89MCAP0\r\n\x01" + b"\xff" * 8 + bytes(50)],
    ids=["bag", "mcap"],
)
def test_a_length_beyond_the_file_takes_no_memory(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / ("a.bag" if data[:1] == b"#" else "a.mcap")
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="is damaged, or no bag of ROS"):
            open_events(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 << 20
