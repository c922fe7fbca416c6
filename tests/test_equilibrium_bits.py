"""Sections 8.5.2 on MNIST in small: what rows say of errors and costs."""

from __future__ import annotations

import pytest

from eventnet.scenarios.reproductions import equilibrium_bits as bits
from eventnet.scenarios.reproductions import equilibrium_deep as deep


@pytest.mark.slow
def test_changes_of_bits_cost_less_than_ones() -> None:
    rows = bits.train(None, 3, [40, 80], True)
    assert [row["samples"] for row in rows] == [40, 80]
    assert all(0 < 2 * row["adds, changes"] < row["adds, ones"] for row in rows)
    assert all(row["test"] is None and 0 < row["error"] <= 100 for row in rows)


@pytest.mark.slow
def test_a_run_of_a_deep_network_ends_at_a_sample_that_does_not_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    (rests,) = deep.train(None, 0.5, 3, [20], True)
    assert rests["rests"]
    assert rests["adds"] > 100 * rests["messages"]
    monkeypatch.setattr(deep, "MOST", 100)
    (first,) = deep.train(None, 0.5, 3, [20, 40], True)
    assert not first["rests"]
    assert first["error"] is None
