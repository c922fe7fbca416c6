"""Adds of each delivery told from a few are those counted one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from anytime_cases import changing, spiking
from cases import make_case

import eventnet as en
from eventnet import analysis
from eventnet.analysis import cost_so_far, count_adds
from eventnet.analysis.cost_so_far import adds_by_delivery, spikes_made


def logged(sim: en.Simulation) -> tuple[Any, en.Tally]:
    sim.run()
    return sim.log, sim.tally


@pytest.mark.parametrize("order", ["depth", "breadth", "magnitude"])
@pytest.mark.parametrize("coalesce", ["none", "burst"])
def test_told_from_a_few_they_are_those_counted_one_by_one(monkeypatch: Any, order: str, coalesce: str) -> None:
    probes: list[int | None] = []

    def counting(sim: en.Simulation, limit: int | None = None) -> Any:
        probes.append(limit)
        return count_adds(sim, limit)

    monkeypatch.setattr(cost_so_far, "PROBED", 60)
    monkeypatch.setattr(cost_so_far, "count_adds", counting)
    for shown in (spiking(30)[0], changing(9, coalesce)[0]):

        def fresh(shown: Any = shown) -> en.Simulation:
            made: en.Simulation = shown.simulation(
                order, engine="reference", coalesce=coalesce, record=True, roots=True
            )
            return made

        log, tally = logged(fresh())
        probes.clear()
        found = adds_by_delivery(fresh, log, tally)
        assert sum(int(n or 0) for n in probes) < len(log) / 2  # most of them were told
        assert found.tolist() == count_adds(fresh()).tolist()
        assert found.sum() == tally.adds


@pytest.mark.slow
def test_random_networks_are_counted_exactly_whatever_their_rules(monkeypatch: Any) -> None:
    monkeypatch.setattr(cost_so_far, "PROBED", 5)
    checked = 0
    for seed in range(120):
        case = make_case(seed, engine="reference")
        report = analysis.order_sensitivity(case.net)
        if report.cycles or report.delayed_cycles:  # it may never come to rest
            continue

        def fresh(case: Any = case) -> en.Simulation:
            sim = en.Simulation(case.net, **case.options)
            sim.inject(case.inputs)
            return sim

        try:
            log, tally = logged(fresh())
        except en.EventnetError:
            continue
        assert adds_by_delivery(fresh, log, tally).tolist() == count_adds(fresh()).tolist(), seed
        checked += len(log) > 5
    assert checked > 10


def test_a_module_that_costs_more_from_time_to_time_is_counted_one_by_one(monkeypatch: Any) -> None:
    monkeypatch.setattr(cost_so_far, "PROBED", 4)

    class Fickle(en.PythonModule):
        spikes = en.Port(accepts="units")
        units = 1

        def begin(self) -> None:
            self.heard = 0

        def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
            self.heard += 1
            tally[en.COLUMNS.index("neuron_adds")] += 7 if self.heard == 30 else 2

    def fresh() -> en.Simulation:
        net = en.Network()
        relay = net.add(en.Relay(1, name="relay"))
        net.connect(relay.out, net.add(Fickle(name="fickle")).spikes)
        sim = en.Simulation(net, "depth", engine="reference", record=True, roots=True)
        sim.inject([(t, relay.spikes, 0, 1) for t in range(50)])
        return sim

    log, tally = logged(fresh())
    found = adds_by_delivery(fresh, log, tally)
    assert found[59] == 7
    assert sorted(set(found.tolist())) == [0, 2, 7]


def test_a_spike_over_two_wires_is_one_spike() -> None:
    net = en.Network()
    relay = net.add(en.Relay(1, name="relay"))
    for name in "ab":
        net.connect(relay.out, net.add(en.Sink(1, name=name)).spikes)
    log = en.simulate(net, [(0, relay.spikes, 0, 1)], record=True, engine="reference").log
    assert spikes_made(log, net).tolist() == [1, 0, 0]
    assert np.array_equal(log["parent"], [-1, 0, 0])
