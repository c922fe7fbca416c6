"""A Sigma-Delta network is the rounding network told of changes only: exactly, at every frame, in every order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from change_cases import (
    Net,
    conv_net,
    dense_net,
    grid,
    joined_net,
    nearest,
    rounding_frame,
    slow_frames,
    spread_net,
    unit_scales,
)
from counting import Meter, on_counting_numbers, words
from few import few

import eventnet as en
from eventnet.data import digits, scale_pixels, temporal_order
from eventnet.errors import EventnetError, ModelError
from eventnet.models import ConventionalNetwork, SigmaDeltaNetwork
from eventnet.models.layers import (
    AveragePool2d,
    Clip,
    Conv2d,
    Dense,
    Flatten,
    HardSigmoid,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Softmax,
    Tanh,
)
from eventnet.models.sigma_delta import synaptic_adds
from eventnet.models.stages import rounding_forward, rounding_operations
from eventnet.neurons.sigma_delta import gather

UPDATE = np.dtype([("t", np.int64), ("index", np.int64), ("value", np.float64)])
MOVE = np.dtype([("t", np.int64), ("index", np.int64), ("sign", np.int64)])


def made(net: Net, **options: Any) -> SigmaDeltaNetwork:
    return SigmaDeltaNetwork.from_layers(net.layers, **{"scales": net.scales, "input_shape": net.shape, **options})


def wanted(net: Net, frames: Any, scales: Any = None) -> Any:
    return np.array([rounding_frame(net.layers, frame, scales or net.scales)[0] for frame in frames])


def recorded(network: SigmaDeltaNetwork, **options: Any) -> en.Simulation:
    """The network in a simulation that keeps its log."""
    events = network.events
    events.simulation = en.Simulation(events.net, network.options["order"], record=True, **options)
    return events.simulation


def last_first(x: Any) -> Any:
    """A map [c, h, w], or a vector, in the order of the units."""
    return np.moveaxis(x, 0, -1).ravel() if x.ndim == 3 else x.ravel()


# --- the same outputs ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", few(en.ORDERS, 2))
@pytest.mark.parametrize("kind, coalesce", [("sigma-delta", "burst"), ("sigma-delta", "none"), ("rounding", "burst")])
def test_outputs_are_those_of_the_rounding_network_at_every_frame(kind: str, coalesce: str, order: str) -> None:
    for net in (dense_net(1), conv_net(3), conv_net(12)):
        frames = slow_frames(net, 8)
        found = made(net, kind=kind, coalesce=coalesce, order=order).run(frames)
        assert found.tobytes() == wanted(net, frames).tobytes()


@pytest.mark.parametrize("seed", range(40))
def test_random_convolutional_networks_are_plain_convolutions_of_rounded_maps(seed: int) -> None:
    net = conv_net(100 + seed)
    frames = slow_frames(net, 6, seed)
    assert made(net).run(frames).tobytes() == wanted(net, frames).tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("engine, seed", [("reference", 0), ("reference", 5), *(("compiled", k) for k in range(12))])
def test_groups_dilation_and_activations_with_parameters_are_plain_ones_of_rounded_maps(engine: str, seed: int) -> None:
    net = spread_net(seed)
    frames, scales = slow_frames(net, 3, seed), unit_scales(net, seed)
    for options in ({}, {"coalesce": "none", "order": en.ORDERS[seed % 6]}, {"kind": "rounding"}):
        found = made(net, engine=engine, **options).run(frames)
        assert found.tobytes() == wanted(net, frames).tobytes()
    assert made(net, scales=scales, engine=engine).run(frames).tobytes() == wanted(net, frames, scales).tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("engine, seed", [("reference", 0), *(("compiled", k) for k in range(8))])
def test_maxima_and_residuals_are_those_of_the_rounding_network(engine: str, seed: int) -> None:
    net = joined_net(seed)
    frames = slow_frames(net, 6, seed)
    answers = rounding_forward(net.layers, frames, net.scales)
    assert answers.outputs.tobytes() == wanted(net, frames).tobytes()
    for options in ({}, {"coalesce": "none", "order": en.ORDERS[seed % 6]}, {"kind": "rounding"}):
        network = made(net, engine=engine, **options)
        assert network.run(frames).tobytes() == wanted(net, frames).tobytes()
        if "kind" in options:  # a layer's adds are those of the closed form
            adds = sum(synaptic_adds(network.tally_since_reset).values())
            assert adds == rounding_operations(net.layers, answers.spikes).sum()


def test_a_shortcut_costs_an_add_a_spike_and_a_maximum_its_compares() -> None:
    layers = [MaxPool2d(2), Residual([one_word()]), Flatten(), Dense(np.ones((4, 1)))]
    network = SigmaDeltaNetwork.from_layers(layers, scales=1.0, input_shape=(1, 4, 4), engine="reference")
    frame = np.zeros((1, 4, 4))
    network.update(frame)
    frame[0, 0, 0] = 3.0
    network.update(frame)
    rows = network.tally.by_port()
    assert (rows["layer0.spikes"]["neuron_adds"], rows["layer0.spikes"]["synaptic_adds"]) == (3, 0)
    assert rows["layer0.settle"]["compares"] == 3 + 1 + 3  # of the window's four inputs; one look and three spikes
    assert rows["layer1.spikes"]["synaptic_adds"] == 3
    assert (rows["layer2.also"]["synaptic_adds"], rows["layer2.also"]["multiplies"]) == (3, 3)
    assert rows["layer2.spikes"]["synaptic_adds"] == 6
    assert network.cost().dense == 2 * 4 + 2 * 4 + 2 * 4  # a kernel of one word, two maps added, a dense layer


def one_word() -> Conv2d:
    """A kernel of one word, 2."""
    return Conv2d(np.full((1, 1, 1, 1), 2.0))


@pytest.mark.parametrize("layers, shape, words", [
    ([MaxPool2d(2)], (1, 4, 4), "the last stage is that of a MaxPool2d or a Residual; wanted Dense"),
    ([Residual([Dense(np.eye(2))])], (2,), "the last stage is that of a MaxPool2d or a Residual"),
    ([Residual([ReLU(), Dense(np.eye(2))]), Dense(np.eye(2))], (2,), "layer 0: body: layer 0 is ReLU; wanted a Dense"),
    ([Residual([Flatten()], [Flatten()]), Dense(np.eye(2))], (2, 1, 1), "layer 0: Flatten stands before or at the end"),
])  # fmt: skip
def test_maxima_and_residuals_that_events_have_not_are_refused(layers: Any, shape: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        SigmaDeltaNetwork.from_layers(layers, input_shape=shape)


def test_a_sum_and_a_maximum_need_one_scale_and_no_baking() -> None:
    net = joined_net(1)
    with pytest.raises(ModelError, match="scales do not go through MaxPool2d and Residual"):
        made(net).bake()
    for k, what in ((1, "pooling"), (4, "sum")):
        scales = [np.asarray(scale) for scale in net.scales]
        scales[k] = np.broadcast_to(np.arange(1.0, 4)[:, None, None], net.shapes[k])
        with pytest.raises(ModelError, match=f"differs from unit to unit; the {what} that reads it needs one number"):
            made(net, scales=scales)


@pytest.mark.parametrize("engine, seed", [("reference", 0), *(("compiled", k) for k in range(4))])
def test_scales_go_through_a_leaky_unit_into_the_weights_of_groups(engine: str, seed: int) -> None:
    net = spread_net(seed, relu=True)
    frames, scales = slow_frames(net, 3, seed), unit_scales(net, seed, by_channel=True)
    baked = made(net, scales=scales, engine=engine).bake()
    assert baked.run(frames).tobytes() == wanted(net, frames, scales).tobytes()


def test_a_sigmoid_network_sends_the_changes_of_the_rounding_networks_numbers() -> None:
    rng = np.random.default_rng(8)
    layers = [Dense(rng.normal(size=(6, 5)), rng.normal(size=5)), Sigmoid(), Dense(rng.normal(size=(5, 3)))]
    net = Net(layers, (6,), [], [8.0, 16.0])
    frames = rng.normal(size=(8, 6))
    for engine in ("reference", "compiled"):
        found = [made(net, kind=kind, engine=engine).run(frames) for kind in ("sigma-delta", "rounding")]
        for outputs in found:  # sums of 6 and 5 products, and k a that meets no tie in these frames
            assert np.abs(outputs - wanted(net, frames)).max() < 1e-13


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_updates_of_single_inputs_at_any_times_end_at_the_same_outputs(engine: str) -> None:
    for seed in range(18 if engine == "compiled" else 6):
        net, rng = (conv_net if seed % 3 else dense_net)(seed), np.random.default_rng(seed)
        options = {"order": en.ORDERS[seed % 6], "coalesce": ("burst", "none")[seed // 3 % 2], "engine": engine}
        network, frame, k = made(net, **options), np.zeros(net.shape), net.scales[0]
        units = frame.size
        assert network.update_events(np.zeros(0, UPDATE)).tobytes() == wanted(net, [frame])[0].tobytes()
        for step in range(6):
            n, now = int(rng.integers(1, 30)), max(network.events.simulation.time, 0)
            index, t = rng.integers(0, units, n), now + rng.integers(0, 4, n)
            flat = last_first(frame).copy()
            if step == 3:
                frame = slow_frames(net, 1, seed)[0]
                found = network.update(frame)
            elif step % 2:
                sign = rng.choice([-1, 1], n)
                np.add.at(flat, index, sign / k)
                found = network.update_events(np.array(list(zip(t, index, sign)), MOVE))
            else:
                value = grid(rng, n, most=2)
                for at in np.argsort(t, kind="stable"):  # the last one of an instant stays
                    flat[index[at]] = value[at]
                found = network.update_events(np.array(list(zip(t, index, value)), UPDATE))
            if step != 3:
                frame = np.moveaxis(flat.reshape(*net.shape[1:], net.shape[0]), -1, 0) if len(net.shape) == 3 else flat
            assert found.tobytes() == wanted(net, [frame])[0].tobytes(), f"network {seed}, step {step}"


def test_a_rounding_network_takes_updates_too() -> None:
    net = conv_net(3)
    network, frame = made(net, kind="rounding"), slow_frames(net, 1)[0]
    network.update(frame)
    frame[0, 1, 2] = 1.25
    index = (1 * net.shape[2] + 2) * net.shape[0]
    found = network.update_events(np.array([(index, 1.25)], np.dtype([("index", np.int32), ("value", np.float32)])))
    assert found.tobytes() == wanted(net, [frame])[0].tobytes()
    assert network.update(frame / 2).tobytes() == wanted(net, [frame / 2])[0].tobytes()


def test_events_of_a_sensor_move_inputs_by_one_quantum() -> None:
    net = dense_net(2)
    network = made(net)
    found = network.update_events(en.events([(5, 0, 3, 1), (9, 0, 3, 1), (7, 0, 0, -1)]))
    frame = np.array([-1, 0, 0, 2, 0, 0]) / net.scales[0]
    assert found.tobytes() == wanted(net, [frame])[0].tobytes()
    assert network.events.simulation.time == 11


@pytest.mark.parametrize("seed", range(8))
def test_units_of_one_layer_may_have_scales_of_their_own(seed: int) -> None:
    net = conv_net(seed) if seed % 2 else dense_net(seed)
    scales = unit_scales(net, seed)
    frames = slow_frames(net, 6, seed)
    assert made(net, scales=scales).run(frames).tobytes() == wanted(net, frames, scales).tobytes()


def test_a_network_that_is_no_grid_is_right_but_for_the_rounding_of_sums() -> None:
    rng = np.random.default_rng(5)
    layers = [Conv2d(rng.normal(size=(4, 2, 3, 3)), rng.normal(size=4), padding=1), Tanh(), AveragePool2d(3), Flatten()]
    layers += [
        Dense(rng.normal(size=(16, 6))),
        HardSigmoid(),
        Dense(rng.normal(size=(6, 3)), rng.normal(size=3)),
        Softmax(),
    ]
    net = Net(layers, (2, 6, 6), [], [3.3, 5.7, 4.1, 9.9])
    frames = rng.normal(size=(8, 2, 6, 6))
    # Sums of up to 18 products of the order of 1, and k a that meets no tie in these frames.
    assert np.abs(made(net).run(frames) - wanted(net, frames)).max() < 1e-13


def test_a_map_at_the_end_keeps_its_shape() -> None:
    layers = [Conv2d(grid(np.random.default_rng(6), 3, 2, 2, 2)), ReLU()]
    net = Net(layers, (2, 4, 5), [(2, 4, 5)], [4.0])
    frames = slow_frames(net, 3)
    network = made(net)
    assert network.run(frames).tobytes() == wanted(net, frames).tobytes()
    assert network.update(frames[0]).shape == (3, 3, 4)
    assert network.run(frames[:0]).shape == (0, 3, 3, 4)
    assert made(dense_net()).run(np.zeros((0, 6))).shape == (0, 3)


def test_frames_with_more_spikes_than_one_reaction_makes() -> None:
    net = dense_net(7)._replace(scales=[2.0**12, 2.0**11, 2.0**12])
    frames = slow_frames(net, 4)
    network = made(net)
    assert network.run(frames).tobytes() == wanted(net, frames).tobytes()
    assert network.tally.spikes > 3 * 4096
    assert made(net, coalesce="none", order="depth").run(frames).tobytes() == wanted(net, frames).tobytes()


# --- the spikes ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", en.ORDERS)
@pytest.mark.parametrize("kind", ["sigma-delta", "rounding"])
def test_spikes_are_the_differences_of_the_rounding_networks(kind: str, order: str) -> None:
    for net in (dense_net(8), conv_net(9), conv_net(3)):
        frames, network = slow_frames(net, 7), made(net, kind=kind, order=order)
        simulation = recorded(network)
        network.run(frames)
        numbers = [rounding_frame(net.layers, frame, net.scales)[1] for frame in frames]
        layers = [*network.events.hidden, network.events.readout]
        for layer, shape, quantity in zip(layers, net.shapes, zip(*numbers)):
            before = np.zeros(int(np.prod(shape)))
            for k, number in enumerate(last_first(number.reshape(shape)) for number in quantity):
                heard = simulation.log[(simulation.log["port"] == int(layer.spikes)) & (simulation.log["t"] == 2 * k)]
                change = number - (before if kind == "sigma-delta" else 0)
                assert np.bincount(heard["index"], heard["sign"], len(change)).tolist() == change.tolist()
                assert len(heard) == np.abs(change).sum()  # none went there and back
                before = number


def test_an_unchanged_frame_sends_nothing() -> None:
    for net in (dense_net(1), conv_net(3)):
        for order in en.ORDERS:
            network = made(net, order=order)
            frame = slow_frames(net, 1)[0]
            first = network.update(frame)
            begun = network.tally.deliveries
            assert network.tally.by_kind()["synaptic"] > 0
            for _ in range(5):
                assert network.update(frame).tobytes() == first.tobytes()
                assert network.tally.by_kind()["synaptic"] == network.tally.spikes == 0
                assert network.tally.deliveries == 2  # the frame and the read-out
                assert network.tally.compares == frame.size
            assert network.tally_since_reset.deliveries == begun + 5 * 2


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_nothing_drifts_over_three_thousand_frames(engine: str) -> None:
    """float32 weights times whole spikes add up exactly in float64, whatever the scales."""
    rng = np.random.default_rng(10)
    weights = [rng.normal(0, 0.4, shape).astype(np.float32).astype(np.float64) for shape in ((9, 12), (12, 7), (7, 4))]
    layers = [Dense(weights[0], rng.normal(size=12)), ReLU(), Dense(weights[1]), ReLU(), Dense(weights[2])]
    scales, count = [2.7, 3.3, 1.9], 3000 if engine == "compiled" else 150
    frames = np.cumsum(rng.normal(size=(count, 9)) * (rng.random((count, 9)) < 0.3), axis=0) / 4
    network = SigmaDeltaNetwork.from_layers(layers, scales=scales, engine=engine)
    found = network.run(frames)
    value = frames
    for n, layer in enumerate(layers[::2]):
        value = nearest(scales[n] * value) @ layer.weights / scales[n] + layer.bias
        value = np.maximum(value, 0) if n < 2 else value
    assert found.tobytes() == value.tobytes()
    assert network.copy().run(frames[-1:])[0].tobytes() == found[-1].tobytes()


# --- scales in the weights -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(8))
def test_baked_networks_give_the_same_outputs_and_multiply_at_the_input_only(seed: int) -> None:
    net = conv_net(seed, pools=False, relu=True) if seed % 2 else dense_net(seed)
    frames, scales = slow_frames(net, 6, seed), unit_scales(net, seed, by_channel=True) if seed % 4 < 2 else net.scales
    for kind in ("sigma-delta", "rounding"):
        network, plain = made(net, scales=scales, kind=kind).bake(), made(net, scales=scales, kind=kind)
        assert network.run(frames).tobytes() == plain.run(frames).tobytes() == wanted(net, frames, scales).tobytes()
        spent, spared = plain.tally.by_port(), network.tally.by_port()
        assert all(row["multiplies"] == 0 for port, row in spared.items() if not port.startswith("input."))
        assert sum(row["multiplies"] for port, row in spent.items() if not port.startswith("input.")) > 0
        assert network.tally.adds == plain.tally.adds


@pytest.mark.parametrize("order", few(["depth", "breadth", "random"], 1))
def test_integer_networks_give_the_same_outputs_and_multiply_nothing(order: str) -> None:
    for seed in range(6):
        net = conv_net(seed, pools=False, relu=True) if seed % 2 else dense_net(seed)
        frames = slow_frames(net, 6, seed)
        for coalesce in ("burst", "none"):
            network = made(net, order=order, coalesce=coalesce).bake(bits=12)
            assert network.run(frames).tobytes() == wanted(net, frames).tobytes()
            assert network.tally.multiplies == 0
            frame = frames[-1].copy()
            flat = np.zeros(1, UPDATE)
            flat["t"], flat["value"] = network.events.simulation.time + 3, 0.75
            frame[(0,) * frame.ndim] = 0.75
            assert network.update_events(flat).tobytes() == wanted(net, [frame])[0].tobytes()


def test_an_integer_network_multiplies_nothing_on_counting_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    net, meter = conv_net(5, pools=False, relu=True), Meter()
    frames = slow_frames(net, 3)
    plain, network = (made(net, engine="reference").bake(bits=12) for _ in range(2))
    outputs, store = plain.run(frames), network.events.simulation.store
    for (module, name), array in store.arrays.items():
        if name in ("acc", "bias", "k", "quantum", "sent"):
            store.arrays[module, name] = words(array, meter)
    for name, block in store.blocks.items():
        if name not in ("frames", "updates", "answers"):
            store.blocks[name] = words(block, meter)
    for rule in {port.port.rule for port in network.events.net.ports()} | {gather}:
        monkeypatch.setattr(rule, "py_func", on_counting_numbers(rule.py_func, meter))
    assert network.run(frames).tobytes() == outputs.tobytes()
    assert network.tally.to_dict() == plain.tally.to_dict()
    assert (meter.adds, meter.multiplies) == (network.tally.adds, 0)
    assert network.tally.by_kind()["synaptic"] > 100


def behind(activation: Any) -> list[Any]:
    """Two layers with this activation between them."""
    return [Dense(grid(np.random.default_rng(1), 3, 4)), activation, Dense(grid(np.random.default_rng(2), 4, 2))]


def test_what_cannot_be_baked_is_refused_and_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    tanh = [Dense(grid(rng, 3, 4)), Tanh(), Dense(grid(rng, 4, 2))]
    hard = [Dense(grid(rng, 3, 4)), HardSigmoid(), Dense(grid(rng, 4, 2))]
    pool = [AveragePool2d(2), Flatten(), Dense(grid(rng, 4, 2))]
    for layers, shape, scales, bits, message in (
        (tanh, (3,), 2.0, 0, "does not go through Tanh"),
        (hard, (3,), 2.0, 12, "does not go through HardSigmoid"),
        (tanh, (3,), 1.0, 12, "Tanh takes exponentials, which an integer network cannot"),
        (behind(Sigmoid()), (3,), 2.0, 0, "does not go through Sigmoid"),
        (behind(Clip(0, 6)), (3,), 2.0, 0, "does not go through Clip"),
        (behind(Sigmoid()), (3,), 1.0, 12, "Sigmoid takes exponentials, which an integer network cannot"),
        (behind(Clip(0, 6)), (3,), 1.0, 12, "Clip has ends of its own, which an integer network cannot"),
        (behind(LeakyReLU(0.5)), (3,), 2.0, 12, "LeakyReLU multiplies, which an integer network cannot"),
        (pool, (1, 4, 4), 1.0, 12, "average pooling divides by its windows' size, which an integer network cannot"),
        (pool, (1, 4, 4), [1.0, 2.0], 0, "between the scales"),
        (hard, (3,), 1.0, 21, "bits is 21; wanted a whole number, 0"),
        (hard, (3,), 1.0, 12.5, "bits is 12.5; wanted a whole number"),
    ):
        network = SigmaDeltaNetwork.from_layers(layers, scales=scales, input_shape=shape)
        frame = grid(rng, *shape)
        first = network.update(frame)
        with pytest.raises(ModelError, match=message):
            network.bake(bits)  # type: ignore[arg-type]
        assert network.frames_seen == 1
        assert network.update(frame).tobytes() == first.tobytes()
    network = SigmaDeltaNetwork.from_layers(hard, scales=1.0).bake(bits=12)
    frames = slow_frames(Net(hard, (3,), [], []), 5)
    assert network.run(frames).tolist() == [rounding_frame(hard, frame, [1, 1])[0].tolist() for frame in frames]
    with pytest.raises(ModelError, match="the scales are baked into the weights already"):
        network.bake()
    with pytest.raises(ModelError, match="baked into the weights already; choose them before baking"):
        network.optimize_scales(frames, tradeoff=1e-3)


# --- scales ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("scales, message", [
    ([1.0], "1 scales; wanted 3, one for the input of each stage"),
    (0.0, "scales 0 hold 0.0; wanted finite numbers above 0"),
    (-1.0, "scales 0 hold -1.0"),
    ([1.0, np.nan, 1.0], "scales 1 hold nan"),
    ([1.0, np.inf, 1.0], "scales 1 hold inf"),
    ([1.0, 1.0, np.ones(4)], r"scales 2 have shape \(4,\); wanted one number, or shape \(5,\)"),
])  # fmt: skip
def test_scales_that_do_not_fit_are_refused_and_the_old_ones_stay(scales: Any, message: str) -> None:
    net = dense_net()
    network = made(net)
    network.update(np.ones(6))
    with pytest.raises(ModelError, match=message):
        network.set_scales(scales)
    with pytest.raises(ModelError, match=message):
        made(net, scales=scales)
    assert [float(k) for k in network.scales] == net.scales
    assert network.frames_seen == 1


def test_scales_that_a_kernel_or_a_pool_cannot_read_are_refused() -> None:
    layers = [Conv2d(np.ones((2, 1, 2, 2))), ReLU(), AveragePool2d(2), Flatten(), Dense(np.ones((2, 1)))]
    uneven = np.arange(1.0, 10).reshape(1, 3, 3)
    with pytest.raises(ModelError, match="scale 0 differs within a channel; the kernel that reads it needs one number"):
        SigmaDeltaNetwork.from_layers(layers, scales=[uneven, 1.0, 1.0], input_shape=(1, 3, 3))
    between = np.ones((2, 2, 2)) * np.array([1.0, 2.0])[:, None, None]
    with pytest.raises(
        ModelError, match="scale 1 differs from unit to unit; the pooling that reads it needs one number"
    ):
        SigmaDeltaNetwork.from_layers(layers, scales=[1.0, between, 1.0], input_shape=(1, 3, 3))


def test_scales_are_copies_and_forget_what_was_heard() -> None:
    net = dense_net()
    given = [np.full(6, 2.0), 4.0, 1.0]
    network = made(net, scales=given)
    given[0][0] = 9.0
    network.scales[0][1] = 9.0
    assert network.scales[0].tolist() == [2.0] * 6
    network.update(np.ones(6))
    network.set_scales(2.0)
    assert (network.frames_seen, network.tally, network.tally_since_reset.adds) == (0, None, 0)
    assert network.run(np.ones((2, 6))).tobytes() == wanted(net, np.ones((2, 6)), [2.0] * 3).tobytes()


@pytest.mark.parametrize("per", ["layer", "unit"])
def test_optimised_scales_are_used(per: str) -> None:
    net = dense_net(3)
    frames = slow_frames(net, 12)
    network = made(net, scales=None).optimize_scales(frames, tradeoff=1e-3, per=per, epochs=2, learning_rate=0.1)
    assert [k.shape for k in network.scales] == [() if per == "layer" else shape for shape in net.shapes]
    assert all(np.all(k != 1) for k in network.scales)
    # Scales are no powers of 2: sums of 8 products, in another order.
    assert np.abs(network.run(frames) - wanted(net, frames, network.scales)).max() < 1e-13
    before = network.scales
    with pytest.raises(ModelError, match="tradeoff is -1"):
        network.optimize_scales(frames, tradeoff=-1)
    assert [k.tolist() for k in network.scales] == [k.tolist() for k in before]


# --- use -------------------------------------------------------------------------------------------------------------
def test_frames_come_in_any_number_and_at_any_times() -> None:
    net = dense_net(4)
    frames = slow_frames(net, 600)
    at_once, told = made(net), []
    outputs = at_once.run(frames, progress=lambda done, total: told.append((done, total)))
    assert told == [(256, 600), (512, 600), (600, 600)]
    assert outputs.tobytes() == wanted(net, frames).tobytes()
    one_by_one = made(net)
    for k in range(20):
        assert one_by_one.update(frames[k], t=100 * k).tobytes() == outputs[k].tobytes()
    assert one_by_one.events.simulation.time == 1902
    assert (at_once.frames_seen, one_by_one.frames_seen) == (600, 20)
    at_once.reset()
    assert (at_once.frames_seen, at_once.tally_since_reset.deliveries) == (0, 0)
    assert at_once.run(frames[:9]).tobytes() == outputs[:9].tobytes()


def test_the_largest_output_is_the_answer() -> None:
    net = dense_net(4)
    frames = slow_frames(net, 9)
    network, answers = made(net), wanted(net, frames).argmax(axis=1)
    assert network.predict(frames).tolist() == answers.tolist()
    assert network.score(frames, np.where(np.arange(9) < 3, answers, -1)) == 3 / 9
    with pytest.raises(ModelError, match=r"labels have shape \(4,\); wanted \[9\]"):
        network.score(frames, answers[:4])


def test_a_copy_begins_anew_and_may_differ() -> None:
    net = dense_net(4)
    network = made(net)
    network.run(slow_frames(net, 3))
    copy = network.copy(order="depth", kind="rounding")
    assert (copy.frames_seen, copy.tally_since_reset.deliveries) == (0, 0)
    assert copy.options == {**network.options, "order": "depth", "kind": "rounding"}
    frames = slow_frames(net, 4, 1)
    assert copy.run(frames).tobytes() == network.run(frames).tobytes()


@pytest.mark.parametrize("options, message", [
    ({"kind": "delta"}, "kind is 'delta'; it can be 'sigma-delta' or 'rounding'"),
    ({"coalesce": "rank"}, "coalesce is 'rank' in a sigma-delta network"),
    ({"coalesce": "none", "kind": "rounding"}, "coalesce is 'none' in a rounding network"),
    ({"engine": "fast"}, "engine is 'fast'; it can be 'compiled' or 'reference'"),
    ({"order": "sideways"}, "sideways"),
    ({"input_shape": (5,)}, "Dense takes 6 inputs, but gets shape"),
])  # fmt: skip
def test_networks_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(EventnetError, match=message):
        made(dense_net(), **options)


def test_maps_need_a_shape() -> None:
    with pytest.raises(ModelError, match="input_shape=.* is needed where the first layer is not Dense"):
        SigmaDeltaNetwork.from_layers(conv_net(1).layers)
    with pytest.raises(ModelError, match="no Dense, Conv2d or AveragePool2d among them"):
        SigmaDeltaNetwork.from_layers([Flatten()], input_shape=(3,))


def fields(*names: str) -> np.dtype:
    return np.dtype([(name.split(":")[0], name.split(":")[1]) for name in names])


WRONG = {
    "another shape": (lambda n: n.update(np.ones(5)), r"a frame has shape \(5,\); wanted \(6,\)"),
    "a batch as a frame": (lambda n: n.update(np.ones((2, 6))), r"a frame has shape \(2, 6\)"),
    "a frame as a batch": (lambda n: n.run(np.ones(6)), r"a frame has shape \(\); wanted \(6,\)"),
    "words": (lambda n: n.update(["a"] * 6), "frames are not an array of numbers"),
    "NaN": (lambda n: n.update([0, 0, np.nan, 0, 0, 0]), r"x\[0, 2\] is nan; wanted finite"),
    "infinity at the end": (lambda n: n.run(np.vstack([np.ones((300, 6)), np.full((1, 6), np.inf)])), "is inf"),
    "too large": (lambda n: n.update(np.full(6, 1e12)), "inputs reach .* quanta of 1 / k; wanted less than 2\\^31"),
    "time going back": (lambda n: n.update(np.ones(6), t=1), "a frame is at 1 us; wanted a whole number, 4 .now."),
    "time between ticks": (lambda n: n.update(np.ones(6), t=7.5), "a frame is at 7.5 us; wanted a whole number"),
    "no end of time": (lambda n: n.update(np.ones(6), t=2**61), "wanted a whole number, 4 .now. to 2\\^60"),
    "a list": (lambda n: n.update_events([(0, 1.0)]), "events have type list; wanted a row of records"),
    "a plain array": (lambda n: n.update_events(np.zeros((3, 2))), "events have type ndarray"),
    "no index": (lambda n: n.update_events(np.zeros(1, fields("value:f8"))), "events have the fields .'value',."),
    "value and sign": (lambda n: n.update_events(np.zeros(1, fields("index:i8", "value:f8", "sign:i8"))), "or index and sign"),
    "neither": (lambda n: n.update_events(np.zeros(1, fields("index:i8"))), "wanted a row of records with index and value"),
    "two rows": (lambda n: n.update_events(np.zeros((1, 1), UPDATE)), "wanted a row of records"),
    "indices of floats": (lambda n: n.update_events(np.zeros(1, fields("index:f8", "value:f8"))), "the field 'index' of events is float64"),
    "times of floats": (lambda n: n.update_events(np.full(1, 5, fields("t:f8", "index:i8", "value:f8"))), "the field 't' of events is float64"),
    "values of words": (lambda n: n.update_events(np.zeros(1, fields("index:i8", "value:U3"))), "values of events are <U3; wanted numbers"),
    "index 6": (lambda n: n.update_events(np.array([(9, 2, 1.0), (9, 6, 1.0)], UPDATE)), "indices go from 2 to 6; wanted 0 to 5"),
    "index -1": (lambda n: n.update_events(np.array([(9, -1, 1.0)], UPDATE)), "indices go from -1 to -1"),
    "a value of NaN": (lambda n: n.update_events(np.array([(9, 1, 1.0), (9, 4, np.nan)], UPDATE)), "an event of input 4 has the value nan"),
    "a value too large": (lambda n: n.update_events(np.array([(9, 1, 1e300)], UPDATE)), "inputs reach 1e\\+300|inputs reach"),
    "sign 0": (lambda n: n.update_events(np.array([(9, 1, 1), (9, 1, 0)], MOVE)), r"signs of events are \[0, 1\]; wanted \+1 and -1"),
    "sign 2": (lambda n: n.update_events(np.array([(9, 1, 2)], MOVE)), r"signs of events are \[2\]"),
    "an event of the past": (lambda n: n.update_events(np.array([(9, 1, 1.0), (3, 1, 1.0)], UPDATE)), "events are at 3 to 9 us; wanted 4 .now. to 2\\^60"),
    "an event at no time": (lambda n: n.update_events(np.array([(2**61, 1, 1)], MOVE)), "wanted 4 .now. to 2\\^60"),
    "too many at one instant": (
        lambda n: n.update_events(np.array([(5, 1, 2.0), *[(9, k % 6, 1.0) for k in range(257)]], UPDATE)),
        "more than 256 updates at 9 us; show a frame in place of so many",
    ),
}  # fmt: skip


@pytest.mark.parametrize("bits", [0, 12])
@pytest.mark.parametrize("name", WRONG)
def test_a_call_that_fails_leaves_the_network_as_it_was(name: str, bits: int) -> None:
    call, message = WRONG[name]
    net = dense_net(5)
    frames = slow_frames(net, 5)
    begun = made(net).bake(bits)
    begun.run(frames[:2])
    before = {m.name: begun.events.simulation.state(m) for m in begun.events.net.modules}
    for _ in range(2):
        with pytest.raises(ModelError, match=message):
            call(begun)
    for m in begun.events.net.modules:
        for key, array in begun.events.simulation.state(m).items():
            assert array.tolist() == before[m.name][key].tolist()
    assert (begun.frames_seen, begun.events.simulation.time) == (2, 4)
    assert begun.run(frames[2:]).tobytes() == wanted(net, frames[2:]).tobytes()
    fresh = made(net).bake(bits)
    if "time" not in name and "past" not in name:
        with pytest.raises(ModelError, match=message.split(" 4 ")[0]):
            call(fresh)
    assert fresh.run(frames).tobytes() == wanted(net, frames).tobytes()


# --- what it is for --------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_slowly_changing_data_cost_less_than_computing_anew_and_shuffled_data_more() -> None:
    d = digits()
    x = scale_pixels(d.x_train)
    layers = ConventionalNetwork([784, 30, 10], seed=1).fit(x, d.y_train, epochs=2).layers()
    x = x[:400]
    shuffled, ordered = x[np.random.default_rng(0).permutation(400)], x[temporal_order(x, buffer=200)]
    costs = {}
    for name, frames in (("shuffled", shuffled), ("ordered", ordered)):
        network = SigmaDeltaNetwork.from_layers(layers, scales=[2.0, 2.0])
        found = network.cost(frames)
        costs[name] = found.own / found.rounding
        rounding = network.copy(kind="rounding").cost(frames)
        assert rounding.own == found.rounding
    assert costs["ordered"] < 0.75 < 1 < costs["shuffled"]
