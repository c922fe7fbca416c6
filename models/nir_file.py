"""NIR files of layered networks: a chain of nodes as a list of layers, there and back.

NIR, the exchange format of neuromorphic tools (Pedersen et al., "Neuromorphic intermediate representation", Nature
Communications 15, 2024), describes what happens in continuous time; it has no activation functions. This is how layers
and nodes stand for each other:

- Dense, Conv2d, AveragePool2d, Flatten: Affine (or Linear), Conv2d, AvgPool2d, Flatten. NIR's weights are
  [n_out, n_in], those of Dense [n_in, n_out]. NIR pads both sides alike: a Conv2d that does not is written with rows
  and columns of zeros around its kernel, which is the same function; an AveragePool2d that does not is refused.
- ReLU: IF with r = 1, v_threshold = 1, v_reset = 0. Such a neuron, driven by a constant x, fires x times per unit of
  time, and never where x is below 0: its rate is max(x, 0). Neurons of any other gain r / (v_threshold - v_reset),
  leaky ones and everything else are refused by name.
- Identity needs no node and is left out.
- Softmax at the end needs what NIR does not have. It is a note in the metadata of the Output, which `read_nir` turns
  back into the layer; other tools get the values before it, whose largest is the same.
- HardSigmoid and Tanh are refused.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import read_file, write_beside
from eventnet.errors import DataError, ModelError
from eventnet.models.layers import (
    AveragePool2d,
    Conv2d,
    Dense,
    Flatten,
    Floats,
    Identity,
    Layer,
    MaxPool2d,
    ReLU,
    Residual,
    Shape,
    Softmax,
    check,
    in_float32,
    output_shape,
)
from eventnet.models.nir_bytes import opened, sealed

NOTE = {"eventnet_activation": "Softmax"}


def read_nir(path: str | Path) -> tuple[list[Layer], Shape]:
    """The layers of a NIR file, and the shape of one input: (units,) or (channels, height, width).

    Raises DataError when the file is absent, damaged or of another kind; ModelError when it holds what layers cannot
    express (the error names the node and its kind) or when the package nir is not there.
    """
    _nir()
    content = read_file(path)
    try:
        return _network(_graph(content))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None
    except Exception as error:  # h5py and nir raise errors of many classes, some of them without words
        raise DataError(f"{path} is damaged or no NIR file: {str(error) or type(error).__name__}") from error


def write_nir(layers: Sequence[Layer], input_shape: Sequence[int], path: str | Path) -> None:
    """Write layers as a NIR file, weights in float32; a failed write leaves the old file.

    Raises ModelError when layers do not fit together, have no counterpart in NIR or hold values beyond float32;
    DataError when `path` cannot be written.
    """
    nir = _nir()
    nodes = _nodes(layers, check(layers, tuple(input_shape)))
    names = list(nodes)
    graph = nir.NIRGraph(nodes, list(zip(names, names[1:])), type_check=False)
    content = io.BytesIO()
    nir.write(content, graph)
    write_beside(Path(path), sealed(content.getvalue()))


# --- bytes ---
def _graph(content: bytes) -> Any:
    """The graph in a file's bytes. Its types are checked with the layers' and not by nir.

    nir 1.0.8 takes a kernel's height for its width, too, and refuses oblong ones unless type_check=False.
    """
    with opened(content) as file:
        _check_names(file)
    with np.errstate(all="ignore"):  # nir works out shapes from whatever numbers a file holds
        return _nir().read(io.BytesIO(content), type_check=False)


def _check_names(file: Any) -> None:
    """Raises ModelError that names the first kind of node which the package nir does not know."""
    kind = file["node/type"].asstr()[()]
    if kind != "NIRGraph":
        raise ModelError(f"it holds a single {kind}; wanted a graph")
    kinds = {name: node["type"].asstr()[()] for name, node in file["node/nodes"].items()}
    for name, kind in kinds.items():
        if not hasattr(_nir(), kind):
            raise ModelError(f"node {name!r} is {kind}; wanted one of Input, Output, {', '.join(READERS)}")


def _nir() -> Any:
    try:
        return importlib.import_module("nir")
    except ImportError:
        raise ModelError('NIR files need the package nir: pip install "eventnet[nir]"') from None


# --- reading ---
def _network(graph: Any) -> tuple[list[Layer], Shape]:
    kinds = _kinds(graph.nodes)
    order = _order(kinds, graph.edges)
    shape = input_shape = tuple(_whole(graph.nodes[order[0]].input_type["input"], "shape of the Input"))
    if not shape or min(shape) < 1:
        raise ModelError(f"the Input has shape {shape}; wanted numbers above 0")
    layers: list[Layer] = []
    for name in order[1:-1]:
        try:
            layers.append(READERS[kinds[name]](graph.nodes[name], shape))
            shape = output_shape(layers[-1], shape)
        except ModelError as error:
            raise ModelError(f"node {name!r} ({kinds[name]}): {error}") from None
    last = graph.nodes[order[-1]]
    if tuple(_whole(last.output_type["output"], "shape of the Output")) != shape:
        raise ModelError(f"node {order[-1]!r} (Output) has shape {last.output_type['output']}, but gets shape {shape}")
    if last.metadata == NOTE:
        layers.append(Softmax())
    return layers, input_shape


def _kinds(nodes: dict[str, Any]) -> dict[str, str]:
    """Kind of every node by name. Raises ModelError that names the first which cannot be read."""
    kinds = {name: type(node).__name__ for name, node in nodes.items()}
    for name, kind in kinds.items():
        if kind not in READERS and kind not in ("Input", "Output"):
            raise ModelError(f"node {name!r} is {kind}; wanted one of Input, Output, {', '.join(READERS)}")
    return kinds


def _order(kinds: dict[str, str], edges: Sequence[tuple[str, str]]) -> list[str]:
    """Names of the nodes from Input to Output. Raises ModelError where the graph is no chain."""
    after: dict[str, str] = {}
    for a, b in edges:
        if a not in kinds or b not in kinds:
            raise ModelError(f"the edge from {a!r} to {b!r} joins nodes that are not both there")
        if a in after or b in after.values():
            raise ModelError(f"the graph is no chain: the edge from {a!r} to {b!r} is a second one at {a!r} or {b!r}")
        after[a] = b
    ends = [[name for name, kind in kinds.items() if kind == end] for end in ("Input", "Output")]
    if len(ends[0]) != 1 or len(ends[1]) != 1:
        raise ModelError(f"the graph has Inputs {ends[0]} and Outputs {ends[1]}; wanted one of each")
    order = ends[0]
    while order[-1] in after and len(order) < len(kinds):
        order.append(after[order[-1]])
    if order[-1] != ends[1][0] or len(order) != len(kinds) or len(edges) != len(kinds) - 1:
        raise ModelError(f"the graph is no chain: from the Input edges lead to {order[1:]}, of nodes {list(kinds)}")
    return order


def _affine(node: Any, shape: Shape) -> Layer:
    weights = _floats(node.weight, "weight")
    if weights.ndim != 2:
        raise ModelError(f"weight has shape {weights.shape}; wanted [n_out, n_in]")
    return Dense(weights.T, _floats(node.bias, "bias") if hasattr(node, "bias") else None)


def _conv(node: Any, shape: Shape) -> Layer:
    if _whole(node.groups, "groups") != [1] or _pair(node.dilation, "dilation") != [1, 1]:
        raise ModelError(f"groups is {node.groups} and dilation {node.dilation}; wanted 1 and 1")
    if node.input_shape is not None and tuple(_whole(node.input_shape, "input_shape")) != shape[1:]:
        raise ModelError(f"input_shape is {node.input_shape}, but it gets shape {shape}")
    weights, stride = _floats(node.weight, "weight"), _pair(node.stride, "stride")
    if isinstance(node.padding, str):
        padding = _same(weights.shape[2:], stride) if node.padding == "same" else [0, 0]
    else:
        padding = _pair(node.padding, "padding")
    if len(padding) == 4 and not isinstance(node.padding, str):
        raise ModelError(f"padding is {node.padding}; wanted one or two numbers")
    return Conv2d(weights, _floats(node.bias, "bias"), stride=stride, padding=padding)


def _same(kernel: Sequence[int], stride: Sequence[int]) -> list[int]:
    """Padding 'same' keeps a map's size; an odd row or column more goes below or right (as in PyTorch)."""
    if any(s != 1 for s in stride):
        raise ModelError(f"padding is 'same' with stride {list(stride)}; wanted stride 1, or numbers")
    before = [(k - 1) // 2 for k in kernel]
    return before + [k - 1 - b for k, b in zip(kernel, before)]


def _pool(node: Any, shape: Shape) -> Layer:
    size, stride = _pair(node.kernel_size, "kernel_size"), _pair(node.stride, "stride")
    padding = _pair(node.padding, "padding")
    if len(padding) != 2:
        raise ModelError(f"padding is {node.padding}; wanted one or two numbers")
    return AveragePool2d(size, stride=stride, padding=padding)


def _flatten(node: Any, shape: Shape) -> Layer:
    start, end = (*_whole(node.start_dim, "start_dim"), *_whole(node.end_dim, "end_dim"))
    if start not in (0, -len(shape)) or end not in (-1, len(shape) - 1):
        raise ModelError(f"goes from dimension {start} to {end} of {shape}; wanted 0 to -1 (NIR counts no batch)")
    return Flatten()


def _integrate_and_fire(node: Any, shape: Shape) -> Layer:
    r, threshold, reset = (_floats(getattr(node, name), name) for name in ("r", "v_threshold", "v_reset"))
    if r.size != 1 and r.shape != shape:
        raise ModelError(f"has neurons of shape {r.shape}, but gets shape {shape}")
    if not (np.all(threshold > reset) and np.array_equal(r, threshold - reset)):
        raise ModelError("gains r / (v_threshold - v_reset) are not all 1, where the rate is max(x, 0)")
    return ReLU()


READERS: dict[str, Callable[[Any, Shape], Layer]] = {
    "Affine": _affine, "AvgPool2d": _pool, "Conv2d": _conv, "Flatten": _flatten, "IF": _integrate_and_fire,
    "Linear": _affine,
}  # fmt: skip


def _floats(value: Any, what: str) -> Floats:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise ModelError(f"{what} has type {array.dtype}; wanted numbers")
    return array.astype(np.float64)


def _whole(value: Any, what: str) -> list[int]:
    """One or more whole numbers as a list."""
    array = np.atleast_1d(np.asarray(value))
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ModelError(f"{what} is {value!r}; wanted whole numbers")
    return [int(n) for n in array]


def _pair(value: Any, what: str) -> list[int]:
    numbers = _whole(value, what)
    return numbers * 2 if len(numbers) == 1 else numbers


# --- writing ---
def _nodes(layers: Sequence[Layer], shapes: Sequence[Shape]) -> dict[str, Any]:
    """The graph's nodes by name, from Input to Output."""
    nir, nodes = _nir(), {}
    nodes["input"] = nir.Input(input_type={"input": np.array(shapes[0])})
    for k, (layer, shape) in enumerate(zip(layers, shapes)):
        if isinstance(layer, (Identity, Softmax)):
            continue
        try:
            nodes[f"layer{k}"] = _node(layer, shape)
        except ModelError as error:
            raise ModelError(f"layer {k}: {error}") from None
    note = dict(NOTE) if layers and isinstance(layers[-1], Softmax) else {}
    nodes["output"] = nir.Output(output_type={"output": np.array(shapes[-1])}, metadata=note)
    return nodes


def _node(layer: Layer, shape: Shape) -> Any:
    """The node that a layer is written as, for inputs of `shape`. Raises ModelError where NIR has none."""
    nir = _nir()
    if isinstance(layer, Dense):
        return nir.Affine(weight=_narrow(layer.weights.T), bias=_narrow(layer.bias))
    if isinstance(layer, Conv2d):
        return _conv_node(layer, shape)
    if isinstance(layer, AveragePool2d):
        return _pool_node(layer)
    if isinstance(layer, Flatten):
        return nir.Flatten(input_type={"input": np.array(shape)}, start_dim=0, end_dim=-1)
    if isinstance(layer, ReLU):
        ones = np.ones(shape, dtype=np.float32)
        return nir.IF(r=ones, v_threshold=ones, v_reset=np.zeros_like(ones))
    if isinstance(layer, (MaxPool2d, Residual)):
        raise ModelError(f"{type(layer).__name__} cannot be expressed in NIR; wanted Dense, Conv2d or AveragePool2d")
    raise ModelError(f"{type(layer).__name__} cannot be expressed in NIR; wanted ReLU as the activation")


def _conv_node(layer: Conv2d, shape: Shape) -> Any:
    if (layer.groups, layer.dilation) != (1, (1, 1)):
        raise ModelError(f"Conv2d has {layer.groups} groups and dilation {layer.dilation}; wanted 1 and 1")
    weights, padding = _alike(layer)
    return _nir().Conv2d(
        input_shape=shape[1:], weight=_narrow(weights), stride=layer.stride, padding=padding, dilation=(1, 1),
        groups=1, bias=_narrow(layer.bias),
    )  # fmt: skip


def _alike(layer: Conv2d) -> tuple[Floats, tuple[int, int]]:
    """Weights and padding of the same function with as much padding above as below, left as right."""
    top, left, bottom, right = layer.padding
    rows, columns = max(top, bottom), max(left, right)
    zeros = ((0, 0), (0, 0), (rows - top, rows - bottom), (columns - left, columns - right))
    return np.pad(layer.weights, zeros), (rows, columns)


def _pool_node(layer: AveragePool2d) -> Any:
    top, left, bottom, right = layer.padding
    if (top, left) != (bottom, right):
        raise ModelError(f"AveragePool2d has padding {layer.padding}; in NIR both sides are padded alike")
    numbers = (np.array(pair) for pair in (layer.size, layer.stride, (top, left)))
    return _nir().AvgPool2d(*numbers)


def _narrow(array: Floats) -> NDArray[np.float32]:
    return in_float32(array, "weights hold", "NIR")
