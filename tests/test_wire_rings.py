"""Rings of wires without delay: which there are, and which one an instant that does not come to rest is told of."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

import eventnet as en
from eventnet.analysis import may_not_rest
from eventnet.engine.wire_rings import leaving_at_once, ring_behind, rings_of
from eventnet.errors import UnsettledError
from eventnet.learning import SparsePairStdp
from eventnet.wiring import shortest_circle


def relays(*wires: str | tuple[str, int]) -> en.Network:
    """A relay for each letter; "ab" is a wire from a to b, with a delay where there is a number."""
    net = en.Network()
    given: list[Any] = [wire if isinstance(wire, tuple) else (wire, 0) for wire in wires]
    for name in sorted({letter for letters, _ in given for letter in letters}):
        net.add(en.Relay(1, name=name))
    for (source, target), delay in given:
        net.connect(net[source].out, net[target].spikes, delay)  # type: ignore[attr-defined]
    return net


@pytest.fixture(params=["reference", "compiled"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def behind(net: en.Network, name: str) -> list[str]:
    return ring_behind(net, None, int(net[name].spikes))  # type: ignore[attr-defined]


def test_the_shortest_circle_begins_where_it_is_asked_for() -> None:
    edges = [(0, 1), (1, 2), (2, 0), (1, 3), (3, 4), (4, 1), (2, 5)]
    assert shortest_circle(edges, 1) in ([1, 2, 0], [1, 3, 4])
    assert shortest_circle(edges, 1) == shortest_circle(edges[::-1], 1)
    assert shortest_circle(edges, 3) == [3, 4, 1]
    assert shortest_circle([*edges, (1, 1)], 1) == [1]
    assert shortest_circle(edges, 5) == shortest_circle(edges, 9) == []


def test_shortest_circles_are_those_of_all_ways() -> None:
    """Every graph of three numbers, and all ways from each to itself."""
    pairs = list(product(range(3), repeat=2))
    for bits in range(2 ** len(pairs)):
        edges = [pair for k, pair in enumerate(pairs) if bits >> k & 1]
        for start in range(3):
            ways = [w for n in (1, 2, 3) for w in product(range(3), repeat=n) if w[0] == start]
            found = [w for w in ways if all(e in edges for e in zip(w, (*w[1:], start), strict=True))]
            assert len(shortest_circle(edges, start)) == min(map(len, found), default=0)


def test_a_ring_is_told_from_the_module_that_is_asked_for_and_from_what_is_behind_it() -> None:
    net = relays("ab", "ba", "bc", "cd", "xy", "yz", "zx", ("de", 1), "ed")
    assert [[port.module.name for port in ring] for ring in rings_of(net, leaving_at_once(net, None))] == [
        ["a", "b"], ["x", "y", "z"],
    ]  # fmt: skip
    assert (behind(net, "a"), behind(net, "b")) == (["a", "b", "a"], ["b", "a", "b"])
    assert behind(net, "y") == ["y", "z", "x", "y"]
    assert behind(net, "c") == behind(net, "d") == ["b", "a", "b"]
    assert behind(net, "e") == []  # from d it is reached a tick later
    assert behind(relays("ab", ("ba", 1)), "b") == []


@pytest.mark.parametrize("order", ["breadth", "depth", "fifo", "topological", "random"])
@pytest.mark.parametrize("entry, ring", [("a", "'a' -> 'b' -> 'a'"), ("x", "'x' -> 'y' -> 'z' -> 'x'")])
def test_of_two_rings_the_error_names_that_which_does_not_rest(entry: str, ring: str, order: str, engine: str) -> None:
    net = relays("ab", "ba", "bc", "xy", "yz", "zx")
    sim = en.Simulation(net, order, engine=engine, budget=1000)
    sim.inject([(7, net[entry].spikes, 0, 1)])  # type: ignore[attr-defined]
    with pytest.raises(UnsettledError) as caught:
        sim.run()
    said = str(caught.value)
    assert said.startswith("1,000 deliveries at t=7 without coming to rest; the busiest module is ")
    told = said.partition("; spikes can go round without delay: ")[2].split(" -> ")
    wanted = ring.split(" -> ")[:-1]
    assert told[0] == told[-1]
    assert sorted(told[:-1]) == sorted(wanted)  # it begins with the busiest


def test_a_busy_instant_without_a_ring_is_told_as_one(engine: str) -> None:
    net = relays("ab", "bc")
    sim = en.Simulation(net, engine=engine, budget=2)
    sim.inject([(0, net["a"].spikes, 0, 1)])  # type: ignore[attr-defined]
    with pytest.raises(UnsettledError, match=r"2 deliveries at t=0 without coming to rest; the busiest module is 'a'$"):
        sim.run()


# --- through sparse synapses ---
CELLS: dict[str, Any] = {"tau": 9.0, "threshold": 0.5}


def one_layer(delay: Any, **options: Any) -> en.Network:
    """Three units in a circle."""
    net = en.Network()
    cells = net.add(en.LeakyDelta(3, **CELLS, name="cells", **options))
    net.connect(cells, cells, en.Edges([0, 1, 2], [1, 2, 0]), weight=1.0, delay=delay)
    return net


def two_layers(there: Any, back: Any, **options: Any) -> en.Network:
    """All units of each layer to all of the other."""
    net = en.Network()
    a, b = (net.add(en.LeakyDelta(2, **CELLS, name=name, **options)) for name in "ab")
    edges = en.Edges([0, 0, 1, 1], [0, 1, 0, 1])
    net.connect(a, b, edges, weight=1.0, delay=there)
    net.connect(b, a, edges, weight=1.0, delay=back)
    return net


ROUND = "'cells_to_cells' -> 'cells' -> 'cells_to_cells'"
BOTH = "'a_to_b' -> 'b' -> 'b_to_a' -> 'a' -> 'a_to_b'"
ONES_AND_A_ZERO = [1, 0, 1, 1]
RINGS = [
    (one_layer(0), ROUND), (one_layer([0, 0, 0]), ROUND), (two_layers(0, 0), BOTH),
    (two_layers([0, 0, 0, 3], 0), BOTH), (two_layers(ONES_AND_A_ZERO, [0, 0, 0, 0]), BOTH),
]  # fmt: skip


@pytest.mark.parametrize("net, ring", RINGS)
def test_a_ring_through_synapses_is_named_with_its_layers(net: en.Network, ring: str, engine: str) -> None:
    entry = next(module for module in net.modules if "_to_" in module.name)
    port = entry.spikes if "axon" in {wire.source.name for wire in net.wires} and entry.n_delayed else entry.rows  # type: ignore[attr-defined]
    sim = en.Simulation(net, engine=engine, budget=2000)
    sim.inject([(0, port, index, 1) for index in range(2)])
    with pytest.raises(UnsettledError) as caught:
        sim.run()
    told = str(caught.value).partition("; spikes can go round without delay: ")[2].split(" -> ")
    wanted = ring.split(" -> ")[:-1]
    assert told[0] == told[-1]
    k = wanted.index(told[0])
    assert told[:-1] == wanted[k:] + wanted[:k]


@pytest.mark.parametrize("net, ring", RINGS)
def test_such_a_ring_may_not_rest_by_the_graph_alone(net: en.Network, ring: str) -> None:
    (found,) = may_not_rest(net)
    assert {repr(name) for name in found.modules} == set(ring.split(" -> "))
    assert found.why.split()[0] in ("cells", "a", "b")


@pytest.mark.parametrize(
    "net",
    [
        one_layer(1), one_layer([1, 2, 1]), two_layers(0, 2), two_layers([1, 2, 3, 4], 0),
        two_layers(ONES_AND_A_ZERO, [2, 1, 1, 2]), one_layer(0, refractory=1), two_layers([0, 0, 0, 1], 0, refractory=[1, 2]),
    ],
)  # fmt: skip
def test_where_synapses_delay_or_units_are_refractory_there_is_no_ring(net: en.Network, engine: str) -> None:
    assert rings_of(net, leaving_at_once(net, None)) == []
    assert may_not_rest(net) == ()
    entry = net.modules[-1]
    port = entry.spikes if entry.n_delayed else entry.rows  # type: ignore[attr-defined]
    sim = en.Simulation(net, engine=engine, budget=2000)
    sim.inject([(0, port, 0, 1)])
    assert sim.run(until=5).tally.deliveries > 1


def test_a_unit_without_refractory_time_keeps_a_ring() -> None:
    assert may_not_rest(two_layers(0, 0, refractory=[0, 2]))


@pytest.mark.parametrize("delay", [0, [0, 1, 0]])
def test_a_ring_through_plastic_synapses_has_the_rule_in_it(delay: Any) -> None:
    net = en.Network()
    cells = net.add(en.LeakyDelta(3, **CELLS, name="cells"))
    rule = SparsePairStdp.given(a_plus=0.01, a_minus=0.01, tau_plus=20.0, tau_minus=20.0, bounds=(0.0, 3.0))
    net.connect(cells, cells, en.Edges([0, 1, 2], [1, 2, 0]), weight=1.0, delay=delay, plasticity=rule)
    (found,) = may_not_rest(net)
    assert {"cells", "cells_to_cells", "cells_to_cells_stdp"} == set(found.modules)
