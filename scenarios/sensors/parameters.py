"""Parameters of Dynamic Vision Sensors, in published units, and presets of sensors that were built."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from eventnet.errors import ModelError


@dataclass(frozen=True)
class DvsParameters:
    """The pixels and the bus of a Dynamic Vision Sensor. Thresholds are differences of natural logarithms.

    threshold_on, threshold_off: mean change of log intensity that makes an event (0.2 is 22 % brighter, 18 % darker).
    threshold_mismatch: standard deviation of each threshold from pixel to pixel, same units; none falls below 0.01.
    refractory_us: after an event a pixel is held at its input for so long (microseconds), then begins anew from there.
    bandwidth_hz: where white (log intensity 0) is weakened to 1/sqrt(2); less in the dark, see `dark`. inf: no filter.
    dark: intensity, as a part of white, that is added to the light where it sets the bandwidth.
    leak_rate_hz: ON events a second of a pixel that sees no change.
    shot_noise_hz: noise events a second of a pixel in the dark, half of them ON, half OFF.
    shot_noise_white: by which factor white has fewer of them than the dark.
    hot_fraction, hot_rate_hz: which part of the pixels fires by itself, and how often (ON events a second).
    latency_us, jitter_us: mean and standard deviation of the delay of an event (microseconds); it is never negative.
    bus_rate: events a second that the readout can send; inf: all at once.
    bus_queue: how many events can wait for the readout before others are lost; inf: all, 0: none.

    Raises ModelError that names the parameter and its value.
    """

    threshold_on: float = 0.2
    threshold_off: float = 0.2
    threshold_mismatch: float = 0.0
    refractory_us: float = 0.0
    bandwidth_hz: float = math.inf
    dark: float = 0.08
    leak_rate_hz: float = 0.0
    shot_noise_hz: float = 0.0
    shot_noise_white: float = 0.25
    hot_fraction: float = 0.0
    hot_rate_hz: float = 0.0
    latency_us: float = 0.0
    jitter_us: float = 0.0
    bus_rate: float = math.inf
    bus_queue: float = math.inf

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            low, may_be_low, high = _RANGES.get(field.name, (0.0, True, 1e9))
            fits = (low < value or (may_be_low and value == low)) and (value <= high)
            if not fits:  # also for NaN
                bound = f"from {low:g}" if may_be_low else f"above {low:g}"
                raise ModelError(f"{field.name} is {value}; wanted {bound} to {high:g}")


_RANGES = {
    "threshold_on": (0.01, True, 10.0),
    "threshold_off": (0.01, True, 10.0),
    "threshold_mismatch": (0.0, True, 1.0),
    "bandwidth_hz": (0.0, False, math.inf),
    "dark": (0.0, False, 1.0),
    "leak_rate_hz": (0.0, True, 1e5),
    "shot_noise_hz": (0.0, True, 1e5),
    "shot_noise_white": (0.0, True, 1.0),
    "hot_fraction": (0.0, True, 1.0),
    "hot_rate_hz": (0.0, True, 1e5),
    "bus_rate": (0.0, False, math.inf),
    "bus_queue": (0.0, True, math.inf),
}


@dataclass(frozen=True)
class Preset:
    """A sensor that was built, or a published setting: its size in pixels, its parameters and where they are from."""

    width: int
    height: int
    parameters: DvsParameters
    source: str


def _chip(contrast: float, mismatch: float, noise: float, latency: float, bus: float) -> DvsParameters:
    """A chip with an ON and OFF threshold of this contrast; what no source says is a guess that all share."""
    threshold = math.log(1 + contrast)
    return DvsParameters(
        threshold, threshold, mismatch, refractory_us=500, bandwidth_hz=3000, leak_rate_hz=noise, latency_us=latency,
        jitter_us=latency / 3, bus_rate=bus,
    )  # fmt: skip


_SURVEY = "Gallego et al. 2022, table 1 (contrast, noise at rest, latency, bus)"
PRESETS = {
    "DVS128": Preset(
        128, 128, _chip(0.17, 0.021, 0.05, 12, 1e6), f"{_SURVEY}; Lichtsteiner et al. 2008 (mismatch, bandwidth)"
    ),
    "DAVIS240C": Preset(240, 180, _chip(0.11, 0.035, 0.1, 12, 12e6), f"{_SURVEY}; Brandli et al. 2014 (mismatch)"),
    "DVXplorer": Preset(
        640, 480, _chip(0.15, 0.03, 0.03, 50, 165e6), f"{_SURVEY} for its chip, DVS-Gen3; the maker's data sheet (bus)"
    ),
    "Gen4": Preset(1280, 720, _chip(0.11, 0.03, 0.1, 85, 1066e6), f"{_SURVEY}; Prophesee Gen4, Finateu et al. 2020"),
    "v2e clean": Preset(346, 260, DvsParameters(0.2, 0.2, 0.02), "Hu et al. 2021, the program's setting 'clean'"),
    "v2e noisy": Preset(
        346,
        260,
        DvsParameters(0.2, 0.2, 0.05, bandwidth_hz=30, leak_rate_hz=0.1, shot_noise_hz=5),
        "Hu et al. 2021, the program's setting 'noisy'",
    ),
    "ICNS": Preset(
        640,
        480,
        DvsParameters(0.3, 0.3, 0.05, 50, 1e6 / (2 * math.pi * 300), latency_us=200, jitter_us=50),
        "Joubert et al. 2021, the program's example without its measured noise",
    ),
}
"""Sensors by name. What a source does not say is a guess: refractory time, jitter, mismatch 0.03, bandwidth 3 kHz."""
