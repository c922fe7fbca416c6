"""A graph with other ends than one input and one output of fixed shapes is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onnx_models import DOUBLE, B, W, model_of, node, onnx, read

from eventnet.errors import ModelError

BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "two inputs": (lambda: (lambda m: (m.graph.input.append(onnx.helper.make_tensor_value_info("z", DOUBLE, ["n", 4])), m)[1])(model_of([node("Add", "x z", "y")], [4])), r"inputs \['x', 'z'\]"),
    "free height": (lambda: model_of([node("Relu", "x", "y")], [1, "height", 6]), r"input 'x' has shape \['n', 1, 'height', 6\]"),
    "batch of 8": (lambda: model_of([node("Relu", "x", "y")], [4], batch=8), r"input 'x' has shape \[8, 4\]; wanted a batch \(free or 1\)"),
    "no batch": (lambda: model_of([node("Relu", "x", "y")], []), r"input 'x' has shape \['n'\]"),
    "whole numbers": (lambda: model_of([node("Relu", "x", "y")], [4], kind=onnx.TensorProto.INT64), "input 'x' has type 7"),
    "output elsewhere": (lambda: model_of([node("Relu", "x", "z")], [4]), "output is 'y', but its last node makes 'z'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_layers_cannot_express_is_refused_by_name(name: str, tmp_path: Path) -> None:
    make, words = BAD[name]
    with pytest.raises(ModelError, match=f"made.onnx: .*{words}"):
        read(make(), tmp_path)


def test_an_output_declared_with_another_shape_is_refused(tmp_path: Path) -> None:
    model = model_of([node("Gemm", "x w", "y")], [4], w=W)
    model.graph.output[0].CopyFrom(onnx.helper.make_tensor_value_info("y", DOUBLE, ["n", 7]))
    with pytest.raises(ModelError, match=r"output 'y' is declared as \[None, 7\], but has shape \(3,\)"):
        read(model, tmp_path)


def test_weights_listed_as_inputs_as_old_exporters_do_are_weights(tmp_path: Path) -> None:
    model = model_of([node("Gemm", "x w b", "y")], [4], w=W, b=B)
    model.graph.input.append(onnx.helper.make_tensor_value_info("w", DOUBLE, [4, 3]))
    assert len(read(model, tmp_path)[0]) == 1
