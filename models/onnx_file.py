"""ONNX files of layered networks: a chain of operators as a list of layers, there and back.

Read are operator sets 7 to 28 (github.com/onnx/onnx, docs/Operators.md): Gemm, MatMul, Add of a bias, Conv,
AveragePool, Flatten, Reshape to [batch, -1], BatchNormalization after Gemm, MatMul or Conv (it is folded into their
weights), Relu, Tanh, Identity, Softmax at the end, HardSigmoid and Clip where they are x clipped to 0 ... 1, Dropout
(it does nothing at inference), Constant. Whatever else a file holds is refused by name: a network that was read
computes what the file says. Written are operator set 17 and weights in float32, the field's usual width.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError, EventnetError, ModelError
from eventnet.files import write_beside
from eventnet.models.layers import (
    AveragePool2d,
    Conv2d,
    Dense,
    Flatten,
    Floats,
    HardSigmoid,
    Identity,
    Layer,
    ReLU,
    Shape,
    Softmax,
    Tanh,
    check,
    output_shape,
)

OPSETS = range(7, 29)
OPSET, IR_VERSION = 17, 8  # what is written; ONNX pairs operator set 17 with version 8 of the file format
WINDOW = "auto_pad dilations kernel_shape pads strides"
# An operator's attributes, as far as they are understood; any other is refused.
ATTRIBUTES = {
    "Add": "", "AveragePool": f"{WINDOW} ceil_mode count_include_pad",
    "BatchNormalization": "epsilon momentum spatial training_mode", "Clip": "min max",
    "Constant": "value value_float value_floats value_int value_ints", "Conv": f"{WINDOW} group",
    "Dropout": "ratio seed", "Flatten": "axis", "Gemm": "alpha beta transA transB", "HardSigmoid": "alpha beta",
    "Identity": "", "MatMul": "", "Relu": "", "Reshape": "allowzero", "Softmax": "axis", "Tanh": "",
}  # fmt: skip
Array = NDArray[Any]


def _onnx() -> Any:
    try:
        return importlib.import_module("onnx")
    except ImportError:
        raise ModelError('ONNX files need the package onnx: pip install "eventnet[onnx]"') from None


# --- reading ---------------------------------------------------------------------------------------------------------
@dataclass
class _Node:
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
class _Chain:
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


def _gemm(node: _Node, chain: _Chain) -> None:
    node.require(transA=0)
    weights = _matrix(node.weights(1, "weights"))
    weights = node.get("alpha", 1.0) * (weights.T if node.get("transB", 0) else weights)
    bias = None
    if node.constant(2) is not None:
        bias = node.get("beta", 1.0) * _vector(node.weights(2, "biases"), weights.shape[1], "biases")
    chain.append(Dense(weights, bias))


def _matmul(node: _Node, chain: _Chain) -> None:
    chain.append(Dense(_matrix(node.weights(1, "weights"))))


def _add(node: _Node, chain: _Chain) -> None:
    n = chain.width_of_last()
    place = 0 if node.constant(1) is None else 1
    bias = _vector(node.weights(place, "biases"), n, "biases", trailing=len(chain.shape) - 1)
    chain.scale_last(np.ones(n), bias)


def _batch_normalization(node: _Node, chain: _Chain) -> None:
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


def _pads(node: _Node, chain: _Chain, kernel: Sequence[int], stride: Sequence[int]) -> list[int]:
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
        if node.kind == "AveragePool" and n % s:
            raise ModelError(
                f"auto_pad is {mode} where stride {s} does not divide {n}, which is ambiguous; wanted pads"
            )
        total = max(0, (-(-n // s) - 1) * s + k - n)
        before.append(total // 2 if mode == "SAME_UPPER" else total - total // 2)
        after.append(total - before[-1])
    return before + after


def _window(node: _Node, chain: _Chain, kernel: Sequence[int]) -> tuple[list[int], list[int]]:
    """Strides and pads of a window over a feature map. Raises ModelError for dilations and other ranks."""
    if len(chain.shape) != 3 or len(kernel) != 2:
        raise ModelError(f"has a kernel of {list(kernel)} on shape {chain.shape}; wanted two dimensions on three")
    strides = list(node.get("strides", [1, 1]))
    if len(strides) != 2 or min(strides) < 1:
        raise ModelError(f"strides are {strides}; wanted two numbers, 1 or more")
    if any(d != 1 for d in node.get("dilations", [])):
        raise ModelError(f"dilations are {node.get('dilations', [])}; wanted 1")
    pads = _pads(node, chain, kernel, strides)
    if len(pads) != 4:
        raise ModelError(f"pads are {pads}; wanted four numbers")
    return strides, pads


def _conv(node: _Node, chain: _Chain) -> None:
    node.require(group=1)
    weights = node.weights(1, "weights")
    kernel = weights.shape[2:]
    node.require(kernel_shape=list(kernel))
    strides, pads = _window(node, chain, kernel)
    bias = None if node.constant(2) is None else node.weights(2, "biases")
    chain.append(Conv2d(weights, bias, stride=strides, padding=pads))


def _average_pool(node: _Node, chain: _Chain) -> None:
    node.require(ceil_mode=0)
    kernel = node.get("kernel_shape", [])
    strides, pads = _window(node, chain, kernel)
    if any(pads) and node.get("count_include_pad", 0) != 1:
        raise ModelError(f"count_include_pad is 0 with pads {pads}; wanted 1: padded pixels count as zeros")
    chain.append(AveragePool2d(kernel, stride=strides, padding=pads))


def _flatten(node: _Node, chain: _Chain) -> None:
    node.require(axis=1)
    chain.append(Flatten())


def _reshape(node: _Node, chain: _Chain) -> None:
    node.require(allowzero=0)
    shape, n = node.constant(1), int(np.prod(chain.shape))
    target = [] if shape is None or shape.dtype.kind != "i" else shape.reshape(-1).tolist()
    first = {0, -1} if chain.batch is None else {0, -1, chain.batch}
    if len(target) != 2 or target[0] not in first or target[1] not in (-1, n) or target == [-1, -1]:
        raise ModelError(f"makes shape {target or 'that is computed'} of {chain.shape}; wanted [0, -1], a flatten")
    chain.append(Flatten())


def _softmax(node: _Node, chain: _Chain) -> None:
    rank = len(chain.shape) + 1
    axis = node.get("axis", -1 if chain.opset >= 13 else 1)
    if axis not in (1, 1 - rank) or (chain.opset < 13 and rank != 2):
        raise ModelError(f"axis is {axis} on shape {chain.shape}; wanted 1, the units")
    chain.append(Softmax())


def _hard_sigmoid(node: _Node, chain: _Chain) -> None:
    alpha, beta = node.get("alpha", 0.2), node.get("beta", 0.5)
    if (alpha, beta) != (1, 0):
        raise ModelError(f"alpha is {alpha:g} and beta {beta:g}; wanted 1 and 0, which is x clipped to 0 ... 1")
    chain.append(HardSigmoid())


def _clip(node: _Node, chain: _Chain) -> None:
    given = [node.get("min", None), node.get("max", None)] if chain.opset < 11 else [node.constant(1), node.constant(2)]
    bounds = [None if bound is None else np.asarray(bound).tolist() for bound in given]
    if bounds not in ([0, 1], [[0], [1]]):
        raise ModelError(f"bounds are {bounds[0]} and {bounds[1]}; wanted 0 and 1")
    chain.append(HardSigmoid())


def _dropout(node: _Node, chain: _Chain) -> None:
    training = node.constant(2)
    if training is not None and np.any(training):
        raise ModelError("training_mode is true; wanted false")


READERS: dict[str, Callable[[_Node, _Chain], None]] = {
    "Add": _add, "AveragePool": _average_pool, "BatchNormalization": _batch_normalization, "Clip": _clip,
    "Conv": _conv, "Dropout": _dropout, "Flatten": _flatten, "Gemm": _gemm, "HardSigmoid": _hard_sigmoid,
    "Identity": lambda node, chain: chain.append(Identity()), "MatMul": _matmul,
    "Relu": lambda node, chain: chain.append(ReLU()), "Reshape": _reshape, "Softmax": _softmax,
    "Tanh": lambda node, chain: chain.append(Tanh()),
}  # fmt: skip


def _tensor(proto: Any, name: str) -> Array:
    """A tensor of the file. Raises ModelError for external data and for other types than those that layers take."""
    onnx = _onnx()
    kinds = onnx.TensorProto
    if proto.data_location == kinds.EXTERNAL:
        raise ModelError(f"tensor {name!r} lies in another file (external data); wanted weights inside the file")
    if proto.data_type not in (kinds.FLOAT, kinds.DOUBLE, kinds.INT64, kinds.BOOL):
        known = proto.data_type in kinds.DataType.values()
        found = kinds.DataType.Name(proto.data_type) if known else proto.data_type
        raise ModelError(f"tensor {name!r} has type {found}; wanted FLOAT or DOUBLE")
    try:
        return np.array(onnx.numpy_helper.to_array(proto))
    except Exception as error:  # which class comes depends on what is wrong with the tensor
        raise ModelError(f"tensor {name!r} of shape {list(proto.dims)} is damaged: {error}") from None


def _attributes(proto: Any) -> dict[str, Any]:
    kind, found = proto.op_type, {}
    for attribute in proto.attribute:
        if attribute.name not in ATTRIBUTES[kind].split():
            raise ModelError(f"has attribute {attribute.name!r}; wanted {ATTRIBUTES[kind] or 'none'}")
        value = _onnx().helper.get_attribute_value(attribute)
        found[attribute.name] = value.decode() if isinstance(value, bytes) else value
    return found


def _constant(proto: Any) -> Array:
    values = _attributes(proto)
    if len(values) != 1:
        raise ModelError(f"holds {len(values)} values; wanted one")
    ((name, value),) = values.items()
    return _tensor(value, proto.output[0]) if name == "value" else np.asarray(value)


def _places(proto: Any, value: str, constants: dict[str, Array], made: set[str], uses: Counter[str]) -> list[Any]:
    """The node's inputs by place: None for the one that travels, `value`, and for those left out. Checks the chain."""
    names = list(proto.input)
    for name in names:
        if name and name not in made and name not in constants:
            raise ModelError(f"input {name!r} is given nowhere in the file")
    travelling = [name for name in names if name and name not in constants]
    if travelling != [value] or uses[value] != 1:
        times = f"{value!r} is used {uses[value]} times" if uses[value] != 1 else f"it takes {travelling}"
        raise ModelError(f"the graph is no chain: {times}; wanted each output used once, here {value!r}")
    if names.index(value) != 0 and proto.op_type != "Add":
        raise ModelError(f"{value!r} is input {names.index(value)}; wanted it as input 0")
    if len(proto.output) == 0 or any(uses[name] for name in proto.output[1:]):
        raise ModelError(f"makes {list(proto.output)}; wanted one output that is used")
    return [constants.get(name) for name in names]


