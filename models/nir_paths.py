"""Paths between two modules of a network that a NIR file describes: linear nodes, made into one set of weights.

A *path* leads from a source (an Input, neurons, a pool) to neurons or an Output, over nodes without memory: Affine,
Linear, Conv1d, Conv2d, Scale, Flatten, pools behind weights. What it does to a spike is a kernel that slides over a
map, one word for each unit, or a row of weights a unit; biases add up to what comes in at every step.

Units of a map [channels, height, width] are numbered channel-last, as everywhere in eventnet; NIR's own order is
channel-first. [channels, length] is a map of one row.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import NetworkError
from eventnet.kernels.patches import Geometry, add_words, kernel_rows
from eventnet.models.nir_graph import PASS, NirNode

Floats = NDArray[np.float64]
Shape = tuple[int, ...]

POOLS = "SumPool2d", "AvgPool2d"
LINEAR = "Affine", "Linear", "Conv1d", "Conv2d", "Scale", "Flatten", *POOLS, PASS
"""Kinds of nodes without memory."""


def as_map(shape: Shape) -> tuple[int, int, int]:
    """A shape as (channels, height, width); a list of units has one place."""
    if len(shape) == 1:
        return shape[0], 1, 1
    return (shape[0], 1, shape[1]) if len(shape) == 2 else (shape[0], shape[1], shape[2])


def unit_numbers(shape: Shape) -> NDArray[np.int64]:
    """The number of each unit in eventnet's order, as an array of a NIR shape."""
    c, h, w = as_map(shape)
    return np.arange(c * h * w).reshape(h, w, c).transpose(2, 0, 1).reshape(shape)


def unit_order(values: Floats, shape: Shape, node: NirNode, key: str) -> Any:
    """A parameter of neurons of a shape in the order of the units; one number where all are alike."""
    if values.size == 1 or np.all(values == values.flat[0]):
        if values.size not in (1, math.prod(shape)):
            raise node.refused(f"{key} has shape {values.shape}; wanted one number, or {list(shape)}")
        return float(values.flat[0])
    if values.size != math.prod(shape):
        raise node.refused(f"{key} has shape {values.shape}; wanted one number, or {list(shape)}")
    made = np.empty(values.size)
    made[unit_numbers(shape).ravel()] = values.ravel()
    return made


