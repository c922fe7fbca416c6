"""`eventnet run stdp-pattern`: neurons find a repeating pattern of spikes that is hidden in noise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.table import Table

from eventnet.scenarios.pattern import PatternComparison, PatternParameters, compare, figures
from eventnet.scenarios.pattern.parameters import PatternRunTable
from eventnet.scenarios.pattern.watching import watch
from eventnet.scenarios.shared.scenario import USUAL, WATCHED, Asked, Desk, ResultNumber, Scenario

UNITS = {"latency ms": "ms", "found at s": "s", "trains, processor s": "s", "engine, processor s": "s"}


def defaults(asked: Asked) -> PatternParameters:
    """Four neurons; in full twenty."""
    return PatternParameters(run=PatternRunTable(runs=20 if asked.full else 4))


def run(parameters: PatternParameters, desk: Desk) -> PatternComparison:
    """Let every neuron hear its trains."""
    p = parameters.run
    desk.say(f"stdp-pattern: {p.runs} neurons x {p.duration_s:g} s, each with a pattern of its own, seed {p.seed}")
    with desk.progress("neurons listen") as progress:
        return compare(parameters, processes=desk.asked.processes, progress=progress)


def numbers(found: PatternComparison) -> Iterator[ResultNumber]:
    """All rows of the table."""
    for number, row in enumerate(found.rows):
        for quantity, value in row.items():
            yield ResultNumber(f"neuron {number}", quantity, _written(value), UNITS.get(quantity, ""))


def table(compared: PatternComparison) -> Table:
    """Each neuron: whether it has found its pattern, when, how surely and how soon in a presentation it spikes."""
    made = Table(title="Over the last third of each run; strong weights at the end, and those of the pattern's own")
    names = "neuron", "success", "found at, s", "hits, %", "false alarms", "latency, ms", "strong", "of the pattern's"
    for name in names:
        made.add_column(name, justify="right")
    for number, row in enumerate(compared.rows):
        made.add_row(
            str(number), "yes" if row["success"] else "no", _number(row["found at s"], 1),
            _number(100 * row["hit rate"], 1), str(row["false alarms"]), _number(row["latency ms"], 1),
            str(row["strong weights"]), str(row["strong in the pattern"]),
        )  # fmt: skip
    return made


def sentences(compared: PatternComparison) -> list[str]:
    """All neurons together, and what the runs took."""
    rows, judging = compared.rows, compared.parameters.judging
    hits, latencies = (np.array([row[name] for row in rows]) for name in ("hit rate", "latency ms"))
    trains, engine = (sum(row[name] for row in rows) for name in ("trains, processor s", "engine, processor s"))
    spikes = sum(row["input spikes"] for row in rows)
    adds = sum(outcome.tally.adds for outcome in compared.outcomes)
    return [
        f"{sum(row['success'] for row in rows)} of {len(rows)} succeed: at least {100 * judging.hit_rate:g} % of "
        f"presentations hit, and at most {judging.false_alarms} false alarms. "
        f"Hits {100 * hits.mean():.2f} % on average; median latency {_number(float(np.median(latencies)), 1)} ms.",
        f"{spikes / 1e6:,.1f} million input spikes, {adds / spikes:.2f} adds each, learning included. Processor time: "
        f"{trains:.1f} s to make the trains, {engine:.1f} s in the engine ({spikes / 1e6 / max(engine, 1e-9):.1f} "
        "million spikes a second).",
    ]


def _number(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _written(value: Any) -> float | int | str:
    """A value as it stands in a file."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    written: float | int = value
    return "none" if math.isnan(written) else written


SCENARIO = Scenario(
    name="stdp-pattern", summary="a neuron finds a repeating pattern of spikes that is hidden in noise",
    defaults=defaults, run=run, tables=[table], sentences=sentences, numbers=numbers,
    figures={f"pattern-{name}.png": getattr(figures, name) for name in ("weights", "raster", "potential", "latency")},
    options=USUAL | WATCHED, watch=watch, reasons={"train": "always learns anew"},
)  # fmt: skip
