"""Pictures of the benchmarks, as PNG bytes: the spikes of some neurons above the rate of all."""

from __future__ import annotations

from eventnet.scenarios.shared.populations import rasters
from eventnet.scenarios.vogels_abbott.run import VogelsAbbottOutcome


def raster(found: VogelsAbbottOutcome) -> bytes:
    """For each benchmark the last 200 ms: spikes of 50 neurons of each population, and the rate of all."""
    p = found.parameters
    panels = [(f"{each.name}: {each.row['excitatory rate, Hz']:.1f} Hz", each.trains) for each in found.benchmarks]
    headline = "Benchmarks of Brette et al.: spikes of 50 neurons of each population, and the rate of all"
    return rasters(panels, p.run.measured_from_ms, max(1, p.ticks(0.5)), headline)
