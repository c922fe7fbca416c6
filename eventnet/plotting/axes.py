"""General plots, those of the demo and of training among them, as functions that draw into axes of yours.

Each takes `ax=`, the axes to draw into, or makes a figure of its own, and returns the axes; `png` puts them
together and makes PNGs of them. matplotlib takes long to import, so only these functions do. Colours are Okabe and
Ito's, which colour-blind readers can tell apart; lines differ in dash or marker as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventnet.base.old_names import renamed_arguments
from eventnet.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    NOTE,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    apart,
    blank,
    heading,
    legend,
    plain,
    points,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from eventnet.network import Network

__all__ = [
    "Dot", "Line", "Spikes", "adds_by_layer", "anytime_error", "forming_answer", "learning_curve", "network_graph",
    "sequence", "spikes",
]  # fmt: skip

FILLS = ("#dcecf7", "#fbe6c8", "#d5efe6", "#f5dfea", "#f6f2c0", "#e6e6e6")
MOST_LABELS, MOST_RANKS = 16, 4
"""Wires, and ranks beside one another, in a picture that still leave room for a label at each wire."""
CAUSES = {"input": SKY, "synaptic": BLUE, "neuron": ORANGE, "learning": RED}


@dataclass(frozen=True)
class Line:
    """The look of a run's line: its label, colour, dashes and marker."""

    label: str
    colour: str
    dash: str = "-"
    marker: str = "o"


LOOKS = (
    Line("", SKY), Line("", BLUE, "--"), Line("", ORANGE, "-", "s"), Line("", RED, "--", "s"),
    Line("", GREEN, "-.", "^"), Line("", PURPLE, ":", "v"), Line("", BLACK, ":", "D"),
)  # fmt: skip
"""Looks of runs for which none was chosen, one after the other."""


@dataclass(frozen=True)
class Spikes:
    """Spikes of one layer: when (in steps), of which unit, +1 or -1."""

    name: str
    units: int
    when: NDArray[np.float64]
    unit: NDArray[np.int64]
    sign: NDArray[np.int64]


@dataclass(frozen=True)
class Dot:
    """One whole answer of another network: operations, energy in nJ, error as a fraction."""

    label: str
    operations: float
    energy: float
    error: float
    marker: str


