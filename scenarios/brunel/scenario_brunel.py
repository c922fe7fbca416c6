"""`eventnet run brunel`: a sparse network of excitation and inhibition, its rates, its regularity and what it costs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.table import Table

import eventnet as en
from eventnet.scenarios.brunel import BrunelOutcome, BrunelParameters, figures, simulate_regimes
from eventnet.scenarios.brunel.network import brunel_network
from eventnet.scenarios.brunel.parameters import BrunelRunTable
from eventnet.scenarios.shared.population_watching import PopulationRun
from eventnet.scenarios.shared.scenario import (
    BREADTH_FIRST,
    LIVE,
    REPORTED,
    USUAL,
    WATCHED,
    Asked,
    Desk,
    ReportedRun,
    ResultNumber,
    Scenario,
    short,
)
from eventnet.view import RunRecorder


def defaults(asked: Asked) -> BrunelParameters:
    """One regime; in full the four of the paper."""
    return BrunelParameters(run=BrunelRunTable(all_regimes=asked.full))


def run(parameters: BrunelParameters, desk: Desk) -> BrunelOutcome:
    """Simulate every regime."""
    p = parameters
    desk.say(f"brunel: {p.network.neurons:,} neurons, {p.run.duration_ms:g} ms, seed {p.run.seed}")
    with desk.progress("regimes are simulated") as progress:
        return simulate_regimes(parameters, progress=progress, recorder=desk.recorder)


def numbers(found: BrunelOutcome) -> Iterator[ResultNumber]:
    """All rows of the table, with the rest of what was counted."""
    for regime in found.regimes:
        for quantity, value in regime.row.items():
            yield ResultNumber(regime.name, quantity, "none" if math.isnan(value) else value)


def table(found: BrunelOutcome) -> Table:
    """Each regime: rates, CV, synchrony, events and speed."""
    made = Table(title="After the first part; synchrony: variance over mean of all spikes a millisecond")
    names = "regime", "exc., Hz", "inh., Hz", "CV", "synchrony", "events, M", "M events/s", "recurrent alone"
    for name in names:
        made.add_column(name, justify="left" if name == "regime" else "right")
    for regime in found.regimes:
        row = regime.row
        made.add_row(
            regime.name, short(row["excitatory rate, Hz"]), short(row["inhibitory rate, Hz"]),
            f"{row['CV of intervals']:.2f}", short(row["synchrony"]), short(row["events"] / 1e6),
            short(row["events a s"] / 1e6), short(row["recurrent events a s"] / 1e6),
        )  # fmt: skip
    return made


def sentences(found: BrunelOutcome) -> list[str]:
    """Synaptic events and processor seconds of all regimes, in a sentence."""
    rows = [regime.row for regime in found.regimes]
    built, ran = (sum(row[f"{what}, processor s"] for row in rows) for what in ("building", "running"))
    events, driven = (sum(row[what] for row in rows) for what in ("events", "of the drive"))
    return [
        f"{events / 1e6:,.0f} million synaptic events, of which {driven / 1e6:,.0f} million of the drive, in {ran:.2f} "
        f"processor seconds, with a log of all spikes; {built:.2f} s to build."
    ]


def live(p: BrunelParameters, recorder: RunRecorder, order: str) -> None:
    """The first regime in an order."""
    (g, eta), *_ = p.regimes.values()
    end = p.ticks(p.run.duration_ms)
    PopulationRun(
        brunel_network(p, g, eta, p.run.seed), end, p.clock.tick_us, order=order, recorder=recorder
    ).to(end)  # fmt: skip


def reported(p: BrunelParameters) -> ReportedRun:
    """The first regime."""
    (name, (g, eta)), *_ = p.regimes.items()
    built = brunel_network(p, g, eta, p.run.seed)
    sim = built.begin(en.Simulation(built.net, record=True, roots=True))
    words = (
        f"{p.network.neurons:,} neurons, {p.run.duration_ms:g} ms from their first potentials on, g {g:g}, eta {eta:g}."
    )
    return ReportedRun(sim, p.ticks(p.run.duration_ms), f"Brunel's network: {name}", words)


SCENARIO = Scenario(
    name="brunel", summary="a sparse network of excitation and inhibition: rates, regularity, and its speed",
    defaults=defaults, run=run, tables=[table], sentences=sentences, numbers=numbers,
    figures={"brunel-raster.png": figures.raster}, options=USUAL | WATCHED | LIVE | REPORTED, live=live,
    orders=BREADTH_FIRST, reported=reported,
)  # fmt: skip
