"""Samples of recorders, as a report draws them: a line a unit, thinned to what a screen shows."""

from __future__ import annotations

from typing import Any

from eventnet.engine.recorders import SPIKES, Recorded
from eventnet.simulation import Run, Simulation

UNITS, POINTS = 8, 600
"""Lines of a picture, and samples of a line, at most."""


def recorded(run: Run | Simulation) -> list[dict[str, Any]]:
    """A picture for each recorder of samples; recorders of spikes have none, since the raster shows them."""
    return [_picture(one) for one in run.all_recorded() if one.recorder.name != SPIKES and len(one.times)]


def _picture(one: Recorded) -> dict[str, Any]:
    step = -(-len(one.times) // POINTS)
    shown = one.numbers[::step, :UNITS]
    return {
        "module": one.module, "name": one.recorder.name, "samples": len(one.times), "step": step,
        "units": one.units[:UNITS].tolist(), "left out": max(0, len(one.units) - UNITS),
        "t": one.times[::step].tolist(), "lines": [[float(f"{x:.6g}") for x in row] for row in shown.T.tolist()],
    }  # fmt: skip
