"""Relays and counters of spikes: what they pass on or count, and the map that a relay may say its units are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError


def test_what_comes_in_goes_out() -> None:
    net = en.Network("float32")
    relay, sink = net.add(en.Relay(4, name="relay")), net.add(en.Sink(4, name="sink"))
    net.connect(relay.out, sink.spikes)
    log = en.simulate(net, [(3, relay.spikes, 2, -1)], record=True, engine="reference").log
    assert log[["t", "port", "index", "sign"]].tolist() == [(3, int(p), 2, -1) for p in (relay.spikes, sink.spikes)]


def test_a_shape_is_kept_in_a_file(tmp_path: Path) -> None:
    net = en.Network("float32")
    net.add(en.Relay(24, shape=np.array([2, 3, 4]), name="map"))
    net.add(en.Relay(24, name="list"))
    net.save(tmp_path / "net.npz")
    found: Any = en.Network.load(tmp_path / "net.npz")
    assert (found["map"].shape, found["list"].shape) == ((2, 3, 4), None)


@pytest.mark.parametrize("shape", [(24,), (2, 3, 5), (2.0, 3, 4), (0, 3, 4), "2x3x4"])
def test_a_shape_that_is_none_is_refused(shape: Any) -> None:
    with pytest.raises(NetworkError, match="shape is .*(wanted channels, height and width|there are 24)"):
        en.Relay(24, shape=shape)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_spikes_are_counted_by_unit(engine: str) -> None:
    rng = np.random.default_rng(0)
    net = en.Network()
    counter = net.add(en.SpikeCounter(5, name="counter"))
    rows = [(int(t), counter.spikes, int(rng.integers(5)), int(rng.choice([-1, 1]))) for t in range(40)]
    run = en.simulate(net, rows, engine=engine)
    wanted = [sum(s for _, _, i, s in rows if i == unit) for unit in range(5)]
    assert run.state(counter)["count"].tolist() == wanted
    assert (run.tally.adds, run.tally.spikes, run.tally.deliveries) == (40, 0, 40)


def test_no_units_are_refused() -> None:
    with pytest.raises(en.EventnetError, match="units is 0"):
        en.SpikeCounter(0)
