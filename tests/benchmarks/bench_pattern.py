"""What an input costs a neuron that finds a hidden pattern: without plasticity, told of first inputs only, told of all.

    pytest tests/benchmarks/bench_pattern.py -s

Nanoseconds of processor time an input, the engine's own work included: of the first 5 s, in which the neuron spikes at
anything, and from 30 to 60 s, when it has found its pattern (without plasticity it never does).
"""

from __future__ import annotations

import time
from typing import Any

import pytest

import eventnet as en
from eventnet.learning import PairStdp, RestrictedStdp
from eventnet.scenarios.pattern import HiddenPattern, PatternParameters

P = PatternParameters()
PAIRS: Any = {
    "a_plus": P.plasticity.a_plus, "a_minus": P.plasticity.a_minus, "tau_plus": 1000 * P.plasticity.tau_plus_ms,
    "tau_minus": 1000 * P.plasticity.tau_minus_ms,
}  # fmt: skip


def network(kind: str) -> tuple[en.Network, Any]:
    """The network, and the port that takes the afferents."""
    net, n = en.Network("float32"), P.input.afferents
    w = net.weights([[P.plasticity.start]] * n)
    neuron = net.add(
        en.SpikeResponse(
            1, w, tau_m=1000 * P.neuron.tau_m_ms, tau_s=1000 * P.neuron.tau_s_ms, threshold=P.neuron.threshold,
            reset_to=P.neuron.reset, firsts=kind == "restricted",
        )
    )  # fmt: skip
    rule: Any
    if kind == "none":
        return net, neuron.spikes
    if kind == "restricted":
        rule = net.add(RestrictedStdp(w, neuron, **PAIRS))
        net.connect(neuron.first, rule.pre)
        net.connect(neuron.out, rule.post)
        return net, neuron.spikes
    rule, relay = net.add(PairStdp(w, pairing="restricted", equal="order", **PAIRS)), net.add(en.Relay(n))
    net.connect(relay.out, rule.pre)
    net.connect(relay.out, neuron.spikes)
    net.connect(neuron.out, rule.post)
    return net, relay.spikes


@pytest.mark.parametrize("kind", ["none", "restricted", "pair"])
def test_one_input(kind: str) -> None:
    net, port = network(kind)
    for seconds in (1, 60):  # the first run compiles
        sim, spent, inputs = en.Simulation(net, "fifo"), [], []
        for end, events in HiddenPattern(P.input, seconds, seed=1).pieces(int(port)):
            start = time.process_time()
            sim.inject(events)
            sim.run(until=end)
            spent.append(time.process_time() - start)
            inputs.append(len(events))
    first, last = (1e9 * sum(spent[part]) / sum(inputs[part]) for part in (slice(0, 5), slice(30, 60)))
    print(f"\n{kind:12s} {first:6.1f} ns an input at first, {last:6.1f} later", end="")
