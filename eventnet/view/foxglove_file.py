"""An MCAP file with foxglove's schemas, by the foxglove SDK (the extra `view`).

Topics: /NAME of each stream and picture, /tf, /answers, /rates, /cost, /queue. Pictures are foxglove.RawImage (mono8),
joints foxglove.JointStates, poses foxglove.FrameTransform, in protobuf; numbers are JSON with a schema, which plots
take by their path, such as /rates.eye.spikes. Times are those of the run, from 0 on. The same looks give the same
bytes.
Sources: docs.foxglove.dev, "Message schemas"; mcap.dev, "MCAP file format".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import beside
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.view.look import RunLook, SensorStream
from eventnet.view.pictures import by_time, events_picture, frame_picture, named, quaternion

WORLD, CAMERA = "world", "camera"
"""Names of frames of reference."""


def sdk() -> Any:
    """The foxglove SDK. Raises DataError where it is not there."""
    try:
        import foxglove
        import foxglove.channels
        import foxglove.mcap
        import foxglove.messages
    except ImportError as error:
        raise DataError(
            f'a file to view is written by the foxglove SDK, which is not here ({error}): pip install "eventnet[view]"'
        ) from error
    return foxglove


class FoxgloveFile:
    """A sink that writes looks into an MCAP file; it is there when the run has ended well, and replaces one there was.

    about: texts by name, kept as metadata of the file. Raises DataError where the SDK is not there, and where the file
    cannot be written.
    """

    def __init__(self, path: str | PathLike[str], about: Mapping[str, str] | None = None) -> None:
        self.path, self._sdk = Path(path), sdk()
        self._channels: dict[str, Any] = {}
        self._context = self._sdk.Context()
        self._stack = ExitStack()
        file = self._stack.enter_context(beside(self.path))
        options = self._sdk.mcap.MCAPWriteOptions(compression_threads=0)
        self._writer = self._sdk.open_mcap(file, context=self._context, writer_options=options)
        self._writer.write_metadata("eventnet", {"written by": "eventnet", **(about or {})})

    def close(self, whole: bool = True) -> None:
        """Put the file in its place, or (not whole) remove it."""
        self._writer.close()
        if whole:
            self._stack.close()
        else:
            unfinished = RuntimeError("the run has failed")
            self._stack.__exit__(RuntimeError, unfinished, None)

    def write(self, look: RunLook) -> None:
        """Write a message on each topic that has something to say."""
        for name, stream in look.streams.items():
            STREAMS[stream.kind](self, name, stream, look.events[name], look.t_us)
        for name, picture in look.pictures.items():
            self._image(name, picture, look.t_us)
        if look.pose is not None:
            self._pose(look.pose, look.t_us)
        self._numbers("answers", {name: named(value) for name, value in look.answers.items()}, look.t_us)
        self._numbers("rates", _nested(look.rates), look.t_us)
        self._numbers("cost", {"all": sum(look.adds.values()), **look.adds} if look.adds else {}, look.t_us)
        self._numbers("queue", {} if look.queued is None else {"waiting": look.queued}, look.t_us)

    def _events(self, name: str, stream: SensorStream, events: Events, t_us: int) -> None:
        self._image(name, events_picture(events, stream.width, stream.height), t_us)

    def _frames(self, name: str, stream: SensorStream, values: Events, t_us: int) -> None:
        for t, _, frame in by_time(values):
            self._image(name, frame_picture(frame, stream.width, stream.height), t)

    def _rates(self, name: str, stream: SensorStream, values: Events, t_us: int) -> None:
        for t, index, found in by_time(values):
            self._numbers(name, {"xyz"[k]: value for k, value in zip(index.tolist(), found.tolist())}, t)

    def _angles(self, name: str, stream: SensorStream, values: Events, t_us: int) -> None:
        messages = self._sdk.messages
        for t, index, found in by_time(values):
            joints = [
                messages.JointState(name=f"joint_{k}", position=angle)
                for k, angle in zip(index.tolist(), np.radians(found).tolist())
            ]
            self._log(name, "JointStates", messages.JointStates(timestamp=self._stamp(t), joints=joints), t)

    def _image(self, name: str, picture: NDArray[np.uint8], t_us: int) -> None:
        height, width = picture.shape
        made = self._sdk.messages.RawImage(
            timestamp=self._stamp(t_us), frame_id=CAMERA, width=width, height=height, encoding="mono8", step=width,
            data=picture.tobytes(),
        )  # fmt: skip
        self._log(name, "RawImage", made, t_us)

    def _pose(self, rotation: NDArray[np.float64], t_us: int) -> None:
        messages = self._sdk.messages
        x, y, z, w = quaternion(rotation)
        made = messages.FrameTransform(
            timestamp=self._stamp(t_us), parent_frame_id=WORLD, child_frame_id=CAMERA,
            translation=messages.Vector3(x=0.0, y=0.0, z=0.0), rotation=messages.Quaternion(x=x, y=y, z=z, w=w),
        )  # fmt: skip
        self._log("tf", "FrameTransform", made, t_us)

    def _numbers(self, topic: str, values: dict[str, Any], t_us: int) -> None:
        if not values:
            return
        if topic not in self._channels:
            schema = {"title": f"eventnet.{topic}", **_schema(values)}
            self._channels[topic] = self._sdk.Channel(f"/{topic}", schema=schema, context=self._context)
        self._channels[topic].log(values, log_time=1000 * t_us)

    def _log(self, topic: str, kind: str, message: Any, t_us: int) -> None:
        if topic not in self._channels:
            channel = getattr(self._sdk.channels, f"{kind}Channel")
            self._channels[topic] = channel(f"/{topic}", context=self._context)
        self._channels[topic].log(message, log_time=1000 * t_us)

    def _stamp(self, t_us: int) -> Any:
        return self._sdk.messages.Timestamp(sec=t_us // 1_000_000, nsec=1000 * (t_us % 1_000_000))


STREAMS: Mapping[str, Callable[[FoxgloveFile, str, SensorStream, Events, int], None]] = {
    "events": FoxgloveFile._events, "frames": FoxgloveFile._frames, "rates": FoxgloveFile._rates,
    "angles": FoxgloveFile._angles,
}  # fmt: skip
"""Functions that write the records of a stream, by its kind."""


def _nested(rates: Mapping[str, float]) -> dict[str, Any]:
    """Values by `module.port` as a table for each module."""
    made: dict[str, Any] = {}
    for name, value in rates.items():
        module, _, port = name.rpartition(".")
        made.setdefault(module or name, {})[port] = value
    return made


def _schema(value: Any) -> dict[str, Any]:
    """The JSON schema of numbers, lists of numbers and tables of them."""
    if isinstance(value, dict):
        return {"type": "object", "properties": {name: _schema(each) for name, each in value.items()}}
    return {"type": "array", "items": {"type": "number"}} if isinstance(value, list) else {"type": "number"}
