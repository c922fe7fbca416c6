"""Pictures of features learned from events by STDP, as PNG bytes: weights, spikes, what they tell and cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.models.stdp_network import SampleRaster
from eventnet.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    NOTE,
    ORANGE,
    PURPLE,
    SKY,
    blank,
    heading,
    legend,
    plain,
    png,
    title,
)
from eventnet.scenarios.shared.receptive_fields import OFF_COLOUR, ON_COLOUR, mosaic, on_off
from eventnet.scenarios.stdp.dvs import EVENTS, LOWERED, NEAR, TRAINED, UNTRAINED, FeaturesResult, Floats

COLOURS = {TRAINED: BLUE, UNTRAINED: ORANGE, LOWERED: SKY, EVENTS: GREEN}
DASHES = {TRAINED: "-", UNTRAINED: "--", LOWERED: "-.", EVENTS: (0, (5, 1.5))}
CAUSES = {"synaptic": BLUE, "neuron": SKY, "plasticity": ORANGE, "normalisation": PURPLE}
MOST = 100
BUSIEST = 4
ROOM = 0.08
"""Part of a patch's time that the number of a neuron at its spike takes; one that follows sooner has none."""


def features(found: FeaturesResult) -> bytes:
    """The weights of every neuron before and after, by the direction at which it spikes most where one is known."""
    size, tuning = found.parameters.patch.size_px, found.tuning
    order = np.arange(found.network.neurons)
    if tuning is not None:
        order = np.argsort(np.arctan2(tuning[:, 1], tuning[:, 0]), kind="stable")
    order = order[:MOST]
    figure = blank(height=4.7)
    for axes, network, name in zip(
        figure.subplots(1, 2), (found.untrained, found.network), ("Before learning", "After"), strict=True
    ):
        fields = network.receptive_fields((2, size, size))[order]
        axes.imshow(mosaic(on_off(fields)), interpolation="nearest")
        axes.set_axis_off()
        heading(axes, name)
        if tuning is not None and network is found.network:
            _arrows(axes, tuning[order], size)
    title(figure, f"Weights of {len(order)} neurons, {size} x {size} pixels: ON orange, OFF blue, both white")
    return png(figure)


def _arrows(axes: Any, tuning: Floats, size: int) -> None:
    """The mean direction at which each neuron spikes, as long as it is sharp."""
    across = int(np.ceil(np.sqrt(len(tuning))))
    at = np.arange(len(tuning))
    x, y = (size + 1) * (at % across) + 0.5 * (size - 1), (size + 1) * (at // across) + 0.5 * (size - 1)
    axes.quiver(
        x, y, *(0.7 * size * tuning).T, angles="xy", scale_units="xy", scale=1, color="#00ff60", width=0.004,
        headwidth=4,
    )  # fmt: skip


def spikes(found: FeaturesResult) -> bytes:
    """Some test patches: their events, the spikes they cause over time, and the weights of the neurons that spike."""
    size, n = found.parameters.patch.size_px, max(len(found.examples), 1)
    fields = on_off(found.network.receptive_fields((2, size, size)))
    figure = blank(height=0.6 + 1.6 * n)
    grid = figure.subplots(n, 2 + BUSIEST, squeeze=False, width_ratios=[1.1, 4, *[0.8] * BUSIEST])
    for row, shown in zip(grid, found.examples, strict=False):
        counts = np.bincount(shown.inputs, minlength=2 * size * size).reshape(1, 2, size, size)
        row[0].imshow(on_off(counts.astype(np.float64))[0], interpolation="nearest")
        row[0].set_title(f"{len(shown.inputs)} events", loc="left", fontsize=NOTE)
        active = _raster(row[1], shown, size, found.parameters.patch.span_ms)
        for axes, j in zip(row[2:], [*active, *[None] * BUSIEST], strict=False):
            if j is not None:
                axes.imshow(fields[j], interpolation="nearest")
                axes.set_title(f"{j}", loc="left", fontsize=NOTE)
        for axes in (row[0], *row[2:]):
            axes.set_axis_off()
    grid[-1, 1].set_xlabel("time from the first event on, ms")
    title(figure, "Test patches: their events, when neurons spike (lines), and the first of these")
    return png(figure)


def _raster(axes: Any, shown: SampleRaster, size: int, span_ms: float) -> list[int]:
    """Events by column of the patch, spikes as lines, numbered where there is room; returns the neurons."""
    on = shown.inputs >= size * size
    for mine, colour in ((on, ON_COLOUR), (~on, OFF_COLOUR)):
        axes.plot(1e-3 * shown.input_ticks[mine], shown.inputs[mine] % size, ".", color=colour, markersize=3)
    named = -span_ms
    for tick, j in zip(1e-3 * shown.spike_ticks, shown.neurons, strict=True):
        axes.axvline(tick, color=BLACK, linewidth=1)
        if tick - named > ROOM * span_ms:
            axes.annotate(f"{j}", (tick, size - 0.4), fontsize=NOTE, ha="center", va="bottom", annotation_clip=False)
            named = tick
    axes.set(xlim=(0, span_ms), ylim=(-0.5, size - 0.5), yticks=range(0, size, 4), ylabel="column")
    plain(axes, grid="x")
    return list(dict.fromkeys(shown.neurons.tolist()))


def direction(found: FeaturesResult) -> bytes:
    """Errors of answers in the direction of motion, by way; and adds an event, by cause."""
    known = {method: values for method, values in found.deviations.items() if len(values)}
    figure = blank(height=4.4)
    left, right = figure.subplots(1, 2, width_ratios=[1.6, 1])
    for method, values in known.items():
        share = 100 * np.arange(1, values.size + 1) / values.size
        right_now = 100 * found.right(method).mean()
        left.plot(
            np.sort(values.ravel()), share, linestyle=DASHES[method], color=COLOURS[method], linewidth=2,
            label=f"{method}: {right_now:.0f} %",
        )  # fmt: skip
    left.plot([0, 180], [0, 100], color=BLACK, linewidth=1, linestyle=":", label=f"guessing: {100 * NEAR / 180:.0f} %")
    left.axvline(NEAR, color=BLACK, linewidth=0.8)
    left.set(xlabel="off the direction of motion by at most, degrees", ylabel="test patches, %", xlim=(0, 180))
    left.set(xticks=range(0, 181, 45), ylim=(0, 100))
    legend(left, "lower right", title=f"within {NEAR:.0f} degrees", title_fontsize=NOTE)
    heading(left, "Direction of motion, read out linearly" if known else "No direction is known")
    plain(left)
    _cost(right, found)
    title(figure, "How far answers are off, and what they cost")
    return png(figure)


def _cost(axes: Any, found: FeaturesResult) -> None:
    phases = {"learning": found.learning.numbers(), "answering": found.answering.numbers()}
    ends = np.zeros(len(phases))
    for cause, colour in CAUSES.items():
        values = np.array([numbers[f"{cause} adds"] / numbers["inputs"] for numbers in phases.values()])
        axes.barh(list(phases), values, left=ends, color=colour, height=0.6, label=cause)
        ends += values
    for place, end in enumerate(ends):
        axes.annotate(f"{end:,.0f}", (end, place), xytext=(5, 0), textcoords="offset points", va="center")
    axes.set(xlabel="adds an event", xlim=(0, 1.25 * max(ends.max(), 1e-9)), ylim=(len(phases) - 0.2, -1.4))
    legend(axes, "upper right", ncols=2, columnspacing=1, handlelength=1.2)
    heading(axes, "What an event costs")
    plain(axes, grid="x")
