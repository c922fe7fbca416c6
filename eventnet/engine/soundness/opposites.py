"""Opposite spikes of the compiled engine: every delivery of a spike that may still be taken back can be found."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from eventnet.engine import plan as P
from eventnet.engine.soundness.facts import Arrays, Ints, SimulationFacts, ints
from eventnet.engine.soundness.lines import places_of
from eventnet.kernels.ranges import COUNT
from eventnet.order import BREADTH, DEPTH, KEYED


def pairs_can_be_found(facts: SimulationFacts, q: Arrays, numbers: dict[str, int]) -> None:
    """Of a spike that may still be taken back every delivery waits: the loop looks for them until it has found them."""
    lone = {k for k, outlet in enumerate(facts.engine.net.outlets()) if outlet.outlet.inner is not None}
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
    found = dict(zip(rows[:, P.KEY2].tolist(), rows[:, P.H_CODE].tolist(), strict=True))
    if len(found) < len(rows):
        raise ValueError(f"two {what} have the same number of emission")
    return found


def firsts_of_heap(outlet: int, wires: int, rows: Ints, those: Any) -> dict[int, int]:
    """Spikes of an outlet of which all is in a heap that belongs there: code by the first number of emission.

    those: a mask of the outlet's wires whose deliveries the heap holds.
    """
    lead = int(np.flatnonzero(those)[0])
    led = rows[rows[:, P.H_SOURCE] == (outlet | lead << 32)]
    first, among = led[:, P.KEY2] - lead, np.sort(rows[:, P.KEY2])
    whole = np.searchsorted(among, first + wires) - np.searchsorted(among, first) == np.sum(those)
    return dict(zip(first[whole].tolist(), led[whole, P.H_CODE].tolist(), strict=True))


def firsts_of_line(
    facts: SimulationFacts, outlet: int, mine: Ints, q: Arrays, numbers: dict[str, int]
) -> dict[int, int]:
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
    if np.any(np.diff(np.sort(ints(firsts))) < wires):
        raise ValueError(f"two spikes of outlet {outlet} share numbers of emission")
    for first, code in firsts.items():
        for k in range(wires):
            there = held[int(delay[k]) if delay[k] else "settled" if settles[k] else "heap"]
            if there.get(first + k) != code:
                raise ValueError(f"delivery {k} of the spike {first} of outlet {outlet} does not wait")


def by_parent(
    facts: SimulationFacts, outlet: int, mine: Ints, q: Arrays, settled: Ints, numbers: dict[str, int]
) -> None:
    """Deliveries of a spike in a burst that wait elsewhere: as many of the like as the burst has spikes of the like."""
    order, n = facts.engine.order.kind, numbers["count"]
    slot = np.arange(n) if order == DEPTH else (numbers["head"] + np.arange(n)) % numbers["bursts"]
    spikes: Counter[tuple[int, int]] = Counter()
    for burst in q["bursts"][slot]:
        if burst[P.SOURCE] != outlet:
            continue
        fresh = int(burst[P.CURSOR])
        if burst[P.WIRE] > 0:
            fresh = int(burst[P.END]) if order == BREADTH else fresh + 1
        live = slice(int(q["base"][outlet]) + fresh, int(q["base"][outlet] + burst[P.END]))
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
            rows = settled[(settled[:, P.H_SOURCE] == (outlet | (w - first) << 32)) & (settled[:, P.H_PORT] == port)]
            found.update(zip(rows[:, P.H_CODE].tolist(), rows[:, P.H_PARENT].tolist(), strict=True))
        else:
            continue
        alike = int(np.sum((facts.wires[mine, 1] == port) & (facts.wires[mine, 2] == delay))) if delay else 1
        for spike, count in spikes.items():
            if found[spike] < alike * count:
                raise ValueError(f"a delivery of the spike {spike} of outlet {outlet} does not wait at port {port}")
