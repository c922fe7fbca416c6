"""Sections 8.5.2 on MNIST in small: what rows say of errors and costs."""

from __future__ import annotations

import pytest

from eventnet.scenarios.reproductions import equilibrium_bits as bits
from eventnet.scenarios.reproductions import equilibrium_deep as deep


def test_rows_count_networks_that_are_stuck_after_their_first_epoch_and_keep_adds_and_products_apart() -> None:
    curves = [
        {"seed": seed, "samples": n, "error": error, "test": error + 1, "adds, ones": 800.0 + n, "adds, changes": 300.0,
         "learning": 20.0 * n, "learned since": since}
        for seed, errors in ((1, (30.5, 12.0)), (2, (5.0, 14.0)))
        for n, since, error in zip((10, 40), (10, 30), errors, strict=True)
    ]  # fmt: skip
    row = bits._row(40, 2, 10, curves)
    assert (row["stuck"], row["error %"]) == ("1 of 2", "12.00 14.00")
    assert (row["adds, ones"], row["adds, changes"], row["products"]) == ("832", "300", 0)
    assert row["learning adds"] == row["learning products"] == "650"


@pytest.mark.slow
def test_changes_of_bits_cost_less_than_ones() -> None:
    rows = bits.train(None, 3, [40, 80], True)
    assert [row["samples"] for row in rows] == [40, 80]
    assert all(0 < 2 * row["adds, changes"] < row["adds, ones"] for row in rows)
    assert all(row["test"] is None and 0 < row["error"] <= 100 for row in rows)


def test_deep_networks_that_are_stuck_are_counted_among_those_that_rest() -> None:
    def run(seed: int, error: float | None) -> dict[str, object]:
        return {
            "scale": 0.5, "levels": "64", "seed": seed, "samples": 20, "rests": error is not None, "error": error,
            "test": error and error + 1,
        } | {name: 10.0 * n for n, name in enumerate(deep.COSTS, 1)}  # fmt: skip

    curves = [run(1, 31.0), run(2, 12.0), run(3, None)]
    row = deep._row(0.5, "64", curves, [20], 3)
    assert (row["rest to the end"], row["stuck"], row["error %"]) == ("2 of 3", "1 of 2", "21.5 (12.0 to 31.0)")
    assert row["official %"] == "22.5 (13.0 to 32.0)"
    assert [row[name] for name in deep.COSTS] == [f"{n} ({n} to {n})" for n in (10, 20, 30, 40, 50)]
    assert deep._row(0.5, "64", curves[2:], [20], 1)["stuck"] is None


@pytest.mark.slow
def test_a_run_of_a_deep_network_ends_at_a_sample_that_does_not_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    (rests,) = deep.train(None, 0.5, 64, 3, [20], True)
    assert rests["rests"]
    assert rests["adds"] > 100 * rests["messages"]
    assert rests["adds"] > rests["products"] > 0.1 * rests["adds"]
    assert rests["learning adds"] == rests["learning products"] > 0
    monkeypatch.setattr(deep, "MOST", 100)
    (first,) = deep.train(None, 0.5, deep.FINER, 3, [20, 40], True)
    assert not first["rests"]
    assert first["error"] is None
