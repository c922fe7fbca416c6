"""Spikes that neurons foresee: one slot a neuron, due at the first tick not before their time, first of their instant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eventnet as en
from eventnet.errors import InputError, NetworkError, RuleError, WiringError
from eventnet.kernels import prediction_heap as heap

ENGINES = ("reference", "compiled")


# --- the heap --------------------------------------------------------------------------------------------------------
@settings(max_examples=200, deadline=None)
@given(st.integers(1, 12), st.lists(st.tuples(st.integers(0, 11), st.integers(-3, 9)), max_size=80))
def test_the_heap_gives_what_a_dictionary_gives(neurons: int, moves: list[tuple[int, int]]) -> None:
    slots = np.zeros((neurons, 8), dtype=np.int64)
    slots[:, heap.POSITION] = -1
    waiting, known = 0, {}
    for n, due in moves:
        neuron = n % neurons
        if due < 0:  # the first falls due, or the neuron takes back what it said
            neuron = int(slots[0, heap.HEAP]) if due == -1 and waiting else neuron
            if due == -1 and waiting:
                assert neuron == min(known, key=lambda m: (known[m], m))
            waiting = heap.cancel(slots, waiting, neuron)
            known.pop(neuron, None)
        else:
            waiting = heap.predict(slots, waiting, neuron, due, 0, 0)
            known[neuron] = due
        assert waiting == len(known)
        assert sorted(slots[:waiting, heap.HEAP].tolist()) == sorted(known)
    found = []
    while waiting:
        found.append(int(slots[0, heap.HEAP]))
        waiting = heap.cancel(slots, waiting, found[-1])
    assert found == sorted(known, key=lambda m: (known[m], m))


@pytest.mark.parametrize(
    "t, now, due",
    [(3.0, 0, 3), (3.001, 0, 4), (2.999, 0, 3), (5.0, 5, 6), (4.0, 5, 6), (-9.5, 5, 6), (-2.5, -5, -2), (float("inf"), 0, heap.FOREVER), (float("-inf"), 7, 8), (2.0**61, 0, 2**61), (2.0**62, 0, heap.BEYOND), (7.0, 2**62 - 1, heap.BEYOND)],
)  # fmt: skip
def test_a_prediction_falls_due_at_the_first_tick_not_before_its_time_and_never_now(
    t: float, now: int, due: int
) -> None:
    assert heap.due_tick(t, now) == due


# --- a module that predicts what it is told ---------------------------------------------------------------------------
@en.rule
def told(i, s, t, out, tally, times):
    """Row i: unit, time from now (a negative one cancels)."""
    unit = int(times[i, 0])
    if times[i, 1] < 0:
        out.cancel(unit)
    else:
        out.predict(unit, t + times[i, 1])


@en.rule
def report(i, s, t, out, tally):
    out.spike(i, s)


class Prophet(en.Module):
    times = en.Weights("rows", 2)
    say = en.Port(told, accepts="rows")
    come = en.Port(report, emits="out", accepts="units")
    out = en.Outlet()
    predicted = en.Outlet(predicts="come")


class PlainProphet(en.PythonModule):
    """The same in plain Python."""

    units = en.Size()
    times = en.Weights("rows", 2)
    say = en.Port(accepts="rows")
    come = en.Port(emits="out", accepts="units")
    out = en.Outlet()
    predicted = en.Outlet(predicts="come")

    def on_say(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        unit, wait = self.times.array[i].tolist()
        if wait < 0:
            out.cancel(int(unit))
        else:
            out.predict(int(unit), t + wait)

    def on_come(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        out.spike(i, s)


def prophecy(
    table: list[tuple[int, float]], feed: list[tuple[int, int]], engine: str, order: str = "depth", kind: Any = Prophet
) -> tuple[en.Simulation, list[tuple[int, int, str, int, int]]]:
    """Feed (t, row) to a prophet; what was delivered: (id, t, port, index, parent)."""
    net = en.Network("float64")
    prophet = net.add(kind(8, net.weights(np.array(table, dtype=float))))
    sink = net.add(en.Sink(8, name="sink"))
    net.connect(prophet.out, sink.spikes)
    sim = en.Simulation(net, order, engine=engine, record=True, roots=True)
    sim.inject([(t, prophet.say, row, 1) for t, row in feed])
    sim.run()
    names = [str(p).split(".")[1] for p in net.ports()]
    return sim, [(int(d["id"]), int(d["t"]), names[d["port"]], int(d["index"]), int(d["parent"])) for d in sim.log]


@pytest.mark.parametrize("kind", [Prophet, PlainProphet])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_later_prediction_moves_the_spike_and_is_its_parent(engine: str, kind: Any) -> None:
    sim, log = prophecy([(2, 10.0), (2, 3.5)], [(0, 0), (1, 1)], engine, kind=kind)
    assert log == [(0, 0, "say", 2 - 2, -1), (1, 1, "say", 1, -1), (2, 5, "come", 2, 1), (3, 5, "spikes", 2, 2)]
    assert sim.log["root"].tolist() == [0, 1, 1, 1]
    assert sim.idle
    assert sim.predictions == 0


@pytest.mark.parametrize("kind", [Prophet, PlainProphet])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_cancelled_prediction_never_comes(engine: str, kind: Any) -> None:
    _, log = prophecy([(2, 10.0), (2, -1.0), (3, -1.0)], [(0, 0), (1, 1), (2, 2)], engine, kind=kind)
    assert [row[2] for row in log] == ["say", "say", "say"]


@pytest.mark.parametrize("order", en.ORDERS)
@pytest.mark.parametrize("engine", ENGINES)
def test_predicted_spikes_go_first_of_their_instant_in_the_order_of_their_neurons(engine: str, order: str) -> None:
    _, log = prophecy([(5, 4.0), (1, 4.0), (3, 4.0), (0, 99.0)], [(0, 0), (0, 1), (0, 2), (4, 3)], engine, order)
    at_four = [(port, index) for _, t, port, index, _ in log if t == 4]
    assert at_four[:3] == [("come", 1), ("come", 3), ("come", 5)]
    inputs = at_four.index(("say", 3))
    if order == "depth":  # what a crossing makes in depth-first order goes before the inputs
        assert inputs == 6
    else:
        assert inputs == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_the_queue_holds_no_more_predictions_than_there_are_neurons(engine: str) -> None:
    net = en.Network("float64")
    prophet = net.add(Prophet(8, net.weights(np.array([(k % 8, 1e6 + k) for k in range(100)], dtype=float))))
    sim = en.Simulation(net, engine=engine)
    for t in range(50):
        sim.inject([(t, prophet.say, row, 1) for row in range(100)])
        sim.run(until=t + 1)
        assert sim.predictions == 8
    sim.run()
    assert sim.deliveries == 5000 + 8


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_stops_before_a_prediction_at_its_end_and_goes_on_with_it(engine: str) -> None:
    net = en.Network("float64")
    prophet = net.add(Prophet(8, net.weights(np.array([(1, 5.0)]))))
    sim = en.Simulation(net, engine=engine)
    sim.inject([(0, prophet.say, 0, 1)])
    assert sim.run(until=5).deliveries == 1
    assert sim.predictions == 1
    assert not sim.idle
    assert sim.run(until=6).deliveries == 2


@pytest.mark.parametrize("kind", [Prophet, PlainProphet])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_unit_that_is_none_cannot_predict(engine: str, kind: Any) -> None:
    with pytest.raises(RuleError, match="predicted for a unit that cannot"):
        prophecy([(8, 1.0)], [(0, 0)], engine, kind=kind)


@en.rule
def not_a_time(i, s, t, out, tally):
    out.predict(i, np.nan)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_time_that_is_not_a_number_is_refused(engine: str) -> None:
    class Nan(en.Module):
        units = 1
        say = en.Port(not_a_time)
        predicted = en.Outlet(predicts="say")

    net = en.Network()
    nan = net.add(Nan())
    with pytest.raises(RuleError, match="a time that is not a number"):
        en.simulate(net, [(0, nan.say, 0, 1)], engine=engine)


# --- wiring ----------------------------------------------------------------------------------------------------------
def test_a_predicting_outlet_takes_no_wire() -> None:
    net = en.Network("float64")
    prophet, sink = net.add(Prophet(2, net.weights(np.ones((1, 2))))), net.add(en.Sink(2))
    with pytest.raises(WiringError, match="takes no other wire"):
        net.connect(prophet.predicted, sink.spikes)


def test_a_module_class_with_impossible_predictions_is_refused() -> None:
    with pytest.raises(NetworkError, match="not a port"):
        type("Wrong", (en.Module,), {"predicted": en.Outlet(predicts="nowhere")})
    with pytest.raises(NetworkError, match="may have one"):
        type("Two", (en.Module,), {"p": en.Port(report, emits="a"), "a": en.Outlet(predicts="p"), "b": en.Outlet(predicts="p")})  # fmt: skip
    with pytest.raises(NetworkError, match="which only predictions leave by"):
        type("Emits", (en.Module,), {"p": en.Port(report, emits="a"), "a": en.Outlet(predicts="p")})


def test_a_port_too_narrow_for_what_is_predicted_is_refused() -> None:
    class Narrow(en.Module):
        units = 3
        come = en.Port(report, emits="out", accepts=1)
        out = en.Outlet()
        predicted = en.Outlet(predicts="come")

    with pytest.raises(WiringError, match="predicts for 3 units"):
        en.Network().add(Narrow())


# --- stopping --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", en.ORDERS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_stops_after_the_first_delivery_at_a_port_and_goes_on_as_if_it_had_not(engine: str, order: str) -> None:
    def network() -> tuple[en.Network, Any, Any]:
        net = en.Network("float64")
        a = net.add(en.Relay(4))
        b = net.add(en.Herding(4, net.weights(np.full((4, 4), 0.3))))
        sink = net.add(en.Sink(4))
        net.connect(a.out, b.spikes)
        net.connect(b.out, sink.spikes)
        feed = en.events([(t, a.spikes, i, 1) for t in range(3) for i in range(4)])
        return net, sink, feed

    net, sink, feed = network()
    whole = en.simulate(net, feed, order=order, engine=engine, record=True)
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject(feed)
    stops = 0
    while not sim.idle:
        sim.run(stop=sink.spikes)
        at_sink = int((sim.log["port"] == int(sink.spikes)).sum())
        stops += 1
        assert at_sink == stops or sim.idle
    assert stops > 3
    assert sim.log.tobytes() == whole.log.tobytes()


def test_a_run_stops_at_a_port_of_its_own_network_only() -> None:
    net, other = en.Network(), en.Network()
    net.add(en.Relay(1))
    foreign = other.add(en.Relay(1))
    for wrong in (foreign.spikes, 0, "relay0"):
        with pytest.raises(InputError, match="stops at a port of this network"):
            en.Simulation(net).run(stop=wrong)  # type: ignore[arg-type]
