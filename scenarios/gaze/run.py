"""Every reflex on the same heads: slip and cost side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from eventnet.analysis.parallel import in_processes
from eventnet.base.old_names import renamed_arguments
from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.gaze.parameters import GazeParameters
from eventnet.scenarios.gaze.reflex import PIECE_US, REFLEXES, ReflexOutcome, reflexes, run_reflex
from eventnet.scenarios.shared.paired import MeanInterval, paired_difference, paired_ratio

Row = dict[str, Any]

SPREAD = (
    "slip", "mean slip", "events/s", "operations/s", "uJ/s, int32 prices", "uJ/s, float32 prices",
    "uJ/s, int32, comparisons as adds",
)  # fmt: skip
"""Quantities that have a least and a most, over the heads."""


@dataclass
class GazeComparison:
    """Outcomes by reflex, one for each head; and a row of the table for each reflex."""

    parameters: GazeParameters
    runs: dict[str, list[ReflexOutcome]]
    rows: list[Row]


@renamed_arguments(told="progress")
def compare(
    parameters: GazeParameters, weights: FusionWeights, *, processes: int = 1, progress: Callable[[int, int], None]
) -> GazeComparison:
    """Run every reflex on every head. `progress` hears how many runs are done, of how many."""
    heads, names = range(parameters.run.heads), reflexes(parameters)
    jobs = [(name, head) for name in names for head in heads]
    found: list[ReflexOutcome] = in_processes(_run, (parameters, weights), jobs, processes=processes, progress=progress)
    runs = {name: found[k * len(heads) : (k + 1) * len(heads)] for k, name in enumerate(names)}
    return GazeComparison(parameters, runs, [_row(name, runs[name], parameters) for name in names])


def _run(shared: tuple[GazeParameters, FusionWeights], job: tuple[str, int]) -> ReflexOutcome:
    return run_reflex(*shared, *job)


def measured(outcome: ReflexOutcome, parameters: GazeParameters) -> dict[str, float]:
    """Measures of one run, from `measured_from_s` on.

    slip: root mean square over time and axes; mean slip: of the absolute values of each axis' mean over time.
    """
    begin = 1e6 * parameters.run.measured_from_s
    slip, first = outcome.slip[outcome.times >= begin], round(begin / PIECE_US)
    seconds = 1e-6 * (1e6 * parameters.run.duration_s - first * PIECE_US)
    work, *energies = outcome.cost[first:].sum(axis=0) / seconds
    values = np.sqrt((slip**2).mean()), np.abs(slip.mean(axis=0)).mean(), outcome.events[first:].sum() / seconds, work
    return dict(zip(SPREAD, (*map(float, values), *(1e-6 * float(energy) for energy in energies))))


PAIRS = (
    ("both", "no reflex"), ("both", "gyroscope alone"), ("both", "camera alone"), ("both", "gyroscope, slow traces"),
    *(("both", f"both, kept {ms} ms") for ms in (1, 2, 4, 8, 16, 33)),
    ("both", "both, kept 2 ms, Kalman"), ("both, kept 2 ms, Kalman", "gyroscope, slow traces"),
    ("both, flow sums", "gyroscope alone"), ("both, flow sums", "gyroscope, slow traces"), ("both, flow sums", "both"),
    *(("both, flow sums", f"both, kept {ms} ms") for ms in (1, 2, 4, 8, 16, 33)),
    ("both, flow sums", "both, kept 2 ms, Kalman"),
    *(("both, flow sums", f"both, flow sums on a clock, {ms} ms") for ms in (1, 2, 33)),
    *((f"both, flow sums on a clock, {ms} ms", "both, kept 1 ms") for ms in (1, 2, 33)),
    *((f"both, flow sums on a clock, {ms} ms", "gyroscope, slow traces") for ms in (1, 2, 33)),
    ("camera alone, flow sums", "camera alone"),
)  # fmt: skip
"""Reflexes that are compared head by head, and with what they are beside."""

DIFFERENCES = "slip", "mean slip", "events/s", "operations/s"
RATIOS = tuple(name for name in SPREAD if name != "mean slip")


@dataclass(frozen=True)
class PairedReflexes:
    """One reflex beside another, head by head.

    more: what the first has more than the second, by quantity. less: how many times less each of `RATIOS` is, the
    second's over the first's; without those of which a head has none.
    """

    more: dict[str, MeanInterval]
    less: dict[str, MeanInterval]


def paired_reflexes(compared: GazeComparison) -> dict[tuple[str, str], PairedReflexes]:
    """Each of `PAIRS` that ran."""
    each = {
        name: [measured(outcome, compared.parameters) for outcome in outcomes]
        for name, outcomes in compared.runs.items()
    }

    def by_head(name: str, quantity: str) -> dict[int, float]:
        return {head: found[quantity] for head, found in enumerate(each[name])}

    def paired(one: str, other: str) -> PairedReflexes:
        more = {name: paired_difference(by_head(one, name), by_head(other, name)) for name in DIFFERENCES}
        pairs = {name: (by_head(other, name), by_head(one, name)) for name in RATIOS}
        there = {name: pair for name, pair in pairs.items() if min((*pair[0].values(), *pair[1].values())) > 0}
        return PairedReflexes(more, {name: paired_ratio(*pair) for name, pair in there.items()})

    return {(one, other): paired(one, other) for one, other in PAIRS if {one, other} <= set(each)}


def _row(name: str, outcomes: list[ReflexOutcome], parameters: GazeParameters) -> Row:
    each = [measured(outcome, parameters) for outcome in outcomes]
    row: Row = {"reflex": name}
    for quantity in SPREAD:
        values = [found[quantity] for found in each]
        row |= {quantity: float(np.mean(values)), f"{quantity} least": min(values), f"{quantity} most": max(values)}
    row["memory kB"] = outcomes[0].memory / 1000
    if REFLEXES[name].watches and row["events/s"]:
        row["operations an event"] = row["operations/s"] / row["events/s"]
    return row
