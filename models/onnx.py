"""ONNX files of layered networks: a chain of operators as a list of layers, there and back."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.base.files import read_file, write_beside
from eventnet.errors import DataError, EventnetError, ModelError
from eventnet.models.layers import (
    AveragePool2d,
    Clip,
    Conv2d,
    Dense,
    Flatten,
    Floats,
    HardSigmoid,
    Layer,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Residual,
    Shape,
    Softmax,
    check,
    in_float32,
)
from eventnet.models.onnx_operators import ATTRIBUTES, READERS, Array, Chain, Node

OPSET, IR_VERSION = 17, 8  # what is written; ONNX pairs operator set 17 with version 8 of the file format
OPSETS = range(7, 29)


def read_onnx(path: str | Path) -> tuple[list[Layer], Shape]:
    """The layers of an ONNX file, and the shape of one input: (units,) or (channels, height, width).

    Operator sets 7 to 28 (github.com/onnx/onnx, docs/Operators.md): Gemm, MatMul, Add of a bias, Conv, AveragePool,
    MaxPool, GlobalAveragePool, ReduceMean over a map, Flatten, Reshape to [batch, -1], BatchNormalization after Gemm,
    MatMul or Conv (it is folded into their weights), Relu, LeakyRelu, Clip, Sigmoid, Tanh, Identity, Add of the two
    ways from one place (a Residual), Softmax at the end, HardSigmoid where it is x clipped to 0 ... 1, Dropout (it does
    nothing at inference), Constant. Whatever else a file holds is refused by name: a network that was read computes
    what the file says.

    Raises DataError when the file is absent, damaged or of another kind; ModelError when it holds what layers cannot
    express (the error names operator, node and position) or when the package onnx is not there.
    """
    onnx = onnx_package()
    content = read_file(path)
    try:
        model = onnx.load_model_from_string(content)
        if not model.HasField("graph"):
            raise DataError(f"{path} is damaged or no ONNX file: it holds no graph")
        return network_of(model)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None
    except EventnetError:
        raise
    except Exception as error:  # protobuf's own errors, and names that are no text
        raise DataError(f"{path} is damaged or no ONNX file: {error}") from error


def write_onnx(layers: Sequence[Layer], input_shape: Sequence[int], path: str | Path) -> None:
    """Write layers as an ONNX file with a free batch dimension; a failed write leaves the old file.

    Operator set 17 and weights in float32, the field's usual width.

    Raises ModelError when layers do not fit together or hold values beyond float32; DataError when `path` cannot be
    written.
    """
    onnx = onnx_package()
    shapes = check(layers, tuple(input_shape))
    if not layers:
        raise ModelError("there are no layers to write")
    nodes, weights, value = nodes_of(layers)
    described = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", *shape])
        for name, shape in (("input", shapes[0]), (value, shapes[-1]))
    ]
    graph = onnx.helper.make_graph(nodes, "eventnet", described[:1], described[1:], weights)
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="eventnet")
    write_beside(Path(path), model.SerializeToString())


# --- reading ---
def network_of(model: Any) -> tuple[list[Layer], Shape]:
    """Layers and input shape. Raises ModelError that names what layers cannot express."""
    graph = model.graph
    if graph.sparse_initializer:
        raise ModelError("the graph has sparse weights; wanted dense ones")
    opset = _opset(model)
    _known(graph.node)
    source, batch, input_shape = the_input(graph)
    chain = Chain(opset, batch, input_shape)
    with np.errstate(all="ignore"):  # the layers refuse what overflows
        value = _walk(graph, source, chain)
    check_output(graph.output[0], value, chain.shape)
    check(chain.layers, input_shape)
    return chain.layers, input_shape


def _opset(model: Any) -> int:
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    if len(versions) != 1 or versions[0] not in OPSETS:
        raise ModelError(f"the operator set is {versions}; wanted one from {OPSETS.start} to {OPSETS.stop - 1}")
    return int(versions[0])


def _known(nodes: Sequence[Any]) -> None:
    """Raises ModelError that names the first operator which cannot be read."""
    for k, proto in enumerate(nodes):
        if proto.domain not in ("", "ai.onnx") or proto.op_type not in ATTRIBUTES:
            domain = f" of domain {proto.domain!r}" if proto.domain not in ("", "ai.onnx") else ""
            wanted = ", ".join(ATTRIBUTES)
            raise ModelError(f"node {k} ({proto.name!r}) is operator {proto.op_type}{domain}; wanted one of {wanted}")


def the_input(graph: Any) -> tuple[str, int | None, Shape]:
    """Name, batch dimension (None or 1) and shape of the one input."""
    inside = {tensor.name for tensor in graph.initializer}
    inputs = [info for info in graph.input if info.name not in inside]
    if len(inputs) != 1 or len(graph.output) != 1:
        names = [info.name for info in inputs], [info.name for info in graph.output]
        raise ModelError(f"the graph has inputs {names[0]} and outputs {names[1]}; wanted one of each")
    info, kinds = inputs[0], onnx_package().TensorProto
    if info.type.tensor_type.elem_type not in (kinds.FLOAT, kinds.DOUBLE):
        raise ModelError(f"input {info.name!r} has type {info.type.tensor_type.elem_type}; wanted FLOAT or DOUBLE")
    shape = _shape(info)
    numbers = tuple(n for n in shape[1:] if n is not None and n > 0)
    if len(shape) < 2 or len(numbers) != len(shape) - 1 or shape[0] not in (None, 1):
        named = [dim.dim_param or dim.dim_value or "?" for dim in info.type.tensor_type.shape.dim]
        raise ModelError(f"input {info.name!r} has shape {named}; wanted a batch (free or 1), then fixed numbers")
    return info.name, shape[0], numbers


def _shape(info: Any) -> list[int | None]:
    """The declared shape of an input or output with its batch dimension; None where a dimension has no number."""
    return [dim.dim_value if dim.HasField("dim_value") else None for dim in info.type.tensor_type.shape.dim]


def _walk(graph: Any, source: str, chain: Chain) -> str:
    """Read the graph's nodes into the chain; returns the name of what the last one makes."""
    constants = {proto.name: tensor(proto, proto.name) for proto in graph.initializer}
    uses = Counter(name for proto in graph.node for name in proto.input)
    uses.update(output.name for output in graph.output)
    made = {source, *(name for proto in graph.node for name in proto.output)}
    chain.value, ends = source, {source: chain}
    for k, proto in enumerate(graph.node):
        try:
            if proto.op_type == "Constant":
                constants[proto.output[0]] = constant(proto)
            elif proto.op_type == "Identity" and len(proto.input) == 1 and proto.input[0] in constants:
                constants[proto.output[0]] = constants[proto.input[0]]  # a weight that two operators share
            else:
                own = _read(proto, constants, made, uses, ends)
                own.value = proto.output[0]
                ends[own.value] = own
        except ModelError as error:
            raise ModelError(f"node {k} ({proto.name!r}, {proto.op_type}): {error}") from None
    if ends.get(chain.value) is not chain or len(ends) > 1:
        left = sorted(set(ends) - {chain.value})
        raise ModelError(f"the graph is no chain: {left} lead to no sum with {chain.value!r}; wanted one output")
    return chain.value


