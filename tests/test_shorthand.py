"""Short forms in the description of a network: a module for its outlet or port, a shape for a weight block."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError, WiringError
from eventnet.learning import Layer, PairStdp


def of_modules() -> tuple[en.Network, dict[str, Any]]:
    net = en.Network()
    made = {
        "eye": en.Relay(3), "herd": en.Herding(2, net.weights(np.ones((3, 2)))), "sink": en.Sink(3),
        "leaky": en.LeakyIntegrate(2, net.weights(np.ones((2, 2))), tau=5.0),
        "current": en.ExponentialCurrent(2, net.weights(np.ones((2, 2)))),
        "plastic": PairStdp(net.weights(np.ones((3, 2))), a_plus=0.1, a_minus=0.1, tau_plus=5, tau_minus=5),
        "layer": Layer(2, net.weights(np.ones((2, 2)))),
    }  # fmt: skip
    for name, module in made.items():
        module.name = name
        net.add(module)
    return net, made


@pytest.mark.parametrize(
    ("source", "target", "wire"),
    [
        ("eye", "sink", "eye.out sink.spikes"),
        ("eye", "herd", "eye.out herd.spikes"),  # not its `settle`, nor its `reset`
        ("herd", "leaky", "herd.out leaky.spikes"),  # not `inhibit`
        ("leaky", "current", "leaky.out current.spikes"),  # not `crossing`, which predicted spikes take
        ("leaky.out", "sink", "leaky.out sink.spikes"),
        ("eye", "sink.spikes", "eye.out sink.spikes"),
    ],
)
def test_a_module_stands_for_the_outlet_or_the_port_that_is_meant(source: str, target: str, wire: str) -> None:
    def found(net: en.Network, path: str) -> Any:
        name, _, end = path.partition(".")
        return getattr(net[name], end) if end else net[name]

    short, _ = of_modules()
    made = short.connect(found(short, source), found(short, target), 3)
    assert f"{made.source} {made.target}" == wire
    full, _ = of_modules()
    outlet, port = wire.split()
    assert repr(full.connect(found(full, outlet), found(full, port), 3)) == repr(made)


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("eye", "plastic", "'plastic' (PairStdp) has the ports plastic.pre, plastic.post: say which"),
        ("current", "sink", "'current' (ExponentialCurrent) has the outlets current.out, current.axon: say which"),
        ("layer", "sink", "'layer' (Layer) has the outlets layer.out, layer.gated: say which"),
        ("sink", "herd", "'sink' (Sink) has no outlet to which a wire can be bound"),
    ],
)
def test_where_it_is_not_clear_what_is_meant_all_are_listed(source: str, target: str, said: str) -> None:
    net, made = of_modules()
    before = list(net.wires)
    with pytest.raises(WiringError, match=re.escape(said)):
        net.connect(made[source], made[target])
    assert net.wires == before


@pytest.mark.parametrize(
    ("delay", "said"),
    [
        (1.5, "1.5 ms are 1500 in ticks of 1 us"),
        (np.float32(0.5), "0.5 ms are 500 in ticks of 1 us"),
        (True, "a delay of one tick is 1"),
        ([1, 2, 3], "a wire has one delay. Delays one a unit: ExponentialCurrent(..., delays=[...])"),
        (np.array([1, 2]), "a wire has one delay"),
    ],
)
def test_a_delay_that_cannot_be_is_answered_by_what_can(delay: Any, said: str) -> None:
    net, made = of_modules()
    with pytest.raises(WiringError, match="the delay from eye.out to sink.spikes is .*whole number of ticks.*") as told:
        net.connect(made["eye"], made["sink"], delay)
    assert said in str(told.value)


# --- weights ---------------------------------------------------------------------------------------------------------
def test_weights_of_a_shape_are_a_number_or_what_a_function_makes() -> None:
    net = en.Network("float64")
    assert net.weights((3, 4), start=0.5).array.tolist() == np.full((3, 4), 0.5).tolist()
    rng, twin = np.random.default_rng(7), np.random.default_rng(7)
    drawn = net.weights((3, 4), "drawn", start=lambda shape: rng.normal(0, 0.1, shape))
    assert drawn.name == "drawn"
    assert drawn.array.tolist() == twin.normal(0, 0.1, (3, 4)).tolist()
    assert net.weights((np.int64(2), 1), start=np.zeros).array.tolist() == [[0.0], [0.0]]
    assert net.weights([[3, 4]]).array.tolist() == [[3.0, 4.0]]


@pytest.mark.parametrize(
    ("array", "start", "said"),
    [
        ((3, 4), None, "given as (3, 4). As a shape it wants first values: start=0.1, or start=lambda shape: rng"),
        ([3, 4], None, "[[3, 4]] is one row, [[3], [4]] one column"),
        ((0, 4), 1.0, "has shape (0, 4); wanted 1 or more rows and columns"),
        ((2, 2), lambda shape: np.zeros(3), "start gave weight block 'w0' the shape (3,); wanted (2, 2)"),
        ((2, 2), np.nan, "holds nan"),
        ([[1.0, 2.0]], 0.5, "start of weight block 'w0' goes with a shape"),
        ((True, False), None, "has shape (2,); wanted [rows, cols]"),
        ((1.0, 2.0), None, "has shape (2,); wanted [rows, cols]"),
        ((2, 2), "many", "start of weight block 'w0' is 'many'; wanted a number, or a function of the shape"),
        ((2, 2), [1.0, 2.0], "start of weight block 'w0' is [1.0, 2.0]; wanted a number, or a function of the shape"),
    ],
)
def test_weights_that_cannot_be_are_refused_and_leave_no_block(array: Any, start: Any, said: str) -> None:
    net = en.Network()
    with pytest.raises(NetworkError, match=re.escape(said)):
        net.weights(array, start=start)
    assert net.blocks == []


def test_an_int32_network_takes_whole_first_weights_alone() -> None:
    net = en.Network("int32")
    assert net.weights((1, 2), start=3).array.tolist() == [[3, 3]]
    with pytest.raises(NetworkError, match="32-bit integers"):
        net.weights((1, 2), start=0.5)
