"""Units of a Hopfield network by plain loops: exact potentials, flips one at a time, both engines."""

from __future__ import annotations

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.order import ORDERS
from eventnet.tally import COMPARES, NEURON_ADDS, SYNAPTIC_ADDS


def symmetric(rng: np.random.Generator, units: int) -> np.ndarray:
    upper = np.triu(rng.integers(-3, 4, (units, units)), 1)
    return upper + upper.T


def simulation(w: np.ndarray, bias: object = 0, **options: object) -> en.Simulation:
    net = en.Network("float32")
    units = net.add(en.HopfieldUnits(len(w), net.weights(w), bias=bias, name="units"))
    net.connect(units.asks, units.look)
    net.connect(units.out, net.add(en.Sink(len(w), name="flips")).spikes)
    return en.Simulation(net, record=True, **options)


def starts(sim: en.Simulation, state: np.ndarray) -> en.Simulation:
    units = sim.net["units"]
    sim.inject([*((0, units.set, j, int(s)) for j, s in enumerate(state)), (0, units.begin, 0, 1)])
    return sim.run()


def by_hand(w: list[list[int]], bias: list[int], state: list[int]) -> tuple[list[tuple[int, int]], list[int], int]:
    """First in, first out: flips as (unit, sign), the end, and how often a unit was looked at."""
    s, waiting, flips, looks = list(state), [], [], 0

    def u(j: int) -> int:
        return sum(w[i][j] * s[i] for i in range(len(s))) + bias[j]

    def ask() -> None:
        waiting.extend(j for j in range(len(s)) if s[j] * u(j) < 0 and j not in waiting)

    ask()
    while waiting:
        j = waiting.pop(0)
        looks += 1
        if s[j] * u(j) < 0:
            s[j] = -s[j]
            flips.append((j, s[j]))
            ask()
    return flips, s, looks


@pytest.mark.parametrize("seed", range(20))
def test_flips_and_counts_are_those_of_plain_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    w, bias, state = symmetric(rng, 9), rng.integers(-2, 3, 9), rng.choice([-1, 1], 9)
    sim = starts(simulation(w, bias, engine="reference", order="fifo"), state)
    flips, end, looks = by_hand(w.tolist(), bias.tolist(), state.tolist())
    sent = sim.log[sim.log["port"] == int(sim.net["flips"].spikes)]
    assert list(zip(sent["index"].tolist(), sent["sign"].tolist(), strict=True)) == flips
    found = sim.state("units")
    assert (2 * found["up"] - 1).tolist() == end
    assert (2 * found["phi"] - found["bar"]).tolist() == (w @ end + bias).tolist()
    assert not found["waits"].any()
    ports = sim.tally.by_port()
    moved = int((state > 0).sum()) + len(flips)
    row = {
        name: sum(port[name] for name_of, port in ports.items() if name_of.startswith("units"))
        for name in next(iter(ports.values()))
    }
    names = list(row)
    assert row[names[SYNAPTIC_ADDS]] == 9 * moved
    assert row[names[COMPARES]] == 9 + looks + 9 * (1 + len(flips))
    assert row[names[NEURON_ADDS]] == 2 * looks + 18 * (1 + len(flips))


@pytest.mark.parametrize("order", ORDERS)
def test_both_engines_give_the_same_bytes(order: str) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        w, state = symmetric(rng, 12), rng.choice([-1, 1], 12)
        runs = [
            starts(simulation(w, engine=engine, order=order, seed=seed), state) for engine in ("reference", "compiled")
        ]
        assert runs[0].log.tobytes() == runs[1].log.tobytes()
        assert runs[0].tally.by_port() == runs[1].tally.by_port()
        for name, array in runs[0].state("units").items():
            assert array.tobytes() == runs[1].state("units")[name].tobytes()


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_all_at_once_flips_by_the_potentials_of_before(engine: str) -> None:
    net = en.Network("float32")
    units = net.add(en.HopfieldUnits(2, net.weights([[0, -1], [-1, 0]])))
    net.connect(units.next, units.step, 1)
    sim = en.Simulation(net, engine=engine)
    sim.inject([(0, units.step, 0, 1)])
    seen = [sim.run(until=t + 1).state(units)["up"].tolist() for t in range(4)]
    assert seen == [[1, 1], [0, 0], [1, 1], [0, 0]]
    assert not sim.idle


@pytest.mark.parametrize(
    ("w", "message"),
    [
        ([[0, 1], [2, 0]], r"not symmetric: w\[0, 1\] is 1.0, w\[1, 0\] is 2.0"),
        ([[0, 1], [1, 3]], r"w\[1, 1\] is 3.0; wanted 0"),
    ],
)
def test_other_weights_are_refused(w: list[list[int]], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        en.HopfieldUnits(2, en.Network("float64").weights(w))


def test_a_checkpoint_with_other_states_is_refused() -> None:
    sim = starts(simulation(symmetric(np.random.default_rng(0), 4), engine="reference"), np.ones(4, int))
    units = sim.net["units"]
    for name in ("up", "waits"):
        found = {key: sim.state("units")[key].copy() for key in ("up", "waits")}
        units.check_integers(found, 0)
        found[name][2] = 2
        with pytest.raises(ValueError, match=rf"'{name}' at \[2\] is 2; wanted 0 to 1"):
            units.check_integers(found, 0)
