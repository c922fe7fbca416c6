"""`eventnet run stdp-pattern`: neurons find a repeating pattern of spikes that is hidden in noise."""

from __future__ import annotations

import math

import numpy as np
from rich.table import Table

from eventnet.cli.results import Results
from eventnet.cli.screen import Screen
from eventnet.scenarios.pattern import Compared, PatternParameters, compare, figures
from eventnet.scenarios.shared.parameter_file import as_toml

UNITS = {"latency ms": "ms", "found at s": "s", "trains, processor s": "s", "engine, processor s": "s"}


def run_pattern(parameters: PatternParameters, results: Results, screen: Screen, processes: int) -> None:
    """Let every neuron hear its trains, print the table, write everything into the result folder."""
    p = parameters.run
    screen.say(f"stdp-pattern: {p.runs} neurons x {p.duration_s:g} s, each with a pattern of its own, seed {p.seed}")
    with screen.progress("neurons listen", 1000) as bar:
        compared = compare(parameters, processes=processes, told=lambda done, of: bar(1000 * done // of))
    screen.out.print(table(compared))
    for line in sentences(compared):
        screen.say(line)
    for number, row in enumerate(compared.rows):
        for quantity, value in row.items():
            known = not math.isnan(value)
            results.add(
                f"neuron {number}", quantity, ("yes" if value else "no") if isinstance(value, bool) else value if known
                else "none", UNITS.get(quantity, ""),
            )  # fmt: skip
    for name in ("weights", "raster", "potential", "latency"):
        results.add_picture(f"pattern-{name}.png", getattr(figures, name)(compared))
    results.manifest["parameters"] = as_toml(parameters)
    results.write()


def table(compared: Compared) -> Table:
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


def sentences(compared: Compared) -> list[str]:
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
