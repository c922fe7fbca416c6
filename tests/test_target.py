"""Trace targets and instars: against the sum by hand, at equal times, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from stdp_cases import ENGINES, make_stdp_case
from test_engines import agree

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.learning import Instar, Normalize, TraceTarget
from eventnet.neurons.last_spikes import LastSpikes


class Bench:
    """Inputs that are only noted, and a rule told directly of the spikes of its units."""

    def __init__(self, rule: Any, weights: Any, engine: str, dtype: str = "float64", **options: Any) -> None:
        self.net = net = en.Network(dtype)
        self.block = net.weights(weights)
        self.seen = net.add(LastSpikes(self.block.rows))
        self.update = net.add(rule(self.block, self.seen, **options))
        self.sim = en.Simulation(net, engine=engine)

    def run(self, pre: list[tuple[int, int]], post: list[tuple[int, int]]) -> Any:
        """Spikes (tick, unit); at equal ticks those of inputs come first."""
        feed = [(t, self.seen.spikes, i, 1) for t, i in pre] + [(t, self.update.post, i, 1) for t, i in post]
        self.sim.inject(sorted(feed, key=lambda row: row[0]))
        self.tally = self.sim.run().tally
        return self.sim.weights(self.block).copy()


def trains(rng: np.random.Generator, units: int, n: int, until: int) -> list[tuple[int, int]]:
    return sorted((int(t), int(i)) for t, i in zip(rng.integers(0, until, n), rng.integers(0, units, n)))


def by_hand(
    rule: Any, w: Any, pre: list[tuple[int, int]], post: list[tuple[int, int]], tau: float, rate: float,
    target: float = 0.0, mu: float = 0.0, bounds: tuple[float, float] = (0.0, 1.0),
) -> Any:  # fmt: skip
    """The definition, synapse by synapse, spike by spike."""
    w = w.copy()
    for t, j in post:
        for k in range(len(w)):
            before = [u for u, i in pre if i == k and u <= t]
            x = math.exp(-(t - before[-1]) / tau) if before else 0.0
            if rule is Instar:
                w[k, j] += rate * (x - w[k, j])
            elif x > target:
                w[k, j] = min(bounds[1], w[k, j] + rate * (x - target) * (bounds[1] - w[k, j]) ** mu)
            else:
                w[k, j] = max(bounds[0], w[k, j] + rate * (x - target) * (w[k, j] - bounds[0]) ** mu)
    return w


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mu", [0.0, 0.3, 1.0, 2.0])
def test_weights_move_as_the_definition_says(mu: float, engine: str) -> None:
    rng = np.random.default_rng(1)
    w, pre, post = rng.uniform(-0.5, 1.5, (9, 3)), trains(rng, 8, 60, 400), trains(rng, 3, 30, 400)
    options = {"tau": 15.0, "rate": 0.2, "target": 0.1, "mu": mu, "bounds": (-0.5, 1.5)}
    bench = Bench(TraceTarget, w, engine, **options)
    found = bench.run(pre, post)
    assert found == pytest.approx(by_hand(TraceTarget, w, pre, post, **options), rel=1e-12)
    assert np.abs(found - w).max() > 0.3
    assert bench.tally.by_kind()["learning"] == bench.tally.adds > 0


@pytest.mark.parametrize("engine", ENGINES)
def test_an_instar_ends_at_the_traces(engine: str) -> None:
    rng = np.random.default_rng(2)
    w, pre, post = rng.uniform(0, 1, (5, 2)), trains(rng, 5, 40, 300), trains(rng, 2, 40, 300)
    found = Bench(Instar, w, engine, tau=30.0, rate=0.3).run(pre, post)
    assert found == pytest.approx(by_hand(Instar, w, pre, post, 30.0, 0.3), rel=1e-12)
    at_once = Bench(Instar, w[:2], engine, tau=10.0, rate=1.0).run([(3, 0)], [(13, 1)])
    assert at_once[:, 1].tolist() == [math.exp(-1), 0.0]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_input_of_the_same_tick_counts_in_full_if_it_came_first(engine: str) -> None:
    net = en.Network("float64")
    block = net.weights([[0.25], [0.25]])
    seen = net.add(LastSpikes(2))
    update = net.add(TraceTarget(block, seen, tau=10.0, rate=0.5, target=0.0, mu=0.0))
    before, spike, after = net.add(en.Relay(2)), net.add(en.Relay(1)), net.add(en.Relay(2))
    for source, port in ((before, seen.spikes), (spike, update.post), (after, seen.spikes)):
        net.connect(source.out, port)
    sim = en.Simulation(net, "depth", engine=engine)
    sim.inject([(5, before.spikes, 0, 1), (5, spike.spikes, 0, 1), (5, after.spikes, 1, 1)])
    sim.run()
    assert sim.weights(block).tolist() == [[0.75], [0.25]]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_long_silent_input_is_one_that_never_spiked(engine: str) -> None:
    at, beyond = (
        Bench(TraceTarget, [[0.5]], engine, tau=10.0, rate=0.5, target=0.0, mu=0.0).run([(0, 0)], [(t, 0)])
        for t in (360, 401)
    )
    assert at[0, 0] == 0.5 + 0.5 * math.exp(-36) > 0.5
    assert beyond[0, 0] == 0.5


def test_adds_are_counted() -> None:
    bench = Bench(TraceTarget, np.full((6, 2), 0.5), "compiled", tau=10.0, rate=0.5, target=0.1, mu=1.0)
    bench.run([(0, 0), (1, 3)], [(5, 1)])
    row = bench.tally.by_port()[f"{bench.update.name}.post"]
    assert (row["learning_adds"], row["multiplies"], row["reads"], row["writes"]) == (2 * 6 + 2, 6 + 2 * 2, 6, 6)


def test_any_layer_that_keeps_seen_will_do() -> None:
    net = en.Network("float64")
    block = net.weights(np.zeros((3, 2)))
    with pytest.raises(NetworkError, match="does not keep the ticks of the last spikes of 3 inputs"):
        TraceTarget(block, net.add(LastSpikes(4)), tau=1.0, rate=0.1, target=0.1)
    with pytest.raises(NetworkError, match="does not keep the ticks"):
        Instar(block, net.add(en.Sink(3)), tau=1.0, rate=0.1)


@pytest.mark.parametrize("engine", ENGINES)
def test_winners_learn_the_pattern_that_made_them_fire(engine: str) -> None:
    """Two patterns of eight inputs each, in turn; a layer of winners that keeps `seen` itself, and normalisation."""
    net = en.Network("float32")
    rng = np.random.default_rng(0)
    block = net.weights(0.2 + 0.02 * rng.random((16, 2)))
    layer = net.add(en.LeakyIntegrate(2, block, tau=10_000, threshold=0.9, winner=3000, adapt=(0.05, 1e6)))
    update = net.add(TraceTarget(block, layer, tau=5000, rate=0.1, target=0.3))
    sums = net.add(Normalize(block, total=3.2))
    net.connect(layer.out, update.post)
    feed: list[Any] = []
    for sample in range(40):
        t = 100_000 * sample
        feed += [(t, sums.apply, 0, 1), (t, layer.reset, 0, 1)]
        for k in range(40):
            feed.append((t + 1000 + 500 * k, layer.spikes, 8 * (sample % 2) + int(rng.integers(8)), 1))
    run = en.simulate(net, feed, engine=engine)
    by_pattern = run.weights(block).reshape(2, 8, 2).mean(axis=1)
    assert by_pattern.argmax(axis=0).tolist() in ([0, 1], [1, 0])
    assert by_pattern.max(axis=0).min() > 4 * by_pattern.min(axis=0).max()
    assert run.tally.by_port()[f"{update.name}.post"]["deliveries"] > 40
    assert run.tally.by_kind()["learning"] > 0


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rule, options", [(TraceTarget, {"target": 0.1}), (Instar, {})])
def test_a_negative_spike_is_an_error(rule: Any, options: Any, engine: str) -> None:
    bench = Bench(rule, [[0.5]], engine, tau=10.0, rate=0.5, **options)
    bench.sim.inject([(0, bench.update.post, 0, -1)])
    with pytest.raises(RuleError, match="a spike of sign -1 reached plasticity that knows only positive spikes"):
        bench.sim.run()


@pytest.mark.parametrize("options, words", [
    ({"tau": 0}, "tau is 0; wanted a finite number above 0"),
    ({"rate": -0.1}, "rate is -0.1; wanted a finite number above 0"),
    ({"target": 1.5}, "target is 1.5; traces go from 0 to 1"),
    ({"target": math.nan}, "target is nan"),
    ({"mu": -1}, "mu is -1; wanted an exponent"),
    ({"bounds": (0, 0.25)}, "weights 'w0' hold 0.5 at"),
])  # fmt: skip
def test_what_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        Bench(TraceTarget, [[0.5]], "reference", **{"tau": 10.0, "rate": 0.5, "target": 0.1} | options)


def test_an_instar_does_not_overshoot() -> None:
    with pytest.raises(NetworkError, match="rate is 1.5; .*wanted 1 at most"):
        Bench(Instar, [[0.5]], "reference", tau=10.0, rate=1.5)


def test_whole_numbers_do_not_decay() -> None:
    with pytest.raises(NetworkError, match="the network's dtype is int32"):
        Bench(Instar, [[1]], "reference", "int32", tau=10.0, rate=0.5)


@pytest.mark.parametrize("tens", range(6))
def test_engines_agree_on_networks_with_plasticity(tens: int) -> None:
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, make_stdp_case)
