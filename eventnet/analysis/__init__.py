"""Studying order and cost: what order can change, what it costs, where two runs part, what an input was good for."""

from eventnet.analysis.answers import ANSWERS
from eventnet.analysis.cheapest_first import Worth, cheapest_first, deepest_random, key_of, worths
from eventnet.analysis.divergence import Contender, Parting
from eventnet.analysis.early_answers import AXES, Guesses, Shown, bootstrap, early_guess, joined, mean_curve, wilson
from eventnet.analysis.order_sensitivity import Report, Sensitivity, sensitive
from eventnet.analysis.orders import Outcome, orders
from eventnet.analysis.race import CONFLUENT, COST_ONLY, RACY, Race, Trial, race
from eventnet.analysis.replay import Replay
from eventnet.analysis.run_variants import Course, Way
from eventnet.analysis.trace_writing import Trace, count_adds, write_trace
from eventnet.analysis.waste import Saving, Sums, Undone, Waste, savings, waste
from eventnet.analysis.what_if import Influence, WhatIf, influence, what_if
from eventnet.order import Key

EXTREMES: tuple[str | Key, ...]

__all__ = [
    "ANSWERS",
    "AXES",
    "CONFLUENT",
    "COST_ONLY",
    "EXTREMES",
    "RACY",
    "Contender",
    "Course",
    "Guesses",
    "Influence",
    "Outcome",
    "Parting",
    "Race",
    "Replay",
    "Report",
    "Saving",
    "Sensitivity",
    "Shown",
    "Sums",
    "Trace",
    "Trial",
    "Undone",
    "Waste",
    "Way",
    "WhatIf",
    "Worth",
    "bootstrap",
    "cheapest_first",
    "count_adds",
    "deepest_random",
    "early_guess",
    "influence",
    "joined",
    "key_of",
    "mean_curve",
    "orders",
    "race",
    "savings",
    "sensitive",
    "waste",
    "what_if",
    "wilson",
    "worths",
    "write_trace",
]


def __getattr__(name: str) -> tuple[str | Key, ...]:
    if name == "EXTREMES":
        from eventnet.analysis.race import EXTREMES

        return EXTREMES
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
