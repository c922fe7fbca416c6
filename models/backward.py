"""Gradients of layers by their inputs, weights fixed: what an error at a layer's output means at its input."""

from __future__ import annotations

import numpy as np

from eventnet.models.layers import Activation, Conv2d, Dense, Floats, HardSigmoid, Linear, ReLU, Shape, Tanh


def before_activation(activation: Activation, sums: Floats, slope: Floats) -> Floats:
    """slope: by the activation's outputs; returns that by `sums`, its inputs. All have one shape.

    The derivative of a rectified unit at 0 is 1, as is a hard sigmoid's at 0 and 1.
    """
    if isinstance(activation, ReLU):
        return slope * (sums >= 0)
    if isinstance(activation, HardSigmoid):
        return slope * ((sums >= 0) & (sums <= 1))
    if isinstance(activation, Tanh):
        return np.asarray(slope * (1 - np.tanh(sums) ** 2))
    return slope


def before_linear(linear: Linear, slope: Floats, shape: Shape) -> Floats:
    """slope: by the outputs [n, ...]; returns that by the inputs, which have `shape`, n included."""
    if isinstance(linear, Dense):
        return np.asarray(slope @ linear.weights.T)
    if isinstance(linear, Conv2d):
        # [n, height, width, c_in, kernel height, kernel width] to [n, c_in, height, width, ...]
        spread = np.moveaxis(np.tensordot(slope, linear.weights, axes=([1], [0])), 3, 1)
    else:
        height, width = linear.size
        spread = np.broadcast_to((slope / (height * width))[..., None, None], (*slope.shape, height, width))
    return _gathered(spread, linear.stride, linear.padding, shape)


def _gathered(spread: Floats, stride: tuple[int, int], padding: tuple[int, int, int, int], shape: Shape) -> Floats:
    """Slopes of windows, laid out as by eventnet.models.layers.windows, summed where the windows lie."""
    top, left, bottom, right = padding
    n, channels, height, width = shape
    rows, columns, across, down = *spread.shape[2:4], stride[1], stride[0]
    room = np.zeros((n, channels, height + top + bottom, width + left + right))
    for i in range(spread.shape[4]):
        for j in range(spread.shape[5]):
            room[:, :, i : i + down * rows : down, j : j + across * columns : across] += spread[..., i, j]
    return room[:, :, top : top + height, left : left + width]
