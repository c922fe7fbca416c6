"""A trajectory ends where the answer is."""

from __future__ import annotations

import numpy as np
from dsn_cases import problem, small


def test_the_trajectory_ends_at_the_answer_and_at_the_cost_of_the_run() -> None:
    x, _ = problem(5)
    dsn = small(init_scale=0.8)
    answer = dsn.decision_function(x)
    adds = dsn.tally.by_kind()["synaptic"]
    path = dsn.trajectory(x)
    assert path.outputs.shape == (5, 4, 4)
    assert np.array_equal(path.outputs[:, -1], answer)
    assert path.synaptic[:, -1].sum() == adds
    assert (np.diff(path.adds, axis=1) >= 0).all()


def test_the_trajectory_by_spike_ends_at_the_same_answer_depth_first() -> None:
    x, _ = problem(5)
    dsn = small(init_scale=0.8, order="depth", dtype="float64")
    path = dsn.trajectory(x, every="spike")
    assert np.array_equal(path.outputs[:, -1], dsn.decision_function(x))
