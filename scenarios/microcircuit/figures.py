"""The picture of the microcircuit, as PNG bytes: spikes of some neurons of each population, as in the paper."""

from __future__ import annotations

from eventnet.plotting.style import BLUE, RED, blank, plain, png, title
from eventnet.scenarios.microcircuit.run import MicrocircuitOutcome

SHARE, SHOWN_MS = 0.1, 300.0
"""Of the neurons of a population, and how much of the end."""


def raster(found: MicrocircuitOutcome) -> bytes:
    """Spikes of a tenth of each population, from L2/3 above to L6 below, over the last 300 ms."""
    figure = blank(height=6.0)
    axes = figure.subplots()
    base, ticks = 0, []
    for k, (name, one) in enumerate(reversed(found.trains.items())):
        shown = max(1, round(SHARE * one.units))
        t = 1000 * one.t * one.tick_s
        high = 1000 * one.end * one.tick_s
        few = (one.unit < shown) & (t >= high - SHOWN_MS)
        axes.plot(t[few], base + one.unit[few], ".", color=(RED, BLUE)[k % 2], markersize=2)
        ticks.append((base + shown / 2, name))
        base += shown
    axes.set(xlabel="time, ms", xlim=(high - SHOWN_MS, high), ylim=(-1, base))
    axes.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
    plain(axes, grid="")
    title(figure, "Cortical microcircuit: spikes of a tenth of each population")
    return png(figure)
