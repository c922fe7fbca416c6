"""What the graph says of coming to rest: right on networks that swing, silent on those that rest, and on the models."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import eventnet as en
from eventnet.analysis import may_not_rest
from eventnet.cli.commands import app
from eventnet.errors import UnsettledError
from eventnet.kernels.patches import Geometry
from eventnet.models import (
    BoltzmannMachine,
    ContinuousEquilibriumNetwork,
    DeepSpikingNetwork,
    EquilibriumNetwork,
    HopfieldNetwork,
    SpikeProp,
)
from eventnet.order import ORDERS

CHECKS = [("none", False), ("none", True), ("burst", False)]


def levels(n: int, rows: np.ndarray, net: en.Network, name: str, bias: object = 0.0) -> en.SigmaDelta:
    biases = np.full(n, bias) if np.ndim(bias) == 0 else bias
    return net.add(
        en.SigmaDelta(
            Geometry.dense(len(rows), n), net.weights(rows, name), k=8, unscale=8, activation="hard_sigmoid",
            bias=biases, name=name,
        )
    )  # fmt: skip


def ring(there: np.ndarray, back: np.ndarray, biases: tuple[object, object] = (0.3, 0.3), delay: int = 0) -> en.Network:
    """Two layers that hear one another."""
    net = en.Network("float64")
    a = levels(there.shape[0], back, net, "a", biases[0])
    b = levels(there.shape[1], there, net, "b", biases[1])
    net.connect(a.out, b.spikes, delay)
    net.connect(b.out, a.spikes, delay)
    return net


def rests(net: en.Network, order: str, coalesce: str, annihilate: bool, seed: int = 0) -> bool:
    sim = en.Simulation(net, order, coalesce=coalesce, annihilate=annihilate, budget=20_000, seed=seed)
    sim.inject([(0, net[name].look, 0, 1) for name in ("a", "b")])
    try:
        sim.run()
    except UnsettledError:
        return False
    return True


def test_a_ring_that_looks_at_every_spike_is_named_with_what_ends_it() -> None:
    w = np.array([[1.0, -0.5], [0.25, 0.5]])
    net = ring(w, w.T)
    for order in ORDERS:
        found = may_not_rest(net, order, coalesce="none")
        assert bool(found) == (order != "random")
        for one in found:
            assert one.modules == ("a", "b")
            assert "annihilate=True" in one.why
        assert may_not_rest(net, order) == may_not_rest(net, order, coalesce="none", annihilate=True) == ()


@pytest.mark.slow
def test_networks_that_are_not_named_rest_and_each_order_that_is_named_has_one_that_does_not() -> None:
    failed: Counter[tuple[str, str, bool]] = Counter()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        w = rng.uniform(-1.2, 1.2, (12, 3))
        net = ring(w, w.T, (rng.uniform(-0.2, 0.8, 12), rng.uniform(-0.2, 0.8, 3)))
        for order in ORDERS:
            for checks in CHECKS:
                failed[order, *checks] += not rests(net, order, *checks, seed)
    for (order, coalesce, annihilate), n in failed.items():
        named = may_not_rest(net, order, coalesce=coalesce, annihilate=annihilate)
        assert bool(named) == (n > 0), (order, coalesce, annihilate, n)


@pytest.mark.slow
def test_spikes_that_annihilate_let_three_layers_rest_where_a_spike_has_two_wires() -> None:
    """Not proved. The second layer hears the third at rows from 0, the first at rows from 8: of 8 units of no weight."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        low, high = rng.uniform(-1.2, 1.2, (6, 8)), rng.uniform(-1.2, 1.2, (8, 4))
        net, biases = en.Network("float64"), [rng.uniform(-0.2, 0.8, n) for n in (6, 8, 4)]
        pad = np.zeros(8)
        a = levels(14, np.hstack([np.zeros((8, 8)), low.T]), net, "a", np.concatenate([pad - 1, biases[0]]))
        b = levels(8, np.vstack([high.T, np.zeros((4, 8)), low]), net, "b", biases[1])
        c = levels(4, high, net, "c", biases[2])
        for one, other in ((a, b), (b, a), (b, c), (c, b)):
            net.connect(one.out, other.spikes)
        for order in ORDERS:
            assert rests(net, order, "none", True, seed)


