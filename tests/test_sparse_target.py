"""Trace targets and instars on sparse synapses: the bytes of the dense rules, an oracle, engines, files, refusals."""

from __future__ import annotations

import math
from typing import Any

import few
import numpy as np
import pytest
from plastic_cases import PlasticOracle, drawn_follower, network
from stdp_cases import random_spikes
from test_sparse_stdp import bytes_of, ran

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.learning import Instar, SparseInstar, SparseTraceTarget, TraceTarget
from eventnet.neurons.last_spikes import NEVER_SEEN, LastSpikes

ENGINES = ("reference", "compiled")
TARGET: dict[str, Any] = {"tau": 9.0, "rate": 0.2, "target": 0.3}
CHOICES: list[tuple[Any, Any, dict[str, Any]]] = [
    (TraceTarget, SparseTraceTarget, TARGET),
    (TraceTarget, SparseTraceTarget, {**TARGET, "mu": 0.0}),
    (TraceTarget, SparseTraceTarget, {**TARGET, "mu": 0.4, "bounds": (-0.5, 1.5)}),
    (TraceTarget, SparseTraceTarget, {**TARGET, "mu": 2.0, "target": 0.0, "tau": 0.3}),
    (Instar, SparseInstar, {"tau": 9.0, "rate": 0.3}),
    (Instar, SparseInstar, {"tau": 0.2, "rate": 1.0}),
]


# --- the dense rules -------------------------------------------------------------------------------------------------
def both(dense: Any, sparse: Any, engine: str, dtype: str, seed: int, **options: Any) -> list[tuple[bytes, Any]]:
    """Weights and counts of a rule on a block and on AllToAll, of the same trains, equal ticks among them."""
    rng = np.random.default_rng(seed)
    shape = (5, 4)
    first, spikes = rng.random(shape), random_spikes(rng, 150, 120, *shape, False)
    found = []
    for kind in (dense, sparse):
        net = en.Network(dtype)
        relays = [net.add(en.Relay(shape[side])) for side in (0, 1)]
        if kind is dense:
            block = net.weights(first)
            seen: Any = net.add(LastSpikes(shape[0]))
            rule, hears = net.add(kind(block, seen, name="rule", **options)), seen.spikes
        else:
            layer = net.add(en.LeakyDelta(shape[1], tau=9.0))
            made: Any = net.connect(relays[0], layer, en.AllToAll(), weight=first.ravel(), delay=1)
            block = made.weights
            rule = net.add(kind(block, made, name="rule", **options))
            hears = rule.pre
        net.connect(relays[0], hears, 3)
        net.connect(relays[1], rule.post, 1)
        sim = en.Simulation(net, "depth", engine=engine)
        sim.inject([(t, relays[stage % 2].spikes, i, s) for t, stage, i, s in spikes])
        assert sim.run().weights(block).ravel().tolist() != first.ravel().tolist()
        found.append((sim.weights(block).tobytes(), sim.tally.by_port()["rule.post"]))
    return found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_on_all_to_all_the_bytes_and_counts_are_those_of_the_dense_rule(choice: Any, dtype: str) -> None:
    dense_kind, sparse_kind, options = choice
    for seed in range(8):
        dense, sparse = both(dense_kind, sparse_kind, "reference", dtype, seed, **options)
        assert dense == sparse


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_compiled_they_are_too(choice: Any, dtype: str) -> None:
    dense_kind, sparse_kind, options = choice
    for seed in range(20, 40):
        dense, sparse = both(dense_kind, sparse_kind, "compiled", dtype, seed, **options)
        assert dense == sparse


# --- an oracle -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", few.few(range(30), 12))
def test_spikes_weights_and_adds_are_those_of_an_oracle_of_last_spikes(seed: int) -> None:
    rng = np.random.default_rng(seed + 900)
    rule = drawn_follower(rng, (0.0, 1.0, 0.5)[seed % 3], ("axonal", "dendritic")[seed % 2])
    net, events = network(rng, rule)
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
    moved = [np.abs(sim.weights(block) - block.array).max() for block in net.blocks]
    assert max(moved) > 0


def two(engine: str, rule: Any = SparseTraceTarget, dtype: str = "float64", **options: Any) -> tuple[Any, Any, Any]:
    """Two sources and a unit, joined by synapses of 0.25 whose rule is told of spikes directly."""
    net = en.Network(dtype)
    source, layer = net.add(en.Relay(2, name="a")), net.add(en.LeakyDelta(1, tau=9.0, threshold=99.0, name="b"))
    made: Any = net.connect(source, layer, en.AllToAll(), weight=0.25, plasticity=rule.given(**options))
    return en.Simulation(net, "fifo", engine=engine), made.weights, net["a_to_b_stdp"]


