"""What an engine's part of a checkpoint must be: nothing is taken up that a run could not have left behind.

The tables come first: every array with its number type, its shape and its range, every word of the compiled loop's
record and every counter of the reference engine, every column of a delivery that waits. Below them stands what must
hold between arrays. Only what a run reads again is looked at: arrays keep old numbers behind what they hold.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.causes import DEEP, DEEPEST, END_ID, END_T, ROOT_WORDS
from eventnet.engine.intake import LATEST, SOONEST
from eventnet.engine.queue import (
    BEGIN,
    CURSOR,
    END,
    H_CODE,
    H_PARENT,
    H_PORT,
    H_ROOT,
    H_SOURCE,
    KEY0,
    KEY1,
    KEY2,
    OUTLET,
    SOURCE,
    WIRE,
)
from eventnet.engine.reference import ReferenceEngine
from eventnet.engine.words import (
    S_ANNIHILATED,
    S_BUDGET,
    S_COUNT,
    S_HEAD,
    S_IDS,
    S_IN_CURSOR,
    S_IN_END,
    S_IN_INSTANT,
    S_INPUTS,
    S_LATER,
    S_NOW,
    S_ORDER,
    S_REACH,
    S_RECORD,
    S_SEED,
    S_SEQ,
    S_SETTLED,
    S_TAKEN,
    STATE_WORDS,
)
from eventnet.event import DELIVERY, EVENT, Events
from eventnet.memory import ROW_BITS, ROW_MASK
from eventnet.network import Network
from eventnet.order import (
    ARRIVAL_PHASE,
    BREADTH,
    DEPTH,
    FIFO,
    INPUT_PHASE,
    KEYED,
    PREDICTED_PHASE,
    SETTLED_PHASE,
    ZERO_PHASE,
)
from eventnet.predictions import DUE, FOREVER, FROM_OUTLET, HEAP, PARENT, POSITION, ROOT, TO_PORT, UNIT

Arrays = dict[str, NDArray[Any]]
Ints = NDArray[np.int64]
Bound = int | str | None

COUNT = 2**62
"""No counter of a run comes so far."""


# --- the tables ------------------------------------------------------------------------------------------------------
class Part(NamedTuple):
    """An array: its number type, its shape, and (least <= number < below) the range of its numbers, if they have one.

    In shapes and ranges a name stands for a number: of the simulation (ports P, outlets O, delay lines L, neurons that
    predict N), of the words or counters below, or a size of the arrays' own: any, but the same wherever it stands.
    """

    number: Any
    shape: tuple[int | str, ...]
    least: Bound = None
    below: Bound = None


SPIKES_OF = "spikes of all regions"
COMPILED: dict[str, Part] = {
    "words": Part("int64", (STATE_WORDS,)),
    "waiting": Part("int64", (1,), 0, "N + 1"),
    "roots": Part("int64", ("rows of roots", ROOT_WORDS)),
    "causes": Part(EVENT, ("causes",)),
    "queue:codes": Part("int32", (SPIKES_OF,)),
    "queue:roots": Part("int64", (SPIKES_OF,)),
    "queue:parents": Part("int64", (SPIKES_OF,)),
    "queue:base": Part("int64", ("O",), 0, COUNT),
    "queue:cap": Part("int64", ("O",), 1, COUNT),
    "queue:tail": Part("int64", ("O",), 0, COUNT),
    "queue:pending": Part("int64", ("O",), 0, COUNT),
    "queue:opened": Part("int64", ("O",), -1, "bursts"),
    "queue:bursts": Part("int64", ("bursts", 8)),
    "queue:heap": Part("int64", ("rows of the heap", 8)),
    "queue:settled": Part("int64", ("settled rows", 8)),
    "queue:later": Part("int64", ("later rows", 8)),
    "queue:line_t": Part("int64", ("L", "places of a line")),
    "queue:line_seq": Part("int64", ("L", "places of a line")),
    "queue:line_port": Part("int64", ("L", "places of a line")),
    "queue:line_source": Part("int64", ("L", "places of a line")),
    "queue:line_root": Part("int64", ("L", "places of a line")),
    "queue:line_parent": Part("int64", ("L", "places of a line")),
    "queue:line_code": Part("int32", ("L", "places of a line")),
    "queue:line_head": Part("int64", ("L",), 0, "places of a line"),
    "queue:line_count": Part("int64", ("L",), 0, "places of a line + 1"),
    "queue:in_t": Part("int64", ("inputs",)),
    "queue:in_port": Part("int64", ("inputs",)),
    "queue:in_root": Part("int64", ("inputs",)),
    "queue:in_code": Part("int32", ("inputs",)),
    "queue:came": Part("int64", ("O + 1",), 0, COUNT),
    "queue:root_ids": Part("int64", ("numbers of roots",)),
}
"""Arrays of the compiled engine that a run goes on with."""

SCRATCH = {
    "queue:one_code", "queue:one_root", "queue:one_parent", "queue:out_codes", "queue:out_roots", "queue:out_parents",
    "queue:out_outlets", "queue:out_delays", "queue:out_magnitudes", "queue:key_words",
}  # fmt: skip
"""Arrays of the queue that no checkpoint holds: they say nothing from one reaction to the next."""

REFERENCE: dict[str, Part] = {
    "queue": Part("int64", ("entries", 15)),
    "foreseen": Part("int64", ("foreseen",), 0, "N"),
    "counters": Part("int64", (10,)),
    "open": Part("int64", ("open batches", 2)),
    "roots": Part("int64", ("roots so far", 2 + ROOT_WORDS)),
    "causes": Part(EVENT, ("causes",)),
    "sent": Part("int64", ("O + 1",), 0, COUNT),
}
"""Arrays of the reference engine."""

MAY_BE_EMPTY = {SPIKES_OF, "causes", "roots so far", "inputs", "entries", "foreseen", "open batches"}
"""Sizes that may be 0; an array of another size is made larger by doubling."""

WORDS: dict[str, tuple[int, Bound, Bound]] = {
    "order": (S_ORDER, "own order", "own order + 1"),
    "budget": (S_BUDGET, "own budget", "own budget + 1"),
    "seed": (S_SEED, "own seed", "own seed + 1"),
    "record": (S_RECORD, "own record", "own record + 1"),
    "ids": (S_IDS, "own ids", "own ids + 1"),
    "now": (S_NOW, -FOREVER, FOREVER),
    "taken": (S_TAKEN, 0, COUNT),
    "seq": (S_SEQ, 0, COUNT),
    "in instant": (S_IN_INSTANT, 0, "own budget + 1"),
    "cursor of inputs": (S_IN_CURSOR, 0, "end of inputs + 1"),
    "end of inputs": (S_IN_END, 0, "inputs + 1"),
    "head": (S_HEAD, 0, "bursts"),
    "count": (S_COUNT, 0, "room of the count + 1"),
    "settled": (S_SETTLED, 0, "settled rows + 1"),
    "later": (S_LATER, 0, "later rows + 1"),
    "inputs taken": (S_INPUTS, 0, "taken + 1"),
    "reach": (S_REACH, 2, 1025),
    "annihilated": (S_ANNIHILATED, 0, COUNT),
}
"""Words of the compiled loop's record that a run goes on with; the others are set anew."""

