"""The queue of the compiled loop: heaps give rows in order; arrays have the room they promise, and keep it as they grow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

import eventnet as en
from eventnet.engine.compiled import CompiledEngine
from eventnet.engine.plan import (
    BEGIN,
    CURSOR,
    END,
    H_PORT,
    KEY0,
    KEY1,
    KEY2,
    SOURCE,
    Queue,
    larger_bursts,
    larger_lines,
    larger_region,
    make_queue,
    pop,
    push,
    take_out,
)


@njit
def put(heap: Any, n: int, a: int, b: int, c: int, port: int) -> None:
    push(heap, n, a, b, c, port, c, c, c, c)


@njit
def take_first(heap: Any, n: int) -> None:
    pop(heap, n)


@njit
def take_any(heap: Any, n: int, k: int) -> None:
    take_out(heap, n, k)


@pytest.mark.parametrize("seed", range(4))
def test_a_heap_gives_rows_in_order_and_any_row_can_be_taken_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    heap, waiting, number = np.zeros((200, 8), dtype=np.int64), [], 0
    for _ in range(3000):
        n, what = len(waiting), rng.random()
        if n < 200 and (n == 0 or what < 0.5):
            keys = (int(rng.integers(4)), int(rng.integers(4)), number)
            put(heap, n, *keys, number % 7)
            waiting.append(keys)
            number += 1
            continue
        at = int(rng.integers(n)) if what < 0.75 else 0
        keys = tuple(int(heap[at, column]) for column in (KEY0, KEY1, KEY2))
        assert heap[at, H_PORT] == keys[2] % 7
        if what < 0.75:
            take_any(heap, n, at)
        else:
            assert keys == min(waiting)
            take_first(heap, n)
        waiting.remove(keys)
        rows = heap[: len(waiting), [KEY0, KEY1, KEY2]].tolist()
        assert sorted(map(tuple, rows)) == sorted(waiting)
        assert all(rows[(k - 1) // 2] <= rows[k] for k in range(1, len(rows)))


# --- room ------------------------------------------------------------------------------------------------------------
def network(units: int, fan: int) -> en.Simulation:
    """A layer of `units` that may all spike at once, over `fan` wires without delay and one with."""
    net = en.Network()
    layer = net.add(en.Herding(units, net.weights(np.ones((1, units)), "w"), name="layer"))
    for k in range(fan):
        net.connect(layer.out, net.add(en.Sink(units, name=f"sink{k}")).spikes)
    net.connect(layer.out, net.add(en.Sink(units, name="late")).spikes, delay=3)
    return en.Simulation(net, engine="compiled")


def queue_of(units: int = 3, fan: int = 1) -> Queue:
    engine: Any = network(units, fan).engine
    assert isinstance(engine, CompiledEngine)
    return make_queue(engine.plan, 8, record=False)


@pytest.mark.parametrize(("units", "fan"), [(1, 1), (9, 2), (40, 3), (300, 2)])
def test_an_empty_queue_has_room_for_two_reactions_of_every_port(units: int, fan: int) -> None:
    engine: Any = network(units, fan).engine
    plan, queue = engine.plan, make_queue(engine.plan, 8, record=False)
    for port in range(len(plan.single)):
        most = int(plan.most[port])
        for outlet in plan.emit_outlet[plan.emit_start[port] : plan.emit_start[port + 1]]:
            assert queue.cap[outlet] - queue.tail[outlet] >= 2 * most
        assert len(queue.out_outlets) >= 2 * most
        for rows in (queue.heap, queue.settled, queue.later):
            assert len(rows) >= 2 * most * plan.fan[port]
        assert queue.line_t.shape[1] >= 2 * most * plan.line_fan[port]
    assert plan.most.max() > max(16, units)  # else nothing above is asked
    assert queue.base.tolist() == [int(queue.cap[:k].sum()) for k in range(len(queue.base))]
    assert len(queue.codes) == len(queue.roots) == len(queue.parents) == queue.cap.sum()


def test_delay_lines_that_grow_keep_their_order_from_any_head() -> None:
    queue = queue_of()
    size = queue.line_t.shape[1]
    queue.line_head[0], queue.line_count[0] = size - 2, size
    for name in ("line_t", "line_seq", "line_port", "line_source", "line_root", "line_parent", "line_code"):
        getattr(queue, name)[0] = np.roll(np.arange(size), size - 2)
    grown = larger_lines(queue)
    assert grown.line_head.tolist() == [0]
    for name in ("line_t", "line_seq", "line_port", "line_source", "line_root", "line_parent", "line_code"):
        assert getattr(grown, name)[0].tolist() == [*range(size), *[0] * size]


@pytest.mark.parametrize("head", [0, 1, 7])
def test_bursts_that_grow_keep_their_order_and_open_batches_their_slot(head: int) -> None:
    queue = queue_of(fan=2)
    queue.bursts[:, BEGIN] = np.roll(np.arange(8), head)
    queue.opened[:] = -1
    queue.opened[0] = (head + 3) % 8
    grown = larger_bursts(queue, head)
    assert grown.bursts[:, BEGIN].tolist() == [*range(8), *[0] * 8]
    assert grown.bursts[grown.opened[0], BEGIN] == 3
    assert (grown.opened[1:] == -1).all()


@pytest.mark.parametrize("dead", [0, 3, 8, 9, 13])
def test_a_region_that_grows_keeps_its_spikes_and_those_of_its_neighbours(dead: int) -> None:
    """The spikes before the first burst that waits are dead: where they are more than half, they make the room."""
    held = {"codes": np.arange(32, dtype=np.int32), "roots": np.arange(32), "parents": np.arange(32)}
    of_two = {"base": np.array([0, 16]), "cap": np.array([16, 16]), "tail": np.array([15, 15])}
    queue = queue_of()._replace(**held, **of_two)
    queue.bursts[5, [SOURCE, BEGIN, END, CURSOR]] = 0, dead, 15, dead + 1
    queue.bursts[6, [SOURCE, BEGIN, END, CURSOR]] = 1, 2, 15, 2
    grown = larger_region(queue, 0, np.array([5, 6]))
    begin, end, cursor = (int(grown.bursts[5, column]) for column in (BEGIN, END, CURSOR))
    for array in (grown.codes, grown.roots, grown.parents):
        base = int(grown.base[0])
        assert array[base + begin : base + end].tolist() == list(range(dead, 15))
        assert array[base + cursor] == dead + 1
        assert array[grown.base[1] + 2 : grown.base[1] + 15].tolist() == list(range(18, 31))
        assert len(array) == grown.base[1] + grown.cap[1]
    assert grown.cap.tolist() == ([16, 16] if dead > 8 else [32, 16])
    assert grown.tail.tolist() == [15 - dead if dead > 8 else 15, 15]
    assert grown.bursts[6].tolist() == queue.bursts[6].tolist()
