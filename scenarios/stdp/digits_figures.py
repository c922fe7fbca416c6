"""Pictures of digits learned by STDP, as PNG bytes: weights as they form, answers, and the spikes of one digit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.plotting.style import (
    BLUE,
    GREEN,
    GREY,
    NOTE,
    ORANGE,
    PURPLE,
    SKY,
    apart,
    blank,
    heading,
    legend,
    plain,
    png,
    title,
)
from eventnet.scenarios.shared.receptive_fields import mosaic
from eventnet.scenarios.stdp.digits import CLASSES, DigitsResult

SIDE = 28
MOST_FIELDS = 400
CAUSES = {"synaptic": BLUE, "neuron": SKY, "plasticity": ORANGE, "normalisation": PURPLE}


def fields(found: DigitsResult) -> bytes:
    """The weights of every neuron, an image each, at several moments of learning."""
    columns = min(3, len(found.moments))
    rows = math.ceil(len(found.moments) / columns)
    figure = blank(height=0.5 + 2.9 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (seen, weights) in zip(grid, found.moments, strict=False):
        axes.imshow(mosaic(weights[:MOST_FIELDS]), cmap="magma", vmin=0, vmax=1, interpolation="auto")
        heading(axes, f"After {seen:,} digits" if seen else "Before learning")
    for axes in grid:
        axes.set_axis_off()
    title(
        figure, f"Weights of {len(found.moments[0][1]):,} neurons as they form: black is 0, the brightest the largest"
    )
    return png(figure)


def confusion(found: DigitsResult) -> bytes:
    """The confusion matrices of both read-outs, in percent of the digits of a class."""
    figure = blank(height=4.6)
    for axes, readout in zip(figure.subplots(1, 2), found.answers, strict=True):
        counts = found.confusion(readout)
        share = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(share, cmap="Blues", vmin=0, vmax=100)
        for truth, answer in np.ndindex(*share.shape):
            if share[truth, answer] >= 0.5:
                colour = "white" if share[truth, answer] > 50 else "black"
                axes.annotate(
                    f"{share[truth, answer]:.0f}",
                    (answer, truth),
                    ha="center",
                    va="center",
                    fontsize=NOTE,
                    color=colour,
                )
        axes.set(xticks=range(CLASSES), yticks=range(CLASSES), xlabel="answer", ylabel="digit")
        heading(axes, f"{readout.capitalize()}: {100 * found.accuracy(readout):.2f} % right")
    title(figure, f"What is taken for what, % of {len(found.truth):,} test digits")
    return png(figure)


def cost(found: DigitsResult) -> bytes:
    """Adds a digit by cause, in learning and in answering."""
    phases = {"learning": found.learning.numbers(), "answering": found.answering.numbers()}
    figure = blank(height=2.8)
    axes = figure.subplots()
    left = np.zeros(len(phases))
    for cause, colour in CAUSES.items():
        values = np.array([1e-3 * numbers[f"{cause} adds"] for numbers in phases.values()])
        axes.barh(list(phases), values, left=left, color=colour, height=0.6, label=cause)
        left += values
    for place, end in enumerate(left):
        axes.annotate(f"{end:,.0f}", (end, place), xytext=(5, 0), textcoords="offset points", va="center")
    axes.set(xlabel="adds a digit, thousands", xlim=(0, 1.12 * left.max()), ylim=(len(phases) - 0.5, -0.5))
    legend(axes, "above")
    plain(axes, grid="x")
    title(figure, "Adds a digit, by cause")
    return png(figure)


def raster(found: DigitsResult) -> bytes:
    """One test digit: the spikes that show it, those of the network, and the votes for each class as they come in."""
    image, label, answer, shown = found.example
    figure = blank(height=7.4)
    grid = figure.add_gridspec(3, 2, width_ratios=[1, 3.4], height_ratios=[2.0, 1.8, 1.5])
    top = figure.add_subplot(grid[0, 1])
    top.plot(1e-3 * shown.input_ticks, shown.inputs, "|", color=GREY, markersize=3, markeredgewidth=0.6)
    top.set(ylabel="pixel", ylim=(1.02 * SIDE**2, -0.02 * SIDE**2))
    heading(top, f"Input: {len(shown.inputs):,} spikes")
    middle, bottom = (figure.add_subplot(grid[row, 1], sharex=top) for row in (1, 2))
    _spikes(middle, found)
    _votes(bottom, found)
    for axes in (top, middle, bottom):
        plain(axes, grid="x")
        axes.tick_params(labelbottom=axes is bottom)
    _beside(figure.add_subplot(grid[0, 0]), image.reshape(SIDE, SIDE), "gray_r", f"A {label}, answered {answer}")
    if len(shown.neurons):
        counts = np.bincount(shown.neurons)
        best = np.argsort(-counts, kind="stable")[: min(4, np.count_nonzero(counts))]
        _beside(
            figure.add_subplot(grid[1, 0]), mosaic(found.network.receptive_fields()[best]), "magma",
            "Weights of the busiest,\n" + ", ".join(str(j) for j in best),
        )  # fmt: skip
    title(figure, "One test digit through the network")
    return png(figure)


def _colour(k: int, label: int) -> str:
    """Of the right class, and of all others."""
    return GREEN if k == label else ORANGE


def _spikes(axes: Any, found: DigitsResult) -> None:
    """A line for each neuron that takes part, by class."""
    _, label, _, shown = found.example
    classes = found.network.assignments
    active = sorted(set(shown.neurons.tolist()), key=lambda j: (classes[j], j))
    for place, j in enumerate(active):
        at = 1e-3 * shown.spike_ticks[shown.neurons == j]
        axes.plot(at, np.full(len(at), place), "|", color=_colour(classes[j], label), markersize=14, markeredgewidth=2)
    axes.set_yticks(range(len(active)), [f"{j}: a {classes[j]}" if classes[j] >= 0 else f"{j}" for j in active])
    axes.set(ylabel="neuron: its class", ylim=(len(active) - 0.4, -0.6))
    heading(axes, f"Network: {len(shown.neurons):,} spikes of {len(active)} neurons")


def _votes(axes: Any, found: DigitsResult) -> None:
    """Spikes so far of the neurons of each class, a neuron."""
    _, label, _, shown = found.example
    classes, last = found.network.assignments, found.parameters.presentation.shown_ms
    ends: dict[int, float] = {}
    for k in range(CLASSES):
        at = shown.spike_ticks[classes[shown.neurons] == k]
        if len(at):
            share, width = 1 / np.count_nonzero(classes == k), 2.0 if k == label else 1.2
            values = share * np.arange(len(at) + 1)
            axes.step([0, *1e-3 * at, last], [*values, values[-1]], where="post", color=_colour(k, label), lw=width)
            ends[k] = float(values[-1])
    for (k, end), place in zip(
        ends.items(), apart(list(ends.values()), 0.15 * max(ends.values(), default=1)), strict=True
    ):
        axes.annotate(
            f"{k}", (last, end), xytext=(1.02 * last, place), va="center", weight="bold", color=_colour(k, label),
            annotation_clip=False,
        )  # fmt: skip
    axes.set(xlabel="time, ms", ylabel="spikes a neuron", xlim=(0, last), ylim=(0, None))
    heading(axes, "Votes: spikes so far of each class's neurons, a neuron")


def _beside(axes: Any, image: NDArray[Any], colours: str, named: str) -> None:
    axes.imshow(image, cmap=colours, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.set_title(named, loc="left", fontsize=NOTE)
