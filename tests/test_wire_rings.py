"""Rings of wires without delay: which there are, and which one an instant that does not come to rest is told of."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

import eventnet as en
from eventnet.engine.wire_rings import leaving_at_once, ring_behind, rings_of
from eventnet.errors import UnsettledError
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
