"""What sensors of the attitude scenario send belongs to the motion that is true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from test_attitude_estimator import SHORT, stream

from eventnet.errors import DataError, ModelError
from eventnet.scenarios.attitude.parameters import ArmTable, AttitudeParameters, HeadTable, UnitTable
from eventnet.scenarios.attitude.stream import SENSORS, simulated, unit_of
from eventnet.scenarios.sensors import INERTIAL_PRESETS
from eventnet.scenarios.shared.parameter_file import as_toml, loads


def test_the_truth_is_read_at_the_end_of_each_step() -> None:
    kept = stream()
    assert (len(kept.times), kept.times[0], kept.times[-1]) == (200, 999, 199_999)
    turned = Rotation.from_matrix(kept.turn)
    apart = (turned[:-1].inv() * turned[1:]).as_rotvec(degrees=True) / 1e-3
    np.testing.assert_allclose(apart, 0.5 * (kept.rates[:-1] + kept.rates[1:]), atol=0.3)


def test_the_unit_says_rates_and_which_way_is_up_within_its_data_sheet() -> None:
    kept = stream()
    rows = {name: np.concatenate([p.events for p in kept.packets[name]]).reshape(-1, 3) for name in SENSORS[:2]}
    assert all(np.array_equal(found["index"], np.tile([0, 1, 2], (80, 1))) for found in rows.values())
    at = rows["gyroscope"]["t"][:, 0]
    off = rows["gyroscope"]["value"] - np.array([kept.motion.rates(t) for t in at])
    assert np.abs(off.mean(axis=0)).max() < 3.3  # 3 deg/s of bias at most, and 0.1 of noise
    assert off.std(axis=0) == pytest.approx(0.007 * np.sqrt(200), rel=0.5)
    up = rows["accelerometer"]["value"] + np.array([kept.motion.orientation(t)[1] for t in at])
    assert np.abs(up).max() < 0.3
    unit, preset = unit_of(SHORT), INERTIAL_PRESETS["BMI160"].parameters
    assert unit.gyroscope == replace(preset.gyroscope, bias_random_walk=240.0)
    assert preset.accelerometer is not None
    assert unit.accelerometer == replace(preset.accelerometer, bias_random_walk=18_400.0)


def test_a_robot_is_drawn_by_its_number_and_packets_change_nothing() -> None:
    kept, again = stream(), simulated(replace(SHORT, run=replace(SHORT.run, packet_ms=7.0)), 0, (5.0,))
    other = simulated(SHORT, 1)
    for name in SENSORS:
        one, two, three = (np.concatenate([p.events for p in of.of(name, 30.0)]) for of in (kept, again, other))
        assert one.tobytes() == two.tobytes()
        assert one.tobytes() != three.tobytes()
    assert list(again.frames) == [30.0, 5.0]
    assert len(np.concatenate([p.events for p in again.of("frames", 5.0)])) == 768


def test_parameters_are_a_file_and_what_is_wrong_is_named() -> None:
    assert loads(as_toml(SHORT), AttitudeParameters()) == SHORT
    with pytest.raises(DataError, match="unknown key 'robot'"):
        loads("[run]\nrobot = 1", AttitudeParameters())
    with pytest.raises(ModelError, match="preset is 'MPU'"):
        UnitTable(preset="MPU")
    with pytest.raises(ModelError, match="off_centre_m"):
        UnitTable(off_centre_m=(1.0,))
    with pytest.raises(ModelError, match="wanted 2 numbers"):
        ArmTable(links_m=(0.1,))
    with pytest.raises(ModelError, match="above fastest_hz"):
        AttitudeParameters(head=HeadTable(slowest_hz=3.0))
