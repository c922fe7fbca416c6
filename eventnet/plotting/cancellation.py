"""Pictures of cancellation in a run: spikes that cancel each other, and sums that move forth and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventnet.analysis.cancellation import Cancellation
from eventnet.plotting.style import BLUE, ORANGE, SKY, blank, legend, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# --- pictures ---
def draw_cancelled(found: Cancellation, ax: Axes | None = None) -> Axes:
    """Spikes of each outlet, and of them those that cancel each other."""
    if ax is None:
        ax = blank(height=1.2 + 0.4 * max(len(found.cancelled), 1)).subplots()
    names = [row.outlet for row in found.cancelled]
    ax.barh(names, [row.spikes for row in found.cancelled], color=SKY, label="spikes")
    ax.barh(names, [2 * row.pairs for row in found.cancelled], color=ORANGE, label="of them cancelled", height=0.5)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlabel("spikes")
    legend(ax, "above")
    plain(ax, grid="x")
    return ax


def draw_variation(found: Cancellation, ax: Axes | None = None) -> Axes:
    """Variation of each unit's sum over the net change of each cascade; a line a module, a mark a unit."""
    if ax is None:
        ax = blank(height=1.2 + 0.5 * max(len(found.sums), 1)).subplots()
    for k, row in enumerate(found.sums):
        moved = row.cascades > 0
        ratio = row.variation[moved] / row.cascades[moved]
        ax.plot(ratio, np.full(len(ratio), k), "|", color=BLUE, markersize=12)
        ax.plot([row.variation_ratio], [k], "D", color=ORANGE)
    ax.set_yticks(range(len(found.sums)), [row.module for row in found.sums])
    ax.set_ylim(len(found.sums) - 0.4, -0.6)
    ax.set_xlabel("variation over net change of each cascade (| a unit, ◆ all of a module)")
    plain(ax, grid="x")
    return ax
