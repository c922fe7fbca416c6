"""Rounding networks, what they cost, and the scales that trade error against cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.data import digits, scale_pixels
from eventnet.errors import ModelError
from eventnet.models import ConventionalNetwork, ConvSpec
from eventnet.models.layers import (
    AveragePool2d,
    Conv2d,
    Dense,
    Flatten,
    HardSigmoid,
    Identity,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    activate,
    forward,
)
from eventnet.models.scales import ScalesError, optimize_scales, scale_gradient
from eventnet.models.sigma_delta import bake
from eventnet.models.stages import (
    dense_operations,
    fan_out,
    percentile_scales,
    quantities,
    quantity_shapes,
    rounded,
    rounding_forward,
    rounding_operations,
    sparse_operations,
    stages,
)

Net = tuple[list[Any], np.ndarray]


def dense_net(activation: Any = None, softmax: bool = True) -> Net:
    rng = np.random.default_rng(1)
    layers: list[Any] = [Dense(rng.normal(size=(5, 7)) / 2, rng.normal(size=7) / 4), activation or ReLU()]
    layers += [Dense(rng.normal(size=(7, 4)) / 2, rng.normal(size=4) / 4), *([Softmax()] if softmax else [])]
    return layers, rng.normal(size=(6, 5))


def conv_net(activation: Any = None, softmax: bool = True) -> Net:
    """Odd sizes, strides and paddings: whatever is mixed up shows."""
    rng = np.random.default_rng(2)
    layers: list[Any] = [
        Conv2d(rng.normal(size=(3, 2, 3, 2)) / 2, rng.normal(size=3) / 4, stride=(2, 1), padding=(1, 0, 2, 1)),
        activation or ReLU(),
        AveragePool2d((2, 3), stride=(1, 2), padding=(0, 1)),
        Flatten(),
        Dense(rng.normal(size=(27, 4)) / 3, rng.normal(size=4) / 4),
        *([Softmax()] if softmax else []),
    ]
    return layers, rng.normal(size=(4, 2, 6, 5))


NETS = {"dense": dense_net, "convolution": conv_net}


def scales_for(layers: list[Any], x: np.ndarray, per: str) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    shapes = quantity_shapes(layers, x.shape[1:])
    return [rng.uniform(1, 4, shape if per == "unit" else ()) for shape in shapes]


# --- stages ---
def test_a_layer_list_falls_into_linear_layers_with_their_activations():
    layers, x = conv_net()
    first, pool, last = stages(layers)
    assert (first.linear, first.activation) == (layers[0], ReLU())
    assert (pool.linear, pool.activation, pool.flattens) == (layers[2], Identity(), False)
    assert (last.linear, last.flattens, last.read_out) == (layers[4], True, (Softmax(),))
    assert quantity_shapes(layers, x.shape[1:]) == [(2, 6, 5), (3, 4, 5), (3, 3, 3)]
    assert [q.shape[1:] for q in quantities(layers, x)] == quantity_shapes(layers, x.shape[1:])


def test_a_flatten_at_the_end_is_part_of_the_read_out():
    layers = [Conv2d(np.ones((2, 1, 2, 2))), ReLU(), Identity(), AveragePool2d(2), Flatten(), Softmax()]
    assert stages(layers)[-1].read_out == (Flatten(), Softmax())
    assert rounding_forward(layers, np.ones((3, 1, 3, 3)), [1, 1]).outputs.tolist() == [[0.5, 0.5]] * 3


@pytest.mark.parametrize(
    "layers, message",
    [
        ([], "0 layers, but no Dense"),
        ([Flatten(), Softmax()], "no Dense, Conv2d or AveragePool2d among them"),
        ([Flatten(), ReLU(), Dense([[1]])], "layer 1 is ReLU; wanted a Dense"),
        ([Dense([[1]]), ReLU(), Tanh()], "layer 2 is Tanh after ReLU; wanted one activation"),
        ([Softmax(), Dense([[1]])], "layer 0 is Softmax, which can be the last"),
        ([Dense([[1]]), "relu"], "layer 1 is 'relu'; wanted one of the layers"),
    ],
)
def test_what_is_no_list_of_stages_is_refused(layers: list[Any], message: str):
    with pytest.raises(ModelError, match=message):
        stages(layers)


# --- the rounding network ---
def rounding_by_loops(layers: list[Any], x: np.ndarray, scales: list[np.ndarray]) -> tuple[np.ndarray, list[Any], int]:
    """Outputs, spikes and additions of one sample, unit by unit and weight by weight."""
    value, spikes, additions, waiting, sent = x, [], 0, list(scales), x
    for layer in layers:
        if isinstance(layer, Dense | Conv2d | AveragePool2d):
            scaled = np.broadcast_to(waiting.pop(0).reshape(-1), value.size) * value.reshape(-1)
            below = np.floor(scaled)
            whole = np.where(scaled - below >= 0.5, below + 1, below).reshape(value.shape)
            spikes.append(whole)
            k = scales[len(spikes) - 1]
            sent = whole / (k.reshape(whole.shape) if k.ndim else k)
        if isinstance(layer, Dense):
            value = np.array([sum(sent * column) for column in layer.weights.T]) + layer.bias
            additions += int(np.abs(whole).sum()) * layer.weights.shape[1]
        elif isinstance(layer, Conv2d | AveragePool2d):
            value, more = windows_by_loops(layer, sent, whole)
            additions += more
        elif isinstance(layer, Flatten):
            value = value.reshape(-1)
        elif isinstance(layer, Softmax):
            value = np.exp(value) / np.exp(value).sum()
        else:
            value = activate(layer, value)
    return value, spikes, additions


def windows_by_loops(layer: Any, sent: np.ndarray, whole: np.ndarray) -> tuple[np.ndarray, int]:
    (c_in, height, width), (top, left, bottom, right) = sent.shape, layer.padding
    pools = isinstance(layer, AveragePool2d)
    tall, wide = layer.size if pools else layer.weights.shape[2:]
    rows = (height + top + bottom - tall) // layer.stride[0] + 1
    columns = (width + left + right - wide) // layer.stride[1] + 1
    made, additions = np.zeros((c_in if pools else len(layer.weights), rows, columns)), 0
    for (o, r, c), c_from, i, j in (
        (place, c_from, i, j)
        for place in np.ndindex(made.shape)
        for c_from in range(c_in)
        for i in range(tall)
        for j in range(wide)
    ):
        y, x = r * layer.stride[0] + i - top, c * layer.stride[1] + j - left
        if 0 <= y < height and 0 <= x < width and (not pools or c_from == o):
            made[o, r, c] += sent[c_from, y, x] * (1 / (tall * wide) if pools else layer.weights[o, c_from, i, j])
            additions += int(abs(whole[c_from, y, x]))
    return made + (0 if pools else layer.bias[:, None, None]), additions


@pytest.mark.parametrize("softmax", [True, False])
@pytest.mark.parametrize("per", ["layer", "unit"])
@pytest.mark.parametrize("net", NETS)
def test_the_rounding_network_is_what_loops_over_units_make_of_it(net: str, per: str, softmax: bool):
    layers, x = NETS[net](softmax=softmax)
    scales = scales_for(layers, x, per)
    found = rounding_forward(layers, x, scales)
    additions = rounding_operations(layers, found.spikes)
    for n in range(len(x)):
        outputs, spikes, adds = rounding_by_loops(layers, x[n], scales)
        assert [s.ravel().tolist() for s in spikes] == [s[n].ravel().tolist() for s in found.spikes]
        # Sums of up to 27 products of the order of 1, in another order.
        assert np.abs(outputs - found.outputs[n]).max() < 1e-12
        assert adds == additions[n]


def test_rounding_takes_the_upper_of_two_and_has_no_faults_of_floor():
    below_half = np.nextafter(0.5, 0)
    x = np.array([0.5, -0.5, 1.5, -1.5, below_half, -below_half, 2.0**52 + 1, -(2.0**52) - 1])
    assert rounded(x).tolist() == [1, 0, 2, -1, 0, 0, 2.0**52 + 1, -(2.0**52) - 1]


@pytest.mark.parametrize("net", NETS)
def test_large_scales_come_close_to_the_conventional_network(net: str):
    layers, x = NETS[net]()
    scales = [1e7] * len(stages(layers))
    assert np.abs(rounding_forward(layers, x, scales).outputs - forward(layers, x)).max() < 1e-6


@pytest.mark.parametrize(
    "scales, message",
    [
        ([1], "1 scales; wanted 2"),
        ([1, 0], "scales 1 hold 0.0; wanted finite numbers above 0"),
        ([-1, 1], "scales 0 hold -1.0"),
        ([1, np.nan], "scales 1 hold nan"),
        ([1, np.inf], "scales 1 hold inf"),
        ([np.ones(4), 1], r"scales 0 have shape \(4,\); wanted one number, or shape \(5,\)"),
    ],
)
def test_scales_that_do_not_fit_are_refused(scales: list[Any], message: str):
    layers, x = dense_net()
    with pytest.raises(ModelError, match=message):
        rounding_forward(layers, x, scales)


@pytest.mark.parametrize(
    "x, message",
    [
        (np.ones(5), "x has the shape \\[5\\]; wanted a batch"),
        (np.ones((2, 4)), "layer 0: Dense takes 5 inputs"),
        ([[1, 2, 3, np.nan, 5]], "x\\[0, 3\\] is nan; wanted finite"),
        ([[1, 2], [3]], "x is not an array of numbers"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(x: Any, message: str):
    with pytest.raises(ModelError, match=message):
        rounding_forward(dense_net()[0], x, [1, 1])


# --- operations ---
@pytest.mark.parametrize("net", NETS)
def test_a_unit_fans_out_to_the_sums_it_changes(net: str):
    layers, x = NETS[net]()
    for stage, value in zip(stages(layers), quantities(layers, x)):
        still = stage.sums(np.zeros_like(value[:1]))
        fans = np.zeros(value.shape[1:], np.int64)
        for place in np.ndindex(fans.shape):
            impulse = np.zeros_like(value[:1])
            impulse[0][place] = 1
            fans[place] = np.count_nonzero(stage.sums(impulse) != still)
        assert fan_out(stage, fans.shape).tolist() == fans.tolist()


def test_dense_and_sparse_operations_are_those_of_the_published_network():
    network = ConventionalNetwork([784, 200, 200, 10])
    x = np.zeros((2, 784))
    x[0, :3] = 1
    assert dense_operations(network.layers(), (784,)) == 2 * 198_800  # 784 * 200 + 200 * 200 + 200 * 10
    assert sparse_operations(network.layers(), x).tolist() == (2 * network.operations(x).sparse).tolist()


def test_operations_of_convolutions_are_those_of_the_conventional_network():
    network = ConventionalNetwork.of([ConvSpec(4, 3, stride=2, padding=1), AveragePool2d(2), 10], (1, 9, 9))
    x = np.random.default_rng(0).integers(0, 2, (5, 1, 9, 9))
    assert dense_operations(network.layers(), (1, 9, 9)) == 2 * network.operations(x).dense
    assert sparse_operations(network.layers(), x).tolist() == (2 * network.operations(x).sparse).tolist()


def test_spikes_of_another_network_are_refused():
    layers, x = dense_net()
    with pytest.raises(ModelError, match="1 arrays of spikes or activations, but 2 stages"):
        rounding_operations(layers, [x])


# --- the gradient ---
def loss_of(guess: np.ndarray, truth: np.ndarray, loss: str) -> float:
    if loss == "kl":
        return float((guess * np.log(guess / truth)).sum() / len(guess))
    return float((np.abs(guess - truth) if loss == "l1" else (guess - truth) ** 2).sum() / len(guess))


def frozen_error(layers: list[Any], x: np.ndarray, kappas: list[Any], noises: list[Any], loss: str) -> float:
    """The error loss of the network with this noise added, built from the layers' meaning alone."""
    value, k = x, 0
    for place, layer in enumerate(layers):
        if isinstance(layer, Dense | Conv2d | AveragePool2d):
            value = value + (noises[k] / np.exp(kappas[k])).reshape(value.shape)
            k += 1
        value = forward([layer], value) if place < len(layers) else value
    return loss_of(value, forward(layers, x), loss)


