"""What engines ask of a network's wires: how far ahead spikes are sent, and who predicts."""

from __future__ import annotations

import numpy as np

import eventnet as en
from eventnet.engine.state import longest_delays, make_slots, neurons_of
from eventnet.kernels.prediction_heap import FROM_OUTLET, POSITION, TO_PORT, UNIT


def _network() -> en.Network:
    net = en.Network("float64")
    eye = net.add(en.Relay(3, name="eye"))
    layer = net.add(en.ExponentialCurrent(2, net.weights(np.ones((3, 2))), name="layer"))
    end = net.add(en.Sink(3, name="end"))
    for delay in (4, 9, 0):
        net.connect(eye.out, end.spikes, delay=delay)
    net.connect(eye.out, layer.spikes)
    return net


def test_of_an_outlets_wires_the_longest_counts() -> None:
    found = longest_delays(_network())
    assert found["eye", "out"] == 9
    assert found["layer", "out"] == -1


def test_every_unit_that_predicts_has_a_slot() -> None:
    net = _network()
    slots, first = make_slots(net, 0)
    assert [neurons_of(module) for module in net.modules] == [0, 2, 0]
    assert first == {"layer": 0}
    outlet = next(k for k, o in enumerate(net.outlets()) if o.outlet.predicts is not None)
    port = net.predictions()[0][1]
    wanted = np.zeros((2, 8), np.int64)
    wanted[:, POSITION], wanted[:, TO_PORT], wanted[:, FROM_OUTLET], wanted[:, UNIT] = -1, int(port), outlet, (0, 1)
    np.testing.assert_array_equal(slots, wanted)
