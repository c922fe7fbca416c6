"""Constants that layers cannot hold are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import W, draw, model_of, node, onnx, read

from eventnet.errors import ModelError
from eventnet.models.onnx import read_onnx

BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "unknown attribute": (lambda: model_of([node("Relu", "x", "y", slope=2)], [4]), r"\('a_Relu', Relu\): has attribute 'slope'"),
    "weights in half": (lambda: model_of([node("MatMul", "x w", "y")], [4], w=np.float16(W)), "tensor 'w' has type FLOAT16"),
    "constant of text": (lambda: model_of([node("Constant", "", "w", value_string="a"), node("MatMul", "x w", "y")], [4]), "Constant.: has attribute 'value_string'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_layers_cannot_express_is_refused_by_name(name: str, tmp_path: Path) -> None:
    make, words = BAD[name]
    with pytest.raises(ModelError, match=f"made.onnx: .*{words}"):
        read(make(), tmp_path)


def test_weights_in_another_file_are_refused_by_name(tmp_path: Path) -> None:
    model = model_of([node("MatMul", "x w", "y")], [4], w=draw(4, 3))
    onnx.save(model, tmp_path / "far.onnx", save_as_external_data=True, location="far.bin", size_threshold=0)
    with pytest.raises(ModelError, match=r"tensor 'w' lies in another file \(external data\)"):
        read_onnx(tmp_path / "far.onnx")
