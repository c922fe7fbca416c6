"""Hopfield networks: the energy, recall, cycles of two, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eventnet.errors import DataError, ModelError
from eventnet.models import HopfieldNetwork
from eventnet.models.hopfield import number_type
from eventnet.order import ORDERS


def energy_by_hand(w: list[list[int]], b: list[int], s: list[int]) -> float:
    n = range(len(s))
    return -sum(w[i][j] * s[i] * s[j] for i in n for j in n if i < j) - sum(b[i] * s[i] for i in n)


def random_network(number: int, **options: object) -> tuple[HopfieldNetwork, np.random.Generator]:
    rng = np.random.default_rng(number)
    upper = np.triu(rng.integers(-4, 5, (8, 8)), 1)
    return HopfieldNetwork(upper + upper.T, rng.integers(-3, 4, 8), engine="reference", **options), rng


def test_the_largest_change_first_is_magnitude_since_units_ask_once() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        start = rng.choice([-1, 1], 40)
        ways = {}
        for order in ("largest", "magnitude", "fifo"):
            net = HopfieldNetwork.of_patterns(
                np.random.default_rng([seed, 1]).choice([-1, 1], (4, 40)), order=order, engine="reference"
            )
            ways[order] = net.trace(start).tolist()
        assert ways["largest"] == ways["magnitude"] != ways["fifo"]


@pytest.mark.parametrize("order", ORDERS)
def test_the_energy_falls_at_every_flip_to_a_minimum(order: str) -> None:
    for seed in range(20):
        net, rng = random_network(seed, order=order, seed=seed)
        start = rng.choice([-1, 1], 8)
        states = net.trace(start)
        energy = net.energy(states)
        w, b = net.weights.astype(int).tolist(), net.bias.astype(int).tolist()
        assert energy.tolist() == [energy_by_hand(w, b, s) for s in states.tolist()]
        assert states[0].tolist() == start.tolist()
        assert np.abs(np.diff(states, axis=0)).sum(axis=1).tolist() == [2] * (len(states) - 1)
        assert (np.diff(energy) < 0).all()
        for j in range(8):
            other = states[-1].copy()
            other[j] *= -1
            assert net.energy(other[None])[0] >= energy[-1]
        found = net.recall(start[None])
        assert found.states[0].tolist() == states[-1].tolist()
        assert found.flips[0] == len(states) - 1


def test_patterns_are_stored_and_recalled_one_after_the_other() -> None:
    rng = np.random.default_rng(1)
    patterns = rng.choice([-1, 1], (3, 60))
    net = HopfieldNetwork.of_patterns(patterns, engine="reference")
    assert net.weights.tolist() == [
        [0 if i == j else int(patterns[:, i] @ patterns[:, j]) for j in range(60)] for i in range(60)
    ]
    noisy = patterns.copy()
    noisy[:, :6] *= -1
    found = net.recall(np.concatenate([patterns, noisy]))
    assert found.states.tolist() == [*patterns.tolist(), *patterns.tolist()]
    assert found.flips.tolist() == [0, 0, 0, 6, 6, 6]
    assert net.tally is not None
    assert net.tally.spikes == 18
    assert "60 units" in str(net) or "60" in str(net)


def test_all_at_once_goes_to_and_fro_and_one_at_a_time_rests() -> None:
    net = HopfieldNetwork([[0, -1], [-1, 0]], engine="reference")
    found = net.all_at_once([1, 1])
    assert (found.cycle, found.states.tolist()) == (2, [[1, 1], [-1, -1], [1, 1]])
    assert len(net.trace([1, 1])) == 2
    assert net.all_at_once([1, -1]).cycle == 1
    assert net.all_at_once([1, 1], steps=1).cycle == 0


@pytest.mark.parametrize("seed", range(10))
def test_all_at_once_is_the_matrix_product(seed: int) -> None:
    net, rng = random_network(seed)
    state = rng.choice([-1, 1], 8)
    found = net.all_at_once(state)
    for before, after in zip(found.states, found.states[1:], strict=False):
        u = net.weights @ before + net.bias
        assert after.tolist() == np.where(u == 0, before, np.sign(u)).astype(int).tolist()
    assert found.cycle in (1, 2)


def test_both_engines_recall_the_same() -> None:
    patterns = np.random.default_rng(2).choice([-1, 1], (12, 50))
    nets = [HopfieldNetwork.of_patterns(patterns, engine=engine) for engine in ("reference", "compiled")]
    found = [net.recall(patterns) for net in nets]
    assert found[0].states.tolist() == found[1].states.tolist()
    assert found[0].flips.tolist() == found[1].flips.tolist()
    assert nets[0].tally.by_port() == nets[1].tally.by_port()


def test_whole_numbers_are_summed_where_that_is_exact() -> None:
    bias = np.zeros(2)
    assert number_type(np.full((2, 2), 2.0**21), bias) == "float32"
    assert number_type(np.full((2, 2), 2.0**22), bias) == "float64"
    assert number_type(np.full((2, 2), 0.5), bias) == "float64"


@pytest.mark.parametrize(
    ("weights", "bias", "message"),
    [
        ([[0, 1], [2, 0]], None, r"weights are not symmetric: w\[0, 1\]"),
        ([[1, 1], [1, 0]], None, r"w\[0, 0\] is 1.0; wanted 0"),
        ([[0, 1]], None, r"weights have the shape \[1, 2\]"),
        ([[0, np.nan], [np.nan, 0]], None, "wanted finite numbers"),
        ([[0, 1], [1, 0]], [1, 2, 3], r"bias has the shape \[3\]; wanted finite numbers \[2\]"),
    ],
)
def test_other_weights_are_refused(weights: object, bias: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        HopfieldNetwork(weights, bias)  # type: ignore[arg-type]


def test_other_states_are_refused() -> None:
    net = HopfieldNetwork([[0, 1], [1, 0]], engine="reference")
    with pytest.raises(DataError, match=r"states hold 0; wanted \+1 and -1"):
        net.recall([[0, 1]])
    with pytest.raises(DataError, match=r"states have the shape \[1, 3\]; wanted \[n, 2\]"):
        net.energy([[1, 1, 1]])
    with pytest.raises(ModelError, match="steps"):
        net.all_at_once([1, 1], steps=0)


def test_a_saved_network_recalls_as_the_one_that_was_saved(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    net = HopfieldNetwork(
        HopfieldNetwork.of_patterns(rng.choice([-1, 1], (5, 20))).weights,
        rng.integers(-2, 3, 20),
        order="random",
        seed=3,
    )
    net.save(tmp_path / "net.npz")
    again, start = HopfieldNetwork.load(tmp_path / "net.npz"), rng.choice([-1, 1], 20)
    assert again.trace(start).tobytes() == net.trace(start).tobytes()
    net.weights[0, 1] += 1
    net.save(tmp_path / "net.npz")
    with pytest.raises(DataError, match="does not describe a HopfieldNetwork: weights are not symmetric"):
        HopfieldNetwork.load(tmp_path / "net.npz")
    net.order = min
    with pytest.raises(ModelError, match="give it an order with a name"):
        net.save(tmp_path / "net.npz")
