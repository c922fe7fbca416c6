"""Operators of ONNX graphs as layers: each is read into the chain of those before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.models.layers import (
    AveragePool2d,
    Clip,
    Conv2d,
    Dense,
    Flatten,
    Floats,
    HardSigmoid,
    Identity,
    Layer,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Shape,
    Sigmoid,
    Softmax,
    Tanh,
    output_shape,
)

Array = NDArray[Any]


@dataclass
class Node:
    """An operator: its attributes, and its constant inputs by place (the input that travels is None there)."""

    kind: str
    attributes: dict[str, Any]
    inputs: list[Array | None]

    def get(self, name: str, default: Any) -> Any:
        return self.attributes.get(name, default)

    def constant(self, place: int) -> Array | None:
        return self.inputs[place] if place < len(self.inputs) else None

    def weights(self, place: int, what: str) -> Floats:
        """A constant input as float64. Raises ModelError when it is absent or not float32 or float64."""
        array = self.constant(place)
        if array is None:
            raise ModelError(f"{what} (input {place}) are not a constant of the file")
        if array.dtype.kind != "f":
            raise ModelError(f"{what} (input {place}) have type {array.dtype}; wanted float32 or float64")
        return array.astype(np.float64)

    def require(self, **wanted: Any) -> None:
        """Attributes that are there must have these values. Raises ModelError that names the one which has not."""
        for name, value in wanted.items():
            if self.get(name, value) != value:
                raise ModelError(f"{name} is {self.get(name, None)}; wanted {value}")


@dataclass
class Chain:
    """The chain of layers read so far, and the shape of the last one's output.

    value: what the file calls that output. branches: the chain that this one leaves, as a part of a residual, and
    what the file calls the place.
    """

    opset: int
    batch: int | None
    shape: Shape
    value: str = ""
    layers: list[Layer] = field(default_factory=list)
    branches: tuple[Chain, str] | None = None

    def branch(self) -> Chain:
        """A chain that begins where this one ends."""
        return Chain(self.opset, self.batch, self.shape, self.value, branches=(self, self.value))

    def append(self, layer: Layer) -> None:
        self.shape = output_shape(layer, self.shape)
        self.layers.append(layer)

    def scale_last(self, factor: Floats, offset: Floats) -> None:
        """Put a factor and an offset per output channel, [n_out] each, into the weights of the last layer."""
        last = self.layers.pop()
        if isinstance(last, Dense):
            self.layers.append(Dense(last.weights * factor, last.bias * factor + offset))
        elif isinstance(last, Conv2d):
            self.layers.append(last.like(last.weights * factor[:, None, None, None], last.bias * factor + offset))

    def width_of_last(self) -> int:
        """Units or channels of a last layer with weights. Raises ModelError when the last layer has none."""
        if not self.layers or not isinstance(self.layers[-1], (Dense, Conv2d)):
            found = type(self.layers[-1]).__name__ if self.layers else "the input"
            raise ModelError(f"follows {found}; it can be read right after Gemm, MatMul or Conv only")
        return self.shape[0]


# --- operators ---
def _gemm(node: Node, chain: Chain) -> None:
    node.require(transA=0)
    weights = _matrix(node.weights(1, "weights"))
    weights = node.get("alpha", 1.0) * (weights.T if node.get("transB", 0) else weights)
    bias = None
    if node.constant(2) is not None:
        bias = node.get("beta", 1.0) * _vector(node.weights(2, "biases"), weights.shape[1], "biases")
    chain.append(Dense(weights, bias))


def _matmul(node: Node, chain: Chain) -> None:
    chain.append(Dense(_matrix(node.weights(1, "weights"))))


def _add(node: Node, chain: Chain) -> None:
    n = chain.width_of_last()
    place = 0 if node.constant(1) is None else 1
    bias = _vector(node.weights(place, "biases"), n, "biases", trailing=len(chain.shape) - 1)
    chain.scale_last(np.ones(n), bias)


def _batch_normalization(node: Node, chain: Chain) -> None:
    """y = (x - mean) / sqrt(variance + epsilon) * scale + bias, folded into the weights before it."""
    node.require(training_mode=0, spatial=1)
    n = chain.width_of_last()
    names = ("scales", "biases", "means", "variances")
    scale, bias, mean, variance = (_vector(node.weights(k + 1, name), n, name) for k, name in enumerate(names))
    spread = variance + node.get("epsilon", 1e-5)
    if not np.all(spread > 0):
        raise ModelError("variances plus epsilon are not all above 0")
    factor = scale / np.sqrt(spread)
    chain.scale_last(factor, bias - mean * factor)


def _conv(node: Node, chain: Chain) -> None:
    weights = node.weights(1, "weights")
    kernel = weights.shape[2:]
    node.require(kernel_shape=list(kernel))
    dilations = list(node.get("dilations", [1, 1]))
    strides, pads = window(node, chain, kernel, dilations)
    bias = None if node.constant(2) is None else node.weights(2, "biases")
    chain.append(Conv2d(weights, bias, stride=strides, padding=pads, dilation=dilations, groups=node.get("group", 1)))


def _average_pool(node: Node, chain: Chain) -> None:
    node.require(ceil_mode=0)
    kernel = node.get("kernel_shape", [])
    strides, pads = window(node, chain, kernel)
    if any(pads) and node.get("count_include_pad", 0) != 1:
        raise ModelError(f"count_include_pad is 0 with pads {pads}; wanted 1: padded pixels count as zeros")
    chain.append(AveragePool2d(kernel, stride=strides, padding=pads))


def _global_average_pool(node: Node, chain: Chain) -> None:
    if len(chain.shape) != 3:
        raise ModelError(f"pools shape {chain.shape}; wanted a map, (channels, height, width)")
    chain.append(AveragePool2d(chain.shape[1:]))


def _reduce_mean(node: Node, chain: Chain) -> None:
    """The mean over a map's rows and columns, which stay as one place: global average pooling."""
    node.require(keepdims=1)
    given = node.get("axes", None) if chain.opset < 18 else node.constant(1)
    axes = [] if given is None else np.asarray(given).reshape(-1).tolist()
    rank = len(chain.shape) + 1
    if rank != 4 or sorted(axis % rank for axis in axes) != [2, 3]:
        raise ModelError(f"takes the mean over axes {axes} of shape {chain.shape}; wanted 2 and 3, a map's own")
    chain.append(AveragePool2d(chain.shape[1:]))


