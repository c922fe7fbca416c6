"""Blame at layers whose units other modules write: by how much a delivery moved each of them.

Such a layer says its time constants and thresholds (a method `written_units`), and its potential at a tick
(`potentials`): by how much that has changed is by how much a unit was moved, as it has decayed to the same tick before
and after. Of a module that has a method `moves(index, blocks)`, what that says counts where a unit was moved at all. A
unit that has fired was moved by as much as it lacked to its threshold where nothing else is known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.sampling import StateView
from eventnet.engine.state import emitted
from eventnet.module import BoundPort, Module
from eventnet.simulation import Simulation

Floats = NDArray[np.float64]

NOISE = 1e-9
"""Changes below this part of the distance to a threshold are of rounding, by how a potential is brought up."""


def written_by(port: BoundPort) -> Module | None:
    """The layer of another module whose units spike at this port's deliveries, if it says its potential."""
    for outlet in emitted(port, port.port.emits):
        if outlet.module is not port.module and is_written(outlet.module):
            return outlet.module
    return None


def is_written(module: Module) -> bool:
    """Other modules move the units of this one, and it says how they leak."""
    return hasattr(module, "written_units")


class WrittenUnits:
    """Amounts by which deliveries at one port move the units of another module."""

    def __init__(self, port: BoundPort, layer: Module, sim: Simulation) -> None:
        self.port, self.layer, self.state = port, layer, StateView(sim.store, layer)
        own: Any = layer
        self.tau: Floats
        self.bar: Floats
        self.tau, self.bar = own.written_units()
        self.blocks = {name: sim.store.blocks[block.name] for name, block in port.module.blocks.items()}

    def level(self, t: int) -> Floats:
        """Potentials [units], decayed to a tick."""
        layer: Any = self.layer
        made: Floats = layer.potentials(self.state, t) - np.asarray(layer.rest)
        return made

    def moved(self, index: int, s: int, before: Floats, after: Floats, fired: list[int]) -> Floats:
        """By how much a delivery (index, s) moved the units [units]; fired: those that spiked."""
        change, has_fired = after - before, np.zeros(len(before), np.bool_)
        has_fired[fired] = True
        moves = getattr(self.port.module, "moves", None)
        if moves is not None:
            words: Floats = moves(index, self.blocks) * s
            words[(change == 0) & ~has_fired] = 0
            return words
        change[np.abs(change) < NOISE * np.abs(self.bar)] = 0
        change[has_fired] = np.maximum(self.bar - before, NOISE)[has_fired]
        return change
