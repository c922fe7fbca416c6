"""STDP of pairs on sparse synapses: the bytes of the dense rule, an oracle of pairs, engines, files, what is refused."""

from __future__ import annotations

from typing import Any

import few
import numpy as np
import pytest
from plastic_cases import PAIRS, PlasticOracle, drawn_rule, network
from stdp_cases import random_spikes

import eventnet as en
from eventnet.errors import NetworkError, RuleError, WiringError
from eventnet.learning import DynamicStdp, PairStdp, Reward, SparseDynamicStdp, SparsePairStdp

ENGINES = ("reference", "compiled")


def both(dense: Any, sparse: Any, engine: str, dtype: str, seed: int, **options: Any) -> list[tuple[bytes, Any]]:
    """Weights and counts of a rule on a block and on AllToAll, of the same trains, equal ticks among them."""
    rng = np.random.default_rng(seed)
    shape = (5, 4)
    first = np.zeros(shape) if options.get("bounds", 0) is None or dense is DynamicStdp else rng.random(shape)
    spikes = random_spikes(rng, 150, 120, *shape, False)
    found = []
    for kind in (dense, sparse):
        net = en.Network(dtype)
        relays = [net.add(en.Relay(shape[side])) for side in (0, 1)]
        if kind is dense:
            block = net.weights(first)
            rule = net.add(kind(block, name="rule", **options))
        else:
            layer = net.add(en.LeakyDelta(shape[1], tau=9.0))
            made: Any = net.connect(relays[0], layer, en.AllToAll(), weight=first.ravel(), delay=1)
            block = made.weights
            rule = net.add(kind(block, made, name="rule", **options))
        net.connect(relays[0], rule.pre, 3)
        net.connect(relays[1], rule.post, 1)
        sim = en.Simulation(net, "depth", engine=engine)
        sim.inject([(t, relays[stage % 2].spikes, i, s) for t, stage, i, s in spikes])
        sim.run()
        counts = {key: n for key, n in sim.tally.by_module()["rule"].items() if key != "notices"}
        found.append((sim.weights(block).tobytes(), counts))
    return found


CHOICES: list[dict[str, Any]] = [
    {}, {"mu": 1.0}, {"mu": (0.4, 0.0)}, {"pairing": "nearest", "equal": "order"},
    {"pairing": "restricted", "mu": (0.0, 1.0)}, {"memory": 4.0, "bounds": None}, {"equal": "order"},
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("options", CHOICES, ids=str)
def test_on_all_to_all_the_bytes_and_counts_are_those_of_the_dense_rule(options: Any, dtype: str) -> None:
    for seed in range(4):
        dense, sparse = both(PairStdp, SparsePairStdp, "reference", dtype, seed, **PAIRS, **options)
        assert dense == sparse
    dense, sparse = both(DynamicStdp, SparseDynamicStdp, "reference", dtype, 9, alpha=0.8, step=2)
    assert dense == sparse


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("options", CHOICES, ids=str)
def test_compiled_they_are_too(options: Any, dtype: str) -> None:
    for seed in range(20, 24):
        dense, sparse = both(PairStdp, SparsePairStdp, "compiled", dtype, seed, **PAIRS, **options)
        assert dense == sparse


def test_long_silences_take_an_exponential_and_not_the_table() -> None:
    for engine in ENGINES if few.SLOW else ENGINES[:1]:
        slow = {"a_plus": 0.1, "a_minus": 0.1, "tau_plus": 50_000.0, "tau_minus": 50_000.0}
        net = en.Network("float64")
        source, layer = net.add(en.Relay(1)), net.add(en.LeakyDelta(1, tau=9.0))
        made: Any = net.connect(source, layer, en.OneToOne(), weight=0.25)
        rule: Any = net.add(SparsePairStdp(made.weights, made, **slow))
        sim = en.Simulation(net, engine=engine)
        sim.inject([(0, rule.pre, 0, 1), (100_000, rule.post, 0, 1)])
        assert sim.run().weights(made.weights)[0, 0] == 0.25 + 0.1 * np.exp(-2.0)


# --- an oracle -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(20))
def test_spikes_weights_and_adds_are_those_of_an_oracle_of_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    delays, mu = ("axonal", "dendritic")[seed % 2], (0.0, 1.0, 0.5)[seed % 3]
    rule = SparsePairStdp.given(**PAIRS, mu=mu, delays=delays)
    net, events = network(rng, rule)
    wanted = PlasticOracle(net, rule)
    wanted.run(events, 100)
    sim = en.Simulation(net, order="fifo", engine="reference", record=True)
    sim.inject(events)
    sim.run(until=100)
    post = int(net["source_to_layer_stdp"].port_number("post"))
    back = int(net["source_to_layer_stdp"].port_number("back"))
    assert sim.tally.by_kind()["synaptic"] == wanted.adds
    assert sim.tally.spikes == len(wanted.spikes) > 0
    heard = [(int(e["t"]), int(e["index"])) for e in sim.log if e["port"] in (post, back)]
    if delays == "axonal":
        assert sorted(heard) == sorted(wanted.spikes)
    for name in ("source_to_layer", "layer_to_layer"):
        assert sim.weights(net[name].weights)[0][: len(wanted.weights(name))] == pytest.approx(
            wanted.weights(name), abs=1e-12
        )
        moved = np.abs(sim.weights(net[name].weights) - net[name].weights.array).max()
    assert moved > 0


# --- engines, orders, files ------------------------------------------------------------------------------------------
def bytes_of(sim: en.Simulation) -> list[bytes]:
    made = [sim.log.tobytes(), repr(sim.tally.by_port()).encode(), repr(sim.tally.by_root()).encode()]
    made += [sim.weights(block).tobytes() for block in sim.net.blocks]
    return made + [np.asarray(a).tobytes() for m in sim.net.modules for a in sim.state(m).values()]


def ran(net: en.Network, events: Any, until: int = 100, **options: Any) -> en.Simulation:
    sim = en.Simulation(net, record=True, roots=True, **options)
    sim.inject(events)
    sim.run(until=until)
    return sim


@pytest.mark.slow
@pytest.mark.parametrize("seed", few.part(range(24), 5))
def test_both_engines_agree_in_every_order(seed: int) -> None:
    rng = np.random.default_rng(seed + 500)
    net, events = network(rng, drawn_rule(rng), ("float64", "float32")[seed % 2])
    for order in ("depth", "breadth", "fifo", "random", "magnitude", "topological"):
        reference, compiled = (ran(net, events, order=order, engine=engine) for engine in ENGINES)
        assert bytes_of(reference) == bytes_of(compiled), order
    assert bytes_of(ran(net, events, check=True)) == bytes_of(ran(net, events))


def test_both_engines_agree() -> None:
    for delays in ("axonal", "dendritic"):
        rng = np.random.default_rng(4)
        net, events = network(rng, SparsePairStdp.given(**PAIRS, delays=delays), "float32")
        reference, compiled = (ran(net, events, engine=engine) for engine in ENGINES)
        assert bytes_of(reference) == bytes_of(compiled)


@pytest.mark.slow
def test_a_file_and_a_checkpoint_go_on_as_the_run_would_have_gone(tmp_path: Any) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed + 60)
        net, events = network(rng, drawn_rule(rng))
        whole = ran(net, events, engine="reference")
        net.save(tmp_path / "net.npz")
        assert bytes_of(ran(en.Network.load(tmp_path / "net.npz"), events, engine="reference")) == bytes_of(whole)
        part = ran(net, events, 40, engine="reference")
        part.save(tmp_path / "half.npz")
        later = en.Simulation(net, record=True, roots=True, engine="reference").resume(tmp_path / "half.npz")
        assert bytes_of(later.run(until=100)) == bytes_of(whole)


