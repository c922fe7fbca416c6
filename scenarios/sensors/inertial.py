"""An inertial unit: a motion goes in, packets of rates and accelerations with their errors come out.

Terms of noise: IEEE Std 952 (Allan deviations). A value is misaligned and scaled, gets bias, flicker, random walk and
white noise, is held to its range and rounded to its step. Every random number is a hash of seed, quantity and count.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.event import VALUE_EVENT, Events
from eventnet.given import SEEDS, whole_number
from eventnet.kernels.compiling import compiled
from eventnet.kernels.random import hash64
from eventnet.scenarios.sensors.pixels import draw, draw_normal
from eventnet.scenarios.sensors.windowed import Windowed
from eventnet.scenarios.worlds.off_centre import OffCentre

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


if TYPE_CHECKING:
    from eventnet.scenarios.worlds.turning import Motion

Floats = NDArray[np.float64]

KEY = -1
"""Tells this sensor's random numbers from those of others with the same seed."""
WHITE, WALK, BIAS, SCALE, LEAN, INTERVAL, FLICKER = range(7)
"""Purposes of random numbers."""
RATIO = 10.0
FLICKER_SAMPLES = 5.0 * RATIO ** np.arange(7)
"""Time constants, in samples, of the processes whose sum is flicker noise: its Allan deviation is flat within 5 % from
20, within 3 % from 50 to 1,000,000 samples."""
SHORTEST = 0.1
"""No interval between samples is shorter than this part of the mean."""


class InertialUnit(Windowed):
    """A gyroscope and an accelerometer on a camera that turns; seed: draws errors and noise.

    It sends VALUE_EVENT records. t: the unit's clock, rounded to microseconds. index 0 to 2: deg/s about x, y and z;
    3 to 5: specific force along x, y and z in g (1 g upwards at rest; an `OffCentre` motion adds its own). The first
    sample is at begin_us. The motion is asked for about the true times of a window's samples only.
    """

    def __init__(
        self, motion: Motion, parameters: InertialParameters | None = None, *, seed: int = 0, begin_us: float = 0.0
    ) -> None:
        super().__init__(begin_us)
        seed = whole_number("seed", seed, *SEEDS)
        self.motion, self.parameters, self.seed = motion, parameters or InertialParameters(), seed

    def true_time(self, clock_us: Any) -> Any:
        """The true time in microseconds when the unit's clock shows these."""
        p = self.parameters
        return self.begin_us + (clock_us - self.begin_us - p.offset_us) / (1 + 1e-6 * p.drift_ppm)

    def _run(self) -> Callable[[float], Events]:
        p, key, motion = self.parameters, hash64(self.seed, KEY), self.motion
        triads: list[tuple[_Errors, Callable[[float], Floats]]] = [
            (_Errors(p.gyroscope, key, 0, p.rate_hz), motion.rates)
        ]
        if p.accelerometer is not None:
            triads.append((_Errors(p.accelerometer, key, 3, p.rate_hz), lambda t: _felt(motion, t)))
        mean, coming, count = 1e6 / p.rate_hz, self.begin_us, 0

        def before(stop: float) -> Events:
            nonlocal coming, count
            times = np.empty(max(math.ceil((stop - coming) / (SHORTEST * mean)) + 2, 2))
            n, coming = _sample_times(key, count, coming, mean, p.jitter_us, stop, times)
            times = times[:n]
            true = self.true_time(times)
            intervals = np.diff(times, append=coming) * 1e-6  # to the next sample
            values = []
            for errors, truth in triads:
                values.append(errors.add_to(np.reshape([truth(t) for t in true], (n, 3)), intervals, count))
            count += n
            events = np.empty((n, 3 * len(values)), VALUE_EVENT)
            events["t"] = np.rint(times).astype(np.int64)[:, None]
            events["index"] = np.arange(3 * len(values))
            events["value"] = np.concatenate(values, axis=1)
            return events.ravel()

        return before


def _felt(motion: Motion, t_us: float) -> Floats:
    """Specific force in g: what is felt at rest points up, and the camera's y is down."""
    rest: Floats = -motion.orientation(t_us)[1]
    return rest + motion.acceleration(t_us) if isinstance(motion, OffCentre) else rest


