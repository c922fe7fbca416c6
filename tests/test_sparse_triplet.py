"""STDP of triplets on sparse synapses: the bytes of the dense rule, an oracle, engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from plastic_cases import TRIPLETS, PlasticOracle, network
from test_sparse_stdp import both, bytes_of, ran

import eventnet as en
from eventnet.learning import SparseTripletStdp, TripletStdp

CHOICES: list[dict[str, Any]] = [{}, {"mu": 1.0}, {"mu": 0.4, "pairing": "nearest"}, {"equal": "order"}]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("options", CHOICES, ids=str)
def test_on_all_to_all_the_bytes_and_counts_are_those_of_the_dense_rule(options: Any, dtype: str) -> None:
    for seed in range(4):
        dense, sparse = both(TripletStdp, SparseTripletStdp, "reference", dtype, seed, **TRIPLETS, **options)
        assert dense == sparse


@pytest.mark.slow
@pytest.mark.parametrize("options", CHOICES, ids=str)
def test_compiled_they_are_too(options: Any) -> None:
    for dtype in ("float64", "float32"):
        dense, sparse = both(TripletStdp, SparseTripletStdp, "compiled", dtype, 7, **TRIPLETS, **options)
        assert dense == sparse


@pytest.mark.parametrize("seed", range(10))
def test_spikes_and_weights_are_those_of_an_oracle_of_triplets(seed: int) -> None:
    rule = SparseTripletStdp.given(**TRIPLETS, delays=("axonal", "dendritic")[seed % 2])
    net, events = network(np.random.default_rng(seed + 30), rule)
    wanted = PlasticOracle(net, rule)
    wanted.run(events, 100)
    sim = en.Simulation(net, order="fifo", engine="reference")
    sim.inject(events)
    sim.run(until=100)
    assert sim.tally.by_kind()["synaptic"] == wanted.adds
    assert sim.tally.spikes == len(wanted.spikes) > 0
    for name in ("source_to_layer", "layer_to_layer"):
        found = sim.weights(net[name].weights)[0][: len(wanted.weights(name))]
        assert found == pytest.approx(wanted.weights(name), abs=1e-12)


def test_both_engines_agree() -> None:
    net, events = network(np.random.default_rng(4), SparseTripletStdp.given(**TRIPLETS), "float32")
    reference, compiled = (ran(net, events, engine=engine) for engine in ("reference", "compiled"))
    assert bytes_of(reference) == bytes_of(compiled)
