"""What a frame costs, against closed forms (B.2): fan-outs counted window by window, work inside units one by one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from change_cases import (
    LINEAR,
    Net,
    activated,
    conv_net,
    dense_net,
    fans,
    rounding_frame,
    slow_frames,
    spread_net,
    windowed,
)

from eventnet.cost import HOROWITZ_FLOAT32
from eventnet.errors import ModelError
from eventnet.models import SigmaDeltaNetwork
from eventnet.models.layers import AveragePool2d, Conv2d, Dense, Flatten, ReLU

NETS = {"dense": dense_net(3), "convolutions": conv_net(3), "pools": conv_net(12), "groups and dilation": spread_net(3)}


def made(net: Net, **options: Any) -> SigmaDeltaNetwork:
    return SigmaDeltaNetwork.from_layers(net.layers, scales=net.scales, input_shape=net.shape, **options)


def met(net: Net, counts: list[list[Any]]) -> list[float]:
    """The sum of counts times fan-out by layer, a frame; counts: by frame and quantity."""
    pairs = [[(np.reshape(count, fan.shape) * fan).sum() for count, fan in zip(frame, fans(net))] for frame in counts]
    return [float(x) for x in np.mean(pairs, axis=0)]


def inputs_of_layers(net: Net, frame: Any) -> list[Any]:
    """The values of all quantities without rounding."""
    value, found = frame, []
    for layer in net.layers:
        if isinstance(layer, LINEAR):
            found.append(value)
        if isinstance(layer, Dense):
            value = np.array([(value * w).sum() for w in layer.weights.T]) + layer.bias
        elif isinstance(layer, Conv2d):
            value = windowed(layer, value) + layer.bias[:, None, None]
        else:
            value = windowed(layer, value) if isinstance(layer, AveragePool2d) else activated(layer, value)
    return found


@pytest.mark.parametrize("name", NETS)
def test_operations_are_those_of_the_closed_forms(name: str) -> None:
    net = NETS[name]
    frames = slow_frames(net, 9)
    cost = made(net).cost(frames)
    assert cost.frames == 9
    assert cost.dense == 2 * sum(fan.sum() for fan in fans(net))
    nonzero = [[value != 0 for value in inputs_of_layers(net, frame)] for frame in frames]
    assert cost.sparse == pytest.approx(2 * sum(met(net, nonzero)), rel=1e-14)
    numbers = [rounding_frame(net.layers, frame, net.scales)[1] for frame in frames]
    assert cost.rounding == pytest.approx(sum(met(net, [[np.abs(s) for s in frame] for frame in numbers])), rel=1e-14)
    changes = [
        [np.abs(s - before) for s, before in zip(frame, last)]
        for last, frame in zip([[0 * s for s in numbers[0]], *numbers], numbers)
    ]
    by_layer = {f"layer{k}": adds for k, adds in enumerate(met(net, changes)) if adds}
    assert cost.by_layer == pytest.approx(by_layer, rel=1e-14)
    assert cost.own == pytest.approx(sum(by_layer.values()), rel=1e-14)
    assert cost.first == sum(met(net, changes[:1]))
    assert made(net, kind="rounding").cost(frames).own == pytest.approx(cost.rounding, rel=1e-14)


def test_energy_is_priced_by_the_published_convention_and_for_everything() -> None:
    """Everything: 2 adds and a product for an input that changed; 3 and 2 for a unit looked at; 1 and 1 read out."""
    net = dense_net(3)
    frames, hidden, n_out = slow_frames(net, 9), net.shapes[1:], 3
    cost, baked = made(net).cost(frames), made(net).bake().cost(frames)
    changed = int((np.diff(frames, axis=0, prepend=np.zeros((1, 6))) != 0).sum())
    numbers = [rounding_frame(net.layers, frame, net.scales)[1] for frame in frames]
    looked = 0
    for k, shape in enumerate(hidden):
        moved = [np.any(a[k] != b[k]) for a, b in zip(numbers[:-1], numbers[1:])]
        looked += shape[0] * (1 + sum(moved))  # all units in the first frame, for their biases
    adds = cost.own * 9 + 2 * changed + 3 * looked + 9 * n_out
    assert cost.energy["dense"] == pytest.approx(cost.dense / 2 * (0.1 + 3.1) / 1000)
    assert cost.energy["published"] == pytest.approx(cost.own * 0.1 / 1000)
    everything = 0.1 * adds + 3.1 * (changed + 2 * looked + 9 * n_out)
    assert cost.energy["everything"] == pytest.approx(everything / 9 / 1000)
    spent = made(net)
    spent.run(frames)
    compares = spent.tally_since_reset.totals()["compares"]
    assert compares > 0
    assert cost.energy["comparisons too"] == pytest.approx((everything + 0.1 * compares) / 9 / 1000)
    assert baked.energy["everything"] == pytest.approx((0.1 * adds + 3.1 * changed) / 9 / 1000)
    assert (baked.own, baked.rounding, baked.energy["published"]) == (cost.own, cost.rounding, cost.energy["published"])
    other = made(net).cost(frames, prices=HOROWITZ_FLOAT32)
    assert other.energy["published"] == pytest.approx(cost.own * 0.9 / 1000)
    assert other.energy["dense"] == pytest.approx(cost.dense / 2 * 4.6 / 1000)


def test_the_published_network_has_the_published_dense_cost() -> None:
    sizes = (784, 200, 200, 10)
    layers = [layer for a, b in zip(sizes[:-1], sizes[1:]) for layer in (Dense(np.zeros((a, b))), ReLU())]
    cost = SigmaDeltaNetwork.from_layers(layers).cost(np.zeros((2, 784)))
    assert (cost.dense, cost.own, cost.sparse, cost.rounding) == (397_600, 0, 0, 0)
    assert cost.energy["dense"] == pytest.approx(636, abs=0.5)  # at 3.2 pJ a multiply-add


def test_without_frames_it_is_what_has_been_run() -> None:
    net = dense_net(3)
    network, frames = made(net), slow_frames(net, 9)
    assert (network.cost().frames, network.cost().own) == (0, 0)
    asked = network.cost(frames)
    assert network.frames_seen == 0  # a copy ran
    network.run(frames)
    spent = network.cost()
    assert (spent.frames, spent.own, spent.by_layer, spent.energy) == (9, asked.own, asked.by_layer, asked.energy)
    assert (spent.first, spent.sparse, spent.rounding) == (None, None, None)
    network.reset()
    assert network.cost().own == 0


def test_a_cost_is_json() -> None:
    told = made(NETS["pools"]).cost(slow_frames(NETS["pools"], 3)).to_dict()
    assert json.loads(json.dumps(told)) == told


def test_a_cost_wants_frames_that_fit() -> None:
    network = made(dense_net(3))
    for frames, message in ((np.zeros((0, 6)), "no frames"), (np.ones((2, 5)), "takes 6"), ([[np.nan] * 6], "is nan")):
        with pytest.raises(ModelError, match=message):
            network.cost(frames)
    layers = [Conv2d(np.ones((1, 1, 2, 2))), Flatten()]  # fits maps of any size
    with pytest.raises(ModelError, match=r"a frame has shape \(1, 5, 5\); wanted \(1, 4, 4\)"):
        SigmaDeltaNetwork.from_layers(layers, input_shape=(1, 4, 4)).cost(np.ones((2, 1, 5, 5)))
