"""Checks of an engine's part of a checkpoint: a state that no run could have left behind is refused.

`tables` says what arrays and words may be; the files beside it what must hold between arrays, in one part of an engine
each; `integers` what modules' integers may be. Only what a run reads again is looked at: arrays keep old numbers behind
what they hold.
"""

from __future__ import annotations

from typing import Any

from eventnet.engine.reference import ReferenceEngine
from eventnet.engine.soundness.compiled import of_compiled
from eventnet.engine.soundness.facts import Arrays, Instant, Ints, SimulationFacts
from eventnet.engine.soundness.records import of_log
from eventnet.engine.soundness.reference import of_reference
from eventnet.event import Events
from eventnet.kernels.prediction_heap import FOREVER, FROM_OUTLET, TO_PORT, UNIT
from eventnet.kernels.ranges import same, within, wrong


def check(engine: Any, arrays: Arrays, slots: Ints, time: int, taken: int, log: Events | None) -> Instant:
    """The latest instant that was begun. Raises ValueError unless a run of this engine could have left these arrays
    behind at this time.
    """
    facts = SimulationFacts.of(engine)
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
    return Instant(numbers["now"], numbers["in instant"])
