"""The causal ledger: what each input event of a run cost, by event, by sensor, by pixel and over time."""

from eventnet.ledger.book import BLAMES, Entry, Ledger
from eventnet.ledger.keep import keep_ledger
from eventnet.ledger.pictures import cost_over_time, heat_map, sizes_of_cascades

__all__ = [
    "BLAMES",
    "Entry",
    "Ledger",
    "cost_over_time",
    "heat_map",
    "keep_ledger",
    "sizes_of_cascades",
]
