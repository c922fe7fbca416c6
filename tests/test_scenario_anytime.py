"""The contest of orders on digits: what each contender gets, what is told, and a table that adds up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eventnet import analysis
from eventnet.analysis import AnytimeAnswers
from eventnet.data import digits
from eventnet.errors import ModelError
from eventnet.order import ORDERS
from eventnet.scenarios.orders.anytime import MIXED, PLAIN, SPREADS, Contest, Sizes, contest, table, train
from eventnet.scenarios.shared.paired import MeanInterval


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_intervals_are_over_networks(contests: list[Contest]) -> None:
    rows = {row.name: row for row in table(contests, (0.95,))}
    up_to = max(np.mean([c.found[name].total["adds"].mean() for c in contests]) for name in rows)
    for name, row in rows.items():
        apart = [float(np.mean(c.found["depth"].areas(up_to)) - np.mean(c.found[name].areas(up_to))) for c in contests]
        half = 12.706204736 * abs(apart[0] - apart[1]) / 2  # Student's t of one degree of freedom
        assert row.ahead_band == pytest.approx((np.mean(apart) - half, np.mean(apart) + half), abs=1e-9)


def answering(*right_from: int) -> AnytimeAnswers:
    """Samples of 100 adds that are wrong at first, and right after so many."""
    n = len(right_from)
    costs = np.array([cost for at in right_from for cost in (0, at)])
    whole = np.full(n, 100)
    return AnytimeAnswers(
        "made", None, np.ones(n, int), np.arange(0, 2 * n + 1, 2), np.tile([0, 1], n),
        dict.fromkeys(("adds", "deliveries", "ticks"), costs), dict.fromkeys(("adds", "deliveries", "ticks"), whole),
        dict.fromkeys(("adds", "deliveries", "ticks"), whole),
    )  # fmt: skip


def test_adds_to_an_error_stand_beside_the_first_ones_by_network() -> None:
    found = [
        Contest({"one": answering(10, 40), "two": answering(20, 20)}, [], 0.0),
        Contest({"one": answering(10, 40), "two": answering(40, 80)}, [], 0.0),
    ]
    one, two = table(found, (0.5, 0.0))
    assert one.reach == {0.5: (10, 10, 10), 0.0: (40, 40, 40)}
    assert one.beside[0.5] == MeanInterval(1, 1, 1)
    assert two.reach == {0.5: (30, 20, 40), 0.0: (50, 20, 80)}
    ratio = two.beside[0.5]
    assert ratio is not None
    assert ratio.mean == pytest.approx(np.sqrt(8))  # of 2 and 4
    assert ratio.high == pytest.approx(np.sqrt(8) * np.exp(12.706204736 * np.log(2) / 2))
    (never,) = table([Contest({"one": answering(10, 40)}, [], 0.0)], (0.5,))
    assert never.beside[0.5] == MeanInterval(1, None, None)


@pytest.mark.slow
def test_of_one_network_intervals_are_over_its_samples(contests: list[Contest]) -> None:
    rows = {row.name: row for row in table(contests[:1], (0.9,))}
    one = contests[0].found["breadth"]
    up_to = max(float(found.total["adds"].mean()) for found in contests[0].found.values())
    assert rows["breadth"].area_band == analysis.bootstrap(one.areas(up_to))


def test_a_sigma_delta_and_a_converted_network_are_made(few: Any) -> None:
    made: Any = train("sigma-delta", [49, 5, 10], few, epochs=1, seed=1, rate=0.1, scale=0.1)
    assert made.options["coalesce"] == "none"
    assert train("converted", [49, 5, 10], few, epochs=1, seed=1, rate=0.05, scale=0.05).sizes == [49, 5, 10]  # type: ignore[union-attr]
    with pytest.raises(ModelError, match="kind is 'analogue'"):
        train("analogue", [49, 10], few, epochs=1, seed=1, rate=0.1, scale=0.1)
