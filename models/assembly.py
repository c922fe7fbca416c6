"""A blueprint as parts that hold their first weights.

Source: X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks (2010), for
the variance of the first weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eventnet.models.blueprint import ConvSpec, DenseSpec, Spec
from eventnet.models.gates import GATES
from eventnet.models.layers import AveragePool2d, Shape
from eventnet.models.normalization import NormPart
from eventnet.models.part import Floats, Part
from eventnet.models.trainable import ConvPart, DensePart, FlattenPart, PoolPart


@dataclass(frozen=True)
class FirstWeights:
    """Where first weights come from: normal, with a variance as `init` ("glorot" or "he") wants it."""

    init: str
    dtype: np.dtype[Any]
    random: np.random.RandomState

    def draw(self, shape: Shape, input_axis: int) -> Floats:
        """Dense [n_in, n_out], or kernels [c_out, c_in, height, width]; input_axis: where n_in or c_in stands."""
        area = int(np.prod(shape[2:]))
        n_in, n_out = area * shape[input_axis], area * shape[1 - input_axis]
        variance = 2 / (n_in + n_out) if self.init == "glorot" else 2 / n_in
        drawn: Floats = (np.sqrt(variance) * self.random.randn(*shape)).astype(self.dtype)
        return drawn


def assemble(blueprint: Sequence[Spec], shapes: Sequence[Shape], activation: str, first: FirstWeights) -> list[Part]:
    """The parts of a network, lowest first; shapes: what each layer of the blueprint is given."""
    parts: list[Part] = []
    for k, (spec, shape) in enumerate(zip(blueprint, shapes)):
        if isinstance(spec, AveragePool2d):
            parts.append(PoolPart(spec, shape))
            continue
        parts += _with_weights(spec, shape, f"layer{k}", first)
        if k < len(blueprint) - 1:
            parts.append(GATES[activation]())
    return parts


def _with_weights(spec: DenseSpec | ConvSpec, shape: Shape, name: str, first: FirstWeights) -> Iterator[Part]:
    """A layer with weights, and what goes before and after it."""
    part: Part
    if isinstance(spec, DenseSpec):
        if len(shape) == 3:
            yield FlattenPart(shape)
        part = DensePart(first.draw((int(np.prod(shape)), spec.units), 0), not spec.normalize)
    else:
        part = ConvPart(spec, shape, first.draw((spec.channels, shape[0], *spec.size), 1))
    part.name = name
    yield part
    if spec.normalize:
        units = spec.units if isinstance(spec, DenseSpec) else spec.channels
        yield NormPart(units, first.dtype, name)
