"""Synapses of sparse layers: what connect makes, by source and by synapse, with delays; counts; what is refused."""

import networkx as nx
import numpy as np
import pytest

import eventnet as en
from eventnet.analysis import order_sensitivity
from eventnet.errors import NetworkError, WiringError
from eventnet.kernels.records import S_LATER


def layers(n: int = 5, m: int = 4) -> tuple[en.Network, en.LeakyDelta, en.LeakyDelta]:
    net = en.Network(dtype="float64")
    a = net.add(en.LeakyDelta(n, tau=10.0, threshold=100.0, name="a"))
    return net, a, net.add(en.LeakyDelta(m, tau=10.0, threshold=100.0, name="b"))


def matrix_of(synapses: en.DeltaSynapses) -> np.ndarray:
    made = np.zeros((synapses.n_in, synapses.layer.units))
    sources, targets, weights, _ = synapses.edges()
    np.add.at(made, (sources, targets), weights)
    return made


def test_connect_makes_synapses_that_have_names_and_wires():
    net, a, b = layers()
    first = net.connect(a, b, en.AllToAll(), weight=0.5, delay=3)
    second = net.connect(a, b, en.AllToAll(), weight=0.5, delay=en.Uniform(1, 9), seed=2)
    assert (first.name, second.name) == ("a_to_b", "a_to_b2")
    assert isinstance(first, en.DeltaSynapses)
    assert [(str(w.source), str(w.target), w.delay) for w in net.wires] == [
        ("a.out", "a_to_b.rows", 3), ("a.out", "a_to_b2.spikes", 0), ("a_to_b2.axon", "a_to_b2.rows", 0),
    ]  # fmt: skip
    assert net.connect(a.out, b, connectivity=en.AllToAll(), weight=1, name="own").name == "own"


NO_CONNECTIVITY = [
    (0.1, "is 0.1; wanted one like en.FixedInDegree(1000)"),
    (15, "is 15; wanted one like"),
    ("all", "is 'all'; wanted one like"),
    (None, "is not given; wanted one like"),
    (en.AllToAll, "is the class AllToAll; wanted one of it: en.AllToAll(...)"),
    (np.ones((2, 3)), "is an array [2, 3]; wanted one like"),
    (nx.DiGraph([(0, 1)]), "is a DiGraph; wanted one like"),
    (nx.Graph([(0, 1)]), "graph.to_directed().edges()"),
]


@pytest.mark.parametrize("given, why", NO_CONNECTIVITY, ids=[why for _, why in NO_CONNECTIVITY])
def test_what_is_no_connectivity_is_refused_by_what_it_is_and_what_is_wanted(given, why):
    net = en.Network()
    r, c = net.add(en.Relay(2, name="r")), net.add(en.LeakyDelta(3, tau=9.0, name="c"))
    for options in ({"weight": 1.0}, {"weight": 1.0, "seed": 1, "delay": 3}, {"seed": 1}, {"name": "s"}):
        for call in (lambda o: net.connect(r, c, given, **o), lambda o: net.connect(r.out, c, connectivity=given, **o)):
            with pytest.raises(WiringError) as caught:
                call(options)
            assert str(caught.value).startswith("the connectivity from r.out to 'c' is ")
            assert why in str(caught.value)
    if not isinstance(given, int | None):
        with pytest.raises(WiringError, match="the connectivity from r.out to 'c' is "):
            net.connect(r, c, given)
    with pytest.raises(WiringError, match="no port.*; synapses lead to it: net.connect.source, layer, connectivity"):
        net.connect(r, c)
    assert len(net.modules) == 2
    assert not net.wires


def test_how_a_message_says_to_make_a_connectivity_makes_it():
    net = en.Network("float64")
    r, c = net.add(en.Relay(2, name="r")), net.add(en.LeakyDelta(3, tau=9.0, name="c"))
    matrix = np.arange(6.0).reshape(2, 3)
    dense = net.connect(r, c, en.AllToAll(), weight=matrix.ravel())
    sources, targets, weights, _ = dense.edges()
    assert (matrix[sources, targets] == weights).all()
    for graph in (nx.DiGraph([(0, 1), (1, 2), (0, 0)]), nx.MultiDiGraph([(0, 1), (1, 2), (0, 1)])):
        made = net.connect(c, c, en.Edges(*np.array(list(graph.edges())).T), weight=1.0)
        assert sorted(zip(*(end.tolist() for end in made.edges()[:2]), strict=True)) == sorted(graph.edges())
    graph = nx.Graph([(0, 1), (1, 2)])
    made = net.connect(c, c, en.Edges(*np.array(list(graph.to_directed().edges())).T), weight=1.0)
    assert sorted(zip(*(end.tolist() for end in made.edges()[:2]), strict=True)) == [(0, 1), (1, 0), (1, 2), (2, 1)]


