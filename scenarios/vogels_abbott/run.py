"""Benchmarks are simulated one after the other, and measured: rates, regularity, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eventnet.analysis import SpikeTrains
from eventnet.scenarios.shared.population_watching import PopulationRun
from eventnet.scenarios.shared.populations import statistics
from eventnet.scenarios.vogels_abbott.network import vogels_abbott_network
from eventnet.scenarios.vogels_abbott.parameters import BENCHMARKS, VogelsAbbottParameters
from eventnet.view import RunRecorder


@dataclass(frozen=True)
class Benchmark:
    """One benchmark, simulated.

    trains: spikes of each population in the time that is measured; row: its line of the table
    """

    name: str
    trains: dict[str, SpikeTrains]
    row: dict[str, float]


@dataclass(frozen=True)
class VogelsAbbottOutcome:
    """All of them."""

    parameters: VogelsAbbottParameters
    benchmarks: list[Benchmark]


def simulate_benchmarks(
    p: VogelsAbbottParameters, progress: Callable[[int, int], Any] | None = None, recorder: RunRecorder | None = None
) -> VogelsAbbottOutcome:
    """Build, run and measure each benchmark of the parameters; the recorder looks at the first."""
    made = []
    for k, name in enumerate(p.benchmarks):
        made.append(simulate_benchmark(p, name, recorder if k == 0 else None))
        if progress is not None:
            progress(k + 1, len(p.benchmarks))
    return VogelsAbbottOutcome(p, made)


def simulate_benchmark(p: VogelsAbbottParameters, name: str, recorder: RunRecorder | None = None) -> Benchmark:
    """One of them. Costs are of the time that is measured, in processor seconds, the log of all spikes included, and
    looks of the recorder not."""
    begun = time.process_time()
    built = vogels_abbott_network(p, name, p.run.seed)
    end = p.ticks(p.run.duration_ms)
    run = PopulationRun(built, end, p.clock.tick_us, log=True, recorder=recorder)
    sim, built_s = run.simulation, time.process_time() - begun
    run.to(p.ticks(p.run.measured_from_ms))
    before, begun = sim.tally, run.seconds
    run.to(end)
    run_s, cost = run.seconds - begun, sim.tally - before
    begin, tick_s = p.ticks(p.run.measured_from_ms), 1e-6 * p.clock.tick_us
    trains = {
        each: SpikeTrains.of(sim, layer, begin=begin, tick_s=tick_s) for each, layer in built.layers.items()
    }  # fmt: skip
    steps = p.network.neurons * (end - begin)
    row = statistics(trains, p.ticks(1.0))
    row |= {"spikes": cost.spikes, "events": cost.by_kind()["synaptic"], "steps of a neuron": steps}
    row |= {"products": cost.multiplies, "building, processor s": built_s, "running, processor s": run_s}
    row |= {"ns a step": 1e9 * run_s / steps}
    return Benchmark(BENCHMARKS[name], trains, row)
