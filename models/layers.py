"""Layers of a conventional network as plain descriptions: what the models, ONNX and NIR exchange.

A network is a list of layers. Feature maps have shape (channels, height, width), batches of them [n, channels, height,
width]; vectors [n, units]. Everything is float64. `check` walks through the shapes and names the layer that does not
fit; `forward` runs the list in NumPy and is the meaning of every layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from eventnet.base.linear_algebra import one_thread
from eventnet.errors import DataError, ModelError
from eventnet.models.shared import whole

Floats = NDArray[np.float64]
Shape = tuple[int, ...]
F = TypeVar("F", bound=np.floating[Any])


@dataclass(eq=False)
class Dense:
    """y = x @ weights + bias; weights [n_in, n_out], bias [n_out] (zeros by default)."""

    weights: Floats
    bias: Floats = field(default_factory=lambda: np.zeros(0))

    def __init__(self, weights: ArrayLike, bias: ArrayLike | None = None) -> None:
        self.weights = _finite(weights, "weights of a Dense layer")
        if self.weights.ndim != 2 or 0 in self.weights.shape:
            raise ModelError(f"weights of a Dense layer have shape {self.weights.shape}; wanted [n_in, n_out]")
        n_out = self.weights.shape[1]
        self.bias = np.zeros(n_out) if bias is None else _finite(bias, "biases of a Dense layer")
        if self.bias.shape != (n_out,):
            raise ModelError(f"biases of a Dense layer have shape {self.bias.shape}; wanted [{n_out}]")


@dataclass(eq=False)
class Conv2d:
    """Cross-correlation: weights [c_out, c_in / groups, kernel height, kernel width], bias [c_out].

    stride: one number or (height, width). padding: one number, (height, width), or (top, left, bottom, right).
    dilation: how far apart the kernel's words lie on the input, one number or (height, width).
    groups: so many equal parts of the output channels see one such part of the input channels each.
    """

    weights: Floats
    bias: Floats
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    dilation: tuple[int, int]
    groups: int

    def __init__(
        self, weights: ArrayLike, bias: ArrayLike | None = None, *, stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1, groups: int = 1,
    ) -> None:  # fmt: skip
        self.weights = _finite(weights, "weights of a Conv2d layer")
        if self.weights.ndim != 4 or 0 in self.weights.shape:
            raise ModelError(
                f"weights of a Conv2d layer have shape {self.weights.shape}; wanted [c_out, c_in, height, width]"
            )
        c_out = self.weights.shape[0]
        self.bias = np.zeros(c_out) if bias is None else _finite(bias, "biases of a Conv2d layer")
        if self.bias.shape != (c_out,):
            raise ModelError(f"biases of a Conv2d layer have shape {self.bias.shape}; wanted [{c_out}]")
        self.stride, self.padding = _pair(stride, "stride", 1), _padding(padding)
        self.dilation, self.groups = _pair(dilation, "dilation", 1), whole(groups, "groups", 1)
        if c_out % self.groups:
            raise ModelError(f"a Conv2d layer has {c_out} output channels in {self.groups} groups; wanted equal groups")

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of what the kernel covers on the input."""
        height, width = (1 + d * (n - 1) for d, n in zip(self.dilation, self.weights.shape[2:]))
        return height, width

    @property
    def channels_in(self) -> int:
        """Channels of the input."""
        return int(self.weights.shape[1]) * self.groups

    def like(self, weights: ArrayLike, bias: ArrayLike) -> Conv2d:
        """The same window with other weights."""
        return Conv2d(
            weights, bias, stride=self.stride, padding=self.padding, dilation=self.dilation, groups=self.groups
        )


@dataclass(frozen=True)
class AveragePool2d:
    """Mean over windows; padded pixels count as zeros in it. The stride is the window's size by default."""

    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]

    def __init__(
        self, size: int | Sequence[int], *, stride: int | Sequence[int] | None = None, padding: int | Sequence[int] = 0
    ) -> None:
        object.__setattr__(self, "size", _pair(size, "size", 1))
        object.__setattr__(self, "stride", _pair(self.size if stride is None else stride, "stride", 1))
        object.__setattr__(self, "padding", _padding(padding))


@dataclass(frozen=True)
class MaxPool2d:
    """The largest value of each window; padded pixels count for nothing. The stride is the window's size by default."""

    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]

    def __init__(
        self, size: int | Sequence[int], *, stride: int | Sequence[int] | None = None, padding: int | Sequence[int] = 0
    ) -> None:
        like = AveragePool2d(size, stride=stride, padding=padding)
        if any(side >= n for side, n in zip(like.padding, like.size * 2)):
            raise ModelError(f"a MaxPool2d of {like.size} has padding {like.padding}; wanted less than the window")
        for name in ("size", "stride", "padding"):
            object.__setattr__(self, name, getattr(like, name))