def test_weights_are_one_or_one_a_source_or_one_a_synapse():
    net, a, b = layers()
    assert np.all(matrix_of(net.connect(a, b, en.AllToAll(), weight=0.5)) == 0.5)
    by_source = matrix_of(net.connect(a, b, en.AllToAll(), weight=np.arange(5.0)))
    assert by_source.tolist() == [[k] * 4 for k in range(5)]
    by_edge = net.connect(a, b, en.Edges([3, 0, 3], [1, 2, 0]), weight=[1.0, 2.0, 3.0])
    assert matrix_of(by_edge)[[3, 0, 3], [1, 2, 0]].tolist() == [1, 2, 3]
    assert matrix_of(by_edge).sum() == 6
    with_delay = net.connect(a, b, en.Edges([3, 0, 3], [1, 2, 0]), weight=[1.0, 2.0, 3.0], delay=[9, 4, 2])
    assert matrix_of(with_delay).tolist() == matrix_of(by_edge).tolist()
    sources, targets, _, delays = with_delay.edges()
    assert sorted(zip(sources, targets, delays, strict=True)) == [(0, 2, 4), (3, 0, 2), (3, 1, 9)]
    drawn = net.connect(a, b, en.AllToAll(), weight=en.Normal(1, 0.1), seed=1)
    assert drawn.weights.cols == 20
    assert len(set(drawn.weights.array[0].tolist())) == 20


def test_weights_by_source_are_so_where_there_are_as_many_synapses_as_sources():
    for delay in (0, en.Uniform(1, 5)):
        net, a, _ = layers(6)
        made = net.connect(a, a, en.FixedInDegree(1), weight=np.arange(6.0), delay=delay, seed=1)
        sources, _, weights, _ = made.edges()
        assert weights.tolist() == sources.tolist()
        assert len(set(sources.tolist())) < 6


def test_a_dense_matrix_is_all_to_all_with_a_weight_a_synapse():
    net, a, b = layers()
    w = np.arange(20.0).reshape(5, 4)
    assert matrix_of(net.connect(a, b, en.AllToAll(), weight=w.ravel())).tolist() == w.tolist()


def test_a_spike_reaches_its_row_and_each_synapse_at_its_delay():
    for engine in ("reference", "compiled"):
        net, a, b = layers()
        one = net.connect(a, b, en.Edges([1, 1, 1, 2], [0, 3, 0, 1]), weight=[1.0, 2.0, 4.0, 8.0], delay=[5, 2, 2, 3])
        sim = en.Simulation(net, engine=engine, record=True)
        sim.inject([(0, one.spikes, 1, 1), (0, one.spikes, 0, 1)])
        sim.run(until=3)
        assert sim[b].phi.tolist() == [4, 0, 0, 2]
        sim.run()
        assert sim[b].phi[0] == pytest.approx(4 * np.exp(-0.3) + 1)
        assert [(int(e["t"]), int(e["index"])) for e in sim.log if e["port"] == int(one.rows)] == [(2, 0), (5, 1)]


def test_counts_are_exact():
    """Rows of 4 by one weight: 4 adds and compares, 1 read. By synapse: as many reads. Decay: one product a tick."""
    net, a, b = layers()
    one = net.connect(a, b, en.AllToAll(), weight=1.0)
    own = net.connect(a, b, en.AllToAll(), weight=np.arange(20.0))
    run = en.simulate(net, [(2, one.rows, 0, 1), (2, own.rows, 3, 1), (5, one.rows, 1, 1)])
    rows = run.tally.by_port()
    assert [rows["a_to_b.rows"][k] for k in ("deliveries", "synaptic_adds", "compares", "reads")] == [2, 8, 8, 2]
    assert [rows["a_to_b2.rows"][k] for k in ("deliveries", "synaptic_adds", "compares", "reads")] == [1, 4, 4, 4]
    assert rows["a_to_b.rows"]["multiplies"] == 4 * 2 + 4 * 3
    assert rows["a_to_b2.rows"]["multiplies"] == 0


