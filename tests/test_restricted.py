"""Restricted nearest pairs: against all pairs by hand, against `PairStdp`, at equal ticks, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.learning import PairStdp, RestrictedStdp
from eventnet.neurons.last_spikes import LastSpikes

ENGINES = ("reference", "compiled")
OPTIONS = {"a_plus": 0.11, "a_minus": 0.09, "tau_plus": 17.0, "tau_minus": 34.0}

Train = list[tuple[int, int]]


def run_pairs(w: Any, pre: Train, post: Train, engine: str, dtype: str = "float64", **options: Any) -> Any:
    """Weights and the simulation; at equal ticks inputs come before spikes of units, and are noted before they are told."""
    net = en.Network(dtype)
    block = net.weights(w)
    seen = net.add(LastSpikes(block.rows, name="seen"))
    rule = net.add(RestrictedStdp(block, seen, name="rule", **{**OPTIONS, **options}))
    sim = en.Simulation(net, engine=engine)
    feed = [(t, port, i, 1) for port in (seen.spikes, rule.pre) for t, i in pre] + [
        (t, rule.post, j, 1) for t, j in post
    ]
    sim.inject(sorted(feed, key=lambda row: row[0]))
    sim.run()
    return sim.weights(block), sim


def by_hand(w: Any, pre: Train, post: Train, mu: tuple[float, float] = (0.0, 0.0), bounds: Any = (0.0, 1.0)) -> Any:
    """Spike by spike, looking through both trains each time."""
    w = w.copy()
    for t, side, i in sorted([(t, 0, i) for t, i in pre] + [(t, 1, j) for t, j in post]):
        for k in range(w.shape[0]) if side else [i]:
            for j in [i] if side else range(w.shape[1]):
                if side:
                    last = max([u for u, m in post if m == j and u < t], default=-math.inf)
                    between = [u for u, m in pre if m == k and last < u <= t]
                    if between:
                        room = (bounds[1] - w[k, j]) ** mu[0]
                        w[k, j] += OPTIONS["a_plus"] * math.exp(-(t - max(between)) / OPTIONS["tau_plus"]) * room
                else:
                    last = max([u for u, m in post if m == j and u < t], default=-math.inf)
                    if last > -math.inf and not [u for u, m in pre if m == k and last < u < t]:
                        room = (w[k, j] - bounds[0]) ** mu[1]
                        w[k, j] -= OPTIONS["a_minus"] * math.exp(-(t - last) / OPTIONS["tau_minus"]) * room
                w[k, j] = min(max(w[k, j], bounds[0]), bounds[1])
    return w


def trains(rng: np.random.Generator, n_in: int, n_out: int, apart: bool) -> tuple[Train, Train]:
    """Random spikes, each of its index once a tick; `apart`: no two at one tick."""
    n, until = 150, 900
    ticks = rng.choice(until, n, replace=not apart)
    cut = n * 3 // 4
    pre = {(int(t), int(rng.integers(n_in))) for t in ticks[:cut]}
    return sorted(pre), sorted({(int(t), int(rng.integers(n_out))) for t in ticks[cut:]})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mu", [(0.0, 0.0), (1.0, 1.0), (0.3, 2.0)])
@pytest.mark.parametrize("apart", [True, False])
def test_weights_move_as_the_definition_says(apart: bool, mu: Any, engine: str) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        w, (pre, post) = rng.uniform(0, 1, (7, 3)), trains(rng, 7, 3, apart)
        found, sim = run_pairs(w, pre, post, engine, mu=mu)
        assert found == pytest.approx(by_hand(w, pre, post, mu), rel=1e-12, abs=1e-15)
        assert np.abs(found - w).max() > 0.1
        assert sim.tally.by_kind()["learning"] == sim.tally.adds > 0


@pytest.mark.parametrize("dtype, close", [("float64", 1e-12), ("float32", 1e-5)])
def test_it_is_restricted_pair_stdp_where_ticks_differ(dtype: str, close: float) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        w, (pre, post) = rng.uniform(0, 1, (7, 3)), trains(rng, 7, 3, True)
        net = en.Network(dtype)
        block = net.weights(w)
        rule = net.add(PairStdp(block, pairing="restricted", **OPTIONS))
        sim = en.Simulation(net)
        sim.inject(sorted([(t, rule.pre, i, 1) for t, i in pre] + [(t, rule.post, j, 1) for t, j in post]))
        assert run_pairs(w, pre, post, "compiled", dtype)[0] == pytest.approx(
            sim.run().weights(block), rel=close, abs=close
        )


@pytest.mark.parametrize("engine", ENGINES)
def test_an_input_of_a_spike_s_tick_counts_as_before_it(engine: str) -> None:
    found, _ = run_pairs([[0.5]], [(10, 0)], [(10, 0)], engine)
    assert found[0, 0] == 0.5 + 0.11
    found, _ = run_pairs([[0.5]], [(10, 0), (15, 0), (20, 0)], [(10, 0)], engine)  # the first after it is that at 15
    assert found[0, 0] == pytest.approx(0.5 + 0.11 - 0.09 * math.exp(-5 / 34), rel=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_input_told_after_a_spike_of_its_tick_belongs_to_no_pair_of_it(engine: str) -> None:
    net = en.Network("float64")
    block = net.weights([[0.5]])
    spike, told = net.add(en.Relay(1)), net.add(en.Relay(1))
    rule = net.add(RestrictedStdp(block, net.add(LastSpikes(1)), **OPTIONS))
    net.connect(spike.out, rule.post)
    net.connect(told.out, rule.pre)
    sim = en.Simulation(net, "depth", engine=engine)
    sim.inject([(10, spike.spikes, 0, 1), (10, told.spikes, 0, 1), (15, told.spikes, 0, 1), (20, told.spikes, 0, 1)])
    assert sim.run().weights(block)[0, 0] == pytest.approx(0.5 - 0.09 * math.exp(-5 / 34), rel=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_weakened_before_a_unit_has_spiked_nor_long_after(engine: str) -> None:
    assert run_pairs([[0.5]], [(10, 0), (20, 0)], [], engine)[0].tolist() == [[0.5]]
    assert run_pairs([[0.5]], [(5 + 41 * 34, 0)], [(5, 0)], engine)[0].tolist() == [[0.5]]
    assert run_pairs([[0.5]], [(5, 0)], [(5 + 41 * 17, 0)], engine)[0].tolist() == [[0.5]]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_first_inputs_alone_do_what_all_inputs_do(engine: str) -> None:
    """A layer of two units that tells of first inputs, and one whose plasticity hears of all."""
    rng = np.random.default_rng(5)
    w, found = rng.uniform(0.2, 0.8, (30, 2)), []
    times, index = np.cumsum(rng.integers(1, 4, 3000)), rng.integers(0, 30, 3000)
    for outlet in ("first", "out"):
        net = en.Network("float32")
        block = net.weights(w)
        relay = net.add(en.Relay(30))
        layer = net.add(en.SpikeResponse(2, block, tau_m=40.0, tau_s=10.0, threshold=6.0, reset_to=-6.0, firsts=True))
        rule = net.add(RestrictedStdp(block, layer, name="rule", **OPTIONS))
        net.connect(relay.out, layer.spikes)
        net.connect(layer.first if outlet == "first" else relay.out, rule.pre)
        net.connect(layer.out, rule.post)
        sim = en.Simulation(net, "fifo", engine=engine)
        sim.inject([(t, relay.spikes, i, 1) for t, i in zip(times.tolist(), index.tolist(), strict=True)])
        found.append((sim.run().weights(block), sim.tally.by_port()))
    assert found[0][0].tobytes() == found[1][0].tobytes()
    assert np.abs(found[0][0] - w).max() > 0.2
    told, all_of_them = (ports["rule.pre"]["deliveries"] for _, ports in found)
    assert 1000 < told < 2500 < all_of_them == 3000


def test_adds_are_counted() -> None:
    _, sim = run_pairs(np.full((4, 2), 0.5), [(1, 0), (2, 3), (9, 0), (11, 0)], [(5, 1)], "compiled")
    rows = sim.tally.by_port()
    for port, moved in (("rule.post", 2), ("rule.pre", 1)):
        row = rows[port]
        assert (row["learning_adds"], row["multiplies"], row["reads"], row["writes"]) == (
            moved,
            2 * moved,
            moved,
            moved,
        )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("port", ["pre", "post"])
def test_a_negative_spike_is_an_error(port: str, engine: str) -> None:
    net = en.Network("float64")
    block = net.weights([[0.5]])
    rule = net.add(RestrictedStdp(block, net.add(LastSpikes(1)), **OPTIONS))
    sim = en.Simulation(net, engine=engine)
    sim.inject([(0, getattr(rule, port), 0, -1)])
    with pytest.raises(RuleError, match="a spike of sign -1 reached plasticity that knows only positive spikes"):
        sim.run()


@pytest.mark.parametrize("options, words", [
    ({"tau_plus": 0}, "tau_plus is 0; wanted a finite number above 0"),
    ({"tau_minus": math.inf}, "tau_minus is inf"),
    ({"a_plus": math.nan}, "a_plus is nan; wanted a finite number"),
    ({"mu": -1}, "mu is -1; wanted an exponent"),
    ({"mu": 1.0, "a_minus": -0.1}, "changes in proportion to the room that is left need positive spikes"),
    ({"bounds": (0, 0.25)}, "weights 'w0' hold 0.5 at"),
    ({"bounds": None, "mu": 1.0}, "need bounds"),
])  # fmt: skip
def test_what_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    net = en.Network("float64")
    with pytest.raises(NetworkError, match=words):
        RestrictedStdp(net.weights([[0.5]]), net.add(LastSpikes(1)), **{**OPTIONS, **options})


def test_it_reads_ticks_of_as_many_inputs_as_there_are() -> None:
    net = en.Network("float64")
    with pytest.raises(NetworkError, match="does not keep the ticks of the last spikes of 3 inputs"):
        RestrictedStdp(net.weights(np.zeros((3, 2))), net.add(LastSpikes(4)), **OPTIONS)
