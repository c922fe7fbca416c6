"""A raster has each spike of a module once, in the millisecond and the row that it came in."""

from __future__ import annotations

import numpy as np

import eventnet as en
from eventnet.scenarios.shared.spike_raster import SpikeRaster


def test_each_spike_is_in_its_row_and_millisecond() -> None:
    net = en.Network()
    eye = net.add(en.Relay(3, name="eye"))
    net.connect(eye.out, net.add(en.Sink(3, name="answer")).spikes)
    sim = en.Simulation(net, engine="reference", recorders=[en.record("eye", "spikes")])
    times, units = [0, 999, 1000, 2500, 4999, 5000], [0, 1, 2, 0, 1, 2]
    sim.inject([(t, eye.spikes, unit, 1) for t, unit in zip(times, units)])
    raster = SpikeRaster(sim, "eye")
    parts = []
    for until in (2500, 5000, 5001):
        sim.run(until)
        parts.append(raster.picture(until)["raster"])
    assert [part.shape for part in parts] == [(3, 3), (3, 3), (3, 1)]
    black = [np.argwhere(part == 0).tolist() for part in parts]
    assert black == [[[0, 0], [1, 0], [2, 1]], [[0, 0], [1, 2]], [[2, 0]]]
