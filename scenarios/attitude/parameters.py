"""Every number of the attitude scenario, a table for each part (see `parameter_file`). Keys' names end in units."""

from __future__ import annotations

from dataclasses import dataclass, field

from eventnet.errors import ModelError
from eventnet.scenarios.fusion.parameters import DvsTable
from eventnet.scenarios.sensors import INERTIAL_PRESETS
from eventnet.scenarios.shared.parameter_file import Checked, entry


@dataclass(frozen=True)
class AttitudeRunTable(Checked):
    """How long, how often, in which steps."""

    seed: int = entry(1234, "of everything random", 0, 2**32 - 1)
    robots: int = entry(3, "robots, each with a motion, a world and sensors of its own", 1, 1000)
    duration_s: float = entry(10.0, "seconds of each", 0.01, 1e4)
    slow_frames: bool = entry(False, "cases with frames at 5 Hz, too")
    packet_ms: float = entry(20.0, "length of the sensors' packets; changes no result", 0.001, 1000.0)


@dataclass(frozen=True)
class HeadTable(Checked):
    """The head, how it turns, and what is around it."""

    yaw_deg_per_s: float = entry(60.0, "root mean square of the yaw's rate", 0.0, 1e4)
    pitch_deg_per_s: float = entry(15.0, "of the pitch's", 0.0, 1e4)
    roll_deg_per_s: float = entry(15.0, "of the roll's", 0.0, 1e4)
    slowest_hz: float = entry(0.03, "band of the rates", 1e-3, 1e3)
    fastest_hz: float = entry(2.0, "band of the rates", 1e-3, 1e3)
    contrast: float = entry(0.5, "standard deviation of the panorama's log intensity", 0.0, 10.0)


@dataclass(frozen=True)
class ArmTable(Checked):
    """An arm of three joints on the head: the first turns about the vertical, the others about the horizontal."""

    begins_m: tuple[float, ...] = entry((0.15, 0.2, 0.0), "where it begins on the head: right, down, forward")
    links_m: tuple[float, ...] = entry((0.3, 0.25), "lengths of both links", 0.0, 100.0)
    angles_deg: float = entry(20.0, "root mean square of each angle", 0.0, 180.0)
    fastest_hz: float = entry(1.0, "band of the angles: from a tenth of it", 1e-2, 1e2)
    rate_hz: float = entry(100.0, "readings a second of each joint; changed counts are sent", 0.1, 1e4)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, wanted in (("begins_m", 3), ("links_m", 2)):
            if len(getattr(self, name)) != wanted:
                raise ModelError(f"{name} is {list(getattr(self, name))}; wanted {wanted} numbers")


@dataclass(frozen=True)
class UnitTable(Checked):
    """The inertial unit: noise and offsets of a data sheet, drift of a published one."""

    preset: str = entry("BMI160", f"of {', '.join(INERTIAL_PRESETS)}")
    rate_hz: float = entry(400.0, "samples a second; noise densities are the preset's", 1.0, 1e4)
    gyroscope_walk: float = entry(240.0, "random walk of its bias, deg/h/sqrt(h)", 0.0, 1e9)
    accelerometer_walk: float = entry(18_400.0, "random walk of its bias, ug/sqrt(h)", 0.0, 1e9)
    off_centre_m: tuple[float, ...] = entry((0.0, -0.1, 0.05), "where it sits from where the head turns")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.preset not in INERTIAL_PRESETS:
            raise ModelError(f"preset is {self.preset!r}; wanted one of {', '.join(INERTIAL_PRESETS)}")
        if len(self.off_centre_m) != 3:
            raise ModelError(f"off_centre_m is {list(self.off_centre_m)}; wanted 3 numbers")


@dataclass(frozen=True)
class EventCameraTable(DvsTable):
    """The camera of events, see `DvsParameters`: 64 x 48 pixels."""


@dataclass(frozen=True)
class FramesTable(Checked):
    """The camera of frames, of 32 x 24 pixels, as wide as that of events."""

    rate_hz: float = entry(30.0, "frames a second; the scenario's cases have their own", 0.1, 1000.0)
    exposure_ms: float = entry(10.0, "for how long each gathers light", 0.0, 1e4)
    readout_ms: float = entry(5.0, "from then to when the frame is there", 0.0, 1e4)
    white_electrons: float = entry(10_000.0, "that white frees in a pixel: shot noise", 1.0, 1e12)
    read_noise: float = entry(10.0, "standard deviation in electrons", 0.0, 1e6)
    every_axis: bool = entry(False, "frames correct pitch and roll as well, not yaw alone; cases have their own")


@dataclass(frozen=True)
class AttitudeParameters:
    """All tables."""

    run: AttitudeRunTable = field(default_factory=AttitudeRunTable)
    head: HeadTable = field(default_factory=HeadTable)
    arm: ArmTable = field(default_factory=ArmTable)
    unit: UnitTable = field(default_factory=UnitTable)
    camera: EventCameraTable = field(default_factory=EventCameraTable)
    frames: FramesTable = field(default_factory=FramesTable)

    def __post_init__(self) -> None:
        if self.head.slowest_hz > self.head.fastest_hz:
            raise ModelError(f"[head] has slowest_hz {self.head.slowest_hz} above fastest_hz {self.head.fastest_hz}")
