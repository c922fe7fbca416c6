"""A simulation in the middle of a run in which opposite spikes annihilate."""

from __future__ import annotations

from typing import Any

from cases import make_opposite_case

import eventnet as en


def caught(engine: str, order: str) -> tuple[Any, en.Simulation]:
    """A case in which opposite spikes annihilate, with spikes in a delay line, in the middle of its run."""
    for seed in range(400):
        case = make_opposite_case(seed)
        case.options |= {"order": order}
        sim = en.Simulation(case.net, engine=engine, **case.options)
        try:
            sim.inject(case.inputs)
            sim.run(until=case.until, max_deliveries=20)
        except en.EventnetError:
            continue
        arrays = sim.checkpoint().arrays
        if engine == "reference" or arrays["engine:queue:line_count"].sum() > 1:
            return case, sim
    raise AssertionError("no case was caught")