def _read(proto: Any, constants: dict[str, Array], made: set[str], uses: Counter[str], ends: dict[str, Chain]) -> Chain:
    """Read a node into the chain that ends in its input, or join two chains; returns the chain that it is the end of.

    ends: the chains that are open by what the file calls their ends.
    """
    names = list(proto.input)
    for name in names:
        if name and name not in made and name not in constants:
            raise ModelError(f"input {name!r} is given nowhere in the file")
    if len(proto.output) == 0 or any(uses[name] for name in proto.output[1:]):
        raise ModelError(f"makes {list(proto.output)}; wanted one output that is used")
    travelling = [name for name in names if name and name not in constants]
    if len(travelling) == 2 and len(names) == 2 and proto.op_type == "Add":
        return _join(travelling, uses, ends)
    if len(travelling) != 1 or travelling[0] not in ends or uses[travelling[0]] > 2:
        times = "".join(f"; {name!r} is used {uses[name]} times" for name in travelling if uses[name] != 1)
        wanted = "wanted one that is used once, or twice where an Add of two joins it again"
        raise ModelError(f"the graph is no chain: it takes {travelling}{times}; {wanted}")
    (value,) = travelling
    if names.index(value) != 0 and proto.op_type != "Add":
        raise ModelError(f"{value!r} is input {names.index(value)}; wanted it as input 0")
    own = ends[value].branch() if uses[value] == 2 else ends.pop(value)
    inputs = [constants.get(name) for name in names]
    READERS[proto.op_type](Node(proto.op_type, attributes(proto), inputs), own)
    return own


def _join(names: list[str], uses: Counter[str], ends: dict[str, Chain]) -> Chain:
    """Append to the chain that two others have left what is their sum, and close these; one of them may be itself."""
    if not set(names) <= set(ends) or len(set(names)) == 1:
        raise ModelError(f"the graph is no chain: it adds {names}; wanted the two ways from one place")
    parts = [ends[name] for name in names]
    branches = [part.branches if uses[name] == 1 else (part, part.value) for name, part in zip(names, parts)]
    if (
        branches[0] is None
        or branches[1] is None
        or branches[0][0] is not branches[1][0]
        or branches[0][1] != branches[1][1]
    ):
        raise ModelError(f"the graph is no chain: it adds {names}; wanted the two ways from one place")
    parent, place = branches[0]
    ways = [() if name == place else tuple(part.layers) for name, part in zip(names, parts)]
    body, shortcut = (ways[1], ways[0]) if len(ways[1]) > len(ways[0]) else (ways[0], ways[1])
    parent.append(Residual(body, shortcut))
    for name in {*names, place}:
        del ends[name]
    return parent


