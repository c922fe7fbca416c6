"""The trained weights that ship: on trajectories that they were not trained on, exact and event by event."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from few import part

import eventnet as en
from eventnet.errors import ModelError
from eventnet.scenarios.fusion import FusionNetwork, FusionWeights
from eventnet.scenarios.fusion.network import NOISES, shipped_at
from eventnet.scenarios.fusion.recomputed import ExactRates
from eventnet.scenarios.fusion.train import recording
from eventnet.scenarios.fusion.train.features import Take
from eventnet.scenarios.fusion.train.heads import exact_answers
from eventnet.scenarios.fusion.train.trajectories import gyroscope, take
from eventnet.scenarios.sensors import DVS, DvsParameters, Still


def rms(error: Any) -> float:
    return float(np.sqrt(np.mean(error**2)))


def event_driven(network: FusionNetwork, seen: Take, gyro: Any, until: int) -> tuple[dict[str, Any], en.Tally]:
    """Answers at each millisecond, on the engine, and what they cost."""
    network.head.updates.array[: gyro.size] = np.column_stack([np.tile([0, 1, 2], len(gyro)), gyro.ravel()])
    inputs = np.zeros(len(seen.t) + gyro.size, en.EVENT)
    inputs["t"], inputs["port"] = np.append(seen.t, np.repeat(seen.times, 3)), int(network.head.value)
    inputs["port"][: len(seen.t)] = int(network.eye.spikes)
    inputs["index"] = np.append(seen.y * 64 + seen.x, np.arange(gyro.size))
    inputs["sign"] = np.append(seen.s, np.ones(gyro.size))
    simulation = network.simulation()
    simulation.inject(np.concatenate((inputs, network.reads(seen.times))))
    simulation.run(until + 1)
    return network.answers(simulation), simulation.tally


@pytest.mark.parametrize("noise", NOISES)
def test_they_say_where_they_come_from_and_are_small(noise: float) -> None:
    weights = FusionWeights.shipped(noise)
    assert weights.manifest is not None
    assert weights.manifest["command"] == "python -m eventnet.scenarios.fusion.train --seed 0"
    assert weights.manifest["gyroscope"] == {"bias": 5.0, "noise": noise}
    assert (weights.width, weights.height, weights.n_out) == (64, 48, 3)
    assert shipped_at(noise).stat().st_size < 100_000
    assert np.array_equal(weights.filters, FusionWeights.shipped().filters)


def test_other_gyroscopes_need_a_head_of_their_own() -> None:
    with pytest.raises(ModelError, match="trained weights for a noise of 10 and 1, not 3"):
        FusionWeights.shipped(3.0)


@pytest.mark.slow
@pytest.mark.parametrize("noise", part(NOISES, 2))
def test_both_sensors_together_beat_each_alone(noise: float) -> None:
    weights, ratios = FusionWeights.shipped(noise), []
    for seed in range(500, 503):
        seen = take(seed, 6.0)
        found = recording(weights, seen, gyroscope(seed, seen.rates, 5.0, noise))
        error = {name: rms(answer - seen.rates) for name, answer in exact_answers(weights, found).items()}
        ratios.append(error["fused"] / min(error["dvs"], error["gyro"]))
    assert max(ratios) < 1
    assert np.mean(ratios) <= 0.8


@pytest.mark.slow
def test_event_by_event_it_loses_less_than_a_tenth() -> None:
    weights, seed = FusionWeights.shipped(), 510
    seen = take(seed, 3.0)
    gyro = gyroscope(seed, seen.rates, 5.0, 10.0)
    exact = rms(exact_answers(weights, recording(weights, seen, gyro))["fused"] - seen.rates)
    for code in ("sigma-delta", "pd"):
        network = FusionNetwork(weights, rows=len(seen.times), updates=gyro.size, code=code)
        answers, tally = event_driven(network, seen, gyro, 3_000_000)
        assert rms(answers["fused"] - seen.rates) < 1.1 * exact
        assert tally.adds + tally.multiplies + tally.compares < 3 * 80e6


def test_a_still_scene_without_noise_costs_nothing_but_a_first_look() -> None:
    events = DVS(Still(np.zeros((48, 64))), DvsParameters(), seed=1).events(1e6).events
    times = np.arange(0, 1_000_000, 1000.0)
    seen, still = Take.of(events, times, np.zeros((1000, 3))), np.zeros((1000, 3))
    network = FusionNetwork(FusionWeights.shipped(), rows=1000, updates=3000)
    answers, tally = event_driven(network, seen, still, 1_000_000)
    rows = tally.by_port()
    assert rows["eye.begin"]["deliveries"] == 1
    assert rows["eye.again"]["deliveries"] == rows["eye.look"]["deliveries"] == rows["eye.spikes"]["deliveries"] == 0
    assert rows["pool.spikes"]["deliveries"] == rows["eye.begin"]["spikes"]
    assert rows["hidden.settle"]["deliveries"] <= 2
    assert np.array_equal(answers["dvs"][1:], np.tile(answers["dvs"][1], (999, 1)))
    faded = FusionNetwork(FusionWeights.shipped(), rows=1000, updates=3000, code="pd")
    rows = event_driven(faded, seen, still, 1_000_000)[1].by_port()
    assert sum(sum(row.values()) for port, row in rows.items() if port.startswith(("eye.", "pool."))) == 0


def test_what_is_said_of_a_still_scene_is_rounded_once_and_finer_quanta_round_less() -> None:
    weights = FusionWeights.shipped()
    exact = ExactRates(weights).take(np.zeros(0, en.PIXEL_EVENT), np.array([1e5]))[0]

    def off(a: float) -> float:
        network = FusionNetwork(weights, a=(a, 2 * a, 2 * a))
        simulation = network.simulation()
        simulation.inject(network.reads(np.array([100_000])))
        simulation.run(100_001)
        return rms(network.answers(simulation)["dvs"][0] - exact)

    assert off(1.0) > 3 > 1.5 > off(2.0) > off(8.0)
