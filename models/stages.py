"""A layer list as stages: a weighted sum, the activation applied to it, and the cost of an input.

A Sigma-Delta or rounding network quantizes what its linear layers are given: the network's input and the output of
every stage but the last. So there are as many quantized quantities as stages, and quantity k is the input of stage k.

Source: P. O'Connor, Biologically plausible deep learning (2020), chapter 4 and appendix B.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.base.linear_algebra import one_thread
from eventnet.errors import ModelError
from eventnet.kernels.patches import Geometry, channel_last, kernel_rows, kernel_weights
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
    MaxPool2d,
    Residual,
    Shape,
    Softmax,
    activate,
    apply,
    check,
    covers_along,
    forward,
    output_shape,
)

T = TypeVar("T")
Scales = Sequence[float | Floats]
"""One k a quantized quantity: a number for the whole layer, or an array of the quantity's shape."""


class Sum:
    """Two quantities added unit by unit: what joins the parts of a Residual."""


Summing = Linear | MaxPool2d | Sum
"""Operations that a stage may begin with."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One linear layer (or a MaxPool2d, or a Sum) and the activation of what it makes.

    reads: the quantities that it is given, two for a Sum and one for all else.
    flattens: whether the stage's input, a feature map, is made a vector first.
    read_out: what follows the last stage and is not quantized: Flatten, Softmax, both in this order, or nothing.
    """

    linear: Summing
    activation: Activation = Identity()  # noqa: RUF009 (it is frozen)
    flattens: bool = False
    reads: tuple[int, ...] = (0,)
    read_out: tuple[Flatten | Softmax, ...] = ()

    def enter(self, x: Floats) -> Floats:
        """A batch [n, ...] as the linear layer takes it."""
        return x.reshape(len(x), math.prod(x.shape[1:])) if self.flattens else x

    def sums(self, *x: Floats) -> Floats:
        """The sums before the activation, for a batch [n, ...] of each quantity."""
        if isinstance(self.linear, Sum):
            return x[0] + x[1]
        return apply(self.linear, self.enter(x[0]))

    def __call__(self, *x: Floats) -> Floats:
        """The stage's output for a batch [n, ...] of each quantity, before any read-out."""
        return activate(self.activation, self.sums(*x))

    def of(self, values: Sequence[T]) -> list[T]:
        """Of one value for each quantity, those that the stage is given."""
        return [values[quantity] for quantity in self.reads]


def stages(layers: Sequence[Layer]) -> list[Stage]:
    """A layer list as stages: each Dense, Conv2d or pool begins one, and each end of a Residual. Identity is left out.

    Raises ModelError for a list without such a layer, an activation before the first of them, two activations in a
    row, a Flatten at an end of a part of a Residual, and a Softmax that is not the last layer.
    """
    part = _Part([], 0)
    part.add(layers)
    found = part.found
    if not found:
        raise ModelError(f"{len(layers)} layers, but no Dense, Conv2d or AveragePool2d among them; wanted one or more")
    read_out = ((Flatten(),) if part.flattens else ()) + ((Softmax(),) if isinstance(layers[-1], Softmax) else ())
    found[-1] = replace(found[-1], read_out=read_out)
    return found


class _Part:
    """A chain of layers that is made into stages: those found so far, and the quantity that the next one is given."""

    def __init__(self, found: list[Stage], reads: int) -> None:
        self.found, self.reads, self.flattens, self.first = found, reads, False, len(found)

    def add(self, layers: Sequence[Layer]) -> None:
        """Go through a chain. Raises ModelError that names the layer which does not fit."""
        for place, layer in enumerate(layers):
            if isinstance(layer, Linear | MaxPool2d):
                self._begin(Stage(layer, flattens=self.flattens, reads=(self.reads,)))
            elif isinstance(layer, Residual):
                self._join(place, layer)
            elif isinstance(layer, Flatten):
                self.flattens = True
            elif isinstance(layer, Softmax):
                if place != len(layers) - 1:
                    raise ModelError(f"layer {place} is Softmax, which can be the last layer only")
            elif not isinstance(layer, Identity):
                self._activate(place, layer)

    def _begin(self, stage: Stage) -> None:
        self.found.append(stage)
        self.reads, self.flattens = len(self.found), False

    def _join(self, place: int, layer: Residual) -> None:
        ends = []
        for name in ("body", "shortcut"):
            part = _Part(self.found, self.reads)
            try:
                part.add(getattr(layer, name))
            except ModelError as error:
                raise ModelError(f"layer {place}: {name}: {error}") from None
            if self.flattens or part.flattens:
                raise ModelError(f"layer {place}: Flatten stands before or at the end of the {name} of a Residual")
            ends.append(part.reads)
        self._begin(Stage(Sum(), reads=tuple(ends)))

    def _activate(self, place: int, layer: Layer) -> None:
        name = type(layer).__name__
        if not isinstance(layer, Activation):
            raise ModelError(f"layer {place} is {layer!r}; wanted one of the layers of eventnet.models.layers")
        if len(self.found) == self.first:
            raise ModelError(f"layer {place} is {name}; wanted a Dense, Conv2d or AveragePool2d before it")
        if not isinstance(self.found[-1].activation, Identity):
            before = type(self.found[-1].activation).__name__
            raise ModelError(f"layer {place} is {name} after {before}; wanted one activation a linear layer")
        self.found[-1] = replace(self.found[-1], activation=layer)


