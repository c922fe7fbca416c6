"""ONNX models made by hand, node by node, for the tests of what is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.models.layers import Layer
from eventnet.models.onnx import read_onnx

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnx.reference")
FLOAT, DOUBLE = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
RNG = np.random.default_rng(11)


def draw(*shape: int) -> Any:
    return RNG.normal(0, 0.5, shape)


def reference(model: Any, x: Any) -> Any:
    """What ONNX's own evaluator makes of a batch."""
    return onnx.reference.ReferenceEvaluator(model).run(None, {model.graph.input[0].name: x})[0]


def node(kind: str, inputs: str, output: str, **attributes: Any) -> Any:
    return onnx.helper.make_node(kind, inputs.split(), output.split(), name=f"a_{kind}", **attributes)


def model_of(
    nodes: list[Any], shape: list[Any], *, opset: int = 17, batch: Any = "n", kind: int = DOUBLE, **weights: Any
) -> Any:
    """A model from 'x' [batch, ...] to 'y' whose initializers are the further keywords."""
    described = onnx.helper.make_tensor_value_info("x", kind, [batch, *shape])
    made = onnx.helper.make_tensor_value_info("y", kind, None)
    tensors = [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()]
    graph = onnx.helper.make_graph(nodes, "g", [described], [made], tensors)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=8)


def read(model: Any, tmp_path: Path) -> tuple[list[Layer], tuple[int, ...]]:
    (tmp_path / "made.onnx").write_bytes(model.SerializeToString())
    return read_onnx(tmp_path / "made.onnx")


def constant(output: str, value: Any) -> Any:
    return node("Constant", "", output, value=onnx.numpy_helper.from_array(np.asarray(value)))


W, W_T, B, MAP = draw(4, 3), draw(3, 4), draw(3), [2, 7, 6]
K, K_B, TWO = draw(3, 2, 3, 2), draw(3), {"k": draw(3, 2, 3, 2)}
BN = {"s": draw(3), "o": draw(3), "m": draw(3), "v": draw(3) ** 2}
BATCH_NORM = node("BatchNormalization", "h s o m v", "y", epsilon=0.01)
