"""Blame at layers whose units other modules write: by how much a delivery moved each of them.

Such a layer names the time constant of its potential (`written_leak`), and says its potential at a tick
(`potentials`): by how much that has changed is by how much a unit was moved, as it has decayed to the same tick before
and after. Of a module that has a method `moves(index, blocks)`, what that says counts where a unit was moved at all. A
unit that has fired was moved by as much as it lacked to its threshold where nothing else is known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.sampling import State
from eventnet.engine.state import emitted
from eventnet.kernels.rows import at
from eventnet.module import BoundPort, Module
from eventnet.simulation import Simulation

Floats = NDArray[np.float64]

NOISE = 1e-9
"""Changes below this part of the distance to a threshold are of rounding, by how a potential is brought up."""


def written_by(port: BoundPort) -> Module | None:
    """The layer of another module whose units spike at this port's deliveries, if it says its potential."""
    for outlet in emitted(port, port.port.emits):
        if outlet.module is not port.module and leak_of(outlet.module) is not None:
            return outlet.module
    return None


def leak_of(module: Module) -> str | None:
    """The parameter with the time constant of a potential that other modules move; None where there is none."""
    return getattr(module, "written_leak", None)


class WrittenUnits:
    """How deliveries at one port move the units of another module."""

    def __init__(self, port: BoundPort, layer: Module, sim: Simulation) -> None:
        self.port, self.layer, self.state = port, layer, State(sim.store, layer)
        self.tau = np.asarray(sim.store.find(layer, str(leak_of(layer))), np.float64)
        bar = sim.store.find(layer, "bar")
        self.bar: Floats = np.array([at(bar, j if len(bar) > 1 else 0) for j in range(layer.units)], np.float64)
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
