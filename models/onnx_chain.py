"""A chain of ONNX operators on its way to a list of layers: the operator at hand, the layers so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.models.layers import Conv2d, Dense, Floats, Layer, Shape, output_shape

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
    """What has been read so far: the layers, and the shape of what the last of them makes."""

    opset: int
    batch: int | None
    shape: Shape
    layers: list[Layer] = field(default_factory=list)

    def append(self, layer: Layer) -> None:
        self.shape = output_shape(layer, self.shape)
        self.layers.append(layer)

    def scale_last(self, factor: Floats, offset: Floats) -> None:
        """Put a factor and an offset per output channel, [n_out] each, into the weights of the last layer."""
        last = self.layers.pop()
        if isinstance(last, Dense):
            self.layers.append(Dense(last.weights * factor, last.bias * factor + offset))
        elif isinstance(last, Conv2d):
            weights, bias = last.weights * factor[:, None, None, None], last.bias * factor + offset
            self.layers.append(Conv2d(weights, bias, stride=last.stride, padding=last.padding))

    def width_of_last(self) -> int:
        """Units or channels of a last layer with weights. Raises ModelError when the last layer has none."""
        if not self.layers or not isinstance(self.layers[-1], (Dense, Conv2d)):
            found = type(self.layers[-1]).__name__ if self.layers else "the input"
            raise ModelError(f"follows {found}; it can be read right after Gemm, MatMul or Conv only")
        return self.shape[0]
