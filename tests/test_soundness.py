"""What a checkpoint's arrays must be: the tables name all there is, and every kind of check refuses something."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import make_opposite_case

import eventnet as en
from eventnet.engine import soundness
from eventnet.engine.checkpoint import COUNTERS
from eventnet.engine.queue import Queue
from eventnet.errors import DataError


def test_the_tables_name_every_array_of_a_queue_and_every_counter() -> None:
    fields = {f"queue:{name}" for name in Queue._fields}
    assert fields - set(soundness.COMPILED) - soundness.SCRATCH == {"queue:log"}
    assert not set(soundness.COMPILED) & soundness.SCRATCH
    assert sorted(at for at, *_ in soundness.COUNTERS.values()) == list(range(len(COUNTERS)))


def test_numbers_out_of_their_range_are_named_with_their_place() -> None:
    soundness.within("a", [0, 1, 2], 0, 3)
    with pytest.raises(ValueError, match=r"a at \[2\] is 3; wanted 0 to 2"):
        soundness.within("a", [0, 1, 3], 0, 3)
    with pytest.raises(ValueError, match=r"a at \[1\] is 5; wanted 4"):
        soundness.same("a", [3, 5], [3, 4])


def test_rows_are_compared_by_their_first_key_that_differs() -> None:
    a, b = np.array([[0, 5], [1, 1], [2, 2]]), np.array([[1, 0], [1, 2], [2, 2]])
    assert soundness.less(a, b).tolist() == [True, True, False]
    soundness.is_heap("rows", np.array([[1, 0], [1, 2], [4, 0], [1, 3]]))
    with pytest.raises(ValueError, match="rows are a heap"):
        soundness.is_heap("rows", np.array([[1, 0], [0, 2]]))


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


def test_a_spike_whose_other_deliveries_are_gone_is_refused_where_opposites_look_for_them() -> None:
    net = en.Network()
    relay = net.add(en.Relay(3, name="relay"))
    sink = net.add(en.Sink(3, name="sink"))
    net.connect(relay.out, sink.spikes)
    net.connect(relay.out, sink.spikes, delay=2)

    def made(order: str) -> en.Simulation:
        return en.Simulation(net, order, annihilate=True)

    for order in ("breadth", "random"):
        sim = made(order)
        sim.inject([(0, relay.spikes, k, 1) for k in range(3)])
        sim.run(max_deliveries=3)
        whole = sim.checkpoint()
        assert made(order).resume(whole).run().deliveries == 9
        whole.arrays["engine:queue:line_count"][0] -= 1
        with pytest.raises(DataError, match="does not wait"):
            made(order).resume(whole)


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
