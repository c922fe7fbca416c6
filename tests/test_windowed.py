"""Sensors that speak in windows: where windows begin and end, what is refused, and their packets on a clock."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import ModelError
from eventnet.event import VALUE_EVENT, Events
from eventnet.scenarios.sensors import DVS, Grating, Gyroscope, InertialParameters, InertialUnit, Windowed, on_clock
from eventnet.scenarios.worlds import RandomTurning


class Stops(Windowed):
    """Says when it was asked, in place of events."""

    def _run(self) -> Callable[[float], Events]:
        return lambda stop: np.array([(int(stop), 0, stop)], VALUE_EVENT)


@pytest.mark.parametrize("window, until, stops", [
    (10, 130, [110, 120, 130]),
    (20, 130, [120, 130]),
    (1000, 130, [130]),
    (10, 100, []),
    (10, 0, []),
])  # fmt: skip
def test_windows_begin_with_the_sensor_and_end_where_asked(window: float, until: float, stops: list) -> None:
    assert [float(p["value"][0]) for p in Stops(100).packets(window, until)] == stops


def test_windows_go_on_for_ever() -> None:
    packets = Stops(0).packets(7)
    assert [int(next(packets)["t"][0]) for _ in range(1000)][-1] == 7000


def test_all_events_at_once() -> None:
    assert Stops(0).events(2.5e6)["value"].tolist() == [1e6, 2e6, 2.5e6]
    assert Stops(0).events(0).dtype == VALUE_EVENT


def test_a_sensor_may_end() -> None:
    class Short(Windowed):
        def _run(self) -> Callable[[float], Events | None]:
            return lambda stop: np.zeros(1, VALUE_EVENT) if stop <= 30 else None

    assert len(list(Short(0).packets(10))) == 3
    assert len(list(Short(0).packets(10, 20))) == 2


@pytest.mark.parametrize("begin", [math.nan, math.inf])
def test_a_begin_that_is_no_time_is_refused(begin: float) -> None:
    with pytest.raises(ModelError, match=f"begin_us is {begin}; wanted a finite time"):
        Stops(begin)


@pytest.mark.parametrize("window", [0, -1, math.nan])
def test_a_window_without_length_is_refused(window: float) -> None:
    with pytest.raises(ModelError, match=f"window_us is {window}; wanted above 0"):
        Stops(0).packets(window)


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
