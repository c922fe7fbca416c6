"""What ships is made from a seed: trajectories of its own, a network, a head, and where it all comes from."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.train import shipped as made
from eventnet.scenarios.fusion.train.features import traces
from eventnet.scenarios.fusion.train.layers import exact_rates
from eventnet.scenarios.fusion.train.learning import TrainingPlan
from eventnet.scenarios.fusion.train.trajectories import TRAINING, take

PLAN = TrainingPlan(epochs=2, filters=4, hidden=8)


def arrays(weights: FusionWeights) -> dict[str, Any]:
    found = {f.name: np.asarray(getattr(weights, f.name)).tolist() for f in fields(weights) if f.name != "head"}
    return found | {"mix": [] if weights.head is None else weights.head.mix.tolist()}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("FAST_TAKES", 2),
        ("SLOW_TAKES", 1),
        ("HEAD_TAKES", 2),
        ("SECONDS", 0.8),
        ("HEAD_SECONDS", 0.5),
    ):
        monkeypatch.setattr(made, name, value)


def test_no_trajectory_is_learned_from_twice_and_none_is_left_for_tests() -> None:
    seeds = [job[0] for seed in range(3) for job in made.jobs(seed)]
    assert len(set(seeds)) == len(seeds)
    assert min(seeds) >= TRAINING
    rates = [job[2] for job in made.jobs(0)]
    assert rates.count(55.0) == made.FAST_TAKES + made.HEAD_TAKES
    assert all(1 <= rate <= 25 for rate in rates if rate != 55.0)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_a_seed_makes_the_same_weights_and_says_where_they_come_from() -> None:
    calls: list[Any] = []
    weights = made.train(3, progress=lambda *call: calls.append(call), plan=PLAN)
    assert arrays(made.train(3, plan=PLAN)) == arrays(weights)
    assert calls == [*(("trajectories", k, 5) for k in range(1, 6)), *(("epochs of training", k, 2) for k in (1, 2))]
    manifest = weights.manifest
    assert manifest is not None
    assert manifest["seed"] == 3
    assert manifest["command"].endswith("train --seed 3")
    assert manifest["gyroscope"] == {"bias": 5.0, "noise": 10.0}
    assert {"eventnet", "numpy", "python"} == set(manifest["versions"])
    assert weights.head is not None
    assert weights.head.mix.shape == (1 + 6 * 8, 9)
    quiet = made.train(3, noise=1.0, plan=PLAN)
    assert np.array_equal(quiet.filters, weights.filters)
    assert quiet.head is not None
    assert not np.array_equal(quiet.head.mix, weights.head.mix)


def test_a_recording_is_what_the_network_says_at_the_times_of_the_truth() -> None:
    weights, seen = FusionWeights.random(1), take(5, 0.3)
    found = made.recording(weights, seen, seen.rates + 1)
    times = seen.times[[120, 250]]
    blocks = traces(seen, times, weights.tau_us, width=64, height=48)
    assert np.allclose(found.dvs[[120, 250]], exact_rates(weights, blocks), atol=0.05 * found.dvs.std())
    assert np.array_equal(found.gyro, found.rates + 1)
