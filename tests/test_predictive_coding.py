"""What the reproductions of chapter 6 claim, in their quick form, and what they measure with."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from test_predictive import by_hand
from test_reproductions import reproduce

from eventnet.neurons.predictive import QUANTIZERS
from eventnet.scenarios.reproductions.common.predictive_coding import code, slope
from eventnet.scenarios.reproductions.stdp_equivalence import TAIL, learn


@pytest.mark.parametrize("quantizer", QUANTIZERS)
def test_signals_are_coded_and_decoded_by_the_loop(quantizer: str) -> None:
    x = 4 + 2 * np.sin(np.arange(80) / 9)
    coded = code(x[:, None], 0.9, quantizer=quantizer, seed=6)
    spikes, known = by_hand(x, 0.9, quantizer, seed=6)
    assert coded.spikes[:, 0].tolist() == spikes
    assert coded.known[:, 0].tolist() == known


def test_a_slope_looks_both_ways_and_beyond_the_ends_is_nothing() -> None:
    assert slope(np.array([[1.0], [3.0], [4.0]])).tolist() == [[1.5], [1.5], [-1.5]]


def test_measured_kernels_are_the_published_ones(tmp_path: Path) -> None:
    rows = reproduce("stdp-kernels", tmp_path)["rows"]
    assert [row["kernel"] for row in rows] == [
        "decoding", "symmetric", "Δ", "dynamic STDP", "dynamic STDP, learned",
    ]  # fmt: skip
    for row in rows:
        assert row["largest difference"] < 1e-14  # sums of 281 products
    for row in rows[3:]:
        assert [row[f"at {lag}"] for lag in (-1, 0, 1)] == [-0.5, 0, 0.5]
    with open(tmp_path / "stdp-kernels-curves.csv") as file:
        first = next(csv.DictReader(file))
    assert first["t"] == "-20"
    assert float(first["dynamic STDP, measured"]) == pytest.approx(-(0.85**19) / 2, rel=1e-12)


def test_dynamics_of_reconstructions_end_where_stdp_does(tmp_path: Path) -> None:
    for row in reproduce("stdp-equivalence", tmp_path)["rows"]:
        assert row["largest |dynamics - STDP| at the end"] < 1e-12  # 700 sums of numbers below 100
        assert row["largest |two traces - all pairs|"] < 1e-12
        assert row["largest |DynamicStdp - all pairs|"] < 1e-12
        assert row["correlation with unquantized: dynamics"] > 0.8
        assert row["dynamics - unquantized, rms"] < row["Δw unquantized, rms"]


def test_the_equality_holds_at_the_end_and_not_on_the_way() -> None:
    found = learn(3, 300, "threshold")
    assert np.abs(found.dynamics - found.stdp)[: found.steps].max() > 1
    assert found.dynamics[-1] == pytest.approx(found.pairs, abs=1e-12)
    assert not found.coded.spikes[-TAIL:].any()