def test_the_ledger_has_what_plasticity_cost_and_its_row() -> None:
    net, events = network(np.random.default_rng(4), SparsePairStdp.given(**PAIRS))
    ledger = en.keep_ledger(net, en.events(events), until=100, engine="reference")
    rows = ledger.tally.by_module()
    for name in ("source_to_layer", "layer_to_layer"):
        plastic, synapses = rows[f"{name}_stdp"], rows[name]
        assert plastic["learning_adds"] > 0 == synapses["learning_adds"]
        assert plastic["writes"] > 0 == synapses["writes"]
        assert plastic["spikes"] == plastic["synaptic_adds"] == 0  # spikes that it sends on are notices


# --- tags and rewards ------------------------------------------------------------------------------------------------
def test_tags_of_sparse_synapses_are_paid_as_those_of_a_block_are() -> None:
    options: dict[str, Any] = {**PAIRS, "memory": 40.0, "bounds": None}
    first = np.random.default_rng(1).uniform(0.3, 0.6, (3, 2))
    found = []
    for sparse in (False, True):
        net = en.Network("float64")
        source, kick = net.add(en.Relay(3)), net.add(en.Relay(2))
        layer = net.add(en.LeakyDelta(2, tau=5.0, threshold=0.9, name="layer"))
        net.connect(kick, layer, en.OneToOne(), weight=5.0)
        if sparse:
            rule = SparsePairStdp.given(**options)
            made: Any = net.connect(source, layer, en.AllToAll(), weight=first.ravel(), delay=2, plasticity=rule)
            block, tags = made.weights, net[f"{made.name}_stdp"]
        else:
            block = net.weights(first)
            tags = net.add(PairStdp(net.weights(np.zeros((3, 2))), **options))
            net.connect(source, tags.pre, 2)
            net.connect(layer.out, tags.post)
            net.connect(source, layer, en.AllToAll(), weight=first.ravel(), delay=2)
        reward = net.add(Reward(block, tags, amounts=(0.5,), bounds=(-9.0, 9.0), name="reward"))
        sim = en.Simulation(net, "depth")
        sim.inject([(t, source.spikes, t % 3, 1) for t in range(0, 40, 3)])
        sim.inject([(t, kick.spikes, t % 2, 1) for t in range(1, 40, 5)] + [(50, reward.reward, 0, 1)])
        found.append(sim.run().weights(block).ravel().tolist())
    assert found[0] == found[1] != first.ravel().tolist()


