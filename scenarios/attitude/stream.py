"""Signals of a robot's sensors, and the true motion: simulated once, then kept for all that use them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.clock import Packet
from eventnet.event import Events
from eventnet.kernels.random import hash64
from eventnet.scenarios.attitude.parameters import AttitudeParameters, FramesTable
from eventnet.scenarios.attitude.rotation import reach
from eventnet.scenarios.sensors import (
    DVS,
    INERTIAL_PRESETS,
    FrameCamera,
    FrameCameraParameters,
    InertialUnit,
    JointEncoders,
    JointParameters,
    on_clock,
)
from eventnet.scenarios.worlds import OffCentre, Panorama, RandomJoints, RandomTurning, TurningCamera

Floats = NDArray[np.float64]

WORLD, TURNING, CAMERA, UNIT, ARM, FRAMES = range(6)
"""Purposes of seeds."""

SENSORS = ("gyroscope", "accelerometer", "events", "frames", "joints")
WIDTH, HEIGHT, FOCAL_PX = 64, 48, 40.0
FRAME_WIDTH, FRAME_HEIGHT, FRAME_FOCAL_PX = 32, 24, 20.0
AXES, JOINTS = 3, 3
STEP_US = 1000
"""The estimate is read, and the camera of events looked at, so often."""


@dataclass
class KeptStream:
    """A robot's sensors on one time line.

    packets   of each sensor, in memory; frames by their rate
    times     microseconds, [n]: the last of each `STEP_US`. turn [n, 3, 3], tip [n, 3]: the attitude and the end point
              in the world (metres) then. rates [n, 3]: of the head, deg/s
    faces     of the panorama, [6 sides, side]
    """

    end_us: int
    packets: dict[str, list[Packet]]
    frames: dict[float, list[Packet]]
    times: NDArray[np.int64]
    turn: Floats
    tip: Floats
    rates: Floats
    faces: Floats
    motion: RandomTurning

    def of(self, sensor: str, frame_hz: float) -> Iterator[Packet]:
        """The packets of one of `SENSORS`."""
        return iter(self.frames[frame_hz] if sensor == "frames" else self.packets[sensor])


def simulated(p: AttitudeParameters, robot: int, frame_hz: tuple[float, ...] = ()) -> KeptStream:
    """Robot number `robot`; frame_hz: rates of frames besides the table's."""
    seed = hash64(p.run.seed, robot)
    draw = lambda purpose: hash64(seed, purpose) >> 33  # noqa: E731
    end, window, h = round(1e6 * p.run.duration_s), 1e3 * p.run.packet_ms, p.head
    motion = RandomTurning(
        draw(TURNING), rms=(h.yaw_deg_per_s, h.pitch_deg_per_s, h.roll_deg_per_s), band_hz=(h.slowest_hz, h.fastest_hz)
    )
    panorama = Panorama.random(size=128, seed=draw(WORLD), log_std=h.contrast)
    scene = TurningCamera(panorama, motion, width=WIDTH, height=HEIGHT, focal=FOCAL_PX)
    arm = RandomJoints(
        draw(ARM), joints=JOINTS, rms=p.arm.angles_deg, band_hz=(0.1 * p.arm.fastest_hz, p.arm.fastest_hz)
    )
    at_unit = OffCentre(motion, p.unit.off_centre_m)
    unit = list(on_clock(InertialUnit(at_unit, unit_of(p), seed=draw(UNIT)), window, end))
    encoders = JointEncoders(arm, JointParameters(p.arm.rate_hz, stagger=True))
    packets = {
        "gyroscope": [_part(packet, 0) for packet in unit], "accelerometer": [_part(packet, AXES) for packet in unit],
        "events": list(on_clock(DVS(scene, p.camera, seed=draw(CAMERA)), window, end)),
        "joints": list(on_clock(encoders, window, end)),
    }  # fmt: skip
    small = TurningCamera(panorama, motion, width=FRAME_WIDTH, height=FRAME_HEIGHT, focal=FRAME_FOCAL_PX)
    frames = {}
    for hz in dict.fromkeys((p.frames.rate_hz, *frame_hz)):
        shots = FrameCamera(small, frame_camera(replace(p.frames, rate_hz=hz)), seed=draw(FRAMES))
        frames[hz] = list(on_clock(shots, window, end))
    times = np.arange(STEP_US, end + 1, STEP_US) - 1
    turn = np.array([motion.orientation(t) for t in times.tolist()])
    tips = np.array([tip_of(p, arm.angles(t)) for t in times.tolist()])
    rates = np.array([motion.rates(t) for t in times.tolist()])
    faces = panorama.faces.reshape(-1, panorama.faces.shape[2]).astype(np.float64)
    return KeptStream(
        end, packets, frames, times, turn, np.einsum("nij,nj->ni", turn, tips), rates, faces, motion
    )  # fmt: skip


def segments(p: AttitudeParameters) -> tuple[float, ...]:
    """The point where the arm begins, then its links' lengths: [5], metres."""
    return (*p.arm.begins_m, *p.arm.links_m)


def tip_of(p: AttitudeParameters, angles: Floats) -> Floats:
    """The end point about the head's axes, in metres; angles [3] in degrees."""
    tip = np.zeros(AXES)
    reach(angles, segments(p), tip)
    return tip


def unit_of(p: AttitudeParameters) -> Any:
    """The inertial unit: a preset, with drift."""
    preset = INERTIAL_PRESETS[p.unit.preset].parameters
    assert preset.accelerometer is not None
    return replace(
        preset, rate_hz=p.unit.rate_hz, gyroscope=replace(preset.gyroscope, bias_random_walk=p.unit.gyroscope_walk),
        accelerometer=replace(preset.accelerometer, bias_random_walk=p.unit.accelerometer_walk),
    )  # fmt: skip


def frame_camera(table: FramesTable) -> FrameCameraParameters:
    """The camera of frames; it exposes for a frame's time at most."""
    exposure = min(1e3 * table.exposure_ms, 1e6 / table.rate_hz)
    return FrameCameraParameters(
        table.rate_hz, exposure, 1e3 * table.readout_ms, white_electrons=table.white_electrons,
        read_noise=table.read_noise,
    )  # fmt: skip


def _part(packet: Packet, first: int) -> Packet:
    """The three values of a unit's samples from `first` on."""
    events: Events = packet.events
    chosen = events[(events["index"] >= first) & (events["index"] < first + AXES)].copy()
    chosen["index"] -= first
    return Packet(packet.until, chosen)
