"""What learning from a sample is said to cost: twins counted product by product, networks by their tallies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.cost import HOROWITZ_INT32
from eventnet.models import EquilibriumNetwork, PDNetwork
from eventnet.models.layers import Dense
from eventnet.scenarios.reproductions.common.learning_energy import MEMORY, pd_cost, settling_products, twin_cost
from eventnet.scenarios.reproductions.pd_mnist import SIZES, TWIN_MACS
from eventnet.scenarios.reproductions.pd_shifts import COST, EXACT, SHIFTS, row_of

X = np.random.default_rng(0).normal(0, 1, (20, 6)) * (np.random.default_rng(1).random((20, 6)) < 0.5)
Y = np.arange(20) % 3


def by_hand(net: Any, x: Any) -> tuple[int, int]:
    """Products and weights moved of a step that learns, one at a time: none with a factor of 0."""
    first, second = (layer for layer in net.layers() if isinstance(layer, Dense))
    products = moved = 0
    for sample in x:
        hidden = np.maximum(sample @ first.weights + first.bias, 0)
        for _ in range(np.count_nonzero(sample)):
            products += len(hidden)  # forward
            for j in range(len(hidden)):
                if hidden[j] > 0:  # the error of a unit that relu holds at 0 is 0
                    products, moved = products + 1, moved + 1
        for _ in range(np.count_nonzero(hidden)):
            products += 3 * second.weights.shape[1]  # forward, back to this unit, update
            moved += second.weights.shape[1]
    return products, moved


def test_a_twin_that_skips_zeros_does_the_products_that_are_left() -> None:
    net = PDNetwork([6, 5, 3], seed=3, engine="reference").twin().partial_fit(X, Y)
    products, moved = by_hand(net, X)
    found = twin_cost(net, X, skips_zeros=True)
    assert found["k products"] == found["k adds"] == pytest.approx(products / 20 / 1000, abs=0.05)
    assert found["nJ, everything"] == round(3.2 * products / 20 / 1000, 1)
    assert found["k words"] == round((products + moved) / 20 / 1000, 1)
    assert 0 < products < 20 * (2 * (6 * 5 + 5 * 3) + 5 * 3)


def test_a_dense_twin_costs_the_published_form() -> None:
    net = PDNetwork(SIZES, engine="reference").twin()
    x = np.zeros((2, 784), np.float32)
    found = twin_cost(net, x, skips_zeros=False)
    assert found["k products"] == TWIN_MACS / 1000
    assert found["nJ, operations"] == found["nJ, everything"] == round(3.2 * TWIN_MACS / 1000, 1)
    assert found["k words"] == (TWIN_MACS + 784 * 200 + 2000) / 1000
    assert found["nJ, words too"] == pytest.approx(3.2 * TWIN_MACS / 1000 + 50 * found["k words"], abs=0.1)


@pytest.mark.parametrize("rule", ["past", "recon"])
def test_a_network_costs_what_its_tally_holds_and_past_keeps_a_word_beside_each_weight(rule: str) -> None:
    net = PDNetwork([6, 5, 3], rule=rule, engine="reference").fit(X, Y)
    tally = net.tally
    assert tally is not None
    found, totals = pd_cost(net, 1000.0, 20), tally.totals()
    updates = sum(
        row["writes"] for port, row in tally.by_port().items() if port in ("update0.settle", "update1.settle")
    )
    words = totals["reads"] + totals["writes"] + (2 * updates if rule == "past" else 0)
    energy = (0.1 * tally.adds + 3.1 * tally.multiplies) / 20 / 1000
    assert found["nJ, everything"] == round(energy, 1)
    assert found["nJ, checks too"] == round(energy + 0.1 * totals["compares"] / 20 / 1000, 1)
    assert found["nJ, operations"] == 0.1
    assert found["k words"] == round(words / 20 / 1000, 1)
    assert HOROWITZ_INT32.with_memory(MEMORY).prices["reads"] == 50
    assert found["nJ, words too"] == pytest.approx(energy + 50 * words / 20 / 1000, abs=0.06)


def test_a_row_has_paired_differences_from_exact_decays() -> None:
    cost = dict.fromkeys(COST, 2.0)
    rows = [
        {"variant": way, "data": "d", "seed": seed, "accuracy %": accuracy, **cost}
        for way, found in ((EXACT, (90.0, 92.0)), (SHIFTS, (89.0, 93.0))) for seed, accuracy in enumerate(found)
    ]  # fmt: skip
    found = row_of(SHIFTS, "d", rows)
    assert (found["accuracy %"], found["minus exact"], found["k adds"]) == (91.0, 0.0, 2.0)
    assert found["minus exact, 95%"] == "-12.71 to +12.71"  # t(1) = 12.706 times 1
    assert row_of(EXACT, "d", rows)["minus exact"] is None


@pytest.mark.slow
def test_products_of_a_network_that_settles_are_those_of_the_batched_form() -> None:
    """At inputs of more than one level: a pixel of one is an add alone on the engine, and a product in the other."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(2, 257, (10, 12)) / 256, rng.integers(0, 3, 10)
    nets = [
        EquilibriumNetwork([12, 8, 3], k=32, learn="event", grid=256, engine=engine, dtype="float64").fit(x, y, batch=1)
        for engine in ("reference", None)
    ]
    found, cost = settling_products(nets[0].tally), nets[1].cost
    assert found.inputs == cost.input_products == 12 * 8 * 10
    assert found.messages == cost.negative_products + cost.positive_products > 0
    assert found.learning == cost.learning_products > 0
