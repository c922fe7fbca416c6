"""The constants of an ONNX file as arrays: weights, attributes, nodes that hold a value."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.errors import ModelError
from eventnet.models.onnx_chain import Array
from eventnet.models.onnx_operators import ATTRIBUTES
from eventnet.models.onnx_package import onnx_package


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
    """What a node of kind Constant holds."""
    values = attributes(proto)
    if len(values) != 1:
        raise ModelError(f"holds {len(values)} values; wanted one")
    ((name, value),) = values.items()
    return tensor(value, proto.output[0]) if name == "value" else np.asarray(value)
