"""Pictures of Brunel's network, as PNG bytes: the spikes of some neurons above the rate of all, regime by regime."""

from __future__ import annotations

from eventnet.analysis import SpikeTrains
from eventnet.plotting import population_rate
from eventnet.plotting.style import BLUE, RED, blank, heading, legend, plain, png, title
from eventnet.scenarios.brunel.run import BrunelOutcome

SHOWN, SHOWN_MS = 50, 200.0
"""Neurons of each population in a raster, and how much of the end."""


def raster(found: BrunelOutcome) -> bytes:
    """For each regime the last 200 ms: spikes of 50 neurons of each population, and the rate of all."""
    p, regimes = found.parameters, found.regimes
    figure = blank(height=4.2 * len(regimes))
    panels = figure.subplots(2 * len(regimes), 1, height_ratios=(3, 1.4) * len(regimes), squeeze=False)[:, 0]
    for regime, spikes, rate in zip(regimes, panels[::2], panels[1::2], strict=True):
        whole = SpikeTrains.joined([*regime.trains.values()])
        high = 1000 * whole.end * whole.tick_s
        low = max(p.run.measured_from_ms, high - SHOWN_MS)
        colours = (BLUE, RED)
        for k, ((name, one), colour) in enumerate(zip(regime.trains.items(), colours, strict=True)):
            t = 1000 * one.t * one.tick_s
            few = (one.unit < SHOWN) & (t >= low)
            spikes.plot(t[few], one.unit[few] + k * SHOWN, ".", color=colour, markersize=3, label=name)
        spikes.set(ylabel="neuron", xlim=(low, high), ylim=(-1, 2 * SHOWN))
        legend(spikes, "above", markerscale=3)
        heading(spikes, f"{regime.name}: {regime.row['excitatory rate, Hz']:.1f} Hz")
        population_rate(whole, p.ticks(0.5), ax=rate)
        rate.set(xlim=(low, high))
        plain(spikes, grid="")
    title(figure, "Brunel's network: spikes of 50 neurons of each population, and the rate of all")
    return png(figure)
