"""What the sensors of the fusion scenario say: packets of a camera and a gyroscope, and the rates that are true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eventnet.clock import Packet
from eventnet.errors import InputError
from eventnet.kernels import hash64
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.sensors import DVS, InertialParameters, InertialUnit, on_clock
from eventnet.scenarios.worlds import Motion, Panorama, RandomTurning, SampledRates, TurningCamera

Floats = NDArray[np.float64]

WORLD, TURNING, CAMERA, GYROSCOPE, STEPS = range(5)
"""Purposes of seeds."""

LEAD_US = 1_000_000
"""A step comes no sooner: the head begins knowing nothing."""


class Stream(Protocol):
    """Sensors on one time line from 0 to `end_us`; each call of a sensor begins anew and says the same.

    camera: `PIXEL_EVENT` packets. gyroscope: `VALUE_EVENT` packets, all values of one time together. Both have the same
    windows.
    """

    end_us: int

    def camera(self) -> Iterator[Packet]: ...

    def gyroscope(self) -> Iterator[Packet]: ...

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

    def camera(self) -> Iterator[Packet]:
        return on_clock(self._camera, self._window, self.end_us)

    def gyroscope(self) -> Iterator[Packet]:
        return on_clock(self._gyroscope, self._window, self.end_us)

    def truth(self, t_us: Floats) -> Floats:
        return np.reshape([self.motion.rates(t) for t in t_us], (-1, 3))


class Kept:
    """A stream whose packets are kept in memory, for several ways to go through."""

    def __init__(self, stream: Stream) -> None:
        self.end_us, self.truth = stream.end_us, stream.truth
        self._camera, self._gyroscope = list(stream.camera()), list(stream.gyroscope())

    def camera(self) -> Iterator[Packet]:
        return iter(self._camera)

    def gyroscope(self) -> Iterator[Packet]:
        return iter(self._gyroscope)


def step_times(parameters: Parameters, seed: int) -> NDArray[np.int64]:
    """When the yaw rate jumps, in microseconds."""
    p = parameters.steps
    between = np.random.default_rng(hash64(seed, STEPS)).uniform(p.shortest_s, p.longest_s, p.count)
    return LEAD_US + np.rint(1e6 * np.cumsum(between)).astype(np.int64)


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