@pytest.mark.parametrize("activation", [ReLU(), Tanh(), HardSigmoid(), Identity()], ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("loss", ["kl", "l1", "l2", "l1 of outputs", "l2 of outputs"])
@pytest.mark.parametrize("per", ["layer", "unit"])
@pytest.mark.parametrize("net", NETS)
def test_the_error_gradient_is_that_of_finite_differences(net: str, per: str, loss: str, activation: Any):
    layers, x = NETS[net](activation, softmax="outputs" not in loss)
    kind = loss.split()[0]
    scales = scales_for(layers, x, per)
    noises = [np.random.default_rng(4).uniform(-0.5, 0.5, value.shape) for value in quantities(layers, x)]
    frozen = iter(noises)
    found = scale_gradient(layers, x, scales, loss=kind, noise=lambda scaled: next(frozen))
    kappas = [np.asarray(np.log(scale)) for scale in scales]
    # Sums in another order; -log of probabilities around 0.1.
    assert found.error == pytest.approx(frozen_error(layers, x, kappas, noises, kind), rel=1e-10, abs=1e-13)
    for k, place in [(k, p) for k, kappa in enumerate(kappas) for p in list(np.ndindex(kappa.shape))[::7]]:
        sides = []
        for step in (1e-6, -1e-6):
            moved = [kappa.copy() for kappa in kappas]
            moved[k][place] += step
            sides.append(frozen_error(layers, x, moved, noises, kind))
        # Central differences of 1e-6: 1e-12 from the third derivative, 1e-16 / 1e-6 from float64.
        assert found.by_error[k][place] == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-5, abs=2e-8)


