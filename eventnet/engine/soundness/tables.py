"""Tables of a checkpoint's arrays and words: number types, shapes and ranges.

Every array with its number type, its shape and its range, every word of the compiled loop's record and every counter of
the reference engine, every column of a delivery that waits. Conditions between arrays stand beside.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eventnet.engine.soundness.facts import Arrays, Ints
from eventnet.event import EVENT, event_type
from eventnet.kernels import records as R
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.kernels.ranges import COUNT, within, wrong
from eventnet.tally import ROOT_WORDS

Bound = int | str | None


class ArrayCheck(NamedTuple):
    """An array: its number type, its shape, and (least <= number < below) the range of its numbers, if they have one.

    In shapes and ranges a name stands for a number: of the simulation (ports P, outlets O, delay lines L, neurons that
    predict N), of the words or counters below, or a size of the arrays' own: any, but the same wherever it stands.
    """

    number: Any
    shape: tuple[int | str, ...]
    least: Bound = None
    below: Bound = None


SPIKES_OF = "spikes of all regions"

COMPILED: dict[str, ArrayCheck] = {
    "words": ArrayCheck("int64", (R.STATE_WORDS,)),
    "waiting": ArrayCheck("int64", (1,), 0, "N + 1"),
    "roots": ArrayCheck("int64", ("rows of roots", ROOT_WORDS)),
    "causes": ArrayCheck(EVENT, ("causes",)),
    "queue:codes": ArrayCheck("int32", (SPIKES_OF,)),
    "queue:roots": ArrayCheck("int64", (SPIKES_OF,)),
    "queue:parents": ArrayCheck("int64", (SPIKES_OF,)),
    "queue:base": ArrayCheck("int64", ("O",), 0, COUNT),
    "queue:cap": ArrayCheck("int64", ("O",), 1, COUNT),
    "queue:tail": ArrayCheck("int64", ("O",), 0, COUNT),
    "queue:pending": ArrayCheck("int64", ("O",), 0, COUNT),
    "queue:opened": ArrayCheck("int64", ("O",), -1, "bursts"),
    "queue:bursts": ArrayCheck("int64", ("bursts", 8)),
    "queue:heap": ArrayCheck("int64", ("rows of the heap", 8)),
    "queue:settled": ArrayCheck("int64", ("settled rows", 8)),
    "queue:later": ArrayCheck("int64", ("later rows", 8)),
    "queue:line_t": ArrayCheck("int64", ("L", "places of a line")),
    "queue:line_seq": ArrayCheck("int64", ("L", "places of a line")),
    "queue:line_port": ArrayCheck("int64", ("L", "places of a line")),
    "queue:line_source": ArrayCheck("int64", ("L", "places of a line")),
    "queue:line_root": ArrayCheck("int64", ("L", "places of a line")),
    "queue:line_parent": ArrayCheck("int64", ("L", "places of a line")),
    "queue:line_code": ArrayCheck("int32", ("L", "places of a line")),
    "queue:line_head": ArrayCheck("int64", ("L",), 0, "places of a line"),
    "queue:line_count": ArrayCheck("int64", ("L",), 0, "places of a line + 1"),
    "queue:in_t": ArrayCheck("int64", ("inputs",)),
    "queue:in_port": ArrayCheck("int64", ("inputs",)),
    "queue:in_root": ArrayCheck("int64", ("inputs",)),
    "queue:in_code": ArrayCheck("int32", ("inputs",)),
    "queue:came": ArrayCheck("int64", ("O + 1",), 0, COUNT),
    "queue:root_ids": ArrayCheck("int64", ("numbers of roots",)),
}
"""Arrays of the compiled engine that a run goes on with."""

SCRATCH = {
    "queue:one_code", "queue:one_root", "queue:one_parent", "queue:out_codes", "queue:out_roots", "queue:out_parents",
    "queue:out_outlets", "queue:out_delays", "queue:out_magnitudes", "queue:key_words", "queue:places",
    "queue:line_due", "queue:line_first", "queue:line_most", "queue:ring", "queue:ring_first", "queue:ring_last",
    "queue:ring_bits", "queue:ring_at", "queue:ring_sent", "queue:ring_sent_t",
}  # fmt: skip
"""Arrays of the queue that no checkpoint holds: they say nothing from one reaction to the next, or (`queue:places`
and those of lines) follow from the others."""

REFERENCE: dict[str, ArrayCheck] = {
    "queue": ArrayCheck("int64", ("entries", 15)),
    "predicted": ArrayCheck("int64", ("predicted",), 0, "N"),
    "counters": ArrayCheck("int64", (10,)),
    "open": ArrayCheck("int64", ("open batches", 2)),
    "roots": ArrayCheck("int64", ("roots so far", 2 + ROOT_WORDS)),
    "causes": ArrayCheck(EVENT, ("causes",)),
    "sent": ArrayCheck("int64", ("O + 1",), 0, COUNT),
}
"""Arrays of the reference engine."""

MAY_BE_EMPTY = {SPIKES_OF, "causes", "roots so far", "inputs", "entries", "predicted", "open batches"}
"""Sizes that may be 0; an array of another size is made larger by doubling."""

WORDS: dict[str, tuple[int, Bound, Bound]] = {
    "order": (R.S_ORDER, "own order", "own order + 1"),
    "budget": (R.S_BUDGET, "own budget", "own budget + 1"),
    "seed": (R.S_SEED, "own seed", "own seed + 1"),
    "record": (R.S_RECORD, "own record", "own record + 1"),
    "ids": (R.S_IDS, "own ids", "own ids + 1"),
    "now": (R.S_NOW, -FOREVER, FOREVER),
    "taken": (R.S_TAKEN, 0, COUNT),
    "seq": (R.S_SEQ, 0, COUNT),
    "in instant": (R.S_IN_INSTANT, 0, "own budget + 1"),
    "cursor of inputs": (R.S_IN_CURSOR, 0, "end of inputs + 1"),
    "end of inputs": (R.S_IN_END, 0, "inputs + 1"),
    "head": (R.S_HEAD, 0, "bursts"),
    "count": (R.S_COUNT, 0, "room of the count + 1"),
    "settled": (R.S_SETTLED, 0, "settled rows + 1"),
    "later": (R.S_LATER, 0, "later rows + 1"),
    "inputs taken": (R.S_INPUTS, 0, "taken + 1"),
    "reach": (R.S_REACH, 2, 1025),
    "annihilated": (R.S_ANNIHILATED, 0, COUNT),
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


def value(bound: Bound, numbers: dict[str, int]) -> int:
    """The number that a bound of the tables stands for."""
    if isinstance(bound, str) and bound.endswith(" + 1") and bound not in numbers:
        return numbers[bound.removesuffix(" + 1")] + 1
    return numbers[bound] if isinstance(bound, str) else int(bound or 0)


def with_causes(table: dict[str, ArrayCheck], bits: int) -> dict[str, ArrayCheck]:
    """A table for a network whose amounts take so many bits: its inputs have amounts, if it has any."""
    return table | {"causes": ArrayCheck(event_type(bits > 0), ("causes",))}


def shapes(table: dict[str, ArrayCheck], arrays: Arrays, numbers: dict[str, int]) -> None:
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
