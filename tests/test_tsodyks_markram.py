"""Short-term plasticity: a closed form, resources by source and by synapse, delays, what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from plastic_cases import network
from test_sparse_stdp import bytes_of, ran

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.learning import SparsePairStdp, TsodyksMarkram


def used_by_hand(times: list[int], U: float, rec: float, facil: float) -> list[float]:
    """u x at each spike, from the equations, integrated by steps of a 400th of a tick (Euler)."""
    u, x, found, at = 0.0, 1.0, [], times[0]
    for t in times:
        n = 400 * (t - at)
        for _ in range(n):
            u, x = u - (u / facil / 400 if facil else u), x + (1 - x) / rec / 400
        u = 0.0 if not facil else u
        u, at = u + U * (1 - u), t
        found.append(u * x)
        x -= u * x
    return found


def feed(net: en.Network, source: Any, times: list[int], i: int = 0) -> list[tuple[int, Any, int, int]]:
    return [(t, source.spikes, i, 1) for t in times]


TIMES = [3, 8, 9, 20, 21, 22, 60, 61, 90]


@pytest.mark.parametrize("facil", [0.0, 25.0])
def test_what_a_spike_sends_is_what_the_equations_say(facil: float) -> None:
    net = en.Network("float64")
    source, layer = net.add(en.Relay(1, name="source")), net.add(en.LeakyDelta(1, tau=1e9, threshold=1e6, name="layer"))
    rule = TsodyksMarkram.given(U=0.3, tau_rec=40.0, tau_facil=facil)
    made: Any = net.connect(source, layer, en.OneToOne(), weight=2.0, delay=5, plasticity=rule)
    sim = en.Simulation(net, engine="reference")
    sim.inject(feed(net, source, TIMES))
    found, before = [], 0.0
    for t in TIMES:
        phi = float(sim.run(until=t + 6)[layer].phi[0])
        found.append(phi - before)
        before = phi
        assert sim.weights(made.weights)[0, 0] == pytest.approx(found[-1], rel=1e-6)
    assert found == pytest.approx([2 * used for used in used_by_hand(TIMES, 0.3, 40.0, facil)], rel=2e-3)


def test_a_third_spike_by_hand() -> None:
    """U = 1/2, no facilitation: 1/2 w, then half of what has come back."""
    net = en.Network("float64")
    source, layer = net.add(en.Relay(1)), net.add(en.LeakyDelta(1, tau=1e9, threshold=1e6, name="layer"))
    rule = TsodyksMarkram.given(U=0.5, tau_rec=10.0)
    made: Any = net.connect(source, layer, en.OneToOne(), weight=1.0, plasticity=rule)
    sim = en.Simulation(net, engine="reference")
    sim.inject(feed(net, source, [0, 10]))
    assert sim.run().weights(made.weights)[0, 0] == 0.5 * (1 + (0.5 - 1) * math.exp(-1))


def test_numbers_are_one_a_source_and_a_spike_writes_one_word() -> None:
    net = en.Network("float64")
    source, layer = net.add(en.Relay(4)), net.add(en.LeakyDelta(50, tau=9.0, threshold=1e6, name="layer"))
    rule = TsodyksMarkram.given(U=[0.1, 0.2, 0.3, 0.4], tau_rec=30.0, tau_facil=10.0)
    made: Any = net.connect(source, layer, en.AllToAll(), weight=[1.0, 2.0, 3.0, 4.0], delay=2, plasticity=rule)
    own: Any = net[f"{made.name}_resources"]
    assert (made.weights.cols, len(own.state["u"]), own.weights.cols) == (4, 4, 4)
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, source.spikes, k, 1) for k in range(4)])
    sim.run()
    assert sim[layer].phi[0] == pytest.approx(0.1 + 0.4 + 0.9 + 1.6)
    row = sim.tally.by_module()[own.name]
    assert (row["deliveries"], row["reads"], row["writes"], row["learning_adds"]) == (4, 4, 4, 20)
    assert row["multiplies"] == 4 * (4 + 2 + 1)


def test_values_of_their_own_are_one_a_synapse() -> None:
    found = []
    for values in (0.25, np.full(6, 0.25)):
        net = en.Network("float64")
        source, layer = net.add(en.Relay(2)), net.add(en.LeakyDelta(3, tau=9.0, threshold=1e6, name="layer"))
        rule = TsodyksMarkram.given(U=values, tau_rec=30.0, tau_facil=10.0)
        made: Any = net.connect(source, layer, en.AllToAll(), weight=1.0, delay=2, plasticity=rule)
        sim = en.Simulation(net, engine="reference")
        sim.inject([(t, source.spikes, t % 2, 1) for t in (0, 3, 8, 9, 15)])
        found.append(sim.run()[layer].phi.tolist())
        own: Any = net[f"{made.name}_resources"]
        assert len(own.state["u"]) == np.size(values) + (np.size(values) == 1)
    assert found[0] == found[1]


def test_spikes_that_arrive_together_by_two_delays_send_what_each_had() -> None:
    """Sent at 0 over 9 ticks and at 5 over 4: both come at 9, each row with its own past."""
    net = en.Network("float64")
    source, layer = net.add(en.Relay(1)), net.add(en.LeakyDelta(2, tau=1e9, threshold=1e6, name="layer"))
    rule = TsodyksMarkram.given(U=0.5, tau_rec=10.0)
    net.connect(source, layer, en.Edges([0, 0], [0, 1]), weight=1.0, delay=[9, 4], plasticity=rule)
    for order in ("breadth", "depth", "random"):
        sim = en.Simulation(net, order=order, engine="reference")
        sim.inject(feed(net, source, [0, 5]))
        phi = sim.run(until=10)[layer].phi
        assert phi.tolist() == pytest.approx([0.5, 0.5 + 0.5 * (1 - 0.5 * math.exp(-0.5))])


def test_strengths_may_be_moved_by_stdp_that_stands_before() -> None:
    net = en.Network("float64")
    source = net.add(en.Relay(2, name="source"))
    layer = net.add(en.LeakyDelta(3, tau=9.0, threshold=0.2, refractory=1, name="layer"))
    rule = TsodyksMarkram.given(U=0.5, tau_rec=10.0)
    made: Any = net.connect(source, layer, en.AllToAll(), weight=en.Uniform(0.4, 0.6), seed=1, plasticity=rule)
    own: Any = net[f"{made.name}_resources"]
    stdp = net.add(SparsePairStdp(own.weights, made, a_plus=0.1, a_minus=0.05, tau_plus=9.0, tau_minus=9.0))
    net.connect(source, stdp.pre)
    net.connect(layer.out, stdp.post)
    sim = en.Simulation(net, engine="reference")
    sim.inject([(t, source.spikes, t % 2, 1) for t in range(0, 60, 3)])
    sim.run()
    assert np.abs(sim.weights(own.weights) - own.weights.array).max() > 0.01
    assert sim.weights(made.weights).max() < sim.weights(own.weights).min()


def test_both_engines_agree() -> None:
    net, events = network(np.random.default_rng(4), TsodyksMarkram.given(U=0.9, tau_rec=9.0, tau_facil=5.0), "float32")
    reference, compiled = (ran(net, events, engine=engine) for engine in ("reference", "compiled"))
    assert bytes_of(reference) == bytes_of(compiled)


@pytest.mark.parametrize(
    "options, why",
    [
        ({"U": 0.0}, "U is 0.0; wanted numbers above 0"), ({"U": 1.5}, "U is 1.5"), ({"tau_rec": -1.0}, "tau_rec is -1.0"),
        ({"tau_facil": [1.0] * 5}, r"has 5 values; wanted a number, \[2\] for the sources or \[6\]"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(options: Any, why: str) -> None:
    net = en.Network("float64")
    source, layer = net.add(en.Relay(2)), net.add(en.LeakyDelta(3, tau=9.0, name="layer"))
    rule = TsodyksMarkram.given(**({"tau_rec": 10.0} | options))
    with pytest.raises(NetworkError, match=why):
        net.connect(source, layer, en.AllToAll(), weight=1.0, plasticity=rule)


def test_what_is_sent_has_a_block_of_its_own() -> None:
    net = en.Network("float64")
    source, layer = net.add(en.Relay(2)), net.add(en.LeakyDelta(3, tau=9.0, name="layer"))
    made: Any = net.connect(source, layer, en.AllToAll(), weight=[1.0, 2.0])
    with pytest.raises(NetworkError, match="wanted a block of its own"):
        TsodyksMarkram(made.weights, made, tau_rec=9.0)
