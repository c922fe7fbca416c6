"""Boltzmann machines: their law for any rates, what a delay does to it, learning, and what is refused.

Chains are independent, with seeds of their own; each gives one vector of shares of time, and those are compared with
the law over all states. Laws are worked out here state by state.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from few import part

from eventnet.errors import DataError, ModelError
from eventnet.models import BoltzmannMachine, HopfieldNetwork, RestrictedBoltzmannMachine
from eventnet.order import ORDERS
from eventnet.scenarios.shared.hotelling import hotelling
from eventnet.scenarios.shared.paired import student_t

CHAINS = 32
ALPHA = 0.001


def machine(units: int, number: int, spread: float = 1.0, **options: Any) -> BoltzmannMachine:
    rng = np.random.default_rng(number)
    upper = np.triu(rng.normal(0, spread, (units, units)), 1)
    return BoltzmannMachine(upper + upper.T, rng.normal(0, 0.5, units), **options)


def restricted(visible: int, hidden: int, number: int, **options: Any) -> RestrictedBoltzmannMachine:
    rng = np.random.default_rng(number)
    w = rng.normal(0, 1, (visible, hidden))
    return RestrictedBoltzmannMachine(w, rng.normal(0, 0.5, visible + hidden), **options)


def law_by_hand(w: list[list[float]], b: list[float], temperature: float = 1.0) -> list[float]:
    """State by state, in the sequence of whole numbers whose lowest bit is unit 0."""
    n = range(len(b))
    weights = []
    for state in itertools.product((0, 1), repeat=len(b)):
        s = state[::-1]
        minus = sum(w[i][j] * s[i] * s[j] for i in n for j in n if i < j) + sum(b[i] * s[i] for i in n)
        weights.append(math.exp(minus / temperature))
    return [x / sum(weights) for x in weights]


def shares(make: Any, ticks: int, **options: Any) -> np.ndarray:
    """[chains, states]"""
    return np.array([make(seed_of_chain=k, **options).occupancy(ticks) for k in range(CHAINS)])


def law_of(net: BoltzmannMachine) -> np.ndarray:
    return np.array(law_by_hand(net.all_weights().tolist(), net.bias.tolist(), net.temperature))


def few(kind: str) -> Any:
    def make(seed_of_chain: int, **options: Any) -> BoltzmannMachine:
        if kind == "restricted":
            return restricted(2, 2, 5, seed=seed_of_chain, **options)
        return machine(int(kind), 5, seed=seed_of_chain, **options)

    return make


RATES: dict[str, Any] = {"slow": 0.05, "one a tick": 1.0, "fast": 20.0, "mixed": [0.03, 0.4, 2.0, 50.0]}


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("kind", ["2", "3", "4", "restricted"])
def test_the_law_is_boltzmanns_for_any_rates(kind: str, rates: str) -> None:
    units = 4 if kind == "restricted" else int(kind)
    own = RATES[rates][:units] if rates == "mixed" else RATES[rates]
    ticks = 40_000 if rates == "slow" else 4_000
    found = shares(few(kind), ticks, rates=own)
    law = law_of(few(kind)(0))
    assert hotelling(found[:, :-1], law[:-1]).p > ALPHA


@pytest.mark.slow
def test_the_law_and_what_a_delay_does_to_it_without_compiling() -> None:
    def make(seed: int, delay: int) -> BoltzmannMachine:
        return BoltzmannMachine([[0, -4], [-4, 0]], [2, 2], seed=seed, delay=delay, engine="reference")

    law = law_of(make(0, 0))
    for delay in (0, 1):
        found = np.array([make(seed, delay).occupancy(200, burn=20) for seed in range(CHAINS)])
        assert (hotelling(found[:, :-1], law[:-1]).p > ALPHA) == (delay == 0)


@pytest.mark.parametrize("kind", ["2", "3", "4", "restricted"])
def test_a_delay_of_a_tick_breaks_it(kind: str) -> None:
    found = shares(few(kind), 20_000, rates=1.0, delay=1)
    law = law_of(few(kind)(0))
    assert hotelling(found[:, :-1], law[:-1]).p < 1e-6
    assert np.abs(found.mean(axis=0) - law).sum() / 2 > 0.005


def effective(found: np.ndarray, law: np.ndarray) -> float:
    """Independent draws of a state from the law with which a chain's shares would vary as they do."""
    return float((law * (1 - law)).sum() / found.var(axis=0, ddof=1).sum())