def quantity_shapes(layers: Sequence[Layer], input_shape: Sequence[int]) -> list[Shape]:
    """The shape of every quantized quantity for one input. Raises ModelError where the layers do not fit."""
    steps, shapes = stages(layers), [tuple(input_shape)]
    check(layers, shapes[0])
    for stage in steps:
        shape = stage.of(shapes)[0]
        if not isinstance(stage.linear, Sum):
            shape = output_shape(stage.linear, (math.prod(shape),) if stage.flattens else shape)
        shapes.append(shape)
    return shapes[:-1]


@one_thread()
def quantities(layers: Sequence[Layer], x: ArrayLike) -> list[Floats]:
    """The values that are quantized, as they are without it: x and the outputs of all stages but the last."""
    values = [samples(layers, x)]
    for stage in stages(layers)[:-1]:
        values.append(stage(*stage.of(values)))
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
    """The output of the last stage after its read-out."""
    return forward(stage.read_out, x)


# --- rounding ---
@one_thread()
def rounding_forward(layers: Sequence[Layer], x: ArrayLike, scales: Scales) -> RoundingPass:
    """Outputs and spikes of the rounding network for a batch x [n, ...].

    Raises ModelError where layers, x and scales do not fit, or hold what they must not.
    """
    value, steps, spikes = samples(layers, x), stages(layers), []
    checked = checked_scales(scales, quantity_shapes(layers, value.shape[1:]))
    for stage, scale in zip(steps, checked):
        spikes.append(rounded(scale * value))
        value = activate(stage.activation, potentials(stage, stage.of(spikes), stage.of(checked)))
    return RoundingPass(read_out(steps[-1], value), spikes)


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


def potentials(stage: Stage, given: Sequence[Floats], scales: Sequence[Floats]) -> Floats:
    """The sums before the stage's activation, from spikes and scales of its inputs: `(spikes / k) @ W + b`.

    With one k for the layer it is divided by after the sum: whole numbers times weights that are multiples of a power
    of 2 add up exactly, in any order, so that adding up changes gives the same.
    """
    spikes, scale = given[0], scales[0]
    if scale.ndim or isinstance(stage.linear, Sum):
        return stage.sums(*(s / k for s, k in zip(given, scales)))
    if isinstance(stage.linear, AveragePool2d | MaxPool2d):
        return stage.sums(spikes) / scale
    unbiased, bias = copy(stage.linear), stage.linear.bias
    unbiased.bias = np.zeros_like(bias)
    summed = Stage(unbiased, flattens=stage.flattens).sums(spikes) / scale
    return summed + (bias[:, None, None] if isinstance(unbiased, Conv2d) else bias)


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


@one_thread()
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


# --- operations ---
def dense_operations(layers: Sequence[Layer], input_shape: Sequence[int]) -> int:
    """Multiplications and additions of one forward pass, 2 a weight that is met (B.12); biases are left out.

    A sum of two quantities is an addition for each of their units, and a maximum is neither.
    """
    shapes = quantity_shapes(layers, input_shape)
    return sum(
        _products(stage) * int(fan_out(stage, shape).sum()) for stage in stages(layers) for shape in stage.of(shapes)
    )


def _products(stage: Stage) -> int:
    """Operations of what meets one word: a product and its addition, or an addition alone."""
    return 1 if isinstance(stage.linear, Sum) else 2


def sparse_operations(layers: Sequence[Layer], x: ArrayLike) -> NDArray[np.int64]:
    """For each sample the multiplications and additions of inputs that are not zero, int64 [n] (B.13)."""
    return fanned_out(layers, [value != 0 for value in quantities(layers, x)], products=True)