def _max_pool(node: Node, chain: Chain) -> None:
    node.require(ceil_mode=0)
    kernel = node.get("kernel_shape", [])
    strides, pads = window(node, chain, kernel)
    chain.append(MaxPool2d(kernel, stride=strides, padding=pads))


def _flatten(node: Node, chain: Chain) -> None:
    node.require(axis=1)
    chain.append(Flatten())


def _reshape(node: Node, chain: Chain) -> None:
    shape, n = node.constant(1), int(np.prod(chain.shape))
    target = [] if shape is None or shape.dtype.kind != "i" else shape.reshape(-1).tolist()
    if node.get("allowzero", 0) and 0 in target:
        raise ModelError(f"allowzero is {node.get('allowzero', 0)} with shape {target}, which holds a 0; wanted 0")
    first = {0, -1} if chain.batch is None else {0, -1, chain.batch}
    if len(target) != 2 or target[0] not in first or target[1] not in (-1, n) or target == [-1, -1]:
        raise ModelError(f"makes shape {target or 'that is computed'} of {chain.shape}; wanted [0, -1], a flatten")
    chain.append(Flatten())


def _softmax(node: Node, chain: Chain) -> None:
    rank = len(chain.shape) + 1
    axis = node.get("axis", -1 if chain.opset >= 13 else 1)
    if axis not in (1, 1 - rank) or (chain.opset < 13 and rank != 2):
        raise ModelError(f"axis is {axis} on shape {chain.shape}; wanted 1, the units")
    chain.append(Softmax())


def _hard_sigmoid(node: Node, chain: Chain) -> None:
    alpha, beta = node.get("alpha", 0.2), node.get("beta", 0.5)
    if (alpha, beta) != (1, 0):
        raise ModelError(f"alpha is {alpha:g} and beta {beta:g}; wanted 1 and 0, which is x clipped to 0 ... 1")
    chain.append(HardSigmoid())


def _clip(node: Node, chain: Chain) -> None:
    given = [node.get("min", None), node.get("max", None)] if chain.opset < 11 else [node.constant(1), node.constant(2)]
    bounds = [None if bound is None else np.asarray(bound).reshape(-1).tolist() for bound in given]
    low, high = (bound[0] if bound is not None and len(bound) == 1 else None for bound in bounds)
    if low is None or high is None:
        raise ModelError(f"bounds are {low} and {high}; wanted two numbers")
    chain.append(HardSigmoid() if (low, high) == (0, 1) else Clip(low, high))


def _leaky_relu(node: Node, chain: Chain) -> None:
    chain.append(LeakyReLU(node.get("alpha", float(np.float32(0.01)))))


def _dropout(node: Node, chain: Chain) -> None:
    training = node.constant(2)
    if training is not None and np.any(training):
        raise ModelError("training_mode is true; wanted false")


