"""The blueprint of a conventional network: its layers before they have weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError, ModelError
from eventnet.models.layers import AveragePool2d, Shape, output_shape


def whole(value: Any, what: str, least: int, most: int | None = None) -> int:
    """A whole number, as an int or a float. Raises ModelError that says `what` is none, too small or too large."""
    try:
        found = least - 1 if isinstance(value, bool | np.bool_) else int(value)
    except (TypeError, ValueError, OverflowError):
        found = least - 1
    if found != value or found < least or (most is not None and found > most):
        wanted = f"{least} or more" if most is None else f"{least} to {most:,}"
        raise ModelError(f"{what}: found {value!r}; wanted a whole number, {wanted}")
    return found


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


def check_held(blueprint: list[Spec], input_shape: Sequence[int], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raises DataError where the layers have more weights than a file's arrays have numbers, before any is made."""
    wanted = 0
    for spec, shape in zip(blueprint, shapes(blueprint, tuple(whole(n, "input_shape", 1) for n in input_shape))):
        if isinstance(spec, DenseSpec):
            wanted += math.prod(shape) * spec.units
        elif isinstance(spec, ConvSpec):
            wanted += shape[0] * spec.channels * math.prod(spec.size)
    held = sum(array.size for array in arrays.values())
    if wanted > held:
        raise DataError(f"its layers have {wanted:,} weights, but its arrays hold {held:,} numbers")
