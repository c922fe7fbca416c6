"""A layer list as stages: what adds up, what is applied to the sum, and what an input costs there.

A Sigma-Delta or rounding network quantizes what its linear layers are given: the network's input and the output of
every stage but the last. So there are as many quantized quantities as stages, and quantity k is the input of stage k.

Source: P. O'Connor, Biologically plausible deep learning (2020), chapter 4 and appendix B.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import ModelError
from eventnet.models.layers import (
    Activation,
    AveragePool2d,
    Conv2d,
    Dense,
    Flatten,
    Floats,
    Identity,
    Layer,
    Linear,
    Shape,
    Softmax,
    activate,
    apply,
    check,
    forward,
    output_shape,
)


@dataclass(frozen=True, eq=False)
class Stage:
    """One linear layer and the activation of its sums.

    flattens: whether the stage's input, a feature map, is made a vector first.
    read_out: what follows the last stage and is not quantized: Flatten, Softmax, both in this order, or nothing.
    """

    linear: Linear
    activation: Activation = Identity()  # noqa: RUF009 (it is frozen)
    flattens: bool = False
    read_out: tuple[Flatten | Softmax, ...] = ()

    def enter(self, x: Floats) -> Floats:
        """A batch [n, ...] as the linear layer takes it."""
        return x.reshape(len(x), math.prod(x.shape[1:])) if self.flattens else x

    def sums(self, x: Floats) -> Floats:
        """What the activation is applied to, for a batch [n, ...]."""
        return apply(self.linear, self.enter(x))

    def __call__(self, x: Floats) -> Floats:
        """The stage's output for a batch [n, ...], before any read-out."""
        return activate(self.activation, self.sums(x))


def stages(layers: Sequence[Layer]) -> list[Stage]:
    """A layer list as stages: each Dense, Conv2d or AveragePool2d begins one. Identity is passed over.

    Raises ModelError for a list without such a layer, an activation before the first of them, two activations in a
    row, and a Softmax that is not the last layer.
    """
    found: list[Stage] = []
    flattens = False
    for place, layer in enumerate(layers):
        if isinstance(layer, Linear):
            found.append(Stage(layer, flattens=flattens))
            flattens = False
        elif isinstance(layer, Flatten):
            flattens = True
        elif isinstance(layer, Softmax):
            if place != len(layers) - 1:
                raise ModelError(f"layer {place} is Softmax, which can be the last layer only")
        elif not isinstance(layer, Identity):
            found[-1:] = [_activated(found, place, layer)]
    if not found:
        raise ModelError(f"{len(layers)} layers, but no Dense, Conv2d or AveragePool2d among them; wanted one or more")
    read_out = ((Flatten(),) if flattens else ()) + ((Softmax(),) if isinstance(layers[-1], Softmax) else ())
    found[-1] = replace(found[-1], read_out=read_out)
    return found


def _activated(found: list[Stage], place: int, layer: Layer) -> Stage:
    name = type(layer).__name__
    if not isinstance(layer, Activation):
        raise ModelError(f"layer {place} is {layer!r}; wanted one of the layers of eventnet.models.layers")
    if not found:
        raise ModelError(f"layer {place} is {name}; wanted a Dense, Conv2d or AveragePool2d before it")
    if not isinstance(found[-1].activation, Identity):
        before = type(found[-1].activation).__name__
        raise ModelError(f"layer {place} is {name} after {before}; wanted one activation a linear layer")
    return replace(found[-1], activation=layer)


def quantity_shapes(layers: Sequence[Layer], input_shape: Sequence[int]) -> list[Shape]:
    """The shape of every quantized quantity for one input. Raises ModelError where the layers do not fit."""
    steps, shape = stages(layers), tuple(input_shape)
    check(layers, shape)
    shapes = []
    for stage in steps:
        shapes.append(shape)
        shape = output_shape(stage.linear, (math.prod(shape),) if stage.flattens else shape)
    return shapes


def quantities(layers: Sequence[Layer], x: ArrayLike) -> list[Floats]:
    """The values that are quantized, as they are without it: x and the outputs of all stages but the last."""
    values = [samples(layers, x)]
    for stage in stages(layers)[:-1]:
        values.append(stage(values[-1]))
    return values


def samples(layers: Sequence[Layer], x: ArrayLike) -> Floats:
    """x as float64 [n, ...]. Raises ModelError where it does not fit the layers or is not finite."""
    try:
        values = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelError(f"x is not an array of numbers: {error}") from None
    if values.ndim < 2:
        raise ModelError(f"x has the shape {list(values.shape)}; wanted a batch [n, ...]")
    check(layers, values.shape[1:])
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        place = tuple(int(n) for n in wrong[0])
        raise ModelError(f"x{list(place)} is {values[place]}; wanted finite numbers")
    return values


def read_out(stage: Stage, x: Floats) -> Floats:
    """What the last stage's read-out makes of its output."""
    return forward(stage.read_out, x)


# --- operations ---
def fan_out(stage: Stage, shape: Shape) -> NDArray[np.int64]:
    """How many sums each unit of the stage's input takes part in, int64 of `shape`.

    A pixel at a border is seen by fewer windows, and padding by none. A pooling window counts as one.
    """
    if isinstance(stage.linear, Dense):
        return np.full(shape, stage.linear.weights.shape[1], np.int64)
    size = stage.linear.size if isinstance(stage.linear, AveragePool2d) else stage.linear.weights.shape[2:]
    top, left, bottom, right = stage.linear.padding
    rows = _covers(shape[1], size[0], stage.linear.stride[0], top, bottom)
    columns = _covers(shape[2], size[1], stage.linear.stride[1], left, right)
    each = len(stage.linear.weights) if isinstance(stage.linear, Conv2d) else 1
    return np.broadcast_to(each * rows[:, None] * columns, shape)


def _covers(length: int, size: int, stride: int, before: int, after: int) -> NDArray[np.int64]:
    """How many windows cover each of `length` places, between `before` and `after` places of padding."""
    count = np.zeros(before + length + after, np.int64)
    for begin in range(0, len(count) - size + 1, stride):
        count[begin : begin + size] += 1
    return count[before : before + length]


def dense_operations(layers: Sequence[Layer], input_shape: Sequence[int]) -> int:
    """Multiplications and additions of one forward pass, 2 a weight that is met (B.12); biases are left out."""
    shapes = quantity_shapes(layers, input_shape)
    return 2 * sum(int(fan_out(stage, shape).sum()) for stage, shape in zip(stages(layers), shapes))


def sparse_operations(layers: Sequence[Layer], x: ArrayLike) -> NDArray[np.int64]:
    """For each sample the multiplications and additions of inputs that are not zero, int64 [n] (B.13)."""
    return 2 * fanned_out(layers, [value != 0 for value in quantities(layers, x)])


def fanned_out(layers: Sequence[Layer], counts: Sequence[NDArray[np.float64] | NDArray[np.bool_]]) -> NDArray[np.int64]:
    """For each sample the sum of `counts` times fan-out, int64 [n]; counts: one array [n, ...] a quantity.

    Raises ModelError for a wrong number of arrays.
    """
    steps = stages(layers)
    if len(counts) != len(steps):
        raise ModelError(f"{len(counts)} arrays of spikes or activations, but {len(steps)} stages; wanted one a stage")
    total = np.zeros(len(counts[0]))
    for stage, count in zip(steps, counts):
        # Products of doubles are exact for whole numbers below 2^53, and faster than those of integers.
        flat = np.asarray(count, np.float64).reshape(len(count), -1)
        total += flat @ fan_out(stage, count.shape[1:]).ravel().astype(np.float64)
    return total.astype(np.int64)