COUNTERS: dict[str, tuple[int, Bound, Bound]] = {
    "now": (0, -FOREVER, FOREVER),
    "taken": (1, 0, COUNT),
    "in instant": (2, 0, "own budget + 1"),
    "seq": (3, 0, COUNT),
    "all inputs": (4, 0, COUNT),
    "inputs taken": (5, 0, "all inputs + 1"),
    "batches": (6, 0, COUNT),
    "spikes": (7, 0, COUNT),
    "first spike of the instant": (8, 0, "spikes + 1"),
    "annihilated": (9, 0, COUNT),
}
"""Counters of the reference engine."""

WAITING: dict[str, tuple[Bound, Bound]] = {
    "time": ("now", FOREVER),
    "seq": (0, "seq"),
    "port": (0, "P"),
    "outlet": (0, "O"),
    "parent": (0, "taken"),
}
"""Columns of deliveries that wait, inputs aside, in either engine."""


# --- what a simulation is --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Facts:
    """What the checks ask of a simulation: how many indices ports take and outlets send, wires, neurons, options."""

    engine: Any
    accepts: Ints  # [P]
    widths: Ints  # [O]
    rank: Ints  # [P]
    wires: Ints  # [W, 5]: outlet, port, delay, settled, number; those of an outlet stand together
    slots: Ints  # [N, 8]

    @classmethod
    def of(cls, engine: Any) -> Facts:
        """The facts of an engine's simulation."""
        net: Network = engine.net
        accepts = [2**31 - 1 if port.accepts is None else port.accepts for port in net.ports()]
        outlets = list(net.outlets())
        number = {(o.module.name, o.name): k for k, o in enumerate(outlets)}
        wires = [
            (number[w.source.module.name, w.source.name], int(w.target), w.delay, w.settled, k)
            for k, w in enumerate(net.wires)
        ]
        rank = engine.rank if isinstance(engine, ReferenceEngine) else engine.plan.rank
        return cls(
            engine, _ints(accepts), _ints(o.width for o in outlets), _ints(rank),
            _ints(sorted(wires, key=lambda wire: wire[0])).reshape(-1, 5), engine.store.slots,
        )  # fmt: skip

    def numbers(self) -> dict[str, int]:
        """Numbers by the names that the tables use."""
        engine = self.engine
        lines = len(np.unique(self.wires[self.wires[:, 2] > 0, 2]))
        sizes = {"P": len(self.accepts), "O": len(self.widths), "N": len(self.slots), "L": lines}
        own = {"order": engine.order.kind, "budget": engine.budget, "seed": engine.seed, "record": engine.record}
        own["ids"] = engine.record or engine.roots
        return sizes | {f"own {name}": int(value) for name, value in own.items()}

    def single(self, inputs: int) -> int:
        """How many of so many inputs are roots that are told one by one."""
        return inputs if self.engine.record else min(inputs, self.engine.root_limit)

    def delays(self) -> list[int]:
        """The delay of each line."""
        return sorted({int(d) for d in self.wires[:, 2] if d}, reverse=True)


