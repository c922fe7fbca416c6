"""Pictures of the pattern scenario, as PNG bytes: the neuron that was watched, and latencies of all."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    blank,
    colour_bar,
    heading,
    legend,
    plain,
    png,
    title,
)
from eventnet.scenarios.pattern.listener import Glimpse, ListenerOutcome
from eventnet.scenarios.pattern.run import STRONG, PatternComparison, first_spikes, presentation_of

AROUND_MS = 50.0
"""A raster shows so much before a presentation and after it."""


def weights(compared: PatternComparison) -> bytes:
    """Weights over time as shares of all; and each at the end, by when its afferent first spikes in the pattern."""
    outcome = compared.outcomes[0]
    figure = blank(height=4.2)
    over_time, by_place = figure.subplots(1, 2)
    if outcome.history is not None:
        ends, history = outcome.history
        edges = np.linspace(0, 1, 41)
        shares = np.array([np.histogram(row, edges)[0] for row in history]) / len(outcome.weights)
        drawn = over_time.imshow(
            np.log10(np.maximum(shares.T, 1e-3)), origin="lower", aspect="auto", cmap="Greys",
            extent=(0, 1e-6 * float(ends[-1]), 0, 1),
        )  # fmt: skip
        colour_bar(over_time, drawn, "share of the weights, log10", location="bottom")
    over_time.set(xlabel="time, s", ylabel="weight")
    heading(over_time, "Weights over time")
    t, index = outcome.pattern
    first = np.full(outcome.hidden, -1)
    first[index[::-1]] = t[::-1]
    spikes = first >= 0
    by_place.plot(first[spikes] / 1000, outcome.weights[: outcome.hidden][spikes], ".", color=BLUE, markersize=3)
    if not np.isnan(compared.rows[0]["latency ms"]):
        by_place.axvline(compared.rows[0]["latency ms"], color=ORANGE, label="the neuron spikes")
        legend(by_place, "center right")
    by_place.set(xlabel="first spike of the afferent in the pattern, ms", ylabel="weight at the end")
    heading(by_place, "The beginning of the pattern is left")
    for axes in (over_time, by_place):
        plain(axes, grid="")
    title(figure, "What the weights of a neuron come to")
    return png(figure)


def raster(compared: PatternComparison) -> bytes:
    """All spikes around the last whole presentation of the run, those of strong weights marked, and the potential."""
    outcome, glimpse = compared.outcomes[0], compared.outcomes[0].glimpses[-1]
    figure = blank(height=6.2)
    spikes, potential = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    begin = _shown(outcome, glimpse)
    low, high = begin - 1000 * AROUND_MS, begin + outcome.slot + 1000 * AROUND_MS
    events = glimpse.inputs[(glimpse.inputs["t"] >= low) & (glimpse.inputs["t"] < high)]
    strong = outcome.weights[events["index"]] > STRONG
    for chosen, colour, size, label in ((~strong, "#bbbbbb", 0.6, "weak"), (strong, BLUE, 2.2, "strong weights")):
        spikes.plot(
            (events["t"][chosen] - begin) / 1000, events["index"][chosen], ".", color=colour, markersize=size,
            label=label,
        )  # fmt: skip
    spikes.set(ylabel="afferent", ylim=(-1, len(outcome.weights)))
    legend(spikes, "above", markerscale=4)
    inside = (glimpse.times >= low) & (glimpse.times < high)
    potential.plot((glimpse.times[inside] - begin) / 1000, glimpse.potentials[inside], color=BLACK, linewidth=1)
    potential.axhline(compared.parameters.neuron.threshold, color=ORANGE, linestyle=":")
    potential.set(ylabel="potential, 1", xlabel="time from the beginning of the presentation, ms")
    for axes in (spikes, potential):
        axes.axvspan(0, outcome.slot / 1000, color=GREEN, alpha=0.12, linewidth=0)
        for spike in outcome.spikes[(outcome.spikes >= low) & (outcome.spikes < high)]:
            axes.axvline((spike - begin) / 1000, color=RED, linewidth=0.8)
        plain(axes, grid="")
    title(figure, "The pattern hidden in noise, and the spike that finds it (red)")
    return png(figure)


def potential(compared: PatternComparison, length_s: float = 0.6) -> bytes:
    """The potential at the beginning and at the end of the run; presentations are shaded."""
    outcome = compared.outcomes[0]
    figure = blank(height=5.2)
    panels = figure.subplots(2, 1, sharey=True)
    for axes, glimpse, late in zip(panels, (outcome.glimpses[0], outcome.glimpses[-1]), (False, True), strict=True):
        times = glimpse.times[-round(1e6 * length_s / 250) :] if late else glimpse.times[: round(1e6 * length_s / 250)]
        chosen = np.isin(glimpse.times, times)
        axes.plot(1e-6 * times, glimpse.potentials[chosen], color=BLACK, linewidth=0.8)
        axes.axhline(compared.parameters.neuron.threshold, color=ORANGE, linestyle=":")
        low, high = int(times[0]), int(times[-1])
        for begin in outcome.begins[(outcome.begins + outcome.slot > low) & (outcome.begins < high)]:
            axes.axvspan(1e-6 * max(begin, low), 1e-6 * min(begin + outcome.slot, high), color=GREEN, alpha=0.15)
        for spike in outcome.spikes[(outcome.spikes >= low) & (outcome.spikes < high)]:
            axes.axvline(1e-6 * spike, color=RED, linewidth=0.8)
        axes.set(xlabel="time, s", ylabel="potential, 1", xlim=(1e-6 * low, 1e-6 * high))
        heading(axes, "At the end" if late else "At the beginning")
        plain(axes, grid="")
    title(figure, "A neuron spikes (red) at anything, then at the pattern (green); dots: its threshold")
    return png(figure)


def latency(compared: PatternComparison) -> bytes:
    """Latencies of the neurons' first spikes in presentations, over time; and false alarms a second."""
    figure = blank(height=5.4)
    first, alarms = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for k, outcome in enumerate(compared.outcomes):
        hit = first_spikes(outcome)
        found, lead = hit >= 0, k == 0
        first.plot(
            1e-6 * outcome.begins[found], (hit - outcome.begins)[found] / 1000, ".", markersize=3 if lead else 1.5,
            color=BLUE if lead else "#bbbbbb", zorder=2 if lead else 1,
            label="the first neuron" if lead else "the others" if k == 1 else None,
        )  # fmt: skip
        wrong = outcome.spikes[presentation_of(outcome.spikes, outcome) < 0]
        seconds = np.arange(0, -(-outcome.end // 1_000_000) + 1)
        counts = np.histogram(1e-6 * wrong, seconds)[0]
        alarms.step(
            seconds[:-1], counts, where="post", color=RED if lead else "#bbbbbb", linewidth=0.9, zorder=2 if lead else 1
        )
    first.set(ylabel="first spike in a presentation, ms", ylim=(0, compared.parameters.input.pattern_ms))
    legend(first, "above", markerscale=3)
    alarms.set(ylabel="false alarms, 1/s", xlabel="time, s", yscale="symlog", ylim=(0, None))
    for axes in (first, alarms):
        _judged(axes, compared)
        plain(axes)
    title(figure, "The spike moves to the beginning of the pattern")
    return png(figure)


def _judged(axes: Any, compared: PatternComparison) -> None:
    axes.axvline(2e-6 * compared.outcomes[0].end / 3, color=GREY, linestyle=":")


def _shown(outcome: ListenerOutcome, glimpse: Glimpse) -> int:
    """The begin of the last presentation of a piece that has room around it; of the piece if there is none."""
    low, high = int(glimpse.times[0]), int(glimpse.times[-1])
    room = round(1000 * AROUND_MS)
    fits = outcome.begins[(outcome.begins >= low + room) & (outcome.begins + outcome.slot + room <= high)]
    return int(fits[-1]) if len(fits) else low
