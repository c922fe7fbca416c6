"""Sensor data of the fusion scenario: packets of a camera and a gyroscope, and the true rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from eventnet.clock import Packet
from eventnet.errors import InputError
from eventnet.kernels.random import hash64
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.sensors import (
    DVS,
    FrameCamera,
    FrameCameraParameters,
    InertialParameters,
    InertialUnit,
    JointEncoders,
    JointParameters,
    on_clock,
)
from eventnet.scenarios.worlds import Motion, Panorama, RandomJoints, RandomTurning, SampledRates, TurningCamera

Floats = NDArray[np.float64]

WORLD, TURNING, CAMERA, GYROSCOPE, STEPS, JOINTS, FRAMES = range(7)
"""Purposes of seeds."""

LEAD_US = 1_000_000
"""A step comes no sooner: the head begins knowing nothing."""


FRAME_LEVELS = 16.0
"""Steps from black to white of a frame whose changes are sent."""


class FurtherSensor(NamedTuple):
    """A further sensor of `units` values, `VALUE_EVENT` packets; changes of round(scale value) are sent."""

    units: int
    scale: float
    packets: Callable[[], Iterator[Packet]]


class Stream(Protocol):
    """Sensors on one time line from 0 to `end_us`; each call of a sensor begins anew and says the same.

    camera: `PIXEL_EVENT` packets. gyroscope: `VALUE_EVENT` packets, all values of one time together. Both have the same
    windows. others: further sensors by name, whose changes are sent and counted, but answered by nothing.
    """

    end_us: int

    def camera(self) -> Iterator[Packet]: ...

    def gyroscope(self) -> Iterator[Packet]: ...

    def others(self) -> Mapping[str, FurtherSensor]: ...

    def truth(self, t_us: Floats) -> Floats:
        """Degrees a second about the camera's x, y and z at these times, [n, 3]."""
        ...


class Simulated:
    """A camera with a gyroscope turns before a panorama; both are drawn by `seed`."""

    def __init__(
        self, parameters: Parameters, seed: int, size: tuple[int, int], *, motion: Motion | None = None,
        end_us: int | None = None,
    ) -> None:  # fmt: skip
        p, draw = parameters, lambda purpose: hash64(seed, purpose) >> 33
        w, g = p.world, p.gyroscope
        self.end_us = round(1e6 * p.run.duration_s) if end_us is None else end_us
        self.motion = motion or RandomTurning(
            draw(TURNING), rms=w.turning_deg_per_s, band_hz=(w.slowest_hz, w.fastest_hz)
        )
        panorama = Panorama.random(size=128, seed=draw(WORLD), log_std=w.contrast)
        self.scene = TurningCamera(panorama, self.motion, width=size[0], height=size[1], focal=w.focal_px)
        unit = InertialParameters(g, None, rate_hz=g.rate_hz, jitter_us=g.jitter_us)
        self._camera = DVS(self.scene, p.dvs, seed=draw(CAMERA))
        self._gyroscope = InertialUnit(self.motion, unit, seed=draw(GYROSCOPE))
        self._window = 1e3 * p.run.packet_ms
        self._others: dict[str, tuple[int, float, Any]] = {}
        if p.robot.joints:
            encoders = JointEncoders(
                RandomJoints(draw(JOINTS), joints=p.robot.joints), JointParameters(p.robot.joints_hz, stagger=True)
            )
            self._others["joints"] = p.robot.joints, encoders.parameters.counts / 360, encoders
        if p.robot.frames_hz:
            exposure = min(10_000.0, 5e5 / p.robot.frames_hz)
            camera = FrameCamera(self.scene, FrameCameraParameters(p.robot.frames_hz, exposure), seed=draw(FRAMES))
            self._others["frames"] = size[0] * size[1], FRAME_LEVELS, camera

    def camera(self) -> Iterator[Packet]:
        return on_clock(self._camera, self._window, self.end_us)

    def gyroscope(self) -> Iterator[Packet]:
        return on_clock(self._gyroscope, self._window, self.end_us)

    def others(self) -> Mapping[str, FurtherSensor]:
        def packets(sensor: Any) -> Callable[[], Iterator[Packet]]:
            return lambda: on_clock(sensor, self._window, self.end_us)

        return {
            name: FurtherSensor(units, scale, packets(sensor)) for name, (units, scale, sensor) in self._others.items()
        }

    def truth(self, t_us: Floats) -> Floats:
        return np.reshape([self.motion.rates(t) for t in t_us], (-1, 3))


class Kept:
    """A stream whose packets are kept in memory, for several ways to go through."""

    def __init__(self, stream: Stream) -> None:
        self.end_us, self.truth = stream.end_us, stream.truth
        self._camera, self._gyroscope = list(stream.camera()), list(stream.gyroscope())
        self._others = {
            name: other._replace(packets=list(other.packets()).__iter__) for name, other in stream.others().items()
        }

    def camera(self) -> Iterator[Packet]:
        return iter(self._camera)

    def gyroscope(self) -> Iterator[Packet]:
        return iter(self._gyroscope)

    def others(self) -> Mapping[str, FurtherSensor]:
        return self._others


def step_times(parameters: Parameters, seed: int) -> NDArray[np.int64]:
    """Times of the steps of the yaw rate, microseconds.

    Steps fall evenly into the periods of the slowest clock, in random order: where they fall decides how late it is.
    """
    p, rng = parameters.steps, np.random.default_rng(hash64(seed, STEPS))
    methods = parameters.methods
    period = 1e3 * (max((*methods.kept_ms, *methods.recomputed_ms, *methods.bins_ms), default=0.0) or 33.0)
    phases = period * (rng.permutation(p.count) + rng.uniform(size=p.count)) / max(p.count, 1)
    at, made = float(LEAD_US), []
    for phase, between in zip(phases, 1e6 * rng.uniform(p.shortest_s, p.longest_s, p.count)):
        at += between
        at += (phase - at) % period
        made.append(round(at))
    return np.array(made, np.int64)


def steps(parameters: Parameters, seed: int, size: tuple[int, int]) -> tuple[Simulated, NDArray[np.int64]]:
    """A camera whose yaw rate jumps from one side of 0 to the other and back; and when."""
    times = step_times(parameters, seed)
    rates = np.zeros((len(times) + 1, 3))
    rates[:, 1] = 0.5 * parameters.steps.size_deg_per_s * (-1.0) ** np.arange(len(rates))
    motion = SampledRates(np.concatenate(([0], times)), rates)
    end = int(times[-1]) + round(1e6 * parameters.steps.shortest_s)
    return Simulated(parameters, seed, size, motion=motion, end_us=end), times


def samples(events: Any, n: int) -> tuple[Floats, Floats]:
    """Times [samples] and values [samples, n] of a gyroscope's packet."""
    rows = events.reshape(-1, n)
    return rows["t"][:, 0].astype(np.float64), np.asarray(rows["value"])


def pieces(packets: Iterator[Packet], longest_us: int, most: int) -> Iterator[Packet]:
    """The same packets in parts of at most so many microseconds and events; events of one time stay together.

    Raises InputError where one time has more events than that.
    """
    begin = 0
    for until, events in packets:
        while begin < until:
            end = min(until, begin + longest_us)
            n = int(np.searchsorted(events["t"], end))
            if n > most:
                end = int(events["t"][most])
                n = int(np.searchsorted(events["t"], end))
                if not n:
                    raise InputError(f"more than {most} values at {end} us")
            yield Packet(end, events[:n])
            events, begin = events[n:], end
