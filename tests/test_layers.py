"""Layers of a conventional network: what has no shape of theirs is refused, with the shape that was found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.models.layers import (
    AveragePool2d,
    Clip,
    Conv2d,
    Dense,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Softmax,
    apply,
    output_shape,
)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 1), (0, 3), (3, 0)])
def test_weights_of_a_dense_layer_are_two_dimensional_and_not_empty(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"Dense layer have shape .*; wanted \[n_in, n_out\]"):
        Dense(np.ones(shape))


@pytest.mark.parametrize(
    "shape", [(), (3, 2), (3, 2, 2), (3, 1, 2, 2, 1), (0, 1, 2, 2), (3, 0, 2, 2), (3, 1, 0, 2), (3, 1, 2, 0)]
)
def test_weights_of_a_convolution_are_four_dimensional_and_not_empty(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"Conv2d layer have shape .*; wanted \[c_out, c_in, height, width\]"):
        Conv2d(np.ones(shape))


@pytest.mark.parametrize(
    "make", [lambda bias: Dense(np.ones((2, 3)), bias), lambda bias: Conv2d(np.ones((3, 2, 1, 1)), bias)]
)
def test_there_is_a_bias_for_each_output_or_none_at_all(make: Any) -> None:
    assert make(None).bias.tolist() == [0, 0, 0]
    assert make([1, 2, 3]).bias.tolist() == [1, 2, 3]
    for bias in ([1, 2], [1, 2, 3, 4], [[1, 2, 3]], 1):
        with pytest.raises(ModelError, match=r"biases of a .* layer have shape .*; wanted \[3\]"):
            make(bias)
    for bias in ([1, 2, np.nan], [1, 2, np.inf]):
        with pytest.raises(ModelError, match="hold NaN or infinity"):
            make(bias)


def test_strides_are_one_or_more_and_padding_is_none_or_more() -> None:
    weights = np.ones((1, 1, 2, 2))
    assert (Conv2d(weights, stride=2, padding=0).stride, Conv2d(weights, stride=(1, 3)).stride) == ((2, 2), (1, 3))
    for stride in (0, (1, 0), (1, 2, 3), 1.5 * np.ones(2)):
        with pytest.raises(ModelError, match=r"stride is .*; wanted one or two whole numbers, 1 or more"):
            Conv2d(weights, stride=stride)
    found = [Conv2d(weights, padding=given).padding for given in (1, (1, 2), (1, 2, 3, 4))]
    assert found == [(1, 1, 1, 1), (1, 2, 1, 2), (1, 2, 3, 4)]
    for padding in (-1, (1, 2, 3), (0, 0, 0, -1)):
        with pytest.raises(ModelError, match=r"padding is .*; wanted"):
            Conv2d(weights, padding=padding)
    assert AveragePool2d((2, 3)).stride == (2, 3)
    with pytest.raises(ModelError, match="size is 0"):
        AveragePool2d(0)


def test_groups_are_equal_and_dilation_is_one_or_more() -> None:
    weights = np.ones((4, 3, 2, 3))
    layer = Conv2d(weights, groups=2, dilation=(2, 3))
    assert (layer.groups, layer.dilation, layer.size, layer.channels_in) == (2, (2, 3), (3, 7), 6)
    with pytest.raises(ModelError, match="has 4 output channels in 3 groups; wanted equal groups"):
        Conv2d(weights, groups=3)
    for options, words in (({"groups": 0}, "groups: found 0"), ({"dilation": 0}, "dilation is 0; wanted")):
        with pytest.raises(ModelError, match=words):
            Conv2d(weights, **options)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"Conv2d takes 6 channels, but gets shape \(3, 9, 9\)"):
        output_shape(layer, (3, 9, 9))
    with pytest.raises(ModelError, match=r"a kernel of \(3, 7\) does not fit"):
        output_shape(layer, (6, 9, 6))


def test_parameters_of_activations_are_finite_and_in_order() -> None:
    assert (LeakyReLU(1).slope, Clip(0, 6)) == (1.0, Clip(0.0, 6.0))
    with pytest.raises(ModelError, match="the slope of a LeakyReLU is nan; wanted a finite number"):
        LeakyReLU(float("nan"))
    with pytest.raises(ModelError, match="high of a Clip layer is inf"):
        Clip(0, float("inf"))
    with pytest.raises(ModelError, match="a Clip layer goes from 1.0 to 0.5; wanted low to high"):
        Clip(1, 0.5)


def test_a_sigmoid_is_exact_far_out_without_a_warning() -> None:
    with np.errstate(all="raise"):
        found = apply(Sigmoid(), np.array([[-700.0, -1.0, 0.0, 1.0, 700.0]]))
    e = np.exp(-1.0)
    assert found[0, 1:].tolist() == [e / (1 + e), 0.5, 1 / (1 + e), 1.0]
    assert 0 < found[0, 0] < 1e-300


def test_a_maximum_sees_no_padding_and_needs_a_place_in_each_window() -> None:
    x = -np.arange(1.0, 10).reshape(1, 1, 3, 3)
    assert apply(MaxPool2d(2, stride=1, padding=(1, 0, 0, 1)), x)[0, 0].tolist() == [
        [-1, -2, -3],
        [-1, -2, -3],
        [-4, -5, -6],
    ]
    assert MaxPool2d((2, 3)).stride == (2, 3)
    with pytest.raises(ModelError, match=r"a MaxPool2d of \(2, 2\) has padding \(0, 0, 2, 0\); wanted less"):
        MaxPool2d(2, padding=(0, 0, 2, 0))


def test_a_residual_adds_what_its_two_ways_make() -> None:
    x = np.array([[1.0, -2.0]])
    double, turned = Dense(2 * np.eye(2)), Dense([[0.0, 1.0], [1.0, 0.0]])
    assert apply(Residual([double, ReLU()]), x).tolist() == [[3, -2]]
    assert apply(Residual([double], [turned]), x).tolist() == [[0, -3]]
    assert output_shape(Residual([double], [turned]), (2,)) == (2,)
    with pytest.raises(ModelError, match=r"Residual adds shapes \(1,\) and \(2,\); wanted equal ones"):
        output_shape(Residual([Dense([[1.0], [1.0]])]), (2,))
    with pytest.raises(ModelError, match="the shortcut of a Residual holds Softmax"):
        Residual([double], [Softmax()])