def test_weights_that_are_not_those_back_are_named_however_thresholds_are_checked() -> None:
    """a excites b, and b quiets a: no state is at rest."""
    net = ring(np.array([[4.0]]), np.array([[-4.0]]), (1.0, -1.0))
    for checks in CHECKS:
        (found,) = may_not_rest(net, "fifo", coalesce=checks[0], annihilate=checks[1])
        assert "are not those back" in found.why
        assert not rests(net, "fifo", *checks)


def test_a_ring_of_relays_is_named_and_never_ends() -> None:
    net = en.Network()
    a, b = (net.add(en.Relay(1, name=name)) for name in "ab")
    net.connect(a.out, b.spikes)
    net.connect(b.out, a.spikes)
    assert "without end" in may_not_rest(net, "random", annihilate=True)[0].why
    sim = en.Simulation(net, "random", annihilate=True, budget=1000)
    sim.inject([(0, a.spikes, 0, 1)])
    with pytest.raises(UnsettledError):
        sim.run()


def test_a_ring_of_three_is_not_symmetric() -> None:
    net, one = en.Network("float64"), np.ones((1, 1))
    layers = [levels(1, one, net, name) for name in "abc"]
    for a, b in zip(layers, layers[1:] + layers[:1], strict=True):
        net.connect(a.out, b.spikes)
    assert may_not_rest(net)[0].modules == ("a", "b", "c")


def test_delays_and_chains_are_not_named() -> None:
    w = np.array([[1.0, -0.5]])
    assert may_not_rest(ring(w, w.T, delay=1), "fifo", coalesce="none") == ()
    net = en.Network("float64")
    a, b = levels(1, w.T, net, "a"), levels(2, w, net, "b")
    net.connect(a.out, b.spikes)
    assert may_not_rest(net, "fifo", coalesce="none") == ()


def test_the_models_networks_are_not_named() -> None:
    patterns = np.where(np.random.default_rng(0).random((3, 20)) < 0.5, -1, 1)
    w = np.array([[0.0, 1.0], [1.0, 0.0]])
    nets = [
        EquilibriumNetwork([6, 5, 4, 3], engine="compiled").on_engine(1).net,
        HopfieldNetwork.of_patterns(patterns)._one, HopfieldNetwork.of_patterns(patterns)._all,
        ContinuousEquilibriumNetwork([4, 5, 3]).network(), BoltzmannMachine(w)._network(),
        SpikeProp([3, 5, 1], [1, 2])._network(True),
        DeepSpikingNetwork([10, 8, 6, 3]).training_network(np.zeros((1, 10)), np.zeros((1, 3)))[0],
    ]  # fmt: skip
    for net in nets:
        for coalesce in ("none", "burst"):
            assert may_not_rest(net, "fifo", coalesce=coalesce) == ()


def test_orders_says_before_it_runs_what_may_not_rest(tmp_path: Path) -> None:
    w = np.array([[1.0, -0.5], [0.25, 0.5]])
    net = ring(w, w.T)
    net.save(tmp_path / "ring.net")
    looks = np.ones(2, dtype=en.EVENT)
    looks["t"], looks["index"], looks["port"] = 0, 0, [int(net[name].look) for name in ("a", "b")]
    np.save(tmp_path / "looks.npy", looks)
    given = ["orders", str(tmp_path / "ring.net"), "--inputs", str(tmp_path / "looks.npy"), "--out", str(tmp_path)]
    found = CliRunner().invoke(app, [*given, "--json"])
    assert found.exit_code == 0, found.output
    (one,) = json.loads(found.stdout)["may_not_rest"]
    assert (one["coalesce"], one["modules"]) == ("none", ["a", "b"])
    assert sorted(one["orders"]) == sorted(set(ORDERS) - {"random"})
