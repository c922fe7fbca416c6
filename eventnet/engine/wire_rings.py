"""Rings of a network: cycles of wires without delay that spikes can run around within an instant."""

from __future__ import annotations

from eventnet.engine.state import rule_in_force
from eventnet.module import BoundPort
from eventnet.network import Network, Wire
from eventnet.wiring import circles_of, shortest_circle

Leaving = dict[int, list[Wire]]
"""Wires without delay that a delivery at each port, by its number, may send spikes along."""


def leaving_at_once(net: Network, coalesce: str | None) -> Leaving:
    """Of every port; a notice that repeats itself is no wire, nor is a look."""
    of_outlet: dict[tuple[str, str], list[Wire]] = {}
    for wire in net.wires:
        if not wire.delay and wire.source.outlet.pending is None:
            of_outlet.setdefault((wire.source.module.name, wire.source.name), []).append(wire)
    return {
        int(port): [
            wire
            for name in rule_in_force(net, port, coalesce)[1]
            for wire in of_outlet.get((port.module.name, name), ())
            if not (wire.settled and wire.target.name == port.name)
        ]
        for port in net.ports()
    }


def rings_of(net: Network, leaving: Leaving) -> list[list[BoundPort]]:
    """Sets of ports that reach one another within an instant."""
    ports = list(net.ports())
    return [[ports[number] for number in ring] for ring in circles_of(_edges(leaving))]


def ring_behind(net: Network, coalesce: str | None, port: int) -> list[str]:
    """Modules of a shortest ring through a port, else through the nearest port from which spikes reach it within an
    instant; the first is named again at the end. [] where no ring is behind it."""
    edges = _edges(leaving_at_once(net, coalesce))
    on_rings = {number for ring in circles_of(edges) for number in ring}
    comes: dict[int, list[int]] = {}
    for source, target in edges:
        comes.setdefault(target, []).append(source)
    looked = [port]
    for number in looked:
        if number in on_rings:
            ports = list(net.ports())
            names = [ports[each].module.name for each in shortest_circle(edges, number)]
            names = [name for k, name in enumerate(names) if k == 0 or name != names[k - 1]]
            return [*names, names[0]]
        looked += sorted(set(comes.get(number, ())) - set(looked))
    return []


def _edges(leaving: Leaving) -> list[tuple[int, int]]:
    return [(port, int(wire.target)) for port, wires in leaving.items() for wire in wires]
