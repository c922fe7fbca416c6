"""Table B.1: every lambda at the full schedule, each published number in its place."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eventnet.scenarios.reproductions import sigma_delta_mnist as table
from eventnet.scenarios.reproductions.common.report import Request

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
    found = [
        {column: by * value for column, value in table.PUBLISHED[0.0].items()} | {"scales": f"{by} 1"}
        for by in (1.0, 3.0)
    ]
    rows = table._rows("scales of 1", found, table.PUBLISHED[0.0])
    assert [line["difference"] for line in rows] == [100.0] * 8 + [None]
    assert rows[4] == {
        "network": "scales of 1", "quantity": "Sigma-Delta, temporal MNIST, k", "published": 24, "measured": 48.0,
        "by seed": "24 to 72", "difference": 100.0,
    }  # fmt: skip
    assert (rows[8]["measured"], rows[8]["by seed"]) == ("1.0 1; 3.0 1", None)
    assert {line["by seed"] for line in table._rows("one", found[:1], {})} == {None}


def test_published_training_errors_are_shares_of_the_authors_split() -> None:
    for error in (0.024, *(printed["measured training error %"] for printed in table.PUBLISHED.values())):
        n = {samples: error * samples / 100 for samples in (50_000, 60_000)}
        assert abs(n[50_000] - round(n[50_000])) < 1e-6 or error >= 1
    assert abs(0.024 * 600 - round(0.024 * 600)) > 0.3


@pytest.mark.parametrize(("most", "seeds"), [(None, [7, 8, 9]), (1, [7])])
def test_seeds_have_networks_and_scales_of_their_own(
    most: int | None, seeds: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every job of every stage goes to workers, and each measuring has the scales that were chosen for its network."""
    stages: list[tuple[str, int]] = []

    def work(function: Any, jobs: list[Any], request: Request) -> list[Any]:
        stages.append((function.__name__, len(jobs)))
        return [function(*job) for job in jobs]

    def measured(network: str, folder: Any, quick: bool, cache: str, scales: list[float]) -> dict[str, Any]:
        assert scales[0] == float(network)
        printed = table.PUBLISHED.get(scales[1], table.PUBLISHED[0.0])
        return {"scales": network, **printed, "measured error %": float(network)}

    def trained(folder: Any, quick: bool, out: str, seed: int) -> str:
        return str(seed)

    def scales_for(network: str, folder: Any, quick: bool, tradeoff: float) -> list[float]:
        return [float(network), tradeoff]

    def free_choice(network: str, folder: Any, quick: bool) -> list[float]:
        return [float(network), -1.0]

    def original(network: str, folder: Any, quick: bool) -> dict[str, float]:
        return {"measured training error %": 0.1, "measured error %": 2.0, "dense k": 400.0, "sparse k": 100.0}

    for function in (measured, trained, scales_for, free_choice, original):
        monkeypatch.setattr(table, function.__name__, function)
    monkeypatch.setattr(table, "in_parallel", work)
    monkeypatch.setattr(table, "data_of", lambda *given: None)
    monkeypatch.setattr(table, "temporal", lambda *given, **options: None)
    monkeypatch.setattr(table, "_draw", lambda *given: tmp_path / "picture.png")
    report = table.sigma_delta_mnist(Request(tmp_path, seed=7, most_seeds=most))
    n = len(seeds)
    assert stages == [("trained", n), ("scales_for", 11 * n), ("free_choice", n), ("measured", 12 * n), ("original", n)]
    assert [(row["seed"], row["tradeoff"]) for row in report.curves] == [(s, t) for s in seeds for t in table.TRADEOFFS]
    errors = [row for row in report.rows if row["quantity"] == "error, %" and "lambda" in row["network"]]
    assert {(row["measured"], row["by seed"]) for row in errors} == {
        (float(np.mean(seeds)), "7 to 9" if n > 1 else None)
    }
    assert "33 of 33 within 5%" in " ".join(report.notes)


def test_the_furthest_number_of_operations_is_named() -> None:
    curves: list[Any] = [{"tradeoff": t, **printed} for t, printed in table.PUBLISHED.items()]
    curves[2] = curves[2] | {"energy nJ, SD MNIST": 24.3 * 1.08}
    curves[3] = curves[3] | {"energy nJ, rounding": 17.8 * 0.96}
    assert table._furthest(curves) == (
        "operations, by the published energies of three digits: 32 of 33 within 5%; the furthest is +8.0% "
        "(energy estimate, nJ, Sigma-Delta, MNIST, lambda 3.59e-10)"
    )
