"""Sensors on the clock: any window gives the same run."""

from __future__ import annotations

import numpy as np
import pytest

import eventnet as en
from eventnet.scenarios.sensors import DVS, Grating, Gyroscope, InertialParameters, InertialUnit, on_clock
from eventnet.scenarios.worlds import RandomTurning


def run(window: float) -> bytes:
    """The log of a network that takes in a small DVS and a gyroscope."""
    net = en.Network(dtype="float32")
    updates = net.weights(np.zeros((4096, 2)))
    encoder = net.add(en.ChangeEncoder(net.weights(np.zeros((1, 3))), updates, k=0.1))
    layer = net.add(en.Herding(4, net.weights(np.full((6, 4), 0.3))))
    net.connect(encoder.out, net.add(en.Sink(3)).spikes)
    sim = en.Simulation(net, engine="reference", record=True)
    clock = en.Clock(sim)
    dvs = DVS(Grating(np.arange(6.0).reshape(2, 3), amplitude=1.0, hz=10))
    unit = InertialUnit(RandomTurning(2), InertialParameters(Gyroscope(white_noise=10), None, jitter_us=100), seed=5)
    clock.play(on_clock(dvs, window, 150_000), layer.spikes, width=3)
    clock.play(on_clock(unit, window), into=encoder)
    clock.run(until=100_000)
    assert len(sim.log) > 400
    return np.asarray(sim.log).tobytes()


def test_a_run_does_not_depend_on_the_window() -> None:
    assert run(1000) == run(777.7) == run(50_000)


@pytest.mark.parametrize("window, until, ends", [(1000, 2500, [1000, 2000, 2500]), (0.5, 1.2, [1, 1, 2])])
def test_a_packet_tells_all_up_to_its_end(window: float, until: float, ends: list) -> None:
    unit = InertialUnit(RandomTurning(2), InertialParameters(rate_hz=100_000))
    packets = list(on_clock(unit, window, until))
    assert [packet.until for packet in packets] == ends
    for packet, begin in zip(packets, [0, *ends]):
        assert ((packet.events["t"] >= begin) & (packet.events["t"] < packet.until)).all()
    assert np.array_equal(np.concatenate([packet.events for packet in packets]), unit.events(until))
