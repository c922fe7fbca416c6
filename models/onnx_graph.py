"""An ONNX graph, walked from its input to its output, as a list of layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from eventnet.errors import ModelError
from eventnet.models.layers import Layer, Shape, check
from eventnet.models.onnx_chain import Array, Chain, Node
from eventnet.models.onnx_ends import check_output, the_input
from eventnet.models.onnx_operators import ATTRIBUTES, READERS
from eventnet.models.onnx_values import attributes, constant, tensor

OPSETS = range(7, 29)


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


def _walk(graph: Any, source: str, chain: Chain) -> str:
    """Read the graph's nodes into the chain; returns the name of what the last one makes."""
    constants = {proto.name: tensor(proto, proto.name) for proto in graph.initializer}
    uses = Counter(name for proto in graph.node for name in proto.input)
    uses.update(output.name for output in graph.output)
    made, value = {source, *(name for proto in graph.node for name in proto.output)}, source
    for k, proto in enumerate(graph.node):
        try:
            if proto.op_type == "Constant":
                constants[proto.output[0]] = constant(proto)
            elif proto.op_type == "Identity" and len(proto.input) == 1 and proto.input[0] in constants:
                constants[proto.output[0]] = constants[proto.input[0]]  # a weight that two operators share
            else:
                inputs = _places(proto, value, constants, made, uses)
                READERS[proto.op_type](Node(proto.op_type, attributes(proto), inputs), chain)
                value = proto.output[0]
        except ModelError as error:
            raise ModelError(f"node {k} ({proto.name!r}, {proto.op_type}): {error}") from None
    return value


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
