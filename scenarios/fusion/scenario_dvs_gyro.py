"""`eventnet run dvs-gyro`: a camera of events and a gyroscope on one clock, by several methods side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rich.table import Table

from eventnet.scenarios.fusion import FusionWeights, figures
from eventnet.scenarios.fusion.judging_scenario import JUDGING
from eventnet.scenarios.fusion.named import LEGEND, LIMITS, pairing_numbers, reference, sentences
from eventnet.scenarios.fusion.network import CODES
from eventnet.scenarios.fusion.parameters import VERSIONS, Parameters, named_weights, weights_for
from eventnet.scenarios.fusion.run import FusionComparison, compare
from eventnet.scenarios.fusion.train import train
from eventnet.scenarios.fusion.watching import live, watch
from eventnet.scenarios.shared.parameter_file import as_toml
from eventnet.scenarios.shared.scenario import (
    BREADTH_FIRST,
    LIVE,
    USUAL,
    WATCHED,
    Asked,
    Desk,
    ResultNumber,
    Scenario,
    short,
)

FULL_RUN: dict[str, dict[str, Any]] = {
    "run": {"trajectories": 10, "duration_s": 5.0}, "steps": {"count": 40},
    "methods": {
        "kept_ms": (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 33.0), "filter_ms": (0.0, 2.0, 33.0),
        "recomputed_ms": (33.0,), "bins_ms": (5.0, 33.0), "codes": CODES, "scales": (1.0, 2.0, 4.0), "flow": VERSIONS,
        "twin_ms": (0.0, 1.0, 2.0, 4.0, 8.0, 33.0),
    },
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
    """All rows of the tables, the values on each trajectory, and the fair comparisons."""
    for row in found.rows:
        for quantity, value in row.items():
            if quantity != "method" and not (isinstance(value, float) and math.isnan(value)):
                yield ResultNumber(row["method"], quantity, "never" if value == math.inf else value, _unit(quantity))
    for method, quantities in found.by_trajectory.items():
        for quantity, values in quantities.items():
            for k, value in enumerate(values):
                yield ResultNumber(method, quantity, value, _unit(quantity), f"trajectory {k}")
    yield from pairing_numbers(found.pairings)


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
    """Costs of each method a second, with and without comparisons in the energy, its memory, and its latency."""
    table = Table(
        title="Cost a second (millions; µJ at int32 prices, without and with comparisons as adds; weight words read), "
        "memory (kB), latency (ms, median / 99 %)"
    )
    names = ("method", "adds", "products", "checks", "all", "µJ", "with checks", "words", "kB", "answer", "half-way")
    for name in names:
        table.add_column(name, justify="left" if name == "method" else "right", no_wrap=name == "method")
    for row in compared.rows:
        if "operations/s" not in row:
            continue
        late = row["event to answer ms"]
        table.add_row(
            row["method"],
            *(_short(1e-6 * row[f"{name}/s"]) for name in ("adds", "multiplies", "checks", "operations")),
            _short(row["uJ/s, int32 prices"]), _short(row["uJ/s, int32, comparisons as adds"]),
            _short(1e-6 * row["weight words read/s"]), _short(row["memory kB"]),
            "" if math.isnan(late) else f"{_short(late)} / {_short(row['event to answer ms p99'])}",
            _half_way(row, "fused"),
        )  # fmt: skip
    return table


def errors(compared: FusionComparison) -> Table:
    """Errors of each method against the truth and against the exact network."""
    base = reference(compared.parameters.methods)
    table = Table(
        title=f"Error against the truth, deg/s (root mean square), deviation from '{base}', half-way latency, ms"
    )
    names = ("method", "fused", "camera", "gyroscope", "deviation: fused", "camera", "half-way: camera", "gyroscope")
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
    """Methods updated by events beside clocks that are as soon or as good, and what the camera is worth."""
    name, runs = reference(compared.parameters.methods), len(compared.runs)
    exact = next(row for row in compared.rows if row["method"] == name)
    best, robot = min(exact["dvs error"], exact["gyro error"]), compared.parameters.robot
    left_out = "No answer depends on joints and frames: ratios of operations leave out what their changes cost."
    return [
        *sentences(compared.pairings),
        *([left_out] if robot.joints or robot.frames_hz else []),
        f"{name}: fused {exact['fused error']:.2f} deg/s, {exact['fused error'] / best:.2f} of the better sensor "
        f"alone; below both in {exact['fused below both']} of {runs} trajectories.",
    ]


def legend() -> list[str]:
    """The meaning of names of methods, a line each."""
    return [f"  {name}: {meaning}" for name, meaning in LEGEND.items()]


def _half_way(row: dict[str, Any], name: str) -> str:
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
    return "uJ/s" if quantity.startswith("uJ") else "ms" if " ms" in quantity else "kB" if " kB" in quantity else ""


SCENARIO = Scenario(
    name="dvs-gyro", summary="a camera of events and a gyroscope tell how fast they turn",
    defaults=defaults, run=run, tables=[costs, errors], numbers=numbers,
    sentences=lambda found: [*legend(), LIMITS, *findings(found)],
    figures={
        "streams.png": figures.streams, "estimate.png": figures.estimate, "frontier.png": figures.frontier,
        "cost-by-event.png": figures.cost_by_event, "camera.png": figures.camera,
    },
    options=USUAL | WATCHED | LIVE | {"train"}, watch=watch, live=live, orders=BREADTH_FIRST,
    variants={"recording": JUDGING},
    reads=named_weights, manifest=_manifest,
)  # fmt: skip
