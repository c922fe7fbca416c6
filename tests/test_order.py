"""Orders against oracles without a queue, Table A.2, the golden routes, and the theorems about order."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles import Graph, breadth_first, by_key, depth_first, fifo, mixed, random_graph, rows, stack_of_bursts

import eventnet as en
from eventnet.base.listing import Listing
from eventnet.errors import OrderError, RuleError

ENGINES = ("reference", "compiled")
ROUTES = json.loads((Path(__file__).parent / "golden" / "d_routing.json").read_text())

TABLE_A2 = {
    "depth": "B(a1) D(b1) D(b2) C(a1) B(a2) D(b3) C(a2)",
    "breadth": "B(a1) B(a2) C(a1) C(a2) D(b1) D(b2) D(b3)",
    "fifo": "B(a1) C(a1) B(a2) C(a2) D(b1) D(b2) D(b3)",
}


def run(graph: Graph, order: Any, engine: str, seed: int = 0) -> list[Any]:
    net, inputs = graph.network()
    sim = en.Simulation(net, order, engine=engine, record=True, seed=seed)
    sim.inject(inputs)
    return rows(sim.run())


# --- Table A.2 -------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", TABLE_A2)
def test_table_a2_comes_out_as_printed(order: str, engine: str) -> None:
    net = en.Network()
    a = net.add(en.Relay(2, name="A"))
    # a1 lifts two units over the threshold, a2 the third.
    b = net.add(en.Herding(3, net.weights([[1, 1, 0], [0, 0, 1]]), name="B"))
    c, d = net.add(en.Sink(2, name="C")), net.add(en.Sink(3, name="D"))
    for source, target in ((a.out, b.spikes), (a.out, c.spikes), (b.out, d.spikes)):
        net.connect(source, target)
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject([(0, a.spikes, 0, 1), (0, a.spikes, 1, 1)])
    told = [f"{target}({source.lower()}{index + 1})" for _, _, source, target, index, _ in rows(sim.run()) if source]
    assert told == TABLE_A2[order].split()


def golden_graph(case: dict[str, Any]) -> Graph:
    wires = [tuple(pair) for pair in case["binding_order"]]
    relay, sink = ([[0], [2], [4]], 99), ([[], [], []], 99)
    tables = {name: relay if any(a == name for a, _ in wires) else sink for pair in wires for name in pair}
    tables = {name: tables[name] for name in sorted(tables)}
    if not case["name"].startswith("deepbranch"):
        tables["B"] = ([[0, 2], [4], []], 99)
    return Graph(tables, wires, [("A", 0, 1), ("A", 1, 1)])


def told(log: list[Any]) -> list[str]:
    return [f"{target}({source.lower()}{index + 1})" for _, _, source, target, index, _ in log if source]


@pytest.mark.parametrize("case", ROUTES, ids=lambda c: c["name"])
def test_the_authors_routes_come_out_his_breadth_as_a_stack_of_bursts(case: dict[str, Any]) -> None:
    graph = golden_graph(case)
    if case["router"] == "depth":
        for engine in ENGINES:
            assert told(run(graph, "depth", engine)) == case["consume_order"]
    else:
        assert told(stack_of_bursts(graph)) == case["consume_order"]
        assert told(run(graph, "breadth", "compiled")) != case["consume_order"]


# --- oracles ---------------------------------------------------------------------------------------------------------
def last_wire_first(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return -wire if wire else 2, index * sign - seq  # a negative phase goes before the inputs


def plain_topological(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2 + rank, 0


def plain_magnitude(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2, int(-magnitude * 4)  # toys fire with multiples of 1/4


def plain_random(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2, mixed(seed, seq)


UNKEYED = {"depth": depth_first, "breadth": breadth_first, "fifo": fifo}
KEYED = {
    "topological": plain_topological,
    "magnitude": plain_magnitude,
    "random": plain_random,
    last_wire_first: last_wire_first,
}


@pytest.mark.slow
@pytest.mark.parametrize("order", UNKEYED)
@pytest.mark.parametrize("feedback", [False, True], ids=["feed-forward", "with feedback"])
def test_an_order_is_what_plain_recursion_or_loops_give(order: str, feedback: bool) -> None:
    for number in range(150):
        graph = random_graph(np.random.default_rng([number, feedback]), feedback)
        wanted = list(UNKEYED[order](graph))
        for engine in ENGINES:
            assert run(graph, order, engine) == wanted, f"graph {number} on {engine}"


@pytest.mark.slow
@pytest.mark.parametrize("order", KEYED, ids=lambda o: o if isinstance(o, str) else o.__name__)
def test_a_keyed_order_is_what_the_least_of_a_list_gives(order: Any) -> None:
    for number in range(150):
        graph = random_graph(np.random.default_rng([number, 7]))
        wanted = list(by_key(graph, KEYED[order], seed=number))
        for engine in ENGINES:
            assert run(graph, order, engine, seed=number) == wanted, f"graph {number} on {engine}"


def test_the_random_graphs_tell_the_orders_apart() -> None:
    graphs = [random_graph(np.random.default_rng([k, 0])) for k in range(150)]
    logs = [{name: tuple(oracle(g)) for name, oracle in UNKEYED.items()} for g in graphs]
    for a, b in (("depth", "breadth"), ("depth", "fifo"), ("breadth", "fifo")):
        assert sum(log[a] != log[b] for log in logs) > 20


# --- theorems --------------------------------------------------------------------------------------------------------
def chain(rng: np.random.Generator, order: str) -> tuple[Any, Any, Any]:
    net = en.Network("float32")
    sizes = [4, 6, 5, 3]
    encoder = net.add(en.Encoder(4, net.weights(rng.normal(0, 1, (3, 4)))))
    source: Any = encoder
    for n_in, n in zip(sizes[:-2], sizes[1:-1], strict=True):
        layer = net.add(en.Rectified(n, net.weights(rng.normal(0, 0.6, (n_in, n)))))
        net.connect(source.out, layer.spikes)
        source = layer
    answers = net.weights(np.zeros((1, 3)), "answers")
    end = net.add(en.Accumulator(3, net.weights(rng.normal(0, 0.6, (5, 3))), answers))
    net.connect(source.out, end.spikes)
    # All rows at one instant, so that the order has something to say.
    feed = [(0, encoder.spikes, k % 3, 1) for k in range(12)] + [(1, end.read, 0, 1)]
    made = en.simulate(net, feed, order=order, record=True)
    by_port = [
        [r[1:] for r in made.log[["id", "index", "sign", "port"]].tolist() if r[3] == p] for p in range(net.n_ports)
    ]
    return made.tally.to_dict(), made.weights("answers").tobytes(), by_port


@pytest.mark.slow
def test_along_a_chain_depth_first_and_fifo_give_the_same_spikes_adds_and_answer() -> None:
    reached = 0
    for seed in range(20):
        wanted = chain(np.random.default_rng(seed), "depth")
        assert chain(np.random.default_rng(seed), "fifo") == wanted
        reached += wanted[0]["by_port"]["accumulator3.spikes"]["deliveries"]
    assert reached > 100


MOST = 2000
"""A layer that fires once a burst may fire for many rows at once; the default only has room for one."""


def signed_dag(seed: int, dtype: str, scale: float) -> tuple[en.Network, Any, list[Any], Any]:
    """Random signed layers; each hears the input or layers before it, and the sums at the end hear several."""
    rng = np.random.default_rng(seed)
    net = en.Network(dtype)
    grain = 1 if dtype == "int32" else 2.0**-8
    one = scale / grain

    def weights(rows: int, cols: int, size: float = 0.5) -> en.Block:
        return net.weights(np.round(rng.normal(0, size * one, (rows, cols))) * grain)

    layers: list[Any] = [net.add(en.Herding(4, weights(3, 4, 1), scale=scale, most=MOST))]
    wires = []
    for k in range(int(rng.integers(2, 6))):
        layers.append(net.add(en.Herding(4, weights(4, 4), scale=scale, most=MOST)))
        wires += [(layers[int(j)], layers[-1].spikes) for j in rng.integers(0, k + 1, int(rng.integers(1, 4)))]
    end = net.add(en.Accumulator(2, weights(4, 2), net.weights(np.zeros((1, 2)))))
    wires += [(layer, end.spikes) for layer in layers[1:] if rng.random() < 0.6] + [(layers[-1], end.spikes)]
    for k in rng.permutation(len(wires)):
        net.connect(wires[k][0].out, wires[k][1])
    feed = en.events(
        (int(t), layers[0].spikes, int(r), 1) for t, r in zip(rng.integers(0, 2, 8), rng.integers(0, 3, 8), strict=True)
    )
    return net, feed, layers, end


@pytest.mark.slow
@pytest.mark.parametrize("dtype, scale", [("int32", 65), ("float32", 255 / 256), ("float64", 255 / 256)])
def test_signed_frozen_networks_give_the_same_answer_in_every_order(dtype: str, scale: float) -> None:
    """An odd number of grains a step: no sum lies half-way between two multiples of it, and the theorem has no holes."""
    cheaper = 0
    for seed in range(40):
        net, feed, layers, end = signed_dag(seed, dtype, scale)
        runs = [en.simulate(net, feed, order=order) for order in en.ORDERS]
        runs += [en.simulate(net, feed, order=order, coalesce="burst") for order in ("depth", "breadth")]
        for module in (*layers, end):
            assert len({r.state(module)["phi"].tobytes() for r in runs}) == 1, f"network {seed}, {module.name}"
        cheaper += len({r.tally.adds for r in runs}) > 1
    assert cheaper > 20  # the answer is the same, the cost is not


@pytest.mark.slow
@pytest.mark.parametrize("dtype, scale", [("int32", 64), ("float32", 1)])
def test_with_whole_steps_so_long_as_no_unit_ends_at_half_a_step(dtype: str, scale: float) -> None:
    kept = 0
    for seed in range(60):
        net, feed, layers, end = signed_dag(seed, dtype, scale)
        runs = [en.simulate(net, feed, order=order) for order in en.ORDERS]
        if any((np.abs(runs[0].state(layer)["phi"]) * 2 == scale).any() for layer in layers):
            continue
        kept += 1
        for module in (*layers, end):
            assert len({r.state(module)["phi"].tobytes() for r in runs}) == 1, f"network {seed}, {module.name}"
    assert kept > 30


@pytest.mark.parametrize("engine", ENGINES)
def test_at_half_a_step_the_order_of_arrival_decides(engine: str) -> None:
    """+3/4 then -1/4 fires and ends at -1/2; -1/4 then +3/4 ends at +1/2 and never fires: both thresholds are strict."""
    net = en.Network()
    layer = net.add(en.Herding(1, net.weights([[0.75], [-0.25]])))
    ends = [
        en.simulate(net, [(0, layer.spikes, k, 1) for k in order], engine=engine).state(layer)["phi"].item()
        for order in ((0, 1), (1, 0))
    ]
    assert ends == [-0.5, 0.5]


def chain_log(order: str, feeds: list[tuple[int, int]], engine: str) -> bytes:
    """The log of four herding layers, each fed by the one before, of which some get inputs, as (layer, unit), at tick 0."""
    rng, net = np.random.default_rng(0), en.Network("float32")
    layers: list[Any] = [net.add(en.Relay(8, name="first"))]
    for k in range(4):
        layers.append(net.add(en.Herding(8, net.weights(rng.normal(0.4, 0.4, (8, 8))), name=f"layer{k}")))
        net.connect(layers[-2], layers[-1])
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject([(0, layers[k].spikes, unit, 1) for k, unit in feeds])
    return sim.run().log.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_chain_of_layers_fed_at_its_first_has_the_same_bytes_breadth_first_as_by_rank(engine: str) -> None:
    first = [(0, unit % 8) for unit in range(40)]
    assert chain_log("topological", first, engine) == chain_log("breadth", first, engine)
    assert chain_log("topological", first, engine) != chain_log("depth", first, engine)
    twice = [*((2, unit % 8) for unit in range(40)), *first]
    assert chain_log("topological", twice, engine) != chain_log("breadth", twice, engine)


# --- keys ------------------------------------------------------------------------------------------------------------
def phase_zero(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 0, 0


def phase_one(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 1, 0


def phase_of_settled_wires(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2**62, 0


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("key, phase", [(phase_zero, 0), (phase_one, 1), (phase_of_settled_wires, 2**62)])
def test_a_phase_that_is_not_the_keys_to_give_is_refused(key: Any, phase: int, engine: str) -> None:
    graph = Graph({"A": ([[0]], 9), "B": ([[]], 9)}, [("A", "B")], [("A", 0, 1)])
    with pytest.raises(RuleError, match=f"order '{key.__name__}' returned phase {phase}; a key's phase is negative"):
        run(graph, key, engine)


def test_a_negative_phase_goes_before_the_inputs_of_its_instant() -> None:
    graph = Graph({"A": ([[0]], 9), "B": ([[]], 9)}, [("A", "B")], [("A", 0, 1), ("A", 0, 1)])

    def eager(t, source, wire, index, sign, magnitude, rank, seq, seed):
        return -1, 0

    for engine in ENGINES:
        assert [r[3] for r in run(graph, eager, engine)] == ["A", "B", "A", "B"]


def test_a_key_with_other_arguments_is_refused() -> None:
    def half_a_key(t, source, wire):
        return 2, 0

    with pytest.raises(OrderError, match="a key function takes .*, but 'half_a_key' takes"):
        en.order.find_order(half_a_key)


@pytest.mark.parametrize("wrong", ["deepth", "", 3, None, ["depth"]])
def test_what_is_no_order_is_refused(wrong: Any) -> None:
    net, _ = Graph({"A": ([[0]], 9)}, [], []).network()
    with pytest.raises(OrderError):
        en.Simulation(net, wrong)


def test_a_key_may_be_a_lambda_on_both_engines() -> None:
    graph = random_graph(np.random.default_rng([3, 0]))
    key = lambda t, source, wire, index, sign, magnitude, rank, seq, seed: (2, -seq)  # noqa: E731
    assert run(graph, key, "compiled") == run(graph, key, "reference") == by_key(graph, key)


def test_two_keys_of_one_text_that_remember_different_numbers_are_two_orders() -> None:
    def make(factor: int) -> Any:
        def by_unit(t, source, wire, index, sign, magnitude, rank, seq, seed):
            return 2, factor * index

        return by_unit

    graph = Graph({"A": ([[0, 2, 4], [], []], 9), "B": ([[], [], []], 9)}, [("A", "B")], [("A", 0, 1)])
    for factor in (1, -1):
        assert run(graph, make(factor), "compiled") == by_key(graph, make(factor)), f"factor {factor}"


def test_a_random_order_hangs_on_its_seed_alone() -> None:
    graph = random_graph(np.random.default_rng([4, 0]))
    net, inputs = graph.network()
    logs = [
        en.simulate(net, inputs, order="random", engine=engine, seed=seed, record=True).log.tobytes()
        for seed in (5, 6)
        for engine in (*ENGINES, "compiled")
    ]
    assert logs[0] == logs[1] == logs[2]
    assert logs[3] == logs[4] == logs[5]
    assert logs[0] != logs[3]


# --- one instant -----------------------------------------------------------------------------------------------------
class Teller(en.PythonModule):
    """Sends each spike to a wire without delay, to a delayed one and to a settled one."""

    spikes = en.Port(emits=("now", "quiet"), accepts="units")
    over = en.Port()
    now = en.Outlet()
    quiet = en.Outlet(settles="over")
    units = 4

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        out.spike(i, s, 1)
        out.spike(i, s, 0)

    def on_over(self, i: int, s: int, t: int, out: Any, tally: Any) -> None: ...


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", en.ORDERS)
def test_a_delayed_spike_waits_behind_inputs_of_its_instant_and_settled_wires_come_last(
    order: str, engine: str
) -> None:
    net = en.Network()
    teller, sink = net.add(Teller(name="teller")), net.add(en.Sink(4, name="sink"))
    net.connect(teller.now, sink.spikes, 3)
    net.connect(teller.now, sink.spikes)
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject([(0, teller.spikes, 0, 1), (3, teller.spikes, 1, 1), (3, teller.spikes, 2, 1)])
    sim.run()
    at_3 = sim.log[sim.log["t"] == 3]
    ports = [str(list(net.ports())[p]) for p in at_3["port"]]
    said = list(zip(ports, at_3["index"].tolist(), strict=True))
    late = said.index(("sink.spikes", 0))
    assert said.index(("teller.spikes", 1)) < late
    assert said.index(("teller.spikes", 2)) < late
    assert said[-2:] == [("teller.over", 1), ("teller.over", 2)]
    if order != "depth":  # depth-first a spike without delay goes before all that has not begun
        assert said[:3] == [("teller.spikes", 1), ("teller.spikes", 2), ("sink.spikes", 0)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", en.ORDERS)
def test_settled_wires_go_by_rank_and_wait_for_what_each_other_sets_off(order: str, engine: str) -> None:
    net = en.Network()
    first, second = net.add(Teller(name="first")), net.add(Teller(name="second"))
    net.connect(first.now, second.spikes)
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject([(0, second.spikes, 3, 1), (0, first.spikes, 0, 1)])
    sim.run()
    over = [str(list(net.ports())[p]) for p in sim.log["port"]][-3:]
    assert over == ["first.over", "second.over", "second.over"]


@pytest.mark.parametrize("engine", ENGINES)
def test_at_exactly_half_a_step_the_path_matters_even_for_signed_units(engine: str) -> None:
    """Why the theorem above asks that no unit ends there: the same sum of 1/2, with one spike or with none."""
    told = []
    for first, second in ((0, 1), (1, 0)):
        net = en.Network("float64")
        layer = net.add(en.Herding(1, net.weights([[0.75], [-0.25]])))
        run = en.simulate(net, [(0, layer.spikes, first, 1), (1, layer.spikes, second, 1)], engine=engine)
        told.append((run.tally.spikes, run.state(layer)["phi"].tolist()))
    assert told == [(1, [-0.5]), (0, [0.5])]


def newest(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """The newest delivery first."""
    return 2, -seq


def test_a_key_that_has_the_name_of_an_order_stays_what_it_is_in_a_copy() -> None:
    def depth(t, source, wire, index, sign, magnitude, rank, seq, seed):
        return 2, -seq

    net = en.Network()
    net.add(en.Sink(1))
    for order, reference in ((depth, depth), ("fifo", "fifo"), ("random", "random")):
        sim = en.Simulation(net, order, engine="reference")
        assert sim.order.reference() == reference
        assert copy.copy(sim).order is sim.order


def test_what_stands_under_a_name_is_an_order_of_that_name_or_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {"mine": f"{__name__}:newest", "other": "eventnet.orders.fifo:ORDER", "number": "math:pi"}
    monkeypatch.setattr(en.order, "LISTING", Listing("order", "no.such.group", lambda: places))
    monkeypatch.setattr(en.order, "_MADE", {})
    made = en.order.find_order("mine")
    assert (made.name, made.key, made.reference()) == ("mine", newest, "mine")
    with pytest.raises(OrderError, match="the order other calls itself 'fifo'"):
        en.order.find_order("other")
    with pytest.raises(OrderError, match=r"the order number is 3\.14\d+; wanted an Order or a key function"):
        en.order.find_order("number")


def test_orders_say_what_studies_ask() -> None:
    found = {order.name: (order.keeps, order.seeded) for order in en.order.every_order()}
    assert [name for name in found if name in en.ORDERS] == list(en.ORDERS)
    assert [name for name, (keeps, _) in found.items() if keeps] == ["depth", "breadth", "fifo", "topological"]
    assert [name for name, (_, seeded) in found.items() if seeded] == ["random"]
    assert en.analysis.EXTREMES[:5] == ("breadth", "depth", "fifo", "topological", "magnitude")
