"""Summaries of models: their layers, and the counts of their last call."""

from __future__ import annotations

import math
from collections.abc import Sequence

from eventnet.base.summary import Summary
from eventnet.base.svg import Box, bars, boxes
from eventnet.models.layers import (
    AveragePool2d,
    Conv2d,
    ConvSpec,
    Dense,
    DenseSpec,
    Layer,
    Residual,
    Shape,
    Spec,
    output_shape,
)
from eventnet.tally import Tally

Row = tuple[str, Shape, int]
"""A layer: its kind, the shape of what it gives, how many weights it has."""


def layered(title: str, rows: Sequence[Row], tally: Tally | None = None) -> Summary:
    """The summary of a model with these layers, the input the first; its picture has bars of what was counted last."""
    weights = sum(count for _, _, count in rows)

    def picture() -> str:
        shown = [Box(kind, _times(shape)) for kind, shape, _ in rows]
        made = boxes(shown, [(k, k + 1, "") for k in range(len(shown) - 1)])
        counted = [] if tally is None else [(name, adds) for name, _, _, adds in tally.counted() if adds]
        return made + (f"<br>{bars(counted, 'adds of the last call by module')}" if counted else "")

    table = [(kind, _times(shape), math.prod(shape), count) for kind, shape, count in rows]
    counts = "" if tally is None else f"; last call: {tally.spikes:,} spikes, {tally.adds:,} adds"
    return Summary(f"{title}, {weights:,} weights{counts}", ("layer", "gives", "units", "weights"), table, picture)


def of_sizes(sizes: Sequence[int]) -> list[Row]:
    """Layers of units, each with weights from all of the layer before."""
    rows: list[Row] = [("input", (sizes[0],), 0)]
    return rows + [("Dense", (b,), a * b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]


def of_specs(blueprint: Sequence[Spec], input_shape: Shape) -> list[Row]:
    """The layers of a blueprint."""
    rows: list[Row] = [("input", input_shape, 0)]
    for spec in blueprint:
        shape = rows[-1][1]
        if isinstance(spec, DenseSpec):
            rows.append(("Dense", (spec.units,), math.prod(shape) * spec.units))
            continue
        channels, height, width = output_shape(
            AveragePool2d(spec.size, stride=spec.stride, padding=spec.padding), shape
        )
        if isinstance(spec, ConvSpec):
            weights = shape[0] * spec.channels * math.prod(spec.size)
            rows.append(("Conv2d", (spec.channels, height, width), weights))
        else:
            rows.append(("AveragePool2d", (channels, height, width), 0))
    return rows


def of_layers(layers: Sequence[Layer], input_shape: Shape) -> list[Row]:
    """Trained layers, activations among them."""
    rows: list[Row] = [("input", input_shape, 0)]
    for layer in layers:
        rows.append((type(layer).__name__, output_shape(layer, rows[-1][1]), _weights(layer)))
    return rows


def _weights(layer: Layer) -> int:
    """Number of weights of a layer."""
    if isinstance(layer, Residual):
        return sum(map(_weights, (*layer.body, *layer.shortcut)))
    return layer.weights.size if isinstance(layer, Dense | Conv2d) else 0


def _times(shape: Shape) -> str:
    return " x ".join(map(str, shape))
