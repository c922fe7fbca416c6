"""Regimes are simulated one after the other, and measured: rates, regularity, synchrony, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.scenarios.brunel.network import BrunelNetwork, brunel_network
from eventnet.scenarios.brunel.parameters import BrunelParameters
from eventnet.scenarios.shared.population_watching import PopulationRun
from eventnet.scenarios.shared.populations import statistics
from eventnet.view import RunRecorder


@dataclass(frozen=True)
class Regime:
    """One regime, simulated.

    trains: spikes of each population in the time that is measured; row: its line of the table
    """

    name: str
    trains: dict[str, SpikeTrains]
    row: dict[str, float]


@dataclass(frozen=True)
class BrunelOutcome:
    """All of them."""

    parameters: BrunelParameters
    regimes: list[Regime]


def simulate_regimes(
    p: BrunelParameters, progress: Callable[[int, int], Any] | None = None, recorder: RunRecorder | None = None
) -> BrunelOutcome:
    """Build, run and measure each regime of the parameters; the recorder looks at the first."""
    made = []
    for k, (name, (g, eta)) in enumerate(p.regimes.items()):
        made.append(simulate_regime(p, name, g, eta, recorder if k == 0 else None))
        if progress is not None:
            progress(k + 1, len(p.regimes))
    return BrunelOutcome(p, made)


def simulate_regime(
    p: BrunelParameters, name: str, g: float, eta: float, recorder: RunRecorder | None = None
) -> Regime:
    """One of them. Costs are of the time that is measured, in processor seconds, the log of all spikes included, and
    looks of the recorder not."""
    begun = time.process_time()
    built = brunel_network(p, g, eta, p.run.seed)
    built_s = time.process_time() - begun
    end = p.ticks(p.run.duration_ms)
    run = PopulationRun(built, end, p.clock.tick_us, log=True, recorder=recorder)
    run.to(p.ticks(p.run.measured_from_ms))
    sim, before, begun = run.simulation, run.simulation.tally, run.seconds
    run.to(end)
    run_s, cost = run.seconds - begun, sim.tally - before
    trains = trains_of(sim, built, p)
    row = {"g": g, "eta": eta, "external, Hz": built.external_hz}
    row |= statistics(trains, p.ticks(1.0))
    by = cost.by_module()
    driven = sum(by[drive.name]["synaptic_adds"] for drive in built.drives.values())
    events = cost.by_kind()["synaptic"]
    row |= {"spikes": cost.spikes, "events": events, "of the drive": driven, "products": cost.multiplies}
    row |= {"building, processor s": built_s, "running, processor s": run_s}
    row |= {"events a s": events / run_s, "recurrent events a s": (events - driven) / run_s}
    return Regime(name, trains, row)


def trains_of(sim: en.Simulation, built: BrunelNetwork, p: BrunelParameters) -> dict[str, SpikeTrains]:
    """Spikes of each population, in the time that is measured."""
    begin, tick_s = p.ticks(p.run.measured_from_ms), 1e-6 * p.clock.tick_us
    return {
        name: SpikeTrains.of(sim, layer, begin=begin, tick_s=tick_s) for name, layer in built.layers.items()
    }  # fmt: skip