def attributes(proto: Any) -> dict[str, Any]:
    """A node's attributes by name. Raises ModelError for one that is not understood."""
    kind, found = proto.op_type, {}
    for attribute in proto.attribute:
        if attribute.name not in ATTRIBUTES[kind].split():
            raise ModelError(f"has attribute {attribute.name!r}; wanted {ATTRIBUTES[kind] or 'none'}")
        value = onnx_package().helper.get_attribute_value(attribute)
        found[attribute.name] = value.decode() if isinstance(value, bytes) else value
    return found


def constant(proto: Any) -> Array:
    """The value of a node of kind Constant. Raises ModelError for a node that has not exactly one."""
    values = attributes(proto)
    if len(values) != 1:
        raise ModelError(f"holds {len(values)} values; wanted one")
    ((name, value),) = values.items()
    return tensor(value, proto.output[0]) if name == "value" else np.asarray(value)


def tensor(proto: Any, name: str) -> Array:
    """A tensor of the file. Raises ModelError for external data and for other types than those that layers take."""
    onnx = onnx_package()
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


def check_output(info: Any, value: str, shape: Shape) -> None:
    """Raises ModelError unless the declared output is what the last node makes."""
    if info.name != value:
        raise ModelError(f"the graph's output is {info.name!r}, but its last node makes {value!r}")
    declared = _shape(info)
    fits = len(declared) == len(shape) + 1 and all(d in (None, n) for d, n in zip(declared[1:], shape))
    if info.type.tensor_type.HasField("shape") and not fits:
        raise ModelError(f"output {value!r} is declared as {declared}, but has shape {shape} behind the batch")


# --- writing ---
def nodes_of(layers: Iterable[Layer], value: str = "input", within: str = "") -> tuple[list[Any], list[Any], str]:
    """Nodes, initializers and the name of the last output of a chain that begins at `value`; within: before names."""
    onnx = onnx_package()
    nodes: list[Any] = []
    weights: list[Any] = []
    for k, layer in enumerate(layers):
        name = f"{within}layer{k}"
        if isinstance(layer, Residual):
            ends: list[str] = []
            for way, part in (("body", layer.body), ("shortcut", layer.shortcut)):
                inner, tensors, end = nodes_of(part, value, f"{name}.{way}.")
                nodes, weights, ends = nodes + inner, weights + tensors, [*ends, end]
            nodes.append(onnx.helper.make_node("Add", ends, [f"{within}value{k}"], name=name))
        else:
            kind, attributes, arrays = _operator(layer)
            called = ("low", "high") if isinstance(layer, Clip) else ("weights", "bias")
            names = [f"{name}.{what}" for what in called[: len(arrays)]]
            for tensor_name, array in zip(names, arrays):
                held = in_float32(array, f"{tensor_name} holds", "ONNX")
                weights.append(onnx.numpy_helper.from_array(held, tensor_name))
            nodes.append(onnx.helper.make_node(kind, [value, *names], [f"{within}value{k}"], name=name, **attributes))
        value = f"{within}value{k}"
    return nodes, weights, value


def _operator(layer: Layer) -> tuple[str, dict[str, Any], list[Floats]]:
    """Operator, attributes and weights (in the order of its inputs) that a layer is written as."""
    if isinstance(layer, Dense):
        return "Gemm", {}, [layer.weights, layer.bias]
    if isinstance(layer, Conv2d):
        window: dict[str, Any] = {
            "kernel_shape": layer.weights.shape[2:],
            "strides": layer.stride,
            "pads": layer.padding,
        }
        if layer.dilation != (1, 1) or layer.groups != 1:
            window |= {"dilations": layer.dilation, "group": layer.groups}
        return "Conv", window, [layer.weights, layer.bias]
    if isinstance(layer, AveragePool2d):
        window = {"kernel_shape": layer.size, "strides": layer.stride, "pads": layer.padding}
        return "AveragePool", {**window, "count_include_pad": 1}, []
    if isinstance(layer, MaxPool2d):
        return "MaxPool", {"kernel_shape": layer.size, "strides": layer.stride, "pads": layer.padding}, []
    if isinstance(layer, HardSigmoid):
        return "HardSigmoid", {"alpha": 1.0, "beta": 0.0}, []
    if isinstance(layer, (Flatten, Softmax)):
        return type(layer).__name__, {"axis": 1}, []
    if isinstance(layer, LeakyReLU):
        return "LeakyRelu", {"alpha": layer.slope}, []
    if isinstance(layer, Clip):
        return "Clip", {}, [np.asarray(layer.low), np.asarray(layer.high)]
    return "Relu" if isinstance(layer, ReLU) else type(layer).__name__, {}, []


def onnx_package() -> Any:
    """The module onnx. Raises ModelError that says what to install where it is absent."""
    try:
        return importlib.import_module("onnx")
    except ImportError:
        raise ModelError('ONNX files need the package onnx: pip install "eventnet[onnx]"') from None