def test_a_trace_is_looked_up_worked_out_or_nothing() -> None:
    """At 20,000 ticks from a table, beyond 2^15 by an exponential, beyond 40 tau not at all."""
    options: dict[str, Any] = {"tau": 50_000.0, "rate": 0.5, "target": 0.0, "mu": 0.0}
    for engine in ENGINES if few.SLOW else ENGINES[:1]:
        for ticks, trace in ((20_000, math.exp(-0.4)), (100_000, math.exp(-2.0)), (2_000_001, 0.0)):
            sim, block, rule = two(engine, **options)
            sim.inject([(0, rule.pre, 0, 1), (ticks, rule.post, 0, 1)])
            assert sim.run().weights(block).tolist() == [[0.25 + 0.5 * trace, 0.25]]


@pytest.mark.parametrize("rule", [SparseTraceTarget, SparseInstar])
def test_a_source_of_the_same_tick_counts_in_full_if_it_came_first(rule: Any) -> None:
    net = en.Network("float64")
    a, b = net.add(en.Relay(2, name="a")), net.add(en.LeakyDelta(1, tau=9.0, threshold=99.0, name="b"))
    made: Any = net.connect(a, b, en.AllToAll(), weight=0.25)
    options = {"target": 0.0, "mu": 0.0} if rule is SparseTraceTarget else {}
    block = net.weights([[0.25, 0.25]])
    told = net.add(rule(block, made, tau=10.0, rate=0.5, **options))
    before, spike, after = net.add(en.Relay(2)), net.add(en.Relay(1)), net.add(en.Relay(2))
    for source, port in ((before, told.pre), (spike, told.post), (after, told.pre)):
        net.connect(source.out, port)
    sim = en.Simulation(net, "depth", engine="reference")
    sim.inject([(5, before.spikes, 0, 1), (5, spike.spikes, 0, 1), (5, after.spikes, 1, 1)])
    wanted = [0.75, 0.25] if options else [0.625, 0.125]
    assert sim.run().weights(block).tolist() == [wanted]


def test_the_source_that_makes_a_unit_spike_has_the_trace_1() -> None:
    for order in ("depth", "breadth", "fifo", "topological"):
        net = en.Network("float64")
        a, b = net.add(en.Relay(2, name="a")), net.add(en.LeakyDelta(1, tau=9.0, threshold=0.2, name="b"))
        rule = SparseTraceTarget.given(tau=10.0, rate=0.5, target=0.5, mu=0.0)
        made: Any = net.connect(a, b, en.AllToAll(), weight=0.25, delay=3, plasticity=rule)
        sim = en.Simulation(net, order, engine="reference")
        sim.inject([(0, a.spikes, 1, 1)])
        assert sim.run().weights(made.weights).tolist() == [[0.0, 0.5]]


def test_adds_are_counted() -> None:
    net = en.Network("float64")
    a, b = net.add(en.Relay(6, name="a")), net.add(en.LeakyDelta(2, tau=9.0, threshold=99.0, name="b"))
    rule = SparseTraceTarget.given(tau=10.0, rate=0.5, target=0.1, mu=1.0)
    net.connect(a, b, en.FixedInDegree(5, multiple=False), weight=0.5, seed=1, plasticity=rule)
    made: Any = net["a_to_b_stdp"]
    sim = en.Simulation(net, engine="reference")
    sim.inject([(t, made.pre, i, 1) for t, i in enumerate(range(6))] + [(9, made.post, 1, 1)])
    row = sim.run().tally.by_port()["a_to_b_stdp.post"]
    assert (row["learning_adds"], row["multiplies"], row["reads"], row["writes"]) == (3 * 5, 3 * 5, 5, 5)
    heard = sim.tally.by_port()["a_to_b_stdp.pre"]
    assert (heard["deliveries"], heard["notices"], heard["learning_adds"], heard["multiplies"]) == (6, 6, 0, 0)


