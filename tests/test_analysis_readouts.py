"""Which modules can be read out, and what they would answer."""

from __future__ import annotations

import numpy as np
import pytest
from anytime_cases import changing, counted, spiking

import eventnet as en
from eventnet.analysis.readouts import find_readout
from eventnet.errors import ModelError


def test_the_module_that_can_be_read_out_is_found() -> None:
    assert find_readout(spiking()[0].net).module == "layer1"
    assert find_readout(changing()[0].net).module == "layer1"
    assert find_readout(counted()[0].net, "c").module == "c"


def test_sums_are_added_up_in_the_number_type_of_the_read_out() -> None:
    rng = np.random.default_rng(0)
    net = en.Network(dtype="float32")
    relay = net.add(en.Relay(3, name="relay"))
    weights = rng.normal(0, 1, (3, 4))
    end = net.add(en.Accumulator(4, net.weights(weights), net.weights(np.zeros((1, 4))), name="end"))
    net.connect(relay.out, end.spikes)
    rows = [
        (t, relay.spikes, int(i), int(s))
        for t, (i, s) in enumerate(zip(rng.integers(0, 3, 200), rng.choice([-1, 1], 200)))
    ]
    rows.append((120, end.reset, 0, 1))
    sim = en.Simulation(net, "depth", engine="reference", record=True)
    sim.inject(en.events(rows))
    state = []
    while not sim.idle:
        sim.run(max_deliveries=1)
        state.append(sim[end].phi.copy())
    at, sums = find_readout(net).sums(sim.log, np.array([0]))
    assert sums.dtype == np.float32
    assert len(at) == 201
    assert sums.tobytes() == np.array(state)[at].tobytes()


def test_what_cannot_be_read_out_is_named() -> None:
    net = en.Network()
    a = net.add(en.Herding(2, net.weights(np.eye(2)), name="a"))
    with pytest.raises(ModelError, match="0 modules could be read out"):
        find_readout(net)
    with pytest.raises(ModelError, match="'a', a Herding, cannot be read out"):
        find_readout(net, a)
    for name in "bc":
        net.connect(a.out, net.add(en.Sink(2, name=name)).spikes)
    with pytest.raises(ModelError, match=r"2 modules could be read out: \['b', 'c'\]"):
        find_readout(net)


def test_a_read_out_of_maps_is_refused() -> None:
    net = en.Network()
    for shape, says in (((1, 4, 4), "cannot be read out delivery by delivery"), ((1, 2, 2), "reads maps")):
        geometry = en.Geometry.window(shape, 2, (2, 2))
        answers = net.weights(np.zeros((1, geometry.units_out)))
        end = net.add(en.Readout(geometry, net.weights(np.ones((1, 8))), answers))
        with pytest.raises(ModelError, match=says):
            find_readout(net, end)
