"""Weights of layers as the rows that modules keep, and back.

Units of a feature map stand place by place in a module, channel by channel in a vector: the rows of a dense layer on a
flattened map are put in the order of the map's units.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.models.layers import AveragePool2d, Conv2d, Dense, Linear, Shape
from eventnet.patch import Geometry, channel_last, kernel_rows, kernel_weights


def geometry_of(linear: Linear, shape: Shape) -> Geometry:
    """How a layer's units reach one another, for inputs of `shape`: (units,) or (channels, height, width)."""
    if isinstance(linear, Dense):
        return Geometry.dense(*linear.weights.shape)
    assert len(shape) == 3
    if isinstance(linear, AveragePool2d):
        return Geometry.window(shape, shape[0], linear.size, linear.stride, linear.padding)
    c_out, _, height, width = linear.weights.shape
    return Geometry.window(shape, c_out, (height, width), linear.stride, linear.padding)


def rows_of(linear: Dense | Conv2d, shape: Shape) -> NDArray[Any]:
    """A layer's weights as rows, one an input unit of a dense layer or an input channel of a convolution."""
    if isinstance(linear, Conv2d):
        return kernel_rows(linear.weights, linear.stride)
    return np.asarray(linear.weights[_order(len(linear.weights), shape)])


def layer_of(rows: NDArray[Any], bias: NDArray[Any], like: Dense | Conv2d, shape: Shape) -> Dense | Conv2d:
    """The layer of such rows and biases [n_out]: the inverse of `rows_of`. `like` says which kind of layer."""
    if isinstance(like, Conv2d):
        weights = kernel_weights(rows, geometry_of(like, shape))
        return Conv2d(weights, bias, stride=like.stride, padding=like.padding)
    made = np.empty_like(rows)
    made[_order(len(rows), shape)] = rows
    return Dense(made, bias)


def _order(n: int, shape: Shape) -> Any:
    return channel_last(np.arange(n).reshape(1, *shape))[0] if len(shape) == 3 else slice(None)