def _ints(values: Any) -> Ints:
    return np.array(list(values), dtype=np.int64)


# --- what the checks are made of -------------------------------------------------------------------------------------
def wrong(what: str, found: Any, wanted: str) -> ValueError:
    """The error of a number, an array or a text that cannot be."""
    return ValueError(f"{what} is {found}; wanted {wanted}")


def value(bound: Bound, numbers: dict[str, int]) -> int:
    """The number that a bound of the tables stands for."""
    if isinstance(bound, str) and bound.endswith(" + 1") and bound not in numbers:
        return numbers[bound.removesuffix(" + 1")] + 1
    return numbers[bound] if isinstance(bound, str) else int(bound or 0)


def within(what: str, found: Any, least: int, below: int) -> None:
    """All numbers of an array are within a range."""
    array = np.asarray(found, dtype=np.int64)
    bad = (array < least) | (array >= below)
    if bad.any():
        at = tuple(int(k) for k in np.argwhere(bad)[0])
        place = f" at {list(at)}" if at else ""
        raise wrong(f"{what}{place}", array[at], f"{least} to {below - 1}")


def same(what: str, found: Any, wanted: Any) -> None:
    """An array is what others say that it must be."""
    array, other = np.asarray(found), np.asarray(wanted)
    bad = array != other
    if np.any(bad):
        at = tuple(int(k) for k in np.argwhere(bad)[0])
        raise wrong(f"{what} at {list(at)}", array[at], str(np.broadcast_to(other, array.shape)[at]))


def holds(what: str, true: Any) -> None:
    """Something is true, everywhere."""
    if not np.all(true):
        at = np.argwhere(~np.atleast_1d(true))[0].tolist()
        raise ValueError(f"{what}, but not at {at}")


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


def shapes(table: dict[str, Part], arrays: Arrays, numbers: dict[str, int]) -> None:
    """Number types and shapes are those of a table, and ranges; sizes of the arrays' own are added to the numbers."""
    for name, part in table.items():
        array = arrays.get(name)
        if array is None:
            raise ValueError(f"it holds nothing for {name!r}")
        kind = np.dtype(part.number)
        if array.dtype != kind or array.ndim != len(part.shape):
            raise wrong(repr(name), f"{array.dtype} {list(array.shape)}", f"{kind} of {len(part.shape)} dimensions")
        for axis, size in enumerate(part.shape):
            found = array.shape[axis]
            known = isinstance(size, int) or size in numbers or size.removesuffix(" + 1") in numbers
            if known and found != value(size, numbers):
                raise wrong(f"the shape of {name!r}", list(array.shape), f"{size} to be {value(size, numbers)}")
            if not known and not found and size not in MAY_BE_EMPTY:
                raise wrong(f"the shape of {name!r}", list(array.shape), f"{size} to be 1 or more")
            if isinstance(size, str) and not known:
                numbers[size] = found
    for name, part in table.items():
        if part.below is not None:
            within(repr(name), arrays[name], value(part.least, numbers), value(part.below, numbers))


def words(table: dict[str, tuple[int, Bound, Bound]], found: Ints, numbers: dict[str, int]) -> None:
    """Words are within the ranges of a table; they are added to the numbers."""
    numbers |= {name: int(found[at]) for name, (at, _, _) in table.items()}
    for name, (_, least, below) in table.items():
        within(f"the word {name!r}", numbers[name], value(least, numbers), value(below, numbers))


def columns(what: str, found: dict[str, Any], numbers: dict[str, int]) -> None:
    """Columns of deliveries that wait are within the ranges of WAITING."""
    for name, column in found.items():
        least, below = WAITING[name]
        within(f"{name} of {what}", column, value(least, numbers), value(below, numbers))


def wired(what: str, facts: Facts, outlet: Any, port: Any, those: Any) -> None:
    """Some of those wires (a mask) leads from each outlet to the port; both are in range."""
    ports, wires = len(facts.accepts), facts.wires[those]
    holds(
        f"a wire leads to the port of each of {what}", np.isin(outlet * ports + port, wires[:, 0] * ports + wires[:, 1])
    )


def indices(what: str, code: Any, bound: Any) -> None:
    """Spikes are of units that there are; a negative spike is the complement of its index."""
    wide = np.asarray(code).astype(np.int64)
    index = np.where(wide >= 0, wide, ~wide)
    holds(f"{what} have indices below {np.max(bound, initial=0)} at most", index < bound)


def of_inputs(what: str, found: Events, facts: Facts) -> None:
    """EVENT records are inputs that a simulation takes."""
    within(f"time of {what}", found["t"], SOONEST + 1, LATEST)
    within(f"port of {what}", found["port"], 0, len(facts.accepts))
    within(f"index of {what}", found["index"], 0, 2**31)
    holds(f"{what} have indices that their ports take", found["index"] < facts.accepts[found["port"]])
    holds(f"{what} have signs +1 or -1", np.abs(found["sign"].astype(np.int64)) == 1)


