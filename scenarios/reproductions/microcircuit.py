"""Potjans and Diesmann (2014): the cortical microcircuit, a tenth of it: rates, regularity, synchrony and costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eventnet.base.files import write_beside
from eventnet.scenarios.microcircuit import POPULATIONS, MicrocircuitOutcome, MicrocircuitParameters, figures
from eventnet.scenarios.microcircuit.parameters import RATES_HZ
from eventnet.scenarios.microcircuit.run import simulate_microcircuit
from eventnet.scenarios.reproductions.common.report import SEEDS, ReproductionReport, Request, Row, in_parallel
from eventnet.scenarios.reproductions.common.spiking_populations import millions, over_seeds

A_TENTH_OF_NEST = (0.464, 2.07, 3.96, 5.01, 6.5, 7.76, 0.843, 6.99)
"""Hz of a tenth of the network in NEST 3.10.0, over five seeds: `bench_microcircuit.py`."""
BIN_MS = 3.0
"""Of the paper's measure of synchrony."""
COSTS = ("spikes", "events", "of the drives", "products")


def microcircuit(request: Request) -> ReproductionReport:
    """A tenth of the network with ten seeds."""
    seeds = request.seeds(SEEDS)
    jobs = [(parameters(seed, request.quick), seed == seeds[0]) for seed in seeds]
    done = in_parallel(simulated, jobs, request)
    curves = [row for rows, _, _ in done for row in rows]
    rows = [row_of(name, [row for row in curves if row["population"] == name]) for name in POPULATIONS]
    costs, p = [costs for _, costs, _ in done], jobs[0][0]
    picture = request.out / "microcircuit.png"
    write_beside(picture, figures.raster(next(shown for _, _, shown in done if shown is not None)))
    return ReproductionReport(
        "microcircuit", "The cortical microcircuit", "Potjans and Diesmann (2014)", rows, notes(p, seeds, costs),
        curves, [picture],
    )  # fmt: skip


def parameters(seed: int, quick: bool) -> MicrocircuitParameters:
    """A tenth, a second of it after the first 500 ms; quick: a fiftieth for 300 ms."""
    made = MicrocircuitParameters()
    shorter: dict[str, Any] = {"scale": 0.02, "duration_ms": 450.0, "measured_from_ms": 150.0} if quick else {}
    return replace(made, run=replace(made.run, seed=seed, **shorter))


def simulated(p: MicrocircuitParameters, shown: bool) -> tuple[list[Row], Row, MicrocircuitOutcome | None]:
    """A row a population, what was counted, and all of it where it is shown."""
    done = simulate_microcircuit(p)
    rows: list[Row] = [
        {"population": name, "seed": p.run.seed, "rate, Hz": row["rate, Hz"], "CV": row["CV"],
         "synchrony": done.trains[name].fano(p.ticks(BIN_MS))}
        for name, row in done.rows.items()
    ]  # fmt: skip
    costs = {name: value for name, value in done.costs.items() if "processor s" not in name}
    return rows, costs, done if shown else None


def row_of(name: str, found: list[Row]) -> Row:
    """A line of the table: the mean over seeds, the least and the most."""
    k = POPULATIONS.index(name)
    hz: dict[str, Any] = {"published Hz": float(RATES_HZ[k]), "published Hz of a tenth, NEST": A_TENTH_OF_NEST[k]}
    return {"population": name, **hz, **over_seeds(found, {name: name for name in ("rate, Hz", "CV", "synchrony")})}


def notes(p: MicrocircuitParameters, seeds: list[int], costs: list[Row]) -> list[str]:
    """Settings, and what it costs."""
    run, one = p.run, costs[0]
    ms = run.duration_ms - run.measured_from_ms
    counted = ", ".join(f"{n:g} {name}" for name, n in millions(costs, {f"M {name}": name for name in COSTS}).items())
    return [
        "published: rates of one run of the full network, with NEST's program; of a tenth in NEST 3.10.0, means over "
        "five seeds, of docs/how-to/currents-and-conductances.md",
        f"scale {run.scale:g}: {one['neurons']:,} neurons, {one['synapses'] / 1e6:.2f} million synapses; inputs that a "
        "neuron lacks are made up by weight and by a constant current; the full size: eventnet run microcircuit --full",
        f"mean (least to most) over {len(seeds)} seeds from {seeds[0]}, {ms:g} ms each after the first "
        f"{run.measured_from_ms:g}; synchrony: variance over mean of a population's spikes in {BIN_MS:g} ms",
        f"costs of {ms:g} ms, counted: {counted}",
    ]