class Path:
    """From a source with units of a shape over nodes, one after the other.

    Before the first weights it is a choice of units with a factor each; then it is a matrix [units, n] to n outputs, or
    a kernel [c_out, c_in, height, width] that slides over the source's map.
    """

    def __init__(self, source: str, shape: Shape) -> None:
        self.source, self.shape = source, shape
        self.units: NDArray[np.int64] = unit_numbers(shape)
        self.factor: Floats = np.ones(shape)
        self.n_source = self.units.size
        self.matrix: Floats | None = None
        self.kernel: Floats | None = None
        self.window: Geometry | None = None
        self.bias: Floats = np.zeros(shape)
        self.nodes: list[NirNode] = []

    def add(self, node: NirNode) -> None:
        """Go on over a node. Raises ModelError, which names it, for what cannot be."""
        self.nodes.append(node)
        if node.kind != PASS:
            getattr(self, f"_{node.kind.lower()}")(node)

    @property
    def weighted(self) -> bool:
        """Whether weights lie on the path already."""
        return self.matrix is not None or self.kernel is not None

    # --- nodes ---
    def _affine(self, node: NirNode) -> None:
        weights = node.numbers("weight")
        if weights.ndim == 2 and max(self.shape) == math.prod(self.shape):  # exporters leave a batch of one in shapes
            self._reshape((max(self.shape),))
        if weights.ndim != 2 or self.shape != (weights.shape[1],):
            raise node.refused(f"weight has shape {weights.shape}, but it gets shape {self.shape}")
        rows = weights.T * (self.factor[:, None] if not self.weighted else 1.0)
        if self.matrix is None and self.kernel is None:
            self.matrix = np.zeros((self.n_source, weights.shape[0]))
            np.add.at(self.matrix, self.units, rows)
        else:
            self._unroll()
            assert self.matrix is not None
            self.matrix = self.matrix @ rows
        self.shape = (weights.shape[0],)
        self.bias = weights @ self.bias + np.zeros(self.shape)
        if node.kind == "Affine":
            self.bias = self.bias + self._bias(node)

    _linear = _affine

    def _bias(self, node: NirNode) -> Floats:
        bias = node.numbers("bias")
        if bias.size != self.shape[0]:
            raise node.refused(f"bias has shape {bias.shape}; wanted [{self.shape[0]}]")
        return bias.reshape(self.shape[0], *(1 for _ in self.shape[1:]))

    def _conv2d(self, node: NirNode) -> None:
        weights = node.numbers("weight")
        self._conv(node, weights, 2)

    def _conv1d(self, node: NirNode) -> None:
        weights = node.numbers("weight")
        if weights.ndim != 3:
            raise node.refused(f"weight has shape {weights.shape}; wanted [c_out, c_in, length]")
        self._conv(node, weights[:, :, None, :], 1)

    def _conv(self, node: NirNode, weights: Floats, n: int) -> None:
        if weights.ndim != 4 or len(self.shape) != n + 1:
            raise node.refused(f"weight has shape {weights.shape} and it gets shape {self.shape}; wanted a map")
        if node.whole("groups", 1) != [1] or set(node.whole("dilation", 1)) != {1}:
            raise node.refused(
                f"groups is {node.whole('groups', 1)} and dilation {node.whole('dilation', 1)}; wanted 1"
            )
        given = node.values.get("input_shape")
        if isinstance(given, np.ndarray | int | np.integer) and node.whole("input_shape") != list(self.shape[1:]):
            raise node.refused(f"input_shape is {node.whole('input_shape')}, but it gets shape {self.shape}")
        if weights.shape[1] != self.shape[0]:
            raise node.refused(f"weight has shape {weights.shape} for {self.shape[0]} channels")
        stride, padding = _pair(node, "stride", n), _padding(node, weights.shape[2:], n)
        if self.weighted or not self._is_whole():
            raise node.refused("it comes after weights or a Flatten without neurons between; wanted neurons there")
        factor = self.factor.reshape(as_map(self.shape))
        if np.any(factor != factor[:, :1, :1]):
            raise node.refused("a Scale before it differs from place to place; wanted one number a channel")
        self._slide(node, weights * factor[:, 0, 0][None, :, None, None], stride, padding)
        if node.kind == "Conv1d" or "bias" in node.values:
            self.bias = np.zeros(self.shape) + (self._bias(node) if "bias" in node.values else 0.0)
        else:
            self.bias = np.zeros(self.shape)

    def plain(self, *, flat: bool = False) -> bool:
        """Whether what comes is the source's spikes as they are; flat: or with another shape."""
        return not self.weighted and (flat or self._is_whole())

    def _is_whole(self) -> bool:
        """Whether what comes is the source's map as it is, unit for unit."""
        return self.units.shape == self.shape and np.array_equal(self.units, unit_numbers(self.shape))

    def _slide(
        self, node: NirNode, kernel: Floats, stride: tuple[int, int], padding: tuple[int, int, int, int]
    ) -> None:
        try:
            self.window = Geometry.window(
                as_map(self.units.shape), kernel.shape[0], (kernel.shape[2], kernel.shape[3]), stride, padding
            )
        except NetworkError as error:
            raise node.refused(str(error)) from None
        self.kernel = kernel
        out = self.window.shape_out
        self.shape = out if len(self.shape) == 3 else (out[0], out[2])

    def _sumpool2d(self, node: NirNode) -> None:
        self._pool_weights(node, 1.0)

    def _avgpool2d(self, node: NirNode) -> None:
        height, width = _pair(node, "kernel_size", 2)
        self._pool_weights(node, 1.0 / (height * width))

    def _pool_weights(self, node: NirNode, factor: float) -> None:
        """A pool behind a convolution: the two are one convolution with a larger kernel and stride."""
        if self.kernel is None or self.window is None or any(_pair(node, "padding", 2)):
            raise node.refused("between weights and neurons it wants a Conv2d before it, and padding 0")
        size, stride = _pair(node, "kernel_size", 2), _pair(node, "stride", 2)
        (height, width), own = self.kernel.shape[2:], self.window.stride
        wide = np.zeros((*self.kernel.shape[:2], height + own[0] * (size[0] - 1), width + own[1] * (size[1] - 1)))
        for a in range(size[0]):
            for b in range(size[1]):
                wide[:, :, own[0] * a : own[0] * a + height, own[1] * b : own[1] * b + width] += self.kernel * factor
        bias = self.bias.reshape(as_map(self.shape))[:, :1, :1] * factor * size[0] * size[1]
        # What padding leaves over at the far side of the convolution reaches no whole window.
        self._slide(node, wide, (own[0] * stride[0], own[1] * stride[1]), self.window.padding)
        self.bias = np.zeros(self.shape) + bias

    def _scale(self, node: NirNode) -> None:
        scale = node.numbers("scale")
        try:
            scale = np.broadcast_to(scale, self.shape)
        except ValueError:
            raise node.refused(f"scale has shape {scale.shape}, but it gets shape {self.shape}") from None
        self.bias = self.bias * scale
        if self.matrix is not None:
            self.matrix = self.matrix * scale.ravel()
        elif self.kernel is not None:
            channels = scale.reshape(as_map(self.shape))
            if np.any(channels != channels[:, :1, :1]):
                raise node.refused("it differs from place to place behind a convolution; wanted one number a channel")
            self.kernel = self.kernel * channels[:, 0, 0][:, None, None, None]
        else:
            self.factor = self.factor * scale

    def _flatten(self, node: NirNode) -> None:
        start, end = node.whole("start_dim", 0)[0], node.whole("end_dim", -1)[0]
        n = len(self.shape)
        start, end = start + n if start < 0 else start, end + n if end < 0 else end
        if not 0 <= start <= end < n:
            raise node.refused(f"goes from dimension {start} to {end} of {self.shape}; NIR counts no batch")
        if self.kernel is not None:
            self._unroll()
        self._reshape((*self.shape[:start], math.prod(self.shape[start : end + 1]), *self.shape[end + 1 :]))

    def _reshape(self, shape: Shape) -> None:
        if not self.weighted:
            self.units, self.factor = self.units.reshape(shape), self.factor.reshape(shape)
        self.shape, self.bias = shape, self.bias.reshape(shape)

    # --- what it comes to ---
    def _unroll(self) -> None:
        """Make a kernel, or a choice of units, a matrix in NIR's order of its outputs."""
        if self.matrix is not None:
            return
        if self.kernel is None or self.window is None:
            self.matrix = np.zeros((self.n_source, self.units.size))
            self.matrix[self.units.ravel(), np.arange(self.units.size)] = self.factor.ravel()
            return
        g, rows = self.window.integers(), kernel_rows(self.kernel, self.window.stride)
        made = np.zeros((self.n_source, self.window.units_out))
        for unit in range(self.n_source):
            add_words(made[unit], rows, unit, 1, g["frame"], g["rows"], g["columns"])
        self.matrix, self.kernel = made[:, unit_numbers(self.shape).ravel()], None

    def rows(self) -> Floats:
        """A row of weights a unit of the source, outputs in eventnet's order, [n_source, n]."""
        self._unroll()
        assert self.matrix is not None
        made = np.empty_like(self.matrix)
        made[:, unit_numbers(self.shape).ravel()] = self.matrix
        return made

    def weights(self) -> tuple[Geometry, Floats]:
        """The geometry of the connections, and the words of the weights."""
        if self.kernel is not None and self.window is not None:
            return self.window, kernel_rows(self.kernel, self.window.stride)
        if not self.weighted and self._is_whole() and np.all(self.factor == self.factor.flat[0]):
            # One word for all: units side by side, each of which reaches its own.
            line = Geometry.window((1, 1, self.n_source), 1, (1, 1))
            return line, np.full((1, 1), self.factor.flat[0])
        rows = self.rows()
        return Geometry.dense(*rows.shape), rows

    def inputs(self) -> Any:
        """The input from biases at every step, [units], in eventnet's order."""
        made = np.empty(self.bias.size)
        made[unit_numbers(self.shape).ravel()] = self.bias.ravel()
        return made


