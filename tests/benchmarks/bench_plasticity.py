"""What a spike costs a plasticity rule of 784 x 100 float32 weights; the figures of docs/reference/plasticity.md.

    pytest tests/benchmarks/bench_plasticity.py -s

Microseconds of processor time a delivery, the engine's own work included.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.learning import Normalize, PairStdp, TraceTarget, TripletStdp

N_IN, N_OUT = 784, 100
PAIRS: Any = {"a_plus": 0.01, "a_minus": 0.01, "tau_plus": 20_000.0, "tau_minus": 20_000.0}
TRIPLETS: Any = {
    "a2_plus": 0.01, "a3_plus": 0.01, "a2_minus": 0.01, "a3_minus": 0.01, "tau_plus": 20_000.0, "tau_x": 1e5,
    "tau_minus": 20_000.0, "tau_y": 1e5,
}  # fmt: skip


def block(net: en.Network, columns: int = N_OUT) -> en.Block:
    return net.weights(0.3 + 0.2 * np.random.default_rng(0).random((N_IN, columns)))


def spent(sim: en.Simulation, port: Any, t: Any, index: Any) -> float:
    """Microseconds of processor time a delivery."""
    events = np.zeros(len(t), en.EVENT)
    events["t"], events["port"], events["index"], events["sign"] = t, int(port), index, 1
    sim.inject(events)
    start = time.process_time()
    sim.run()
    return (time.process_time() - start) / len(t) * 1e6


@pytest.mark.parametrize("mu", [0.0, 1.0])
@pytest.mark.parametrize("share", [0.2, 1.0])
def test_a_spike_of_a_unit_with_trace_targets(share: float, mu: float) -> None:
    rng = np.random.default_rng(0)
    net = en.Network("float32")
    w = block(net)
    seen = net.add(en.LastSpikes(N_IN))
    seen.integers["seen"][rng.random(N_IN) < share] = 300_000
    rule = net.add(TraceTarget(w, seen, tau=20_000.0, rate=0.01, target=0.05, mu=mu))
    sim = en.Simulation(net)
    took = [spent(sim, rule.post, np.full(10_000, t), np.arange(10_000) % N_OUT) for t in (350_000, 350_001)]
    print(f"\nTraceTarget, mu {mu}, {share:.0%} have spiked lately: {took[-1]:.1f} us", end="")


@pytest.mark.parametrize("columns", [100, 400])
def test_normalisation(columns: int) -> None:
    net = en.Network("float32")
    rule = net.add(Normalize(block(net, columns), total=78.4))
    sim = en.Simulation(net)
    took = [spent(sim, rule.apply, np.full(5000, t), np.zeros(5000)) for t in (0, 1)]
    print(f"\nNormalize, {columns} columns: {took[-1]:.1f} us", end="")


@pytest.mark.parametrize("kind", ["additive", "multiplicative", "power", "nearest", "restricted", "triplet"])
def test_spikes_of_inputs_and_of_units(kind: str) -> None:
    options: dict[str, Any] = {"multiplicative": {"mu": 1.0}, "power": {"mu": 0.5}}.get(kind, {})
    if kind in ("nearest", "restricted"):
        options = {"pairing": kind}
    net = en.Network("float32")
    w = block(net)
    rule: Any = net.add(TripletStdp(w, **TRIPLETS) if kind == "triplet" else PairStdp(w, **PAIRS, **options))
    sim = en.Simulation(net)
    rng, n = np.random.default_rng(1), 20_000
    spent(sim, rule.pre, np.arange(2000), np.arange(2000) % N_IN)
    spent(sim, rule.post, np.arange(2000, 2200), np.arange(200) % N_OUT)
    pre = spent(sim, rule.pre, 3000 + np.arange(n) // 8, rng.integers(0, N_IN, n))
    post = spent(sim, rule.post, 40_000 + np.arange(5000), np.arange(5000) % N_OUT)
    print(f"\n{kind:14s} {pre:6.3f} us a spike of an input, {post:5.2f} of a unit", end="")
