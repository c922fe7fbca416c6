"""Bursts of the compiled engine: spikes of an outlet that go over its wires together, in regions and rings."""

from __future__ import annotations

import numpy as np

from eventnet.engine import plan as P
from eventnet.engine.soundness.facts import Arrays, Ints, SimulationFacts
from eventnet.engine.soundness.records import indices, one_a_unit
from eventnet.engine.soundness.roots import of_words
from eventnet.engine.soundness.tables import SPIKES_OF, columns
from eventnet.event import unpacked
from eventnet.kernels.ranges import COUNT, holds, same, within, wrong
from eventnet.order import BREADTH, DEPTH, FIFO, KEYED


def regions(facts: SimulationFacts, q: Arrays, numbers: dict[str, int]) -> None:
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
    waits = np.bincount(q["bursts"][slot, P.SOURCE], minlength=len(cap)) if ring else np.zeros(len(cap), np.int64)
    same("'pending'", q["pending"], waits)
    if order != BREADTH:
        same("'opened'", q["opened"], -1)
    open_bursts(facts, q, slot)


def bursts_in_order(facts: SimulationFacts, q: Arrays, live: Ints, numbers: dict[str, int]) -> None:
    """Bursts hold spikes, one behind the other in their outlets' regions, on their way over wires that there are."""
    source, begin, end, cursor, wire = (live[:, column] for column in (P.SOURCE, P.BEGIN, P.END, P.CURSOR, P.WIRE))
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
    indices("spikes of bursts", q["codes"][at], facts.widths[outlet], facts.bits, facts.sends[outlet])
    of_words("spikes of bursts", q["roots"][at], facts, numbers)
    waits = at - q["base"][outlet] >= np.repeat(cursor, size)
    index = unpacked(q["codes"][at].astype(np.int64), facts.bits)[0]
    one_a_unit("spikes of bursts", facts, outlet[waits], index[waits])


def open_bursts(facts: SimulationFacts, q: Arrays, slot: Ints) -> None:
    """A burst that takes further spikes is its outlet's last, ends at its tail, and nothing of it has been taken."""
    live, tail, removes = q["bursts"][slot], q["tail"], facts.engine.annihilate
    if facts.engine.order.kind == FIFO and len(live) and not removes:
        same("the end of the last burst", live[-1, P.END], tail[live[-1, P.SOURCE]])
    last = {int(source): int(at) for source, at in zip(live[:, P.SOURCE], slot, strict=True)}
    for outlet in np.flatnonzero(q["opened"] >= 0).tolist():
        at = int(q["opened"][outlet])
        source, begin, end, cursor, wire = q["bursts"][at, [P.SOURCE, P.BEGIN, P.END, P.CURSOR, P.WIRE]].tolist()
        if last.get(outlet) != at or source != outlet or end != tail[outlet]:
            raise wrong(f"the open batch of outlet {outlet}", at, "its last burst, which ends at its tail")
        if (cursor, wire) != (begin, 0):
            raise wrong(f"the cursor of the open batch of outlet {outlet}", cursor, "its beginning")
