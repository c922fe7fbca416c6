"""`eventnet run dvs-gyro`: a camera of events and a gyroscope on one clock, by several methods side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rich.table import Table

from eventnet.scenarios.fusion import FusionWeights, figures
from eventnet.scenarios.fusion.judging_scenario import JUDGING
from eventnet.scenarios.fusion.parameters import Parameters, named_weights, weights_for
from eventnet.scenarios.fusion.run import LEGEND, FusionComparison, Row, compare
from eventnet.scenarios.fusion.train import train
from eventnet.scenarios.shared.parameter_file import as_toml
from eventnet.scenarios.shared.scenario import USUAL, Asked, Desk, ResultNumber, Scenario, short

FULL_RUN: dict[str, dict[str, Any]] = {
    "run": {"trajectories": 10, "duration_s": 5.0}, "steps": {"count": 40},
    "methods": {"bins_ms": (1.0, 5.0, 10.0, 33.0), "scales": (0.5, 1.0, 2.0, 4.0)},
}  # fmt: skip


def defaults(asked: Asked) -> Parameters:
    """Two trajectories; in full ten, and more methods."""
    made = Parameters()
    changed = FULL_RUN if asked.full else {}
    return replace(made, **{name: replace(getattr(made, name), **given) for name, given in changed.items()})


def run(parameters: Parameters, desk: Desk) -> FusionComparison:
    """Train, if it is asked for, and run every method."""
    weights = _trained(parameters, desk) if desk.asked.train else weights_for(parameters)
    p, scenario = parameters.run, desk.scenario
    desk.say(f"{scenario.name}: {scenario.summary}; {p.trajectories} x {p.duration_s:g} s, seed {p.seed}")
    with desk.progress("running every method") as progress:
        return compare(parameters, weights, processes=desk.asked.processes, progress=progress)


def numbers(found: FusionComparison) -> Iterator[ResultNumber]:
    """All rows of both tables."""
    for row in found.rows:
        for quantity, value in row.items():
            if quantity != "method" and not (isinstance(value, float) and math.isnan(value)):
                yield ResultNumber(row["method"], quantity, "never" if value == math.inf else value, _unit(quantity))


def _manifest(parameters: Parameters, found: FusionComparison) -> dict[str, Any]:
    return {"parameters": as_toml(parameters), "weights": found.weights.manifest}


def _trained(parameters: Parameters, desk: Desk) -> FusionWeights:
    """Weights trained now, for a gyroscope like this, and saved."""
    with desk.progress("training") as progress:
        made = train(
            parameters.run.seed, desk.asked.processes, lambda what, done, total: progress(done, total),
            noise=parameters.gyroscope.white_noise,
        )  # fmt: skip
    path = desk.folder / "weights.npz"
    made.save(path)
    desk.say_path("trained weights:", path)
    return made


def costs(compared: FusionComparison) -> Table:
    """Costs of each method a second, and its latency."""
    table = Table(
        title="Cost a second (millions; estimates in µJ at int32 and float32 prices) and latency (ms, median / 99 %)"
    )
    for name in ("method", "adds", "multiplies", "checks", "all", "µJ int32", "float32", "event to answer", "half-way"):
        table.add_column(name, justify="left" if name == "method" else "right", no_wrap=name == "method")
    for row in compared.rows:
        if "operations/s" not in row:
            continue
        table.add_row(
            row["method"],
            *(_short(1e-6 * row[f"{name}/s"]) for name in ("adds", "multiplies", "checks", "operations")),
            *(_short(row[f"uJ/s, {name} prices"]) for name in ("int32", "float32")),
            f"{_short(row['event to answer ms'])} / {_short(row['event to answer ms p99'])}", _half_way(row, "fused"),
        )  # fmt: skip
    return table


def errors(compared: FusionComparison) -> Table:
    """Errors of each method against the truth and against method 1."""
    table = Table(title="Error against the truth, deg/s (root mean square), deviation from method 1, half-way latency")
    names = ("method", "fused", "DVS", "gyroscope", "deviation: fused", "DVS", "half-way: DVS", "gyroscope")
    for name in names:
        table.add_column(name, justify="left" if name == "method" else "right", no_wrap=name == "method")
    for row in compared.rows:
        table.add_row(
            row["method"], *(_short(row.get(f"{name} error")) for name in ("fused", "dvs", "gyro")),
            *(_short(row.get(f"{name} deviation")) for name in ("fused", "dvs")),
            _half_way(row, "dvs"), _half_way(row, "gyro"),
        )  # fmt: skip
    return table


def findings(compared: FusionComparison) -> list[str]:
    """The event-driven ways beside the recomputed ones, in sentences."""
    full, kept, sampled, fixed = (compared.rows[k] for k in range(1, 5))
    made = []
    for row in compared.rows:
        if not row["method"].startswith("4"):
            continue

        def times(quantity: str, other: Row, row: Row = row) -> float:
            return float(other[quantity] / row[quantity]) if row[quantity] else math.inf

        cost, energies = "operations/s", [times(f"uJ/s, {name} prices", fixed) for name in ("int32", "float32")]
        parts = [
            f"{row['method']}: {times(cost, full):,.0f} times fewer operations than 1, "
            f"{times(cost, kept):.1f} than 1i, {times(cost, sampled):.2f} than 1k, {times(cost, fixed):.2f} than 2",
            f"{energies[0]:.2f} times less energy than 2 by estimate (int32; {energies[1]:.2f} at float32 prices)",
            f"fused error {100 * (row['fused error'] / full['fused error'] - 1):+.1f} %",
            f"an event is answered {times('event to answer ms', fixed):.1f} times sooner than in 2",
        ]
        if row.get("fused half-way ms", math.nan) > 0:
            parts.append(f"a step {times('fused half-way ms', fixed):.1f} times sooner")
        made.append(f"{'; '.join(parts)}; break-even {row['break-even events a bin']:,.0f} events a bin.")
    best, runs = min(full["dvs error"], full["gyro error"]), len(compared.runs)
    made.append(
        f"Fused {full['fused error']:.2f} deg/s, {full['fused error'] / best:.2f} of the better sensor alone; "
        f"below both in {full['fused below both']} of {runs} trajectories."
    )
    return made


def _half_way(row: Row, name: str) -> str:
    if f"{name} half-way ms" not in row:
        return ""
    unsure = row[f"{name} steps unsure"]
    text = f"{_short(row[f'{name} half-way ms'])} / {_short(row[f'{name} half-way ms p99'])}"
    return text + (f" ({unsure} unsure)" if unsure else "")


def _short(value: Any) -> str:
    """Three digits; nothing for nothing."""
    if value is None or math.isnan(value):
        return "" if value is None else "-"
    return "never" if math.isinf(value) else short(value)


def _unit(quantity: str) -> str:
    for end, unit in (("/s", "1/s"), ("error", "deg/s"), ("deviation", "deg/s")):
        if end in quantity and not quantity.startswith("uJ"):
            return unit
    return "uJ/s" if quantity.startswith("uJ") else "ms" if " ms" in quantity else ""


SCENARIO = Scenario(
    name="dvs-gyro", summary="a camera of events and a gyroscope tell how fast they turn",
    defaults=defaults, run=run, tables=[costs, errors], numbers=numbers,
    sentences=lambda found: [*(f"  {number:3}{meaning}" for number, meaning in LEGEND.items()), *findings(found)],
    figures={
        f"{name.replace('_', '-')}.png": getattr(figures, name)
        for name in ("streams", "estimate", "frontier", "cost_by_event", "camera")
    },
    options=USUAL | {"train"}, variants={"recording": JUDGING}, reads=named_weights, manifest=_manifest,
)  # fmt: skip
