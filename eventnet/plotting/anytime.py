"""Anytime answers: curves by order, and the worth of each input. matplotlib is loaded as one is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from eventnet.analysis.anytime import AnytimeAnswers, mean_curve
from eventnet.analysis.cheapest_first import Worth
from eventnet.errors import ModelError
from eventnet.plotting.style import (
    BLACK,
    BLUE,
    DASHES,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    blank,
    colour_bar,
    legend,
    plain,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (BLUE, ORANGE, PURPLE, GREEN, SKY, RED, BLACK, GREY)
POINTS = 500
LABELS = {"adds": "adds a sample", "deliveries": "events a sample", "ticks": "time since the sample began, ticks"}


def draw_anytime(
    found: Mapping[str, AnytimeAnswers | Sequence[AnytimeAnswers]], axis: str = "adds", ax: Axes | None = None, *,
    start: float | None = None,
) -> Axes:  # fmt: skip
    """Error against the cost of each sample so far, a line for each name, with bands (see `mean_curve`).

    start: where a logarithmic axis begins; without it the axis is linear, from 0.
    """
    if ax is None:
        ax = blank(height=4.8).subplots()
    curves = {name: [given] if isinstance(given, AnytimeAnswers) else list(given) for name, given in found.items()}
    end = max((float(one.total[axis].max(initial=0)) for those in curves.values() for one in those), default=0.0)
    if start is not None and not 0 < start < max(end, 1):
        raise ModelError(f"the axis begins at {start}; wanted more than 0 and less than {end:,.0f}")
    costs = np.linspace(0, end, POINTS) if start is None else np.geomspace(start, max(end, 1), POINTS)
    for k, (name, those) in enumerate(curves.items()):
        middle, low, high = (100 * line for line in mean_curve(those, costs, axis))
        colour, dash = COLOURS[k % len(COLOURS)], DASHES[k % len(DASHES)]
        ax.plot(costs, middle, color=colour, linestyle=dash, linewidth=1.8, label=name, drawstyle="steps-post")
        ax.fill_between(costs, low, high, color=colour, alpha=0.12, linewidth=0, step="post")
    if start is not None:
        ax.set_xscale("log")
    ax.set(xlabel=LABELS[axis], ylabel="error if asked now, %", ylim=(0, None))
    ax.set_xlim(costs[0], costs[-1])
    legend(ax)
    plain(ax)
    if start is None:
        ax.xaxis.set_major_formatter("{x:,.0f}")
    return ax


def draw_worth(worth: Worth, shape: tuple[int, int], ax: Axes | None = None) -> Axes:
    """A map (height, width) of what the spikes of each input are expected to tell an add; grey where none was seen."""
    if worth.count.shape != (shape[0] * shape[1],):
        raise ModelError(f"{worth.source} has {len(worth.count)} indices; wanted {shape[0]} x {shape[1]}")
    if ax is None:
        ax = blank(4.6, 4).subplots()
    ratio = np.where(worth.count > 0, worth.ratio, np.nan).reshape(shape)
    ax.set_facecolor("#dddddd")
    largest = float(np.nanmax(np.abs(ratio), initial=0)) or 1.0
    drawn = ax.imshow(ratio, cmap="RdBu", vmin=-largest, vmax=largest, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    colour_bar(ax, drawn, "gain an add, 1")
    return ax
