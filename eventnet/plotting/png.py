"""All pictures of the command line. Each function returns a PNG as bytes, 1,200 pixels wide.

They use the functions of `axes`, which draw into axes of yours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventnet.plotting import axes as plots
from eventnet.plotting.axes import Dot, Line, Spikes
from eventnet.plotting.style import NOTE, blank, heading, legend, png, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from eventnet.network import Network

__all__ = [
    "Dot", "Line", "Spikes", "adds_by_layer", "anytime_error", "learning_curve", "network_graph", "raster", "sequences",
]  # fmt: skip


def learning_curve(errors: Mapping[str, Sequence[float]], lines: Mapping[str, Line], named: str) -> bytes:
    """Test error (fractions, one an epoch) of each run."""
    figure = blank(height=4.8)
    plots.learning_curve(errors, lines, ax=figure.subplots())
    title(figure, named)
    return png(figure)


def raster(
    image: NDArray[np.uint8], layers: Sequence[Spikes], outputs: NDArray[np.float64], label: int, named: str
) -> bytes:
    """Spikes of one sample through the layers, the digit beside, and the answer as it forms (outputs [T, classes])."""
    figure = blank(height=7.4)
    heights = [2.2] + [1.5] * (len(layers) - 1) + [1.6]
    grid = figure.add_gridspec(len(layers) + 1, 2, width_ratios=[1, 4], height_ratios=heights)
    first: Axes | None = None
    for row, layer in enumerate(layers):
        axes = figure.add_subplot(grid[row, 1], sharex=first)
        first = first or axes
        plots.spikes(layer, len(outputs), what="unit" if row else "pixel", ax=axes)
        axes.tick_params(labelbottom=False)
        if row == 0 and (layer.sign < 0).any():
            legend(axes, "right", title="sign", title_fontsize=NOTE)
    plots.forming_answer(outputs, label, ax=figure.add_subplot(grid[-1, 1], sharex=first))
    picture = figure.add_subplot(grid[0, 0])
    picture.imshow(image.reshape(28, 28), cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
    picture.set(xticks=[], yticks=[])
    heading(picture, f"the input, a {label}")
    title(figure, named)
    return png(figure)


def sequences(logs: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int64]]], levels: Sequence[str]) -> bytes:
    """The deliveries of one step in each order: (position, level) of each delivery; levels from the input up."""
    figure = blank(height=1.4 + 1.7 * len(logs))
    rows = np.atleast_1d(figure.subplots(len(logs), 1, sharex=True))
    for axes, (name, (position, level)) in zip(rows, logs.items(), strict=True):
        plots.sequence(position, level, levels, ax=axes)
        heading(axes, name)
    rows[-1].set_xlabel("delivery, counted from the feeding of the image")
    title(figure, "The same spikes in two sequences: one step of the digit")
    return png(figure)


def adds_by_layer(panels: Mapping[str, Mapping[str, Mapping[str, float]]]) -> bytes:
    """Adds a sample by module and cause. panels: title -> module -> cause -> adds."""
    sizes = [len(modules) for modules in panels.values()]
    figure = blank(height=1.6 + 0.34 * sum(sizes) + 0.5 * len(sizes))
    rows = np.atleast_1d(figure.subplots(len(panels), 1, sharex=True, height_ratios=sizes))
    for axes, (named, modules) in zip(rows, panels.items(), strict=True):
        plots.adds_by_layer(modules, ax=axes)
        heading(axes, named)
    rows[-1].set_xlabel("adds a sample, thousands")
    handles = rows[-1].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=len(handles[1]), frameon=False, fontsize=NOTE)
    rows[0].set_xlim(0, 1.1 * rows[0].get_xlim()[1])
    return png(figure)


def anytime_error(
    adds: NDArray[np.float64], energy: NDArray[np.float64], errors: NDArray[np.float64], dots: Sequence[Dot]
) -> bytes:
    """Test error against the cost so far: operations a sample (left), energy in nJ (right)."""
    figure = blank(height=4.8)
    left, right = figure.subplots(1, 2, sharey=True)
    plots.anytime_error(adds / 1000, errors, [(dot, dot.operations / 1000) for dot in dots], ax=left)
    plots.anytime_error(energy, errors, [(dot, dot.energy) for dot in dots], ax=right)
    left.set(xlabel="operations a sample, thousands\n(adds; multiply-adds for ReLU)", ylabel="test error, %")
    right.set_xlabel("energy estimate a sample, nJ\n(0.9 pJ an add, 3.7 pJ a multiplication)")
    handles = left.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=2, frameon=False, fontsize=NOTE)
    title(figure, "An answer at any time: error after each step")
    return png(figure)


def network_graph(net: Network) -> bytes:
    """Modules as boxes, by rank from left to right; wires as arrows, numbered in the order in which they were bound."""
    figure: Any = plots.network_graph(net).figure
    return png(figure)
