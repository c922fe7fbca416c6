"""A bag of ROS 2 (MCAP, messages as CDR), by the library rosbags (the extra `ros`).

Events are event_camera_msgs/EventPacket in the encoding mono, which holds their times in full; gyroscopes are
sensor_msgs/Imu, joints sensor_msgs/JointState, frames and pictures sensor_msgs/Image (mono8). Topics are /NAME/events,
/NAME/data_raw, /joint_states for `joints` (else /NAME/joint_states) and /NAME/image_raw. Stamps are the run's times,
from 0 on. Sources: the definitions of these messages; REP 145; github.com/ros-event-camera/event_camera_codecs.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io.ros_messages import IMU, PACKET
from eventnet.view.look import RunLook, SensorStream
from eventnet.view.pictures import by_time, frame_picture

JOINTS, IMAGE = "sensor_msgs/msg/JointState", "sensor_msgs/msg/Image"
PACKET_FIELDS = (
    "std_msgs/Header header\nuint32 height\nuint32 width\nuint64 seq\nuint64 time_base\nstring encoding\n"
    "bool is_bigendian\nuint8[] events\n"
)
LONGEST_US = 4_000_000
"""The encoding mono counts 32 bits of nanoseconds from a packet's time on."""
UNKNOWN = -1.0
"""The first number of the covariance of a quantity that is not measured."""

Made = list[tuple[int, str, str, Any]]
"""Messages: time in microseconds, topic, type and message."""


def rosbags() -> Any:
    """The library's writer of bags, and its types. Raises DataError where it is not there."""
    try:
        import rosbags.rosbag2 as bags
        import rosbags.typesys as types
    except ImportError as error:
        raise DataError(
            f'a bag of ROS 2 is written by rosbags, which is not here ({error}): pip install "eventnet[ros]"'
        ) from error
    return bags, types


