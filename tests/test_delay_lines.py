"""The tree of delay lines says what a look at all of them says, and a run over many delays what the reference does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.engine.delay_lines import FEW_LINES, empty_tree, find_lines, line_is_due
from eventnet.kernels.compiling import compiled
from eventnet.kernels.prediction_heap import FOREVER


@compiled
def set_all(due: Any, first: Any, lines: Any, times: Any, found: Any) -> None:
    """Change one line after the other; found: the first line and its time after each change."""
    for k in range(len(lines)):
        line_is_due(due, first, lines[k], times[k])
        found[k, 0], found[k, 1] = first[1], due[first[1]]


@pytest.mark.parametrize("lines", [1, 2, 3, 8, 13, 100])
def test_the_tree_has_the_line_that_is_due_first_and_of_equals_the_lowest(lines: int) -> None:
    rng = np.random.default_rng(lines)
    due, first = empty_tree(lines)
    find_lines(FakeQueue(np.zeros(lines, np.int64), np.zeros(lines, np.int64), due, first))
    at = rng.integers(0, lines, 3000)
    times = np.where(rng.random(3000) < 0.3, FOREVER, rng.integers(0, 20, 3000))
    found = np.zeros((3000, 2), np.int64)
    set_all(due, first, at, times, found)
    now = np.full(lines, FOREVER)
    for k in range(3000):
        now[at[k]] = times[k]
        assert found[k, 1] == now.min()
        assert found[k, 0] == now.argmin() or now.min() == FOREVER


class FakeQueue:
    """The arrays of delay lines: of each the time of its first delivery, and how many wait."""

    def __init__(self, t: Any, count: Any, due: Any, first: Any) -> None:
        self.line_t, self.line_head, self.line_count = t[:, None], np.zeros(len(t), np.int64), count
        self.line_due, self.line_first, self.line_most = due, first, np.zeros(1, np.int64)


@pytest.mark.parametrize("lines", [0, 1, 5, 64, 65])
def test_a_tree_is_made_of_what_lines_hold(lines: int) -> None:
    rng = np.random.default_rng(lines)
    for _ in range(50):
        queue = FakeQueue(rng.integers(0, 9, lines), rng.integers(0, 3, lines), *empty_tree(lines))
        find_lines(queue)
        now = np.where(queue.line_count > 0, queue.line_t[:, 0], FOREVER)
        assert queue.line_due[queue.line_first[1]] == now.min(initial=FOREVER)
        assert now.min(initial=FOREVER) == FOREVER or queue.line_first[1] == now.argmin()
        assert queue.line_most[0] == queue.line_count.max(initial=0)


def fan(delays: list[int], **options: Any) -> en.Simulation:
    """A relay whose spikes come to a second one over all these delays, and from there to a sink."""
    net = en.Network()
    first, second, end = net.add(en.Relay(2, name="first")), net.add(en.Relay(2, name="second")), net.add(en.Sink(2))
    for delay in delays:
        net.connect(first, second, delay)
        net.connect(second, end, 1 + delay // 2)
    return en.Simulation(net, record=True, roots=True, **options)


@pytest.mark.parametrize("order", ["breadth", "depth", "fifo", "random"])
@pytest.mark.parametrize("far", [0, 2**40])
def test_a_run_over_many_delays_is_the_same_in_both_engines(order: str, far: int) -> None:
    delays = [*range(1, 3 * FEW_LINES), far + 7, far + 3]
    inputs = [(int(t), 0, int(t) % 2, 1 - 2 * (int(t) % 3 == 0)) for t in np.repeat(np.arange(0, 30, 3), 2)]
    logs = []
    for engine in ("reference", "compiled"):
        sim = fan(delays, order=order, engine=engine)
        sim.inject(inputs)
        sim.run(until=20)
        sim.run()
        logs.append((sim.log.tobytes(), sim.tally.by_port()))
    assert logs[0] == logs[1]


@pytest.mark.slow
def test_lines_that_grow_again_and_again_lose_nothing() -> None:
    logs = []
    for engine in ("reference", "compiled"):
        sim = fan(list(range(1, 41)), engine=engine)
        before = sim.engine.queue.line_t.shape[1] if engine == "compiled" else 0
        sim.inject([(int(t), 0, 0, +1) for t in range(40) for _ in range(3)])
        sim.run()
        logs.append(sim.log.tobytes())
    assert sim.engine.queue.line_t.shape[1] > before
    assert logs[0] == logs[1]


def test_the_room_of_lines_goes_by_the_wires_of_one_delay() -> None:
    plan = fan(list(range(1, 101))).engine.plan
    assert plan.fan.tolist() == [100, 100, 0]
    assert plan.line_fan.tolist() == [1, 2, 0]  # the second relay's delays are 1 + delay // 2


def test_a_checkpoint_amid_many_lines_goes_on_as_if_it_had_not_been() -> None:
    delays = list(range(1, 40))
    whole = fan(delays)
    whole.inject([(t, 0, 0, +1) for t in range(0, 60, 7)])
    part = fan(delays)
    part.inject([(t, 0, 0, +1) for t in range(0, 60, 7)])
    for stop in (3, 500, 4000):
        part.run(max_deliveries=stop)
        part = fan(delays).resume(part.checkpoint())
    assert part.run().log.tobytes() == whole.run().log.tobytes()
