"""The ticks of last spikes are kept, whatever their sign."""

from __future__ import annotations

import pytest

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.neurons.last_spikes import NEVER_SEEN, LastSpikes


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_the_last_spike_of_each_unit_is_kept(engine: str) -> None:
    net = en.Network()
    seen = net.add(LastSpikes(3))
    sim = en.Simulation(net, engine=engine)
    assert sim.state(seen)["seen"].tolist() == [NEVER_SEEN] * 3
    sim.inject([(0, seen.spikes, 0, 1), (2, seen.spikes, 2, -1), (7, seen.spikes, 0, 1)])
    tally = sim.run().tally
    assert sim.state(seen)["seen"].tolist() == [7, NEVER_SEEN, 2]
    assert tally.adds == 0


def test_units_there_must_be() -> None:
    with pytest.raises(NetworkError, match="units is 0; wanted a whole number, 1 or more"):
        LastSpikes(0)