READERS: dict[str, Callable[[Node, Chain], None]] = {
    "Add": _add, "AveragePool": _average_pool, "BatchNormalization": _batch_normalization, "Clip": _clip,
    "Conv": _conv, "Dropout": _dropout, "Flatten": _flatten, "Gemm": _gemm, "GlobalAveragePool": _global_average_pool,
    "HardSigmoid": _hard_sigmoid, "Identity": lambda node, chain: chain.append(Identity()),
    "LeakyRelu": _leaky_relu, "MatMul": _matmul, "MaxPool": _max_pool, "ReduceMean": _reduce_mean,
    "Relu": lambda node, chain: chain.append(ReLU()), "Reshape": _reshape,
    "Sigmoid": lambda node, chain: chain.append(Sigmoid()), "Softmax": _softmax,
    "Tanh": lambda node, chain: chain.append(Tanh()),
}  # fmt: skip
WINDOW = "auto_pad dilations kernel_shape pads strides"
# An operator's attributes, as far as they are understood; any other is refused.
ATTRIBUTES = {
    "Add": "", "AveragePool": f"{WINDOW} ceil_mode count_include_pad",
    "BatchNormalization": "epsilon momentum spatial training_mode", "Clip": "min max",
    "Constant": "value value_float value_floats value_int value_ints", "Conv": f"{WINDOW} group",
    "Dropout": "ratio seed", "Flatten": "axis", "Gemm": "alpha beta transA transB",
    "GlobalAveragePool": "", "HardSigmoid": "alpha beta", "Identity": "", "LeakyRelu": "alpha", "MatMul": "",
    "MaxPool": f"{WINDOW} ceil_mode storage_order",
    "ReduceMean": "axes keepdims noop_with_empty_axes", "Relu": "", "Reshape": "allowzero", "Sigmoid": "",
    "Softmax": "axis", "Tanh": "",
}  # fmt: skip


# --- their inputs ---
def _vector(array: Floats, n: int, what: str, trailing: int = 0) -> Floats:
    """Numbers that broadcast over [batch, n] (or [batch, n, 1, 1] with trailing=2) as a vector [n]."""
    wanted = (n,) + (1,) * trailing
    if array.ndim > len(wanted) + 1 or (array.ndim == len(wanted) + 1 and array.shape[0] != 1):
        raise ModelError(f"{what} have shape {array.shape}; wanted {list(wanted)}")
    try:
        spread = np.broadcast_to(array.reshape(array.shape[-len(wanted) :]), wanted)
    except ValueError:
        raise ModelError(f"{what} have shape {array.shape}; wanted {list(wanted)}") from None
    return spread.reshape(n).copy()


def _matrix(array: Floats) -> Floats:
    if array.ndim != 2:
        raise ModelError(f"weights have shape {array.shape}; wanted two dimensions")
    return array


def window(
    node: Node, chain: Chain, kernel: Sequence[int], dilations: Sequence[int] = (1, 1)
) -> tuple[list[int], list[int]]:
    """Strides and pads of a window over a feature map. Raises ModelError for other dilations and other ranks."""
    if len(chain.shape) != 3 or len(kernel) != 2:
        raise ModelError(f"has a kernel of {list(kernel)} on shape {chain.shape}; wanted two dimensions on three")
    strides = list(node.get("strides", [1, 1]))
    if len(strides) != 2 or min(strides) < 1:
        raise ModelError(f"strides are {strides}; wanted two numbers, 1 or more")
    found = list(node.get("dilations", [1, 1]))
    if found != list(dilations) or len(found) != 2 or min(found) < 1:
        raise ModelError(f"dilations are {found}; wanted {'1' if tuple(dilations) == (1, 1) else 'two, 1 or more'}")
    covered = [1 + d * (k - 1) for d, k in zip(found, kernel)]
    pads = _pads(node, chain, covered, strides)
    if len(pads) != 4:
        raise ModelError(f"pads are {pads}; wanted four numbers")
    return strides, pads


def _pads(node: Node, chain: Chain, kernel: Sequence[int], stride: Sequence[int]) -> list[int]:
    """Rows above, columns left, rows below, columns right: as `pads` lists them, or as `auto_pad` asks for."""
    mode, pads = node.get("auto_pad", "NOTSET"), list(node.get("pads", []))
    if mode == "NOTSET":
        return pads or [0, 0, 0, 0]
    if mode not in ("VALID", "SAME_UPPER", "SAME_LOWER") or any(pads):
        raise ModelError(f"auto_pad is {mode!r} with pads {pads}; wanted NOTSET, or VALID or SAME_... without pads")
    if mode == "VALID":
        return [0, 0, 0, 0]
    before, after = [], []
    for n, k, s in zip(chain.shape[1:], kernel, stride):
        # Versions of the operator's text round the size of a pool's output up or down there.
        if node.kind in ("AveragePool", "MaxPool") and n % s:
            raise ModelError(
                f"auto_pad is {mode} where stride {s} does not divide {n}, which is ambiguous; wanted pads"
            )
        total = max(0, (-(-n // s) - 1) * s + k - n)
        before.append(total // 2 if mode == "SAME_UPPER" else total - total // 2)
        after.append(total - before[-1])
    return before + after
