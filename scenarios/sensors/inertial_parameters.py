"""Parameters of inertial units, in the units of data sheets, and presets of units that were built."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from eventnet.errors import ModelError

CONSTANT = ("given", "random sign", "uniform", "normal")

Each = float | tuple[float, ...]


class Units(NamedTuple):
    """Scale of one published unit, in the unit of the values (deg/s or g), seconds and Hz."""

    noise_density: float
    white_noise: float
    bias: float
    bias_instability: float
    bias_random_walk: float


@dataclass(frozen=True)
class Triad:
    """Three sensors of one kind, along x, y and z. `Gyroscope` and `Accelerometer` say in which units.

    noise_density: white noise, one-sided as in data sheets: within a band of w Hz its deviation is density sqrt(w).
    white_noise: standard deviation of white noise in each sample, whatever the rate; adds to `noise_density`.
    bias: one number, or one an axis.
    bias_instability: B of IEEE Std 952: flicker noise whose Allan deviation is flat at 0.664 B.
    bias_random_walk: K of IEEE Std 952 (rate random walk). The walk begins at 0.
    scale_error: percent; one number, or one an axis.
    misalignment: degrees by which an axis leans towards another; one number, or x to y, x to z, y to x, y to z, z to x,
        z to y.
    constant: how bias, scale error and misalignment come about: "given", or each number drawn once by the seed: the
        given size with a "random sign", "uniform" between plus and minus it, or "normal" with this deviation.
    range: no value leaves it on either side.
    step: values are whole multiples of it; 0: any value.

    Raises ModelError that names the parameter and its value.
    """

    noise_density: float = 0.0
    white_noise: float = 0.0
    bias: Each = 0.0
    bias_instability: float = 0.0
    bias_random_walk: float = 0.0
    scale_error: Each = 0.0
    misalignment: Each = 0.0
    constant: str = "given"
    range: float = math.inf
    step: float = 0.0

    units: ClassVar[Units]

    def __post_init__(self) -> None:
        for name in ("noise_density", "white_noise", "bias_instability", "bias_random_walk", "step"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:  # also for NaN
                raise ModelError(f"{name} is {value}; wanted 0 or more")
        for name, length in (("bias", 3), ("scale_error", 3), ("misalignment", 6)):
            value = getattr(self, name)
            if len(self.each(name)) != length or not all(map(math.isfinite, self.each(name))):
                raise ModelError(f"{name} is {value}; wanted one finite number, or {length}")
        if not all(abs(lean) < 90 for lean in self.each("misalignment")):
            raise ModelError(f"misalignment is {self.misalignment}; wanted below 90 degrees")
        if not self.range > 0:
            raise ModelError(f"range is {self.range}; wanted above 0")
        if self.constant not in CONSTANT:
            raise ModelError(f"constant is {self.constant!r}; wanted one of {', '.join(map(repr, CONSTANT))}")

    def each(self, name: str) -> tuple[float, ...]:
        """The three or six numbers of a constant error."""
        value = getattr(self, name)
        return tuple(value) if isinstance(value, tuple | list) else (value,) * (6 if name == "misalignment" else 3)


@dataclass(frozen=True)
class Gyroscope(Triad):
    """Rates in deg/s: noise_density deg/s/sqrt(Hz); white_noise, bias, range, step deg/s; bias_instability deg/h;
    bias_random_walk deg/h/sqrt(h). See `Triad`."""

    units = Units(1.0, 1.0, 1.0, 1 / 3600, 1 / 3600 / 60)


@dataclass(frozen=True)
class Accelerometer(Triad):
    """Specific force in g: noise_density ug/sqrt(Hz); white_noise, bias mg; bias_instability ug; bias_random_walk
    ug/sqrt(h); range, step g. See `Triad`."""

    units = Units(1e-6, 1e-3, 1e-3, 1e-6, 1e-6 / 60)


@dataclass(frozen=True)
class InertialParameters:
    """An inertial unit; by default a perfect one at 1 kHz.

    gyroscope, accelerometer: their errors; without an accelerometer only rates are sent.
    rate_hz: samples a second of the unit's own clock. jitter_us: standard deviation of each interval between two
    samples; none is shorter than a tenth of the mean.
    offset_us, drift_ppm: the unit's clock shows so much more than true time, and gains so much of it.

    Raises ModelError that names the parameter and its value.
    """

    gyroscope: Gyroscope = field(default_factory=Gyroscope)
    accelerometer: Accelerometer | None = field(default_factory=Accelerometer)
    rate_hz: float = 1000.0
    jitter_us: float = 0.0
    offset_us: float = 0.0
    drift_ppm: float = 0.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("rate_hz", 1e-3, 1e5), ("jitter_us", 0.0, 1e9), ("offset_us", -1e12, 1e12), ("drift_ppm", -1e5, 1e5),
        ):  # fmt: skip
            value = getattr(self, name)
            if not low <= value <= high:
                raise ModelError(f"{name} is {value}; wanted from {low:g} to {high:g}")


class InertialPreset(NamedTuple):
    """A unit that was built, and where its numbers are from."""

    parameters: InertialParameters
    source: str


INERTIAL_PRESETS = {
    "MPU-6050": InertialPreset(
        InertialParameters(
            Gyroscope(
                0.005, bias=20, scale_error=3, misalignment=1.15, constant="uniform", range=32767 / 32.8, step=1 / 32.8
            ),
            Accelerometer(
                400,
                bias=(50, 50, 80),
                scale_error=3,
                misalignment=1.15,
                constant="uniform",
                range=32767 / 4096,
                step=1 / 4096,
            ),
        ),
        "InvenSense MPU-6000/MPU-6050 product specification, revision 3.4, sections 6.1 and 6.2; full scales as DAVIS "
        "cameras record with",
    ),
    "BMI160": InertialPreset(
        InertialParameters(
            Gyroscope(0.007, bias=3, constant="uniform", range=32767 / 16.4, step=1 / 16.4),
            Accelerometer(180, bias=40, constant="uniform", range=32767 / 16384, step=1 / 16384),
            rate_hz=1600,
        ),
        "Bosch Sensortec BMI160 data sheet, electrical characteristics (noise, offsets, full scales)",
    ),
}
"""Units by name. Tolerances are taken as uniform, a cross-axis sensitivity of 2 % as 1.15 degrees; what a data sheet
does not state (bias instability, random walk, jitter) is 0."""
