"""Costs of runs: price lists, conventions of counting, and a ledger of the cost of each input event."""

from eventnet.cost.conventions import (
    HOROWITZ_FLOAT32,
    HOROWITZ_INT8,
    HOROWITZ_INT32,
    break_even,
    dense_energy,
    dense_macs,
    dense_operation,
    everything,
    matrix_products,
    neurobench,
    price_list,
    synaptic_operation,
)
from eventnet.cost.decay import cheaper_decay
from eventnet.cost.keep import keep_ledger
from eventnet.cost.ledger import BLAMES, CostLedger, Entry
from eventnet.cost.pricing import Estimate, PriceList, Span, price_lists, prices, read_prices

__all__ = [
    "BLAMES",
    "HOROWITZ_FLOAT32",
    "HOROWITZ_INT8",
    "HOROWITZ_INT32",
    "CostLedger",
    "Entry",
    "Estimate",
    "PriceList",
    "Span",
    "break_even",
    "cheaper_decay",
    "dense_energy",
    "dense_macs",
    "dense_operation",
    "everything",
    "keep_ledger",
    "matrix_products",
    "neurobench",
    "price_list",
    "price_lists",
    "prices",
    "read_prices",
    "synaptic_operation",
]
