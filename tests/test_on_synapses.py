"""What rules of sparse synapses share: how they are wired, columns with and without dendritic delays, blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.connectivity import descriptions
from eventnet.errors import NetworkError
from eventnet.learning import SparsePairStdp
from eventnet.learning.on_synapses import LONGEST

PAIRS: dict[str, Any] = {"a_plus": 0.1, "a_minus": 0.1, "tau_plus": 9.0, "tau_minus": 9.0}


def joined(delay: Any, delays: str, weight: Any = 0.5) -> tuple[en.Network, Any, Any]:
    net = en.Network("float64")
    a, b = net.add(en.Relay(4, name="a")), net.add(en.LeakyDelta(3, tau=9.0, name="b"))
    edges = en.Edges([3, 0, 3, 1, 3], [1, 2, 0, 0, 1])
    made: Any = net.connect(
        a, b, edges, weight=weight, delay=delay, plasticity=SparsePairStdp.given(**PAIRS, delays=delays)
    )
    return net, made, net[f"{made.name}_stdp"]


WIRES = {
    (7, "axonal"): [("a.out", "pre", 7), ("a_to_b_stdp.out", "a_to_b.rows", 0), ("b.out", "post", 0)],
    (7, "dendritic"): [("a.out", "pre", 7), ("a_to_b_stdp.out", "a_to_b.rows", 0), ("b.out", "post", 14)],
    ("own", "axonal"): [
        ("a.out", "a_to_b.spikes", 0), ("a_to_b.axon", "pre", 0), ("a_to_b_stdp.out", "a_to_b.rows", 0),
        ("b.out", "post", 0),
    ],
    ("own", "dendritic"): [
        ("a.out", "a_to_b.spikes", 0), ("a_to_b.axon", "pre", 0), ("a_to_b_stdp.out", "a_to_b.rows", 0),
        ("b.out", "back", 0), ("a_to_b_stdp.dendrite", "post", 0),
    ],
}  # fmt: skip


@pytest.mark.parametrize("delay, delays", WIRES, ids=str)
def test_the_wires_say_where_delays_lie(delay: Any, delays: str) -> None:
    net, _, _ = joined([2, 4, 5, 2, 2] if delay == "own" else delay, delays)
    found = [(str(w.source), str(w.target).removeprefix("a_to_b_stdp."), w.delay) for w in net.wires]
    assert found == WIRES[delay, delays]


def test_columns_list_the_synapses_of_each_unit() -> None:
    for delays in ("axonal", "dendritic"):
        _, made, rule = joined(3, delays)
        sources, targets, _, _ = made.edges()
        for j in range(3):
            listed = rule.indices["listed"][rule.integers["heads"][j] : rule.integers["heads"][j + 1]]
            assert listed.tolist() == np.flatnonzero(targets == j).tolist()
        assert rule.n_out == 3
        assert rule.indices["column_of"] is made.projection.drawn.targets
    assert sources.tolist() == [0, 1, 3, 3, 3]


def test_dendritic_delays_by_synapse_make_a_column_for_each_delay_of_a_unit() -> None:
    _, made, rule = joined([2, 4, 5, 2, 3], "dendritic")
    _, targets, _, delays = made.edges()
    pairs = sorted(set(zip(targets.tolist(), delays.tolist(), strict=True)))
    assert rule.n_out == len(pairs) == 5
    assert rule.integers["waits"].tolist() == [2 * d for _, d in pairs]
    assert rule.integers["parts"].tolist() == [0, 2, 4, 5]
    assert [pairs[c] for c in rule.indices["column_of"]] == list(zip(targets.tolist(), delays.tolist(), strict=True))
    _, _, axonal = joined([2, 4, 5, 2, 3], "axonal")
    assert (axonal.n_out, len(axonal.integers["waits"])) == (3, 0)


def test_each_synapse_gets_a_weight_of_its_own() -> None:
    for weight, wanted in ((0.5, [0.5] * 5), ([0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.4, 0.4, 0.4])):
        for delay in (3, [2, 4, 5, 2, 2]):
            _, made, rule = joined(delay, "axonal", weight)
            assert made.weights.array.tolist() == [wanted]
            assert rule.weights is made.weights


def test_with_a_memory_the_rule_has_a_block_of_tags() -> None:
    net = en.Network("float64")
    a, b = net.add(en.Relay(4, name="a")), net.add(en.LeakyDelta(3, tau=9.0, name="b"))
    rule = SparsePairStdp.given(**PAIRS, memory=9.0, bounds=None)
    made: Any = net.connect(a, b, en.AllToAll(), weight=0.5, plasticity=rule)
    tags: Any = net["a_to_b_stdp"]
    assert tags.weights is not made.weights
    assert not tags.weights.array.any()


def test_no_synapses_are_legal() -> None:
    for delay in (3, en.Uniform(1, 4)):
        net = en.Network("float64")
        a, b = net.add(en.Relay(4, name="a")), net.add(en.LeakyDelta(3, tau=9.0, name="b"))
        rule = SparsePairStdp.given(**PAIRS, delays="dendritic")
        net.connect(a, b, en.Bernoulli(0.0), weight=0.5, delay=delay, seed=1, plasticity=rule)
        sim = en.Simulation(net, engine="reference")
        sim.inject([(0, a.spikes, 1, 1), (3, net["a_to_b_stdp"].post, 1, 1)] if delay == 3 else [(0, a.spikes, 1, 1)])
        assert sim.run().tally.by_kind()["synaptic"] == 0


def test_what_does_not_fit_into_memory_is_refused_before_columns_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    _, made, _ = joined(3, "axonal")
    monkeypatch.setattr(descriptions, "memory_left", lambda: 19)
    with pytest.raises(NetworkError, match="makes 5 synapses, which take 0.0 GB at 4 bytes"):
        SparsePairStdp(made.weights, made, **PAIRS)


@pytest.mark.slow
def test_dendritic_delays_have_to_be_below_half_of_time() -> None:
    with pytest.raises(NetworkError, match="spikes wait for two"):
        joined([2, 4, 5, 2, LONGEST], "dendritic")
    joined([2, 4, 5, 2, LONGEST], "axonal")
