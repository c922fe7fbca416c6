"""Table B.1: every lambda at the full schedule, each published number in its place."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eventnet.scenarios.reproductions import sigma_delta_mnist as table

NEAR = {0.0: 2.49, 1.29e-9: 9.2, 5.99e-8: 4.71, 1e-5: 1.98}


def test_each_lambda_has_its_published_numbers() -> None:
    assert len(table.PUBLISHED) == 11
    for tradeoff, energy in NEAR.items():
        found = min(table.PUBLISHED, key=lambda known: abs(known - tradeoff))
        assert found == pytest.approx(tradeoff, rel=2e-3)
        assert table.PUBLISHED[found]["energy nJ, as published"] == energy
    for printed in table.PUBLISHED.values():  # 0.1 pJ an addition; operations are cut off to thousands
        assert -1e-9 < printed["energy nJ, rounding"] - printed["measured rounding k"] / 10 < 0.1 + 1e-9


@pytest.mark.parametrize("quick", [False, True])
def test_all_lambdas_have_one_schedule(quick: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    schedules: list[tuple[float, int]] = []

    def optimize(layers: Any, x: Any, *, tradeoff: float, learning_rate: float, epochs: int) -> list[float]:
        schedules.append((learning_rate, epochs))
        return [tradeoff] * 3

    monkeypatch.setattr(table, "optimize_scales", optimize)
    monkeypatch.setattr(table, "ConventionalNetwork", SimpleNamespace(load=lambda path: SimpleNamespace(layers=list)))
    monkeypatch.setattr(table, "data_of", lambda folder, quick: SimpleNamespace(x_train=np.zeros((2, 3))))
    found = [table.scales_for("network", None, quick, tradeoff) for tradeoff in table.TRADEOFFS]
    assert found == [[1.0] * 3, *([t] * 3 for t in table.TRADEOFFS[1:])]
    assert schedules == [table.QUICK_SCHEDULE if quick else (0.001, 30)] * 10


def test_each_quantity_stands_beside_the_published_one() -> None:
    row = {column: 2.0 * value for column, value in table.PUBLISHED[0.0].items()} | {"scales": "1 1 1"}
    rows = table._rows("scales of 1", row, table.PUBLISHED[0.0])
    assert [line["difference"] for line in rows] == [100.0] * 8 + [None]
    assert rows[4] == {
        "network": "scales of 1", "quantity": "Sigma-Delta, temporal MNIST, k", "published": 24, "measured": 48.0,
        "difference": 100.0,
    }  # fmt: skip


def test_the_furthest_number_of_operations_is_named() -> None:
    curves: list[Any] = [{"tradeoff": t, **printed} for t, printed in table.PUBLISHED.items()]
    curves[2] = curves[2] | {"measured SD MNIST k": 243 * 1.08}
    curves[3] = curves[3] | {"measured rounding k": 178 * 0.96}
    assert table._furthest(curves) == (
        "operations: 32 of 33 within 5% of the published ones; the furthest is +8.0% "
        "(Sigma-Delta, MNIST, k, lambda 3.59e-10)"
    )
