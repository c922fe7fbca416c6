"""The reference engine's queue in a checkpoint: every column is looked at."""

from __future__ import annotations

from soundness_cases import caught

import eventnet as en
from eventnet.errors import DataError


def test_every_column_of_the_references_queue_is_looked_at() -> None:
    case, sim = caught("reference", "breadth")
    refused = set()
    for column in range(15):
        checkpoint = sim.checkpoint()
        checkpoint.arrays["engine:queue"][:, column] = 2**61
        try:
            en.Simulation(case.net, engine="reference", **case.options).resume(checkpoint)
        except DataError:
            refused.add(column)
    assert refused == set(range(15))