def of_roots(rows: Ints, numbers: dict[str, int]) -> None:
    """Rows of roots [n, 14] hold counts, a depth, and what was heard first."""
    within("a count of a root", rows[:, :DEEP], 0, COUNT)
    within("the depth of a root", rows[:, DEEP], 0, DEEPEST + 1)
    within("the first delivery heard of a root", rows[:, END_ID], 0, numbers["taken"] + 1)
    within("the time at which a root was heard of", rows[rows[:, END_ID] > 0, END_T], SOONEST, numbers["now"] + 1)


def of_log(log: Events, facts: Facts, numbers: dict[str, int]) -> None:
    """DELIVERY records are the last lines of a log that goes on."""
    if log.dtype != DELIVERY or log.ndim != 1:
        raise wrong("the log", f"{log.dtype} {list(log.shape)}", "a 1-d array of DELIVERY records")
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
    holds("lines of the log have signs +1 or -1", np.abs(log["sign"].astype(np.int64)) == 1)
    inputs = log["source"] < 0
    holds("inputs of the log, and they alone, have no parent", (log["parent"] < 0) == inputs)
    holds("inputs of the log, and they alone, are roots", (log["root"] == log["id"]) == inputs)


# --- the whole -------------------------------------------------------------------------------------------------------
def check(engine: Any, arrays: Arrays, slots: Ints, time: int, taken: int, log: Events | None) -> None:
    """Raise ValueError unless a run of this engine could have left these arrays behind at this time."""
    facts = Facts.of(engine)
    numbers = facts.numbers()
    same("a neuron of the slots", slots[:, [TO_PORT, FROM_OUTLET, UNIT]], facts.slots[:, [TO_PORT, FROM_OUTLET, UNIT]])
    if isinstance(engine, ReferenceEngine):
        same("'slots'", slots, facts.slots)
        of_reference(facts, arrays, numbers)
    else:
        of_compiled(facts, arrays, slots, numbers)
    if taken != numbers["taken"]:
        raise wrong("'taken'", taken, str(numbers["taken"]))
    within("'time'", time, numbers["now"], FOREVER + 1)
    least = numbers["first that waits"]
    if least < time:
        raise wrong("the time of what waits", least, f"{time} or later")
    if log is not None:
        of_log(log, facts, numbers)


# --- the compiled engine ---------------------------------------------------------------------------------------------
def of_compiled(facts: Facts, arrays: Arrays, slots: Ints, numbers: dict[str, int]) -> None:
    """Raise ValueError unless arrays are those of a compiled engine."""
    shapes(COMPILED, arrays, numbers)
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


def of_words(what: str, found: Ints, facts: Facts, numbers: dict[str, int]) -> None:
    """The root words of spikes name rows that inputs have begun, and depths."""
    engine, inputs = facts.engine, numbers["inputs taken"]
    if not (engine.record or engine.roots):
        return  # nobody reads them
    single = facts.single(inputs)
    within(f"root of {what}", found, 0, (DEEPEST + 1 << ROW_BITS) if engine.roots else ROW_MASK + 1)
    row = found & ROW_MASK
    beyond = (row >= engine.root_limit) & (row < engine.root_limit + len(facts.accepts))
    holds(f"roots of {what} have been taken", (row < single) | (beyond & (inputs > single)))


def roots_of_compiled(facts: Facts, rows: Ints, causes: Events, ids: Ints, numbers: dict[str, int]) -> None:
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


def inputs_of_compiled(facts: Facts, q: Arrays, numbers: dict[str, int]) -> int:
    """Inputs that wait are in order, and of ports that there are; the time of the first."""
    live = slice(numbers["cursor of inputs"], numbers["end of inputs"])
    t, port, root, code = (q[f"in_{name}"][live] for name in ("t", "port", "root", "code"))
    within("time of inputs", t, max(numbers["now"], SOONEST + 1), LATEST)
    within("port of inputs", port, 0, len(facts.accepts))
    indices("inputs", code, facts.accepts[port])
    keys = np.column_stack([t, port])
    holds("inputs are in order", ~less(keys[1:], keys[:-1]))
    engine, number = facts.engine, numbers["inputs taken"] + np.arange(len(t))
    if engine.record:
        same("'in_root'", root, number)
    elif engine.roots:
        same("'in_root'", root, np.where(number < engine.root_limit, number, engine.root_limit + port))
    return int(t.min(initial=FOREVER))


def lines_of_compiled(facts: Facts, q: Arrays, numbers: dict[str, int]) -> int:
    """Deliveries in delay lines are in order, and came over a wire of that line; the time of the first."""
    first = FOREVER
    for line, delay in enumerate(facts.delays()):
        at = places_of(q, line, numbers)
        t, seq, port, source, root, parent, code = (
            q[f"line_{name}"][line, at] for name in ("t", "seq", "port", "source", "root", "parent", "code")
        )
        what = f"line {line}"
        columns(what, {"time": t, "seq": seq, "port": port, "outlet": source, "parent": parent}, numbers)
        within(f"time of {what}", t, numbers["now"], numbers["now"] + delay + 1)
        wired(what, facts, source, port, facts.wires[:, 2] == delay)
        indices(what, code, facts.widths[source])
        of_words(what, root, facts, numbers)
        holds(f"times of {what} rise", np.diff(t) >= 0)
        holds(f"numbers of {what} rise", np.diff(seq) > 0)
        first = min(first, int(t.min(initial=FOREVER)))
    return first


