"""How fast neurons foresee their spikes: a random recurrent network of a thousand, with all bookkeeping on, on one core.

    pytest tests/benchmarks/bench_stdp.py --benchmark-only

80 % of the neurons excite, 20 % inhibit with five times the weight; each reaches 100 at random over an axon of 0.5 to 5 ms;
1 ms refractory; each has Poisson input of its own. An update is one synapse that changes one current: the neuron is brought
up to date, and its next crossing foreseen anew. The requirement is 10 million updates a second. Times are CPU times,
medians of five runs of a simulated second, compiling left out.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

import eventnet as en

NEURONS, FAN_OUT, TICKS = 1000, 100, 1_000_000
RESULTS: list[str] = []

# name: kind, tau_m and tau_s in ms, weight, weight of an input, inputs a second
CASES: dict[str, tuple[Any, float, float, float, float, float]] = {
    "tau_m = 2 tau_s, 1 kHz": (en.ExponentialCurrent, 20, 10, 0.1, 0.21, 1e3),
    "tau_m = 2 tau_s, 4 kHz": (en.ExponentialCurrent, 20, 10, 0.1, 0.065, 4e3),
    "tau_m = 2 tau_s, hot": (en.ExponentialCurrent, 20, 10, 0.1, 0.2, 4e3),
    "tau_m = tau_s, 1 kHz": (en.ExponentialCurrent, 20, 20, 0.05, 0.11, 1e3),
    "tau_m = 4 tau_s, Newton, 1 kHz": (en.ExponentialCurrent, 20, 5, 0.2, 0.42, 1e3),
    "tau_m = 4 tau_s, Newton, 4 kHz": (en.ExponentialCurrent, 20, 5, 0.2, 0.13, 4e3),
    "alpha-shaped, tau_s 2 ms, 1 kHz": (en.AlphaCurrent, 20, 2, 0.3, 0.3, 1e3),
}


def recurrent(kind: Any, tau_m: float, tau_s: float, weight: float, outer: float, rate: float) -> tuple[Any, Any, Any]:
    """The network, its layer, and its input for a second."""
    rng, n = np.random.default_rng(0), NEURONS
    sources = np.repeat(np.arange(n), FAN_OUT)
    targets = np.concatenate([rng.choice(n, FAN_OUT, replace=False) for _ in range(n)])
    w = np.where(sources < 0.8 * n, weight, -5 * weight)
    start, to, values = en.sparse_rows(
        np.append(sources, n + np.arange(n)), np.append(targets, np.arange(n)), np.append(w, np.full(n, outer)), 2 * n
    )
    net = en.Network("float64")
    layer = net.add(kind(
        n, net.weights(values), start=start, targets=to, tau_m=1000 * tau_m, tau_s=1000 * tau_s, refractory=1000,
        delays=rng.integers(500, 5001, n), name="layer",
    ))  # fmt: skip
    net.connect(layer.axon, layer.spikes)
    inputs = np.zeros(rng.poisson(n * rate * TICKS / 1e6), en.EVENT)
    inputs["t"], inputs["index"] = np.sort(rng.integers(0, TICKS, len(inputs))), n + rng.integers(0, n, len(inputs))
    inputs["port"], inputs["sign"] = int(layer.spikes), 1
    return net, layer, inputs


@pytest.fixture(scope="module", autouse=True)
def table() -> Any:
    yield
    print(f"\n{'':34s} M updates/s     Hz  moved  cancelled  both a spike  most in the queue")
    print("\n".join(RESULTS))


@pytest.mark.parametrize("record", [False, True], ids=["roots", "roots-and-log"])
@pytest.mark.parametrize("name", CASES)
def test_predictions(benchmark: Any, name: str, record: bool) -> None:
    net, layer, inputs = recurrent(*CASES[name])
    made: list[en.Simulation] = []
    seconds = []

    def ready() -> None:
        made[:] = [en.Simulation(net, roots=True, record=record)]
        made[0].inject(inputs)

    def run() -> None:
        start = time.process_time()
        made[0].run(until=TICKS)
        seconds.append(time.process_time() - start)

    benchmark.pedantic(run, setup=ready, rounds=5, warmup_rounds=1)
    updates, moved, cancelled = made[0][layer].updates.tolist()
    spikes = made[0].tally.by_port()["layer.crossing"]["deliveries"]
    speed = updates / float(np.median(seconds[1:])) / 1e6
    ready()
    most = 0
    for t in range(TICKS // 100, TICKS + 1, TICKS // 100):
        most = max(most, made[0].run(until=t).predictions)
    assert most <= NEURONS
    benchmark.extra_info |= {"updates_per_s": 1e6 * speed, "rate": spikes / NEURONS, "most": most}
    RESULTS.append(
        f"{name + (', log' if record else ''):34s} {speed:11.1f} {spikes / NEURONS:6.0f} {moved / updates:6.1%} "
        f"{cancelled / updates:10.2%} {(moved + cancelled) / spikes:13.0f} {most:18d}"
    )
