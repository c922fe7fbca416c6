"""Layers of level units by themselves: what a wire carries, what is refused, what a checkpoint may hold."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from test_potential import settling

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.event import signed
from eventnet.learning.level_units import BEGIN, RESET, InnerLevelUnits, LevelUnits


def two_layers(engine: str = "reference", **options: Any) -> tuple[en.Simulation, Any, Any]:
    net = en.Network("float64")
    w, v = net.weights([[0.5, 0.25], [0.0, 0.75]]), net.weights([[0.5], [0.25]])
    low = net.add(InnerLevelUnits(2, w, net.weights(np.zeros((1, 6))), v, k=4, below_k=4, k_above=4, name="low"))
    high = net.add(LevelUnits(1, v, net.weights(np.zeros((1, 3))), lower=low, k=4, below_k=4, name="high"))
    net.connect(low.out, high.below)
    net.connect(low.out, low.own)
    net.connect(low.notice, high.wake)
    net.connect(high.out, low.above)
    net.connect(high.out, high.own)
    net.connect(high.notice, low.wake)
    return en.Simulation(net, order="fifo", engine=engine, **options), low, high


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("checked", [False, True])
def test_levels_are_sent_and_followed_while_inputs_change(engine: str, checked: bool) -> None:
    sim, low, high = two_layers(engine, check=checked)
    phases = [(0, part.phase, RESET, 1) for part in (low, high)]
    sim.inject([*phases, (1, low.below, 0, 4), (2, low.phase, BEGIN, 1)])
    sim.run()
    # k v = (2, 1); above 1.25, so 1; k v = (2.5, 1.25), so 3; above 1.75, so 2; k v = (3, 1.5), so (3, 2); above 2.
    assert sim.state("low")["n"].tolist() == [3, 2]
    assert sim.state("high")["n"].tolist() == [2]
    adds = sim.tally.adds
    sim.inject([(3, low.below, 0, -4), (4, low.wake, 0, 1)])
    sim.run()
    # From above alone k v = (1, .5), so (1, 1); above .75, so 1; k v = (.5, .25): one at a tie stays up.
    assert sim.state("low")["n"].tolist() == [1, 0]
    assert sim.state("high")["n"].tolist() == [1]
    assert sim.tally.adds > adds


def test_a_wake_without_a_change_looks_at_nobody() -> None:
    sim, low, _ = two_layers()
    sim.inject([(0, low.wake, 0, 1)])
    assert sim.run().tally.adds == 0


def test_another_block_above_is_refused() -> None:
    net = en.Network("float64")
    w, v, other = net.weights(np.ones((2, 2))), net.weights([[0.5], [0.25]]), net.weights([[0.5], [0.75]])
    rests = [net.weights(np.zeros((1, 3 * n))) for n in (2, 1)]
    low = net.add(InnerLevelUnits(2, w, rests[0], v, name="low"))
    with pytest.raises(NetworkError, match=r"not symmetric.*\[1, 0\] is 0.75 upwards and 0.25 downwards"):
        LevelUnits(1, other, rests[1], lower=low)
    with pytest.raises(NetworkError, match="reads no weights from above"):
        LevelUnits(1, v, rests[1], lower=net.add(en.Relay(2)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": -0.5}, r"wanted 1 \+ 2 beta above 0"),
        ({"k": 0}, "k is 0; wanted a whole number"),
        ({"learn": "never"}, "learn is 'never'"),
        ({"delay": (0, 3)}, r"delay is \(0, 3\)"),
    ],
)
def test_other_options_are_refused(options: dict[str, Any], message: str) -> None:
    net = en.Network("float64")
    with pytest.raises(NetworkError, match=message):
        LevelUnits(1, net.weights([[0.5]]), net.weights(np.zeros((1, 3))), **options)


def test_a_checkpoint_with_a_target_that_is_no_unit_is_refused() -> None:
    sim, _, high = two_layers()
    status = sim.state("high")["status"].copy()
    high.check_integers({"status": status}, 0)
    status[1] = 7
    with pytest.raises(ValueError, match="the target of 'status'"):
        high.check_integers({"status": status}, 0)


def test_counts_are_those_of_the_log_told_again() -> None:
    """Rows and columns of each message, products where it carries more than one, and weights whose ends are not 0."""
    net, inputs = settling()
    run = en.simulate(net, inputs, order="fifo", engine="reference", record=True)
    low, high = net.modules
    ends = {int(end): str(end) for end in (low.below, low.above, low.own, high.below, high.own)}
    wide = {str(low.below): low.units, str(low.above): low.units, str(high.below): high.units}
    heard = {"low": Counter[int](), "high": Counter[int]()}
    known = {"low": Counter[int](), "high": Counter[int]()}
    adds, products, learned, learns = Counter[str](), Counter[str](), Counter[str](), False
    told = (run.log[name].tolist() for name in ("t", "index", "port"))
    for t, i, port, s in zip(*told, signed(run.log).tolist(), strict=True):
        learns, name = learns or t >= 4, ends.get(port)
        if name is None:
            continue
        of = "low" if name.startswith(low.name) else "high"
        adds[name] += wide.get(name, 0)
        products[name] += wide.get(name, 0) * (abs(s) > 1)
        if port in (int(low.own), int(high.own)):
            known[of][i] += s
            learned[name] += learns * (1 + sum(n != 0 for n in heard[of].values()))
        elif name in (str(low.below), str(high.below)):
            heard[of][i] += s
            learned[name] += learns * sum(n != 0 for n in known[of].values())
    rows = run.tally.by_port()
    assert sum(learned.values()) > 10
    for name in ends.values():
        assert rows[name]["input_adds"] + rows[name]["synaptic_adds"] == adds[name], name
        assert rows[name]["learning_adds"] == rows[name]["writes"] == learned[name], name
        assert rows[name]["multiplies"] == products[name] + learned[name], name
        assert rows[name]["reads"] == adds[name] + learned[name], name
    for layer in (low, high):
        looks = rows[f"{layer.name}.look"]
        assert looks["compares"] == looks["deliveries"] == looks["neuron_adds"] // 2 >= looks["spikes"]
        for asked in ("wake", "phase"):
            row = rows[f"{layer.name}.{asked}"]
            assert row["neuron_adds"] == 2 * row["compares"]
            assert row["compares"] % layer.units == 0