@dataclass(frozen=True)
class Flatten:
    """A feature map as a vector: channel by channel, row by row."""


@dataclass(frozen=True)
class ReLU:
    """max(x, 0)."""


@dataclass(frozen=True)
class HardSigmoid:
    """x clipped to 0 ... 1 (thesis 2.7, 7)."""


@dataclass(frozen=True)
class Tanh:
    """The hyperbolic tangent."""


@dataclass(frozen=True)
class Sigmoid:
    """1 / (1 + exp(-x))."""


@dataclass(frozen=True)
class LeakyReLU:
    """x above 0, slope * x below."""

    slope: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "slope", _number(self.slope, "the slope of a LeakyReLU"))


@dataclass(frozen=True)
class Clip:
    """x clipped to low ... high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, _number(getattr(self, name), f"{name} of a Clip layer"))
        if self.low > self.high:
            raise ModelError(f"a Clip layer goes from {self.low} to {self.high}; wanted low to high")


@dataclass(frozen=True)
class Identity:
    """x itself."""


@dataclass(frozen=True)
class Softmax:
    """exp(x) over its sum; as the last layer only."""


@dataclass(frozen=True, eq=False)
class Residual:
    """body(x) + shortcut(x), each a list of layers; without a shortcut, body(x) + x."""

    body: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()

    def __post_init__(self) -> None:
        for name in ("body", "shortcut"):
            part = tuple(getattr(self, name))
            object.__setattr__(self, name, part)
            for layer in part:
                if not isinstance(layer, Layer) or isinstance(layer, Softmax):
                    raise ModelError(f"the {name} of a Residual holds {layer!r}; wanted layers, and no Softmax")


Linear = Dense | Conv2d | AveragePool2d
Activation = ReLU | HardSigmoid | Tanh | Identity | Sigmoid | LeakyReLU | Clip
Layer = Linear | Activation | Flatten | Softmax | MaxPool2d | Residual


def _finite(value: ArrayLike, what: str) -> Floats:
    array = np.array(value, dtype=np.float64)
    if not np.all(np.isfinite(array)):
        raise ModelError(f"{what} hold NaN or infinity; wanted finite numbers")
    return array


def _number(value: float, what: str) -> float:
    found = float(value)
    if not math.isfinite(found):
        raise ModelError(f"{what} is {value}; wanted a finite number")
    return found


def _pair(value: int | Sequence[int], what: str, least: int) -> tuple[int, int]:
    pair = (value, value) if isinstance(value, (int, np.integer)) else tuple(value)
    if len(pair) != 2 or any(int(v) != v or v < least for v in pair):
        raise ModelError(f"{what} is {value}; wanted one or two whole numbers, {least} or more")
    return int(pair[0]), int(pair[1])


def _padding(value: int | Sequence[int]) -> tuple[int, int, int, int]:
    """Rows above, columns left, rows below, columns right."""
    four: tuple[Any, ...] = (value,) * 4 if isinstance(value, (int, np.integer)) else tuple(value)
    four = four * 2 if len(four) == 2 else four
    if len(four) != 4 or any(int(v) != v or v < 0 for v in four):
        raise ModelError(f"padding is {value}; wanted 1, 2 (height, width) or 4 (top, left, bottom, right) numbers")
    top, left, bottom, right = (int(v) for v in four)
    return top, left, bottom, right


# --- shapes ---
def check(layers: Sequence[Layer], input_shape: Shape) -> list[Shape]:
    """Shapes before the first layer and after each. Raises ModelError that names the layer which does not fit."""
    shapes = [tuple(int(n) for n in input_shape)]
    for k, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            raise ModelError(f"layer {k} is {layer!r}; wanted one of the layers of eventnet.models.layers")
        if isinstance(layer, Softmax) and k != len(layers) - 1:
            raise ModelError(f"layer {k} is Softmax, which can be the last layer only")
        try:
            shapes.append(output_shape(layer, shapes[-1]))
        except ModelError as error:
            raise ModelError(f"layer {k}: {error}") from None
    return shapes


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """Shape of one output for inputs of `shape`. Raises ModelError where they do not fit."""
    name = type(layer).__name__
    if isinstance(layer, Dense):
        if shape != (layer.weights.shape[0],):
            raise ModelError(f"{name} takes {layer.weights.shape[0]} inputs, but gets shape {shape}")
        return (layer.weights.shape[1],)
    if isinstance(layer, Residual):
        body, shortcut = (check(part, shape)[-1] for part in (layer.body, layer.shortcut))
        if body != shortcut:
            raise ModelError(f"{name} adds shapes {body} and {shortcut}; wanted equal ones")
        return body
    if isinstance(layer, (Conv2d, AveragePool2d, MaxPool2d)):
        if len(shape) != 3:
            raise ModelError(f"{name} takes (channels, height, width), but gets shape {shape}")
        channels, kernel = shape[0], layer.size
        if isinstance(layer, Conv2d):
            if layer.channels_in != shape[0]:
                raise ModelError(f"{name} takes {layer.channels_in} channels, but gets shape {shape}")
            channels = layer.weights.shape[0]
        height, width = window_shape(shape, kernel, layer.stride, layer.padding)
        if height < 1 or width < 1:
            raise ModelError(f"{name}: a kernel of {kernel} does not fit into shape {shape}")
        return channels, height, width
    if isinstance(layer, Flatten):
        return (int(np.prod(shape)),)
    return shape


def window_shape(
    shape: Shape, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int, int, int]
) -> tuple[int, int]:
    """Height and width of what a window slides over a padded (channels, height, width) map gives."""
    top, left, bottom, right = padding
    height = (shape[1] + top + bottom - kernel[0]) // stride[0] + 1
    width = (shape[2] + left + right - kernel[1]) // stride[1] + 1
    return height, width


def first_shape(layers: Sequence[Layer], input_shape: Sequence[int] | None) -> Shape:
    """The inputs' shape: as given, or the number of inputs of a first Dense layer."""
    if input_shape is not None:
        return tuple(int(n) for n in input_shape)
    if layers and isinstance(layers[0], Dense):
        return (layers[0].weights.shape[0],)
    raise ModelError("input_shape=(channels, height, width) is needed where the first layer is not Dense")


