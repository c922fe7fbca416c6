"""What it costs to count by root: the loop with `roots=True` beside the loop without, in turns, on one core.

    pytest tests/benchmarks/bench_ledger.py -s

With roots the loop sums every column by input event, and keeps how deep each cascade went and when an end first heard
of it. The requirement is at most 15% of the loop's speed. The ratio is the median over rounds of seconds with roots to
seconds without, the two of a round run one right after the other.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from bench_engine import forward

import eventnet as en
from eventnet.data import digits, scale_pixels

ROUNDS = 31
MOST = 1.15
RESULTS: list[tuple[str, float, float, float]] = []


def seconds(net: en.Network, inputs: Any, order: str, roots: bool) -> tuple[float, int]:
    """Time of one whole run, and its deliveries."""
    sim = en.Simulation(net, order, roots=roots)
    sim.inject(inputs)
    start = time.perf_counter()
    sim.run()
    return time.perf_counter() - start, sim.deliveries


def ratio(name: str, net: en.Network, inputs: Any, order: str) -> float:
    """Seconds with roots over seconds without: the median of pairs."""
    seconds(net, inputs, order, True)
    pairs = []
    for k in range(ROUNDS):
        first = bool(k % 2)
        one, n = seconds(net, inputs, order, first)
        other, _ = seconds(net, inputs, order, not first)
        pairs.append((other, one) if first else (one, other))
    off, on = np.array(pairs).T
    found = float(np.median(on / off))
    RESULTS.append((f"{name}, {order}", n / np.median(off) / 1e6, n / np.median(on) / 1e6, found))
    return found


@pytest.fixture(scope="module")
def x() -> Any:
    return scale_pixels(digits().x_test[:100])


@pytest.fixture(scope="module", autouse=True)
def table() -> Any:
    yield
    print(f"\n{'':44s} M deliveries/s: without, with roots   more time")
    for name, off, on, more in RESULTS:
        print(f"{name:44s} {off:23.1f} {on:11.1f} {more - 1:10.1%}")


@pytest.mark.parametrize("order", ["breadth", "fifo", "depth"])
@pytest.mark.parametrize("spread", [0.03, 0.1])
def test_784_300_300_10(x: Any, order: str, spread: float) -> None:
    assert ratio(f"784-300-300-10, N(0, {spread})", *forward([300, 300, 10], x, spread), order) < MOST


@pytest.mark.parametrize("order", ["breadth", "fifo", "depth"])
@pytest.mark.parametrize("width", [4, 16, 64])
def test_narrow_layers(x: Any, width: int, order: str) -> None:
    assert ratio(f"784-{width}-{width}-{width}, N(0, 0.1)", *forward([width] * 3, x, 0.1), order) < MOST


@pytest.mark.parametrize("order", ["breadth", "fifo", "depth"])
def test_delays(x: Any, order: str) -> None:
    assert ratio("784-300-300-10, every wire delayed", *forward([300, 300, 10], x, delay=1), order) < MOST


@pytest.mark.parametrize("order", ["breadth", "fifo", "depth"])
def test_fan_out(x: Any, order: str) -> None:
    assert ratio("784-300-300-10, two consumers", *forward([300, 300, 10], x, fan_out=True), order) < MOST


@pytest.mark.parametrize("order", ["breadth", "fifo", "depth"])
def test_every_input_a_small_cascade(order: str) -> None:
    """A sensor's events at times of their own: most of them make no spike, and each is a root."""
    rng = np.random.default_rng(0)
    net = en.Network("float32")
    layer = net.add(en.Herding(100, net.weights(rng.normal(0, 0.05, (1024, 100))), name="layer"))
    net.connect(layer.out, net.add(en.Sink(100, name="sink")).spikes)
    inputs = np.zeros(100_000, en.EVENT)
    inputs["t"], inputs["port"] = np.arange(len(inputs)), int(layer.spikes)
    inputs["index"], inputs["sign"] = rng.integers(0, 1024, len(inputs)), rng.choice([-1, 1], len(inputs))
    assert ratio("1,024 pixels to 100 units, an event a tick", net, inputs, order) < MOST
