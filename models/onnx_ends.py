"""The two ends of an ONNX graph: its one input, its one output."""

from __future__ import annotations

from typing import Any

from eventnet.errors import ModelError
from eventnet.models.layers import Shape
from eventnet.models.onnx_package import onnx_package


def _shape(info: Any) -> list[int | None]:
    """The declared shape of an input or output with its batch dimension; None where a dimension has no number."""
    return [dim.dim_value if dim.HasField("dim_value") else None for dim in info.type.tensor_type.shape.dim]


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


def check_output(info: Any, value: str, shape: Shape) -> None:
    """Raises ModelError unless the declared output is what the last node makes."""
    if info.name != value:
        raise ModelError(f"the graph's output is {info.name!r}, but its last node makes {value!r}")
    declared = _shape(info)
    fits = len(declared) == len(shape) + 1 and all(d in (None, n) for d, n in zip(declared[1:], shape))
    if info.type.tensor_type.HasField("shape") and not fits:
        raise ModelError(f"output {value!r} is declared as {declared}, but has shape {shape} behind the batch")
