"""Studies of order and cost: effects and costs of routing orders, divergence of runs, influence of single inputs."""

from eventnet.analysis.ablation import Ablation, Influence, ablate, influence
from eventnet.analysis.answers import ANSWERS
from eventnet.analysis.anytime import AXES, AnytimeAnswers, SampleStream, anytime, bootstrap, joined, mean_curve, wilson
from eventnet.analysis.cancellation import Cancellation, Cancelled, Saving, SumVariation, cancellation, savings
from eventnet.analysis.cheapest_first import Worth, cheapest_first, deepest_random, key_of, worths
from eventnet.analysis.clients import Client, on_client
from eventnet.analysis.divergence import Contender, Divergence
from eventnet.analysis.order_sensitivity import ModuleSensitivity, OrderSensitivity, order_sensitivity
from eventnet.analysis.orders import OrderOutcome, orders
from eventnet.analysis.race import CONFLUENT, COST_ONLY, RACY, Race, Trial, race
from eventnet.analysis.replay import Replay
from eventnet.analysis.rest import Ring, may_not_rest
from eventnet.analysis.run_variants import Course, Variant
from eventnet.analysis.spike_trains import SpikeTrains
from eventnet.analysis.synapse_weights import SynapseWeights, synapse_weights
from eventnet.analysis.trace_writing import Trace, count_adds, count_operations, write_trace
from eventnet.order import Key

EXTREMES: tuple[str | Key, ...]
"""The orders that a race always tries, first of them the one that the others are compared with."""

__all__ = [
    "ANSWERS",
    "AXES",
    "CONFLUENT",
    "COST_ONLY",
    "EXTREMES",
    "RACY",
    "Ablation",
    "AnytimeAnswers",
    "Cancellation",
    "Cancelled",
    "Client",
    "Contender",
    "Course",
    "Divergence",
    "Influence",
    "ModuleSensitivity",
    "OrderOutcome",
    "OrderSensitivity",
    "Race",
    "Replay",
    "Ring",
    "SampleStream",
    "Saving",
    "SpikeTrains",
    "SumVariation",
    "SynapseWeights",
    "Trace",
    "Trial",
    "Variant",
    "Worth",
    "ablate",
    "anytime",
    "bootstrap",
    "cancellation",
    "cheapest_first",
    "count_adds",
    "count_operations",
    "deepest_random",
    "influence",
    "joined",
    "key_of",
    "may_not_rest",
    "mean_curve",
    "on_client",
    "order_sensitivity",
    "orders",
    "race",
    "savings",
    "synapse_weights",
    "wilson",
    "worths",
    "write_trace",
]


def __getattr__(name: str) -> tuple[str | Key, ...]:
    if name == "EXTREMES":
        from eventnet.analysis.race import EXTREMES

        return EXTREMES
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
