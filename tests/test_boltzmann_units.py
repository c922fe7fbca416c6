"""Units of a Boltzmann machine by plain loops with random numbers of their own, both engines, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from few import few

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.order import ORDERS

WORD = (1 << 64) - 1


def mixed(a: int, b: int) -> int:
    """SplitMix64's finalizer over two words, 62 bits."""
    z = 0
    for word in (a, b):
        z = (z + word + 0x9E3779B97F4A7C15) & WORD
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
        z ^= z >> 31
    return z >> 2


def weights(shape: str, seed: int) -> np.ndarray:
    """Multiples of 1/8, so that sums are exact: between all of six units, or between two and four."""
    rng = np.random.default_rng(seed)
    if shape == "two groups":
        return rng.integers(-12, 13, (2, 4)) / 8
    upper = np.triu(rng.integers(-12, 13, (6, 6)), 1) / 8
    return upper + upper.T


def full(w: np.ndarray) -> np.ndarray:
    if w.shape[0] == w.shape[1]:
        return w
    n, m = w.shape
    made = np.zeros((n + m, n + m))
    made[:n, n:], made[n:, :n] = w, w.T
    return made


BIAS = [0.5, -0.25, 0.0, 0.125, -1.0, 0.75]
RATES = [0.02, 0.5, 1.0, 3.0, 0.1, 40.0]
LESSONS = {20: 1, 45: -1, 46: 1, 90: -1}
STEP = 1 / 64


def simulation(w: np.ndarray, *, late: int = 0, temperature: float = 1.0, **options: Any) -> en.Simulation:
    net = en.Network("float64")
    units = net.add(
        en.BoltzmannUnits(
            6, net.weights(w), bias=BIAS, rates=RATES, temperature=temperature, seed=11, late=late > 0, name="units",
            step=STEP,
        )
    )  # fmt: skip
    net.connect(units.out, net.add(en.Sink(6, name="changes")).spikes)
    if late:
        net.connect(units.out, units.heard, late)
    sim = en.Simulation(net, record=True, **options)
    sim.inject([(0, units.set, 1, 1), (0, units.set, 4, 1), (0, units.set, 4, -1)])
    sim.inject([(0, units.hold, j, -1) for j in range(6)])
    if not late:
        sim.inject([(t, units.learn, 0, s) for t, s in LESSONS.items()])
    return sim


def by_hand(given: np.ndarray, until: int, late: int, temperature: float) -> dict[str, Any]:
    """Tick by tick: who rings, in index order, then what arrives, then lessons."""
    linked = full(np.ones_like(given)).tolist()
    w, b = [list(map(float, row)) for row in full(given)], list(BIAS)
    n = range(6)
    state, heard = [0, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]
    count, seeds, changes, arriving = [0] * 6, [mixed(11, j) for j in n], [], []

    def uniform(j: int) -> float:
        count[j] += 1
        return (mixed(seeds[j], count[j] - 1) >> 9) * 2.0**-53

    def wait(j: int) -> int:
        return 1 + math.floor(-math.log(1 - uniform(j)) / RATES[j])

    due = [wait(j) for j in n]
    for t in range(1, until):
        for j in n:
            if due[j] != t:
                continue
            chance = uniform(j)
            due[j] = t + wait(j)
            u = sum(w[i][j] * heard[i] for i in n) + b[j]
            if temperature:
                now = int(chance < 1 / (1 + math.exp(-u / temperature)))
            else:
                now = state[j] if u == 0 else int(u > 0)
            if now != state[j]:
                state[j] = now
                changes.append((t, j, 2 * now - 1))
                arriving.append((t + late, j, now))
                if not late:
                    heard[j] = now
        for at, j, now in arriving:
            if at == t:
                heard[j] = now
        if not late and t in LESSONS:
            for i in n:
                b[i] += LESSONS[t] * STEP * state[i]
                for j in n:
                    if i != j and linked[i][j]:
                        w[i][j] += LESSONS[t] * STEP * state[i] * state[j]
    return {"changes": changes, "state": state, "drawn": count, "w": w, "bias": b}


