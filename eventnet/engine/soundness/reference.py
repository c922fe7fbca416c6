"""Checks of a reference engine's part of a checkpoint: its queue, entry by entry, and its counters."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.engine.soundness.facts import Arrays, Ints, SimulationFacts
from eventnet.engine.soundness.records import is_heap, of_inputs, of_phases, of_roots, one_a_unit, wired
from eventnet.engine.soundness.tables import COUNTERS, REFERENCE, columns, shapes, with_causes, words
from eventnet.event import Events
from eventnet.kernels.prediction_heap import FOREVER, FROM_OUTLET, LATEST, SOONEST, TO_PORT, UNIT
from eventnet.kernels.ranges import COUNT, holds, same, within, wrong
from eventnet.order import ARRIVAL_PHASE, BREADTH, DEPTH, INPUT_PHASE, KEYED, PREDICTED_PHASE, SETTLED_PHASE, ZERO_PHASE
from eventnet.tally import DEEPEST


def of_reference(facts: SimulationFacts, arrays: Arrays, numbers: dict[str, int]) -> None:
    """Raise ValueError unless arrays are those of a reference engine."""
    shapes(with_causes(REFERENCE, facts.bits), arrays, numbers)
    words(COUNTERS, arrays["counters"], numbers)
    numbers["waiting"] = numbers["entries"] - numbers["predicted"]
    within("how many entries wait", numbers["waiting"], 0, COUNT)
    queue, predicted = arrays["queue"][: numbers["waiting"]], arrays["queue"][numbers["waiting"] :]
    roots_of_reference(facts, arrays["roots"], arrays["causes"], numbers)
    inputs = queue[:, 7] == -1
    inputs_of_reference(facts, queue[inputs], numbers)
    spikes_of_reference(facts, queue[~inputs], arrays["roots"], numbers)
    predicted_of_reference(facts, predicted, arrays["predicted"], arrays["roots"], numbers)
    is_heap("entries of the queue", queue[:, :4])
    open_of_reference(facts, arrays["open"], queue, numbers)
    numbers["first that waits"] = int(arrays["queue"][:, 0].min(initial=FOREVER))


def roots_of_reference(facts: SimulationFacts, rows: Ints, causes: Events, numbers: dict[str, int]) -> None:
    """Rows of the roots have a kind and a number each, and there are as many as there have been inputs."""
    engine, taken = facts.engine, numbers["inputs taken"]
    single = facts.single(taken) if engine.roots else 0
    within("the kind of a root's row", rows[:, 0], 0, 2 if engine.roots and not engine.record else 1)
    beyond = rows[:, 0] == 1
    within("the number of a root", rows[~beyond, 1], 0, numbers["taken"])
    within("the port of roots beyond the limit", rows[beyond, 1], 0, len(facts.accepts))
    if len(np.unique(rows[:, :2], axis=0)) != len(rows):
        raise ValueError("a root has two rows")
    if (~beyond).sum() != single or len(causes) != single:
        raise wrong("the number of roots and causes", [int((~beyond).sum()), len(causes)], str(single))
    holds("there are roots beyond the limit", ~beyond | (taken > single))
    of_inputs("causes", causes, facts)
    of_roots(rows[:, 2:], numbers)


def inputs_of_reference(facts: SimulationFacts, rows: Ints, numbers: dict[str, int]) -> None:
    """Inputs that wait are those that have not been taken."""
    t, phase, place, seq, port, index, s, _, *rest = rows.T
    within("time of inputs", t, max(numbers["now"], SOONEST + 1), LATEST)
    same("phase of inputs", phase, INPUT_PHASE)
    within("port of inputs", port, 0, len(facts.accepts))
    same("place of inputs", place, port)
    within("number of inputs", seq, 0, numbers["all inputs"])
    within("index of inputs", index, 0, 2**31)
    holds("inputs have indices that their ports take", index < facts.accepts[port])
    holds("inputs have signs +1 or -1, or amounts", (np.abs(s) >= 1) & (np.abs(s) <= facts.takes[port]))
    for column, wanted in zip(rest, (-1, -1, 0, -1, 0, -1, -1), strict=True):
        same("what inputs have not", column, wanted)
    waits = numbers["all inputs"] - numbers["inputs taken"]
    if len(rows) != waits or len(np.unique(seq)) != waits:
        raise wrong("the number of inputs that wait", len(np.unique(seq)), str(waits))


def spikes_of_reference(facts: SimulationFacts, rows: Ints, roots: Ints, numbers: dict[str, int]) -> None:
    """Deliveries over wires have the phase and the place that wire and order give them."""
    t, phase, place, seq, port, _, _, source, parent, *_, batch, spike = rows.T
    columns("spikes", {"time": t, "seq": seq, "port": port, "outlet": source, "parent": parent}, numbers)
    deliveries_of_reference("spikes", facts, rows, roots, numbers)
    if len(np.unique(seq)) != len(seq):
        raise ValueError("two deliveries have the same number of emission")
    one_a_unit("spikes", facts, source, rows[:, 5])
    within("number of a spike", spike, -1, numbers["spikes"])
    late, settled = phase == ARRIVAL_PHASE, phase == SETTLED_PHASE
    zero = ~late & ~settled
    same("place of arrivals", place[late], 0)
    same("place of settled deliveries", place[settled], facts.rank[port[settled]])
    same("time of spikes without delay", t[~late], numbers["now"])
    same("batch of spikes", batch[~zero], -1)
    straight = (facts.wires[:, 2] == 0) & (facts.wires[:, 3] == 0)
    wired("arrivals", facts, source[late], port[late], np.ones(len(facts.wires), bool))
    wired("settled deliveries", facts, source[settled], port[settled], facts.wires[:, 3] != 0)
    wired("spikes without delay", facts, source[zero], port[zero], straight)
    order_of_reference(facts, phase[zero], place[zero], parent[zero], batch[zero], numbers)
    if facts.engine.order.kind == BREADTH:
        within("wire of spikes", place[zero], 0, len(facts.wires))
        own = facts.wires[np.argsort(facts.wires[:, 4])][place[zero]]
        holds("wires of spikes lead to their ports", (own[:, 0] == source[zero]) & (own[:, 1] == port[zero]))


def order_of_reference(
    facts: SimulationFacts, phase: Ints, place: Ints, parent: Ints, batch: Ints, numbers: Any
) -> None:
    """Spikes without delay have the phase of their order."""
    order = facts.engine.order.kind
    if order != BREADTH:
        same("batch of spikes", batch, -1)
    if order == KEYED:
        of_phases("spikes", phase)
        return
    if order == BREADTH:
        within("batch of spikes", batch, 0, numbers["batches"])
        same("phase of spikes", phase, ZERO_PHASE + batch)
        return
    same("phase of spikes", phase, -(parent + 1) if order == DEPTH else ZERO_PHASE)
    same("place of spikes", place, 0)


def deliveries_of_reference(
    what: str, facts: SimulationFacts, rows: Ints, roots: Ints, numbers: dict[str, int]
) -> None:
    """Deliveries are of units that there are, and of roots that have been taken."""
    index, s, source, parent, root, beyond, number, depth = rows[:, [5, 6, 7, 8, 9, 10, 11, 12]].T
    within(f"index of {what}", index, 0, 2**31)
    holds(f"{what} have indices of their outlets", index < facts.widths[source])
    holds(
        f"{what} have signs +1 or -1, or amounts of their outlets",
        (np.abs(s) >= 1) & (np.abs(s) <= facts.sends[source]),
    )
    holds(f"roots of {what} come before their parents", (root >= 0) & (root <= parent))
    within(f"depth of {what}", depth, 1, DEEPEST + 1)
    within(f"kind of root of {what}", beyond, 0, 2 if facts.engine.roots and not facts.engine.record else 1)
    holds(f"{what} are counted for their roots", (beyond == 1) | (number == root))
    known = {(int(kind), int(of)) for kind, of in roots[:, :2]}
    if facts.engine.roots and not set(zip(beyond.tolist(), number.tolist(), strict=True)) <= known:
        raise ValueError(f"{what} are of a root without a row")


def predicted_of_reference(
    facts: SimulationFacts, rows: Ints, neuron: Ints, roots: Ints, numbers: dict[str, int]
) -> None:
    """A predicted spike is one delivery a neuron, at its own port."""
    t, phase, place, seq, port, index, sign, source, parent, *_, batch, spike = rows.T
    columns("predictions", {"time": t, "port": port, "outlet": source, "parent": parent}, numbers)
    same("place of predictions", place, neuron)
    if len(np.unique(neuron)) != len(neuron):
        raise ValueError("a neuron has two predictions")
    slots = facts.slots[neuron]
    for column, wanted in ((phase, PREDICTED_PHASE), (seq, 0), (sign, 1), (batch, -1), (spike, -1)):
        same("what predictions have not", column, wanted)
    own = np.column_stack([port, source, index << facts.bits])
    same("neuron of predictions", own, slots[:, [TO_PORT, FROM_OUTLET, UNIT]])
    deliveries_of_reference("predictions", facts, rows, roots, numbers)


def open_of_reference(facts: SimulationFacts, rows: Ints, queue: Ints, numbers: dict[str, int]) -> None:
    """A batch is open while all of it waits."""
    if len(rows) and facts.engine.order.kind != BREADTH:
        raise wrong("the number of open batches", len(rows), "0 in this order")
    within("outlet of an open batch", rows[:, 0], 0, len(facts.widths))
    waits = set(zip(queue[:, 7].tolist(), queue[:, 13].tolist(), strict=True))
    if len(np.unique(rows[:, 0])) != len(rows) or not {(int(a), int(b)) for a, b in rows} <= waits:
        raise ValueError("an open batch does not wait")
