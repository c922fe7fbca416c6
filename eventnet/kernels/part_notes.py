"""Notes of a layer's parts on each delivery of a window, and the results of all parts, as words of int64 arrays.

Rules of parts write notes, the engine makes of the notes of all parts what was found, and a rule that merges it reads
that: they are compiled apart and meet only here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

OWN_KINDS = dict.fromkeys(("cuts", "notes", "places", "found", "number"), "integers") | {"sizes": "state"}
"""Of what kind names of rules of parts are that no module declares."""


class SplitRule(NamedTuple):
    """A rule that moves the units of a layer, split for several threads: each runs `within` for a range of units, and
    then one of them `merge`, which sends and counts what all have found. `eventnet.engine.parts` says more.

    names       arrays of the layer that `within` uses
    of_layer    (those arrays, begin, end): what a range of its units has in their place
    take_over   (arrays of the layer, those of a range): what the range has for itself becomes what the layer has
    again       the array of integers, and the words of it, that say after how many ticks and until when the port sends
                to itself
    """

    within: Any
    merge: Any
    names: tuple[str, ...]
    of_layer: Callable[[dict[str, Any], int, int], dict[str, Any]]
    take_over: Callable[[dict[str, Any], dict[str, Any]], None]
    again: tuple[str, int, int] | None = None

    def typed(self, rule: Any) -> tuple[Any, Any]:
        """Both rules, with names of the kinds that they have in this rule for whole layers."""
        kinds = dict(zip(rule.names, rule.kinds, strict=True)) | OWN_KINDS
        within, merge = (each.typed({name: kinds[name] for name in each.names}) for each in (self.within, self.merge))
        return within, merge


NOTED, MADE, NOTES = 0, 1, 2
"""Words of `notes`: deliveries that are noted, spikes that they made; where the first note begins."""

EVENTS_OF, ADDS_OF, COMPARES_OF, PRODUCTS_OF, READS_OF, BROUGHT_MIXED, HELD_PRODUCTS, MIXED_AFTER, PLACED, NOTE = range(
    10
)
"""Words of a note: events of the delivery in the whole layer; what it counted in this part; whether it brought up the
part as one where units were MIXED, and else the products of held units, which that would not have made; MIXED as it is
now; whether `places` say in which sequence spikes of all parts were made. NOTE: words that a note has."""

CURSOR = 0
F_PORT, F_T, F_INDEX, F_SIGN, F_AGAIN, F_MIXED, F_EVENTS, F_ADDS, F_COMPARES, F_PRODUCTS, F_READS, F_SPIKES, FOUND = (
    range(13)
)
"""Words of what all parts found: where the next delivery stands. Of a delivery: port, time, index and sign; whether a
spike to itself follows; MIXED; counts; spikes, whose units stand behind (FOUND words)."""

NOT_AS_FOUND = 77
"""The error code of a delivery that is another than the parts were given."""
