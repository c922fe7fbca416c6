"""A small watched run on a clock, and a reader of MCAP files by other libraries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import eventnet as en
from eventnet.view import LookWriter, RunRecorder, SensorStream, Shown

UNTIL, EVERY = 100_000, 20_000
STREAMS = {
    "camera": SensorStream("events", 4, 3), "gyroscope": SensorStream("rates"), "joints": SensorStream("angles"),
    "frames": SensorStream("frames", 3, 2),
}  # fmt: skip


class Message(NamedTuple):
    """One message: its topic, time in microseconds, schema, and what it says."""

    topic: str
    t_us: int
    schema: str
    says: Any


def messages(path: Path) -> list[Message]:
    """All messages of a file in the order of time: JSON by Python, protobuf by Google's library with the file's schema."""
    from mcap.reader import make_reader

    with path.open("rb") as file:
        return [
            Message(channel.topic, message.log_time // 1000, schema.name, _read(channel, schema, message.data))
            for schema, channel, message in make_reader(file).iter_messages()
        ]


def _read(channel: Any, schema: Any, data: bytes) -> Any:
    if channel.message_encoding == "json":
        return json.loads(data)
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    pool = descriptor_pool.DescriptorPool()
    for one in descriptor_pb2.FileDescriptorSet.FromString(schema.data).file:
        pool.Add(one)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(schema.name)).FromString(data)


def camera_events(seed: int = 0, n: int = 400, end: int = UNTIL) -> Any:
    rng = np.random.default_rng(seed)
    made = np.zeros(n, en.PIXEL_EVENT)
    made["t"], made["p"] = np.sort(rng.integers(0, end, n)), rng.integers(0, 2, n)
    made["x"], made["y"] = rng.integers(0, 4, n), rng.integers(0, 3, n)
    return made


def values(units: int, period: int, scale: float, seed: int = 1) -> Any:
    """Values of so many units at the multiples of a period."""
    times = np.arange(0, UNTIL, period)
    made = np.zeros((len(times), units), en.VALUE_EVENT)
    made["t"], made["index"] = times[:, None], np.arange(units)
    made["value"] = scale * np.random.default_rng(seed).random((len(times), units))
    return made.ravel()


def sent() -> dict[str, Any]:
    """What each sensor says."""
    return {
        "camera": camera_events(), "gyroscope": values(3, 5000, 90.0), "joints": values(2, 10_000, 180.0),
        "frames": values(6, 30_000, 1.0),
    }  # fmt: skip


def run(recorder: RunRecorder | None, window: int = 7000, engine: str = "reference") -> en.Simulation:
    """All sensors and a small network on one clock; its answers come 9 ms later."""
    net = en.Network("float64")
    weights = np.random.default_rng(5).normal(0, 0.5, (12, 5))
    layer = net.add(en.Herding(5, net.weights(weights), name="layer"))
    net.connect(layer.out, net.add(en.Sink(5, name="answer")).spikes, delay=9000)
    encoders = {
        name: _encoder(net, name, int(of["index"].max()) + 1) for name, of in sent().items() if name != "camera"
    }
    sim = en.Simulation(net, "random", engine=engine, record=True, seed=3)
    clock = en.Clock(sim)
    for name, records in sent().items():
        if name == "camera":
            clock.play(_packets(records, window), layer.spikes, width=4, name=name)
        else:
            clock.play(_packets(records, window), into=encoders[name], name=name)
    if recorder is not None:
        recorder.on_clock(clock, shown())
    clock.run(until=UNTIL)
    return sim


def shown() -> Shown:
    """Answers, poses and pictures that tell the time."""
    return Shown(
        STREAMS, answers=lambda t: {"estimate": [t, 1.0, 2.0], "level": 0.5 * t}, pose=turned,
        pictures=lambda t: {"map": np.full((2, 5), t // 1000, np.uint8)},
    )  # fmt: skip


def turned(t_us: float) -> Any:
    """A rotation about z by a degree a millisecond."""
    angle = np.radians(t_us / 1000)
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def record(*sinks: LookWriter, **options: Any) -> RunRecorder:
    """The recorder of a run, at its end."""
    with RunRecorder(*sinks, every_us=EVERY) as recorder:
        run(recorder, **options)
    return recorder


def _encoder(net: en.Network, name: str, units: int) -> en.ChangeEncoder:
    encoder = net.add(en.ChangeEncoder(net.weights(np.zeros((1, units))), net.weights(np.zeros((100, 2))), name=name))
    net.connect(encoder.out, net.add(en.Sink(units, name=f"{name} sink")).spikes)
    return encoder


def _packets(events: Any, window: int) -> Any:
    for begin in range(0, UNTIL, window):
        end = min(begin + window, UNTIL)
        yield en.Packet(end, events[(events["t"] >= begin) & (events["t"] < end)])
