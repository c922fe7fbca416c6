"""Pictures of Brunel's network, as PNG bytes: the spikes of some neurons above the rate of all, regime by regime."""

from __future__ import annotations

import numpy as np

from eventnet.plotting.style import BLUE, RED, blank, heading, legend, plain, png, title
from eventnet.scenarios.brunel.run import BrunelOutcome

SHOWN, SHOWN_MS = 50, 200.0
"""Neurons of each population in a raster, and how much of the end."""


def raster(found: BrunelOutcome) -> bytes:
    """For each regime the last 200 ms: spikes of 50 neurons of each population, and the rate of all."""
    p, regimes = found.parameters, found.regimes
    figure = blank(height=4.2 * len(regimes))
    panels = figure.subplots(2 * len(regimes), 1, height_ratios=(3, 1.4) * len(regimes), squeeze=False)[:, 0]
    excitatory = round(p.network.neurons * p.network.excitatory_share)
    high = p.run.duration_ms - p.network.delay_ms
    low = max(p.run.measured_from_ms, high - SHOWN_MS)
    for regime, spikes, rate in zip(regimes, panels[::2], panels[1::2], strict=True):
        inside = (regime.t >= low) & (regime.t < high)
        t, unit = regime.t[inside], regime.unit[inside]
        for first, colour, name, place in ((0, BLUE, "excitatory", 0), (excitatory, RED, "inhibitory", SHOWN)):
            few = (unit >= first) & (unit < first + SHOWN)
            spikes.plot(t[few], unit[few] - first + place, ".", color=colour, markersize=3, label=name)
        spikes.set(ylabel="neuron", xlim=(low, high), ylim=(-1, 2 * SHOWN))
        legend(spikes, "above", markerscale=3)
        heading(spikes, f"{regime.name}: {regime.row['excitatory rate, Hz']:.1f} Hz")
        counts, edges = np.histogram(t, np.arange(low, high + 0.5, 0.5))
        rate.step(edges[:-1], counts / p.network.neurons * 2000, where="post", color=BLUE, linewidth=0.9)
        rate.set(ylabel="rate, Hz", xlabel="time, ms", xlim=(low, high), ylim=(0, None))
        plain(spikes, grid="")
        plain(rate)
    title(figure, "Brunel's network: spikes of 50 neurons of each population, and the rate of all")
    return png(figure)