def expected_variation(law: np.ndarray, draws: float) -> float:
    """Half the sum of the mean distances of normal shares from the law."""
    return float(np.sqrt(2 / math.pi * law * (1 - law) / draws).sum() / 2)


@pytest.mark.slow
@pytest.mark.parametrize("rates", ["one a tick", "mixed"])
@pytest.mark.parametrize("units", part([10, 6], 2))
def test_ten_units_keep_it_in_every_state(units: int, rates: str) -> None:
    """Weights of 0.3, so that every state is visited often: the mean of few visits would not be normal."""
    own = np.geomspace(0.1, 20, units) if rates == "mixed" else 1.0
    found = np.array([machine(units, 7, 0.3, seed=k, rates=own).occupancy(100_000) for k in range(CHAINS)])
    law = law_of(machine(units, 7, 0.3))
    t = (found.mean(axis=0) - law) / (found.std(axis=0, ddof=1) / math.sqrt(CHAINS))
    assert np.abs(t).max() < student_t(1 - ALPHA / 2 / len(law), CHAINS - 1)
    variation = np.abs(found.mean(axis=0) - law).sum() / 2
    assert variation < 2 * expected_variation(law, CHAINS * effective(found, law))


def test_temperature_widens_the_law() -> None:
    def make(seed_of_chain: int) -> BoltzmannMachine:
        return machine(3, 2, seed=seed_of_chain, temperature=2.5)

    found, law = shares(make, 4000), law_of(make(0))
    assert hotelling(found[:, :-1], law[:-1]).p > ALPHA
    assert hotelling(found[:, :-1], law_of(machine(3, 2))[:-1]).p < ALPHA


def test_states_drawn_far_apart_follow_the_law() -> None:
    """Chi-squared of nearly independent states: 7 degrees of freedom, 24.3 in one case of a thousand."""
    net = machine(3, 4, seed=1, rates=[0.5, 2, 9])
    drawn = net.sample(4000, every=40)
    counts, law = np.bincount(drawn @ [1, 2, 4], minlength=8), law_of(net)
    assert ((counts - 4000 * law) ** 2 / (4000 * law)).sum() < 24.3
    assert not np.array_equal(net.sample(4000, every=40), drawn)


def test_hidden_units_follow_those_that_are_clamped() -> None:
    net = restricted(3, 1, 3, seed=2)
    drawn = net.sample(4000, every=10, clamped=[1, 0, 1])
    assert (drawn[:, :3] == [1, 0, 1]).all()
    u = net.weights[0, 0] + net.weights[2, 0] + net.bias[3]
    p = 1 / (1 + math.exp(-u))
    assert abs(drawn[:, 3].mean() - p) < 4 * math.sqrt(p * (1 - p) / 4000)


@pytest.mark.parametrize("kind", ["all", "restricted"])
def test_energy_and_law_are_those_of_plain_loops(kind: str) -> None:
    net = restricted(2, 3, 1, temperature=0.7) if kind == "restricted" else machine(5, 1, temperature=0.7)
    np.testing.assert_allclose(net.law(), law_of(net), rtol=1e-12)
    w, b = net.all_weights(), net.bias
    state = [1, 0, 1, 1, 0]
    by_hand = -sum(w[i, j] for i in (0, 2, 3) for j in (0, 2, 3) if i < j) - b[0] - b[2] - b[3]
    assert net.energy([state])[0] == pytest.approx(by_hand, rel=1e-12)
    assert net.law()[0b01101] == pytest.approx(
        math.exp(-by_hand / 0.7) / np.exp(-net.energy(np.arange(32)[:, None] >> np.arange(5) & 1) / 0.7).sum()
    )


def mean_log_likelihood(w: np.ndarray, b: np.ndarray, visible: int, x: list[list[int]]) -> float:
    law = law_by_hand(w.tolist(), b.tolist())
    total = 0.0
    for row in x:
        code = sum(bit << j for j, bit in enumerate(row))
        total += math.log(sum(p for n, p in enumerate(law) if n % (1 << visible) == code))
    return total / len(x)