def rows_of_heap(what: str, rows: Ints, facts: Facts, numbers: dict[str, int], those: Any, numbered: bool) -> None:
    """Rows of a heap are deliveries over one of those wires (a mask).

    numbered: where opposite spikes annihilate, the outlet's word also says which of its wires it was.
    """
    outlet, port = rows[:, H_SOURCE], rows[:, H_PORT]
    if numbered and facts.engine.annihilate:
        outlet, wire = outlet & OUTLET, rows[:, H_SOURCE] >> 32
    columns(what, {"seq": rows[:, KEY2], "port": port, "outlet": outlet, "parent": rows[:, H_PARENT]}, numbers)
    if numbered and facts.engine.annihilate:
        first, last = (np.searchsorted(facts.wires[:, 0], outlet, side=side) for side in ("left", "right"))
        holds(f"wires of {what} are their outlets'", (wire >= 0) & (wire < last - first))
        own = facts.wires[first + wire]
        holds(f"wires of {what} lead to their ports", (own[:, 1] == port) & np.asarray(those)[first + wire])
    wired(what, facts, outlet, port, those)
    within(f"code of {what}", rows[:, H_CODE], -(2**31), 2**31)
    indices(what, rows[:, H_CODE], facts.widths[outlet])
    of_words(what, rows[:, H_ROOT], facts, numbers)
    is_heap(what, rows[:, [KEY0, KEY1, KEY2]])


def later_of_compiled(facts: Facts, rows: Ints, numbers: dict[str, int]) -> int:
    """Spikes that set out later are in order of time; the time of the first."""
    columns("spikes that set out later", {"time": rows[:, KEY0]}, numbers)
    same("a key of what sets out later", rows[:, KEY1], 0)
    rows_of_heap("spikes that set out later", rows, facts, numbers, np.ones(len(facts.wires), bool), False)
    return int(rows[:, KEY0].min(initial=FOREVER))


def settled_of_compiled(facts: Facts, rows: Ints, numbers: dict[str, int]) -> None:
    """Deliveries over settled wires are in order of rank."""
    rows_of_heap("settled deliveries", rows, facts, numbers, facts.wires[:, 3] != 0, True)
    same("the rank of a settled delivery", rows[:, KEY0], facts.rank[rows[:, H_PORT]])
    same("a key of a settled delivery", rows[:, KEY1], 0)


def heap_of_compiled(facts: Facts, rows: Ints, numbers: dict[str, int]) -> None:
    """Deliveries of a keyed order are in order of their keys."""
    zero = (facts.wires[:, 2] == 0) & (facts.wires[:, 3] == 0)
    rows_of_heap("keyed deliveries", rows, facts, numbers, zero, True)
    of_phases("keyed deliveries", rows[:, KEY0])


def of_phases(what: str, phase: Ints) -> None:
    """Phases are a key's to give."""
    within(f"phase of {what}", phase, PREDICTED_PHASE + 1, SETTLED_PHASE)
    holds(f"phases of {what} are a key's to give", (phase != INPUT_PHASE) & (phase != ARRIVAL_PHASE))


def predictions_of_compiled(facts: Facts, slots: Ints, waiting: int, numbers: dict[str, int]) -> int:
    """The indexed heap of what neurons foresee is in order, and every neuron knows its place; the time of the first."""
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


def regions(facts: Facts, q: Arrays, numbers: dict[str, int]) -> None:
    """Regions of outlets lie end to end, bursts lie within them in order, and rings know what they hold."""
    cap, tail, order = q["cap"], q["tail"], facts.engine.order.kind
    within("'cap'", cap, 1, numbers[SPIKES_OF] + 1)
    same("'base'", q["base"], np.cumsum(cap) - cap)
    if cap.sum() != numbers[SPIKES_OF]:
        raise wrong("the sum of 'cap'", cap.sum(), str(numbers[SPIKES_OF]))
    holds("tails lie within their regions", tail <= cap)
    n = 0 if order == KEYED else numbers["count"]
    slot = np.arange(n) if order == DEPTH else (numbers["head"] + np.arange(n)) % numbers["bursts"]
    if order in (DEPTH, KEYED):
        within("the word 'head'", numbers["head"], 0, 1)
    bursts_in_order(facts, q, q["bursts"][slot], numbers)
    ring = order in (BREADTH, FIFO)
    waits = np.bincount(q["bursts"][slot, SOURCE], minlength=len(cap)) if ring else np.zeros(len(cap), np.int64)
    same("'pending'", q["pending"], waits)
    if order != BREADTH:
        same("'opened'", q["opened"], -1)
    open_bursts(facts, q, slot)