def _known(nodes: Sequence[Any]) -> None:
    """Raises ModelError that names the first operator which cannot be read."""
    for k, proto in enumerate(nodes):
        if proto.domain not in ("", "ai.onnx") or proto.op_type not in ATTRIBUTES:
            domain = f" of domain {proto.domain!r}" if proto.domain not in ("", "ai.onnx") else ""
            wanted = ", ".join(ATTRIBUTES)
            raise ModelError(f"node {k} ({proto.name!r}) is operator {proto.op_type}{domain}; wanted one of {wanted}")


def _walk(graph: Any, source: str, chain: _Chain) -> str:
    """Read the graph's nodes into the chain; returns the name of what the last one makes."""
    constants = {tensor.name: _tensor(tensor, tensor.name) for tensor in graph.initializer}
    uses = Counter(name for proto in graph.node for name in proto.input)
    uses.update(output.name for output in graph.output)
    made, value = {source, *(name for proto in graph.node for name in proto.output)}, source
    for k, proto in enumerate(graph.node):
        try:
            if proto.op_type == "Constant":
                constants[proto.output[0]] = _constant(proto)
            elif proto.op_type == "Identity" and len(proto.input) == 1 and proto.input[0] in constants:
                constants[proto.output[0]] = constants[proto.input[0]]  # a weight that two operators share
            else:
                inputs = _places(proto, value, constants, made, uses)
                READERS[proto.op_type](_Node(proto.op_type, _attributes(proto), inputs), chain)
                value = proto.output[0]
        except ModelError as error:
            raise ModelError(f"node {k} ({proto.name!r}, {proto.op_type}): {error}") from None
    return value


