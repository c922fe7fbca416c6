"""ONNX files of layered networks: a chain of operators as a list of layers, there and back.

Read are operator sets 7 to 28 (github.com/onnx/onnx, docs/Operators.md): Gemm, MatMul, Add of a bias, Conv,
AveragePool, Flatten, Reshape to [batch, -1], BatchNormalization after Gemm, MatMul or Conv (it is folded into their
weights), Relu, Tanh, Identity, Softmax at the end, HardSigmoid and Clip where they are x clipped to 0 ... 1, Dropout
(it does nothing at inference), Constant. Whatever else a file holds is refused by name: a network that was read
computes what the file says. Written are operator set 17 and weights in float32, the field's usual width.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eventnet.errors import DataError, EventnetError, ModelError
from eventnet.files import read_file, write_beside
from eventnet.models.layers import Layer, Shape, check
from eventnet.models.onnx_graph import network_of
from eventnet.models.onnx_nodes import nodes_of
from eventnet.models.onnx_package import onnx_package

OPSET, IR_VERSION = 17, 8  # what is written; ONNX pairs operator set 17 with version 8 of the file format


def read_onnx(path: str | Path) -> tuple[list[Layer], Shape]:
    """The layers of an ONNX file, and the shape of one input: (units,) or (channels, height, width).

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
