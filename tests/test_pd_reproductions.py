"""What the reproductions of proportional-derivative codes claim, in their quick form, and what they measure with."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from test_reproductions import reproduce

from eventnet.neurons.pd_code import ALPHA, code_state
from eventnet.scenarios.reproductions import pd_mnist
from eventnet.scenarios.reproductions.common.changing_weight import estimate, slow_signal
from eventnet.scenarios.reproductions.pd_error import distance, without_rounding
from eventnet.scenarios.reproductions.update_schemes import GAINS, pair_changes


def by_hand(x: np.ndarray, w: np.ndarray, kp: float, kd: float) -> tuple[list[float], list[float], list[float]]:
    """Spikes, decoded signal and estimated product of (5.3) to (5.7), a step at a time."""
    last = phi = y = z = 0.0
    spikes, signal, product = [], [], []
    for now, weight in zip(x, w):
        phi += kp * now + kd * (now - last)
        last = now
        s = np.floor(phi + 0.5)
        phi -= s
        y, z = (s + kd * y) / (kp + kd), (s * weight + kd * z) / (kp + kd)
        spikes.append(s)
        signal.append(y)
        product.append(z)
    return spikes, signal, product


def signals(steps: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    return slow_signal(random, steps, 5), slow_signal(random, steps, 15)


def test_a_product_with_a_changing_weight_is_the_plain_recursion() -> None:
    x, w = signals(150)
    gains = [(0.1, 1.0), (0.0, 2.0), (3.0, 0.0), *[(0.4, 2.2)] * 20]  # more than one network holds
    found = estimate(x, w, gains)
    for k in (0, 1, 2, 22):
        spikes, signal, product = by_hand(x, w, *gains[k])
        assert np.any(spikes)
        assert found.spikes[:, k].tolist() == spikes
        np.testing.assert_allclose(found.signal[:, k], signal, rtol=0, atol=1e-12)  # alpha and beta are rounded first
        np.testing.assert_allclose(found.product[:, k], product, rtol=0, atol=1e-12)


def test_without_a_proportional_part_alpha_is_exactly_one() -> None:
    assert 49 * (1 / 49) != 1
    assert code_state(0.0, 49.0, eta=0.0)[ALPHA] == 1


@pytest.mark.parametrize("kd", [0.7, 3.0, 49.0])
def test_without_a_proportional_part_a_code_rounds(kd: float) -> None:
    x, _ = signals(400)
    found = estimate(x, np.ones(400), [(0.0, kd)])
    assert np.cumsum(found.spikes[:, 0]).tolist() == np.floor(kd * x + 0.5).tolist()
    np.testing.assert_allclose(found.signal[:, 0], np.floor(kd * x + 0.5) / kd, rtol=0, atol=1e-12)  # 400 sums


def test_without_rounding_only_a_weight_that_changes_does_harm() -> None:
    x, w = signals(100)
    gains = [(0.0, 2.0), (0.1, 1.0), (1.0, 0.0)]
    steady = without_rounding(x, np.full(100, 3.0), gains)
    np.testing.assert_allclose(steady, np.tile(3 * x[:, None], 3), rtol=0, atol=1e-12)  # 100 sums of float64
    moving = without_rounding(x, w, gains)
    sums = np.cumsum(np.diff(x, prepend=0) * w)  # the sum of 5.2 that is not x w
    np.testing.assert_allclose(moving[:, 0], sums, rtol=0, atol=1e-12)
    assert np.abs(moving[:, 1] - x * w).max() > 0.01
    np.testing.assert_allclose(moving[:, 2], x * w, rtol=0, atol=1e-12)


def test_distances_are_those_of_directions() -> None:
    true = np.array([3.0, 4.0])
    columns = np.array([[6.0, -3.0, 4.0, 0.0], [8.0, -4.0, -3.0, 0.0]])
    assert distance(columns, true).tolist() == pytest.approx([0, 2, 1, 1], abs=1e-15)


@pytest.mark.slow
def test_a_code_without_kp_is_exact_rounding_and_drifts_when_the_weight_changes(tmp_path: Path) -> None:
    rows = reproduce("pd-signals", tmp_path)["rows"]
    exact = [row["largest |x̂ - round(kd x) / kd|"] for row in rows if row["figure"] == "5.1" and row["kp"] == 0]
    assert exact == [0, 0, 0, 0]
    drifting, *held = [row for row in rows if row["figure"] == "5.2"]
    assert drifting["kp"] == 0
    assert drifting["last quarter"] > 2 * drifting["first quarter"]
    assert len(held) == 2
    for row in held:
        assert row["last quarter"] < 0.5 * drifting["last quarter"]
    for kp in (1.0, 0.3, 0.1, 0.0):
        errors = [row["rms error"] for row in rows if row["figure"] == "5.1" and row["kp"] == kp]
        assert len(errors) == 4
        assert errors == sorted(errors, reverse=True)


def test_four_rules_end_at_the_same_weight_and_raw_traces_elsewhere_while_scales_move(tmp_path: Path) -> None:
    rows = reproduce("weight-updates", tmp_path)["rows"]
    for case in ("equal alphas", "different alphas", "adaptive scales"):
        ends = {row["rule"]: row["at the end"] for row in rows if row["case"] == case}
        ways = {row["rule"]: row["largest difference on the way"] for row in rows if row["case"] == case}
        for rule in ("past", "future", "stdp"):
            assert ends[rule] < 1e-8  # traces below 1e-12 are cut off
            assert ways[rule] > 1
    for rule in ("future, raw traces", "stdp, raw traces"):
        assert ends[rule] > 0.1
    with open(tmp_path / "weight-updates-curves.csv") as file:
        last = [row for row in csv.DictReader(file) if row["case"] == "equal alphas"][-1]
    assert float(last["spikes x"]) > 0
    assert float(last["past"]) == pytest.approx(float(last["recon"]), abs=1e-8)


def test_rules_pay_the_areas_that_figure_5_3_shows_and_pairs_make_the_kernel_of_figure_5_4(tmp_path: Path) -> None:
    rows = reproduce("update-schemes", tmp_path)["rows"]
    assert {row["rule"] for row in rows} >= {"past", "future", "stdp", "same signs", "opposite signs", "classic rule"}
    for row in rows:
        assert row["largest difference"] < 1e-12
        assert row["spikes"] >= 2
    first = [row for row in rows if row["figure"] == "5.3"]
    assert abs(first[0]["measured"]) > 1
    assert first[0]["measured"] != first[1]["measured"]
    assert first[1]["measured"] == first[2]["measured"]
    pairs = {(row["rule"], row["at"]): row["measured"] for row in rows if row["figure"] == "5.4"}
    assert pairs["same signs", "lag 5"] == pairs["same signs", "lag -5"] == -pairs["opposite signs", "lag 5"] > 0
    assert pairs["classic rule", "lag -5"] < 0 < pairs["classic rule", "lag 5"]


@pytest.mark.parametrize("lag", [-3, 0, 4])
def test_a_pair_of_spikes_moves_a_weight_by_the_correlation_of_its_traces(lag: int) -> None:
    """Summed step by step over traces, here, until they have died away."""
    kp, kd = GAINS
    alpha, beta = kd / (kp + kd), 1 / (kp + kd)
    x = e = total = 0.0
    for t in range(-10, 200):
        x = alpha * x + beta * (t == 0)
        e = alpha * e + beta * (t == lag)
        total += x * e
    assert pair_changes(np.array([lag]), 1)[0] == pytest.approx(total, rel=1e-12)
    assert pair_changes(np.array([lag]), -1)[0] == pytest.approx(-total, rel=1e-12)


@pytest.mark.slow
def test_within_a_budget_of_spikes_the_best_gains_are_both_above_zero(tmp_path: Path) -> None:
    rows = reproduce("pd-error", tmp_path)["rows"]
    for k, (both, no_kp, no_kd) in enumerate(zip(rows[::3], rows[1::3], rows[2::3])):
        assert both["kp"] > 0
        assert both["kd"] > 0
        assert (no_kp["kp"], no_kd["kd"]) == (0, 0)
        without = min(no_kp["least distance"], no_kd["least distance"])
        assert both["least distance"] < (0.2 * without if k < 4 else without)  # the fifth allows any number of spikes


def test_rows_of_figure_5_5_have_the_last_epochs_of_all_seeds_beside_the_twins_of_the_same_seeds() -> None:
    lasts = {("PD past", 1): 3.0, ("PD past", 2): 5.0, ("twin", 1): 2.5, ("twin", 2): 3.5}
    curves = [
        {"network": kind, "data": "MNIST", "seed": seed, "epoch": epoch, "test error %": error + 10 * (epoch == 1),
         "plain test error %": 7.0, "operations a sample": 100 * epoch, **dict.fromkeys(pd_mnist.COSTS, 4.0)}
        for (kind, seed), error in lasts.items() for epoch in (1, 2)
    ]  # fmt: skip
    row = pd_mnist.row_of([*curves, curves[0] | {"data": "temporal MNIST"}], "PD past", "MNIST")
    assert (row["accuracy %"], row["least to most"], row["minus twin"]) == (96.0, "95.00 to 97.00", -1.0)
    assert (row["same weights, plain %"], row["operations"], row["nJ, everything"]) == (93.0, 150, 4.0)
    assert pd_mnist.row_of(curves, "twin", "MNIST")["minus twin"] is None
