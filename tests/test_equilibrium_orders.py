"""Digits that settle in every order: what is counted, and what differs from fifo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_reproductions import reproduce

from eventnet.models import EquilibriumNetwork
from eventnet.scenarios.reproductions.equilibrium_orders import FORMS, Rests, row, settle


def small() -> tuple[EquilibriumNetwork, np.ndarray]:
    net = EquilibriumNetwork([6, 5, 3], k=64, grid=256, engine="reference", dtype="float64", seed=2)
    net.w[:] = np.round(net.w * 256) / 256
    return net, np.random.default_rng(1).integers(0, 257, 6) / 256


def test_counts_are_those_of_the_events() -> None:
    net, x = small()
    found, events = settle(net, "fifo", x, 1, 0), net.events(x, 1)
    assert found is not None
    assert found.negative.tolist() == net.states(x[None])[0].tolist()
    assert (found.messages, found.later_messages) == (len(events.negative), len(events.positive))
    assert found.adds == sum(3 if unit < 5 else 5 for unit, _ in events.negative.tolist())
    assert found.later_adds == sum(3 if unit < 5 else 5 for unit, _ in events.positive.tolist())
    for products, moves in ((found.products, events.negative), (found.later_products, events.positive)):
        assert products == sum(3 if unit < 5 else 5 for unit, by in moves.tolist() if abs(by) > 1)
    assert 0 < found.products < found.adds
    both = np.concatenate([events.negative, events.positive])
    assert found.positive.tolist() == np.bincount(both[:, 0], both[:, 1], 8).tolist()


def test_every_form_rests_or_says_so() -> None:
    net, x = small()
    for form in FORMS:
        found = settle(net, form, x, 1, 3)
        assert found is None or (found.negative >= 0).all()


def test_differences_are_of_digits_that_rest_in_both() -> None:
    net, _ = small()
    a = Rests(np.array([1, 0, 0, 0, 0, 0, 9, 0]), np.array([1, 0, 0, 0, 0, 0, 12, 4]), 2, 6, 5, 2, 10, 0)
    b = a._replace(negative=np.array([1, 0, 0, 0, 0, 0, 9, 8]), positive=np.array([1, 0, 0, 0, 0, 0, 12, 12]), adds=8)
    found = row(net, "depth", [b, None, a], [a, a, None], np.array([1, 1, 1]))
    assert (found["unsettled"], found["elsewhere"], found["adds"], found["digits"]) == (1, 1, 8, 3)
    assert (found["products"], found["positive products"]) == (5, 0)
    assert found["apart"] == 8 / 8 / 64
    assert found["shift differs"] == 0
    assert row(net, "depth", [a], [a], np.array([1]))["elsewhere"] == 0


@pytest.mark.slow
def test_the_quick_form_has_every_order(tmp_path: Path) -> None:
    made = reproduce("equilibrium-orders", tmp_path)
    assert [each["order, delay"] for each in made["rows"]] == list(FORMS)
    assert {each["unsettled"] for each in made["rows"][:9]} == {0}
    assert sum("backpropagation of the same size" in note for note in made["notes"]) == 1
    assert made["pictures"] == ["equilibrium-orders.png"]