def bursts_in_order(facts: Facts, q: Arrays, live: Ints, numbers: dict[str, int]) -> None:
    """Bursts hold spikes, one behind the other in their outlets' regions, on their way over wires that there are."""
    source, begin, end, cursor, wire = (live[:, column] for column in (SOURCE, BEGIN, END, CURSOR, WIRE))
    columns("bursts", {"outlet": source}, numbers)
    zero = (facts.wires[:, 2] == 0) & (facts.wires[:, 3] == 0)
    wires = np.bincount(facts.wires[zero, 0], minlength=len(facts.widths))[source]
    within("beginning of bursts", begin, 0, COUNT)
    holds("bursts have their cursor inside", (begin <= cursor) & (cursor < end))
    holds("bursts end within their regions", end <= q["tail"][source])
    holds("bursts are on their way over a wire", (wire >= 0) & (wire < wires))
    sequence = np.argsort(source, kind="stable")
    a, b = sequence[:-1], sequence[1:]
    holds("bursts of an outlet do not overlap", (source[a] != source[b]) | (end[a] <= begin[b]))
    size = end - begin
    outlet = np.repeat(source, size)
    at = np.arange(size.sum()) + np.repeat(q["base"][source] + begin - (np.cumsum(size) - size), size)
    columns("spikes of bursts", {"parent": q["parents"][at]}, numbers)
    indices("spikes of bursts", q["codes"][at], facts.widths[outlet])
    of_words("spikes of bursts", q["roots"][at], facts, numbers)


def open_bursts(facts: Facts, q: Arrays, slot: Ints) -> None:
    """A burst that takes further spikes is its outlet's last, ends at its tail, and nothing of it has been taken."""
    live, tail, removes = q["bursts"][slot], q["tail"], facts.engine.annihilate
    if facts.engine.order.kind == FIFO and len(live) and not removes:
        same("the end of the last burst", live[-1, END], tail[live[-1, SOURCE]])
    last = {int(source): int(at) for source, at in zip(live[:, SOURCE], slot, strict=True)}
    for outlet in np.flatnonzero(q["opened"] >= 0).tolist():
        at = int(q["opened"][outlet])
        source, begin, end, cursor, wire = q["bursts"][at, [SOURCE, BEGIN, END, CURSOR, WIRE]].tolist()
        if last.get(outlet) != at or source != outlet or end != tail[outlet]:
            raise wrong(f"the open batch of outlet {outlet}", at, "its last burst, which ends at its tail")
        if (cursor, wire) != (begin, 0):
            raise wrong(f"the cursor of the open batch of outlet {outlet}", cursor, "its beginning")


# --- opposite spikes -------------------------------------------------------------------------------------------------
def pairs_can_be_found(facts: Facts, q: Arrays, numbers: dict[str, int]) -> None:
    """Of a spike that may still be taken back every delivery waits: the loop looks for them until it has found them."""
    lone = {k for k, outlet in enumerate(facts.engine.net.outlets()) if outlet.outlet.settles is not None}
    keyed = facts.engine.order.kind == KEYED
    settled, heap = q["settled"][: numbers["settled"]], q["heap"][: numbers["count"] if keyed else 0]
    held: dict[Any, dict[int, int]] = {
        "heap": codes_of("keyed deliveries", heap),
        "settled": codes_of("settled deliveries", settled),
    }
    for line, delay in enumerate(facts.delays()):
        at = places_of(q, line, numbers)
        held[delay] = dict(zip(q["line_seq"][line, at].tolist(), q["line_code"][line, at].tolist(), strict=True))
    for outlet in sorted({int(o) for o in facts.wires[:, 0]} - lone):
        mine = np.flatnonzero(facts.wires[:, 0] == outlet)
        delay, settles = facts.wires[mine, 2], facts.wires[mine, 3] != 0
        straight = (delay == 0) & ~settles
        if straight.any() and not keyed:
            by_parent(facts, outlet, mine, q, settled, numbers)
        elif straight.any() or settles.any():
            leading = (heap, straight) if straight.any() else (settled, settles)
            all_wait(outlet, firsts_of_heap(outlet, len(mine), *leading), delay, settles, held)
        else:
            all_wait(outlet, firsts_of_line(facts, outlet, mine, q, numbers), delay, settles, held)


def codes_of(what: str, rows: Ints) -> dict[int, int]:
    """The spikes in a heap by their numbers of emission."""
    found = dict(zip(rows[:, KEY2].tolist(), rows[:, H_CODE].tolist(), strict=True))
    if len(found) < len(rows):
        raise ValueError(f"two {what} have the same number of emission")
    return found


def places_of(q: Arrays, line: int, numbers: dict[str, int]) -> Ints:
    """Where a line's deliveries stand."""
    found: Ints = (int(q["line_head"][line]) + np.arange(int(q["line_count"][line]))) % numbers["places of a line"]
    return found


