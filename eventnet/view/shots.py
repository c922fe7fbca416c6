"""Moments (shots) of a film: read back from a file of --view, or seen in a recording."""

from __future__ import annotations

import json
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import damage, opened
from eventnet.errors import DataError
from eventnet.io import Recording
from eventnet.view.look import EVERY_US
from eventnet.view.pictures import events_picture
from eventnet.view.recorded import looks_at

MAGIC = b"\x89MCAP0\r\n"
MOST_PIXELS = 1 << 26
"""Of a picture that is read back."""
CAMERA = "camera"
NUMBERS = ("answers", "cost", "rates")
"""Topics whose messages are shown as lines."""


class Shot(NamedTuple):
    """A moment: its time, the camera's picture or another by its name, and numbers by topic."""

    t_us: int
    name: str
    picture: NDArray[np.uint8]
    numbers: dict[str, dict[str, Any]]


def is_view(path: str | PathLike[str]) -> bool:
    """Whether a file is one that `FoxgloveFile` has written: MCAP with its metadata."""
    with opened(Path(path)) as file:
        if file.read(len(MAGIC)) != MAGIC:
            return False
        file.seek(0)
        with damage(f"{path} is damaged, or no MCAP file"):
            found = any(one.name == "eventnet" for one in _reader(path, file).iter_metadata())
    return found


def shots_of(path: str | PathLike[str]) -> Iterator[Shot]:
    """The moments of a file of --view: the pictures of `camera`, or the first others, and the numbers of each time.

    Raises DataError for a damaged file and one without pictures.
    """
    with opened(Path(path)) as file, damage(f"{path} is damaged, or no MCAP file"):
        reader = _reader(path, file)
        name = _shown(path, reader)
        held: tuple[int, NDArray[np.uint8]] | None = None
        numbers: dict[str, dict[str, Any]] = {}
        for _, channel, message in reader.iter_messages([f"/{one}" for one in (name, *NUMBERS)]):
            topic, t_us = channel.topic.removeprefix("/"), message.log_time // 1000
            if held is not None and t_us != held[0]:
                yield Shot(held[0], name, held[1], numbers)
                held, numbers = None, {}
            if topic == name:
                held = t_us, raw_image(message.data, str(path))
            else:
                numbers[topic] = json.loads(message.data)
        if held is not None:
            yield Shot(held[0], name, held[1], numbers)


def shots_in(recording: Recording, every_us: int = EVERY_US) -> Iterator[Shot]:
    """The moments of a recording: its events, and their rate."""
    for look in looks_at(recording, every_us):
        stream = look.streams["camera"]
        picture = events_picture(look.events["camera"], stream.width, stream.height)
        yield Shot(look.t_us, "camera", picture, {"rates": {"events": look.rates["camera.events"]}})


def _shown(path: object, reader: Any) -> str:
    """The topic whose pictures are shown."""
    found = reader.get_summary()
    kinds = {key for key, schema in found.schemas.items() if schema.name == "foxglove.RawImage"}
    names = sorted(channel.topic.removeprefix("/") for channel in found.channels.values() if channel.schema_id in kinds)
    if not names:
        raise DataError(f"{path} has no pictures; wanted a run with a camera, or another that shows some")
    return CAMERA if CAMERA in names else names[0]


def _reader(path: object, file: Any) -> Any:
    try:
        from mcap.reader import make_reader
    except ImportError as error:
        raise DataError(f'{path} is an MCAP file ({error}): pip install "eventnet[view]"') from error
    return make_reader(file)


def raw_image(data: bytes, what: str) -> NDArray[np.uint8]:
    """A grey picture [height, width] of a message foxglove.RawImage (protobuf: width 2, height 3, encoding 4, data 6).

    Raises DataError for pictures of other kinds and of another size than they say.
    """
    found: dict[int, Any] = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind, field = key & 7, key >> 3
        if kind == 0:
            found[field], at = _varint(data, at)
        elif kind == 2:
            size, at = _varint(data, at)
            found[field], at = data[at : at + size], at + size
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            found[field], at = int.from_bytes(data[at : at + size], "little"), at + size
        else:
            raise DataError(f"{what}: a picture has a field of the kind {kind}")
    width, height, pixels = found.get(2, 0), found.get(3, 0), found.get(6, b"")
    if (
        found.get(4) not in (b"mono8", b"8UC1")
        or not 0 < width * height <= MOST_PIXELS
        or len(pixels) != width * height
    ):
        raise DataError(f"{what}: a picture is {found.get(4)!r} of {width}x{height}; wanted mono8, and its pixels")
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
