"""What one input costs a leaky integrate-and-fire layer of 100 units, each input at a tick of its own.

    pytest tests/benchmarks/bench_leaky.py --benchmark-only

The last table has nanoseconds of processor time a delivery, the engine's own work included; a sink shows what that is.
No unit crosses its threshold, but where it says so.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

import eventnet as en

INPUTS, UNITS, EVENTS = 784, 100, 400_000
GAP = 145.0
"""Ticks between inputs on average, those of a digit shown at 2,400 spikes in 350 ms."""

KINDS: dict[str, Any] = {
    "sink": lambda w: en.Sink(INPUTS),
    "herding, no leak": lambda w: en.Herding(UNITS, w, scale=1e6),
    "leaky": lambda w: en.LeakyIntegrate(UNITS, w, tau=100_000, threshold=50.0),
    "leaky, signed": lambda w: en.LeakyIntegrate(UNITS, w, tau=100_000, threshold=50.0, signed=True),
    "leaky, thresholds adapt in 100 ms": lambda w: en.LeakyIntegrate(
        UNITS, w, tau=100_000, threshold=50.0, adapt=(0.05, 100_000)
    ),
    "leaky, winners, a spike in 570 inputs": lambda w: en.LeakyIntegrate(
        UNITS, w, tau=100_000, threshold=0.2, winner=5000, adapt=(5e-5, 1e10)
    ),
}
RESULTS: list[tuple[str, float, int]] = []


@pytest.fixture(scope="module", autouse=True)
def table() -> Any:
    yield
    for name, nanoseconds, spikes in RESULTS:
        print(f"\n{name:40s} {nanoseconds:6.1f} ns a delivery, {spikes:,} spikes", end="")


@pytest.mark.parametrize("name", KINDS)
def test_one_input(benchmark: Any, name: str) -> None:
    rng = np.random.default_rng(0)
    net = en.Network("float32")
    layer = net.add(KINDS[name](net.weights(rng.uniform(0, 0.001, (INPUTS, UNITS)))))
    events = np.zeros(EVENTS, en.EVENT)
    events["t"], events["index"] = np.cumsum(rng.exponential(GAP, EVENTS) + 1), rng.integers(0, INPUTS, EVENTS)
    events["port"], events["sign"] = int(layer.spikes), 1
    spent, made = [], []

    def ready() -> None:
        made[:] = [en.Simulation(net, "fifo")]
        made[0].inject(events)

    def run() -> None:
        start = time.process_time()
        made[0].run()
        spent.append(time.process_time() - start)

    benchmark.pedantic(run, setup=ready, rounds=7, warmup_rounds=1)
    RESULTS.append((name, min(spent) / EVENTS * 1e9, made[0].tally.spikes))
