"""Spikes are counted by unit, signs included, on both engines."""

from __future__ import annotations

import numpy as np
import pytest

import eventnet as en


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
