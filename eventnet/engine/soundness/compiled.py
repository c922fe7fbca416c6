"""Checks of a compiled engine's part of a checkpoint."""

from __future__ import annotations

import numpy as np

from eventnet.engine.soundness.bursts import regions
from eventnet.engine.soundness.facts import Arrays, Ints, SimulationFacts
from eventnet.engine.soundness.heaps import (
    heap_of_compiled,
    later_of_compiled,
    predictions_of_compiled,
    settled_of_compiled,
)
from eventnet.engine.soundness.lines import lines_of_compiled
from eventnet.engine.soundness.opposites import pairs_can_be_found
from eventnet.engine.soundness.records import indices, less
from eventnet.engine.soundness.roots import roots_of_compiled
from eventnet.engine.soundness.tables import COMPILED, WORDS, shapes, with_causes, words
from eventnet.kernels.prediction_heap import FOREVER, LATEST, SOONEST
from eventnet.kernels.ranges import holds, same, within
from eventnet.order import KEYED


def of_compiled(facts: SimulationFacts, arrays: Arrays, slots: Ints, numbers: dict[str, int]) -> None:
    """Raise ValueError unless arrays are those of a compiled engine."""
    shapes(with_causes(COMPILED, facts.bits), arrays, numbers)
    st, q = arrays["words"], {name.removeprefix("queue:"): array for name, array in arrays.items()}
    keyed = facts.engine.order.kind == KEYED
    numbers["room of the count"] = numbers["rows of the heap" if keyed else "bursts"]
    words(WORDS, st, numbers)
    roots_of_compiled(facts, arrays["roots"], arrays["causes"], q["root_ids"], numbers)
    times = [
        inputs_of_compiled(facts, q, numbers),
        lines_of_compiled(facts, q, numbers),
        later_of_compiled(facts, q["later"][: numbers["later"]], numbers),
        predictions_of_compiled(facts, slots, int(arrays["waiting"][0]), numbers),
    ]
    settled_of_compiled(facts, q["settled"][: numbers["settled"]], numbers)
    regions(facts, q, numbers)
    if keyed:
        heap_of_compiled(facts, q["heap"][: numbers["count"]], numbers)
    at_once = [numbers["now"]] if numbers["count"] or numbers["settled"] else []
    numbers["first that waits"] = min([*times, *at_once])
    if facts.engine.annihilate:
        pairs_can_be_found(facts, q, numbers)


def inputs_of_compiled(facts: SimulationFacts, q: Arrays, numbers: dict[str, int]) -> int:
    """Inputs that wait are in order, and of ports that there are; the time of the first."""
    live = slice(numbers["cursor of inputs"], numbers["end of inputs"])
    t, port, root, code = (q[f"in_{name}"][live] for name in ("t", "port", "root", "code"))
    within("time of inputs", t, max(numbers["now"], SOONEST + 1), LATEST)
    within("port of inputs", port, 0, len(facts.accepts))
    indices("inputs", code, facts.accepts[port], facts.bits, facts.takes[port])
    keys = np.column_stack([t, port])
    holds("inputs are in order", ~less(keys[1:], keys[:-1]))
    engine, number = facts.engine, numbers["inputs taken"] + np.arange(len(t))
    if engine.record:
        same("'in_root'", root, number)
    elif engine.roots:
        same("'in_root'", root, np.where(number < engine.root_limit, number, engine.root_limit + port))
    return int(t.min(initial=FOREVER))
