"""Thousands more random networks, half of them with a queue so small that it grows all the time."""

from __future__ import annotations

import numpy as np
import pytest
from cases import Case
from few import draws
from plastic_cases import drawn_rule, network
from response_cases import make_response_case
from stdp_cases import make_stdp_case
from test_engines import FAMILIES, agree
from ticked_cases import ticked_case

import eventnet as en
from eventnet.engine.compiled import CompiledEngine
from eventnet.order import ORDERS

pytestmark = pytest.mark.slow


def of_rows(net: en.Network, rows: list[tuple[int, int, int, int]], seed: int, until: int) -> Case:
    """A case of inputs that are rows, in an order by its seed; half of them count by root."""
    options = {"order": ORDERS[seed % len(ORDERS)], "seed": seed, "record": True, "roots": seed % 4 < 2}
    return Case(net, en.events(sorted(rows, key=lambda row: row[0])), options, until)


def make_ticked_case(seed: int) -> Case:
    """Layers with currents and conductances that reach each other, half of them without a delay, too."""
    net, rows = ticked_case(seed, least_delay=seed % 2)
    return of_rows(net, rows, seed, 65)


def make_plastic_case(seed: int) -> Case:
    """A layer whose synapses learn or tire."""
    rng = np.random.default_rng(seed)
    net, rows = network(rng, drawn_rule(rng), ("float64", "float32")[seed % 2])
    return of_rows(net, rows, seed, 100)


HUNDREDS = {
    "all kinds": 20, "inputs one by one": 5, "change": 10, "proportional-derivative codes": 2, "predictive codes": 2,
    "leaky neurons": 3, "opposite spikes": 4, "predicted crossings": 10, "many delays": 5,
    "plasticity": 5, "spike responses": 5, "layers with currents": 10, "plastic sparse synapses": 10,
}  # fmt: skip
MAKERS = {name: make for name, (make, _) in FAMILIES.items()} | {
    "plasticity": make_stdp_case, "spike responses": make_response_case, "layers with currents": make_ticked_case,
    "plastic sparse synapses": make_plastic_case,
}  # fmt: skip


def test_every_family_has_its_hundreds() -> None:
    assert set(HUNDREDS) == set(MAKERS)


@pytest.mark.parametrize(("family", "hundred"), [(name, k) for name, n in HUNDREDS.items() for k in range(n)])
def test_engines_agree_on_hundreds_of_random_networks(
    family: str, hundred: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hundred % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 2)
    for seed in range(10_000 + 100 * hundred, 10_000 + 100 * hundred + draws(100, 5)):
        agree(seed, MAKERS[family])
