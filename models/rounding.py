"""The rounding network: a conventional network whose stages are given whole numbers, spikes, in place of values.

Every quantity a is scaled, rounded and scaled back: `s = round(k * a); a' = h((s / k) @ W + b)` (4.4, 4.5). A
Sigma-Delta network gives the same outputs and sends the changes of s only.

Source: P. O'Connor, Biologically plausible deep learning (2020), 4.4 and 4.5, appendix B.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import ModelError
from eventnet.models.layers import AveragePool2d, Conv2d, Floats, Layer, Shape, activate
from eventnet.models.stages import Stage, fanned_out, quantities, quantity_shapes, read_out, samples, stages

Scales = Sequence[float | Floats]
"""One k a quantized quantity: a number for the whole layer, or an array of the quantity's shape."""


class RoundingPass(NamedTuple):
    """outputs: [n, ...]. spikes: one array [n, ...] of whole numbers, as float64, for each quantity."""

    outputs: Floats
    spikes: list[Floats]


def rounded(x: Floats) -> Floats:
    """The nearest whole number, the upper one of two.

    Not floor(x + 1/2): the sum is 1 for the number just below 1/2, and moves odd numbers above 2^52.
    """
    below = np.floor(x)
    return below + (x - below >= 0.5)


def checked_scales(scales: Scales, shapes: Sequence[Shape]) -> list[Floats]:
    """Scales as float64 arrays of no dimension, or of their quantity's shape.

    Raises ModelError for a wrong number or shape of scales, and for scales that are not finite and above 0.
    """
    if len(scales) != len(shapes):
        raise ModelError(f"{len(scales)} scales; wanted {len(shapes)}, one for the input of each stage")
    found = [np.asarray(scale, dtype=np.float64) for scale in scales]
    for place, (scale, shape) in enumerate(zip(found, shapes)):
        if scale.shape not in ((), tuple(shape)):
            raise ModelError(f"scales {place} have shape {scale.shape}; wanted one number, or shape {tuple(shape)}")
        if not (np.isfinite(scale).all() and (scale > 0).all()):
            raise ModelError(f"scales {place} hold {scale.min()}; wanted finite numbers above 0")
    return found


def rounding_forward(layers: Sequence[Layer], x: ArrayLike, scales: Scales) -> RoundingPass:
    """Outputs and spikes of the rounding network for a batch x [n, ...].

    Raises ModelError where layers, x and scales do not fit, or hold what they must not.
    """
    value, steps, spikes = samples(layers, x), stages(layers), []
    for stage, scale in zip(steps, checked_scales(scales, quantity_shapes(layers, value.shape[1:]))):
        spikes.append(rounded(scale * value))
        value = activate(stage.activation, potentials(stage, spikes[-1], scale))
    return RoundingPass(read_out(steps[-1], value), spikes)


def potentials(stage: Stage, spikes: Floats, scale: Floats) -> Floats:
    """What the stage's activation is applied to: `(spikes / k) @ W + b`.

    With one k for the layer it is divided by after the sum: whole numbers times weights that are multiples of a power
    of 2 add up exactly, in any order, so that adding up changes gives the same.
    """
    if scale.ndim:
        return stage.sums(spikes / scale)
    if isinstance(stage.linear, AveragePool2d):
        return stage.sums(spikes) / scale
    unbiased, bias = copy(stage.linear), stage.linear.bias
    unbiased.bias = np.zeros_like(bias)
    summed = Stage(unbiased, flattens=stage.flattens).sums(spikes) / scale
    return summed + (bias[:, None, None] if isinstance(unbiased, Conv2d) else bias)


def rounding_operations(layers: Sequence[Layer], spikes: Sequence[Floats]) -> NDArray[np.int64]:
    """Additions of each sample, int64 [n]: the sum of |s| times fan-out (B.15; biases, as in B.14, are left out).

    spikes: one array [n, ...] a quantity, of a rounding network or of a Sigma-Delta network (the changes).
    Raises ModelError for a wrong number of arrays.
    """
    return fanned_out(layers, [np.abs(s) for s in spikes])


def percentile_scales(layers: Sequence[Layer], x: ArrayLike, c: float, percentile: float = 99) -> list[Floats]:
    """One scale a layer, without optimisation: k = c / (a percentile of the quantity's positive values on x).

    So a strong activation sends about c spikes. Raises ModelError where a quantity has no positive value.
    """
    if not (np.isfinite(c) and c > 0):
        raise ModelError(f"c is {c}; wanted a number above 0")
    if not 0 <= percentile <= 100:
        raise ModelError(f"percentile is {percentile}; wanted 0 to 100")
    scales = []
    for place, value in enumerate(quantities(layers, x)):
        positive = value[value > 0]
        if not len(positive):
            raise ModelError(f"the input of stage {place} is nowhere above 0; its scale has nothing to go by")
        scales.append(np.asarray(c / np.percentile(positive, percentile)))
    return scales