@pytest.mark.parametrize("per", ["layer", "unit"])
@pytest.mark.parametrize("net", NETS)
def test_the_cost_is_the_additions_and_its_gradient_leaves_other_layers_out(net: str, per: str):
    layers, x = NETS[net]()
    scales = scales_for(layers, x, per)
    found = scale_gradient(layers, x, scales)
    spikes = rounding_forward(layers, x, scales).spikes
    assert found.cost == pytest.approx(rounding_operations(layers, spikes).sum(), rel=1e-12)
    value = x
    for stage, scale, by_cost in zip(stages(layers), scales, found.by_cost):
        each = np.abs(scale * value) * fan_out(stage, value.shape[1:])  # d |k a + n| / d kappa, n held
        assert by_cost == pytest.approx(each.sum(axis=0) if per == "unit" else each.sum(), rel=1e-12)
        value = stage(rounded(scale * value) / scale)


def test_divergence_is_finite_where_a_probability_is_zero():
    layers = [Dense(np.diag([900.0, -900.0])), Softmax()]
    found = scale_gradient(layers, [[1.2, 0.9], [0.3, 0.9]], [1.0], loss="kl")
    assert np.isfinite(found.error)
    assert np.isfinite(found.by_error[0])


# --- optimised scales ---
def test_one_step_of_descent_is_the_gradient_times_the_learning_rate():
    layers, x = dense_net()
    found = scale_gradient(layers, x, [1.0, 1.0])
    made = optimize_scales(layers, x, tradeoff=0.01, learning_rate=0.1, epochs=1, batch=len(x))
    for scale, by_error, by_cost in zip(made, found.by_error, found.by_cost):
        assert np.log(scale) == pytest.approx(-0.1 * (by_error + 0.01 * by_cost), rel=1e-12)