def firsts_of_heap(outlet: int, wires: int, rows: Ints, those: Any) -> dict[int, int]:
    """Spikes of an outlet of which all is in a heap that belongs there: code by the first number of emission.

    those: a mask of the outlet's wires whose deliveries the heap holds.
    """
    lead = int(np.flatnonzero(those)[0])
    led = rows[rows[:, H_SOURCE] == (outlet | lead << 32)]
    first, among = led[:, KEY2] - lead, np.sort(rows[:, KEY2])
    whole = np.searchsorted(among, first + wires) - np.searchsorted(among, first) == np.sum(those)
    return dict(zip(first[whole].tolist(), led[whole, H_CODE].tolist(), strict=True))


def firsts_of_line(facts: Facts, outlet: int, mine: Ints, q: Arrays, numbers: dict[str, int]) -> dict[int, int]:
    """Spikes of an outlet that has wires with delays only, sent in this instant: code by the first number of emission.

    The loop takes what looks like the last wire's delivery from the end of its line. Others of the spike may look the
    same, where wires of one delay lead to one port; they stand before it.
    """
    _, port, delay, *_ = facts.wires[mine[-1]].tolist()
    line = facts.delays().index(delay)
    at = places_of(q, line, numbers)
    alike = (q["line_source"][line, at] == outlet) & (q["line_port"][line, at] == port)
    at = at[alike & (q["line_t"][line, at] == numbers["now"] + delay)]
    found: dict[int, int] = {}
    below = COUNT
    for seq, code in zip(q["line_seq"][line, at][::-1].tolist(), q["line_code"][line, at][::-1].tolist(), strict=True):
        if seq < below:
            below = seq - len(mine) + 1
            found[below] = code
    return found


def all_wait(outlet: int, firsts: dict[int, int], delay: Ints, settles: Any, held: dict[Any, dict[int, int]]) -> None:
    """Every delivery of those spikes of an outlet waits where its wire says, and no two spikes share one."""
    wires = len(delay)
    if np.any(np.diff(np.sort(_ints(firsts))) < wires):
        raise ValueError(f"two spikes of outlet {outlet} share numbers of emission")
    for first, code in firsts.items():
        for k in range(wires):
            there = held[int(delay[k]) if delay[k] else "settled" if settles[k] else "heap"]
            if there.get(first + k) != code:
                raise ValueError(f"delivery {k} of the spike {first} of outlet {outlet} does not wait")


def by_parent(facts: Facts, outlet: int, mine: Ints, q: Arrays, settled: Ints, numbers: dict[str, int]) -> None:
    """Deliveries of a spike in a burst that wait elsewhere: as many of the like as the burst has spikes of the like."""
    order, n = facts.engine.order.kind, numbers["count"]
    slot = np.arange(n) if order == DEPTH else (numbers["head"] + np.arange(n)) % numbers["bursts"]
    spikes: Counter[tuple[int, int]] = Counter()
    for burst in q["bursts"][slot]:
        if burst[SOURCE] != outlet:
            continue
        fresh = int(burst[CURSOR])
        if burst[WIRE] > 0:
            fresh = int(burst[END]) if order == BREADTH else fresh + 1
        live = slice(int(q["base"][outlet]) + fresh, int(q["base"][outlet] + burst[END]))
        spikes.update(zip(q["codes"][live].tolist(), q["parents"][live].tolist(), strict=True))
    first = int(mine[0])
    for w in mine.tolist() if spikes else []:
        _, port, delay, settles, _ = facts.wires[w].tolist()
        found: Counter[tuple[int, int]] = Counter()
        if delay:
            line = facts.delays().index(delay)
            at = places_of(q, line, numbers)
            own = (q["line_source"][line, at] == outlet) & (q["line_port"][line, at] == port)
            at = at[own & (q["line_t"][line, at] == numbers["now"] + delay)]
            found.update(zip(q["line_code"][line, at].tolist(), q["line_parent"][line, at].tolist(), strict=True))
        elif settles:
            rows = settled[(settled[:, H_SOURCE] == (outlet | (w - first) << 32)) & (settled[:, H_PORT] == port)]
            found.update(zip(rows[:, H_CODE].tolist(), rows[:, H_PARENT].tolist(), strict=True))
        else:
            continue
        alike = int(np.sum((facts.wires[mine, 1] == port) & (facts.wires[mine, 2] == delay))) if delay else 1
        for spike, count in spikes.items():
            if found[spike] < alike * count:
                raise ValueError(f"a delivery of the spike {spike} of outlet {outlet} does not wait at port {port}")


# --- the reference engine --------------------------------------------------------------------------------------------
def of_reference(facts: Facts, arrays: Arrays, numbers: dict[str, int]) -> None:
    """Raise ValueError unless arrays are those of a reference engine."""
    shapes(REFERENCE, arrays, numbers)
    words(COUNTERS, arrays["counters"], numbers)
    numbers["waiting"] = numbers["entries"] - numbers["foreseen"]
    within("how many entries wait", numbers["waiting"], 0, COUNT)
    queue, foreseen = arrays["queue"][: numbers["waiting"]], arrays["queue"][numbers["waiting"] :]
    roots_of_reference(facts, arrays["roots"], arrays["causes"], numbers)
    inputs = queue[:, 7] == -1
    inputs_of_reference(facts, queue[inputs], numbers)
    spikes_of_reference(facts, queue[~inputs], arrays["roots"], numbers)
    foreseen_of_reference(facts, foreseen, arrays["foreseen"], arrays["roots"], numbers)
    is_heap("entries of the queue", queue[:, :4])
    open_of_reference(facts, arrays["open"], queue, numbers)
    numbers["first that waits"] = int(arrays["queue"][:, 0].min(initial=FOREVER))