# --- what a layer computes ---
@one_thread()
def forward(layers: Sequence[Layer], x: ArrayLike) -> Floats:
    """The network's outputs for a batch [n, ...]."""
    value = np.asarray(x, dtype=np.float64)
    for layer in layers:
        value = apply(layer, value)
    return value


def apply(layer: Layer, x: Floats) -> Floats:
    """The output of a layer for a batch [n, ...]."""
    if isinstance(layer, Dense):
        return np.asarray(x @ layer.weights + layer.bias)
    if isinstance(layer, Conv2d):
        return convolved(layer, x) + layer.bias[:, None, None]
    if isinstance(layer, AveragePool2d):
        return np.asarray(windows(padded(x, layer.padding), layer.size, layer.stride).mean(axis=(4, 5)))
    if isinstance(layer, MaxPool2d):
        return np.asarray(windows(padded(x, layer.padding, -np.inf), layer.size, layer.stride).max(axis=(4, 5)))
    if isinstance(layer, Residual):
        return forward(layer.body, x) + forward(layer.shortcut, x)
    if isinstance(layer, Flatten):
        return x.reshape(len(x), -1)
    if isinstance(layer, Softmax):
        return softmax(x)
    return activate(layer, x)


def convolved(layer: Conv2d, x: Floats) -> Floats:
    """A convolution without its biases, for feature maps [n, ...]."""
    down, across = layer.dilation
    seen = windows(padded(x, layer.padding), layer.size, layer.stride)[..., ::down, ::across]
    parts = zip(np.split(seen, layer.groups, axis=1), np.split(layer.weights, layer.groups))
    made = np.concatenate([np.tensordot(maps, w, axes=([1, 4, 5], [1, 2, 3])) for maps, w in parts], axis=3)
    return np.ascontiguousarray(np.moveaxis(made, 3, 1))


def activate(layer: Activation, x: Floats) -> Floats:
    """An activation, element by element."""
    if isinstance(layer, ReLU):
        return np.maximum(x, 0)
    if isinstance(layer, HardSigmoid):
        return np.clip(x, 0, 1)
    if isinstance(layer, Tanh):
        return np.tanh(x)
    if isinstance(layer, Sigmoid):
        raised = np.exp(-np.abs(x))
        return np.asarray(np.where(x > 0, 1.0, raised) / (1.0 + raised))
    if isinstance(layer, LeakyReLU):
        return np.where(x > 0, x, layer.slope * x)
    if isinstance(layer, Clip):
        return np.clip(x, layer.low, layer.high)
    return x


