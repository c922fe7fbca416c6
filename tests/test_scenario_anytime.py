"""The contest of orders on digits: what each contender gets, what is told, and a table that adds up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eventnet.data import digits
from eventnet.errors import ModelError
from eventnet.order import ORDERS
from eventnet.scenarios.orders.anytime import MIXED, PLAIN, SPREADS, Contest, Sizes, contest, table, train


@pytest.fixture(scope="module")
def few() -> Any:
    """Digits of 7 x 7 pixels: the reference engine takes its time."""
    d = digits()
    coarse = [x.reshape(-1, 28, 28)[:, 2::4, 2::4].reshape(-1, 49) for x in (d.x_train[:20], d.x_test[:6])]
    return SimpleNamespace(x_train=coarse[0], y_train=d.y_train[:20], x_test=coarse[1], y_test=d.y_test[:6])


@pytest.fixture(scope="module")
def contests(few: Any) -> list[Contest]:
    told: list[tuple[int, int]] = []
    made = []
    for seed in (1, 2):
        model = train("spiking", [49, 10, 10], few, epochs=1, seed=seed, rate=0.05, scale=0.05)
        sizes = Sizes(learn=5, choose=2, test=6)
        made.append(contest(model, few, sizes, seed=seed, engine="reference", progress=lambda *at: told.append(at)))
    half = len(told) // 2
    assert told == [(k, half) for k in range(1, half + 1)] * 2
    return made


@pytest.mark.slow
def test_every_contender_answers_all_test_digits(contests: list[Contest], few: Any) -> None:
    names = [*ORDERS, "deepest, random", PLAIN, MIXED, "breadth, per burst"]
    for one in contests:
        assert list(one.found) == names
        assert one.spread in SPREADS
        for found in one.found.values():
            assert found.labels.tolist() == few.y_test.tolist()
        whole = {name: one.found[name].total["adds"].tolist() for name in ("depth", "breadth", "fifo", "topological")}
        assert len({tuple(adds) for adds in whole.values()}) == 1  # a chain: the same adds
        assert (one.found["depth"].first_spike["adds"] <= one.found["breadth"].first_spike["adds"]).all()


def test_the_table_is_of_the_guesses(contests: list[Contest]) -> None:
    rows = {row.name: row for row in table(contests, (0.9, 0.0))}
    base = rows["depth"]
    assert (base.ahead, base.ahead_band) == (0, (0, 0))
    for name, row in rows.items():
        found = [one.found[name] for one in contests]
        assert row.error == pytest.approx(np.mean([one.curve()[1][-1] for one in found]))
        assert row.area == pytest.approx(base.area - row.ahead)
        assert row.area_band[0] <= row.area <= row.area_band[1]
        reach = row.reach[0.9]
        if reach is not None:
            assert reach[1] <= reach[0] <= reach[2]
            assert reach[1] == min(one.cost_to(0.9) or 0 for one in found)
        assert row.first_spike <= row.adds


def test_a_sigma_delta_and_a_converted_network_are_made(few: Any) -> None:
    made: Any = train("sigma-delta", [49, 5, 10], few, epochs=1, seed=1, rate=0.1, scale=0.1)
    assert made.options["coalesce"] == "none"
    assert train("converted", [49, 5, 10], few, epochs=1, seed=1, rate=0.05, scale=0.05).sizes == [49, 5, 10]  # type: ignore[union-attr]
    with pytest.raises(ModelError, match="kind is 'analogue'"):
        train("analogue", [49, 10], few, epochs=1, seed=1, rate=0.1, scale=0.1)