def test_an_empty_row_costs_a_delivery_and_nothing_else():
    net, a, b = layers()
    one = net.connect(a, b, en.Edges([1], [0]), weight=1.0)
    run = en.simulate(net, [(0, one.rows, 0, 1)])
    assert run.tally.totals()["deliveries"] == 1
    assert run.tally.adds == 0


def test_spikes_leave_by_the_layer_that_fires():
    net = en.Network(dtype="float64")
    layer = net.add(en.LeakyDelta(2, tau=10.0, name="layer"))
    source = net.add(en.Relay(1, name="source"))
    made = net.connect(source, layer, en.AllToAll(), weight=2.0)
    sink = net.add(en.Sink(2, name="sink"))
    net.connect(layer, sink.spikes, delay=1)
    for engine in ("reference", "compiled"):
        run = en.simulate(net, [(0, source.spikes, 0, 1)], record=True, engine=engine)
        outlets = [str(o) for o in net.outlets()]
        assert [outlets[e["source"]] for e in run.log if e["port"] == int(sink.spikes)] == ["layer.out"] * 2
        assert run.tally.by_port()["source_to_layer.rows"]["spikes"] == 2
    assert net.end_ports() == [int(sink.spikes)]
    assert net.ranks()[made.name] < net.ranks()["layer"]


def test_simulations_share_the_targets_and_copies_of_a_network_run_alike():
    net, a, b = layers()
    made = net.connect(a, b, en.AllToAll(), weight=1.0)
    sim = en.Simulation(net)
    assert sim.store.find(made, "targets") is made.indices["targets"]
    assert not made.indices["targets"].flags.writeable
    graph = en.Network.from_networkx(net.to_networkx())
    for each in (net, graph):
        sim = en.Simulation(each)
        sim.inject([(0, each["a_to_b"].rows, 2, 1)])
        assert sim.run()[each["b"]].phi.tolist() == [1.0] * 4


def test_delays_of_synapses_wait_in_the_ring_and_very_long_ones_in_the_heap_and_both_as_in_the_reference():
    for most in (40, 4000, 10**6):
        net, a, b = layers(20, 20)
        made = net.connect(a, b, en.AllToAll(), weight=en.Normal(0, 1), delay=en.Uniform(1, most), seed=1)
        found = []
        for engine in ("reference", "compiled"):
            sim = en.Simulation(net, engine=engine, record=True)
            sim.inject([(t, made.spikes, t % 20, 1) for t in range(0, 200, 3)])
            sim.run(until=100)
            if engine == "compiled":
                st, queue = sim.engine.st, sim.engine.queue
                assert (queue.ring_at[0] > 0, st[S_LATER] > 0) == (True, most == 10**6)
                assert len(queue.ring_first) == {40: 64, 4000: 4096, 10**6: 131_072}[most]
            sim.run()
            found.append((sim.log.tobytes(), sim[b].phi.tobytes()))
        assert found[0] == found[1]


def test_order_is_said_to_matter_to_what_writes_a_layer_and_to_what_hears_it():
    net = en.Network(dtype="float64")
    source, layer = net.add(en.Relay(3, name="source")), net.add(en.LeakyDelta(4, tau=10.0, name="layer"))
    made, sink = net.connect(source, layer, en.AllToAll(), weight=0.7), net.add(en.Sink(4, name="sink"))
    net.connect(layer, sink.spikes)
    found = {row.module: row for row in order_sensitivity(net).modules}
    assert set(found) == {"source", made.name, "sink"}
    assert "it changes units of layer" in str(order_sensitivity(net))


BAD = [
    (lambda net, a, b: net.connect(a, b, en.AllToAll()), "have no weight"),
    (lambda net, a, b: net.connect(a, b, en.FixedInDegree(2), weight=1.0), "wanted seed="),
    (lambda net, a, b: net.connect(a, b, en.AllToAll(), weight=1.0, delay=1.5), "delay from a.out to b is 1.5"),
    (lambda net, a, b: net.connect(a, b, en.AllToAll(), weight=1.0, delay=-1), "is -1"),
    (lambda net, a, b: net.connect(a, b, en.AllToAll(), weight=[1.0, 2.0]), "weights have shape [2]"),
    (lambda net, a, b: net.connect(a, b, en.AllToAll(), weight=float("nan")), "nan"),
    (lambda net, a, b: net.connect(a, b.out, en.AllToAll(), weight=1.0), "leads from an outlet to a LeakyDelta"),
    (lambda net, a, b: net.connect(a, net.add(en.Sink(4)), en.AllToAll(), weight=1.0), "leads from an outlet to"),
    (lambda net, a, b: net.connect(a, en.LeakyDelta(4, tau=1.0), en.AllToAll(), weight=1.0), "is not in this network"),
    (lambda net, a, b: net.connect(a, b, en.FixedInDegree(9, multiple=False), weight=1.0, seed=1), "there are 5"),
    (lambda net, a, b: net.connect(a, b, en.Edges([0], [4]), weight=1.0), "reach to unit 4"),
    (lambda net, a, b: net.connect(a, b, en.AllToAll(), weight=1.0, name="a"), "called 'a' already"),
]


