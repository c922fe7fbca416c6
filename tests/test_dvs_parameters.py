"""Parameters of a Dynamic Vision Sensor are checked, and an error names the parameter."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.sensors import DVS, PRESETS, DvsParameters, Grating


@pytest.mark.parametrize("name", [field.name for field in fields(DvsParameters)])
def test_an_error_names_the_parameter_and_its_value(name: str) -> None:
    for value in (-1.0, math.nan):
        with pytest.raises(ModelError, match=f"^{name} is {value}; wanted"):
            DvsParameters(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("threshold_on", 0.001), ("dark", 0), ("bus_rate", 0), ("bandwidth_hz", 0)]
)
def test_what_may_not_be_zero_is_refused(name: str, value: float) -> None:
    with pytest.raises(ModelError, match=name):
        DvsParameters(**{name: value})


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sees_a_grating_and_names_its_source(name: str) -> None:
    preset = PRESETS[name]
    scene = Grating(np.linspace(0, 6, 40).reshape(5, 8), amplitude=1, hz=5)
    found = DVS(scene, preset.parameters).events(200_000).events
    assert 40 * 10 < len(found) < 40 * 50
    assert "20" in preset.source
