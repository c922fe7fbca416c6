"""Features learned from a camera's events: they tell more than first weights do; pictures of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from recorded_cases import rolling

from eventnet.io import open_events, write_events
from eventnet.scenarios.stdp import dvs_figures
from eventnet.scenarios.stdp.dvs import (
    EVENTS,
    LOWERED,
    TRAINED,
    UNTRAINED,
    FeaturesResult,
    angles,
    counts_of,
    network_of,
    run,
    tuning_of,
)
from eventnet.scenarios.stdp.dvs_parameters import CameraTable, FeaturesParameters, FeaturesRunTable, PatchTable
from eventnet.scenarios.stdp.patches import StreamPatches

SMALL = FeaturesParameters(
    run=FeaturesRunTable(neurons=40, networks=1, passes=2, patches=900, tests=400),
    camera=CameraTable(cameras=8, tests=4, seconds=0.6),
)


@cache
def found() -> FeaturesResult:
    return run(SMALL)


@pytest.mark.slow
def test_what_is_learned_tells_more_of_motion_than_first_weights_do() -> None:
    made = found()
    right = {way: float(made.right(way)[0]) for way in (TRAINED, UNTRAINED, LOWERED, EVENTS)}
    assert right[TRAINED] > 0.05 + max(right[UNTRAINED], right[LOWERED])
    assert right[EVENTS] > right[UNTRAINED]
    assert made.spikes[LOWERED] == pytest.approx(made.spikes[TRAINED], rel=0.25)
    assert made.spikes[UNTRAINED] < made.spikes[TRAINED] < made.spikes[EVENTS]


@pytest.mark.slow
def test_learning_gathers_weights_and_first_weights_stay_as_they_were() -> None:
    made = found()
    still, first = made.untrained.weights, network_of(SMALL).weights
    assert np.allclose(still, first * SMALL.rule.total / first.sum(axis=0), rtol=1e-4)

    def evenness(weights: np.ndarray) -> float:  # 1: all weights of a neuron are equal; 1 / inputs: one has all
        return float(np.median(weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0) / len(weights)))

    assert evenness(made.network.weights) < 0.7 * evenness(still)


@pytest.mark.slow
def test_a_run_repeats_and_says_how_far_it_is() -> None:
    parts: list[tuple[int, int]] = []
    small = replace(SMALL, run=FeaturesRunTable(neurons=5, networks=2, passes=1, patches=40, tests=20))
    one = run(small, progress=lambda done, of: parts.append((done, of)))
    assert parts == [(k, 12 + 6) for k in range(1, 19)]
    again = run(small)
    assert (one.network.weights == again.network.weights).all()
    assert (one.deviations[TRAINED] == again.deviations[TRAINED]).all()
    assert one.deviations[TRAINED].shape == (2, 20)
    other = run(replace(small, run=replace(small.run, seed=1)))
    assert not (one.network.weights == other.network.weights).all()


def test_angles_are_those_between_directions() -> None:
    one, other = np.array([[1, 0], [0, 2], [1, 1], [0, 0]]), np.array([[3, 0], [0, -1], [1, 0], [1, 0]])
    assert np.allclose(angles(one.astype(float), other.astype(float)), [0, 180, 45, 90])


def test_events_are_counted_and_neurons_tuned_by_sample() -> None:
    samples = [(np.array([0, 1, 2]), np.array([0, 0, 7])), (np.array([0]), np.array([3]))]
    patches = StreamPatches(samples, np.zeros(2, np.int64), np.array([[1.0, 0.0], [0.0, -1.0]]))
    assert counts_of(patches, 2).tolist() == [[2, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 1, 0, 0, 0, 0]]
    tiny = replace(SMALL, patch=PatchTable(size_px=2), run=FeaturesRunTable(neurons=3), neuron=replace(
        SMALL.neuron, threshold=0.01
    ), inhibition=replace(SMALL.inhibition, silence_ms=0.001))  # fmt: skip
    network = network_of(tiny)
    network._weights[:] = np.eye(8, dtype=np.float32)[:, [0, 3, 5]]
    tuning = tuning_of(network, patches)
    assert tuning is not None
    assert np.allclose(tuning, [[1, 0], [0, -1], [0, 0]])


@pytest.mark.slow
def test_pictures_are_made() -> None:
    for name in ("features", "spikes", "direction"):
        assert getattr(dvs_figures, name)(found()).startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_recording_without_a_gyroscope_gives_features_only(tmp_path: Path) -> None:
    recording = rolling(tmp_path)
    write_events(tmp_path / "blind.npz", recording.events(), width=64, height=56)
    small = replace(SMALL, run=FeaturesRunTable(neurons=10, networks=1, passes=1, patches=60, tests=20))
    made = run(small, open_events(tmp_path / "blind.npz"))
    assert made.tuning is None
    assert all(values.shape == (0, 20) for values in made.deviations.values())
    for name in ("features", "spikes", "direction"):
        assert getattr(dvs_figures, name)(made).startswith(b"\x89PNG")


@pytest.mark.slow
def test_on_a_real_recording_learned_features_tell_more(shared: Path) -> None:
    recording = open_events(shared / "data" / "davis_imu" / "IMU_rotDisk.aedat")
    made = run(
        replace(SMALL, run=FeaturesRunTable(neurons=60, networks=1, passes=2, patches=1200, tests=600)), recording
    )
    right = {way: float(made.right(way)[0]) for way in (TRAINED, UNTRAINED, LOWERED, EVENTS)}
    assert right[TRAINED] > 0.08 + max(right[UNTRAINED], right[LOWERED])
    assert right[TRAINED] > 0.6
