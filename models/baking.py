"""Scales of a rounding network as a part of its weights.

Source: P. O'Connor, Biologically plausible deep learning (2020), appendix B.3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eventnet.errors import ModelError
from eventnet.models.layers import Conv2d, Dense, Floats, Identity, Layer, Linear, ReLU
from eventnet.models.rounding import Scales, checked_scales
from eventnet.models.stages import Stage, stages


def bake(layers: Sequence[Layer], scales: Scales) -> list[Layer]:
    """The same rounding network with all scales 1: `w' = w * k2 / k1, b' = k2 * b` (B.17).

    k1 is the scale of a stage's input, k2 that of its output; the last stage's k2 is 1, so outputs are in real units.
    Nothing comes before the first scale: the baked network takes `scales[0] * x`. Its spikes are the same and its
    outputs equal but for the rounding of floating-point sums; to the bit, where scales are powers of 2.
    Raises ModelError where scales do not fit, and where no weight could take them up: for activations that do not
    scale (HardSigmoid, Tanh), for average pooling between different scales, and for scales that differ within a
    channel that a convolution gives or takes.
    """
    steps = stages(layers)
    shapes = [*map(np.shape, scales), *([()] * len(steps))]  # whether they fit is seen stage by stage
    before = checked_scales(scales, shapes[: len(steps)])
    after = [*before[1:], np.asarray(1.0)]
    made = iter([_baked(f"stage {k}", *taken) for k, taken in enumerate(zip(steps, before, after))])
    return [next(made) if isinstance(layer, Linear) else layer for layer in layers]


def _baked(where: str, stage: Stage, before: Floats, after: Floats) -> Linear:
    linear = stage.linear
    if not isinstance(stage.activation, ReLU | Identity) and np.any(after != 1):
        name = type(stage.activation).__name__
        raise ModelError(f"the scale behind {where} does not go through {name}; wanted ReLU or Identity, or scale 1")
    if isinstance(linear, Dense):
        n_in, n_out = linear.weights.shape
        k1, k2 = _unitwise(before, n_in, f"before {where}"), _unitwise(after, n_out, f"behind {where}")
        return Dense(linear.weights * (k2 / k1[:, None]), linear.bias * k2)
    if isinstance(linear, Conv2d):
        c_out, c_in = linear.weights.shape[:2]
        k1, k2 = _channelwise(before, c_in, f"before {where}"), _channelwise(after, c_out, f"behind {where}")
        factors = (k2[:, None] / k1)[:, :, None, None]
        return Conv2d(linear.weights * factors, linear.bias * k2, stride=linear.stride, padding=linear.padding)
    channels = max(len(k) if k.ndim else 1 for k in (before, after))
    k1, k2 = _channelwise(before, channels, f"before {where}"), _channelwise(after, channels, f"behind {where}")
    if not np.array_equal(k1, k2):
        raise ModelError(f"{where} is AveragePool2d between the scales {before} and {after}; wanted equal ones")
    return linear


def _unitwise(scale: Floats, units: int, where: str) -> Floats:
    """The scale of each of a dense layer's inputs or outputs; those of a feature map in the order of Flatten."""
    if scale.ndim and scale.size != units:
        raise ModelError(f"the scales {where} have shape {scale.shape}; wanted one number, or {units} of them")
    return np.broadcast_to(scale.ravel(), units)


def _channelwise(scale: Floats, channels: int, where: str) -> Floats:
    """The scale of each channel of a feature map."""
    if scale.ndim not in (0, 3) or (scale.ndim and len(scale) != channels):
        wanted = f"wanted one number, or shape ({channels}, height, width)"
        raise ModelError(f"the scales {where} have shape {scale.shape}; {wanted}")
    each = np.broadcast_to(scale.reshape(len(scale), -1)[:, 0] if scale.ndim else scale, channels)
    if scale.ndim and np.any(scale != each[:, None, None]):
        raise ModelError(f"the scales {where} differ within a channel, whose weights are shared; wanted one a channel")
    return each
