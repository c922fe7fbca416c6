"""The event-driven estimator: modules, the sensors on one clock with them, and what was estimated and spent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.cost import CostLedger
from eventnet.scenarios.attitude.gains import Gains
from eventnet.scenarios.attitude.modules import ANSWERS, Attitude, SampleLatch
from eventnet.scenarios.attitude.parameters import AttitudeParameters
from eventnet.scenarios.attitude.rotation import matrices
from eventnet.scenarios.attitude.stream import (
    AXES,
    FOCAL_PX,
    FRAME_FOCAL_PX,
    FRAME_HEIGHT,
    FRAME_WIDTH,
    HEIGHT,
    JOINTS,
    SENSORS,
    STEP_US,
    WIDTH,
    KeptStream,
    frame_camera,
    segments,
    unit_of,
)
from eventnet.scenarios.fusion.flow import FITTED, add_flow_sums
from eventnet.scenarios.fusion.methods import state_bytes
from eventnet.tally import Tally

Floats = NDArray[np.float64]

PORTS = {
    "gyroscope.value": "gyroscope", "accelerometer.value": "accelerometer", "flow.spikes": "events",
    "flow.look": "events", "attitude.see": "events", "frame.value": "frames", "encoders.value": "joints",
    "attitude.read": "answers",
}  # fmt: skip
"""The sensor that costs are counted for, by port: looks at the camera of events count as its events."""


STEPS = 100
"""Looks and reads come in packets of so many."""


@dataclass
class AttitudeEstimate:
    """Estimates at each of a stream's times.

    turn [n, 3, 3], tip [n, 3]: attitude and end point in the world, metres. bias [n, 3]: of the gyroscope, deg/s.
    rates [n, 3]: of the head as the camera of events saw them at the last look, deg/s.
    memory: bytes of state and weights, 4 a value, without room for answers and for samples that wait
    tally, by_sensor: what was counted, and its parts by sensor ("answers": what reading takes); nothing off the engine
    """

    turn: Floats
    tip: Floats
    bias: Floats
    rates: Floats
    memory: int
    tally: Tally | None = None
    by_sensor: dict[str, dict[str, int]] | None = None


class Estimator:
    """Modules in a network, the simulation, and a clock with a stream's sensors.

    sensors: those of `SENSORS` that are there. gains: see `Gains`. The stream has frames as often as [frames] says.
    """

    def __init__(
        self, p: AttitudeParameters, stream: KeptStream, gains: Gains, sensors: tuple[str, ...] = SENSORS, *,
        engine: str = "compiled", **options: Any,
    ) -> None:  # fmt: skip
        self.stream, self.sensors, hz = stream, sensors, p.frames.rate_hz
        net, unit, camera = en.Network("float64"), unit_of(p), frame_camera(p.frames)
        waiting = 1e-3 * (2 * p.run.packet_ms + 2 * STEPS)  # seconds: what is looked at comes in packets, too
        samples = 30 + AXES * round(waiting * unit.rate_hz)

        def latch(values: int, name: str, room: int, each: bool = False) -> SampleLatch:
            updates = net.weights(np.zeros((room, 2)), f"{name} updates")
            return net.add(SampleLatch(values, updates, samples=not each, name=name))

        gyroscope = latch(AXES, "gyroscope", samples)
        accelerometer = latch(AXES, "accelerometer", samples)
        pixels = FRAME_WIDTH * FRAME_HEIGHT
        frame = latch(pixels, "frame", pixels * (2 + round(waiting * hz)))
        encoders = latch(JOINTS, "encoders", 30 + JOINTS * round(waiting * p.arm.rate_hz), each=True)
        numbers = FITTED["thin"].for_pixels(HEIGHT, WIDTH)
        self.flow = add_flow_sums(net, HEIGHT, WIDTH, FOCAL_PX, numbers, STEP_US)
        self.attitude = net.add(Attitude(
            gyroscope, accelerometer, self.flow, frame, encoders, net.weights(stream.faces, "faces"),
            net.weights(np.zeros((len(stream.times), ANSWERS)), "answers"), gains=gains.a_sample(unit.rate_hz),
            segments=segments(p), focal=FRAME_FOCAL_PX, width=FRAME_WIDTH,
            late=round(0.5 * camera.exposure_us + camera.readout_us),
            every_axis=p.frames.every_axis,
            without_gyroscope="gyroscope" not in sensors, name="attitude",
        ))  # fmt: skip
        for module, port in (
            (gyroscope, self.attitude.turn), (accelerometer, self.attitude.feel), (frame, self.attitude.compass),
            (encoders, self.attitude.joint),
        ):  # fmt: skip
            net.connect(module.out, port)
        self.simulation = en.Simulation(net, engine=engine, roots=True, root_limit=0, **options)
        self.clock = clock = en.Clock(self.simulation)
        into = {"gyroscope": gyroscope, "accelerometer": accelerometer, "frames": frame, "joints": encoders}
        for name in sensors:
            packets = stream.of(name, hz)
            if name == "events":
                clock.play(packets, self.flow.spikes, width=WIDTH, name="camera")
                clock.play(self._at_steps(int(self.flow.look), last=True), name="looks")
            else:
                clock.play(packets, into=into[name], name=name)
        if "events" in sensors or "gyroscope" not in sensors:
            clock.play(self._at_steps(int(self.attitude.see)), name="steps")
        clock.play(self._at_steps(int(self.attitude.read), last=True, rows=1), name="reader")

    def _at_steps(self, port: int, *, last: bool = False, rows: int = 0) -> Iterator[en.Packet]:
        """An input in the first microsecond of each step but the first, or in the last one; at index rows * step."""
        steps = len(self.stream.times)
        for begin in range(0, steps, STEPS):
            k = np.arange(begin, min(begin + STEPS, steps))
            made = np.zeros(len(k), en.EVENT)
            made["t"], made["port"], made["index"], made["sign"] = STEP_US * k, port, rows * k, 1
            if last:
                made["t"] += STEP_US - 1
            yield en.Packet(STEP_US * (int(k[-1]) + 1), made if last or begin else made[1:])

    def run(self, done: Callable[[int], None] = lambda reached: None) -> AttitudeEstimate:
        """Let sensors and modules live to the stream's end. done: called with the microseconds that are over."""
        for until in range(500_000, self.stream.end_us + 500_000, 500_000):
            self.clock.run(until=min(until, self.stream.end_us))
            done(min(until, self.stream.end_us))
        answers = self.simulation[self.attitude].array("answers").astype(np.float64)
        by_sensor: dict[str, dict[str, int]] = {}
        for port, row in CostLedger.of(self.simulation).by_sensor().items():
            name = PORTS[port]
            had = by_sensor.setdefault(name, dict.fromkeys(row, 0))
            by_sensor[name] = {kind: had[kind] + count for kind, count in row.items()}
        return AttitudeEstimate(
            matrices(answers[:, :4]), answers[:, 7:10], answers[:, 4:7], answers[:, 10:],
            state_bytes(self.simulation), self.simulation.tally, by_sensor,
        )  # fmt: skip
