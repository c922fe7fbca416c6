"""How fast the general engine is, beside the machine's own plain row addition in the same process, on one core.

    pytest tests/benchmarks/bench_engine.py --benchmark-only

Each line of the last table is one benchmark: millions of deliveries a second, adds a second, and the ratio to plain row
addition (the requirement is on ratios: 0.4 breadth-first and first-in-first-out, 0.3 depth-first).
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from numba import njit

import eventnet as en
from eventnet.data import digits, scale_pixels
from eventnet.models import DeepSpikingNetwork, ReluNetwork

STEPS = 10
RESULTS: list[tuple[str, float, float, float]] = []


@njit(cache=True)
def add_rows(phi: Any, w: Any, rows: Any) -> None:
    """Plain row addition: what a network of this width could do at best if it did nothing else."""
    for k in range(len(rows)):
        row = w[rows[k]]
        for j in range(len(phi)):
            phi[j] += row[j]


def roof(width: int = 300) -> float:
    """Adds a second of plain row addition, float32, median of five."""
    rng = np.random.default_rng(0)
    phi, w = np.zeros(width, np.float32), rng.normal(0, 0.03, (784, width)).astype(np.float32)
    rows = rng.integers(0, 784, 100_000)
    add_rows(phi, w, rows)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        add_rows(phi, w, rows)
        seconds.append(time.perf_counter() - start)
    return width * len(rows) / float(np.median(seconds))


def forward(
    sizes: list[int], x: Any, spread: float = 0.03, delay: int = 0, fan_out: bool = False
) -> tuple[en.Network, Any]:
    """A feed-forward network of herding layers fed with T steps of each digit, reset before each."""
    rng = np.random.default_rng(0)
    net = en.Network("float32")
    encoder = net.add(en.Encoder(784, net.weights(x), name="input"))
    modules: list[Any] = [encoder]
    for k, (n_in, n_out) in enumerate(zip([784, *sizes[:-1]], sizes, strict=True)):
        layer = net.add(en.Rectified(n_out, net.weights(rng.normal(0, spread, (n_in, n_out))), name=f"layer{k}"))
        net.connect(modules[-1].out, layer.spikes, delay)
        if fan_out:
            net.connect(modules[-1].out, net.add(en.Sink(n_in, name=f"sink{k}")).spikes)
        modules.append(layer)
    start = net.add(en.Relay(1, name="start"))
    for module in modules:
        net.connect(start.out, module.reset)
    length = STEPS + 1
    inputs = np.zeros((len(x), length), en.EVENT)
    inputs["t"] = 8 * np.arange(len(x) * length).reshape(len(x), length)
    inputs["port"], inputs["sign"] = int(encoder.spikes), 1
    inputs["port"][:, 0] = int(start.spikes)
    inputs["index"][:, 1:] = np.arange(len(x))[:, None]
    return net, inputs.reshape(-1)


def measure(benchmark: Any, name: str, net: en.Network, inputs: Any, order: Any, **options: Any) -> float:
    """Time whole runs with all bookkeeping on, plain row addition before each; the ratio of the medians."""
    made: list[en.Simulation] = []
    ceilings: list[float] = []

    def ready() -> None:
        ceilings.append(roof())
        made[:] = [en.Simulation(net, order, roots=True, **options)]
        made[0].inject(inputs)

    benchmark.pedantic(lambda: made[0].run(), setup=ready, rounds=9, warmup_rounds=1)
    seconds, tally = benchmark.stats.stats.median, made[0].tally
    adds, deliveries = tally.adds / seconds, tally.deliveries / seconds
    ratio = adds / float(np.median(ceilings))
    benchmark.extra_info |= {"deliveries_per_s": deliveries, "adds_per_s": adds, "ratio": ratio}
    RESULTS.append((name, deliveries / 1e6, adds / 1e9, ratio))
    return ratio


@pytest.fixture(scope="module")
def x() -> Any:
    return scale_pixels(digits().x_test[:300])


@pytest.fixture(scope="module", autouse=True)
def table() -> Any:
    yield
    print(f"\nplain row addition, 300 wide: {roof() / 1e9:.1f} G adds/s")
    print(f"{'':44s} M deliveries/s   G adds/s   of plain")
    for name, deliveries, adds, ratio in RESULTS:
        print(f"{name:44s} {deliveries:14.1f} {adds:10.2f} {ratio:10.2f}")


@pytest.mark.parametrize("order", ["breadth", "fifo", "depth"])
@pytest.mark.parametrize("spread", [0.03, 0.1])
def test_784_300_300_10(benchmark: Any, x: Any, order: str, spread: float) -> None:
    measure(benchmark, f"784-300-300-10, N(0, {spread}), {order}", *forward([300, 300, 10], x, spread), order)


@pytest.mark.parametrize("order", ["topological", "magnitude", "random"])
def test_keyed_orders(benchmark: Any, x: Any, order: str) -> None:
    measure(benchmark, f"784-300-300-10, N(0, 0.03), {order}", *forward([300, 300, 10], x), order)


@pytest.mark.parametrize("order", ["breadth", "depth"])
@pytest.mark.parametrize("width", [4, 16, 64])
def test_narrow_layers(benchmark: Any, x: Any, width: int, order: str) -> None:
    measure(benchmark, f"784-{width}-{width}-{width}, N(0, 0.1), {order}", *forward([width] * 3, x, 0.1), order)


@pytest.mark.parametrize("order", ["breadth", "depth"])
def test_delays(benchmark: Any, x: Any, order: str) -> None:
    measure(benchmark, f"784-300-300-10, every wire delayed, {order}", *forward([300, 300, 10], x, delay=1), order)


@pytest.mark.parametrize("order", ["breadth", "depth", "fifo"])
def test_fan_out(benchmark: Any, x: Any, order: str) -> None:
    measure(benchmark, f"784-300-300-10, two consumers, {order}", *forward([300, 300, 10], x, fan_out=True), order)


def test_a_log_of_everything(benchmark: Any, x: Any) -> None:
    measure(benchmark, "784-300-300-10, roots and log, breadth", *forward([300, 300, 10], x), "breadth", record=True)


class Plain(en.PythonModule):
    """Passes spikes on, in plain Python."""

    spikes = en.Port(emits="out", accepts="units")
    out = en.Outlet()

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        out.spike(i, s)


def test_a_python_module(benchmark: Any) -> None:
    net = en.Network("float32")
    plain, sink = net.add(Plain(10, name="plain")), net.add(en.Sink(10))
    net.connect(plain.out, sink.spikes)
    inputs = en.events([(t, plain.spikes, t % 10, 1) for t in range(20_000)])
    measure(benchmark, "a Python module (two deliveries a crossing)", net, inputs, "breadth")


@pytest.mark.parametrize("order", ["breadth", "depth"])
def test_predict(benchmark: Any, x: Any, order: str) -> None:
    rng = np.random.default_rng(0)
    sizes = [784, 300, 300, 10]
    weights = [rng.normal(0, 0.03, (a, b)) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
    dsn = DeepSpikingNetwork.from_weights(weights, order=order)
    many = np.concatenate([x] * 20)
    benchmark.pedantic(dsn.predict, args=(many,), rounds=5, warmup_rounds=1)
    benchmark.extra_info["digits_per_s"] = rate = len(many) / benchmark.stats.stats.median
    print(f"\npredict, 784-300-300-10, {order}: {rate:,.0f} digits/s")


@pytest.mark.parametrize("order", ["breadth", "depth"])
def test_fit(benchmark: Any, order: str) -> None:
    d = digits()
    x, y = scale_pixels(d.x_train), d.y_train
    dsn = DeepSpikingNetwork([784, 200, 200, 10], rule="fsgd", order=order)
    dsn.fit(x, y, epochs=2)
    benchmark.pedantic(dsn.partial_fit, args=(x, y), rounds=5, warmup_rounds=1)
    benchmark.extra_info["digits_per_s"] = rate = len(x) / benchmark.stats.stats.median
    print(f"\nfit, FSGD, 784-200-200-10, {order}: {rate:,.0f} digits/s")


@pytest.mark.parametrize("spread", [0.01, 0.03])
def test_fit_beside_a_dense_network(benchmark: Any, spread: float) -> None:
    """Learning, beside a dense network in NumPy that learns one sample at a time, too: an epoch before each round."""
    d = digits()
    x, y = scale_pixels(d.x_train), d.y_train
    sizes, alone = [784, 300, 300, 10], list[float]()
    dsn, dense = DeepSpikingNetwork(sizes, init_scale=spread), ReluNetwork(sizes, init_scale=spread)

    def learn_dense() -> None:
        start = time.perf_counter()
        dense.partial_fit(x, y)
        alone.append(time.perf_counter() - start)

    benchmark.pedantic(dsn.partial_fit, args=(x, y), setup=learn_dense, rounds=5, warmup_rounds=1)
    seconds = benchmark.stats.stats.median
    benchmark.extra_info["ratio"] = ratio = float(np.median(alone)) / seconds
    print(
        f"\nfit, FSGD, 784-300-300-10, N(0, {spread}): {len(x) / seconds:,.0f} digits/s, {ratio:.2f} times dense NumPy"
    )


def test_two_threads(benchmark: Any, x: Any) -> None:
    """Two threads over independent samples, beside one; the ratio is in the machine's hands too."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.03, s) for s in ((784, 300), (300, 300), (300, 10))]
    dsn = DeepSpikingNetwork.from_weights(weights)
    many = np.concatenate([x] * 20)
    dsn.predict(many[:600], workers=2)
    alone = float(np.median([_seconds(dsn, many, 1) for _ in range(5)]))
    benchmark.pedantic(dsn.predict, args=(many,), kwargs={"workers": 2}, rounds=5)
    benchmark.extra_info["ratio"] = ratio = alone / benchmark.stats.stats.median
    print(f"\ntwo threads: {ratio:.2f} times one")


def _seconds(dsn: DeepSpikingNetwork, x: Any, workers: int) -> float:
    start = time.perf_counter()
    dsn.predict(x, workers=workers)
    return time.perf_counter() - start
