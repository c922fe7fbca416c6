"""Delay lines of the compiled engine: rings of deliveries, in order of time."""

from __future__ import annotations

import numpy as np

from eventnet.engine.soundness.facts import Arrays, Ints, SimulationFacts
from eventnet.engine.soundness.records import indices, wired
from eventnet.engine.soundness.roots import of_words
from eventnet.engine.soundness.tables import columns
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.kernels.ranges import holds, within


def lines_of_compiled(facts: SimulationFacts, q: Arrays, numbers: dict[str, int]) -> int:
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
        indices(what, code, facts.widths[source], facts.bits, facts.sends[source])
        of_words(what, root, facts, numbers)
        holds(f"times of {what} rise", np.diff(t) >= 0)
        holds(f"numbers of {what} rise", np.diff(seq) > 0)
        first = min(first, int(t.min(initial=FOREVER)))
    return first


def places_of(q: Arrays, line: int, numbers: dict[str, int]) -> Ints:
    """Places of a line's deliveries in its ring [deliveries], the first due first."""
    found: Ints = (int(q["line_head"][line]) + np.arange(int(q["line_count"][line]))) % numbers["places of a line"]
    return found
