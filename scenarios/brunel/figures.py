"""Pictures of Brunel's network, as PNG bytes: the spikes of some neurons above the rate of all, regime by regime."""

from __future__ import annotations

from eventnet.scenarios.brunel.run import BrunelOutcome
from eventnet.scenarios.shared.populations import rasters


def raster(found: BrunelOutcome) -> bytes:
    """For each regime the last 200 ms: spikes of 50 neurons of each population, and the rate of all."""
    p = found.parameters
    panels = [(f"{each.name}: {each.row['excitatory rate, Hz']:.1f} Hz", each.trains) for each in found.regimes]
    headline = "Brunel's network: spikes of 50 neurons of each population, and the rate of all"
    return rasters(panels, p.run.measured_from_ms, p.ticks(0.5), headline)