DATA = [[1, 0, 1], [1, 0, 1], [0, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize("kind", ["all visible", "hidden", "restricted"])
def test_the_mean_change_is_the_gradient_of_the_likelihood(kind: str) -> None:
    net = {
        "all visible": machine(3, 1), "hidden": machine(5, 1, visible=3), "restricted": restricted(3, 2, 1)
    }[kind]  # fmt: skip
    change, moved = net.expected_change(DATA)
    w, b, h = net.all_weights(), net.bias, 1e-5
    for i, j in itertools.combinations(range(net.units), 2):
        if w[i, j] == 0:
            continue
        step = np.zeros_like(w)
        step[i, j] = step[j, i] = h
        slope = (mean_log_likelihood(w + step, b, 3, DATA) - mean_log_likelihood(w - step, b, 3, DATA)) / (2 * h)
        assert change[i, j] == pytest.approx(slope, abs=1e-8)
    for j in range(net.units):
        step = h * (np.arange(net.units) == j)
        slope = (mean_log_likelihood(w, b + step, 3, DATA) - mean_log_likelihood(w, b - step, 3, DATA)) / (2 * h)
        assert moved[j] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("kind", ["all visible", "hidden", "restricted"])
def test_what_is_learned_is_the_gradient_on_average(kind: str) -> None:
    """Steps so small that the law stays: the sums of 32 chains against the change over all states."""
    rate, epochs = 2.0**-30, 200

    def make(seed: int) -> BoltzmannMachine:
        options: dict[str, Any] = {
            "seed": seed,
            "learning_rate": rate,
            "rates": [0.5, 1.0, 3.0, 2.0][: 3 + (kind != "all visible")],
        }
        if kind == "restricted":
            return restricted(3, 1, 6, **options)
        return machine(3 if kind == "all visible" else 4, 6, visible=3, **options)

    moved = []
    for seed in range(CHAINS):
        net = make(seed)
        before = net.all_weights().copy(), net.bias.copy()
        net.fit(DATA, epochs, positive=25, negative=25)
        apart = net.all_weights() - before[0], net.bias - before[1]
        moved.append(np.concatenate([apart[0][np.triu_indices(net.units, 1)], apart[1]]) / (rate * epochs * len(DATA)))
    change, biases = make(0).expected_change(DATA)
    wanted = np.concatenate([change[np.triu_indices(net.units, 1)], biases])
    free = np.concatenate([net.all_weights()[np.triu_indices(net.units, 1)] != 0, np.ones(net.units, bool)])
    assert hotelling(np.array(moved)[:, free], wanted[free]).p > ALPHA
    assert hotelling(np.array(moved)[:, free], np.zeros(free.sum())).p < 1e-6


def test_learning_lifts_the_likelihood_and_goes_on() -> None:
    data = [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]]
    net = RestrictedBoltzmannMachine(np.random.default_rng(1).normal(0, 0.1, (4, 3)), seed=3, learning_rate=0.02)
    first = mean_log_likelihood(net.all_weights(), net.bias, 4, data)
    for _ in range(2):
        net.fit(data, 1000)
    assert first < math.log(1 / 16) + 0.2
    assert mean_log_likelihood(net.all_weights(), net.bias, 4, data) > math.log(1 / 6)
    assert net.tally is not None
    assert net.tally.by_port()["units.learn"]["deliveries"] == 6000
    assert net.visible_law()[[3, 12, 5]].sum() > 0.5


def test_every_lesson_is_heard() -> None:
    """Both units go to 1 when they are let go; the last lesson falls on the last tick."""
    net = BoltzmannMachine([[0, 0], [0, 0]], [50.0, 50.0], learning_rate=0.25, engine="reference")
    net.fit([[1, 0]], 3, positive=2, negative=40)
    assert net.bias.tolist() == [50.0, 49.25]  # 1, 0 less 1, 1
    assert net.weights.tolist() == [[0, -0.75], [-0.75, 0]]


def test_the_order_changes_nothing() -> None:
    found = []
    for order in ORDERS:
        net = restricted(3, 2, 1, seed=4, engine="reference", order=order, learning_rate=0.05)
        net.fit(DATA, 2, positive=5, negative=5)
        found.append((net.weights.tolist(), net.sample(20, 1, burn=5).tolist(), net.occupancy(50, burn=0).tolist()))
    assert all(each == found[0] for each in found)


@pytest.mark.parametrize("order", ORDERS)
def test_both_engines_learn_the_same(order: str) -> None:
    found = []
    for engine in ("reference", "compiled"):
        net = restricted(3, 2, 1, seed=4, engine=engine, order=order, learning_rate=0.05)
        net.fit(DATA, 10, positive=5, negative=5)
        found.append((net.weights.tobytes(), net.bias.tobytes(), net.states.tolist(), net.tally.by_port()))
    assert found[0] == found[1]


def as_boltzmann(net: HopfieldNetwork, **options: Any) -> BoltzmannMachine:
    """States s = (sigma + 1) / 2: the same energy but for a constant."""
    return BoltzmannMachine(4 * net.weights, 2 * (net.bias - net.weights.sum(axis=0)), **options)


@pytest.mark.slow
def test_at_temperature_0_it_is_a_hopfield_network() -> None:
    rng = np.random.default_rng(3)
    patterns = rng.choice([-1, 1], (4, 40))
    hopfield = HopfieldNetwork(
        HopfieldNetwork.of_patterns(patterns).weights, rng.integers(-2, 3, 40), engine="reference"
    )
    constant = None
    for seed in range(3):
        start = rng.choice([-1, 1], 40)
        net = as_boltzmann(hopfield, temperature=0.0, seed=seed, rates=rng.uniform(0.1, 2, 40), engine="reference")
        net.states = (start + 1) // 2
        drawn = net.sample(150, every=1, burn=0)
        energy = net.energy(drawn)
        assert (np.diff(energy) <= 0).all()
        ends = 2 * drawn[-1:] - 1
        found = hopfield.recall(ends)
        assert found.flips.tolist() == [0]
        assert energy[0] > energy[-1]
        shift = energy - hopfield.energy(2 * drawn - 1)
        constant = shift[0] if constant is None else constant
        assert (shift == constant).all()


def test_a_low_temperature_is_none() -> None:
    """Where |u| / T is 40 or more, no draw of 53 bits goes uphill; no u is 0 here."""
    rng = np.random.default_rng(1)
    upper = np.triu(rng.integers(-3, 4, (8, 8)) * 2, 1)
    found = []
    for temperature in (0.0, 1 / 64):
        net = BoltzmannMachine(upper + upper.T, np.ones(8), temperature=temperature, seed=2, engine="reference")
        found.append(net.sample(200, every=1, burn=0).tolist())
    assert found[0] == found[1]
    with pytest.raises(ModelError, match="temperature is 0, at which states have no law"):
        BoltzmannMachine([[0]], temperature=0).law()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BoltzmannMachine([[0, 1], [2, 0]]), "weights are not symmetric"),
        (lambda: BoltzmannMachine([[1, 0], [0, 0]]), r"w\[0, 0\] is 1.0; wanted 0"),
        (lambda: BoltzmannMachine([[0, 1]]), r"weights have the shape \[1, 2\]; wanted \[units, units\]"),
        (lambda: BoltzmannMachine([[0, np.inf], [np.inf, 0]]), "wanted finite numbers in rows"),
        (lambda: BoltzmannMachine([[0]], [1, 2]), r"bias has the shape \[2\]; wanted finite numbers \[1\]"),
        (lambda: BoltzmannMachine([[0]], visible=2), "visible: found 2; wanted a whole number, 1 to 1"),
        (lambda: BoltzmannMachine([[0]], rates=0), "rates is 0"),
        (lambda: BoltzmannMachine([[0]], rates=[1.0, 2.0]), "rates"),
        (lambda: BoltzmannMachine([[0]], temperature=-1), "temperature is -1"),
        (lambda: BoltzmannMachine([[0]], delay=-1), "delay: found -1"),
        (lambda: BoltzmannMachine([[0]], learning_rate=0), "learning_rate is 0"),
        (lambda: RestrictedBoltzmannMachine([[1]], visible=1), "visible is not given"),
        (lambda: BoltzmannMachine([[0]], delay=1).fit([[1]]), "a machine learns without one"),
        (lambda: BoltzmannMachine(np.zeros((21, 21))).law(), "there are 21 units; states are enumerated of 20"),
        (lambda: BoltzmannMachine(np.zeros((21, 21))).occupancy(5), "there are 21 units"),
        (lambda: BoltzmannMachine(np.zeros((63, 63))).sample(5), "there are 63 units; wanted 62"),
        (lambda: BoltzmannMachine([[0]]).sample(0), "n: found 0"),
        (lambda: BoltzmannMachine([[0]]).fit([[1]], 0), "epochs: found 0"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make()


def test_other_states_are_refused() -> None:
    net = BoltzmannMachine([[0, 1], [1, 0]])
    with pytest.raises(DataError, match="states hold -1; wanted 1 and 0"):
        net.energy([[1, -1]])
    with pytest.raises(DataError, match=r"states have the shape \[1, 3\]; wanted \[n, 2\]"):
        net.fit([[1, 1, 1]])
    with pytest.raises(DataError, match=r"states have the shape \[1, 1\]; wanted \[n, 2\]"):
        net.sample(1, clamped=[1])
    assert "BoltzmannMachine" in repr(net)
