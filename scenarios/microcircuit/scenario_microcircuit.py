"""`eventnet run microcircuit`: the cortical microcircuit of Potjans and Diesmann, its rates and its cost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from rich.table import Table

import eventnet as en
from eventnet.connectivity.descriptions import memory_left
from eventnet.errors import ModelError
from eventnet.scenarios.microcircuit import MicrocircuitOutcome, MicrocircuitParameters, figures, simulate_microcircuit
from eventnet.scenarios.microcircuit.network import memory_of, microcircuit_network
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


def defaults(asked: Asked) -> MicrocircuitParameters:
    """A tenth of the network; in full all of it, in float32."""
    made = MicrocircuitParameters()
    return replace(made, run=replace(made.run, scale=1.0, dtype="float32")) if asked.full else made


def run(parameters: MicrocircuitParameters, desk: Desk) -> MicrocircuitOutcome:
    """Build and simulate it."""
    p = parameters
    wanted, left = memory_of(p), memory_left()
    desk.say(
        f"microcircuit: scale {p.run.scale:g}, {p.run.duration_ms:g} ms, seed {p.run.seed}; "
        f"{wanted / 1e9:.1f} GB of memory"
    )
    if left is not None and wanted > left:
        raise ModelError(
            f"a microcircuit of scale {p.run.scale:g} takes {wanted / 1e9:.1f} GB of memory, and {left / 1e9:.1f} GB "
            "are left on this machine; wanted a smaller [run] scale"
        )
    return simulate_microcircuit(p, desk.recorder)


def numbers(found: MicrocircuitOutcome) -> Iterator[ResultNumber]:
    """Rates of populations, and costs."""
    for name, row in {**found.rows, "all": found.costs}.items():
        for quantity, value in row.items():
            yield ResultNumber(name, quantity, "none" if math.isnan(value) else value)


def table(found: MicrocircuitOutcome) -> Table:
    """A line a population."""
    made = Table(title="After the first part; beside it the rates of one run of the full network in NEST")
    for name in ("population", "rate, Hz", "full network, Hz", "CV"):
        made.add_column(name, justify="left" if name == "population" else "right")
    for name, row in found.rows.items():
        made.add_row(name, short(row["rate, Hz"]), short(row["of the full network, Hz"]), f"{row['CV']:.2f}")
    return made


def sentences(found: MicrocircuitOutcome) -> list[str]:
    """Size of the network, synaptic events and processor seconds, in a sentence."""
    costs = found.costs
    return [
        f"{costs['neurons']:,} neurons, {costs['synapses'] / 1e6:,.1f} million synapses. "
        f"{costs['events'] / 1e6:,.0f} million synaptic events, {costs['of the drives'] / 1e6:,.0f} million of them of "
        f"the drives, in {costs['running, processor s']:.2f} processor seconds, recording all spikes; "
        f"{costs['building, processor s']:.2f} s to build."
    ]


def reported(p: MicrocircuitParameters) -> ReportedRun:
    """The run."""
    built = microcircuit_network(p, p.run.seed)
    sim = built.begin(en.Simulation(built.net, record=True, roots=True))
    units = sum(layer.units for layer in built.layers.values())
    words = f"{units:,} neurons, {built.synapses:,} synapses, {p.run.duration_ms:g} ms from their first potentials on."
    return ReportedRun(
        sim, p.ticks(p.run.duration_ms), f"Potjans and Diesmann's microcircuit, scale {p.run.scale:g}", words
    )


SCENARIO = Scenario(
    name="microcircuit", summary="the cortical microcircuit of Potjans and Diesmann: rates, regularity, and its cost",
    defaults=defaults, run=run, tables=[table], sentences=sentences, numbers=numbers,
    figures={"microcircuit-raster.png": figures.raster}, options=USUAL | WATCHED | REPORTED,
    reported=reported,
)  # fmt: skip
