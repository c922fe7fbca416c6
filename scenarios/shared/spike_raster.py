"""Spikes of a module's outlet `out` since the last look, as a picture: from what a simulation records of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en

COLUMN_US = 1000
WHITE, BLACK = 255, 0


class SpikeRaster:
    """A row a unit, a column a millisecond, in time that is over; ticks are microseconds.

    The simulation has `en.record(module, "spikes")`.
    """

    def __init__(self, simulation: en.Simulation, module: str) -> None:
        self.simulation, self.module = simulation, module
        found: Any = simulation.net[module]
        self.units, self.known, self.seen_us = found.out.width, 0, 0

    def picture(self, t_us: int) -> dict[str, NDArray[np.uint8]]:
        """The raster [units, columns] of the spikes since the last picture, before t_us."""
        begin, self.seen_us = self.seen_us, t_us
        found = self.simulation.recorded(self.module, "spikes", since=self.known)
        t, unit = found.times, found.units
        self.known += len(t)
        made = np.full((self.units, max(1, -((begin - t_us) // COLUMN_US))), WHITE, np.uint8)
        made[unit, np.clip((t - begin) // COLUMN_US, 0, made.shape[1] - 1)] = BLACK
        return {"raster": made}
