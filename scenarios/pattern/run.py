"""Many neurons, each with a pattern and trains of its own, and a score of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.parallel import in_processes
from eventnet.base.old_names import renamed_arguments
from eventnet.scenarios.pattern.listener import ListenerOutcome, listen
from eventnet.scenarios.pattern.parameters import JudgingTable, PatternParameters

Row = dict[str, Any]

STRONG = 0.5
"""Weights above this count as strong."""


@dataclass
class PatternComparison:
    """The result of each neuron, and a row of the table for each."""

    parameters: PatternParameters
    outcomes: list[ListenerOutcome]
    rows: list[Row]


@renamed_arguments(told="progress")
def compare(
    parameters: PatternParameters, *, processes: int = 1, progress: Callable[[int, int], None]
) -> PatternComparison:
    """Let every neuron hear its trains; the first is watched. `progress` hears how many are done, of how many."""
    numbers = range(parameters.run.runs)
    found: list[ListenerOutcome] = in_processes(_listen, parameters, numbers, processes=processes, progress=progress)
    return PatternComparison(parameters, found, [judge(outcome, parameters.judging) for outcome in found])


def _listen(parameters: PatternParameters, number: int) -> ListenerOutcome:
    return listen(parameters, number, watched=number == 0)


def judge(outcome: ListenerOutcome, table: JudgingTable) -> Row:
    """How well a neuron has found its pattern.

    A presentation is *hit* if the neuron spikes at least once from its begin on and before its end; a spike outside all
    presentations is a false alarm. Rates are over the last third of the run: presentations that begin there, spikes
    that fall there. Latencies are those of the first spike of a presentation that is hit.
    """
    after = presentation_of(outcome.spikes, outcome)
    hit, late = first_spikes(outcome), 2 * outcome.end / 3
    judged = outcome.begins >= late
    alarms = int(((after < 0) & (outcome.spikes >= late)).sum())
    latencies = (hit - outcome.begins)[judged & (hit >= 0)]
    rate = float((hit[judged] >= 0).mean()) if judged.any() else float("nan")
    strong = outcome.weights > STRONG
    at = found_at(hit, outcome, table.in_a_row)
    return {
        "success": rate >= table.hit_rate and alarms <= table.false_alarms,
        "hit rate": rate, "presentations": int(judged.sum()), "false alarms": alarms,
        "latency ms": float(np.median(latencies)) / 1000 if len(latencies) else float("nan"),
        "found at s": float("nan") if at is None else 1e-6 * at, "spikes": len(outcome.spikes),
        "strong weights": int(strong.sum()), "strong in the pattern": int(strong[: outcome.hidden].sum()),
        "input spikes": outcome.inputs, "trains, processor s": outcome.processor[0],
        "engine, processor s": outcome.processor[1],
    }  # fmt: skip


def presentation_of(times: NDArray[np.int64], outcome: ListenerOutcome) -> NDArray[np.int64]:
    """The number of the presentation in which each time lies; -1 for none."""
    if not len(outcome.begins):
        return np.full(len(times), -1)
    number = np.searchsorted(outcome.begins, times, side="right") - 1
    inside = (number >= 0) & (times < outcome.begins[number] + outcome.slot)
    return np.where(inside, number, -1)


def first_spikes(outcome: ListenerOutcome) -> NDArray[np.int64]:
    """The tick of the neuron's first spike in each presentation, [presentations]; -1 where there is none."""
    number = presentation_of(outcome.spikes, outcome)
    first = np.full(len(outcome.begins), -1)
    inside = np.flatnonzero(number >= 0)[::-1]  # the earliest is written last
    first[number[inside]] = outcome.spikes[inside]
    return first


def found_at(hit: NDArray[np.int64], outcome: ListenerOutcome, in_a_row: int) -> int | None:
    """The tick at which the first `in_a_row` presentations begin that are all hit, without a false alarm in between."""
    alarms = outcome.spikes[presentation_of(outcome.spikes, outcome) < 0]
    for k in range(len(hit) - in_a_row + 1):
        begin, end = outcome.begins[k], outcome.begins[k + in_a_row - 1] + outcome.slot
        if (hit[k : k + in_a_row] >= 0).all() and not ((alarms >= begin) & (alarms < end)).any():
            return int(begin)
    return None
