"""The closed loop: commands are what was said a delay ago, the same bytes everywhere, and a gaze that becomes steady."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fusion_cases import small_weights
from test_fusion_run import three_rates

from eventnet.errors import ModelError
from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.gaze import REFLEXES, GazeParameters, ReflexOutcome, run_reflex
from eventnet.scenarios.gaze.reflex import Reflex, read_out
from eventnet.scenarios.gaze.run import measured
from eventnet.scenarios.shared.parameter_file import loads
from eventnet.scenarios.worlds import RandomTurning

SHORT = "[run]\nduration_s = 0.25\nmeasured_from_s = 0.1\npacket_ms = {}\n[reflex]\ndelay_us = 4000\nperiod_us = {}"


def short(packet_ms: float = 4.0, period_us: int = 1000, more: str = "") -> GazeParameters:
    return loads(SHORT.format(packet_ms, period_us) + more, GazeParameters())


def same(one: ReflexOutcome, other: ReflexOutcome) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))


@pytest.mark.slow
@pytest.mark.parametrize("name", REFLEXES)
def test_packets_of_any_length_give_the_same_bytes(name: str) -> None:
    one, *others = (run_reflex(short(ms), three_rates(), name) for ms in (4.0, 1.0, 0.7))
    assert one.events.sum() > 100
    assert all(same(one, other) for other in others)


def test_both_engines_and_a_second_run_give_the_same_bytes() -> None:
    p = loads("[run]\nduration_s = 0.05\nmeasured_from_s = 0.01", GazeParameters())
    one, again, plain = (run_reflex(p, three_rates(), "both", engine=e) for e in ("compiled", "compiled", "reference"))
    assert same(one, again)
    assert same(one, plain)
    assert not same(one, run_reflex(p, three_rates(), "both", head=1))


def at_once(**changed: Any) -> GazeParameters:
    """A gyroscope without errors, whose rates are commands a millisecond later."""
    given = {"gyro_tau_ms": [1e-3], "delay_us": 1000} | changed
    text = "[run]\nduration_s = 0.3\nmeasured_from_s = 0.1\npacket_ms = 1\n[gyroscope]\nbias = 0\nwhite_noise = 0\n"
    text += "jitter_us = 0\n[reflex]\n" + "\n".join(f"{name} = {value}" for name, value in given.items())
    return loads(text, GazeParameters())


def test_without_a_reflex_the_camera_turns_as_its_head_does() -> None:
    found = run_reflex(at_once(), three_rates(), "no reflex")
    assert not found.command.any()
    assert np.sqrt((found.slip**2).mean()) > 10


def test_a_command_is_what_the_gyroscope_said_a_delay_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[RandomTurning] = []

    def noted(*args: Any, **options: Any) -> RandomTurning:
        heads.append(RandomTurning(*args, **options))
        return heads[-1]

    monkeypatch.setattr("eventnet.scenarios.gaze.reflex.RandomTurning", noted)
    for delay in (1000, 3000):
        found = run_reflex(at_once(delay_us=delay), three_rates(), "gyroscope alone")
        assert not found.command[: delay // 1000 + 1].any()
        # The sample of a millisecond is read at its end, and turns the camera in the one that begins `delay` later.
        spoken = np.array([heads[-1].rates(t - delay - 1500) for t in found.times])
        size = lambda values: np.linalg.norm(values[20:], axis=1)  # noqa: E731  # turned, but as long
        assert size(found.command) == pytest.approx(size(spoken), rel=1e-5)


def test_looking_ahead_makes_up_for_the_delay() -> None:
    def left(*tau_ms: float) -> float:
        p = at_once(delay_us=2000, gyro_tau_ms=list(tau_ms))
        return measured(run_reflex(p, three_rates(), "gyroscope alone"), p)["slip"]

    late, of_second_order, of_third = left(5.0), left(5.0, 10.0), left(5.0, 10.0, 20.0)
    assert of_third < 0.5 * of_second_order < 0.15 * late


def test_with_slow_traces_the_gyroscopes_part_lets_no_bias_through() -> None:
    """The read-out's weights of a gyroscope that says the same forever, about the axis that it says it of."""
    for name, wanted in (("gyroscope alone", 1.0), ("gyroscope, slow traces", 0.0)):
        p = GazeParameters()
        head = read_out(REFLEXES[name], p)
        inputs = (len(head.mix) - 1) // (1 + len(head.tau_us))
        assert (inputs, head.mix.shape[1]) == (3, 3)
        traces = head.mix[1 + inputs :].reshape(inputs, len(head.tau_us), -1)
        steady = head.mix[1:4, :3] + traces.sum(axis=1)[:3, :3]
        assert steady == pytest.approx(wanted * np.eye(3), abs=1e-6)


