"""Layers as the nodes of an ONNX graph, weights in float32."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.models.layers import AveragePool2d, Conv2d, Dense, Flatten, Floats, HardSigmoid, Layer, ReLU, Softmax
from eventnet.models.onnx_package import onnx_package


def nodes_of(layers: Iterable[Layer]) -> tuple[list[Any], list[Any], str]:
    """Nodes, initializers and the name of the last output of a chain that begins at 'input'."""
    onnx, value, nodes, weights = onnx_package(), "input", [], []
    for k, layer in enumerate(layers):
        kind, attributes, arrays = _operator(layer)
        names = [f"layer{k}.{what}" for what in ("weights", "bias")[: len(arrays)]]
        weights += [onnx.numpy_helper.from_array(_narrow(a, name), name) for a, name in zip(arrays, names)]
        nodes.append(onnx.helper.make_node(kind, [value, *names], [f"value{k}"], name=f"layer{k}", **attributes))
        value = f"value{k}"
    return nodes, weights, value


def _operator(layer: Layer) -> tuple[str, dict[str, Any], list[Floats]]:
    """Operator, attributes and weights (in the order of its inputs) that a layer is written as."""
    if isinstance(layer, Dense):
        return "Gemm", {}, [layer.weights, layer.bias]
    if isinstance(layer, Conv2d):
        window = {"kernel_shape": layer.weights.shape[2:], "strides": layer.stride, "pads": layer.padding}
        return "Conv", window, [layer.weights, layer.bias]
    if isinstance(layer, AveragePool2d):
        window = {"kernel_shape": layer.size, "strides": layer.stride, "pads": layer.padding}
        return "AveragePool", {**window, "count_include_pad": 1}, []
    if isinstance(layer, HardSigmoid):
        return "HardSigmoid", {"alpha": 1.0, "beta": 0.0}, []
    if isinstance(layer, (Flatten, Softmax)):
        return type(layer).__name__, {"axis": 1}, []
    return "Relu" if isinstance(layer, ReLU) else type(layer).__name__, {}, []


def _narrow(array: Floats, name: str) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        narrow = array.astype(np.float32)
    if not np.all(np.isfinite(narrow)):
        raise ModelError(f"{name} holds values beyond the range of float32, in which ONNX files are written")
    return narrow
