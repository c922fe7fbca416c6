"""The table of docs/reference/onnx.md: what becomes of each exported ONNX file, and how far from onnxruntime it is.

    python tests/scripts/onnx_table.py

Both bounds are computed before anything is run on the inputs of the network of events.

- float32: onnxruntime computes in float32, where a sum of n terms is wrong by at most n u / (1 - n u) of the sum of
  their sizes, u = 2^-24 (N. J. Higham, Accuracy and stability of numerical algorithms, 2002, 3.1); `forward` computes
  in float64. Errors go on through the sizes of the weights and the steepest slopes of activations.
- quantization: each quantity that is sent is off by at most half a step, 1 / (2 k), which goes on in the same way.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.errors import ModelError
from eventnet.models import read_onnx
from eventnet.models.layers import (
    AveragePool2d,
    Conv2d,
    Dense,
    LeakyReLU,
    MaxPool2d,
    Residual,
    Sigmoid,
    apply,
    forward,
)
from eventnet.models.stages import quantity_shapes, rounding_forward

FILES = Path(__file__).parents[1] / "fixtures" / "onnx"
SCALE = 64.0
"""k of every quantity."""
U = 2.0**-24
SIGMOID = 8 * U
"""What a sigmoid in float32, below 1, is taken to be wrong by at most: some roundings of an exponential and a quotient.
"""


def sizes(layer: Any) -> Any:
    """A layer whose weights are the sizes of this one's, without biases: how errors go on."""
    if isinstance(layer, Dense):
        return Dense(np.abs(layer.weights))
    if isinstance(layer, Conv2d):
        return layer.like(np.abs(layer.weights), np.zeros(len(layer.weights)))
    return layer


def slope(layer: Any) -> float:
    """The steepest slope of an activation."""
    if isinstance(layer, Sigmoid):
        return 0.25
    return max(1.0, abs(layer.slope)) if isinstance(layer, LeakyReLU) else 1.0


def quantization(layers: Sequence[Any], error: Any, half: float) -> Any:
    """Bounds of errors behind a chain, for those before it; half: what rounding adds wherever something is sent."""
    for layer in layers:
        if isinstance(layer, Residual):
            error = sum(quantization(way, error, half) + half for way in (layer.body, layer.shortcut))
        elif isinstance(layer, (Dense, Conv2d, AveragePool2d, MaxPool2d)):
            error = apply(sizes(layer), error + half)
        else:
            error = slope(layer) * error
            error = error.reshape(len(error), -1) if type(layer).__name__ == "Flatten" else error
    return error


def terms(layer: Any) -> int:
    """Of how many terms a sum of a layer is."""
    if isinstance(layer, Dense):
        return len(layer.weights) + 1
    return int(np.prod(layer.weights.shape[1:] if isinstance(layer, Conv2d) else layer.size)) + 1


def in_float32(layers: Sequence[Any], value: Any, error: Any) -> tuple[Any, Any]:
    """Values behind a chain, and bounds of the errors that arithmetic in float32 makes."""
    for layer in layers:
        if isinstance(layer, Residual):
            ways = [in_float32(way, value, error) for way in (layer.body, layer.shortcut)]
            value, error = ways[0][0] + ways[1][0], ways[0][1] + ways[1][1]
            error = error + U * (np.abs(value) + error)
            continue
        before, value = value, apply(layer, value)
        if isinstance(layer, (Dense, Conv2d, AveragePool2d)):
            n, bias = terms(layer), np.abs(getattr(layer, "bias", np.zeros(1)))
            whole = apply(sizes(layer), np.abs(before) + error) + bias.reshape(-1, *[1] * (value.ndim - 2))
            error = apply(sizes(layer), error) + n * U / (1 - n * U) * whole
        elif isinstance(layer, MaxPool2d):
            error = apply(layer, error)
        else:
            error = error.reshape(value.shape) * slope(layer)
            error = error + (SIGMOID if isinstance(layer, Sigmoid) else U * np.abs(value))
    return value, error


def bounds(layers: Sequence[Any], shape: Sequence[int], x: Any) -> tuple[float, float]:
    """Of the error of `forward`, and of that of a network that rounds, both against onnxruntime."""
    single = float(in_float32(layers, x, np.zeros_like(x))[1].max())
    return single, float(quantization(layers, np.zeros((1, *shape)), 0.5 / SCALE).max()) + single


def row(path: Path) -> tuple[str, str]:
    """A file's line of the table, and the sentence that refuses it, or nothing."""
    try:
        layers, shape = read_onnx(path)
    except ModelError as error:
        what, _, wanted = str(error).removeprefix(f"{path.parent}/").partition("; ")
        return (
            f"| `{path.stem}` | refused | | | | |",
            f"{what};\n  {textwrap.fill(wanted, 110, subsequent_indent='  ')}",
        )
    held = np.load(path.with_suffix(".npz"))
    x, y = held["x"].astype(np.float64), held["y"]
    bound, rounded = bounds(layers, shape, x)
    outputs = rounding_forward(layers, x, [SCALE] * len(quantity_shapes(layers, shape))).outputs
    found = (np.abs(forward(layers, x) - y).max(), bound, np.abs(outputs - y).max(), rounded)
    kinds = ", ".join(type(layer).__name__ for layer in layers)
    return f"| `{path.stem}` | {kinds} | {' | '.join(f'{number:.1e}' for number in found)} |", ""


def table() -> tuple[list[str], list[str]]:
    """The lines of the table, and the sentences of the files that are refused."""
    rows = [row(path) for path in sorted(FILES.glob("*.onnx"))]
    return [line for line, _ in rows], [sentence for _, sentence in rows if sentence]


if __name__ == "__main__":
    lines, sentences = table()
    print("\n".join([*lines, "", *sentences]))
