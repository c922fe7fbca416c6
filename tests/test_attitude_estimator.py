"""The event-driven estimate: the truth where sensors are perfect; the same bytes on both engines; costs add up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from eventnet.errors import NetworkError
from eventnet.scenarios.attitude.errors import attitude_error
from eventnet.scenarios.attitude.estimator import AttitudeEstimate, Estimator
from eventnet.scenarios.attitude.gains import Gains, Noise
from eventnet.scenarios.attitude.kalman import kalman
from eventnet.scenarios.attitude.parameters import AttitudeParameters
from eventnet.scenarios.attitude.stream import SENSORS, KeptStream, simulated, unit_of
from eventnet.scenarios.sensors import INERTIAL_PRESETS, Accelerometer, Gyroscope, InertialParameters, InertialPreset
from eventnet.scenarios.shared.parameter_file import loads

SHORT = loads("[run]\nduration_s = 0.2\nrobots = 1", AttitudeParameters())
NO_GAINS = Gains(0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0)
PERFECT = loads(
    "[run]\nduration_s = 1.5\n[unit]\noff_centre_m = [0.0, 0.0, 0.0]\ngyroscope_walk = 0.0\naccelerometer_walk = 0.0\n"
    "[arm]\nrate_hz = 2000.0\n[frames]\nwhite_electrons = 1e9\nread_noise = 0.0\nexposure_ms = 1.0\nreadout_ms = 1.0",
    AttitudeParameters(),
)


@cache
def stream(p: AttitudeParameters = SHORT) -> KeptStream:
    return simulated(p, 0)


@pytest.fixture
def perfect(monkeypatch: pytest.MonkeyPatch) -> KeptStream:
    unit = InertialParameters(Gyroscope(), Accelerometer())
    monkeypatch.setitem(INERTIAL_PRESETS, "BMI160", InertialPreset(unit, "none"))
    return simulated(PERFECT, 0)


def rms(of: np.ndarray) -> float:
    return float(np.sqrt((of**2).mean()))


def off(truth: KeptStream, found: AttitudeEstimate) -> float:
    return rms(attitude_error(truth.turn, found.turn))


@pytest.mark.slow
def test_perfect_sensors_give_the_truth(perfect: KeptStream) -> None:
    assert rms(attitude_error(perfect.turn, np.broadcast_to(np.eye(3), perfect.turn.shape))) > 5  # it does turn
    alone = Estimator(PERFECT, perfect, NO_GAINS, ("gyroscope", "joints")).run()
    assert off(perfect, alone) < 0.15  # held for a sample, at the end of a turn
    assert 1e3 * rms(np.linalg.norm(alone.tip - perfect.tip, axis=1)) < 3
    every = replace(PERFECT, frames=replace(PERFECT.frames, every_axis=True))
    gains = Gains(0.1, 0.0, 0.0, 0.0, 1.0, 1.0, 0.5, 0.0)
    assert off(perfect, Estimator(every, perfect, gains, ("gyroscope", "accelerometer", "frames")).run()) < 0.15
    filtered = kalman(every, perfect, Noise(), np.zeros_like(perfect.rates), ("gyroscope", "accelerometer", "frames"))
    assert off(perfect, filtered) < 0.15


@pytest.mark.slow
def test_each_sensor_corrects_what_it_sees(perfect: KeptStream) -> None:
    """From a gyroscope that says nothing, frames turn the yaw, or all, and the accelerometer the tilt."""
    n = len(perfect.times) // 3
    still = replace(perfect, packets=perfect.packets | {"gyroscope": [
        packet._replace(events=_zeroed(packet.events)) for packet in perfect.packets["gyroscope"]
    ]})  # fmt: skip
    gains = Gains(30.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0)
    every = replace(PERFECT, frames=replace(PERFECT.frames, every_axis=True))
    error = {
        name: Estimator(p, still, gains, ("gyroscope", *sensors)).run().turn
        for name, p, sensors in (
            ("none", PERFECT, ()), ("up", PERFECT, ("accelerometer",)), ("yaw", PERFECT, ("frames",)),
            ("both", PERFECT, ("accelerometer", "frames")), ("all", every, ("frames",)),
        )
    }  # fmt: skip
    worst = {name: rms(attitude_error(perfect.turn, turn)[n:]) for name, turn in error.items()}
    assert worst["none"] > worst["yaw"] > 2 * worst["both"]
    assert worst["none"] > worst["up"] > 2 * worst["both"]
    assert worst["none"] > 4 * worst["all"]
    up = np.degrees(np.arccos(np.clip((error["up"][n:, 1] * perfect.turn[n:, 1]).sum(1), -1, 1)))
    assert rms(up) < 0.5 * rms(np.degrees(np.arccos(np.clip(perfect.turn[n:, 1, 1], -1, 1))))


def _zeroed(events: np.ndarray) -> np.ndarray:
    made = events.copy()
    made["value"] = 0.0
    return made


@pytest.mark.slow
@pytest.mark.parametrize("sensors", [SENSORS, SENSORS[1:]])
def test_both_engines_have_the_same_bytes_and_packets_change_nothing(sensors: tuple[str, ...]) -> None:
    short = replace(SHORT, run=replace(SHORT.run, duration_s=0.06))
    found = [
        Estimator(p, simulated(p, 0), Gains(), sensors, engine=engine, **options).run()
        for p, engine, options in (
            (short, "compiled", {}), (short, "reference", {"check": True}),
            (replace(short, run=replace(short.run, packet_ms=3.7)), "compiled", {}),
        )
    ]  # fmt: skip
    for name in ("turn", "tip", "bias", "rates"):
        assert len({getattr(one, name).tobytes() for one in found}) == 1, name
    assert len({str(one.tally.to_dict()) for one in found}) == 1  # type: ignore[union-attr]
    assert len({str(one.by_sensor) for one in found}) == 1
    assert np.abs(found[0].bias).max() > 0


@pytest.mark.slow
def test_the_ledger_by_sensor_sums_to_the_tally_and_lacks_what_is_not_there() -> None:
    whole = Estimator(SHORT, stream(), Gains()).run()
    assert whole.by_sensor is not None
    assert set(whole.by_sensor) == {*SENSORS, "answers"}
    assert whole.tally is not None
    for kind, count in whole.tally.totals().items():
        assert sum(row[kind] for row in whole.by_sensor.values()) == count, kind
    assert all(sum(row.values()) > 0 for row in whole.by_sensor.values())
    for name in SENSORS:
        fewer = Estimator(SHORT, stream(), Gains(), tuple(other for other in SENSORS if other != name)).run()
        assert fewer.by_sensor is not None
        steps = {"events"} if name == "gyroscope" else set()  # without one, rates are taken in its place
        assert set(fewer.by_sensor) == {*SENSORS, "answers"} - {name} | steps


def test_joints_move_the_end_point_and_nothing_else() -> None:
    whole = Estimator(SHORT, stream(), Gains()).run()
    without = Estimator(SHORT, stream(), Gains(), SENSORS[:-1]).run()
    assert whole.turn.tobytes() == without.turn.tobytes()
    arm = SHORT.arm
    rest = np.add(arm.begins_m, (0, 0, sum(arm.links_m)))
    np.testing.assert_allclose(without.tip, without.turn @ rest, atol=1e-12)
    assert np.abs(whole.tip - without.tip).max() > 0.01


@pytest.mark.slow
def test_a_constant_bias_is_found_by_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    biased = InertialParameters(Gyroscope(bias=(1.0, -2.0, 0.5)), Accelerometer())
    monkeypatch.setitem(INERTIAL_PRESETS, "BMI160", InertialPreset(biased, "none"))
    every = replace(PERFECT, frames=replace(PERFECT.frames, every_axis=True))
    seen = simulated(every, 0)
    gains = Gains(0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.8, 8.0)
    found = Estimator(every, seen, gains, ("gyroscope", "frames")).run().bias[700:].mean(axis=0)
    filtered = kalman(every, seen, Noise(), np.zeros_like(seen.rates), ("gyroscope", "frames")).bias[700:].mean(axis=0)
    np.testing.assert_allclose(found, [1.0, -2.0, 0.5], atol=0.35)
    np.testing.assert_allclose(filtered, [1.0, -2.0, 0.5], atol=0.35)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(NetworkError, match="wanted 5 numbers"):
        Estimator(replace(SHORT, arm=_Arm()), stream(), Gains())  # type: ignore[arg-type]
    assert unit_of(SHORT).rate_hz == 400


class _Arm:
    begins_m, links_m, rate_hz = (0.0, 0.0, 0.0), (0.1,), 100.0
