"""Figure 3.3: costs of the layers after the input, and errors at equal costs."""

from __future__ import annotations

import numpy as np
import pytest
from dsn_cases import problem

from eventnet.models import DeepSpikingNetwork
from eventnet.scenarios.reproductions.common.report import Row
from eventnet.scenarios.reproductions.early_guess import at_cost, equal_costs, later, row_of, verdicts


def test_adds_after_the_input_are_those_that_the_tally_has_of_the_later_layers() -> None:
    x, _ = problem(7)
    rng = np.random.default_rng(1)
    weights = [rng.normal(0.3, 0.4, (6, 5)), rng.normal(0.3, 0.4, (5, 4)), rng.normal(0.3, 0.4, (4, 3))]
    dsn = DeepSpikingNetwork.from_weights(weights)
    path, after = later(weights, x)
    dsn.predict(x)
    assert dsn.tally is not None
    modules = dsn.tally.by_module()
    assert after[:, -1].sum() == sum(modules[f"layer{k}"]["synaptic_adds"] for k in (1, 2)) > 0
    assert (path.synaptic - after)[:, -1].sum() == modules["layer0"]["synaptic_adds"]
    assert (np.diff(after, axis=1) >= 0).all()


def rows(kind: str, factor: float) -> list[Row]:
    """Errors that fall as one over the adds."""
    return [
        {"network": kind, "seed": seed, "step": step, "error": factor * (100 + seed) / step, "adds": 30 * step,
         "adds after input": 10 * step, "sparse": 40, "sparse after input": 15, "ReLU error": 2.0}
        for seed in (1, 2, 3) for step in range(1, 11)
    ]  # fmt: skip


CURVES = [
    row for k, kind in enumerate(("relu", "fsgd", "regularized", "temporal", "sgd")) for row in rows(kind, 0.5**k)
]


def test_between_two_steps_an_error_lies_on_a_straight_line_of_logarithms() -> None:
    assert at_cost(CURVES, "relu", 1, 15) == pytest.approx(101 / 1.5, rel=1e-12)
    assert at_cost(CURVES, "relu", 1, 5) == pytest.approx(101, rel=1e-12)


def test_errors_at_equal_costs_stand_beside_those_of_the_relu_networks_weights() -> None:
    (note,) = equal_costs(CURVES)
    assert "(15, 15, 15 by seed" in note
    assert "the ReLU network's weights: 68.00% (66.34 to 69.66); trained with FSGD: 34.00%" in note
    assert "minus the first -34.00 (-34.83 to -33.17)" in note


def test_a_row_is_compared_with_fsgd_seed_by_seed() -> None:
    row = row_of(CURVES, "temporal", 2)
    assert (row["error %"], row["minus partner"]) == (6.38, -19.12)  # 51 / 8, and less 51 / 2
    assert (row["adds"], row["adds after input"], row["sparse pass, after input"]) == (60, 20, "40, 15")


def test_a_guess_as_good_as_a_sparse_pass_at_its_cost_is_told() -> None:
    assert [said.split()[0] for said in verdicts(CURVES)] == ["No", "No"]
    better = [row | {"error": 2.0} if row["step"] == 1 else row for row in CURVES]
    assert [said.split()[0] for said in verdicts(better)] == ["Some", "Some"]
