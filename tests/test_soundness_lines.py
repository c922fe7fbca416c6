"""Delay lines of a checkpoint: every column of what waits there is looked at."""

from __future__ import annotations

from typing import Any

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


# --- two relays of 3 and 5 units, each with a wire without delay and one that has spikes on it --------------------------
def two_relays() -> tuple[en.Network, Any]:
    net = en.Network()
    relays = [net.add(en.Relay(units, name=f"relay{units}")) for units in (3, 5)]
    for relay in relays:
        for delay in (0, 2):
            net.connect(relay.out, net.add(en.Sink(relay.units, name=f"sink{relay.units}-{delay}")).spikes, delay=delay)
    return net, relays


def on_its_way(engine: str, order: str = "breadth") -> tuple[en.Network, en.Simulation]:
    """The last unit of each relay has spiked, and the first of the wide one."""
    net, (small, wide) = two_relays()
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject([(0, small.spikes, 2, 1), (0, wide.spikes, 4, 1), (0, wide.spikes, 0, -1)])
    return net, sim.run(max_deliveries=3)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("order", ["depth", "breadth", "fifo", "random", "magnitude", "topological"])
def test_a_sound_checkpoint_with_spikes_of_several_outlets_is_taken_up(engine: str, order: str) -> None:
    net, sim = on_its_way(engine, order)
    other = en.Simulation(net, order, engine=engine, record=True).resume(sim.checkpoint())
    assert other.run().log.tobytes() == sim.run().log.tobytes()
    assert len(sim.log) == 9


def indices_that_wait(engine: str, checkpoint: Any) -> Any:
    """Views of the indices on their way: [(a cell's array, its place, its width)]."""
    arrays = checkpoint.arrays
    if engine == "reference":
        rows = arrays["engine:queue"]
        return [(rows, (k, 5), (3, 5)[row[7]]) for k, row in enumerate(rows)]
    lines, codes = arrays["engine:queue:line_source"][0], arrays["engine:queue:line_code"]
    return [(codes, (0, k), (3, 5)[lines[k]]) for k in range(3)]


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_an_index_is_below_the_width_of_its_outlet(engine: str) -> None:
    net, sim = on_its_way(engine)
    for k, (_, _, width) in enumerate(indices_that_wait(engine, sim.checkpoint())):
        for index in (width, width + 1):
            checkpoint = sim.checkpoint()
            array, place, _ = indices_that_wait(engine, checkpoint)[k]
            array[place] = index if array[place] >= 0 or engine == "reference" else ~index
            with pytest.raises(DataError, match="have indices"):
                en.Simulation(net, "breadth", engine=engine, record=True).resume(checkpoint)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_log_is_a_row_of_deliveries(engine: str) -> None:
    net, sim = on_its_way(engine)
    log = sim.checkpoint().arrays["log"]
    others = [log[None], log["id"].copy(), log.astype([(name, np.int64) for name in log.dtype.names])]
    for other in others:
        checkpoint = sim.checkpoint()
        checkpoint.arrays["log"] = other
        with pytest.raises(DataError, match="wanted a 1-d array of DELIVERY records"):
            en.Simulation(net, "breadth", engine=engine, record=True).resume(checkpoint)
