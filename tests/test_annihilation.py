"""Opposite spikes that meet in the queue: by hand in every order, and against a list that knows nothing of engines."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from cases import feed, make_opposite_case, seen
from few import few
from order_cases import Tiny, random_tiny, react

import eventnet as en
from eventnet import analysis
from eventnet.errors import DataError
from eventnet.order import ORDERS

ENGINES = ("reference", "compiled")


def relays(*delays: int, settled: bool = False) -> tuple[en.Network, Any]:
    """A relay of 4 units with a wire to a sink of its own for each delay."""
    net = en.Network()
    a = net.add(en.Relay(4, name="a"))
    for k, delay in enumerate(delays):
        net.connect(a.out, net.add(en.Sink(4, name=f"s{k}")).spikes, delay, settled=settled)
    return net, a


def arrivals(sim: en.Simulation) -> list[tuple[int, int, int, int]]:
    """Deliveries that are no inputs: time, port, index, sign."""
    return [(t, port, index, sign) for _, _, _, t, source, port, index, sign in sim.log.tolist() if source >= 0]


def run(net: en.Network, rows: Any, order: Any, engine: str, **options: Any) -> en.Simulation:
    sim = en.Simulation(net, order, engine=engine, record=True, **{"annihilate": True, **options})
    sim.inject(rows)
    return sim.run()


# --- by hand ---
@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("order", ORDERS)
def test_what_waits_meets_its_opposite_and_what_was_delivered_does_not(order: str, engine: str) -> None:
    net, a = relays(0)
    # Depth-first the first spike is delivered before the second input comes; in all other orders it waits.
    sim = run(net, [(0, a.spikes, 1, 1), (0, a.spikes, 1, -1)], order, engine)
    assert sim.annihilated == (0 if order == "depth" else 2)
    assert arrivals(sim) == ([(0, 1, 1, 1), (0, 1, 1, -1)] if order == "depth" else [])
    assert sim.tally.notices == 2  # the module passed them on


@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("order", ORDERS)
def test_over_a_delay_they_meet_in_every_order_if_they_were_sent_at_one_instant(order: str, engine: str) -> None:
    net, a = relays(3)
    same = run(net, [(0, a.spikes, 1, 1), (0, a.spikes, 2, 1), (0, a.spikes, 1, -1)], order, engine)
    assert (same.annihilated, arrivals(same)) == (2, [(3, 1, 2, 1)])
    other = run(net, [(0, a.spikes, 1, 1), (1, a.spikes, 1, -1)], order, engine)
    assert (other.annihilated, arrivals(other)) == (0, [(3, 1, 1, 1), (4, 1, 1, -1)])


@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("order", ORDERS)
def test_over_settled_wires_they_meet_too(order: str, engine: str) -> None:
    net, a = relays(0, 0, settled=True)
    sim = run(net, [(0, a.spikes, 1, 1), (0, a.spikes, 2, 1), (0, a.spikes, 1, -1)], order, engine)
    assert (sim.annihilated, arrivals(sim)) == (2, [(0, 1, 2, 1), (0, 2, 2, 1)])


@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("order", ORDERS)
def test_a_spike_goes_with_all_its_deliveries_and_the_latest_of_several_goes(order: str, engine: str) -> None:
    net, a = relays(0, 2, 0)
    rows = [(0, a.spikes, 1, 1), (0, a.spikes, 1, 1), (0, a.spikes, 1, -1)]
    sim = run(net, rows, order, engine)
    if order == "depth":
        assert sim.annihilated == 0
        return
    assert sim.annihilated == 2
    assert Counter(arrivals(sim)) == Counter([(0, 1, 1, 1), (2, 2, 1, 1), (0, 3, 1, 1)])
    assert sim.log["parent"][sim.log["source"] >= 0].tolist() == [0, 0, 0]


class Twice(en.PythonModule):
    """Takes each spike back at once, then or a tick later; and sends it on at last."""

    spikes = en.Port(emits="out", accepts="units")
    out = en.Outlet()
    units = en.Size()
    ticks = en.Option[int](positional=True)

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        if self.ticks:
            out.later(i, s, 0, self.ticks)
            out.later(i, -s, 0, self.ticks)
        else:
            out.spike(i, s)
            out.spike(i, -s)
        out.spike(i, s)


@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("order", ORDERS)
def test_spikes_of_one_reaction_meet_and_those_that_set_out_later_do_not(order: str, engine: str) -> None:
    for ticks, gone in ((0, 2), (1, 0)):
        net = en.Network()
        twice = net.add(Twice(3, ticks, name="twice"))
        net.connect(twice.out, net.add(en.Sink(3, name="sink")).spikes)
        sim = run(net, [(0, twice.spikes, 2, 1)], order, engine)
        assert sim.annihilated == gone
        assert len(arrivals(sim)) == 3 - gone
        assert sum(sign for *_, sign in arrivals(sim)) == 1


@pytest.mark.parametrize("engine", few(ENGINES, 1))
def test_a_batch_that_is_empty_is_over_and_one_that_has_begun_is_not(engine: str) -> None:
    # Breadth-first, input by input: relay a, then b. The batch of a is emptied, so that its next spike comes after b's.
    net, a = relays(0)
    b = net.add(en.Relay(4, name="b"))
    net.connect(b.out, net["s0"].spikes)  # type: ignore[attr-defined]
    late = net.add(en.Relay(4, name="c"))
    net.connect(late.out, a.spikes)
    rows = [(0, a.spikes, 0, 1), (0, a.spikes, 0, -1), (0, b.spikes, 1, 1), (0, late.spikes, 2, 1)]
    sim = run(net, rows, "breadth", engine)
    assert [(port, index) for _, port, index, _ in arrivals(sim)] == [(1, 1), (0, 2), (1, 2)]
    # One of two consumers has had the batch: nothing of it can be taken back.
    net, a = relays(0, 0)
    net.connect(net.add(en.Relay(4, name="back")).out, a.spikes)
    sim = run(net, [(0, a.spikes, 0, 1)], "breadth", engine)
    assert sim.annihilated == 0


class Own(en.PythonModule):
    """Sends 0, 1 and 2, hears of them first, and takes the last two back when it hears of 0."""

    start = en.Port(emits="out")
    hear = en.Port(emits="out", accepts="units")
    out = en.Outlet()
    units = 3

    def on_start(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        for k in range(3):
            out.spike(k, 1)

    def on_hear(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        if i == 0:
            out.spike(2, -1)
            out.spike(1, -1)


@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("order", ["breadth", "depth", "fifo", "topological"])
def test_what_has_been_heard_at_one_wire_goes_on_to_the_next_when_the_rest_is_taken_back(
    order: str, engine: str
) -> None:
    net = en.Network()
    own = net.add(Own(name="own"))
    net.connect(own.out, own.hear)
    net.connect(own.out, net.add(en.Sink(3, name="sink")).spikes)
    sim = run(net, [(0, own.start, 0, 1)], order, engine)
    assert [(port, index, sign) for _, port, index, sign in arrivals(sim)] == [(1, 0, 1), (2, 0, 1)]
    assert sim.annihilated == 4
    assert sim.idle


class Regret(en.PythonModule):
    """Sends a spike to itself and one out; hears of the first, and takes the other back before anybody hears of it."""

    start = en.Port(emits=("loop", "out"))
    back = en.Port(emits="out")
    loop = en.Outlet()
    out = en.Outlet()

    def on_start(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        out.spike(0, 1, 0)
        out.spike(0, 1, 1)

    def on_back(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        out.spike(0, -1)
        if t % 7 == 3:
            out.spike(0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("order", few(["depth", "breadth", "fifo"], 1))
def test_bursts_that_were_dropped_leave_no_room_behind(order: str) -> None:
    # Depth-first the end of a region stays where it is when its last burst is dropped: what lies before it is dead, and
    # goes when the region is full. Nothing is lost by it, and nothing grows.
    net = en.Network()
    regret = net.add(Regret(name="regret"))
    net.connect(regret.loop, regret.back)
    net.connect(regret.out, net.add(en.Sink(1, name="sink")).spikes)
    rows = [(t, regret.start, 0, 1) for t in range(2_000)]
    logs = [run(net, rows, order, engine) for engine in reversed(ENGINES)]
    assert logs[0].annihilated == logs[1].annihilated == 4_000
    assert arrivals(logs[0]) == arrivals(logs[1])
    assert logs[0].log["port"].tolist().count(2) == len([t for t in range(2_000) if t % 7 == 3])
    fresh = en.Simulation(net, order, annihilate=True)
    assert logs[0].engine.queue.cap.tolist() == fresh.engine.queue.cap.tolist()


def test_off_nothing_meets_and_a_checkpoint_knows_which_it_was() -> None:
    net, a = relays(0)
    rows = [(0, a.spikes, 1, 1), (0, a.spikes, 1, -1)]
    sim = run(net, rows, "breadth", "reference", annihilate=False)
    assert (sim.annihilated, len(arrivals(sim))) == (0, 2)
    with pytest.raises(DataError, match="another annihilate"):
        en.Simulation(net, engine="reference", record=True, annihilate=True).resume(sim.checkpoint())


# --- against a list ---
def by_list(tiny: Tiny, order: str) -> tuple[list[tuple[int, int, int]], int]:
    """Deliveries (layer, index, sign) in order, and how many spikes were annihilated; orders depth and fifo."""
    phi = [[0] * len(w[0]) for _, w in tiny.layers]
    targets = {k: [b for a, b in tiny.wires if a == k] for k in range(len(tiny.layers))}
    # Layers are numbered as ports are: inputs go by layer, then as they come.
    waiting: list[Any] = [(k, i, s, None) for k, i, s in sorted(tiny.inputs, key=lambda event: event[0])]
    log, gone, number = [], 0, 0
    while waiting:
        k, i, s, _ = waiting.pop(0)
        log.append((k, i, s))
        made = []
        for j, sign in react(tiny, phi, (k, i, s)):
            own = [entry for entry in [*made, *waiting] if entry[3] and entry[3][:3] == (k, j, -sign)]
            whole = [sp for sp, n in Counter(entry[3] for entry in own).items() if n == len(targets[k])]
            if whole:
                last = max(whole, key=lambda sp: sp[3])
                made = [entry for entry in made if entry[3] != last]
                waiting = [entry for entry in waiting if entry[3] != last]
                gone += 2
                continue
            number += 1
            made += [(b, j, sign, (k, j, sign, number)) for b in targets[k]]
        waiting = [*made, *waiting] if order == "depth" else [*waiting, *made]
    return log, gone


@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("order", ["depth", "fifo"])
def test_runs_are_those_of_a_list(order: str, engine: str) -> None:
    total = 0
    for seed in range(150 if engine == "reference" else 40):
        rng, tiny = np.random.default_rng([seed, 7]), random_tiny(seed)
        more = tuple((0, int(rng.integers(len(tiny.layers[0][1][0]))), int(rng.choice([-1, 1]))) for _ in range(6))
        tiny = Tiny(tiny.layers, tiny.wires, tiny.inputs + more, tiny.step)
        net, rows = tiny.network()
        sim = run(net, rows, order, engine)
        log, gone = by_list(tiny, order)
        ports = {int(net[f"m{k}"].spikes): k for k in range(len(tiny.layers))}  # type: ignore[attr-defined]
        assert [(ports[port], index, sign) for *_, port, index, sign in sim.log.tolist()] == log, seed
        assert sim.annihilated == gone, seed
        total += gone
    # Depth-first a layer of a feed-forward network hears nothing while spikes of its own wait.
    assert total > 50 if order == "fifo" else total == 0


# --- what must hold ---
@pytest.mark.slow
@pytest.mark.parametrize("engine", few(ENGINES, 1))
def test_a_run_cut_and_resumed_at_any_delivery_is_the_same(engine: str) -> None:
    met = 0
    for seed in range(20):
        case = make_opposite_case(seed)
        whole = en.Simulation(case.net, engine=engine, **case.options)
        try:
            feed(whole, case.inputs, "at once", case.until)
        except en.EventnetError:
            continue
        if whole.deliveries < 4:
            continue
        wanted = seen(whole, case.net)
        for split in np.random.default_rng([seed, 8]).integers(1, whole.deliveries, 2).tolist():
            sim = en.Simulation(case.net, engine=engine, **case.options)
            sim.inject(case.inputs)
            sim.run(until=case.until, max_deliveries=split)
            before = sim.annihilated
            later = en.Simulation(case.net, engine=engine, **case.options).resume(sim.checkpoint())
            later.run(until=case.until)
            assert seen(later, case.net) == wanted, (seed, split)
            met += later.annihilated > before
    assert met > 3


def test_what_arrives_in_sum_at_relays_is_the_same() -> None:
    saved = 0
    for seed in range(20):
        tiny = random_tiny(seed, ("relay",))
        rng = np.random.default_rng([seed, 9])
        more = tuple((0, int(rng.integers(len(tiny.layers[0][1][0]))), int(rng.choice([-1, 1]))) for _ in range(5))
        net, rows = Tiny(tiny.layers, tiny.wires, tiny.inputs + more).network()
        for order in ORDERS:
            with_it, without = (run(net, rows, order, "reference", annihilate=on) for on in (True, False))
            answers = [analysis.answers.read_answer(en.Run(sim), "ends") for sim in (with_it, without)]
            assert analysis.answers.same(*answers)
            assert with_it.deliveries <= without.deliveries
            saved += without.deliveries - with_it.deliveries
    assert saved > 30


def test_a_notice_to_oneself_never_meets_anything() -> None:
    net = en.Network(coalesce="burst")
    layer = net.add(en.Herding(2, net.weights([[0.4, 0.6]]), name="layer"))
    net.connect(layer.out, net.add(en.Sink(2, name="sink")).spikes)
    rows = [(0, layer.spikes, 0, 1), (0, layer.spikes, 0, 1), (0, layer.spikes, 0, -1)]
    for engine in ENGINES:
        sim = run(net, rows, "breadth", engine)
        assert sim.annihilated == 0
        assert sim[layer].noticed.tolist() == [0]
