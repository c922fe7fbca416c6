"""The tables name every array and every counter that there is."""

from __future__ import annotations

from eventnet.engine.checkpoint import COUNTERS
from eventnet.engine.plan import Queue
from eventnet.engine.soundness import tables


def test_the_tables_name_every_array_of_a_queue_and_every_counter() -> None:
    fields = {f"queue:{name}" for name in Queue._fields}
    assert fields - set(tables.COMPILED) - tables.SCRATCH == {"queue:log"}
    assert not set(tables.COMPILED) & tables.SCRATCH
    assert sorted(at for at, *_ in tables.COUNTERS.values()) == list(range(len(COUNTERS)))
