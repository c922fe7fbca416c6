"""Sparse leaky layers: an oracle in plain Python, engines, orders, lazy and eager decay, files, checkpoints."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from few import few
from sparse_cases import Oracle, Unit, rows_of

import eventnet as en
from eventnet.engine.checkpoint import Checkpoint
from eventnet.errors import DataError, NetworkError
from eventnet.neurons import leaky_delta

ORDERS = ("depth", "breadth", "fifo", "random", "magnitude", "topological")


def random_case(seed: int, decay: str, dtype: str = "float64", delayed: bool | None = None) -> tuple[en.Network, Any]:
    """Two layers that reach each other and themselves, fed by one source, every number drawn."""
    rng = np.random.default_rng(seed)
    net = en.Network(dtype=dtype)
    n, m, k = rng.integers(2, 16, 3).tolist()
    layers = []
    for name, units in (("a", n), ("b", m)):
        own = bool(rng.integers(2))
        tau: Any = rng.uniform(5, 60, units) if own else float(rng.uniform(5, 60))
        refractory: Any = rng.integers(3, 9, units) if rng.integers(2) else int(rng.integers(3, 9))
        threshold: Any = rng.uniform(0.8, 1.2, units) if rng.integers(2) else 1.0
        rest = float(rng.choice([0.0, -0.5]))
        start = rng.uniform(rest, 0.7, units)
        options = {"reset": float(rng.uniform(-0.6, 0.5)), "rest": rest, "start": start, "decay": decay, "name": name}
        layers.append(net.add(en.LeakyDelta(units, tau=tau, threshold=threshold, refractory=refractory, **options)))
    source = net.add(en.Relay(k, name="source"))
    a, b = layers

    def how(sources: int, targets: int) -> Any:
        kinds = [
            en.FixedInDegree(int(rng.integers(0, 5))), en.FixedOutDegree(int(rng.integers(0, 5))),
            en.Bernoulli(float(rng.uniform(0, 0.4))), en.AllToAll(),
            en.Edges(rng.integers(0, sources, 40), rng.integers(0, targets, 40)),
        ]  # fmt: skip
        return kinds[int(rng.integers(len(kinds)))]

    joined = []
    for x, y in ((source, a), (source, b), (a, a), (a, b), (b, a)):
        laws: list[Any] = [0.2, rng.normal(0.05, 0.3, x.units), en.Normal(0.1, 0.3)]
        delay: Any = int(rng.integers(0 if x is source else 1, 12))
        if delayed and x is not source:
            delay = en.Uniform(0.6, 12)
        weight = laws[int(rng.integers(3))]
        joined.append(net.connect(x, y, how(x.units, y.units), weight=weight, delay=delay, seed=int(rng.integers(99))))
    count = int(rng.integers(1, 60))
    times = np.sort(rng.integers(-3 if seed % 3 == 0 else 0, 60, count))
    events = [(int(t), int(source.spikes), int(i), 1) for t, i in zip(times, rng.integers(0, k, count), strict=True)]
    return net, events


def ran(net: en.Network, events: Any, until: int = 70, **options: Any) -> en.Simulation:
    sim = en.Simulation(net, record=True, roots=True, **options)
    sim.inject(events)
    sim.run(until=until)
    return sim


def bytes_of(sim: en.Simulation) -> list[bytes]:
    found = [sim.log.tobytes()]
    for module in sim.net.modules:
        found += [np.asarray(array).tobytes() for array in sim.state(module).values()]
    return [*found, repr(sim.tally.by_port()).encode(), repr(sim.tally.by_root()).encode()]


def spikes_of(sim: en.Simulation) -> list[tuple[int, str, int]]:
    """Spikes of the layers in the order in which they were made: each as it came to the first sink."""
    sinks = {int(sim.net[f"sink_{name}"].spikes): name for name in "ab"}
    return [(int(e["t"]), sinks[e["port"]], int(e["index"])) for e in sim.log if int(e["port"]) in sinks]


# --- an oracle ---
def oracle_of(net: en.Network, events: Any, until: int) -> Oracle:
    first = min([0, *(e[0] for e in events)])
    units = {}
    for name in "ab":
        layer = net[name]
        rest = np.broadcast_to(layer.rest, layer.units)
        columns = [
            np.broadcast_to(np.asarray(value, np.float64), layer.units)
            for value in (layer.tau, np.asarray(layer.threshold) - rest, np.asarray(layer.reset) - rest)
        ]
        held, start = np.broadcast_to(layer.refractory, layer.units), np.asarray(layer.start) - rest
        units[name] = [
            Unit(math.exp(-1 / tau), tau, threshold, reset, int(r), layer.decay == "tick", v, first)
            for tau, threshold, reset, r, v in zip(*(c.tolist() for c in columns), held, start.tolist(), strict=True)
        ]
    found = Oracle(units)
    delay = {w.target.module.name: w.delay for w in net.wires if w.source.module.name in ("a", "b", "source")}
    for module in net.modules:
        if isinstance(module, en.DeltaSynapses):
            source, target = module.name.split("_to_")
            found.synapses.setdefault(source, []).append((target, rows_of(module, delay[module.name])))
    inputs = []
    for t, port, i, _ in events:  # in the order in which the engines take them
        (target, rows) = found.synapses["source"][[int(net[f"source_to_{name}"].rows) for name in "ab"].index(port)]
        inputs += [(t, target, part) for _, part in rows[i]]
    found.run(inputs, until)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_spikes_potentials_and_adds_are_those_of_an_oracle_to_the_last_bit(seed):
    """Inputs come straight to the synapses: they are before all arrivals of their tick."""
    for decay in ("tick", "event"):
        net, events = random_case(seed, decay, delayed=False)
        ports = [int(net[f"source_to_{name}"].rows) for name in "ab"]
        events = sorted((t, port, i, s) for t, _, i, s in events for port in ports)
        for name in "ab":
            sink = net.add(en.Sink(net[name].units, name=f"sink_{name}"))
            net.connect(net[name].out, sink.spikes)
        wanted = oracle_of(net, events, 70)
        sim = ran(net, events, order="fifo")
        found = [(t, "ab".index(p), j) for t, p, j in spikes_of(sim)]
        assert sorted(found) == sorted((t, "ab".index(p), j) for t, p, j in wanted.spikes)
        assert sim.tally.by_kind()["synaptic"] == wanted.adds
        for name in "ab":
            layer, state = net[name], sim.state(net[name])
            for unit in wanted.populations[name]:
                unit.bring(400)
            if decay == "event":
                continue  # one product an event: at a time without one there is none to compare
            clock, phi, told = state["clock"], state["phi"].copy(), state["updated"]
            assert clock[leaky_delta.NOW] < 400
            for j in range(layer.units):
                at, v = max(int(told[j]), int(clock[leaky_delta.ALL])), float(phi[j])
                if v <= leaky_delta.FLOOR:
                    at, v = int(told[j]), wanted.populations[name][j].reset
                for _ in range(400 - at):
                    v *= wanted.populations[name][j].factor
                assert v == wanted.populations[name][j].v


# --- engines, orders, lazy and eager ---
@pytest.mark.parametrize("seed", range(4))
def test_both_engines_agree_in_every_order(seed):
    for decay, delayed in itertools.product(("tick", "event"), (False, True)):
        net, events = random_case(seed + 100, decay, ("float32", "float64")[seed % 2], delayed)
        for order in ORDERS:
            reference, compiled = (ran(net, events, order=order, engine=e) for e in ("reference", "compiled"))
            assert bytes_of(reference) == bytes_of(compiled), (decay, delayed, order)


@pytest.mark.parametrize("seed", few(range(12), 3))
def test_lazy_and_eager_decay_give_the_same_bytes(seed, monkeypatch):
    """The layer is brought up never, always, now and then, or as the engines do: log and potentials as of one tick are the same."""
    net, events = random_case(seed + 200, "tick", "float32")
    found = []
    for part in (0, 1, 2, 3, 16, 10**9):
        monkeypatch.setattr(leaky_delta, "PART", part)
        sim = ran(net, events, engine="reference", check=True)
        potentials = []
        for name in "ab":
            state = {key: np.array(array) for key, array in sim.state(net[name]).items()}
            clock = state["clock"]
            arrays = state["phi"], state["updated"], clock, state["factors"], np.zeros(11, np.int64)
            clock[leaky_delta.MIXED] = 1
            leaky_delta.bring_all(500, *arrays)
            potentials.append(state["phi"].tobytes())
        found.append((sim.log.tobytes(), potentials))
    assert all(each == found[0] for each in found)


@pytest.mark.parametrize("tau", [10.0, np.linspace(8.0, 12.0, 100)])
def test_units_that_are_further_than_their_layer_decay_no_tick_twice(tau):
    """One unit gets an event by itself; at a later tick so many come that the layer is brought up as a whole."""
    net = en.Network(dtype="float64")
    source = net.add(en.Relay(2, name="source"))
    layer = net.add(en.LeakyDelta(100, tau=tau, threshold=100.0, name="layer"))
    net.connect(source, layer, en.Edges([0] + [1] * 50, [0, *range(50)]), weight=1.0)
    for engine in ("reference", "compiled"):
        sim = en.Simulation(net, engine=engine)
        sim.inject([(1, source.spikes, 0, 1), (5, source.spikes, 1, 1)])
        sim.run()
        found = layer.potentials(sim.state(layer), 5)
        assert found[0] == pytest.approx(1 + math.exp(-4 / np.ravel(tau)[0]), rel=1e-15)
        assert list(found[1:50]) == [1.0] * 49
        assert sum(row["multiplies"] for row in sim.tally.by_port().values()) == 5 * 100  # a product a unit and tick


def test_a_checked_run_refuses_nothing_of_these_rules():
    for decay in ("tick", "event"):
        net, events = random_case(3, decay, delayed=True)
        assert bytes_of(ran(net, events, check=True)) == bytes_of(ran(net, events))


def test_both_engines_agree_where_nobody_is_refractory():
    """Feedback that inhibits, so that it ends: a unit may fire several times at one delivery."""
    for decay in ("tick", "event"):
        net = en.Network(dtype="float64")
        layer = net.add(en.LeakyDelta(6, tau=10.0, decay=decay, reset=0.4, name="layer"))
        source = net.add(en.Relay(3, name="source"))
        net.connect(source, layer, en.FixedOutDegree(9), weight=0.7, seed=1)
        net.connect(layer, layer, en.AllToAll(), weight=-0.1, delay=2)
        events = [(t, int(source.spikes), t % 3, 1) for t in range(30)]
        found = [ran(net, events, engine=engine) for engine in ("reference", "compiled")]
        assert bytes_of(found[0]) == bytes_of(found[1])
        assert found[0].tally.spikes > 60


# --- single units ---
def one(decay: str = "tick", weight: float = 0.6, **options: Any) -> tuple[en.Network, Any]:
    net = en.Network(dtype="float64")
    layer = net.add(en.LeakyDelta(1, tau=10.0, decay=decay, **options))
    source = net.add(en.Relay(1))
    net.connect(source, layer, en.OneToOne(), weight=weight, name="in")
    net.connect(layer, net.add(en.Sink(1, name="sink")).spikes)
    return net, source


def times(net: en.Network, source: Any, at: list[int]) -> list[int]:
    run = en.simulate(net, [(t, source.spikes, 0, 1) for t in at], record=True)
    return [int(e["t"]) for e in run.log if e["port"] == int(net["sink"].spikes)]


@pytest.mark.parametrize("decay", ["tick", "event"])
def test_a_unit_fires_strictly_above_its_threshold(decay):
    assert times(*one(decay, 0.5), [0, 0]) == []
    assert times(*one(decay, np.nextafter(0.5, 1)), [0, 0]) == [0]


@pytest.mark.parametrize("decay", ["tick", "event"])
def test_what_arrives_in_a_refractory_time_is_lost_and_at_its_end_integrated(decay):
    net, source = one(decay, 1.5, refractory=5)
    assert times(net, source, [0, 1, 4, 5, 9, 10]) == [0, 5, 10]


def test_potentials_can_be_asked_for_at_any_time():
    for decay in ("tick", "event"):
        net, source = one(decay, 0.6, rest=-70.0, threshold=-50.0, reset=-65.0, refractory=3, start=-60.0)
        sim = en.Simulation(net).run(until=0)
        sim.inject([(4, source.spikes, 0, 1)])
        layer = net.modules[0]
        assert layer.potentials(sim.state(layer), 4)[0] == pytest.approx(-70 + 10 * math.exp(-0.4))
        sim.run()
        v = -70 + (10 * math.exp(-0.4) + 0.6) * math.exp(-0.6)
        assert layer.potentials(sim.state(layer), 10)[0] == pytest.approx(v)
    net, source = one("tick", 1.5, reset=0.5, refractory=3)
    sim = en.Simulation(net)
    sim.inject([(0, source.spikes, 0, 1)])
    layer = net.modules[0]
    found = [layer.potentials(sim.run().state(layer), t)[0] for t in (0, 3, 4)]
    assert found == pytest.approx([0.5, 0.5, 0.5 * math.exp(-0.1)])


def test_inhibition_takes_off_what_excitation_adds():
    net, source = one("tick", 0.9)
    run = en.Simulation(net)
    run.inject([(0, source.spikes, 0, 1), (0, source.spikes, 0, -1), (0, source.spikes, 0, 1)])
    run.run()
    assert run[net.modules[0]].phi[0] == 0.9
    assert run.tally.spikes == 0


BAD: list[tuple[dict[str, Any], str]] = [
    ({"threshold": 0.0}, "not above rest"),
    ({"reset": 1.5}, "past a threshold"),
    ({"start": 2.0}, "past a threshold"),
    ({"refractory": -1}, "refractory is -1"),
    ({"refractory": 1.5}, "refractory is 1.5"),
    ({"decay": "never"}, "decay is 'never'"),
    ({"tau": 0.0}, "tau is 0.0"),
    ({"tau": [1.0, 2.0]}, "wanted a finite number, or one for each of 1"),
    ({"threshold": float("nan")}, "threshold is nan"),
]


@pytest.mark.parametrize("options, why", BAD, ids=[why for _, why in BAD])
def test_values_that_make_no_sense_are_refused(options, why):
    with pytest.raises(NetworkError) as error:
        en.LeakyDelta(1, **({"tau": 10.0} | options))
    assert why in str(error.value)


# --- files and checkpoints ---
def test_a_file_holds_what_synapses_are_drawn_by_and_reads_the_same_network(tmp_path):
    for seed in range(6):
        net, events = random_case(seed + 300, "tick", "float32", delayed=seed % 2 == 0)
        net.save(tmp_path / "net.npz")
        assert bytes_of(ran(en.Network.load(tmp_path / "net.npz"), events)) == bytes_of(ran(net, events))


def test_rows_that_are_drawn_are_not_in_the_file(tmp_path):
    net = en.Network()
    layer = net.add(en.LeakyDelta(1000, tau=10.0))
    net.connect(layer, layer, en.FixedInDegree(1000), weight=0.1, delay=3, seed=1)
    net.save(tmp_path / "net.npz")
    assert (tmp_path / "net.npz").stat().st_size < 100_000


def test_a_checkpoint_goes_on_as_the_run_would_have_gone(tmp_path):
    for decay, engine in itertools.product(("tick", "event"), ("reference", "compiled")):
        net, events = random_case(5, decay, delayed=True)
        whole = ran(net, events, engine=engine)
        part = en.Simulation(net, record=True, roots=True, engine=engine)
        part.inject(events)
        part.run(until=30).save(tmp_path / "half.npz")
        later = en.Simulation(net, record=True, roots=True, engine=engine).resume(tmp_path / "half.npz")
        later.run(until=70)
        assert bytes_of(later) == bytes_of(whole)


@pytest.mark.parametrize(
    "name, change",
    [
        ("ring", lambda ring, clock: ring.__setitem__(0, 99)),
        ("clock", lambda ring, clock: clock.__setitem__(leaky_delta.COUNT_HELD, 99)),
        ("clock", lambda ring, clock: clock.__setitem__(leaky_delta.HEAD, -1)),
    ],
)
def test_a_checkpoint_whose_ring_leads_out_of_the_layer_is_refused(name, change):
    net, events = random_case(5, "tick")
    sim = ran(net, events, until=30)
    state = sim.checkpoint()
    arrays = {key: np.array(array) for key, array in state.arrays.items()}
    array = next(arrays[key] for key in arrays if key.endswith(f"state:a:{name}"))
    change(array, array)
    with pytest.raises(DataError):
        en.Simulation(net, record=True, roots=True).resume(Checkpoint(state.text, arrays))


@pytest.mark.parametrize("gap", [4, 100])
def test_a_unit_that_was_brought_up_alone_decays_once_when_the_layer_is(gap):
    """Of 40 units one gets an event and another later, both at ticks of few; then a tick comes that brings many."""
    for threshold in (1e9, 1.7):
        net = en.Network(dtype="float64")
        source = net.add(en.Relay(40, name="source"))
        layer = net.add(en.LeakyDelta(40, tau=20.0, threshold=threshold, refractory=3, name="layer"))
        net.connect(source, layer, en.OneToOne(), weight=1.0)
        sim = en.Simulation(net, engine="reference")
        rows = [(1, 0), (5, 0), *((5 + gap, j) for j in range(1, 8))]
        sim.inject([(t, source.spikes, j, 1) for t, j in rows])
        sim.run()
        left = (math.exp(-4 / 20) + 1) * math.exp(-gap / 20) if threshold > 2 else 0.0
        assert sim[layer].phi[0] == pytest.approx(left, rel=1e-12)
        assert sim[layer].phi[1] == 1.0
