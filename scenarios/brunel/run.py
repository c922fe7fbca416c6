"""Regimes are simulated one after the other, and measured: rates, regularity, synchrony, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.scenarios.brunel.network import BrunelNetwork, brunel_network
from eventnet.scenarios.brunel.parameters import BrunelParameters

FEWEST = 3
"""A neuron has an interval to compare with another where it has so many spikes."""


@dataclass(frozen=True)
class Regime:
    """One regime, simulated.

    t [spikes] in ms and unit [spikes], excitatory units first; row: its line of the table
    """

    name: str
    t: NDArray[np.float64]
    unit: NDArray[np.int64]
    row: dict[str, float]


@dataclass(frozen=True)
class BrunelOutcome:
    """All of them."""

    parameters: BrunelParameters
    regimes: list[Regime]


def simulate_regimes(p: BrunelParameters, progress: Callable[[int, int], Any] | None = None) -> BrunelOutcome:
    """Build, run and measure each regime of the parameters."""
    made = []
    for k, (name, (g, eta)) in enumerate(p.regimes.items()):
        made.append(simulate_regime(p, name, g, eta))
        if progress is not None:
            progress(k + 1, len(p.regimes))
    return BrunelOutcome(p, made)


def simulate_regime(p: BrunelParameters, name: str, g: float, eta: float) -> Regime:
    """One of them. Costs are of the time that is measured, in processor seconds, the log of all spikes included."""
    begun = time.process_time()
    built = brunel_network(p, g, eta, p.run.seed)
    built_s = time.process_time() - begun
    sim = built.begin(en.Simulation(built.net, record=True))
    sim.run(until=p.ticks(p.run.measured_from_ms))
    before, begun = sim.tally, time.process_time()
    sim.run(until=p.ticks(p.run.duration_ms))
    run_s, cost = time.process_time() - begun, sim.tally - before
    t, unit = spikes_of(sim, built, p)
    row = {"g": g, "eta": eta, "external, Hz": built.external_hz}
    row |= statistics(t, unit, {k: layer.units for k, layer in built.layers.items()}, p)
    by = cost.by_module()
    driven = sum(by[drive.name]["synaptic_adds"] for drive in built.drives.values())
    events = cost.by_kind()["synaptic"]
    row |= {"spikes": cost.spikes, "events": events, "of the drive": driven, "products": cost.multiplies}
    row |= {"building, processor s": built_s, "running, processor s": run_s}
    row |= {"events a s": events / run_s, "recurrent events a s": (events - driven) / run_s}
    return Regime(name, t, unit, row)


def spikes_of(
    sim: en.Simulation, built: BrunelNetwork, p: BrunelParameters
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times in ms and units of all spikes that have arrived, by their deliveries at one projection of each layer."""
    log, found, first = sim.log, [], 0
    for name, layer in built.layers.items():
        port = int(built.net[f"{name}_to_excitatory"].rows)  # type: ignore[attr-defined]
        own = log[log["port"] == port]
        found.append((own["t"] - p.ticks(p.network.delay_ms), own["index"] + first))
        first += layer.units
    t, unit = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.argsort(t, kind="stable")
    return t[order] * p.clock.tick_us / 1000, unit[order].astype(np.int64)


def statistics(
    t: NDArray[np.float64], unit: NDArray[np.int64], sizes: dict[str, int], p: BrunelParameters
) -> dict[str, float]:
    """Rates of the populations, CV of intervals, and how much more the population's count varies than of Poisson units.

    The last is the variance over the mean of spikes a millisecond of all neurons: 1 of independent Poisson neurons.
    """
    low, high = p.run.measured_from_ms, p.run.duration_ms - p.network.delay_ms
    inside = (t >= low) & (t < high)
    t, unit = t[inside], unit[inside]
    counts = np.bincount(unit, minlength=sum(sizes.values()))
    row, first = {}, 0
    for name, units in sizes.items():
        row[f"{name} rate, Hz"] = 1000 * counts[first : first + units].sum() / units / (high - low)
        first += units
    by_unit = np.lexsort((t, unit))
    gaps, same = np.diff(t[by_unit]), np.diff(unit[by_unit]) == 0
    whose, gaps = unit[by_unit][1:][same], gaps[same]
    n = np.bincount(whose, minlength=len(counts))
    mean, square = (np.bincount(whose, w, len(counts)) / np.maximum(n, 1) for w in (gaps, gaps * gaps))
    enough = n >= FEWEST - 1
    cv = np.sqrt(np.maximum(square - mean**2, 0))[enough] / mean[enough]
    bins = np.histogram(t, np.arange(low, high + 1e-9, 1.0))[0]
    row["CV of intervals"] = float(cv.mean()) if len(cv) else float("nan")
    row["synchrony"] = float(bins.var() / bins.mean()) if bins.sum() else float("nan")
    return row
