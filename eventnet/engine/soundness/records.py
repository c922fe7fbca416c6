"""Rows that both engines keep: inputs, deliveries over wires, counts of roots, lines of the log."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.engine.soundness.facts import Ints, SimulationFacts
from eventnet.event import DELIVERY, Events, delivery_type, unpacked
from eventnet.kernels.prediction_heap import LATEST, SOONEST
from eventnet.kernels.ranges import COUNT, holds, same, within, wrong
from eventnet.order import ARRIVAL_PHASE, INPUT_PHASE, PREDICTED_PHASE, SETTLED_PHASE
from eventnet.tally import DEEP, DEEPEST, END_ID, END_T


def less(a: Ints, b: Ints) -> Any:
    """Rows of a [n, keys] come before those of b."""
    found = np.zeros(len(a), dtype=bool)
    for k in range(a.shape[1] - 1, -1, -1):
        found = np.where(a[:, k] == b[:, k], found, a[:, k] < b[:, k])
    return found


def is_heap(what: str, keys: Ints) -> None:
    """Rows [n, keys] are a heap, the smallest first."""
    child = np.arange(1, len(keys))
    holds(f"{what} are a heap", ~less(keys[child], keys[(child - 1) // 2]))


def wired(what: str, facts: SimulationFacts, outlet: Any, port: Any, those: Any) -> None:
    """Some of those wires (a mask) leads from each outlet to the port; both are in range."""
    ports, wires = len(facts.accepts), facts.wires[those]
    holds(
        f"a wire leads to the port of each of {what}", np.isin(outlet * ports + port, wires[:, 0] * ports + wires[:, 1])
    )


def indices(what: str, code: Any, bound: Any, bits: int, most: Any) -> None:
    """Spikes are of units that there are, and of amounts that their outlets send or their ports take.

    A negative spike is the complement of its code, of which so many bits hold its amount.
    """
    index, _, amount = unpacked(np.asarray(code).astype(np.int64), bits)
    holds(f"{what} have indices below {np.max(bound, initial=0)} at most", index < bound)
    holds(f"{what} have amounts up to {np.max(most, initial=1)} at most", amount <= most)


def one_a_unit(what: str, facts: SimulationFacts, outlet: Any, index: Any) -> None:
    """Of a unit of an outlet that says `pending` one delivery waits at most."""
    own = np.column_stack([outlet, index])[facts.pending[outlet]]
    holds(f"{what} of units that wait once are one a unit", len(np.unique(own, axis=0)) == len(own))


def of_phases(what: str, phase: Ints) -> None:
    """Phases are a key's to give."""
    within(f"phase of {what}", phase, PREDICTED_PHASE + 1, SETTLED_PHASE)
    holds(f"phases of {what} are a key's to give", (phase != INPUT_PHASE) & (phase != ARRIVAL_PHASE))


def of_inputs(what: str, found: Events, facts: SimulationFacts) -> None:
    """EVENT records are inputs that a simulation takes."""
    within(f"time of {what}", found["t"], SOONEST + 1, LATEST)
    within(f"port of {what}", found["port"], 0, len(facts.accepts))
    within(f"index of {what}", found["index"], 0, 2**31)
    holds(f"{what} have indices that their ports take", found["index"] < facts.accepts[found["port"]])
    of_signs(what, found, facts)


def of_signs(what: str, found: Events, facts: SimulationFacts) -> None:
    """Signs of records are +1 or -1, and amounts what their ports take."""
    holds(f"{what} have signs +1 or -1", np.abs(found["sign"].astype(np.int64)) == 1)
    if facts.bits:
        amounts = found["amount"]
        holds(f"{what} have amounts that their ports take", (amounts >= 1) & (amounts <= facts.takes[found["port"]]))


def of_roots(rows: Ints, numbers: dict[str, int]) -> None:
    """Rows of roots [n, 14] hold counts, a depth, and what was heard first."""
    within("a count of a root", rows[:, :DEEP], 0, COUNT)
    within("the depth of a root", rows[:, DEEP], 0, DEEPEST + 1)
    within("the first delivery heard of a root", rows[:, END_ID], 0, numbers["taken"] + 1)
    within("the time at which a root was heard of", rows[rows[:, END_ID] > 0, END_T], SOONEST, numbers["now"] + 1)


def of_log(log: Events, facts: SimulationFacts, numbers: dict[str, int]) -> None:
    """DELIVERY records are the last lines of a log that goes on."""
    if log.dtype != (kind := delivery_type(facts.bits > 0)) or log.ndim != 1:
        name = "DELIVERY" if kind == DELIVERY else "DELIVERY_WITH_AMOUNT"
        raise wrong("the log", f"{log.dtype} {list(log.shape)}", f"a 1-d array of {name} records")
    n, taken = len(log), numbers["taken"]
    if n > taken:
        raise wrong("the length of the log", n, f"{taken} at most")
    same("id of the log", log["id"], np.arange(taken - n, taken))
    holds("parents of the log come before their children", (log["parent"] >= -1) & (log["parent"] < log["id"]))
    holds("roots of the log come first", (log["root"] >= 0) & (log["root"] <= log["id"]))
    within("time of the log", log["t"], SOONEST, numbers["now"] + 1)
    holds("times of the log rise", log["t"][1:] >= log["t"][:-1])
    within("source of the log", log["source"], -1, len(facts.widths))
    within("port of the log", log["port"], 0, len(facts.accepts))
    holds("lines of the log have indices that their ports take", log["index"] < facts.accepts[log["port"]])
    within("index of the log", log["index"], 0, 2**31)
    of_signs("lines of the log", log, facts)
    inputs = log["source"] < 0
    holds("inputs of the log, and they alone, have no parent", (log["parent"] < 0) == inputs)
    holds("inputs of the log, and they alone, are roots", (log["root"] == log["id"]) == inputs)