def roots_of_reference(facts: Facts, rows: Ints, causes: Events, numbers: dict[str, int]) -> None:
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


def inputs_of_reference(facts: Facts, rows: Ints, numbers: dict[str, int]) -> None:
    """Inputs that wait are those that have not been taken."""
    t, phase, place, seq, port, index, sign, _, *rest = rows.T
    within("time of inputs", t, max(numbers["now"], SOONEST + 1), LATEST)
    same("phase of inputs", phase, INPUT_PHASE)
    within("port of inputs", port, 0, len(facts.accepts))
    same("place of inputs", place, port)
    within("number of inputs", seq, 0, numbers["all inputs"])
    within("index of inputs", index, 0, 2**31)
    holds("inputs have indices that their ports take", index < facts.accepts[port])
    holds("inputs have signs +1 or -1", (sign == 1) | (sign == -1))
    for column, wanted in zip(rest, (-1, -1, 0, -1, 0, -1, -1), strict=True):
        same("what inputs have not", column, wanted)
    waits = numbers["all inputs"] - numbers["inputs taken"]
    if len(rows) != waits or len(np.unique(seq)) != waits:
        raise wrong("the number of inputs that wait", len(np.unique(seq)), str(waits))


def spikes_of_reference(facts: Facts, rows: Ints, roots: Ints, numbers: dict[str, int]) -> None:
    """Deliveries over wires have the phase and the place that wire and order give them."""
    t, phase, place, seq, port, _, _, source, parent, *_, batch, spike = rows.T
    columns("spikes", {"time": t, "seq": seq, "port": port, "outlet": source, "parent": parent}, numbers)
    deliveries_of_reference("spikes", facts, rows, roots, numbers)
    if len(np.unique(seq)) != len(seq):
        raise ValueError("two deliveries have the same number of emission")
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


def order_of_reference(facts: Facts, phase: Ints, place: Ints, parent: Ints, batch: Ints, numbers: Any) -> None:
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


def deliveries_of_reference(what: str, facts: Facts, rows: Ints, roots: Ints, numbers: dict[str, int]) -> None:
    """Deliveries are of units that there are, and of roots that have been taken."""
    index, sign, source, parent, root, beyond, number, depth = rows[:, [5, 6, 7, 8, 9, 10, 11, 12]].T
    within(f"index of {what}", index, 0, 2**31)
    holds(f"{what} have indices of their outlets", index < facts.widths[source])
    holds(f"{what} have signs +1 or -1", (sign == 1) | (sign == -1))
    holds(f"roots of {what} come before their parents", (root >= 0) & (root <= parent))
    within(f"depth of {what}", depth, 1, DEEPEST + 1)
    within(f"kind of root of {what}", beyond, 0, 2 if facts.engine.roots and not facts.engine.record else 1)
    holds(f"{what} are counted for their roots", (beyond == 1) | (number == root))
    known = {(int(kind), int(of)) for kind, of in roots[:, :2]}
    if facts.engine.roots and not set(zip(beyond.tolist(), number.tolist(), strict=True)) <= known:
        raise ValueError(f"{what} are of a root without a row")


def foreseen_of_reference(facts: Facts, rows: Ints, neuron: Ints, roots: Ints, numbers: dict[str, int]) -> None:
    """What neurons foresee is one delivery a neuron, at its own port."""
    t, phase, place, seq, port, index, sign, source, parent, *_, batch, spike = rows.T
    columns("predictions", {"time": t, "port": port, "outlet": source, "parent": parent}, numbers)
    same("place of predictions", place, neuron)
    if len(np.unique(neuron)) != len(neuron):
        raise ValueError("a neuron has two predictions")
    slots = facts.slots[neuron]
    for column, wanted in ((phase, PREDICTED_PHASE), (seq, 0), (sign, 1), (batch, -1), (spike, -1)):
        same("what predictions have not", column, wanted)
    own = np.column_stack([port, source, index])
    same("neuron of predictions", own, slots[:, [TO_PORT, FROM_OUTLET, UNIT]])
    deliveries_of_reference("predictions", facts, rows, roots, numbers)


def open_of_reference(facts: Facts, rows: Ints, queue: Ints, numbers: dict[str, int]) -> None:
    """A batch is open while all of it waits."""
    if len(rows) and facts.engine.order.kind != BREADTH:
        raise wrong("the number of open batches", len(rows), "0 in this order")
    within("outlet of an open batch", rows[:, 0], 0, len(facts.widths))
    waits = set(zip(queue[:, 7].tolist(), queue[:, 13].tolist(), strict=True))
    if len(np.unique(rows[:, 0])) != len(rows) or not {(int(a), int(b)) for a, b in rows} <= waits:
        raise ValueError("an open batch does not wait")