def softmax(x: NDArray[F]) -> NDArray[F]:
    """Probabilities, [n, classes], that add up to 1 in each row."""
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def padded(x: Floats, padding: tuple[int, int, int, int], value: float = 0.0) -> Floats:
    """Feature maps [n, c, height, width] with zeros, or another value, around them."""
    top, left, bottom, right = padding
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=value)


def windows(x: Floats, kernel: tuple[int, int], stride: tuple[int, int]) -> Floats:
    """Views [n, c, height, width, kernel height, kernel width] of every window that a kernel sees."""
    view: Floats = sliding_window_view(x, kernel, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    return view


def covers_along(
    length: int, kernel: int, stride: int, before: int, after: int, dilation: int = 1
) -> NDArray[np.int64]:
    """Number of windows that cover each of `length` places, between `before` and `after` places of padding."""
    count, covered = np.zeros(before + length + after, np.int64), 1 + dilation * (kernel - 1)
    for begin in range(0, len(count) - covered + 1, stride):
        count[begin : begin + covered : dilation] += 1
    return count[before : before + length]


# --- blueprints ---
@dataclass(frozen=True)
class DenseSpec:
    """A dense layer of `units`; normalize: batch normalisation, unit by unit, before the activation."""

    units: int
    normalize: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", whole(self.units, "units", 1))


@dataclass(frozen=True)
class ConvSpec:
    """A convolution with `channels` outputs; normalize: batch normalisation, channel by channel, before the activation.

    size, stride: one number or (height, width). padding: one number, (height, width), or (top, left, bottom, right).
    """

    channels: int
    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    normalize: bool

    def __init__(
        self, channels: int, size: int | Sequence[int], *, stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0, normalize: bool = False,
    ) -> None:  # fmt: skip
        window = AveragePool2d(size, stride=stride, padding=padding)  # which checks the same three
        object.__setattr__(self, "channels", whole(channels, "channels", 1))
        object.__setattr__(self, "size", window.size)
        object.__setattr__(self, "stride", window.stride)
        object.__setattr__(self, "padding", window.padding)
        object.__setattr__(self, "normalize", normalize)


Spec = DenseSpec | ConvSpec | AveragePool2d
KINDS: dict[str, Callable[..., Spec]] = {"DenseSpec": DenseSpec, "ConvSpec": ConvSpec, "AveragePool2d": AveragePool2d}


def normalizes(spec: Spec) -> bool:
    """Whether batch normalisation follows this layer."""
    return not isinstance(spec, AveragePool2d) and spec.normalize


def shapes(blueprint: list[Spec], input_shape: Shape) -> list[Shape]:
    """Shapes (channels, height, width) or (units,) before each layer. Raises ModelError where one does not fit."""
    found = [input_shape]
    for k, spec in enumerate(blueprint):
        shape = found[-1]
        if isinstance(spec, DenseSpec):
            found.append((spec.units,))
            continue
        window = AveragePool2d(spec.size, stride=spec.stride, padding=spec.padding)
        try:
            channels, height, width = output_shape(window, shape)
        except ModelError as error:
            raise ModelError(f"layer {k} is {spec}, but gets shape {shape}: {error}") from None
        found.append((spec.channels if isinstance(spec, ConvSpec) else channels, height, width))
    return found[:-1]


# --- in files ---
def blueprint_text(blueprint: Sequence[Spec]) -> list[dict[str, Any]]:
    """A blueprint for JSON."""
    return [{"kind": type(spec).__name__, **asdict(spec)} for spec in blueprint]


def read_blueprint(text: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> list[Spec]:
    """The "blueprint" of a file's text.

    Raises DataError where its layers have more weights than the file's arrays have numbers, before any is made.
    """
    blueprint = [KINDS[spec.pop("kind")](**spec) for spec in text["blueprint"]]
    input_shape, wanted = tuple(whole(n, "input_shape", 1) for n in text["input_shape"]), 0
    for spec, shape in zip(blueprint, shapes(blueprint, input_shape)):
        if isinstance(spec, DenseSpec):
            wanted += math.prod(shape) * spec.units
        elif isinstance(spec, ConvSpec):
            wanted += shape[0] * spec.channels * math.prod(spec.size)
    held = sum(array.size for array in arrays.values())
    if wanted > held:
        raise DataError(f"its layers have {wanted:,} weights, but its arrays hold {held:,} numbers")
    return blueprint


def in_float32(array: Floats, what: str, files: str) -> NDArray[np.float32]:
    """Weights as files of other tools hold them. Raises ModelError where they are too large."""
    with np.errstate(over="ignore"):
        narrow = array.astype(np.float32)
    if not np.all(np.isfinite(narrow)):
        raise ModelError(f"{what} values beyond the range of float32, in which {files} files are written")
    return narrow
