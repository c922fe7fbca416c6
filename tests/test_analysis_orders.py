"""Every order on the same inputs: counts against the log and the tally, answers by letter, both granularities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import make_case
from test_analysis_order_sensitivity import diamond

import eventnet as en
from eventnet import analysis
from eventnet.analysis.answers import letters, read_answer, received, same
from eventnet.analysis.cascades import depths, end_ports, latencies, peak_queue
from eventnet.errors import ModelError


@pytest.mark.slow
def test_each_order_is_run_at_both_granularities() -> None:
    net, a = diamond(en.Rectified)
    found = analysis.orders(net, [(0, a.spikes, 0, 1)])
    assert [(o.coalesce, o.order) for o in found] == [(c, o) for c in ("none", "burst") for o in en.ORDERS]
    assert {o.answer for o in found if o.coalesce == "burst"} == {"B"}  # +1 and -1 meet before anything fires
    by_row = {o.order: o.answer for o in found if o.coalesce == "none"}
    assert (by_row["depth"], by_row["breadth"]) == ("A", "A")


def test_networks_without_bursts_are_run_once() -> None:
    net = en.Network()
    a = net.add(en.Relay(1, name="a"))
    net.connect(a.out, net.add(en.Sink(1, name="b")).spikes)
    assert len(analysis.orders(net, [(0, a.spikes, 0, 1)])) == len(en.ORDERS)


def test_numbers_are_those_of_the_run() -> None:
    net, a = diamond(en.Herding)
    runs = []
    found = analysis.orders(
        lambda: (net, [(0, a.spikes, 0, 1), (4, a.spikes, 0, -1)]), keep_runs=True, coalesce=("none",),
        score=lambda run: run.tally.adds / 2, progress=lambda done, of: runs.append((done, of)),
    )  # fmt: skip
    assert runs == [(k + 1, 6) for k in range(6)]
    for o in found:
        assert o.run is not None
        assert (o.deliveries, o.spikes, o.adds) == (o.tally.deliveries, o.tally.spikes, o.tally.adds)
        assert o.tally.by_port() == o.run.tally.by_port()
        assert o.energy == pytest.approx(0.9 * o.adds)  # float32, nothing multiplied: one product
        assert o.score == o.adds / 2
        assert o.to_dict()["adds"] == o.adds
        assert o.log is None
        assert (o.to_dict()["energy"], o.to_dict()["prices"]) == (o.energy, "Horowitz 45 nm, float32")
        compared = en.cost.HOROWITZ_FLOAT32.with_comparisons().energy(o.tally)
        assert o.to_dict()["energy_comparisons_too"] == compared > o.energy
        assert o.depth == 3


def test_depth_queue_and_latency_agree_with_a_walk_through_the_log() -> None:
    checked = 0
    for seed in range(40):
        case = make_case(seed, engine="reference")
        sim = en.Simulation(case.net, **case.options)
        sim.inject(case.inputs)
        try:
            sim.run(case.until)
        except en.EventnetError:
            continue
        log = sim.log
        depth: dict[int, int] = {}
        waiting = most = 0
        children: dict[int, int] = {}
        for line in log:
            children[int(line["parent"])] = children.get(int(line["parent"]), 0) + 1
        first: dict[int, Any] = {}
        ends = end_ports(case.net)
        for line in log:
            parent = int(line["parent"])
            depth[int(line["id"])] = 0 if parent < 0 else depth[parent] + 1
            waiting += children.get(int(line["id"]), 0) - (parent >= 0)
            most = max(most, waiting)
            if int(line["port"]) in ends and parent >= 0:
                first.setdefault(int(line["root"]), line)
        assert depths(log).tolist() == list(depth.values())
        assert peak_queue(log) == most
        ticks, before = latencies(log, ends)
        roots = sorted(first)
        assert ticks.tolist() == [int(first[r]["t"]) - int(log[r]["t"]) for r in roots]
        assert before.tolist() == [int(first[r]["id"]) - r for r in roots]
        checked += len(log) > 5
    assert checked > 10


def test_energy_has_the_range_of_its_prices() -> None:
    net, a = diamond(en.Herding)
    (o,) = analysis.orders(
        net, [(0, a.spikes, 0, 1)], orders=("depth",), coalesce=("none",), prices=en.cost.prices("loihi")
    )
    assert o.to_dict()["energy_low"] == en.cost.prices("loihi").estimate(o.tally).total.low < o.energy
    assert o.to_dict()["energy_high"] == o.estimate.total.high > o.energy
    assert o.to_dict()["energy_comparisons_too"] == o.energy  # Loihi's price of an event has them in it


def test_latency_is_read_at_the_output_that_is_named() -> None:
    net, a = diamond(en.Herding)
    feed = [(0, a.spikes, 0, 1), (3, net["meet"].spikes, 0, 1)]  # the second comes to the output itself
    (o,) = analysis.orders(net, feed, orders=("depth",), coalesce=("none",), output="meet")
    assert (o.reached, o.deliveries_before) == (1, 2.0)
    with pytest.raises(ModelError, match="did you mean 'meet'"):
        analysis.orders(net, feed, output="meat")


def test_logs_are_kept_where_they_are_asked_for() -> None:
    net, a = diamond(en.Herding)
    for o in analysis.orders(net, [(0, a.spikes, 0, 1)], keep_logs=True):
        log = en.simulate(net, [(0, a.spikes, 0, 1)], order=o.order, coalesce=o.coalesce, record=True).log
        assert o.log is not None
        assert o.log.tobytes() == log.tobytes()
        assert o.name == (f"{o.order}, per burst" if o.coalesce == "burst" else o.order)


def test_runs_that_are_kept_stay_in_one_process() -> None:
    net, a = diamond(en.Herding)
    with pytest.raises(ModelError, match="keep_logs"):
        analysis.orders(net, [(0, a.spikes, 0, 1)], keep_runs=True, processes=2)


def test_answers_by_name_and_by_function() -> None:
    net, a = diamond(en.Rectified)
    run = en.simulate(net, [(0, a.spikes, 0, 1)], order="depth", record=True)
    assert read_answer(run, "ends")[0].tolist() == [[int(net["end"].spikes), 0, 1]]
    assert read_answer(run, "end")[0].tolist() == read_answer(run, "ends")[0].tolist()
    assert [w.tolist() for w in read_answer(run, "weights")] == [[[1.0]], [[-1.0]], [[1.0]]]
    assert len(read_answer(run, "state")) > 3
    assert same(read_answer(run, lambda r: {"b": 2, "a": [1, 2]}), (np.array([1, 2]), np.array(2)))
    for wrong in ("nobody", lambda r: object()):
        with pytest.raises(ModelError, match="answer"):
            analysis.orders(net, [(0, a.spikes, 0, 1)], answer=wrong)


def test_spikes_that_cancel_at_an_end_leave_no_trace_in_the_answer() -> None:
    net = en.Network()
    end = net.add(en.Sink(2, name="end"))
    log = en.simulate(net, [(0, end.spikes, 0, 1), (1, end.spikes, 0, -1), (1, end.spikes, 1, 1)], record=True).log
    assert received(log, end_ports(net)).tolist() == [[0, 1, 1]]


def test_a_network_in_a_circle_has_no_ends() -> None:
    net = en.Network()
    a = net.add(en.Herding(1, net.weights([[0.1]]), name="a"))
    net.connect(a.out, a.spikes)
    with pytest.raises(ModelError, match="nothing ends"):
        analysis.orders(net, [(0, a.spikes, 0, 1)])
    assert {o.answer for o in analysis.orders(net, [(0, a.spikes, 0, 1)], answer="state")} == {"A"}


def test_inputs_come_once() -> None:
    net, a = diamond(en.Herding)
    with pytest.raises(ModelError, match="without inputs"):
        analysis.orders(net)
    with pytest.raises(ModelError, match="twice"):
        analysis.orders(lambda: (net, []), [(0, a.spikes, 0, 1)])


def test_letters_go_on_after_z_and_know_a_tolerance() -> None:
    assert letters([(np.array(k),) for k in range(28)])[25:] == ["Z", "AA", "AB"]
    near = [(np.array([1.0]),), (np.array([1.0 + 1e-9]),), (np.array([2.0]),)]
    assert letters(near, 1e-6) == ["A", "A", "B"]
    assert letters(near) == ["A", "B", "C"]
