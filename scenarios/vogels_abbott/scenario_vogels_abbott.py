"""`eventnet run vogels-abbott`: networks of neurons with conductances, Hodgkin-Huxley, currents and jumps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from rich.table import Table

import eventnet as en
from eventnet.scenarios.shared.scenario import (
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
from eventnet.scenarios.vogels_abbott import VogelsAbbottOutcome, VogelsAbbottParameters, figures, simulate_benchmarks
from eventnet.scenarios.vogels_abbott.network import vogels_abbott_network
from eventnet.scenarios.vogels_abbott.parameters import BENCHMARKS


def defaults(asked: Asked) -> VogelsAbbottParameters:
    """A second after the first part; in full ten."""
    made = VogelsAbbottParameters()
    return replace(made, run=replace(made.run, duration_ms=10_200.0)) if asked.full else made


def run(parameters: VogelsAbbottParameters, desk: Desk) -> VogelsAbbottOutcome:
    """Simulate every benchmark."""
    p = parameters
    desk.say(f"vogels-abbott: {p.network.neurons:,} neurons, {p.run.duration_ms:g} ms, seed {p.run.seed}")
    with desk.progress("benchmarks are simulated") as progress:
        return simulate_benchmarks(parameters, progress=progress, recorder=desk.recorder)


def numbers(found: VogelsAbbottOutcome) -> Iterator[ResultNumber]:
    """All rows of the table, with the rest of what was counted."""
    for each in found.benchmarks:
        for quantity, value in each.row.items():
            yield ResultNumber(each.name, quantity, "none" if math.isnan(value) else value)


def table(found: VogelsAbbottOutcome) -> Table:
    """Each benchmark: rates, CV, synchrony, events and costs."""
    made = Table(title="After the first part; synchrony: variance over mean of all spikes a millisecond")
    names = "benchmark", "exc., Hz", "inh., Hz", "CV", "synchrony", "events, M", "processor s", "ns a step"
    for name in names:
        made.add_column(name, justify="left" if name == "benchmark" else "right")
    for each in found.benchmarks:
        row = each.row
        made.add_row(
            each.name, short(row["excitatory rate, Hz"]), short(row["inhibitory rate, Hz"]),
            f"{row['CV of intervals']:.2f}", short(row["synchrony"]), short(row["events"] / 1e6),
            f"{row['running, processor s']:.3f}", f"{row['ns a step']:.1f}",
        )  # fmt: skip
    return made


def sentences(found: VogelsAbbottOutcome) -> list[str]:
    """Synaptic events, steps of neurons and processor seconds of all benchmarks, in a sentence."""
    rows = [each.row for each in found.benchmarks]
    built, ran = (sum(row[f"{what}, processor s"] for row in rows) for what in ("building", "running"))
    events, steps = (sum(row[what] for row in rows) for what in ("events", "steps of a neuron"))
    return [
        f"{events / 1e6:,.1f} million synaptic events and {steps / 1e6:,.0f} million steps of a neuron in {ran:.2f} "
        f"processor seconds, with a log of all spikes; {built:.2f} s to build."
    ]


def reported(p: VogelsAbbottParameters) -> ReportedRun:
    """The first benchmark."""
    name = next(iter(p.benchmarks))
    built = vogels_abbott_network(p, name, p.run.seed)
    sim = built.begin(en.Simulation(built.net, record=True, roots=True))
    words = f"{p.network.neurons:,} neurons, {p.run.duration_ms:g} ms from their first potentials on."
    return ReportedRun(sim, p.ticks(p.run.duration_ms), f"Vogels and Abbott's network: {BENCHMARKS[name]}", words)


SCENARIO = Scenario(
    name="vogels-abbott", summary="benchmarks of Brette et al.: conductances, Hodgkin-Huxley, currents and jumps",
    defaults=defaults, run=run, tables=[table], sentences=sentences, numbers=numbers,
    figures={"vogels-abbott-raster.png": figures.raster}, options=USUAL | WATCHED | REPORTED,
    reported=reported,
)  # fmt: skip
