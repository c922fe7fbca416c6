"""Parameters of an inertial unit: refused by name; presets are what their data sheets say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.sensors import (
    INERTIAL_PRESETS,
    Accelerometer,
    Gyroscope,
    InertialParameters,
    InertialUnit,
)
from eventnet.scenarios.worlds import SampledRates


@pytest.mark.parametrize("name", ["noise_density", "white_noise", "bias_instability", "bias_random_walk", "step"])
def test_noise_below_0_is_refused_by_name(name: str) -> None:
    for value in (-1.0, math.nan, math.inf):
        with pytest.raises(ModelError, match=f"{name} is {value}; wanted 0 or more"):
            Gyroscope(**{name: value})


@pytest.mark.parametrize("options, message", [
    ({"bias": (1.0, 2.0)}, r"bias is \(1.0, 2.0\); wanted one finite number, or 3"),
    ({"misalignment": (1.0, 2.0, 3.0)}, "wanted one finite number, or 6"),
    ({"scale_error": math.nan}, "scale_error is nan"),
    ({"misalignment": 90.0}, "wanted below 90 degrees"),
    ({"range": 0.0}, "range is 0.0; wanted above 0"),
    ({"constant": "random"}, "constant is 'random'; wanted one of 'given', 'random sign'"),
])  # fmt: skip
def test_errors_without_sense_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Accelerometer(**options)


@pytest.mark.parametrize(
    "name, value", [("rate_hz", 0), ("jitter_us", -1), ("offset_us", math.nan), ("drift_ppm", 2e5)]
)
def test_times_out_of_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ModelError, match=f"{name} is {value}; wanted from"):
        InertialParameters(**{name: value})


@pytest.mark.parametrize(
    "name, low, high",
    [("rate_hz", 1e-3, 1e5), ("jitter_us", 0.0, 1e9), ("offset_us", -1e12, 1e12), ("drift_ppm", -1e5, 1e5)],
)
def test_times_up_to_their_bounds_are_taken_and_no_further(name: str, low: float, high: float) -> None:
    for value, beyond in ((low, -math.inf), (high, math.inf)):
        assert getattr(InertialParameters(**{name: value}), name) == value
        with pytest.raises(ModelError, match=f"{name} is"):
            InertialParameters(**{name: math.nextafter(value, beyond)})


@pytest.mark.parametrize("name, gyroscope_noise, most_bias, force_noise", [
    ("MPU-6050", 0.005, 20, 400e-6),  # rms within 100 Hz: 0.05 deg/s in the data sheet
    ("BMI160", 0.007, 3, 180e-6),
])  # fmt: skip
def test_a_preset_shows_what_its_data_sheet_says(
    name: str, gyroscope_noise: float, most_bias: float, force_noise: float
) -> None:
    preset = INERTIAL_PRESETS[name]
    still = SampledRates(np.zeros(1), np.zeros((1, 3)))
    found = np.array(
        [InertialUnit(still, preset.parameters, seed=s).events(5e5)["value"].reshape(-1, 6) for s in range(9)]
    )
    band = math.sqrt(preset.parameters.rate_hz / 2)
    step = np.array([preset.parameters.gyroscope.step] * 3 + [preset.parameters.accelerometer.step] * 3)
    noise = np.sqrt((np.array([gyroscope_noise] * 3 + [force_noise] * 3) * band) ** 2 + step**2 / 12)
    assert found.std(axis=1).mean(axis=0) == pytest.approx(noise, rel=0.05)
    biases = found[:, :, :3].mean(axis=1)
    assert most_bias / 2 < np.abs(biases).max() < most_bias * 1.02
    assert 32766.999 < preset.parameters.gyroscope.range / preset.parameters.gyroscope.step < 32767.001
    assert preset.source
