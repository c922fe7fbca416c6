"""Studying order: which modules can be sensitive to it, what each order gives and costs, and where two runs part."""

from eventnet.study.answers import ANSWERS
from eventnet.study.orders import Outcome, orders
from eventnet.study.parting import Contender, Parting
from eventnet.study.race import CONFLUENT, COST_ONLY, EXTREMES, RACY, Race, Trial, race
from eventnet.study.sensitive import Report, Sensitivity, sensitive
from eventnet.study.ways import Way

__all__ = [
    "ANSWERS",
    "CONFLUENT",
    "COST_ONLY",
    "EXTREMES",
    "RACY",
    "Contender",
    "Outcome",
    "Parting",
    "Race",
    "Report",
    "Sensitivity",
    "Trial",
    "Way",
    "orders",
    "race",
    "sensitive",
]
