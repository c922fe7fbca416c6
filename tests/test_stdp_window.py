"""The window of STDP, pair by pair: its formulas, its table, and triplets beside what was measured in cortex."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from test_reproductions import reproduce

from eventnet.scenarios.reproductions.stdp_window import MEASURED, RATES, by_weight, many_pairs, windows


def test_every_window_is_its_formula() -> None:
    lags = np.array([-70, -3, -1, 0, 1, 2, 40])
    found = windows(lags)
    assert len({window.rule for window in found}) == 4
    for window in found:
        assert window.measured == pytest.approx(window.published, abs=1e-15)
        if window.rule != "trace target":
            assert window.measured[3] == 0  # at one tick: nothing
            assert (window.measured[:3] < 0).all()
        assert (window.measured[4:6] > 0).all()


def test_the_room_that_is_left_bounds_the_change() -> None:
    weights = np.array([0.0, 0.25, 1.0])
    for mu in (0.0, 0.5, 1.0):
        found = by_weight(weights, mu)
        assert found[10][2] == found[-10][0] == 0
        assert found[10][0] == pytest.approx(0.1 * np.exp(-10 / 16.8))
        assert found[10][1] == pytest.approx(found[10][0] * 0.75**mu)
        assert found[-10][1] == pytest.approx(found[-10][2] * 0.25**mu)


def test_triplets_follow_cortex_within_two_standard_errors() -> None:
    for lag, (means, errors) in MEASURED.items():
        for hertz, mean, error in zip(RATES, means, errors, strict=True):
            assert abs(many_pairs(lag, hertz) - mean) < 2 * error, f"{lag} ms, {hertz} Hz"


def test_it_is_reproduced(tmp_path: Path) -> None:
    rows = reproduce("stdp-window", tmp_path)["rows"]
    assert [row["rule"] for row in rows[:3]] == ["pairs (6.3)", "pairs, multiplicative", "dynamic (6.12)"]
    assert max(row["largest difference"] for row in rows[:4]) < 1e-15
    with open(tmp_path / "stdp-window-curves.csv") as file:
        curves = list(csv.DictReader(file))
    assert {"trace target", "mu = 0.5, 10 ms, by weight", "triplets, -10 ms, by Hz"} < {row["curve"] for row in curves}
