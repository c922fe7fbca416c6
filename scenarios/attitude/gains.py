"""Gains of the event-driven estimator, and what the Kalman filter takes for noise: a set for each case.

Found by `tuning` on four robots for 60 s, which went on from what it had found on two for 15 s.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from eventnet.scenarios.attitude.cases import SLOW_HZ, Case


class Gains(NamedTuple):
    """tilt_per_s   of the accelerometer on the attitude, a second
    tilt_bias      on the gyroscope's bias, a second squared
    lean_per_s     on the accelerometer's own bias, a second
    seen_per_s     of the camera of events on the gyroscope's bias, a second
    doubt          (deg/s)^2: a camera of events that turns faster is believed less and less
    scale          of the camera of events: what its rates are multiplied with
    turn           part of what a frame finds that is believed
    turn_bias      of a frame on the gyroscope's bias, a second, per frame
    """

    tilt_per_s: float = 0.05
    tilt_bias: float = 0.005
    lean_per_s: float = 0.1
    seen_per_s: float = 0.2
    doubt: float = 100.0
    scale: float = 1.0
    turn: float = 0.5
    turn_bias: float = 0.3

    def a_sample(self, rate_hz: float, look_hz: float = 1000.0) -> tuple[float, ...]:
        """As `Attitude` takes them: for each sample, look or frame."""
        part = 1 / rate_hz
        return (
            self.tilt_per_s * part, self.tilt_bias * part, -math.expm1(-self.lean_per_s * part),
            -math.expm1(-self.seen_per_s / look_hz), self.doubt, self.scale, self.turn, self.turn_bias,
        )  # fmt: skip


class Noise(NamedTuple):
    """felt     standard deviation of one sample of the accelerometer, in g: its noise, and how the head is accelerated
    seen     of one look of the camera of events, deg/s, where nothing turns
    growth   and as a part of the rate
    doubt    degrees, of a frame, besides what its residual says
    lost     without a gyroscope: how the attitude strays by the camera's rates, degrees a square root of a second
    drift    without a gyroscope: random walk of what is taken off the camera's rates, deg/s a square root of a second
    """

    felt: float = 1.0
    seen: float = 30.0
    growth: float = 1.0
    doubt: float = 0.1
    lost: float = 1.0
    drift: float = 0.1


GAINS = {
    Case(): Gains(1.067, 0.04, 0.0125, 0, 100, 1, 0.125, 4.8),
    Case(("accelerometer",)): Gains(0.05, 0.005, 0.1, 0.2, 1.707e04, 0.7692, 0.25, 0.0002929),
    Case(("events",)): Gains(1.067, 0.04, 0.0125, 0.2, 100, 1, 0.125, 4.8),
    Case(("frames",)): Gains(2.4, 0.48, 0.2, 3.2, 12.5, 1.182, 0.5, 0.3),
    Case(("gyroscope",)): Gains(4.267, 0.005, 0.1333, 0.2, 100, 1, 1, 0.15),
    Case((), True): Gains(0, 0, 0, 0.0125, 100, 1.69, 0.3333, 4.8),
    Case(("accelerometer",), True): Gains(0.05, 0.005, 0.1, 0.0125, 100, 1.69, 0.3333, 4.8),
    Case(("events",), True): Gains(0.0125, 0.005, 0.1, 0.2, 100, 1, 0.3333, 4.8),
    Case(("gyroscope",), True): Gains(1.35, 0.005, 0.1, 0.2, 100, 0.5917, 1, 38.4),
    Case(("gyroscope", "events"), True): Gains(19.2, 0.005, 38.4, 0.2, 100, 1, 1, 51.2),
    Case((), False, SLOW_HZ): Gains(1.6, 0.04, 0.025, 0, 100, 1, 0.125, 4.8),
    Case(("events",), False, SLOW_HZ): Gains(1.6, 0.04, 0.025, 0.2, 100, 1, 0.125, 4.8),
    Case((), True, SLOW_HZ): Gains(0.003125, 0.00125, 0.1, 0, 100, 1, 0.6667, 1.8),
    Case(("events",), True, SLOW_HZ): Gains(0.003125, 0.00125, 0.1, 0.2, 100, 1, 0.6667, 1.8),
    Case(("gyroscope",), True, SLOW_HZ): Gains(0.675, 0.005, 0.1, 0.2, 100, 1, 1, 0.009375),
    Case(("gyroscope", "events"), True, SLOW_HZ): Gains(102.4, 0.005, 0.0003906, 0.2, 100, 1, 1, 204.8),
}
"""By `Case.tuned`; those of sensors that are not there, or not believed, stand as the search left them."""

NOISES = {
    Case(): Noise(0.25, 1e04, 1, 0.15, 1, 0.1),
    Case(("accelerometer",)): Noise(1, 7680, 0.25, 0.0125, 1, 0.1),
    Case(("events",)): Noise(0.25, 30, 1, 0.15, 1, 0.1),
    Case(("frames",)): Noise(0.5, 1920, 0.0625, 0.1, 1, 0.1),
    Case(("gyroscope",)): Noise(0.6667, 30, 2.667, 0.4, 1.185, 0.3125),
    Case((), True): Noise(1, 1e04, 1, 0.001563, 1, 0.1),
    Case(("accelerometer",), True): Noise(1, 120, 1, 0.001563, 1, 0.1),
    Case(("events",), True): Noise(1, 30, 1, 0.001563, 1, 0.1),
    Case(("gyroscope",), True): Noise(1, 30, 0.25, 0.025, 1.5, 100),
    Case(("gyroscope", "events"), True): Noise(1.5, 30, 0.01562, 0.00625, 0.0625, 200),
    Case((), False, SLOW_HZ): Noise(0.25, 1e04, 1, 0.025, 1, 0.1),
    Case(("events",), False, SLOW_HZ): Noise(0.25, 30, 1, 0.025, 1, 0.1),
    Case((), True, SLOW_HZ): Noise(1, 1e04, 1, 0.05, 1, 0.1),
    Case(("events",), True, SLOW_HZ): Noise(1, 30, 1, 0.05, 1, 0.1),
    Case(("gyroscope",), True, SLOW_HZ): Noise(1, 30, 4, 0.025, 8, 0.1),
    Case(("gyroscope", "events"), True, SLOW_HZ): Noise(0.003906, 30, 256, 0.05, 4, 0.025),
}
"""Of the Kalman filter, likewise."""
