"""Rings of a network: cycles of wires without delay that spikes can run around within an instant."""

from __future__ import annotations

import numpy as np

from eventnet.engine.state import emitted, rule_in_force
from eventnet.module import BoundPort
from eventnet.network import Network, Wire
from eventnet.wiring import circles_of, shortest_circle

Leaving = dict[int, list[Wire]]
"""Wires without delay that a delivery at each port, by its number, may send spikes along."""


def leaving_at_once(net: Network, coalesce: str | None) -> Leaving:
    """Of every port; a notice that repeats itself is no wire, nor is a look, nor what a unit sends once an instant."""
    of_outlet: dict[tuple[str, str], list[Wire]] = {}
    for wire in net.wires:
        if _at_once(wire):
            of_outlet.setdefault((wire.source.module.name, wire.source.name), []).append(wire)
    return {
        int(port): [
            wire
            for outlet in emitted(port, rule_in_force(net, port, coalesce)[1])
            for wire in of_outlet.get((outlet.module.name, outlet.name), ())
            if not (wire.settled and wire.target.name == port.name)
        ]
        for port in net.ports()
    }


def _at_once(wire: Wire) -> bool:
    """Whether spikes can go along a wire again and again within an instant."""
    module, outlet = wire.source.module, wire.source.outlet
    return not (least_delay(wire) or outlet.pending is not None or getattr(module, "fires_once", False))


def least_delay(wire: Wire) -> int:
    """Ticks that a spike takes along a wire at least: the wire's delay, and the least of its synapses' own."""
    own = getattr(wire.source.module, "own_delays", None) if wire.source.outlet.passes_on else None
    return wire.delay + (int(np.min(own)) if own is not None and np.size(own) else 0)


def rings_of(net: Network, leaving: Leaving) -> list[list[BoundPort]]:
    """Sets of ports that reach one another within an instant."""
    ports = list(net.ports())
    return [[ports[number] for number in ring] for ring in circles_of(_edges(leaving))]


def ring_behind(net: Network, coalesce: str | None, port: int) -> list[str]:
    """Modules of a shortest ring through a port, else through the nearest port from which spikes reach it within an
    instant; the first is named again at the end. [] where no ring is behind it."""
    leaving = leaving_at_once(net, coalesce)
    edges = _edges(leaving)
    on_rings = {number for ring in circles_of(edges) for number in ring}
    comes: dict[int, list[int]] = {}
    for source, target in edges:
        comes.setdefault(target, []).append(source)
    looked = [port]
    for number in looked:
        if number in on_rings:
            return _named(net, leaving, shortest_circle(edges, number))
        looked += sorted(set(comes.get(number, ())) - set(looked))
    return []


def _named(net: Network, leaving: Leaving, ring: list[int]) -> list[str]:
    """Modules in the sequence of a ring's ports; where spikes leave by another module's outlet, that one too."""
    ports, names = list(net.ports()), list[str]()
    for number, following in zip(ring, [*ring[1:], ring[0]], strict=True):
        wire = next(wire for wire in leaving[number] if int(wire.target) == following)
        names += [ports[number].module.name, wire.source.module.name]
    names = [name for k, name in enumerate(names) if k == 0 or name != names[k - 1]]
    return [*(names[:-1] if len(names) > 1 and names[-1] == names[0] else names), names[0]]


def _edges(leaving: Leaving) -> list[tuple[int, int]]:
    return [(port, int(wire.target)) for port, wires in leaving.items() for wire in wires]
