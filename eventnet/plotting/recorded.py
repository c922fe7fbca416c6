"""A picture of what a recorder read: potentials, or other state, of a few units over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventnet.engine.recorders import SPIKES, Recorded
from eventnet.errors import InputError
from eventnet.plotting.style import COLOURS, DASHES, blank, heading, legend, plain
from eventnet.simulation import Run, Simulation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 7
"""Units that are drawn where more were recorded: colours tell so many apart."""


def potential(what: Run | Simulation | Recorded, *, tick_s: float | None = None, ax: Axes | None = None) -> Axes:
    """Recorded potentials, or other state, over time: a line a unit, of the first seven that were recorded.

    what: a run with one recorder of samples, or what `recorded` gives. tick_s: seconds a tick, for an axis in ms.
    Raises InputError for a run with none or several, and for spikes.
    """
    if not isinstance(what, Recorded):
        sim = what.simulation if isinstance(what, Run) else what
        found = [one for one in sim.all_recorded() if one.recorder.name != SPIKES]
        if len(found) != 1:
            raise InputError(
                f"this run has {len(found)} recorders of samples; wanted one, or run.recorded(module, name)"
            )
        what = found[0]
    if what.numbers.ndim != 2:
        raise InputError(f"{what!r} has no samples; spikes are drawn by plotting.raster")
    axes = blank(height=3.0).subplots() if ax is None else ax
    time = what.times * (1.0 if tick_s is None else 1000 * tick_s)
    n = min(len(what.units), SHOWN)
    for k in range(n):
        style: Any = {"color": COLOURS[k % len(COLOURS)], "linestyle": DASHES[k % len(DASHES)]}
        axes.plot(time, what.numbers[:, k], linewidth=1.1, label=f"unit {what.units[k]}", **style)
    axes.set(xlabel="time, ticks" if tick_s is None else "time, ms", ylabel=what.recorder.name)
    if len(time) > 1:
        axes.set_xlim(float(time[0]), float(time[-1]))
    more = len(what.units) - n
    heading(axes, f"{what.recorder.name} of {what.module}" + (f", {n} of {len(what.units):,} units" if more else ""))
    if n > 1:
        legend(axes, "above", ncols=min(n, 4))
    plain(axes)
    return axes


__all__ = ["potential"]