class _Errors:
    """The errors of three sensors, whose noise goes on from sample to sample."""

    def __init__(self, triad: Triad, key: int, first: int, rate_hz: float) -> None:
        units, self._key, self._first = triad.units, key, first
        self._matrix = np.eye(3)
        self._matrix[~np.eye(3, dtype=bool)] = np.tan(np.radians(self._drawn(triad, "misalignment", LEAN)))
        self._matrix += np.diag(self._drawn(triad, "scale_error", SCALE) / 100)
        self._bias = self._drawn(triad, "bias", BIAS) * units.bias
        density = triad.noise_density * units.noise_density
        self._white = math.hypot(triad.white_noise * units.white_noise, density * math.sqrt(rate_hz / 2))
        # Equal variances at time constants a factor r apart: their spectra add up to B^2 / (2 pi f).
        self._flicker = triad.bias_instability * units.bias_instability * math.sqrt(math.log(RATIO) / math.pi)
        self._times = FLICKER_SAMPLES / rate_hz
        self._walk = triad.bias_random_walk * units.bias_random_walk
        self._step, self._range = float(triad.step), float(triad.range)
        if self._step and math.isfinite(self._range):
            self._range = math.floor(self._range / self._step + 1e-9) * self._step
        self._state = np.zeros((3, 1 + len(FLICKER_SAMPLES)))
        for axis in range(3):
            for m in range(len(FLICKER_SAMPLES)):
                self._state[axis, 1 + m] = self._flicker * draw_normal(key, first + axis + 8 * m, FLICKER, 0)

    def _drawn(self, triad: Triad, name: str, purpose: int) -> Floats:
        """A constant error of each axis, as drawn."""
        sizes = np.array(triad.each(name), np.float64)
        streams = [(self._key, self._first + 8 * k, purpose, 0) for k in range(len(sizes))]
        factors = np.ones(len(sizes))
        if triad.constant == "random sign":
            factors[[draw(*stream) >= 0.5 for stream in streams]] = -1.0
        elif triad.constant == "uniform":
            factors[:] = [2 * draw(*stream) - 1 for stream in streams]
        elif triad.constant == "normal":
            factors[:] = [draw_normal(*stream) for stream in streams]
        return sizes * factors

    def add_to(self, truth: Floats, intervals: Floats, first: int) -> Floats:
        """Values of the samples from number `first` on; intervals: seconds from each to the next. Both [n, 3]."""
        values = np.empty_like(truth)
        _spoil(
            truth, intervals, self._key, self._first, first, self._matrix, self._bias, self._white, self._flicker,
            self._walk, self._times, self._state, values,
        )  # fmt: skip
        np.clip(values, -self._range, self._range, out=values)
        return np.rint(values / self._step) * self._step if self._step else values


@compiled
def _sample_times(key, count, coming, mean, jitter, stop, times):
    """Times of the samples before `stop`; how many, and the time of the next. coming: of sample number `count`."""
    n = 0
    while np.rint(coming) < stop:
        times[n] = coming
        interval = mean + jitter * draw_normal(key, 0, INTERVAL, count + n) if jitter > 0.0 else mean
        coming += max(interval, SHORTEST * mean)
        n += 1
    return n, coming


@compiled
def _spoil(
    truth, intervals, key, first, count, matrix, bias, white, flicker, walk, times, state, values
):  # fmt: skip
    """Matrix, bias and noise. state [3, 1 + processes]: the walk of each axis, then the processes of its flicker.

    A Gauss-Markov process is exact at any interval: x <- a x + sqrt(1 - a^2) noise, a = exp(-interval / its time).
    """
    for k in range(len(values)):
        for axis in range(3):
            stream, value = first + axis, bias[axis]
            for j in range(3):
                value += matrix[axis, j] * truth[k, j]
            if white > 0.0:
                value += white * draw_normal(key, stream, WHITE, count + k)
            if walk > 0.0:
                value += state[axis, 0]
                state[axis, 0] += walk * math.sqrt(intervals[k]) * draw_normal(key, stream, WALK, count + k)
            if flicker > 0.0:
                for m in range(len(times)):
                    value += state[axis, 1 + m]
                    a = math.exp(-intervals[k] / times[m])
                    noise = draw_normal(key, stream + 8 * m, FLICKER, count + k + 1)
                    state[axis, 1 + m] = a * state[axis, 1 + m] + flicker * math.sqrt(1.0 - a * a) * noise
            values[k, axis] = value
