"""A picture of the influence of each input of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventnet.analysis.ablation import Influence
from eventnet.plotting.style import BLACK, RED, SKY, blank, legend, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_influence(found: Sequence[Influence], ax: Axes | None = None) -> Axes:
    """Adds that each input left out would save (above 0) or cost, over time; filled where the answer changes."""
    if ax is None:
        ax = blank(height=4).subplots()
    for changed, colour, label in ((False, SKY, "the answer stays"), (True, RED, "the answer changes")):
        those = [one for one in found if one.changed == changed]
        if those:
            marker = "o" if changed else "."
            ax.plot([o.t for o in those], [-o.adds for o in those], marker, color=colour, linestyle="none", label=label)
    ax.axhline(0, color=BLACK, linewidth=0.7)
    ax.set(xlabel="time of the input, ticks", ylabel="adds fewer without it")
    plain(ax)
    legend(ax, "above")
    return ax