# --- what is refused -------------------------------------------------------------------------------------------------
def test_what_makes_no_sense_is_refused() -> None:
    net = en.Network("float64")
    a, b = net.add(en.Relay(3, name="a")), net.add(en.LeakyDelta(3, tau=9.0, name="b"))
    shared: Any = net.connect(a, b, en.AllToAll(), weight=0.5)
    with pytest.raises(NetworkError, match="has 9 synapses, but weights for 1"):
        SparsePairStdp(shared.weights, shared, **PAIRS)
    with pytest.raises(NetworkError, match="wanted sparse synapses"):
        SparsePairStdp(shared.weights, a, **PAIRS)
    with pytest.raises(NetworkError, match="delays is 'nowhere'"):
        SparsePairStdp(shared.weights, shared, **PAIRS, delays="nowhere")
    with pytest.raises(WiringError, match="wanted a rule's `given`"):
        net.connect(a, b, en.AllToAll(), weight=0.5, plasticity=SparsePairStdp)
    with pytest.raises(NetworkError, match="the bounds of their plasticity"):
        net.connect(a, b, en.AllToAll(), weight=1.5, plasticity=SparsePairStdp.given(**PAIRS))


def test_a_spike_of_sign_minus_one_is_an_error_unless_it_was_foreseen() -> None:
    for signed in (False, True):
        net = en.Network("float64")
        a, b = net.add(en.Relay(1, name="a")), net.add(en.LeakyDelta(1, tau=9.0, name="b"))
        rule = SparsePairStdp.given(**PAIRS, signed=signed)
        net.connect(a, b, en.OneToOne(), weight=0.5, plasticity=rule)
        sim = en.Simulation(net, engine="reference")
        sim.inject([(0, a.spikes, 0, -1)])
        if signed:
            assert sim.run()[b].phi[0] == -0.5
        else:
            with pytest.raises(RuleError, match="sign -1"):
                sim.run()


# --- other layers ----------------------------------------------------------------------------------------------------
LAYERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "LeakyExponential": (en.LeakyExponential, {"threshold": 1.0}),
    "LeakyAlpha": (en.LeakyAlpha, {"threshold": 1.0}),
    "LeakyConductance": (en.LeakyConductance, {"threshold": 0.5, "reversal_e": 4.0, "reversal_i": -1.0}),
    "AdaptiveExponential": (
        en.AdaptiveExponential,
        {"threshold": 0.5, "peak": 2.0, "slope": 0.1, "tau_w": 30.0, "reversal_e": 4.0, "reversal_i": -1.0},
    ),
    "HodgkinHuxley": (
        en.HodgkinHuxley,
        {"threshold": -20.0, "ms": 1.0, "reversal_e": 0.0, "reversal_i": -80.0, "bias": 20.0},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", LAYERS)
def test_synapses_of_layers_with_currents_learn_as_the_spikes_that_were_heard_say(name: str, engine: str) -> None:
    """A second network, whose units never fire, is told the same spikes."""
    if engine == "compiled" and not few.SLOW:
        pytest.skip("slow: compiles steps of layers")
    kind, options = LAYERS[name]
    rng = np.random.default_rng(4)
    rule = SparsePairStdp.given(**PAIRS, bounds=(0.0, 4.0))

    def made(layer: Any) -> tuple[en.Network, Any, Any]:
        net = en.Network("float64")
        source = net.add(en.Relay(6, name="source"))
        net.add(layer)
        own = net.connect(source, layer, en.FixedInDegree(4), weight=en.Uniform(1, 2), delay=3, seed=1, plasticity=rule)
        return net, own, net["source_to_layer_stdp"]

    net, own, plastic = made(kind(5, tau_m=20.0, tau_e=5.0, tau_i=5.0, refractory=2, name="layer", **options))
    sim = en.Simulation(net, engine=engine, record=True)
    sim.inject([(int(t), net["source"].spikes, int(rng.integers(6)), 1) for t in np.sort(rng.integers(0, 300, 200))])  # type: ignore[attr-defined]
    sim.run(until=400)
    heard = {port: sim.log[sim.log["port"] == int(getattr(plastic, port))] for port in ("pre", "post")}
    assert min(map(len, heard.values())) > 20

    still, told, learns = made(en.LeakyDelta(5, tau=9.0, threshold=1e9, name="layer"))
    again = en.Simulation(still, engine="reference")
    again.inject(sorted(
        ((int(e["t"]), getattr(learns, port), int(e["index"]), 1) for port, rows in heard.items() for e in rows),
        key=lambda row: row[0],
    ))  # fmt: skip
    again.run(until=400)
    found, wanted = sim.weights(own.weights), again.weights(told.weights)
    assert found == pytest.approx(wanted, abs=1e-12)
    assert np.abs(found - own.weights.array).max() > 0.1