@pytest.mark.parametrize("make, why", BAD, ids=[why for _, why in BAD])
def test_what_cannot_be_is_refused(make, why):
    net, a, b = layers()
    with pytest.raises((NetworkError, WiringError)) as error:
        make(net, a, b)
    assert why in str(error.value)


def test_a_file_holds_what_drew_the_weights_and_not_the_weights(tmp_path):
    law = en.Normal(0.3, 0.1, low=0.0)

    def made(**options):
        net, a, b = layers(50, 40)
        net.connect(a, b, en.FixedInDegree(20), **({"weight": law, "seed": 5} | options))
        net.connect(b, a, en.Bernoulli(0.5), weight=en.LogNormal(0.1, 0.2), delay=en.Uniform(1, 4), seed=6)
        return net

    net, path = made(), tmp_path / "net.npz"
    net.save(path)
    assert not [name for name in np.load(path).files if name.startswith("block:")]
    again = en.Network.load(path)
    again.save(tmp_path / "again.npz")
    for found in (again, en.Network.load(tmp_path / "again.npz"), en.Network.from_networkx(net.to_networkx())):
        assert [block.array.tobytes() for block in found.blocks] == [block.array.tobytes() for block in net.blocks]
        assert [block.drawn for block in found.blocks] == [block.drawn for block in net.blocks]
    net.blocks[0].array[0, 7] += 1  # no longer what was drawn
    net.save(path)
    assert [name for name in np.load(path).files if name.startswith("block:")] == ["block:a_to_b.npy"] or [
        name for name in np.load(path).files if name.startswith("block:")
    ] == ["block:a_to_b"]
    assert en.Network.load(path).blocks[0].array.tobytes() == net.blocks[0].array.tobytes()
    plain = made(weight=0.3)
    plain.save(path)
    assert en.Network.load(path).blocks[0].array.tolist() == [[0.3]]


def test_drawn_weights_are_not_kept_until_somebody_asks_and_may_then_be_changed():
    net, a, b = layers(5, 4)
    net.connect(a, b, en.AllToAll(), weight=en.Uniform(0, 1), seed=1)
    (block,) = net.blocks
    assert not block.is_kept
    assert (block.rows, block.cols, block.dtype.name) == (1, 20, net.dtype)
    first = en.Simulation(net, engine="reference").weights(block).copy()
    assert not block.is_kept
    assert block.array.tobytes() == first.tobytes()
    assert block.is_kept
    block.array[0, 3] = 0.25
    assert en.Simulation(net, engine="reference").weights(block)[0, 3] == 0.25


def test_a_file_of_too_many_drawn_weights_is_refused_before_they_are_made(tmp_path, monkeypatch):
    net, a, b = layers(5, 4)
    net.connect(a, b, en.AllToAll(), weight=en.Uniform(0, 1), seed=1)
    assert net.blocks[0].array.size == 20  # which keeps them: what was changed since would be found
    monkeypatch.setattr(net.blocks[0], "drawn", net.blocks[0].drawn | {"n": 10**15})
    with pytest.raises(NetworkError, match=r"left on this machine"):
        net.save(tmp_path / "net.npz")


def test_rows_are_not_copied_and_one_column_for_all_takes_no_memory():
    net, a, b = layers()
    made = net.connect(a, b, en.AllToAll(), weight=en.Uniform(1, 2), delay=en.Uniform(1, 9), seed=2)
    drawn = made.projection.drawn
    for name in ("begins", "parts", "waits"):
        assert made.integers[name] is getattr(drawn, name)
    assert made.integers["columns"].tolist() == [-1] * made.n_rows
    assert made.integers["columns"].strides == (0,)
    sim = en.Simulation(net, engine="reference")
    assert not np.shares_memory(sim.store.arrays[made.name, "begins"], drawn.begins)