def _shape(info: Any) -> list[int | None]:
    """The declared shape of an input or output with its batch dimension; None where a dimension has no number."""
    return [dim.dim_value if dim.HasField("dim_value") else None for dim in info.type.tensor_type.shape.dim]


def _input(graph: Any) -> tuple[str, int | None, Shape]:
    """Name, batch dimension (None or 1) and shape of the one input."""
    inside = {tensor.name for tensor in graph.initializer}
    inputs = [info for info in graph.input if info.name not in inside]
    if len(inputs) != 1 or len(graph.output) != 1:
        names = [info.name for info in inputs], [info.name for info in graph.output]
        raise ModelError(f"the graph has inputs {names[0]} and outputs {names[1]}; wanted one of each")
    info, kinds = inputs[0], _onnx().TensorProto
    if info.type.tensor_type.elem_type not in (kinds.FLOAT, kinds.DOUBLE):
        raise ModelError(f"input {info.name!r} has type {info.type.tensor_type.elem_type}; wanted FLOAT or DOUBLE")
    shape = _shape(info)
    numbers = tuple(n for n in shape[1:] if n is not None and n > 0)
    if len(shape) < 2 or len(numbers) != len(shape) - 1 or shape[0] not in (None, 1):
        named = [dim.dim_param or dim.dim_value or "?" for dim in info.type.tensor_type.shape.dim]
        raise ModelError(f"input {info.name!r} has shape {named}; wanted a batch (free or 1), then fixed numbers")
    return info.name, shape[0], numbers