def rounding_operations(layers: Sequence[Layer], spikes: Sequence[Floats]) -> NDArray[np.int64]:
    """Additions of each sample, int64 [n]: the sum of |s| times fan-out (B.15; biases, as in B.14, are left out).

    spikes: one array [n, ...] a quantity, of a rounding network or of a Sigma-Delta network (the changes).
    Raises ModelError for a wrong number of arrays.
    """
    return fanned_out(layers, [np.abs(s) for s in spikes])


def fanned_out(
    layers: Sequence[Layer], counts: Sequence[NDArray[np.float64] | NDArray[np.bool_]], *, products: bool = False
) -> NDArray[np.int64]:
    """For each sample the sum of `counts` times fan-out, int64 [n]; counts: one array [n, ...] a quantity.

    products: count each product with a weight beside its addition. Raises ModelError for a wrong number of arrays.
    """
    steps = stages(layers)
    if len(counts) != len(steps):
        raise ModelError(f"{len(counts)} arrays of spikes or activations, but {len(steps)} stages; wanted one a stage")
    total = np.zeros(len(counts[0]))
    for stage in steps:
        for count in stage.of(counts):
            # Products of doubles are exact for whole numbers below 2^53, and faster than those of integers.
            flat = np.asarray(count, np.float64).reshape(len(count), -1)
            each = flat @ fan_out(stage, count.shape[1:]).ravel().astype(np.float64)
            total += each * (_products(stage) if products else 1)
    return total.astype(np.int64)


def fan_out(stage: Stage, shape: Shape) -> NDArray[np.int64]:
    """Number of sums that each unit of the stage's input takes part in, int64 of `shape`.

    A pixel at a border is seen by fewer windows, and padding by none. A pooling window counts as one, that of a maximum
    as none: it adds nothing up.
    """
    if isinstance(stage.linear, Sum | MaxPool2d):
        return np.full(shape, int(isinstance(stage.linear, Sum)), np.int64)
    if isinstance(stage.linear, Dense):
        return np.full(shape, stage.linear.weights.shape[1], np.int64)
    size, dilation, each = stage.linear.size, (1, 1), 1
    if isinstance(stage.linear, Conv2d):
        c_out, _, height, width = stage.linear.weights.shape
        size, dilation, each = (height, width), stage.linear.dilation, c_out // stage.linear.groups
    top, left, bottom, right = stage.linear.padding
    rows = covers_along(shape[1], size[0], stage.linear.stride[0], top, bottom, dilation[0])
    columns = covers_along(shape[2], size[1], stage.linear.stride[1], left, right, dilation[1])
    return np.broadcast_to(each * rows[:, None] * columns, shape)


# --- weights as rows ---
def geometry_of(linear: Linear | MaxPool2d, shape: Shape) -> Geometry:
    """The geometry of a layer's connections, for inputs of `shape`: (units,) or (channels, height, width)."""
    if isinstance(linear, Dense):
        return Geometry.dense(*linear.weights.shape)
    assert len(shape) == 3
    if isinstance(linear, AveragePool2d | MaxPool2d):
        return Geometry.window(shape, shape[0], linear.size, linear.stride, linear.padding)
    c_out, _, height, width = linear.weights.shape
    return Geometry.window(shape, c_out, (height, width), linear.stride, linear.padding, _spread(linear))


def _spread(linear: Conv2d) -> tuple[int, int, int]:
    return (*linear.dilation, linear.groups)


def rows_of(linear: Dense | Conv2d, shape: Shape) -> NDArray[Any]:
    """A layer's weights as rows, one an input unit of a dense layer or an input channel of a convolution."""
    if isinstance(linear, Conv2d):
        return kernel_rows(linear.weights, linear.stride, _spread(linear))
    return np.asarray(linear.weights[_order(len(linear.weights), shape)])


def layer_of(rows: NDArray[Any], bias: NDArray[Any], like: Dense | Conv2d, shape: Shape) -> Dense | Conv2d:
    """The layer of such rows and biases [n_out]: the inverse of `rows_of`. `like` says which kind of layer."""
    if isinstance(like, Conv2d):
        return like.like(kernel_weights(rows, geometry_of(like, shape)), bias)
    made = np.empty_like(rows)
    made[_order(len(rows), shape)] = rows
    return Dense(made, bias)


def _order(n: int, shape: Shape) -> Any:
    return channel_last(np.arange(n).reshape(1, *shape))[0] if len(shape) == 3 else slice(None)
