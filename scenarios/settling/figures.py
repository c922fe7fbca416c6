"""Pictures of networks that settle, as PNG bytes."""

from __future__ import annotations

import numpy as np

from eventnet.plotting.style import BLUE, GREY, ORANGE, blank, heading, legend, plain, png, title
from eventnet.scenarios.reproductions.common.pictures import look
from eventnet.scenarios.settling.follow_run import PixelChanges
from eventnet.scenarios.settling.recall_run import Recalled


def energy(found: Recalled) -> bytes:
    """Energy and overlap after each flip of the first recall, in every order."""
    figure = blank(height=4.6)
    falls, nears = figure.subplots(1, 2)
    for k, order in enumerate(found.energies):
        options = look(k) | {"marker": "", "drawstyle": "steps-post", "linewidth": 1.6}
        falls.plot(found.energies[order] / 1000, label=order, **options)
        nears.plot(found.overlaps[order], label=order, **options)
    falls.set(xlabel="flips", ylabel="energy, thousands")
    nears.set(xlabel="flips", ylabel="overlap with the pattern")
    heading(falls, "the energy falls at every flip")
    heading(nears, "and the pattern comes back, or not")
    legend(falls, "upper right")
    for axes in (falls, nears):
        plain(axes)
    table = found.parameters.network
    title(figure, f"One recall in every order: {table.units} units, {table.patterns} patterns")
    return png(figure)


def pixels(found: PixelChanges) -> bytes:
    """A figure of the adds of each changed pixel, and of the outputs, both digits' in colour, for the first change."""
    figure = blank(height=5.6)
    cost, answers = figure.subplots(2, 1, sharex=True)
    steps = np.arange(1, len(found.adds))
    cost.plot(steps, found.adds[1:], ".", color=BLUE, markersize=4, label="one pixel")
    cost.axhline(found.rows[0]["from scratch"], color=ORANGE, linestyle="--", label="from scratch, mean")
    cost.axhline(found.rows[0]["adds a pixel"], color=BLUE, linestyle=":", label="one pixel, mean")
    cost.set(ylabel="adds", yscale="log")
    heading(cost, "adds of inputs and messages")
    legend(cost, "above", ncols=3)
    for j in range(10):
        if j not in found.labels:
            answers.plot(found.outputs[:, j], color=GREY, alpha=0.4, linewidth=0.9)
    for j, colour in dict(zip(found.labels, (ORANGE, BLUE), strict=True)).items():
        answers.plot(found.outputs[:, j], color=colour, linewidth=1.8, label=f"{j}")
    answers.set(xlabel="pixels changed", ylabel="w x + b, to which it goes")
    heading(answers, "outputs")
    legend(answers, "above", ncols=2)
    for axes in (cost, answers):
        plain(axes)
    title(figure, f"A {found.labels[0]} becomes a {found.labels[1]}, pixel by pixel")
    return png(figure)
