"""A graph that is no chain of known operators is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onnx_models import W, model_of, node, read

from eventnet.errors import ModelError

BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "LogSoftmax": (lambda: model_of([node("Relu", "x", "h"), node("LogSoftmax", "h", "y")], [4]), r"node 1 \('a_LogSoftmax'\) is operator LogSoftmax; wanted one of Add, "),
    "Gelu": (lambda: model_of([node("Gelu", "x", "y")], [4]), r"node 0 \('a_Gelu'\) is operator Gelu; wanted one of Add, .*Tanh"),
    "If": (lambda: model_of([node("If", "x", "y")], [4]), "is operator If"),
    "other domain": (lambda: model_of([node("Relu", "x", "y", domain="com.example")], [4]), "operator Relu of domain 'com.example'"),
    "used twice": (lambda: model_of([node("Relu", "x", "h"), node("Add", "h h", "y")], [4]), r"node 1 \('a_Add', Add\): the graph is no chain: it adds \['h', 'h'\]"),
    "used three times": (lambda: model_of([node("Relu", "x", "h"), node("Tanh", "x", "i"), node("Add", "h i", "j"), node("Add", "j x", "y")], [4]), "Relu.: the graph is no chain: .*'x' is used 3 times"),
    "two ways that cross": (lambda: model_of([node("Relu", "x", "a"), node("Tanh", "a", "b"), node("Add", "b x", "c"), node("Add", "c a", "y")], [4]), r"Add.: the graph is no chain: it adds \['b', 'x'\]; wanted the two ways from one place"),
    "a way that ends": (lambda: model_of([node("Relu", "x", "h"), node("Tanh", "x", "y")], [4]), "the graph"),
    "gemm weights first": (lambda: model_of([node("Gemm", "w x", "y")], [4], w=W), "Gemm.: 'x' is input 1; wanted it as input 0"),
    "weights absent": (lambda: model_of([node("MatMul", "x w", "y")], [4]), r"MatMul.: input 'w' is given nowhere"),
    "dropout's mask": (lambda: model_of([node("Dropout", "x", "h m"), node("Add", "h m", "y")], [4]), r"Dropout.: makes \['h', 'm'\]"),
    "old set": (lambda: model_of([node("Relu", "x", "y")], [4], opset=6), r"operator set is \[6\]; wanted one from 7 to 28"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_layers_cannot_express_is_refused_by_name(name: str, tmp_path: Path) -> None:
    make, words = BAD[name]
    with pytest.raises(ModelError, match=f"made.onnx: .*{words}"):
        read(make(), tmp_path)
