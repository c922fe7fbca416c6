"""Opposite spikes in a checkpoint: every delivery of what may be taken back can be found."""

from __future__ import annotations

import pytest

import eventnet as en
from eventnet.errors import DataError


@pytest.mark.slow
def test_a_spike_whose_other_deliveries_are_gone_is_refused_where_opposites_look_for_them() -> None:
    net = en.Network()
    relay = net.add(en.Relay(3, name="relay"))
    sink = net.add(en.Sink(3, name="sink"))
    net.connect(relay.out, sink.spikes)
    net.connect(relay.out, sink.spikes, delay=2)

    def made(order: str) -> en.Simulation:
        return en.Simulation(net, order, annihilate=True)

    for order in ("breadth", "random"):
        sim = made(order)
        sim.inject([(0, relay.spikes, k, 1) for k in range(3)])
        sim.run(max_deliveries=3)
        whole = sim.checkpoint()
        assert made(order).resume(whole).run().deliveries == 9
        whole.arrays["engine:queue:line_count"][0] -= 1
        with pytest.raises(DataError, match="does not wait"):
            made(order).resume(whole)
