"""Delay lines of a checkpoint: every column of what waits there is looked at."""

from __future__ import annotations

import numpy as np
import pytest
from soundness_cases import caught

import eventnet as en
from eventnet.errors import DataError


@pytest.mark.parametrize("order", ["depth", "breadth", "random"])
def test_columns_of_what_waits_in_lines_are_looked_at_one_by_one(order: str) -> None:
    case, sim = caught("compiled", order)
    line = int(np.argmax(sim.engine.queue.line_count))
    at = int(sim.engine.queue.line_head[line])
    for name in ("t", "seq", "port", "source", "parent", "code", "root"):
        for number in (2**31 - 1, -(2**31)):
            checkpoint = sim.checkpoint()
            checkpoint.arrays[f"engine:queue:line_{name}"][line, at] = number
            with pytest.raises(DataError, match="is damaged"):
                en.Simulation(case.net, **case.options).resume(checkpoint)
