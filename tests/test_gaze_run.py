"""Reflexes side by side: every one on every head, and what the table's numbers are."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from test_fusion_run import three_rates

from eventnet.scenarios.gaze import REFLEXES, GazeParameters, ReflexOutcome, run_reflex
from eventnet.scenarios.gaze.run import PAIRS, SPREAD, GazeComparison, compare, measured, paired_reflexes
from eventnet.scenarios.shared.parameter_file import loads

SHORT = loads("[run]\nduration_s = 0.25\nmeasured_from_s = 0.1", GazeParameters())


@cache
def side_by_side() -> GazeComparison:
    """Once for this file and for that of its pictures."""
    return compare(SHORT, three_rates(), progress=lambda done, of: None)


@pytest.fixture(scope="module")
def once() -> GazeComparison:
    return side_by_side()


def test_every_reflex_has_a_row_and_a_run_on_every_head(once: GazeComparison) -> None:
    assert [row["reflex"] for row in once.rows] == list(once.runs) == list(REFLEXES)
    alone = run_reflex(SHORT, three_rates(), "both", head=1)
    assert np.array_equal(once.runs["both"][1].slip, alone.slip)
    assert not np.array_equal(once.runs["both"][0].slip, alone.slip)


def test_the_table_holds_means_over_heads_between_the_least_and_the_most(once: GazeComparison) -> None:
    for row in once.rows:
        each = [measured(outcome, SHORT) for outcome in once.runs[row["reflex"]]]
        assert len(each) == 2
        for quantity in each[0]:
            a, b = sorted(found[quantity] for found in each)
            assert (row[f"{quantity} least"], row[f"{quantity} most"]) == (a, b)
            assert math.isclose(row[quantity], (a + b) / 2)
        hears = row["reflex"] not in ("gyroscope alone", "gyroscope, slow traces")
        assert row.get("operations an event") == (row["operations/s"] / row["events/s"] if hears else None)


def test_reflexes_are_compared_head_by_head(once: GazeComparison) -> None:
    found = paired_reflexes(once)
    assert list(found) == list(PAIRS)
    for pair, paired in found.items():
        each = [[measured(outcome, SHORT)["slip"] for outcome in once.runs[name]] for name in pair]
        a, b = (mine - theirs for mine, theirs in zip(*each))
        assert paired.more["slip"].mean == pytest.approx((a + b) / 2)
        assert paired.more["slip"].ends(".9f") is not None
        half = 12.706204736 * abs(a - b) / 2  # Student's t of one degree of freedom
        assert paired.more["slip"].high == pytest.approx((a + b) / 2 + half, rel=1e-6)


def test_costs_are_ratios_head_by_head(once: GazeComparison) -> None:
    found = paired_reflexes(once)["both", "both, kept 2 ms"].less
    assert set(found) == {"slip", *SPREAD[2:]}
    for quantity, ratio in found.items():
        mine, theirs = (
            [measured(outcome, SHORT)[quantity] for outcome in once.runs[name]] for name in ("both", "both, kept 2 ms")
        )
        a, b = (math.log(their / my) for my, their in zip(mine, theirs))
        assert ratio.mean == pytest.approx(math.exp((a + b) / 2))
        assert ratio.high == pytest.approx(math.exp((a + b) / 2 + 12.706204736 * abs(a - b) / 2), rel=1e-5)


def test_what_a_head_has_none_of_has_no_ratio(once: GazeComparison) -> None:
    quiet = replace(once.runs["both"][0], events=0 * once.runs["both"][0].events)
    found = paired_reflexes(replace(once, runs={**once.runs, "both": [quiet, once.runs["both"][1]]}))
    assert set(found["both", "no reflex"].less) == {"slip", *SPREAD[3:]}


def test_slip_and_costs_count_from_a_time_on() -> None:
    p = loads("[run]\nduration_s = 0.4\nmeasured_from_s = 0.2", GazeParameters())
    times = np.arange(400) * 1000.0 + 500
    slip = np.where(times[:, None] < 200_000, 1e6, np.array([3.0, -4.0, 0.0]))
    spent = np.array([[9e9, 9e9, 9e9, 9e9]] * 2 + [[10.0, 2e6, 5e6, 3e6]] * 2)
    made = ReflexOutcome(times, slip, slip, slip, np.array([1000, 1000, 7, 9]), spent, 1)
    found = measured(made, p)
    assert found["slip"] == pytest.approx(math.sqrt(25 / 3))
    assert found["mean slip"] == pytest.approx(7 / 3)
    assert found["events/s"] == pytest.approx(16 / 0.2)
    assert found["operations/s"] == pytest.approx(20 / 0.2)
    assert (found["uJ/s, int32 prices"], found["uJ/s, float32 prices"]) == pytest.approx((20.0, 50.0))
    assert found["uJ/s, int32, comparisons as adds"] == pytest.approx(30.0)


@pytest.mark.slow
def test_processes_change_nothing(once: GazeComparison) -> None:
    heard: list[tuple[int, int]] = []
    found = compare(SHORT, three_rates(), processes=2, progress=lambda done, of: heard.append((done, of)))
    assert found.rows == once.rows
    runs = 2 * len(REFLEXES)
    assert heard == [(k, runs) for k in range(1, runs + 1)]
