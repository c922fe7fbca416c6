"""How fast convolutions are event by event, beside the dense rule and the machine's plain row addition, on one core.

    pytest tests/benchmarks/bench_change.py --benchmark-only

Patches of 3 x 3 at random places of a map, through the general engine with all bookkeeping on; Sigma-Delta networks
on frames that change little; and proportional-derivative networks that learn. Ratios are to plain addition of rows of 200, in the same number type and process.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from numba import njit

import eventnet as en
from eventnet.data import digits, temporal
from eventnet.models import (
    AveragePool2d,
    Conv2d,
    Dense,
    Flatten,
    PDNetwork,
    ReLU,
    SigmaDeltaNetwork,
    Softmax,
    percentile_scales,
)

N = 200_000
RESULTS: list[tuple[str, float, float, float]] = []


@njit(cache=True)
def add_rows(phi: Any, w: Any, rows: Any) -> None:
    """Plain row addition."""
    for k in range(len(rows)):
        row = w[rows[k]]
        for j in range(len(phi)):
            phi[j] += row[j]


def roof(dtype: str, width: int = 200) -> float:
    """Adds a second of plain row addition, median of five."""
    rng = np.random.default_rng(0)
    phi, w = np.zeros(width, dtype), rng.normal(0, 1, (784, width)).astype(dtype)
    rows = rng.integers(0, 784, 100_000)
    add_rows(phi, w, rows)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        add_rows(phi, w, rows)
        seconds.append(time.perf_counter() - start)
    return width * len(rows) / float(np.median(seconds))


@pytest.fixture(scope="module", autouse=True)
def table() -> Any:
    yield
    print(f"\n{'':44s} M deliveries/s   G adds/s   of plain")
    for name, deliveries, adds, ratio in RESULTS:
        print(f"{name:44s} {deliveries:14.1f} {adds:10.2f} {ratio:10.2f}")


def measure(benchmark: Any, name: str, net: en.Network, port: Any, dtype: str) -> None:
    """Deliver random spikes to one port; plain row addition before each round; medians."""
    rng = np.random.default_rng(1)
    inputs = np.zeros(N, en.EVENT)
    inputs["port"], inputs["index"] = int(port), rng.integers(0, port.accepts, N)
    inputs["sign"] = rng.choice([-1, 1], N)
    made: list[en.Simulation] = []
    ceilings: list[float] = []

    def ready() -> None:
        ceilings.append(roof(dtype))
        made[:] = [en.Simulation(net, "breadth")]
        made[0].inject(inputs)

    benchmark.pedantic(lambda: made[0].run(), setup=ready, rounds=9, warmup_rounds=1)
    seconds = benchmark.stats.stats.median
    adds = made[0].tally.adds / seconds
    ratio = adds / float(np.median(ceilings))
    benchmark.extra_info |= {"deliveries_per_s": N / seconds, "adds_per_s": adds, "ratio": ratio}
    RESULTS.append((name, N / seconds / 1e6, adds / 1e9, ratio))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_dense_row(benchmark: Any, dtype: str) -> None:
    rng = np.random.default_rng(0)
    net = en.Network(dtype)
    weights, answers = net.weights(rng.normal(0, 1, (784, 200))), net.weights(np.zeros((1, 200)))
    measure(benchmark, f"dense, 200 wide, {dtype}", net, net.add(en.Accumulator(200, weights, answers)).spikes, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("channels, side", [(4, 64), (16, 64), (32, 32), (64, 16)])
def test_a_patch(benchmark: Any, channels: int, side: int, dtype: str) -> None:
    rng = np.random.default_rng(0)
    geometry = en.Geometry.window((channels, side, side), channels, (3, 3), (1, 1), (1, 1, 1, 1))
    net = en.Network(dtype)
    weights = net.weights(rng.normal(0, 1, (channels, geometry.row_words)))
    layer = net.add(en.Readout(geometry, weights, net.weights(np.zeros((1, geometry.units_out)))))
    measure(benchmark, f"3 x 3, {channels} channels, {side} x {side}, {dtype}", net, layer.spikes, dtype)


@pytest.mark.parametrize("channels, side", [(16, 64), (64, 16)])
def test_a_patch_whose_places_wait(benchmark: Any, channels: int, side: int) -> None:
    rng = np.random.default_rng(0)
    geometry = en.Geometry.window((channels, side, side), channels, (3, 3), (1, 1), (1, 1, 1, 1))
    net = en.Network("float64")
    layer = net.add(en.SigmaDelta(geometry, net.weights(rng.normal(0, 1e-7, (channels, geometry.row_words)))))
    measure(benchmark, f"Sigma-Delta layer, {channels} channels, float64", net, layer.spikes, "float64")


def test_digits_in_temporal_order(benchmark: Any) -> None:
    rng = np.random.default_rng(0)
    frames = temporal(digits()).x_train / 255
    sizes = [(784, 200), (200, 200), (200, 10)]
    drawn = [Dense(rng.normal(0, np.sqrt(2 / sum(size)), size)) for size in sizes]
    layers: list[Any] = [drawn[0], ReLU(), drawn[1], ReLU(), drawn[2], Softmax()]
    net = SigmaDeltaNetwork.from_layers(layers, scales=[2.5, 3.0, 1.8])
    _frames_a_second(benchmark, "784-200-200-10", net, frames)


def test_a_map_in_which_little_moves(benchmark: Any) -> None:
    rng = np.random.default_rng(0)
    frames = np.repeat(rng.random((1, 1, 64, 64)), 400, axis=0)
    for k in range(400):
        frames[k, 0, 20:28, k % 50 : k % 50 + 8] = 1.0
    layers: list[Any] = [
        Conv2d(rng.normal(0, 0.2, (16, 1, 5, 5)), stride=2, padding=2), ReLU(),
        Conv2d(rng.normal(0, 0.1, (32, 16, 3, 3)), stride=2, padding=1), ReLU(), AveragePool2d(2), Flatten(),
        Dense(rng.normal(0, 0.02, (2048, 11))), Softmax(),
    ]  # fmt: skip
    scales = percentile_scales(layers, frames[:20], 8)
    net = SigmaDeltaNetwork.from_layers(layers, scales=scales, input_shape=(1, 64, 64))
    _frames_a_second(benchmark, "64 x 64, two convolutions and a pool", net, frames)


def _frames_a_second(benchmark: Any, name: str, net: SigmaDeltaNetwork, frames: Any) -> None:
    net.run(frames[:300])
    benchmark.pedantic(net.run, args=(frames,), rounds=5, warmup_rounds=1)
    benchmark.extra_info["frames_per_s"] = rate = len(frames) / benchmark.stats.stats.median
    print(f"\n{name}: {rate:,.0f} frames/s, {net.cost().own:,.0f} adds a frame")


@pytest.mark.parametrize("rule", ["recon", "past"])
def test_a_network_learns_on_a_stream(benchmark: Any, rule: str) -> None:
    d = digits()
    x = np.tile(np.float32(d.x_train) / 255, (4, 1))
    labels = np.tile(d.y_train, 4)
    net = PDNetwork([784, 200, 10], rule=rule).partial_fit(x, labels)
    benchmark.pedantic(net.partial_fit, args=(x, labels), rounds=5, warmup_rounds=1)
    benchmark.extra_info["samples_per_s"] = rate = len(x) / benchmark.stats.stats.median
    adds = net.operations()["total"] / net.samples_seen
    print(f"\nPD 784-200-10, {rule}: {rate:,.0f} samples/s, {adds:,.0f} adds a sample by the published count")