class Ros2Bag:
    """A sink that writes looks into a bag of ROS 2: a folder with one MCAP file and metadata.yaml.

    Raises DataError where the folder exists, where it cannot be made, and where rosbags is not there.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        bags, types = rosbags()
        if self.path.exists():
            raise DataError(f"{self.path} exists; name another folder for the bag")
        if not self.path.parent.is_dir():
            raise DataError(f"{self.path} cannot be written: there is no folder {self.path.parent}")
        self._store = types.get_typestore(types.Stores.ROS2_HUMBLE)
        self._store.register(types.get_types_from_msg(PACKET_FIELDS, PACKET))
        self._types = self._store.types
        self._begun = self.path.with_name(f".{self.path.name}.part") / self.path.name
        shutil.rmtree(self._begun.parent, ignore_errors=True)
        self._begun.parent.mkdir()
        self._writer = bags.Writer(self._begun, version=9, storage_plugin=bags.StoragePlugin.MCAP)
        self._writer.open()
        self._topics: dict[str, Any] = {}
        self._sent: dict[str, int] = {}

    def close(self, whole: bool = True) -> None:
        """Put the folder in its place, or (not whole) remove it."""
        self._writer.close()
        if whole:
            self._begun.rename(self.path)
        shutil.rmtree(self._begun.parent, ignore_errors=True)

    def write(self, look: RunLook) -> None:
        """Write what the sensors have said since the last look, in order of time."""
        made: Made = []
        for name, stream in look.streams.items():
            made += MESSAGES[stream.kind](self, name, stream, look.events[name], look)
        for name, picture in look.pictures.items():
            made.append((look.t_us, f"/{name}/image_raw", IMAGE, self._image(name, picture, look.t_us)))
        for t_us, topic, kind, message in sorted(made, key=lambda one: one[0]):
            if topic not in self._topics:
                self._topics[topic] = self._writer.add_connection(topic, kind, typestore=self._store)
            data = self._store.serialize_cdr(message, kind)
            self._writer.write(self._topics[topic], 1000 * t_us, bytes(data))

    def _events(self, name: str, stream: SensorStream, events: Events, look: RunLook) -> Made:
        """A packet, that is stamped with the time from which its events count and sent when it is complete."""
        made: Made = []
        for begin in range(look.begin_us, look.t_us, LONGEST_US):
            end = min(begin + LONGEST_US, look.t_us)
            low, high = np.searchsorted(events["t"], (begin, end))
            made.append((end, f"/{name}/events", PACKET, self._packet(name, stream, events[low:high], begin)))
        return made

    def _packet(self, name: str, stream: SensorStream, events: Events, begin: int) -> Any:
        number = self._sent[name] = self._sent.get(name, -1) + 1
        return self._types[PACKET](
            header=self._header(name, begin), height=stream.height, width=stream.width, seq=number,
            time_base=1000 * begin, encoding="mono", is_bigendian=False,
            events=np.frombuffer(mono(events, begin), np.uint8),
        )  # fmt: skip

    def _rates(self, name: str, stream: SensorStream, values: Events, look: RunLook) -> Made:
        vector, turn = self._types["geometry_msgs/msg/Vector3"], self._types["geometry_msgs/msg/Quaternion"]
        unknown = np.array([UNKNOWN] + 8 * [0.0])
        made: Made = []
        for t, index, found in by_time(values):
            xyz = np.zeros(3)
            xyz[index] = np.radians(found)
            message = self._types[IMU](
                header=self._header(name, t), orientation=turn(0.0, 0.0, 0.0, 1.0), orientation_covariance=unknown,
                angular_velocity=vector(*xyz.tolist()), angular_velocity_covariance=np.zeros(9),
                linear_acceleration=vector(0.0, 0.0, 0.0), linear_acceleration_covariance=unknown,
            )  # fmt: skip
            made.append((t, f"/{name}/data_raw", IMU, message))
        return made

    def _angles(self, name: str, stream: SensorStream, values: Events, look: RunLook) -> Made:
        topic = "/joint_states" if name == "joints" else f"/{name}/joint_states"
        none = np.empty(0)
        return [
            (t, topic, JOINTS, self._types[JOINTS](
                header=self._header("", t), name=[f"joint_{k}" for k in index.tolist()], position=np.radians(found),
                velocity=none, effort=none,
            ))
            for t, index, found in by_time(values)
        ]  # fmt: skip

    def _frames(self, name: str, stream: SensorStream, values: Events, look: RunLook) -> Made:
        return [
            (t, f"/{name}/image_raw", IMAGE, self._image(name, frame_picture(found, stream.width, stream.height), t))
            for t, _, found in by_time(values)
        ]

    def _image(self, name: str, picture: NDArray[np.uint8], t_us: int) -> Any:
        height, width = picture.shape
        return self._types[IMAGE](
            header=self._header(name, t_us), height=height, width=width, encoding="mono8", is_bigendian=0, step=width,
            data=picture.ravel(),
        )  # fmt: skip

    def _header(self, frame: str, t_us: int) -> Any:
        stamp = self._types["builtin_interfaces/msg/Time"](sec=t_us // 1_000_000, nanosec=1000 * (t_us % 1_000_000))
        return self._types["std_msgs/msg/Header"](stamp=stamp, frame_id=frame)


MESSAGES: Mapping[str, Callable[[Ros2Bag, str, SensorStream, Events, RunLook], Made]] = {
    "events": Ros2Bag._events, "frames": Ros2Bag._frames, "rates": Ros2Bag._rates, "angles": Ros2Bag._angles,
}  # fmt: skip
"""Functions that make messages of the records of a stream, by its kind."""


def mono(events: Events, begin_us: int) -> bytes:
    """Events, 8 bytes each: nanoseconds from begin_us on in 32 bits, x in 16, y in 15, polarity in the highest."""
    pairs = np.empty((len(events), 2), "<u4")
    if len(events):
        pairs[:, 0] = 1000 * (events["t"] - begin_us)
        on = events["p"].astype(np.uint32) << 31
        pairs[:, 1] = events["x"].astype(np.uint32) | events["y"].astype(np.uint32) << 16 | on
    return pairs.tobytes()