def _pair(node: NirNode, key: str, n: int) -> tuple[int, int]:
    """Two whole numbers (height, width); along one dimension the height's is 1, of padding 0."""
    numbers = node.whole(key)
    if n == 1:
        numbers = [0 if key == "padding" else 1, *numbers]
    elif len(numbers) == 1:
        numbers = numbers * 2
    if len(numbers) != 2 or min(numbers) < (0 if key == "padding" else 1):
        raise node.refused(f"{key} is {node.values.get(key)!r}; wanted {n} whole numbers")
    return numbers[0], numbers[1]


def _padding(node: NirNode, kernel: Any, n: int) -> tuple[int, int, int, int]:
    """Top, left, bottom, right; 'same' keeps a map's size, an odd one more lies below or right (as in PyTorch)."""
    given = node.values.get("padding")
    if given == "valid" if isinstance(given, str) else False:
        return 0, 0, 0, 0
    if isinstance(given, str):
        if given != "same" or _pair(node, "stride", n) != (1, 1):
            raise node.refused(f"padding is {given!r} with stride {_pair(node, 'stride', n)}; wanted numbers")
        top, left = ((k - 1) // 2 for k in kernel)
        return top, left, kernel[0] - 1 - top, kernel[1] - 1 - left
    down, along = _pair(node, "padding", n)
    return down, along, down, along


def pool_geometry(node: NirNode, shape: Shape) -> Geometry:
    """The windows of a pool over a map. Raises ModelError, which names it, where they do not fit."""
    if len(shape) != 3:
        raise node.refused(f"gets shape {shape}; wanted a map (channels, height, width)")
    down, along = _pair(node, "padding", 2)
    size, stride = _pair(node, "kernel_size", 2), _pair(node, "stride", 2)
    try:
        return Geometry.window(as_map(shape), shape[0], size, stride, (down, along, down, along))
    except NetworkError as error:
        raise node.refused(str(error)) from None


def checked(path: Path, node: NirNode, shape: Shape) -> Path:
    """A path that brings a node what it takes. Raises ModelError otherwise."""
    if math.prod(path.shape) != math.prod(shape):
        last = f" from {path.nodes[-1]}" if path.nodes else f" from {path.source!r}"
        raise node.refused(f"has shape {shape}, but gets shape {path.shape}{last}")
    return path
