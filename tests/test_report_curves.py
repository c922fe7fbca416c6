"""Curves as a report takes them: plain numbers, and those of guesses."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.analysis.anytime import AnytimeAnswers
from eventnet.report import Curve, Mark, curves_of


def test_curves_and_marks_become_plain_numbers() -> None:
    curve = Curve("depth", [1e6 / 3, 2e6], [1 / 3, 0.1], low=[0.3, 0.05])
    assert curve.to_dict() == {
        "name": "depth", "axis": "adds", "cost": [333333.0, 2e6], "error": [0.333333, 0.1], "low": [0.3, 0.05], "high": [],
    }  # fmt: skip
    assert Mark("twin", 3.0, 0.5).to_dict() == {"name": "twin", "adds": 3.0, "error": 0.5}


def guessed(order: str, moments: tuple[int, int]) -> AnytimeAnswers:
    """Two samples of class 1, which are guessed right from these costs on, and cost 100."""
    spent = np.array([0, moments[0], 0, moments[1]])
    whole = {"adds": np.array([100, 100]), "deliveries": np.array([10, 10]), "ticks": np.array([0, 0])}
    return AnytimeAnswers(
        order, None, np.array([1, 1]), np.array([0, 2, 4]), np.array([0, 1, 0, 1]),
        {"adds": spent, "deliveries": spent // 10, "ticks": 0 * spent},
        whole, first_spike=whole,
    )  # fmt: skip


def test_curves_of_guesses_are_read_where_they_change_in_every_axis_that_moves() -> None:
    found = curves_of([guessed("depth", (10, 40)), guessed("breadth", (60, 80))])
    assert [(curve.name, curve.axis) for curve in found] == [
        ("depth", "adds"), ("breadth", "adds"), ("depth", "deliveries"), ("breadth", "deliveries"),
    ]  # fmt: skip
    depth, breadth = found[:2]
    assert depth.cost == breadth.cost
    assert (depth.cost[0], depth.cost[-1]) == pytest.approx((10, 100))
    for curve, moments in ((depth, (10, 40)), (breadth, (60, 80))):
        for cost, error, low, high in zip(curve.cost, curve.error, curve.low, curve.high, strict=True):
            if min(abs(cost - moment) for moment in moments) > 1e-9:
                assert error == sum(cost < moment for moment in moments) / 2
            assert low <= error <= high
