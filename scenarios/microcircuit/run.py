"""The microcircuit is simulated and measured: rates and regularity of each population, and what it costs."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from eventnet.analysis import SpikeTrains
from eventnet.scenarios.microcircuit.network import microcircuit_network
from eventnet.scenarios.microcircuit.parameters import POPULATIONS, RATES_HZ, MicrocircuitParameters
from eventnet.scenarios.shared.population_watching import PopulationRun
from eventnet.view import RunRecorder


@dataclass(frozen=True)
class MicrocircuitOutcome:
    """The result of a simulation.

    trains: spikes of each population in the time that is measured; rows: of each its rate, that of the full network
    in NEST, and the mean CV of intervals; costs: of the time that is measured
    """

    parameters: MicrocircuitParameters
    trains: dict[str, SpikeTrains]
    rows: dict[str, dict[str, float]]
    costs: dict[str, float]


TICK_US = 100.0
"""Microseconds of a tick."""


def simulate_microcircuit(p: MicrocircuitParameters, recorder: RunRecorder | None = None) -> MicrocircuitOutcome:
    """Build, run and measure it. Costs are in processor seconds, recording all spikes included, and looks of the
    recorder not."""
    begun = time.process_time()
    built = microcircuit_network(p, p.run.seed)
    begin, end = p.ticks(p.run.measured_from_ms), p.ticks(p.run.duration_ms)
    run = PopulationRun(built, end, TICK_US, recorder=recorder)  # no log: it has a line a delivery
    sim, built_s = run.simulation, time.process_time() - begun
    run.to(begin)
    before, begun = sim.tally, run.seconds
    run.to(end)
    run_s, cost = run.seconds - begun, sim.tally - before
    tick_s = 1e-6 * TICK_US
    trains = {name: SpikeTrains.of(sim, layer, begin=begin, tick_s=tick_s) for name, layer in built.layers.items()}
    rows = {}
    for name, published in zip(POPULATIONS, RATES_HZ.tolist(), strict=True):
        cv = trains[name].cv()
        mean = float("nan") if np.isnan(cv).all() else float(np.nanmean(cv))
        rows[name] = {"rate, Hz": trains[name].rate(), "of the full network, Hz": published, "CV": mean}
    by = cost.by_module()
    driven = sum(by[drive.name]["synaptic_adds"] for drive in built.drives.values())
    events, units = cost.by_kind()["synaptic"], sum(layer.units for layer in built.layers.values())
    costs = {"neurons": units, "synapses": built.synapses, "spikes": cost.spikes, "events": events}
    costs |= {"of the drives": driven, "products": cost.multiplies}
    costs |= {"building, processor s": built_s, "running, processor s": run_s}
    return MicrocircuitOutcome(p, trains, rows, costs)
