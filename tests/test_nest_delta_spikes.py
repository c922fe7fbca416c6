"""Spikes of small networks equal, to the step, those of NEST's iaf_psc_delta on its grid (`tests/scripts/nest_delta_spikes.py`).

What is called the same differs in two places. NEST's neuron takes nothing up in `t_ref` steps after that of its spike,
and leaves its reset a step later: a refractory time of one tick more, from a reset that has decayed by a tick.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import eventnet as en

MADE = json.loads((Path(__file__).parent / "fixtures" / "nest" / "iaf_psc_delta.json").read_text("utf-8"))


def simulated(case, engine, decay="tick"):
    """Ticks at which each unit fires."""
    net = en.Network(dtype="float64")
    n = len(case["given"])
    cells = net.add(en.LeakyDelta(
        n, tau=case["tau"], threshold=case["threshold"], reset=case["reset"] * math.exp(-1 / case["tau"]),
        refractory=case["refractory"] + 1, decay=decay, name="cells",
    ))  # fmt: skip
    given = net.add(en.SpikeSource(case["given"], name="given"))
    net.connect(given, cells, en.Edges(range(n), range(n)), weight=case["weights"], delay=1)
    sources, targets, weights, delays = map(list, zip(*case["edges"], strict=True))
    net.connect(cells, cells, en.Edges(sources, targets), weight=weights, delay=delays)
    net.connect(cells, net.add(en.Sink(n, name="sink")))
    begin = [(0, given.ticks, 0, 1)]
    if "currents" in case:
        times = [t + CURRENT_DELAY for t in case["currents"]["times"]]
        current = net.add(en.CurrentSteps(cells, times=times, levels=case["currents"]["levels"], until=case["until"]))
        begin.append((0, current.ticks, 0, 1))
    sim = en.Simulation(net, engine=engine, recorders=[en.record(cells, "spikes")])
    sim.inject(begin)
    found = sim.run(until=case["until"]).recorded()
    return [found.times[found.units == k].tolist() for k in range(n)]


CURRENT_DELAY = 1
"""Steps from when NEST's generator sets a current to when a neuron begins to take it up, over a connection of 0.1 ms."""


@pytest.mark.parametrize("name", MADE["cases"])
@pytest.mark.parametrize("decay", ["tick", "event"])
def test_spikes_are_those_of_nest(name, decay):
    case = MADE["cases"][name]
    wanted = [[t for t in ticks if t < case["until"]] for ticks in case["spikes"]]
    found = simulated(case, "compiled", decay)
    assert sum(map(len, wanted)) > 200
    differing = [k for k in range(len(wanted)) if found[k] != wanted[k]]
    assert not differing, (differing, found[differing[0]][:5], wanted[differing[0]][:5])


def test_the_test_can_tell():
    """A tick more or less of the refractory time is another raster."""
    case = MADE["cases"]["reset at rest"]
    for other in (case["refractory"] - 1, case["refractory"] + 1):
        found = simulated(case | {"refractory": other}, "compiled")
        assert sum(a != b for a, b in zip(found, case["spikes"], strict=True)) > 3
    assert np.mean([len(ticks) for ticks in case["spikes"]]) > 5
