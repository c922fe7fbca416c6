"""Layers of level units by themselves: what a wire carries, what is refused, what a checkpoint may hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.learning.level_units import BEGIN, RESET, InnerLevelUnits, LevelUnits


def two_layers(engine: str = "reference", **options: Any) -> tuple[en.Simulation, Any, Any]:
    net = en.Network("float64")
    w, v = net.weights([[0.5, 0.25], [0.0, 0.75]]), net.weights([[0.5], [0.25]])
    low = net.add(InnerLevelUnits(2, w, net.weights(np.zeros((1, 6))), v, k=4, below_k=4, k_above=4, name="low"))
    high = net.add(LevelUnits(1, v, net.weights(np.zeros((1, 3))), lower=low, k=4, below_k=4, name="high"))
    net.connect(low.out, high.below)
    net.connect(low.out, low.own)
    net.connect(low.told, high.wake)
    net.connect(high.out, low.above)
    net.connect(high.out, high.own)
    net.connect(high.told, low.wake)
    return en.Simulation(net, order="fifo", engine=engine, **options), low, high


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
