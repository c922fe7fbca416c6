"""Read bags of ROS 1 (`.bag`) and ROS 2 (`.db3`, `.mcap`) by the library rosbags (the extra `ros`).

Events are in messages event_camera_msgs/EventPacket, in the encodings evt3, libcaer, libcaer_cmp and mono
(`eventnet.io.ros_messages`), or dvs_msgs/EventArray. Of several topics `stream` says which, in the order of names.
Times are those of the events: evt3 counts the sensor's microseconds, which wrap after 16.8 s; the others count from
1970. Messages sensor_msgs/Imu are inertial samples, at their stamps, which count from 1970: they have no temperature,
and those of several topics are refused.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from eventnet.base.files import damage, opened
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io.inertial import INERTIAL
from eventnet.io.ros_messages import DECODERS, IMU, Message, MessageReader, decoder_of, imu_sample
from eventnet.io.source import Chunk, Format, Options, Source

ROS1, SQLITE, MCAP = b"#ROSBAG V2.0", b"SQLite format 3\0", b"\x89MCAP0\r\n"


def open_bag(path: Path, options: Options) -> Source:
    """A bag with events. Raises DataError for any other, a damaged one, and where the package rosbags is not there."""
    with _bag(path) as reader:
        topic = _topic(path, reader, options.stream)
        first = next(_messages(path, reader, [topic]), None)
        has_imu = any(each.msgtype == IMU for each in reader.connections)
    size = (None, None) if first is None else (first.width or None, first.height or None)
    return Source(
        partial(_chunks, path, options.stream),
        options.width or size[0],
        options.height or size[1],
        inertial=partial(_samples, path) if has_imu else None,
    )


class _File:
    """A file that makes no room for more than it has, whatever length a damaged bag asks for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._size = file, os.fstat(file.fileno()).st_size

    def read(self, size: int = -1) -> bytes:
        return self._file.read(min(size, self._size) if size >= 0 else -1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *of: object) -> None:
        self._file.close()


class _Path(type(Path())):  # type: ignore[misc]  # the class of paths differs by system
    """The path of a bag, from which rosbags opens what comes by our door."""

    doors: ExitStack

    def open(self, *options: Any, **others: Any) -> _File:
        return _File(self.doors.enter_context(opened(self)))


@contextmanager
def _bag(path: Path) -> Iterator[Any]:
    """The reader of a bag, opened."""
    with opened(path) as file:
        ros1 = file.read(len(ROS1)) == ROS1
    try:
        kind = importlib.import_module("rosbags.rosbag1" if ros1 else "rosbags.rosbag2").Reader
    except ImportError as error:
        raise DataError(f'{path} is a bag of ROS ({error}): pip install "eventnet[ros]"') from error
    there = _Path(os.fspath(path))
    with ExitStack() as there.doors, damage(f"{path} is damaged, or no bag of ROS"), kind(there) as reader:
        yield reader


def _topic(path: Path, reader: Any, number: int | None) -> Any:
    found = sorted((each for each in reader.connections if each.msgtype in DECODERS), key=lambda each: str(each.topic))
    topics = {each.topic: each for each in found}
    if not topics:
        kinds = sorted({str(each.msgtype) for each in reader.connections})
        raise DataError(
            f"{path} holds messages {', '.join(kinds)[:300] or 'of no kind'}; wanted {' or '.join(DECODERS)}"
        )
    if (number is None and len(topics) > 1) or not 0 <= (number or 0) < len(topics):
        names = ", ".join(f"{k} ({topic})" for k, topic in enumerate(topics))
        raise DataError(f"{path} has events of the topics {names[:300]}; wanted one: say which with the option stream")
    return list(topics.values())[number or 0]


def _raw(path: Path, reader: Any, connections: list[Any]) -> Iterator[tuple[str, MessageReader]]:
    """The kind of each message of some topics, and its bytes."""
    topics = {each.topic for each in connections}
    same = [each for each in reader.connections if each.topic in topics]
    for connection, _, data in reader.messages(connections=same):
        form = getattr(connection.ext, "serialization_format", "ros1")
        if form not in ("cdr", "ros1"):
            raise DataError(f"{path}: messages of {connection.topic} are written as {form}; wanted cdr or ros1")
        yield connection.msgtype, MessageReader(bytes(data), form == "cdr", str(path))


def _messages(path: Path, reader: Any, connections: list[Any]) -> Iterator[Message]:
    for kind, wire in _raw(path, reader, connections):
        yield DECODERS[kind](wire)


def _chunks(path: Path, stream: int | None) -> Iterator[Chunk]:
    with _bag(path) as reader:
        topic = _topic(path, reader, stream)
        count = max(sum(each.msgcount for each in reader.connections if each.topic == topic.topic), 1)
        size, states = os.stat(path).st_size, decoder_of(str(path))
        for k, message in enumerate(_messages(path, reader, [topic])):
            yield Chunk(states(message), partial(_where, k), min(size * (k + 1) // count, size))


def _where(message: int, k: int) -> str:
    return f"number {k:,} of message {message:,}"


def _samples(path: Path) -> Events:
    with _bag(path) as reader:
        found = [each for each in reader.connections if each.msgtype == IMU]
        if len(topics := sorted({str(each.topic) for each in found})) > 1:
            raise DataError(f"{path} has inertial samples of the topics {', '.join(topics)[:300]}; wanted one")
        rows = [imu_sample(wire) for _, wire in _raw(path, reader, found)]
    samples = np.concatenate(rows) if rows else np.empty(0, INERTIAL)
    falls = np.flatnonzero(np.diff(samples["t"]) < 0)
    if falls.size:
        raise DataError(f"{path}: inertial sample {falls[0] + 1:,} is earlier than the one before it")
    return samples


_STARTS = b"|".join(re.escape(mark) for mark in (ROS1, SQLITE, MCAP))
FORMAT = Format(open_bag, re.compile(_STARTS), (".bag", ".db3", ".mcap"))
