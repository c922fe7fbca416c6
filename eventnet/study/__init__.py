"""Studying order and cost: what order can change, what it costs, where two runs part, what an input was good for."""

from eventnet.study.answers import ANSWERS
from eventnet.study.cheapest import Worth, cheapest_first, deepest_random, key_of, worths
from eventnet.study.guess_pictures import draw_guesses, draw_worth
from eventnet.study.guesses import AXES, Guesses, Shown, bootstrap, early_guess, joined, mean_curve, wilson
from eventnet.study.orders import Outcome, orders
from eventnet.study.parting import Contender, Parting
from eventnet.study.race import CONFLUENT, COST_ONLY, EXTREMES, RACY, Race, Trial, race
from eventnet.study.replay import Replay
from eventnet.study.sensitive import Report, Sensitivity, sensitive
from eventnet.study.waste import Saving, Sums, Undone, Waste, draw_detours, draw_undone, savings, waste
from eventnet.study.ways import Course, Way
from eventnet.study.what_if import Influence, WhatIf, draw_influence, influence, what_if

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
    "Trial",
    "Undone",
    "Waste",
    "Way",
    "WhatIf",
    "Worth",
    "bootstrap",
    "cheapest_first",
    "deepest_random",
    "draw_detours",
    "draw_guesses",
    "draw_influence",
    "draw_undone",
    "draw_worth",
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
]