@pytest.mark.parametrize("net", NETS)
def test_scales_are_the_same_again_and_uniform_noise_has_a_seed(net: str):
    layers, x = NETS[net]()
    made = [optimize_scales(layers, x, tradeoff=1e-4, epochs=3, batch=3, per="unit", seed=s) for s in (1, 1, 2)]
    assert [k.tolist() for k in made[0]] == [k.tolist() for k in made[1]]
    same = [k.tolist() for k in made[0]] == [k.tolist() for k in made[2]]
    assert same == (net == "dense")  # "auto": noise is drawn where there are convolutions


def test_scales_stay_above_zero_when_additions_are_all_that_counts():
    layers, x = dense_net()
    made = optimize_scales(layers, x, tradeoff=1e3, learning_rate=1.0, epochs=20)
    assert min(made) == np.exp(-4)


def test_a_loss_that_overflows_is_refused_and_the_last_good_scales_are_kept():
    layers, x = [Dense([[1e200]])], np.ones((2, 1))  # whole inputs have no noise while k is 1, and great noise after
    seen: list[Any] = []
    with pytest.raises(ScalesError, match="not finite in epoch 1 of 2, from sample 1 on") as caught:
        optimize_scales(layers, x, tradeoff=20, loss="l2", batch=1, epochs=2, watch=lambda *now: seen.append(now))
    good = optimize_scales(layers, x[:1], tradeoff=20, loss="l2", batch=1, epochs=1)
    assert float(caught.value.scales[0]) == float(good[0]) < 1
    assert seen == []
    assert isinstance(caught.value, ModelError)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"tradeoff": -1}, "tradeoff is -1"),
        ({"tradeoff": np.nan}, "tradeoff is nan"),
        ({"loss": "l3"}, "loss is 'l3'; it can be 'kl' or 'l1' or 'l2'"),
        ({"per": "channel"}, "per is 'channel'"),
        ({"noise": "none"}, "noise is 'none'"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"epochs": -1}, "epochs: found -1"),
        ({"batch": 0}, "batch: found 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str):
    layers, x = dense_net()
    with pytest.raises(ModelError, match=message):
        optimize_scales(layers, x, **{"tradeoff": 1e-4, **options})
    with pytest.raises(ModelError, match="the number of samples is 0"):
        optimize_scales(layers, x[:0], tradeoff=1e-4)


def test_progress_and_watch_follow_every_epoch(capsys: pytest.CaptureFixture[str]):
    layers, x = dense_net()
    seen: list[Any] = []
    made = optimize_scales(layers, x, tradeoff=0, epochs=2, progress=True, watch=lambda *now: seen.append(now))
    assert [epoch for epoch, _ in seen] == [1, 2]
    assert seen[-1][1] == made
    assert "epoch 2 of 2: error" in capsys.readouterr().err


@pytest.fixture(scope="module")
def trained() -> tuple[ConventionalNetwork, np.ndarray, np.ndarray]:
    d = digits()
    x = scale_pixels(d.x_train)
    return ConventionalNetwork([784, 50, 10], seed=1).fit(x, d.y_train, epochs=4), x, scale_pixels(d.x_test)


@pytest.mark.parametrize("per", ["layer", "unit"])
def test_a_higher_tradeoff_costs_less_and_errs_more(trained: Any, per: str):
    network, x, x_test = trained
    layers, truth = network.layers(), network.predict_proba(x_test)
    costs, errors = [], []
    rate = 0.02 if per == "layer" else 5.0  # of a layer's gradient each unit has but its own part
    for tradeoff in (1e-7, 1e-6, 1e-5):
        scales = optimize_scales(layers, x[:500], tradeoff=tradeoff, learning_rate=rate, epochs=4, per=per)
        found = rounding_forward(layers, x_test, scales)
        costs.append(rounding_operations(layers, found.spikes).mean())
        errors.append(loss_of(found.outputs, truth, "kl"))
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < 0.8 * costs[0]
    assert errors == sorted(errors)


# --- percentile scales ---
def test_percentile_scales_send_c_spikes_for_a_strong_activation():
    layers, x = conv_net()
    for scale, value in zip(percentile_scales(layers, x, 8, 90), quantities(layers, x)):
        assert float(scale) * np.percentile(value[value > 0], 90) == pytest.approx(8, rel=1e-12)


def test_percentile_scales_want_something_to_go_by():
    layers, x = dense_net()
    with pytest.raises(ModelError, match="the input of stage 0 is nowhere above 0"):
        percentile_scales(layers, -np.abs(x), 8)
    with pytest.raises(ModelError, match="c is 0"):
        percentile_scales(layers, x, 0)
    with pytest.raises(ModelError, match="percentile is 101"):
        percentile_scales(layers, x, 8, 101)


# --- scales in the weights ---
def conv_stack() -> Net:
    rng = np.random.default_rng(5)
    grid = lambda *shape: rng.integers(-16, 17, shape) / 16  # noqa: E731
    layers = [Conv2d(grid(3, 2, 3, 3), grid(3), padding=1), ReLU(), Conv2d(grid(4, 3, 2, 2), grid(4), stride=2)]
    layers += [Identity(), Flatten(), Dense(grid(16, 5), grid(5)), ReLU(), Dense(grid(5, 3), grid(3))]
    return layers, grid(6, 2, 5, 5)


def channelwise(rng: Any, shape: tuple[int, ...], draw: Any) -> np.ndarray:
    each = draw(rng, shape[0] if len(shape) == 3 else shape)
    return np.broadcast_to(each.reshape(-1, 1, 1), shape) if len(shape) == 3 else each


def powers(rng: Any, shape: Any) -> np.ndarray:
    return np.asarray(2.0 ** rng.integers(-1, 4, shape))


def anything(rng: Any, shape: Any) -> np.ndarray:
    return np.asarray(rng.uniform(0.5, 8, shape))


@pytest.mark.parametrize("draw, tolerance", [(powers, 0), (anything, 1e-12)])
@pytest.mark.parametrize("per", ["layer", "unit"])
def test_baked_scales_give_the_same_spikes_and_outputs(per: str, draw: Any, tolerance: float):
    layers, x = conv_stack()
    rng = np.random.default_rng(6)
    shapes = quantity_shapes(layers, x.shape[1:])
    scales = [channelwise(rng, shape, draw) if per == "unit" else draw(rng, ()) for shape in shapes]
    found = rounding_forward(layers, x, scales)
    baked = rounding_forward(bake(layers, scales), scales[0] * x, [1] * 4)
    assert [s.tolist() for s in found.spikes] == [s.tolist() for s in baked.spikes]
    # Powers of 2 change no digit; others are rounded in each of up to 27 products.
    assert np.abs(found.outputs - baked.outputs).max() <= tolerance
    assert type(bake(layers, scales)[1]) is ReLU


def test_what_no_weight_can_take_up_is_refused_by_name():
    dense = [Dense(np.ones((2, 3))), Tanh(), Dense(np.ones((3, 1)))]
    with pytest.raises(ModelError, match="the scale behind stage 0 does not go through Tanh"):
        bake(dense, [1, 2])
    assert bake(dense, [2, 1])[0].weights.tolist() == [[0.5] * 3] * 2  # type: ignore[union-attr]
    pooled = [AveragePool2d(2), Flatten(), Dense(np.ones((2, 1)))]
    with pytest.raises(ModelError, match="stage 0 is AveragePool2d between the scales 2.0 and 3.0"):
        bake(pooled, [2, 3])
    assert bake(pooled, [3, 3])[2].weights.tolist() == [[1 / 3]] * 2  # type: ignore[union-attr]
    uneven = np.arange(1, 9.0).reshape(2, 2, 2)
    with pytest.raises(ModelError, match="the scales before stage 0 differ within a channel"):
        bake([Conv2d(np.ones((1, 2, 2, 2)))], [uneven])
    with pytest.raises(ModelError, match="the scales behind stage 0 have shape \\(4,\\); wanted one number, or 3"):
        bake([dense[0], ReLU(), dense[2]], [1, np.ones(4)])
    with pytest.raises(ModelError, match="1 scales; wanted 2"):
        bake(dense, [1])
    with pytest.raises(ModelError, match="scales 0 hold 0.0"):
        bake(dense, [0, 1])


@pytest.mark.parametrize("seed", [-1, 0.5, "1", None])
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    layers, x = dense_net()
    with pytest.raises(ModelError, match="seed: found .*; wanted a whole number, 0 or more"):
        optimize_scales(layers, x, tradeoff=0.01, noise="uniform", seed=seed)


def test_scales_of_what_has_no_derivative_here_are_refused() -> None:
    grouped = Conv2d(np.ones((2, 1, 1, 1)), groups=2)
    for layers, shape, words in (
        (
            [Dense(np.ones((2, 2))), Sigmoid(), Dense(np.ones((2, 1)))],
            (2,),
            "stage 0 has Sigmoid; scales are optimised",
        ),
        ([MaxPool2d(2), Flatten(), Dense(np.ones((2, 1)))], (2, 2, 2), "stage 0 is that of MaxPool2d"),
        ([grouped, Flatten(), Dense(np.ones((8, 1)))], (2, 2, 2), "stage 0 is Conv2d with groups or dilation"),
    ):
        with pytest.raises(ModelError, match=words):
            optimize_scales(layers, np.ones((2, *shape)), tradeoff=0.1)
        with pytest.raises(ModelError, match=words):
            scale_gradient(layers, np.ones((2, *shape)), [1.0, 1.0])
