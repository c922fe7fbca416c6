"""Products by which potentials of a `LeakyDelta` decay, and those that the other `decay` would have made."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from eventnet.module import Module
from eventnet.network import Network
from eventnet.neurons.current_drive import NoiseCurrent
from eventnet.neurons.leaky_delta import PART, LeakyDelta
from eventnet.neurons.poisson_drive import PoissonDrive

Rows = Mapping[str, Mapping[str, int]]
"""Counts of modules by name (`Tally.by_module`)."""

LEAST = 10**7
"""Products of a layer that are worth a warning: some hundredths of a second."""


def products(net: Network, layer: LeakyDelta, rows: Rows, time: int) -> tuple[int, int]:
    """Products by which the potentials of a layer decay up to a time: by ticks, and by events."""
    own = [(module, rows[module.name]) for module in writers(net, layer)]
    by_events = sum(row["compares"] for _, row in own)
    if layer.decay == "event":
        return layer.units * max(time, 0), by_events
    return sum(row["multiplies"] - _of_its_own(module, row["compares"]) for module, row in own), by_events


def twice_as_many(net: Network, rows: Rows, time: int) -> Iterator[tuple[LeakyDelta, str, int, int]]:
    """Layers that make twice the products, or more, of the other `decay`: its name, products made, and products there.

    By ticks they are those of the tally, by events one for each sum that was looked at; what ticks would need is one
    product a unit and tick from tick 0 on.
    """
    for layer in net.modules:
        if isinstance(layer, LeakyDelta):
            by_ticks, by_events = products(net, layer, rows, time)
            made, other = (by_ticks, by_events) if layer.decay == "tick" else (by_events, by_ticks)
            if made >= 2 * other and made > 0:
                yield layer, "event" if layer.decay == "tick" else "tick", made, other


def in_words(layer: LeakyDelta, instead: str, made: int, other: int) -> str:
    """A sentence of what `twice_as_many` found of a layer."""
    would = f"with decay={instead!r} it would have been {other:,}"
    return f"Potentials of {layer.name} decayed by {made:,} products; {would}."


def writers(net: Network, layer: Module) -> Iterator[Module]:
    """Modules that write the units of a layer."""
    for module in net.modules:
        if any(other is layer and name in module.shared_writes for name, (other, _) in module.reads.items()):
            yield module


def _of_its_own(module: Module, compares: int) -> int:
    """Products of a drive that are no decay: a count times its amount, a number times its width."""
    return compares if isinstance(module, NoiseCurrent) or _counts(module) else 0


def _counts(module: Module) -> bool:
    return isinstance(module, PoissonDrive) and not module.scattered


class DecayWatch:
    """Warns, once a layer of a simulation, where the other `decay` would have made far fewer of many products.

    Against "event" from twice the products on. Against "tick" where fewer events came than bring up a layer as a whole,
    one for PART products: those of a whole layer are made several at once, and take no more time than a third of them
    by events. It looks at the end of a run, and again when twice the time has passed: runs of one input each pay
    nothing.
    """

    def __init__(self, net: Network) -> None:
        self.net, self.next = net, 1
        self.left = {layer.name for layer in net.modules if isinstance(layer, LeakyDelta)}

    def look(self, simulation: Any, stacklevel: int) -> None:
        """The end of a run of a simulation. stacklevel: of `warnings.warn`, as for the caller."""
        if not self.left or simulation.time < self.next:
            return
        self.next = 2 * simulation.time
        for found in twice_as_many(self.net, simulation.tally.by_module(), simulation.time):
            layer, instead, made, other = found
            if made >= LEAST and layer.name in self.left and (instead == "tick" or made > PART * other):
                self.left.discard(layer.name)
                warnings.warn(in_words(*found), RuntimeWarning, stacklevel=stacklevel + 1)
