"""Heaps of the compiled engine: keyed and settled deliveries, spikes that set out later, predicted spikes."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.engine import plan as P
from eventnet.engine.soundness.facts import Ints, SimulationFacts
from eventnet.engine.soundness.records import indices, is_heap, of_phases, one_a_unit, wired
from eventnet.engine.soundness.roots import of_words
from eventnet.engine.soundness.tables import columns
from eventnet.event import unpacked
from eventnet.kernels.prediction_heap import DUE, FOREVER, HEAP, PARENT, POSITION, ROOT
from eventnet.kernels.ranges import holds, same, within


def rows_of_heap(
    what: str, rows: Ints, facts: SimulationFacts, numbers: dict[str, int], those: Any, numbered: bool
) -> None:
    """Rows of a heap are deliveries over one of those wires (a mask).

    numbered: where opposite spikes annihilate, the outlet's word also says which of its wires it was.
    """
    outlet, port = rows[:, P.H_SOURCE], rows[:, P.H_PORT]
    if numbered and facts.engine.annihilate:
        outlet, wire = outlet & P.OUTLET, rows[:, P.H_SOURCE] >> 32
    columns(what, {"seq": rows[:, P.KEY2], "port": port, "outlet": outlet, "parent": rows[:, P.H_PARENT]}, numbers)
    if numbered and facts.engine.annihilate:
        first, last = (np.searchsorted(facts.wires[:, 0], outlet, side=side) for side in ("left", "right"))
        holds(f"wires of {what} are their outlets'", (wire >= 0) & (wire < last - first))
        own = facts.wires[first + wire]
        holds(f"wires of {what} lead to their ports", (own[:, 1] == port) & np.asarray(those)[first + wire])
    wired(what, facts, outlet, port, those)
    within(f"code of {what}", rows[:, P.H_CODE], -(2**31), 2**31)
    indices(what, rows[:, P.H_CODE], facts.widths[outlet], facts.bits, facts.sends[outlet])
    of_words(what, rows[:, P.H_ROOT], facts, numbers)
    is_heap(what, rows[:, [P.KEY0, P.KEY1, P.KEY2]])


def later_of_compiled(facts: SimulationFacts, rows: Ints, numbers: dict[str, int]) -> int:
    """Spikes that set out later are in order of time; the time of the first."""
    columns("spikes that set out later", {"time": rows[:, P.KEY0]}, numbers)
    same("a key of what sets out later", rows[:, P.KEY1], 0)
    rows_of_heap("spikes that set out later", rows, facts, numbers, np.ones(len(facts.wires), bool), False)
    return int(rows[:, P.KEY0].min(initial=FOREVER))


def settled_of_compiled(facts: SimulationFacts, rows: Ints, numbers: dict[str, int]) -> None:
    """Deliveries over settled wires are in order of rank."""
    rows_of_heap("settled deliveries", rows, facts, numbers, facts.wires[:, 3] != 0, True)
    same("the rank of a settled delivery", rows[:, P.KEY0], facts.rank[rows[:, P.H_PORT]])
    same("a key of a settled delivery", rows[:, P.KEY1], 0)


def heap_of_compiled(facts: SimulationFacts, rows: Ints, numbers: dict[str, int]) -> None:
    """Deliveries of a keyed order are in order of their keys."""
    zero = (facts.wires[:, 2] == 0) & (facts.wires[:, 3] == 0)
    rows_of_heap("keyed deliveries", rows, facts, numbers, zero, True)
    of_phases("keyed deliveries", rows[:, P.KEY0])
    one_a_unit("keyed deliveries", facts, rows[:, P.H_SOURCE] & P.OUTLET, unpacked(rows[:, P.H_CODE], facts.bits)[0])


def predictions_of_compiled(facts: SimulationFacts, slots: Ints, waiting: int, numbers: dict[str, int]) -> int:
    """The indexed heap of predicted spikes is in order, and every neuron knows its place; the time of the first."""
    neuron = slots[:waiting, HEAP]
    within("a neuron of the slots' heap", neuron, 0, len(slots))
    wanted = np.full(len(slots), -1)
    wanted[neuron] = np.arange(waiting)
    same("a place in the slots' heap", slots[neuron, POSITION], np.arange(waiting))
    same("a place in the slots' heap", slots[:, POSITION], wanted)
    columns("predictions", {"time": slots[neuron, DUE], "parent": slots[neuron, PARENT]}, numbers)
    of_words("predictions", slots[neuron, ROOT], facts, numbers)
    is_heap("predictions", np.column_stack([slots[neuron, DUE], neuron]))
    return int(slots[neuron, DUE].min(initial=FOREVER))
