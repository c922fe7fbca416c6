"""Populations of a recurrent network: what their spikes tell, and their picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from eventnet.analysis import SpikeTrains
from eventnet.plotting import population_rate
from eventnet.plotting.style import BLUE, RED, blank, heading, legend, plain, png, title

SHOWN, SHOWN_MS = 50, 200.0
"""Neurons of each population in a raster, and how much of the end."""


def statistics(trains: Mapping[str, SpikeTrains], ticks_a_ms: int) -> dict[str, float]:
    """Rates of the populations, CV of intervals, and how much more the population's count varies than of Poisson units.

    The last is the variance over the mean of spikes a millisecond of all neurons: 1 of independent Poisson neurons.
    """
    row = {f"{name} rate, Hz": one.rate() for name, one in trains.items()}
    whole = SpikeTrains.joined([*trains.values()])
    cv = whole.cv()
    row["CV of intervals"] = float(np.nanmean(cv)) if not np.isnan(cv).all() else float("nan")
    row["synchrony"] = whole.fano(ticks_a_ms)
    return row


def rasters(
    panels: Sequence[tuple[str, Mapping[str, SpikeTrains]]], from_ms: float, bin_ticks: int, headline: str
) -> bytes:
    """For each network the last 200 ms, as PNG: spikes of 50 neurons of each population above the rate of all."""
    figure = blank(height=4.2 * len(panels))
    axes = figure.subplots(2 * len(panels), 1, height_ratios=(3, 1.4) * len(panels), squeeze=False)[:, 0]
    for (name, trains), spikes, rate in zip(panels, axes[::2], axes[1::2], strict=True):
        whole = SpikeTrains.joined([*trains.values()])
        high = 1000 * whole.end * whole.tick_s
        low = max(from_ms, high - SHOWN_MS)
        for k, ((population, one), colour) in enumerate(zip(trains.items(), (BLUE, RED), strict=True)):
            t = 1000 * one.t * one.tick_s
            few = (one.unit < SHOWN) & (t >= low)
            spikes.plot(t[few], one.unit[few] + k * SHOWN, ".", color=colour, markersize=3, label=population)
        spikes.set(ylabel="neuron", xlim=(low, high), ylim=(-1, 2 * SHOWN))
        legend(spikes, "above", markerscale=3)
        heading(spikes, name)
        population_rate(whole, bin_ticks, ax=rate)
        rate.set(xlim=(low, high))
        plain(spikes, grid="")
    title(figure, headline)
    return png(figure)
