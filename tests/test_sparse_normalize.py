"""Normalisation of sparse synapses: the bytes of the dense rule, sums by hand, engines, files, what is refused."""

from __future__ import annotations

import math
from typing import Any

import few
import numpy as np
import pytest
from test_sparse_stdp import bytes_of, ran

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.learning import Normalize, SparseNormalize, SparsePairStdp, SparseTraceTarget, TsodyksMarkram

ENGINES = ("reference", "compiled")


def on_synapses(how: Any, weights: Any, engine: str, dtype: str = "float64", **options: Any) -> tuple[Any, Any, Any]:
    """The synapses, their weights after two spikes at `apply`, and the tally."""
    sources, targets = options.pop("sizes", (7, 5))
    net = en.Network(dtype)
    a, b = net.add(en.Relay(sources, name="a")), net.add(en.LeakyDelta(targets, tau=9.0, name="b"))
    made: Any = net.connect(a, b, how, weight=weights, **options)
    sums = net.add(SparseNormalize(made.weights, made, total=2.5, name="sums"))
    sim = en.Simulation(net, engine=engine)
    sim.inject([(t, sums.apply, 0, 1) for t in (0, 3)])
    return made, sim.run().weights(made.weights)[0].copy(), sim.tally


# --- the dense rule --------------------------------------------------------------------------------------------------
def as_on_a_block(engine: str, dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = int(rng.integers(1, 40)), int(rng.integers(2, 130))
    weights = rng.normal(0, 1, sizes) * rng.integers(0, 2, sizes[1])
    net = en.Network(dtype)
    block = net.weights(weights)
    sums = net.add(Normalize(block, total=2.5, name="sums"))
    dense = en.simulate(net, [(t, sums.apply, 0, 1) for t in (0, 3)], engine=engine)
    _, found, tally = on_synapses(en.AllToAll(), weights.ravel(), engine, dtype, sizes=sizes)
    assert found.tobytes() == dense.weights(block).tobytes()
    assert tally.by_port()["sums.apply"] == dense.tally.by_port()["sums.apply"]
    assert np.abs(found - weights.ravel()).max() > 0 or not weights.any()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_on_all_to_all_the_bytes_and_counts_are_those_of_the_dense_rule(dtype: str) -> None:
    for seed in range(10):
        as_on_a_block("reference", dtype, seed)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_compiled_they_are_too(dtype: str) -> None:
    for seed in range(10, 60):
        as_on_a_block("compiled", dtype, seed)


# --- by hand ---------------------------------------------------------------------------------------------------------
HOWS = [
    en.FixedInDegree(4), en.FixedOutDegree(3), en.Bernoulli(0.3), en.AllToAll(), en.FixedTotalNumber(20),
    en.Edges([0, 6, 0, 0, 3, 3], [1, 1, 1, 4, 0, 4]),
]  # fmt: skip


@pytest.mark.parametrize("delay", [2, en.Uniform(0.6, 7)], ids=["a delay", "delays by synapse"])
@pytest.mark.parametrize("how", HOWS, ids=str)
def test_the_sizes_of_the_weights_of_each_unit_sum_up_to_the_total(how: Any, delay: Any) -> None:
    made, found, tally = on_synapses(how, en.Uniform(-1, 2), "reference", delay=delay, seed=3)
    _, targets, first, _ = made.edges()
    of_unit = [[k for k, j in enumerate(targets.tolist()) if j == unit] for unit in range(5)]
    wanted = first.tolist()
    for synapses in of_unit:
        total = math.fsum(abs(wanted[k]) for k in synapses)
        for k in synapses:
            wanted[k] *= 2.5 / total
    assert found == pytest.approx(wanted, rel=1e-14)
    reached = sum(len(synapses) > 0 for synapses in of_unit)
    row, n = tally.by_port()["sums.apply"], len(targets)
    assert (row["learning_adds"], row["multiplies"]) == (2 * n, 2 * (n + reached))
    assert (row["reads"], row["writes"]) == (4 * n, 2 * n)
    assert tally.by_kind()["learning"] == tally.adds == 2 * n


def test_a_unit_of_zeros_stays_and_signs_do() -> None:
    _, found, tally = on_synapses(en.Edges([0, 1, 2, 3], [0, 1, 0, 1]), [0.0, 1.0, 0.0, -4.0], "reference")
    assert found.tolist() == [0.0, 0.5, 0.0, -2.0]
    assert tally.multiplies == 2 * (4 + 1)


def test_one_synapse_and_none_are_legal() -> None:
    assert on_synapses(en.Edges([3], [2]), 0.5, "reference")[1].tolist() == [2.5]
    made, found, tally = on_synapses(en.Bernoulli(0.0), 0.5, "reference", seed=1)
    assert len(made.projection.drawn.targets) == tally.adds == tally.multiplies == 0
    assert found.tolist() == [0.0]


def test_two_sets_of_synapses_of_a_layer_are_scaled_each_by_itself() -> None:
    net = en.Network("float64")
    a, b = net.add(en.Relay(2, name="a")), net.add(en.LeakyDelta(1, tau=9.0, name="b"))
    first, second = (net.connect(a, b, en.AllToAll(), weight=[w, 3 * w], name=f"{w}") for w in (0.5, 1.0))
    sums = net.add(SparseNormalize(first.weights, first, total=1.0))
    run = en.simulate(net, [(0, sums.apply, 0, 1)], engine="reference")
    assert run.weights(first.weights).tolist() == [[0.25, 0.75]]
    assert run.weights(second.weights).tolist() == [[1.0, 3.0]]


def test_strengths_of_short_term_plasticity_are_scaled() -> None:
    net = en.Network("float64")
    a, b = net.add(en.Relay(2, name="a")), net.add(en.LeakyDelta(1, tau=9.0, name="b"))
    rule = TsodyksMarkram.given(U=0.5, tau_rec=9.0)
    made: Any = net.connect(a, b, en.Edges([0, 1], [0, 0]), weight=[1.0, 3.0], plasticity=rule)
    strengths = net["a_to_b_resources"].weights
    sums = net.add(SparseNormalize(strengths, made, total=2.0))
    run = en.simulate(net, [(0, sums.apply, 0, 1)], engine="reference")
    assert run.weights(strengths).tolist() == [[0.5, 1.5]]


# --- beside plasticity: engines, files -------------------------------------------------------------------------------
def learning(seed: int, dtype: str) -> tuple[en.Network, list[Any]]:
    """A layer that reaches itself by plastic synapses, scaled at times."""
    rng, net = np.random.default_rng(seed), en.Network(dtype)
    source = net.add(en.Relay(5, name="source"))
    layer = net.add(en.LeakyDelta(8, tau=20.0, threshold=0.7, refractory=2, name="layer"))
    events = [(int(t), int(source.spikes), int(rng.integers(5)), 1) for t in rng.integers(0, 80, 60)]
    how = [
        en.FixedInDegree(3),
        en.Bernoulli(0.5),
        en.AllToAll(),
        en.Edges(rng.integers(0, 5, 15), rng.integers(0, 8, 15)),
    ]
    for x, kind in ((source, int(rng.integers(4))), (layer, int(rng.integers(3)))):
        rule: Any = SparseTraceTarget.given(tau=9.0, rate=0.2, target=0.2)
        if rng.random() < 0.5:
            pairs = {"a_plus": 0.05, "a_minus": 0.04, "tau_plus": 9.0, "tau_minus": 13.0}
            rule = SparsePairStdp.given(**pairs, mu=float(rng.choice([0.0, 0.5, 1.0])))
        delay: Any = int(rng.integers(1, 7)) if rng.random() < 0.5 else en.Uniform(0.6, 7)
        options: dict[str, Any] = {"weight": en.Uniform(0.1, 0.5), "delay": delay, "seed": seed, "plasticity": rule}
        made: Any = net.connect(x, layer, how[kind], **options)
        sums = net.add(SparseNormalize(made.weights, made, total=1.5, name=f"{made.name}_sums"))
        events += [(t, int(sums.apply), 0, 1) for t in range(0, 100, 20)]
    return net, sorted(events, key=lambda row: row[0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", few.part(range(20), 5))
def test_both_engines_agree_in_every_order(seed: int) -> None:
    net, events = learning(seed, ("float64", "float32")[seed % 2])
    for order in ("depth", "breadth", "fifo", "random", "magnitude", "topological"):
        reference, compiled = (ran(net, events, order=order, engine=engine) for engine in ENGINES)
        assert bytes_of(reference) == bytes_of(compiled), order
    assert bytes_of(ran(net, events, check=True)) == bytes_of(ran(net, events))


def test_both_engines_agree() -> None:
    net, events = learning(4, "float32")
    reference, compiled = (ran(net, events, engine=engine) for engine in ENGINES)
    assert bytes_of(reference) == bytes_of(compiled)


@pytest.mark.slow
def test_a_file_and_a_checkpoint_go_on_as_the_run_would_have_gone(tmp_path: Any) -> None:
    for seed in range(6):
        net, events = learning(seed, "float64")
        whole = ran(net, events, engine="reference")
        assert min(row["learning_adds"] for name, row in whole.tally.by_module().items() if name.endswith("_sums")) > 0
        net.save(tmp_path / "net.npz")
        assert bytes_of(ran(en.Network.load(tmp_path / "net.npz"), events, engine="reference")) == bytes_of(whole)
        part = ran(net, events, 50, engine="reference")
        part.save(tmp_path / "half.npz")
        later = en.Simulation(net, record=True, roots=True, engine="reference").resume(tmp_path / "half.npz")
        assert bytes_of(later.run(until=100)) == bytes_of(whole)


# --- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("total", [0.0, -1.0, np.nan, np.inf])
def test_a_total_is_above_0(total: float) -> None:
    net = en.Network("float64")
    a, b = net.add(en.Relay(2, name="a")), net.add(en.LeakyDelta(1, tau=9.0, name="b"))
    made: Any = net.connect(a, b, en.AllToAll(), weight=[0.5, 0.25])
    with pytest.raises(NetworkError, match="total is .*; wanted a finite number above 0"):
        SparseNormalize(made.weights, made, total=total)


def test_a_block_of_sparse_synapses_is_refused_by_the_dense_rule() -> None:
    for rule in (
        None,
        SparsePairStdp.given(a_plus=0.1, a_minus=0.1, tau_plus=9.0, tau_minus=9.0, memory=9.0, bounds=None),
    ):
        net = en.Network("float64")
        a, b = net.add(en.Relay(2, name="a")), net.add(en.LeakyDelta(3, tau=9.0, name="b"))
        net.connect(a, b, en.FixedInDegree(2), weight=en.Uniform(0, 1), seed=1, plasticity=rule)
        assert len(net.blocks) == (1 if rule is None else 2)
        for block in net.blocks:
            with pytest.raises(NetworkError, match="those of sparse synapses; wanted SparseNormalize\\(weights, syn"):
                Normalize(block, total=1.0)
    Normalize(net.weights([[0.5, 0.25]]), total=1.0)


def test_a_network_that_was_saved_with_it_goes_on_loading(tmp_path: Any) -> None:
    net = en.Network("float64")
    a, b = net.add(en.Relay(2, name="a")), net.add(en.LeakyDelta(1, tau=9.0, name="b"))
    made: Any = net.connect(a, b, en.AllToAll(), weight=[0.5, 0.25])
    made.weights.sparse = False  # as earlier versions had it
    net.add(Normalize(made.weights, total=1.0, name="sums"))
    net.save(tmp_path / "net.npz")
    loaded = en.Network.load(tmp_path / "net.npz")
    assert loaded["sums"].weights is loaded[made.name].weights
    with pytest.raises(NetworkError, match="wanted SparseNormalize"):
        Normalize(loaded["sums"].weights, total=1.0)


def test_weights_are_one_a_synapse_and_of_synapses() -> None:
    net = en.Network("float64")
    a, b = net.add(en.Relay(3, name="a")), net.add(en.LeakyDelta(3, tau=9.0, name="b"))
    shared: Any = net.connect(a, b, en.AllToAll(), weight=0.5)
    with pytest.raises(NetworkError, match="SparseNormalize has 9 synapses, but weights for 1: .*wanted one a synapse"):
        SparseNormalize(shared.weights, shared, total=1.0)
    with pytest.raises(NetworkError, match="synapses is .*; wanted sparse synapses"):
        SparseNormalize(shared.weights, a, total=1.0)