@pytest.mark.parametrize("temperature", few([1.0, 0.0, 0.25], 2))
@pytest.mark.parametrize("late", few([1, 0, 3], 2))
@pytest.mark.parametrize("shape", ["all", "two groups"])
def test_changes_are_those_of_plain_loops(shape: str, late: int, temperature: float) -> None:
    w = weights(shape, 3)
    sim = simulation(w, late=late, temperature=temperature, engine="reference").run(until=1500)
    wanted = by_hand(w, 1500, late, temperature)
    sent = sim.log[sim.log["port"] == int(sim.net["changes"].spikes)]
    assert len(sent) > (2 if temperature == 0 else 100)
    assert (
        list(zip(sent["t"].tolist(), sent["index"].tolist(), sent["sign"].tolist(), strict=True)) == wanted["changes"]
    )
    found = sim.state("units")
    assert found["up"].tolist() == wanted["state"]
    assert found["drawn"].tolist() == wanted["drawn"]
    if not late:
        assert found["bias"].tolist() == wanted["bias"]
        assert full(sim.weights(sim.net["units"].w)).tolist() == wanted["w"]
        assert found["phi"].tolist() == (np.array(wanted["w"]) @ wanted["state"] + wanted["bias"]).tolist()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("late", [0, 2])
@pytest.mark.parametrize("shape", ["all", "two groups"])
def test_both_engines_give_the_same_bytes(shape: str, late: int, order: str) -> None:
    w = weights(shape, 5)
    runs = [simulation(w, late=late, engine=engine, order=order) for engine in ("reference", "compiled")]
    for sim in runs:
        sim.run(until=1000)
    assert runs[0].log.tobytes() == runs[1].log.tobytes()
    assert runs[0].tally.by_port() == runs[1].tally.by_port()
    for name, array in runs[0].state("units").items():
        assert array.tobytes() == runs[1].state("units")[name].tobytes()
    found = [sim.weights(sim.net["units"].w) for sim in runs]
    assert found[0].tobytes() == found[1].tobytes()


def test_the_order_changes_nothing() -> None:
    logs = []
    for order in ORDERS:
        sim = simulation(weights("all", 1), engine="reference", order=order).run(until=500)
        sent = sim.log[sim.log["port"] == int(sim.net["changes"].spikes)]
        logs.append(sent[np.argsort(sent["parent"])][["t", "index", "sign"]].tolist())  # as units rang
    assert len(logs[0]) > 100
    assert all(log == logs[0] for log in logs)


def test_operations_are_counted_by_hand() -> None:
    for shape, told in (("all", [6] * 6), ("two groups", [4, 4, 2, 2, 2, 2])):
        sim = simulation(weights(shape, 3), engine="reference", check=True).run(until=300)
        changes = sim.log[sim.log["port"] == int(sim.net["changes"].spikes)]["index"]
        rows, rings = sim.tally.by_port(), sim.tally.by_port()["units.ring"]["deliveries"]
        adds = sum(told[j] for j in changes)
        assert rings > 900
        assert rows["units.ring"]["synaptic_adds"] == rows["units.ring"]["reads"] == adds
        assert rows["units.ring"]["compares"] == rings
        assert (rows["units.ring"]["neuron_adds"], rows["units.ring"]["multiplies"]) == (3 * rings, 5 * rings)
        assert rows["units.set"]["synaptic_adds"] == told[1] + 2 * told[4]
        assert (rows["units.hold"]["neuron_adds"], rows["units.hold"]["multiplies"]) == (12, 12)
        learned = rows["units.learn"]
        assert learned["reads"] == learned["writes"]
        assert learned["learning_adds"] == learned["writes"] + 2 * learned["multiplies"]
        assert learned["compares"] == 24
    cold = (
        simulation(weights("all", 3), temperature=0.0, engine="reference").run(until=300).tally.by_port()["units.ring"]
    )
    assert (cold["neuron_adds"], cold["multiplies"]) == (2 * cold["deliveries"], 2 * cold["deliveries"])


