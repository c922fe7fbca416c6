"""The study of rest: both phases beside plain iteration, learning, and what the graph says of each way to check."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.models.equilibrium_states import glorot
from eventnet.order import ORDERS
from eventnet.scenarios.reproductions.coming_to_rest import (
    BETA,
    CHECKS,
    SIZES,
    K,
    TwoBlocks,
    X,
    Y,
    learn,
    lesson,
    network,
    settle,
    warned,
)


def weights(seed: int) -> TwoBlocks:
    rng = np.random.default_rng(seed)
    return TwoBlocks(glorot(SIZES, rng, "float64"), [rng.uniform(0, 0.4, n) for n in SIZES[1:]])


def rounds(v: np.ndarray) -> np.ndarray:
    return np.floor(K * np.clip(v, 0, 1) + 0.5)


def is_at_rest(
    made: TwoBlocks, x: np.ndarray, hidden: np.ndarray, outputs: np.ndarray, target: np.ndarray | None
) -> bool:
    """Every unit is at the level that is nearest to what draws it."""
    up = x @ made.w[0] + outputs / K @ made.w[1].T + made.b[0]
    v = hidden / K @ made.w[1] + made.b[1]
    if target is not None:
        v = (v + 2 * BETA * target) / (1 + 2 * BETA)
    return bool((rounds(up) == hidden).all() and (rounds(v) == outputs).all())


@pytest.mark.parametrize("order", ["fifo", "random"])
def test_both_phases_end_where_no_unit_would_move(order: str) -> None:
    moved = 0
    for seed in range(3):
        made = weights(seed)
        for x, y in zip(X, Y, strict=True):
            found = settle(network(made), x, int(y), order, "once a burst", seed)
            assert found is not None
            assert is_at_rest(made, x, *found.negative, None)
            assert is_at_rest(made, x, *found.positive, np.eye(2)[y])
            moved += int((found.positive[0] != found.negative[0]).sum())
    assert moved


def test_learning_is_the_contrast_of_both_rests() -> None:
    made = weights(1)
    net = network(made)
    found = [settle(net, x, int(y), "fifo", "once a burst") for x, y in zip(X, Y, strict=True)]
    before = made.w[1].copy(), made.b[1].copy()
    learn(made, [one for one in found if one is not None])
    contrast = sum(
        np.outer(one.positive[0], one.positive[1]) - np.outer(one.negative[0], one.negative[1])
        for one in found if one is not None
    )  # fmt: skip
    assert made.w[1] - before[0] == pytest.approx(0.1 / BETA / 4 * contrast / K**2)
    shift = sum((one.positive[1] - one.negative[1]) / K for one in found if one is not None)
    assert made.b[1] - before[1] == pytest.approx(0.1 / BETA / 4 * shift)


@pytest.mark.slow
def test_exclusive_or_is_learned_where_layers_look_once_all_has_arrived() -> None:
    assert lesson("fifo", "once a burst", 60, 101)[-1]["right"] == 4


@pytest.mark.slow
def test_a_run_ends_where_a_phase_does_not_rest() -> None:
    rows = [lesson("fifo", "each spike", 60, seed)[-1] for seed in (1234, 1235)]
    assert not all(row["rests"] for row in rows)
    assert all(row["epoch"] < 60 - 1 for row in rows if not row["rests"])


def test_the_graph_warns_of_checks_at_each_spike_but_in_random_order() -> None:
    for order in ORDERS:
        assert [warned(order, checks) for checks in CHECKS] == [order != "random", False, False]
