"""The reproduction of equations 1.9 and 1.10."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from test_reproductions import reproduce

from eventnet.scenarios.reproductions.lif_trace import CASES, TAU, UnitTrace, equation_1_9, spikes, trace


@pytest.mark.slow
def test_potentials_are_those_of_the_equations(tmp_path: Path) -> None:
    rows = reproduce("lif-trace", tmp_path)["rows"]
    told = [row for row, case in zip(rows, CASES, strict=True) if case.equation]
    assert len(told) == 3
    for row in told:
        assert row["largest difference, of threshold - rest"] < 1e-13
        assert row["spikes out"] > 10
    with open(tmp_path / "lif-trace-curves.csv") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(CASES) * 2000
    assert max(float(row["potential"]) for row in lines if row["unit"] == CASES[0].name) <= 1


def test_the_equation_is_a_sum_over_what_came_and_went_before() -> None:
    """One spike of weight 3 at 0 takes the unit past 1 and 2: two go out, and 1 is left; nothing counts at t = 0."""
    looks = np.array([0, TAU, 2 * TAU])
    at = np.zeros(1, dtype=np.int64)
    found = UnitTrace(
        CASES[0], (at, np.array([3.0])), (np.repeat(at, 2), np.ones(2, dtype=np.int64)), looks, *[looks] * 2, 0
    )
    assert np.allclose(equation_1_9(found), [0, np.exp(-1), np.exp(-2)], rtol=0, atol=1e-15)


def test_a_trace_is_the_same_however_often_it_is_looked_at() -> None:
    came = spikes(np.random.default_rng(3), 50_000)
    made = [trace(CASES[1], *came, length) for length in (50_000, 100)]
    assert made[0].went[0].tolist() == made[1].went[0].tolist() != []
