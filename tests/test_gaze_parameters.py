"""Parameters of the gaze scenario as TOML: what is printed is read back; what does not fit together is named."""

from __future__ import annotations

import tomllib
from dataclasses import fields

import pytest

from eventnet.errors import DataError
from eventnet.scenarios.gaze import GazeParameters
from eventnet.scenarios.shared.parameter_file import as_toml, loads


def test_the_commented_file_holds_every_key_and_gives_the_same_parameters() -> None:
    text = as_toml(GazeParameters())
    assert loads(text, GazeParameters()) == GazeParameters()
    given = tomllib.loads(text)
    for table in fields(GazeParameters()):
        assert set(given[table.name]) == {entry.name for entry in fields(getattr(GazeParameters(), table.name))}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[reflex]\ndelay_ms = 5", "'delay_ms'; here it is 'delay_us' .mind the unit"),
        ("[ways]\nscales = [1]", "unknown key 'ways'"),
        ("[world]\nslowest_hz = 7", "slowest_hz 7.0 above fastest_hz 4.0"),
        ("[run]\nduration_s = 1", "measures from 2.0 s on, but lasts 1.0 s"),
        ("[run]\npacket_ms = 2.5", "packet_ms 2.5, longer than delay_us 2000"),
        ("[reflex]\nperiod_us = 1500", "delay_us 2000; wanted a multiple of period_us 1500"),
        ("[reflex]\ngyro_tau_ms = []", "gyro_tau_ms is \\[\\]; wanted one or more times, each once"),
        ("[reflex]\ngyro_tau_ms = [5, 10, 5]", "wanted one or more times, each once"),
        (
            "[reflex]\nslow_tau_ms = [20]",
            "slow_tau_ms is .20.0.; wanted one or more times, each once, and none of gyro_",
        ),
        (
            "[reflex]\nkept_gain = [0.1, 0.1]",
            "kept_gain is .0.1, 0.1.; wanted a number for each of 1, 2, 4, 8, 16 and 33 ms",
        ),
        ("[reflex]\ntwin_gain = [0.1]", "twin_gain is .0.1.; wanted a number for each of 1, 2 and 33 ms"),
        (
            "[reflex]\nkept_integral_per_s = []",
            "kept_integral_per_s is ..; wanted a number for each of 1, 2, 4, 8, 16 and 33 ms",
        ),
        ("[network]\nscale = 0", "scale is 0.0; wanted from 0.001"),
    ],
)
def test_what_does_not_fit_is_named(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        loads(text, GazeParameters())


def test_each_method_has_gains_of_its_own() -> None:
    text = "[reflex]\nintegral_per_s = 1\ngain = 0.1\n"
    text += "kept_integral_per_s = [8, 2, 11, 3, 12, 4]\nkept_gain = [0.8, 0.2, 1.1, 0.3, 1.2, 0.4]\n"
    text += "flow_integral_per_s = 5\nflow_gain = 0.5\nalone_integral_per_s = 6\nalone_gain = 0.6\n"
    text += "twin_integral_per_s = [13, 9, 10]\ntwin_gain = [1.3, 0.9, 1]\n"
    table = loads(text + "flow_alone_integral_per_s = 7\nflow_alone_gain = 0.7", GazeParameters()).reflex
    assert (table.gains(True, False, 0), table.gains(True, True, 0)) == ((0.1, 1.0), (0.5, 5.0))
    assert (table.gains(False, False, 0), table.gains(False, True, 0)) == ((0.6, 6.0), (0.7, 7.0))
    kept = [(0.8, 8.0), (0.2, 2.0), (1.1, 11.0), (0.3, 3.0), (1.2, 12.0), (0.4, 4.0)]
    assert [table.gains(True, False, us) for us in (1000, 2000, 4000, 8000, 16_000, 33_000)] == kept
    assert [table.gains(True, True, us) for us in (1000, 2000, 33_000)] == [(1.3, 13.0), (0.9, 9.0), (1.0, 10.0)]