def learning_curve(
    errors: Mapping[str, Sequence[float]], lines: Mapping[str, Line] | None = None, *, ax: Axes | None = None
) -> Axes:
    """Test error (fractions, one an epoch) of each run, by name; `lines` says how each is drawn."""
    from matplotlib.ticker import MaxNLocator

    axes = blank(height=4.8).subplots() if ax is None else ax
    for k, (run, values) in enumerate(errors.items()):
        line = lines[run] if lines is not None else LOOKS[k % len(LOOKS)]
        # Runs that agree lie on one another: earlier ones are drawn wider, so that both are seen.
        axes.plot(
            range(1, len(values) + 1), 100 * np.asarray(values), color=line.colour, linestyle=line.dash,
            marker=line.marker, markersize=7 if k == 0 else 5, linewidth=5 if k == 0 else 2, label=line.label or run,
            alpha=0.55 if k == 0 else 1.0,
        )  # fmt: skip
    axes.set(xlabel="epochs", ylabel="test error, %", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend(axes)
    plain(axes)
    return axes


def spikes(layer: Spikes, steps: int, *, what: str = "unit", ax: Axes | None = None) -> Axes:
    """Spikes of one layer: units from top to bottom, as pixel 0 is an image's first; steps from left to right."""
    axes = blank(height=3).subplots() if ax is None else ax
    for sign, colour, name in ((1, BLUE, "+1"), (-1, RED, "−1")):
        of = layer.sign == sign
        if of.any():
            axes.plot(layer.when[of], layer.unit[of], "|", color=colour, markersize=4, markeredgewidth=0.8, label=name)
    axes.set(ylabel=what, ylim=(1.02 * layer.units, -0.02 * layer.units), xlim=(0, steps))
    axes.set_yticks([0, layer.units // 2, layer.units])
    heading(axes, f"{layer.name}: {len(layer.when):,} spikes")
    axes.set_xticks(range(steps + 1))
    plain(axes, grid="x")
    return axes


def forming_answer(outputs: NDArray[np.float64], label: int, *, ax: Axes | None = None) -> Axes:
    """The answer so far, a line for each class (outputs [T, classes]); the label and its best rival stand out."""
    axes = blank(height=3).subplots() if ax is None else ax
    steps, classes = outputs.shape
    at = np.arange(1, steps + 1)
    rival = next(int(j) for j in np.argsort(outputs[-1])[::-1] if j != label)
    for k in range(classes):
        colour, width = (GREEN, 2.5) if k == label else (ORANGE, 1.6) if k == rival else ("#bbbbbb", 0.9)
        axes.plot(at, outputs[:, k], color=colour, linewidth=width, marker=".", zorder=3 if k == label else 2)
    low, high = axes.get_ylim()
    for k, place in zip((label, rival), apart(outputs[-1, [label, rival]].tolist(), 0.15 * (high - low)), strict=True):
        axes.annotate(
            f"{k}", (steps, place), xytext=(6, 0), textcoords="offset points", va="center",
            color=GREEN if k == label else ORANGE, weight="bold", annotation_clip=False,
        )  # fmt: skip
    axes.set(xlabel="step (one feeding of the image); within it, the order of deliveries", ylabel="output, 1")
    heading(axes, "answer so far, one line a class")
    plain(axes, grid="both")
    return axes


def sequence(
    position: NDArray[np.int64], level: NDArray[np.int64], levels: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """The deliveries of one step in their order: position and level [n] of each; names of levels from the input up."""
    axes = blank(height=3).subplots() if ax is None else ax
    colours = (SKY, BLUE, RED)
    for k in range(len(levels)):
        at = position[level == k]
        axes.plot(at, np.full(len(at), k), "|", color=colours[k % 3], markersize=22, markeredgewidth=1.4)
    axes.set_yticks(range(len(levels)), [f"to {text}" for text in levels])
    axes.set_ylim(-0.6, len(levels) - 0.4)
    plain(axes, grid="")
    return axes


def adds_by_layer(modules: Mapping[str, Mapping[str, float]], *, ax: Axes | None = None) -> Axes:
    """Adds by module and cause, as bars in thousands. modules: name -> cause -> adds."""
    axes = blank(height=1.6 + 0.36 * len(modules)).subplots() if ax is None else ax
    names = list(modules)
    left = np.zeros(len(names))
    for cause, colour in CAUSES.items():
        values = np.array([modules[name].get(cause, 0.0) for name in names]) / 1000
        axes.barh(names, values, left=left, color=colour, label=f"{cause} adds", height=0.72)
        left += values
    for k, total in enumerate(left):
        axes.annotate(
            f"{total:,.1f}", (total, k), xytext=(4, 0), textcoords="offset points", va="center", fontsize=NOTE
        )
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    plain(axes, grid="x")
    return axes


@renamed_arguments(spent="cost")
def anytime_error(
    cost: NDArray[np.float64], errors: NDArray[np.float64], dots: Sequence[tuple[Dot, float]] = (), *,
    label: str = "Deep Spiking Network, step by step", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Test error (fractions [K]) against the cost so far [K], on a logarithmic scale.

    dots: answers of other networks, each with its cost, in the same unit.
    """
    axes = blank(height=4.8).subplots() if ax is None else ax
    axes.plot(cost, 100 * errors, color=BLUE, marker="o", linewidth=2, label=label)
    for k in {0, 1, 2, 4, len(errors) - 1} & set(range(len(errors))):
        axes.annotate(
            f"{k + 1}",
            (cost[k], 100 * errors[k]),
            xytext=(5, 5),
            textcoords="offset points",
            color=BLUE,
            fontsize=NOTE,
        )
    for dot, x in dots:
        axes.plot([x], [100 * dot.error], dot.marker, color=RED, markersize=10, label=dot.label, linestyle="none")
    axes.set_xscale("log")
    axes.set_ylim(0, 108 * max(errors))
    plain(axes)
    return axes


def network_graph(net: Network, *, ax: Axes | None = None) -> Axes:
    """Modules as boxes, by rank from left to right; wires as arrows, numbered in the order in which they were bound."""
    graph, ranks = net.to_networkx(), net.ranks()
    columns: dict[int, list[str]] = {}
    for name in graph.nodes:
        columns.setdefault(ranks[name], []).append(name)
    place = {
        name: (2.4 * rank, 0.65 * (len(names) - 1) - 1.3 * k)
        for rank, names in columns.items()
        for k, name in enumerate(names)
    }
    width, height = len(columns), max(map(len, columns.values()))
    size = min(max(7.2, 2.3 * width), 24), min(max(2.2, 1.1 * height + 0.7), 24)
    axes = blank(*size).subplots() if ax is None else ax
    least = points(axes.figure)
    kinds = list(dict.fromkeys(data["kind"] for _, data in graph.nodes(data=True)))
    boxes = {}
    for name, data in graph.nodes(data=True):
        text = axes.annotate(
            f"{name}\n{data['kind']}, {data['units']}", place[name], ha="center", va="center", zorder=3,
            fontsize=max(10, least),
            bbox={"boxstyle": "round,pad=0.45", "fc": FILLS[kinds.index(data["kind"]) % len(FILLS)], "ec": "#333333"},
        )  # fmt: skip
        boxes[name] = text.get_bbox_patch()
    axes.set_xlim(-1.1, 2.4 * (width - 1) + 1.1)
    axes.set_ylim(-0.65 * height, 0.65 * height)
    axes.set_axis_off()
    labelled = _draw_wires(axes, graph, place, boxes, ranks)
    named = "modules (kind, units) and wires" + (", numbered in the order they were bound" if labelled else "")
    axes.set_title(named, loc="left", fontsize=max(10, least), color=GREY)
    figure: Any = axes.figure
    figure.draw_without_rendering()  # boxes learn their size when they are drawn, and arrows end at them
    return axes


def _draw_wires(
    axes: Axes, graph: Any, place: dict[str, tuple[float, float]], boxes: dict[str, Any], ranks: dict[str, int]
) -> bool:
    """Arrows from box to box; returns whether there was room for labels.

    A layer's notice to itself is left out: it is how the layer coalesces, no wire that anyone made.
    """
    from matplotlib.patches import FancyArrowPatch

    edges = sorted(graph.edges(data=True), key=lambda edge: int(edge[2]["number"]))
    edges = [(a, b, data) for a, b, data in edges if not (data["settled"] and a == b)]
    labelled = len(edges) <= MOST_LABELS and len({x for x, _ in place.values()}) <= MOST_RANKS
    drawn: dict[tuple[str, str], int] = {}
    for number, (a, b, data) in enumerate(edges, start=1):
        twin = drawn.setdefault((a, b), 0)
        drawn[a, b] += 1
        straight = ranks[b] - ranks[a] == 1
        bend = (0.0 if straight else 0.25) + 0.15 * twin
        start, end = np.array(place[a]), np.array(place[b])
        if a == b:
            start, end, bend = np.subtract(start, (0.2, 0)), np.add(end, (0.2, 0)), -1.6
        arrow = FancyArrowPatch(
            tuple(start), tuple(end), patchA=boxes[a], patchB=boxes[b], connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>", mutation_scale=15, shrinkA=1, shrinkB=1, color=GREY, linewidth=1.3, zorder=1,
        )  # fmt: skip
        axes.add_patch(arrow)
        if labelled:
            text = f"{number}: {data['outlet']} → {data['port']}"
            text += f", {data['delay']} ticks" if data["delay"] else ""
            along = end - start
            middle = (start + end) / 2 + bend / 2 * np.array([along[1], -along[0]])
            box = {"fc": "white", "ec": "none", "pad": 1.5}
            axes.annotate(text, tuple(middle), ha="center", va="center", color="#333333", bbox=box,
                          fontsize=max(NOTE, points(axes.figure)))  # fmt: skip
    return labelled