# --- engines, orders, files ------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("seed", few.part(range(24), 5))
def test_both_engines_agree_in_every_order(seed: int) -> None:
    rng = np.random.default_rng(seed + 700)
    rule = drawn_follower(rng, (0.0, 1.0, 0.5)[seed % 3], ("axonal", "dendritic")[seed // 2 % 2])
    net, events = network(rng, rule, ("float64", "float32")[seed % 2])
    for order in ("depth", "breadth", "fifo", "random", "magnitude", "topological"):
        reference, compiled = (ran(net, events, order=order, engine=engine) for engine in ENGINES)
        assert bytes_of(reference) == bytes_of(compiled), order
    assert bytes_of(ran(net, events, check=True)) == bytes_of(ran(net, events))


def test_both_engines_agree() -> None:
    for rule in (SparseTraceTarget.given(**TARGET), SparseInstar.given(tau=9.0, rate=0.2, delays="dendritic")):
        net, events = network(np.random.default_rng(4), rule, "float32")
        reference, compiled = (ran(net, events, engine=engine) for engine in ENGINES)
        assert bytes_of(reference) == bytes_of(compiled)


@pytest.mark.slow
def test_a_file_and_a_checkpoint_go_on_as_the_run_would_have_gone(tmp_path: Any) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed + 60)
        net, events = network(rng, drawn_follower(rng, 1.0, ("axonal", "dendritic")[seed % 2]))
        whole = ran(net, events, engine="reference")
        net.save(tmp_path / "net.npz")
        assert bytes_of(ran(en.Network.load(tmp_path / "net.npz"), events, engine="reference")) == bytes_of(whole)
        part = ran(net, events, 40, engine="reference")
        part.save(tmp_path / "half.npz")
        later = en.Simulation(net, record=True, roots=True, engine="reference").resume(tmp_path / "half.npz")
        assert bytes_of(later.run(until=100)) == bytes_of(whole)


def test_a_checkpoint_with_a_spike_to_come_is_refused() -> None:
    sim, _, rule = two("reference", **TARGET)
    sim.inject([(5, rule.pre, 0, 1)])
    checkpoint = sim.run().checkpoint()
    found = checkpoint.arrays["store:state:a_to_b_stdp:seen"]
    assert found.tolist() == [5, NEVER_SEEN]
    found[1] = 2**40
    with pytest.raises(en.EventnetError, match="'seen' at \\[1\\] is 1099511627776"):
        en.Simulation(sim.net, "fifo", engine="reference").resume(checkpoint)


def test_the_ledger_has_what_plasticity_cost_and_its_row() -> None:
    net, events = network(np.random.default_rng(4), SparseTraceTarget.given(**TARGET))
    ledger = en.keep_ledger(net, en.events(events), until=100, engine="reference")
    rows = ledger.tally.by_module()
    for name in ("source_to_layer", "layer_to_layer"):
        plastic, synapses = rows[f"{name}_stdp"], rows[name]
        assert plastic["learning_adds"] > 0 == synapses["learning_adds"]
        assert plastic["writes"] > 0 == synapses["writes"]
        assert plastic["spikes"] == plastic["synaptic_adds"] == 0  # spikes that it sends on are notices


# --- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rule", [SparseTraceTarget, SparseInstar])
def test_a_unit_has_no_negative_spikes_and_a_source_may(rule: Any) -> None:
    options = TARGET if rule is SparseTraceTarget else {"tau": 9.0, "rate": 0.2}
    sim, block, made = two("reference", rule, **options)
    sim.inject([(0, made.pre, 0, -1), (0, made.post, 0, 1)])
    assert sim.run().weights(block)[0, 0] > 0.25
    sim.inject([(1, made.post, 0, -1)])
    with pytest.raises(RuleError, match="a spike of sign -1 reached plasticity that knows only positive spikes"):
        sim.run()


@pytest.mark.parametrize("options, words", [
    ({"tau": 0}, "tau is 0; wanted a finite number above 0"),
    ({"rate": -0.1}, "rate is -0.1; wanted a finite number above 0"),
    ({"target": 1.5}, "target is 1.5; traces go from 0 to 1"),
    ({"mu": -1}, "mu is -1; wanted an exponent"),
    ({"bounds": (0, 0.125)}, "hold 0.25 at .*the bounds of their plasticity"),
    ({"delays": "nowhere"}, "delays is 'nowhere'; wanted 'axonal' or 'dendritic'"),
    ({"seen": None}, "there is no argument 'seen'"),
])  # fmt: skip
def test_what_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        two("reference", **TARGET | options)


def test_an_instar_does_not_overshoot() -> None:
    with pytest.raises(NetworkError, match="rate is 1.5; .*wanted 1 at most"):
        two("reference", SparseInstar, tau=10.0, rate=1.5)


def test_weights_are_one_a_synapse_and_of_synapses() -> None:
    net = en.Network("float64")
    a, b = net.add(en.Relay(3, name="a")), net.add(en.LeakyDelta(3, tau=9.0, name="b"))
    shared: Any = net.connect(a, b, en.AllToAll(), weight=0.5)
    with pytest.raises(NetworkError, match="SparseInstar has 9 synapses, but weights for 1"):
        SparseInstar(shared.weights, shared, tau=9.0, rate=0.2)
    with pytest.raises(NetworkError, match="wanted sparse synapses"):
        SparseTraceTarget(shared.weights, a, **TARGET)