def _check_output(info: Any, value: str, shape: Shape) -> None:
    if info.name != value:
        raise ModelError(f"the graph's output is {info.name!r}, but its last node makes {value!r}")
    declared = _shape(info)
    fits = len(declared) == len(shape) + 1 and all(d in (None, n) for d, n in zip(declared[1:], shape))
    if info.type.tensor_type.HasField("shape") and not fits:
        raise ModelError(f"output {value!r} is declared as {declared}, but has shape {shape} behind the batch")


def _opset(model: Any) -> int:
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    if len(versions) != 1 or versions[0] not in OPSETS:
        raise ModelError(f"the operator set is {versions}; wanted one from {OPSETS.start} to {OPSETS.stop - 1}")
    return int(versions[0])


def _network(model: Any) -> tuple[list[Layer], Shape]:
    graph = model.graph
    if graph.sparse_initializer:
        raise ModelError("the graph has sparse weights; wanted dense ones")
    opset = _opset(model)
    _known(graph.node)
    source, batch, input_shape = _input(graph)
    chain = _Chain(opset, batch, input_shape)
    with np.errstate(all="ignore"):  # the layers refuse what overflows
        value = _walk(graph, source, chain)
    _check_output(graph.output[0], value, chain.shape)
    check(chain.layers, input_shape)
    return chain.layers, input_shape


def read_onnx(path: str | Path) -> tuple[list[Layer], Shape]:
    """The layers of an ONNX file, and the shape of one input: (units,) or (channels, height, width).

    Raises DataError when the file is absent, damaged or of another kind; ModelError when it holds what layers cannot
    express (the error names operator, node and position) or when the package onnx is not there.
    """
    onnx = _onnx()
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        model = onnx.load_model_from_string(content)
        if not model.HasField("graph"):
            raise DataError(f"{path} is damaged or no ONNX file: it holds no graph")
        return _network(model)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None
    except EventnetError:
        raise
    except Exception as error:  # protobuf's own errors, and names that are no text
        raise DataError(f"{path} is damaged or no ONNX file: {error}") from error


# --- writing ---------------------------------------------------------------------------------------------------------
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


def _nodes(layers: Iterable[Layer]) -> tuple[list[Any], list[Any], str]:
    """Nodes, initializers and the name of the last output of a chain that begins at 'input'."""
    onnx, value, nodes, weights = _onnx(), "input", [], []
    for k, layer in enumerate(layers):
        kind, attributes, arrays = _operator(layer)
        names = [f"layer{k}.{what}" for what in ("weights", "bias")[: len(arrays)]]
        weights += [onnx.numpy_helper.from_array(_narrow(a, name), name) for a, name in zip(arrays, names)]
        nodes.append(onnx.helper.make_node(kind, [value, *names], [f"value{k}"], name=f"layer{k}", **attributes))
        value = f"value{k}"
    return nodes, weights, value


def write_onnx(layers: Sequence[Layer], input_shape: Sequence[int], path: str | Path) -> None:
    """Write layers as an ONNX file with a free batch dimension; a failed write leaves the old file.

    Raises ModelError when layers do not fit together or hold values beyond float32; DataError when `path` cannot be
    written.
    """
    onnx = _onnx()
    shapes = check(layers, tuple(input_shape))
    if not layers:
        raise ModelError("there are no layers to write")
    nodes, weights, value = _nodes(layers)
    described = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", *shape])
        for name, shape in (("input", shapes[0]), (value, shapes[-1]))
    ]
    graph = onnx.helper.make_graph(nodes, "eventnet", described[:1], described[1:], weights)
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="eventnet")
    write_beside(Path(path), model.SerializeToString())