def test_clocks_ring_at_their_rates_whatever_the_weights_are() -> None:
    rings = []
    for w in (weights("all", 1), np.zeros((6, 6))):
        sim = simulation(w).run(until=20_000)
        own = sim.log[sim.log["port"] == int(sim.net["units"].ring)]
        rings.append(own[["t", "index"]].tolist())
        for j, rate in enumerate(RATES):
            n, p = int((own["index"] == j).sum()), -math.expm1(-rate)
            assert abs(n - 20_000 * p) < 4 * math.sqrt(20_000 * p * (1 - p)) + 2
    assert rings[0] == rings[1]


def test_a_unit_that_is_held_stays() -> None:
    sim = simulation(weights("all", 1), engine="reference")
    units = sim.net["units"]
    sim.inject([(100, units.hold, 2, 1), (100, units.set, 2, 1), (300, units.hold, 2, -1)])
    sim.run(until=600)
    own = sim.log[(sim.log["port"] == int(units.ring)) & (sim.log["index"] == 2)]
    assert not ((own["t"] > 100) & (own["t"] <= 300)).any()
    assert (own["t"] > 300).any()
    assert (own["t"] <= 100).any()


def test_a_checkpoint_goes_on_the_same() -> None:
    whole, half = (simulation(weights("two groups", 2), engine="reference") for _ in range(2))
    saved = half.run(until=50).checkpoint()
    later = en.Simulation(half.net, record=True, engine="reference").resume(saved).run(until=200)
    assert later.log.tobytes() == whole.run(until=200).log.tobytes()


def test_a_checkpoint_with_other_numbers_is_refused() -> None:
    sim = simulation(weights("all", 1), engine="reference").run(until=20)
    units, state = sim.net["units"], sim.state("units")
    for name, value, message in (("up", 2, "0 to 1"), ("drawn", -1, "0 to "), ("own_seed", 5, "which no rule changes")):
        found = {key: state[key].copy() for key in ("up", "drawn", "own_seed", "late")}
        units.check_integers(found, 20)
        found[name][0] = value
        with pytest.raises(ValueError, match=rf"'{name}' at \[0\] is {value}; wanted .*{message}"):
            units.check_integers(found, 20)


@pytest.mark.parametrize(
    ("w", "options", "message"),
    [
        ([[0, 1], [2, 0]], {}, r"not symmetric: w\[0, 1\] is 1.0, w\[1, 0\] is 2.0"),
        ([[0, 1], [1, 3]], {}, r"w\[1, 1\] is 3.0; wanted 0"),
        ([[0, 1, 2]], {}, r"for 2 units; wanted \[2, 2\], or \[n, m\] with n \+ m = 2"),
        ([[1]], {"rates": 0.0}, "rates is 0.0; wanted rings a tick"),
        ([[1]], {"rates": [1.0, float("nan")]}, "rates is"),
        ([[1]], {"temperature": -1}, "temperature is -1; wanted a finite number, 0 or more"),
        ([[1]], {"temperature": float("inf")}, "temperature is inf"),
        ([[1]], {"temperature": [1.0, 2.0]}, "wanted one number for all units: the law"),
        ([[1]], {"seed": 0.5}, "seed"),
    ],
)
def test_what_makes_no_sense_is_refused(w: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        en.BoltzmannUnits(2, en.Network("float64").weights(w), **options)


def test_whole_numbers_have_no_room_for_chance() -> None:
    net = en.Network("int32")
    with pytest.raises(NetworkError, match="int32"):
        net.add(en.BoltzmannUnits(2, net.weights([[1]])))
