"""Whether a network with feedback may fail to come to rest within an instant, from its graph and a run's options.

A ring is a cycle of wires without delay that spikes can run around. Sigma-Delta layers of bounded activations with
symmetric weights, whatever their scales, have an energy that falls at each change, if a layer looks once all has
arrived. If they look at every spike while others are under way, these act as delays, and units may swing for ever.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eventnet.engine.state import emitted, rule_in_force
from eventnet.engine.wire_rings import leaving_at_once, rings_of
from eventnet.module import BoundPort, Module
from eventnet.network import Network, Wire
from eventnet.neurons.hopfield import HopfieldUnits
from eventnet.neurons.sigma_delta import SigmaDelta
from eventnet.order import Key, Order, find_order

BOUNDED = ("hard_sigmoid", "sigmoid", "tanh", "clip")
"""Activations whose units stand for finitely many numbers."""
ENDS = ("random",)
"""Orders in which swinging units meet, sooner or later, a sequence of deliveries after which they rest."""


class Ring(NamedTuple):
    """Modules on cycles of wires without delay, and why they may not come to rest."""

    modules: tuple[str, ...]
    why: str


def may_not_rest(
    net: Network, order: str | Key | Order = "breadth", *, coalesce: str | None = None, annihilate: bool = False
) -> tuple[Ring, ...]:
    """The rings of a network that may not come to rest in a run with these options, as for `Simulation`.

    It says "may": a ring that is named here rests for some weights and inputs. One that is not named has an energy
    that falls (thresholds checked once a burst), or has been measured only (`annihilate`, order "random"):
    `docs/explanation/not-at-rest.md` has which. Wires with delays are not looked at: a ring through one may go on for
    ever, but no instant of it does. So are looks and predictions, of which one a unit waits, and the spikes of a
    `LeakyDelta` whose units are all refractory for a tick or more: a unit fires once an instant.
    """
    found, leaving = find_order(order), leaving_at_once(net, coalesce)
    rings = []
    for ports in rings_of(net, leaving):
        names = {int(port) for port in ports}
        wires = [(port, wire) for port in ports for wire in leaving[int(port)] if int(wire.target) in names]
        why = _why(net, ports, [wire for _, wire in wires], found, coalesce, annihilate)
        if why:
            modules = [module for port, wire in wires for module in (port.module, wire.source.module)]
            rings.append(Ring(tuple(dict.fromkeys(module.name for module in modules)), why))
    return tuple(rings)


def _why(
    net: Network, ports: list[BoundPort], wires: list[Wire], order: Order, coalesce: str | None, annihilate: bool
) -> str:  # fmt: skip
    """The reason why a ring of these ports and wires may not come to rest; "" for one that does."""
    modules = {port.module for port in ports}
    if all(isinstance(module, HopfieldUnits) for module in modules) and len(modules) == 1:
        return ""  # its units look one at a time, and its weights are symmetric
    unbounded = [wire.source for wire in wires if not _is_bounded(wire.source.module)]
    if unbounded:
        first = min(unbounded, key=lambda outlet: outlet.outlet.passes_on)  # a module's own spikes, if there are any
        return f"{first.module.name} may answer spikes without end: nothing bounds how often a unit fires"
    wires = [wire for wire in wires if wire.source.module is not wire.target.module]
    there = {(wire.source.module.name, wire.target.module.name) for wire in wires}
    for wire in wires:
        if (wire.target.module.name, wire.source.module.name) not in there or not _is_symmetric(
            wire.source.module, wire.target.module
        ):
            return f"weights from {wire.source.module.name} to {wire.target.module.name} are not those back"
    if annihilate or order.name in ENDS or all(_at_the_end(net, port, coalesce) for port in ports):
        return ""
    return "thresholds are checked at every spike, with others under way; coalesce='burst' or annihilate=True ends it"


def _is_bounded(module: Module) -> bool:
    return isinstance(module, SigmaDelta) and module.activation in BOUNDED


def _is_symmetric(a: Any, b: Any) -> bool:
    """Whether the weights between two dense layers are the same both ways, as the energy demands."""
    if a.weights is None or b.weights is None:
        return False
    there, back = b.weights.array[: a.units], a.weights.array[: b.units]
    return there.shape == back.T.shape and bool(np.array_equal(there, back.T))


def _at_the_end(net: Network, port: BoundPort, coalesce: str | None) -> bool:
    """A port where spikes only gather, or one that looks when its instant is otherwise done."""
    sends = [o for o in emitted(port, rule_in_force(net, port, coalesce)[1]) if o.outlet.settles is None]
    return not sends or any(outlet.settles == port.name for outlet in port.module.outlets.values())