def test_what_the_camera_sees_is_integrated_and_forgotten() -> None:
    p = short(1.0, 1000, "\nalone_gain = 0\nalone_integral_per_s = 3\nforget_s = 0.05")
    found = run_reflex(p, three_rates(), "camera alone")
    assert np.abs(found.estimate).max() > 1
    integral, by_hand = np.zeros(3), []
    for seen in found.estimate:  # read at the end of each millisecond, and held from there on
        integral = np.exp(-1 / 50) * integral + (1 - np.exp(-1 / 50)) * 3 * 0.05 * seen
        by_hand.append(integral)
    late = np.array(by_hand)[1:-4]
    assert found.command[5:] == pytest.approx(late, abs=0.05 * np.abs(late).max())


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ModelError, match="unknown reflex 'neither'; there are no reflex"):
        run_reflex(short(), three_rates(), "neither")
    with pytest.raises(ModelError, match="these weights give 2 rates"):
        run_reflex(short(), small_weights(), "both")


@pytest.mark.parametrize("name", ["gyroscope alone", "gyroscope, slow traces"])
def test_a_gyroscope_without_a_camera_pays_for_its_read_out_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = run_reflex(short(), three_rates(), name)
    monkeypatch.setattr(Reflex, "watches", True)  # the network does, to no effect
    watched = run_reflex(short(), three_rates(), name)
    for column in ("slip", "command", "events"):
        assert np.array_equal(getattr(alone, column), getattr(watched, column))
    assert alone.events.sum() > 100
    assert not alone.estimate.any()
    assert watched.estimate.any()
    # 250 answers of three rates from three inputs and their low passes; each sample and each answer moves low passes.
    inputs, taus = 3, len(read_out(REFLEXES["no reflex"], short()).tau_us) - 1 + 2 * ("slow" in name)
    answer = 2 * 3 * inputs * (1 + taus) + 2 * taus
    assert alone.cost[:, 0].sum() <= 250 * (answer + 2 * 4 * taus * inputs)
    assert alone.cost[:, 0].sum() > 250 * answer
    assert alone.memory < watched.memory


def noisy(noise: float, more: str = "") -> GazeParameters:
    return loads(f"[gyroscope]\nwhite_noise = {noise}\n{more}", GazeParameters())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["no reflex", "camera alone"])
def test_noise_of_a_gyroscope_that_is_not_heard_changes_no_byte(name: str) -> None:
    less, more = (noisy(noise, "[run]\nduration_s = 0.25\nmeasured_from_s = 0.1") for noise in (1.0, 10.0))
    assert same(run_reflex(less, three_rates(), name), run_reflex(more, three_rates(), name))


@pytest.mark.whole
@pytest.mark.parametrize("head", range(2))
def test_both_sensors_hold_the_gaze_and_quiet_the_camera(head: int) -> None:
    def found(name: str, noise: float = 1.0) -> dict[str, float]:
        return measured(run_reflex(noisy(noise), FusionWeights.shipped(), name, head), noisy(noise))

    without, camera = found("no reflex"), found("camera alone")  # whatever the noise, as the test before has it
    for noise in (1.0, 10.0):
        both, gyroscope = found("both", noise), found("gyroscope alone", noise)
        assert both["slip"] <= 0.7 * gyroscope["slip"]
        assert both["slip"] < camera["slip"]
        assert both["events/s"] <= gyroscope["events/s"] / 3
        assert gyroscope["operations/s"] < both["operations/s"] < without["operations/s"]
