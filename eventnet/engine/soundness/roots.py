"""Roots of the compiled engine: their rows, their numbers, and the words by which spikes name them."""

from __future__ import annotations

import numpy as np

from eventnet.engine.soundness.facts import Ints, SimulationFacts
from eventnet.engine.soundness.records import of_inputs, of_roots
from eventnet.event import Events
from eventnet.kernels.ranges import COUNT, holds, same, within, wrong
from eventnet.kernels.records import ROW_BITS, ROW_MASK
from eventnet.tally import DEEPEST


def of_words(what: str, found: Ints, facts: SimulationFacts, numbers: dict[str, int]) -> None:
    """The root words of spikes name rows that inputs have begun, and depths."""
    engine, inputs = facts.engine, numbers["inputs taken"]
    if not (engine.record or engine.roots):
        return  # nobody reads them
    single = facts.single(inputs)
    within(f"root of {what}", found, 0, (DEEPEST + 1 << ROW_BITS) if engine.roots else ROW_MASK + 1)
    row = found & ROW_MASK
    beyond = (row >= engine.root_limit) & (row < engine.root_limit + len(facts.accepts))
    holds(f"roots of {what} have been taken", (row < single) | (beyond & (inputs > single)))


def roots_of_compiled(facts: SimulationFacts, rows: Ints, causes: Events, ids: Ints, numbers: dict[str, int]) -> None:
    """Rows, inputs and numbers of the roots are as many as there have been inputs; what is to come begins at 0."""
    engine, taken = facts.engine, numbers["inputs taken"]
    all_inputs = taken + numbers["end of inputs"] - numbers["cursor of inputs"]
    single, ports = facts.single(taken), len(facts.accepts)
    if len(causes) != (single if engine.roots else 0):
        raise wrong("the number of causes", len(causes), str(single if engine.roots else 0))
    of_inputs("causes", causes, facts)
    of_roots(rows, numbers)
    begun = single if engine.roots else 0
    if engine.roots and all_inputs > facts.single(all_inputs):
        within("the rows of roots", len(rows), engine.root_limit + ports, COUNT)
        same("a row of a root to come", rows[begun : engine.root_limit], 0)
        begun = engine.root_limit + (ports if taken > single else 0)
    elif engine.roots:
        within("the rows of roots", len(rows), all_inputs, COUNT)
    same("a row of a root to come", rows[begun:], 0)
    if engine.record or engine.roots:
        within("how many numbers of roots there are", len(ids), facts.single(all_inputs), COUNT)
        within("'root_ids'", ids[:single], 0, numbers["taken"])
        holds("numbers of roots rise", np.diff(ids[:single]) > 0)
