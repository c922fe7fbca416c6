"""Operators do what ONNX's own reference does, or are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import (
    BATCH_NORM,
    BN,
    FLOAT,
    K_B,
    MAP,
    RNG,
    TWO,
    W_T,
    B,
    K,
    W,
    constant,
    draw,
    model_of,
    node,
    read,
    reference,
)

from eventnet.errors import ModelError
from eventnet.models.layers import forward

GOOD: dict[str, Callable[[], Any]] = {
    "gemm": lambda: model_of([node("Gemm", "x w b", "y")], [4], w=W, b=B),
    "gemm alpha beta transB": lambda: model_of([node("Gemm", "x w b", "y", alpha=0.5, beta=2.0, transB=1)], [4], w=W_T, b=B),
    "gemm without bias": lambda: model_of([node("Gemm", "x w", "y")], [4], w=W),
    "gemm row bias": lambda: model_of([node("Gemm", "x w b", "y")], [4], w=W, b=B[None]),
    "gemm one bias": lambda: model_of([node("Gemm", "x w b", "y")], [4], w=W, b=np.array(0.25)),
    "gemm float32": lambda: model_of([node("Gemm", "x w b", "y")], [4], kind=FLOAT, w=np.float32(W), b=np.float32(B)),
    "gemm set 7, batch 1": lambda: model_of([node("Gemm", "x w b", "y")], [4], opset=7, batch=1, w=W, b=B),
    "matmul": lambda: model_of([node("MatMul", "x w", "y")], [4], w=W),
    "matmul add": lambda: model_of([node("MatMul", "x w", "h"), node("Add", "h b", "y")], [4], w=W, b=B),
    "add turned": lambda: model_of([node("MatMul", "x w", "h"), node("Add", "b h", "y")], [4], w=W, b=B[None]),
    "conv": lambda: model_of([node("Conv", "x k b", "y")], MAP, k=K, b=K_B),
    "conv stride pads": lambda: model_of([node("Conv", "x k", "y", strides=[2, 1], pads=[1, 0, 2, 1])], MAP, **TWO),
    "conv kernel shape": lambda: model_of([node("Conv", "x k", "y", kernel_shape=[3, 2], group=1, dilations=[1, 1])], MAP, **TWO),
    "conv valid": lambda: model_of([node("Conv", "x k", "y", auto_pad="VALID", strides=[2, 2])], MAP, **TWO),
    "conv same upper": lambda: model_of([node("Conv", "x k", "y", auto_pad="SAME_UPPER")], MAP, **TWO),
    "conv same lower": lambda: model_of([node("Conv", "x k", "y", auto_pad="SAME_LOWER")], MAP, **TWO),
    "conv same strided": lambda: model_of([node("Conv", "x k", "y", auto_pad="SAME_UPPER", strides=[2, 2])], MAP, **TWO),
    "conv groups": lambda: model_of([node("Conv", "x k b", "y", group=2)], MAP, k=draw(4, 1, 3, 3), b=draw(4)),
    "conv dilations": lambda: model_of([node("Conv", "x k", "y", dilations=[2, 3], strides=[1, 2], pads=[1, 0, 2, 1])], MAP, **TWO),
    "conv dilated, same": lambda: model_of([node("Conv", "x k", "y", dilations=[2, 2], auto_pad="SAME_UPPER")], MAP, **TWO),
    "conv groups and batch norm": lambda: model_of([node("Conv", "x k", "h", group=3, dilations=[1, 2]), BATCH_NORM], [6, 7, 6], k=draw(3, 2, 3, 2), **BN),
    "conv add": lambda: model_of([node("Conv", "x k", "h"), node("Add", "h b", "y")], MAP, k=K, b=K_B[:, None, None]),
    "pool": lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 3])], MAP),
    "pool strides": lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 3], strides=[2, 1], auto_pad="VALID")], MAP),
    "pool pads": lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 0, 2, 1], count_include_pad=1)], MAP),
    "pool set 22": lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 2], dilations=[1, 1])], MAP, opset=22),
    "global pool": lambda: model_of([node("GlobalAveragePool", "x", "y")], MAP),
    "mean over a map": lambda: model_of([node("ReduceMean", "x", "y", axes=[-1, 2])], MAP),
    "mean set 18": lambda: model_of([node("ReduceMean", "x a", "y", keepdims=1, noop_with_empty_axes=0)], MAP, opset=18, a=[2, 3]),
    "max pool": lambda: model_of([node("MaxPool", "x", "y", kernel_shape=[2, 3], strides=[2, 1], pads=[1, 2, 0, 1])], MAP),
    "max pool's defaults": lambda: model_of([node("MaxPool", "x", "y", kernel_shape=[3, 2], storage_order=0, ceil_mode=0, dilations=[1, 1])], MAP),
    "residual": lambda: model_of(
        [node("Conv", "x k", "h", pads=[1, 1, 1, 1]), node("Relu", "h", "r"), node("Conv", "r l b", "s"), node("Add", "x s", "z"), node("Relu", "z", "y")],
        MAP, k=draw(3, 2, 3, 3), l=draw(2, 3, 1, 1), b=draw(2),
    ),
    "residual with a shortcut": lambda: model_of(
        [node("MatMul", "x w", "h"), node("Gemm", "x w b", "s"), node("Relu", "s", "r"), node("Add", "h r", "y")], [4], w=W, b=B
    ),
    "residual in a residual": lambda: model_of(
        [node("MatMul", "x w", "g"), node("MatMul", "g v", "h"), node("Relu", "h", "i"), node("Add", "i g", "j"), node("Tanh", "j", "k"),
         node("MatMul", "k u", "l"), node("Add", "l x", "y")], [4], w=W, v=draw(3, 3), u=draw(3, 4),
    ),
    "flatten": lambda: model_of([node("Flatten", "x", "y")], MAP),
    "flatten rows": lambda: model_of([node("Flatten", "x", "y", axis=1)], [7, 6]),
    "reshape 0 -1": lambda: model_of([node("Reshape", "x t", "y")], MAP, t=[0, -1]),
    "reshape allowzero": lambda: model_of([node("Reshape", "x t", "y", allowzero=1)], MAP, t=[-1, 84]),
    "reshape -1 n": lambda: model_of([constant("t", [-1, 84]), node("Reshape", "x t", "y")], MAP),
    "reshape 1 -1": lambda: model_of([node("Reshape", "x t", "y")], MAP, batch=1, t=[1, -1]),
    "relu": lambda: model_of([node("Relu", "x", "y")], [4]),
    "tanh": lambda: model_of([node("Tanh", "x", "y")], MAP),
    "identity": lambda: model_of([node("Identity", "x", "y")], [4]),
    "softmax": lambda: model_of([node("Softmax", "x", "y")], [4]),
    "softmax axis 1": lambda: model_of([node("Softmax", "x", "y", axis=1)], [4], opset=11),
    "softmax of maps": lambda: model_of([node("Softmax", "x", "y", axis=1)], MAP),
    "hard sigmoid": lambda: model_of([node("HardSigmoid", "x", "y", alpha=1.0, beta=0.0)], [4]),
    "clip": lambda: model_of([node("Clip", "x low high", "y")], [4], low=0.0, high=1.0),
    "clip 0 6": lambda: model_of([node("Clip", "x low high", "y")], [4], low=[0.0], high=0.5),
    "leaky relu": lambda: model_of([node("LeakyRelu", "x", "y")], [4]),
    "leaky relu alpha": lambda: model_of([node("LeakyRelu", "x", "y", alpha=-0.25)], MAP),
    "sigmoid": lambda: model_of([node("Sigmoid", "x", "y")], MAP),
    "clip set 6": lambda: model_of([node("Clip", "x", "y", min=0.0, max=1.0)], [4], opset=10),
    "clip constants": lambda: model_of(
        [node("Constant", "", "low", value_float=0.0), node("Constant", "", "high", value_float=1.0), node("Clip", "x low high", "y")], [4], kind=FLOAT
    ),
    "dropout": lambda: model_of([node("Dropout", "x r", "h mask"), node("Relu", "h", "y")], [4], r=0.5),
    "batch norm of a conv": lambda: model_of([node("Conv", "x k b", "h", pads=[1, 1, 1, 1]), BATCH_NORM], MAP, k=K, b=K_B, **BN),
    "batch norm of a gemm": lambda: model_of([node("Gemm", "x w b", "h"), BATCH_NORM], [4], w=W, b=B, **BN),
    "shared weights": lambda: model_of(
        [node("Identity", "b", "c"), node("Gemm", "x w b", "h"), node("Gemm", "h z c", "y")], [4], w=W, b=B, z=draw(3, 3)
    ),
    "weights in a Constant": lambda: model_of([constant("w", W), node("MatMul", "x w", "y")], [4]),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_an_operator_does_what_onnx_says_it_does(name: str, tmp_path: Path) -> None:
    model = GOOD[name]()
    layers, shape = read(model, tmp_path)
    dims = model.graph.input[0].type.tensor_type.shape.dim
    float32 = model.graph.input[0].type.tensor_type.elem_type == FLOAT
    x = RNG.normal(size=(dims[0].dim_value or 5, *shape)).astype(np.float32 if float32 else np.float64)
    assert shape == tuple(dim.dim_value for dim in dims[1:])
    # Sums are taken in another order: measured are at most 1e-14, and 1e-7 where the reference computes in float32.
    assert np.allclose(forward(layers, x), reference(model, x), rtol=0, atol=1e-6 if float32 else 1e-12)


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "add of nothing linear": (lambda: model_of([node("Relu", "x", "h"), node("Add", "h b", "y")], [3], b=B), "Add.: follows ReLU"),
    "add per pixel": (lambda: model_of([node("Conv", "x k", "h"), node("Add", "h b", "y")], MAP, k=K, b=draw(3, 5, 5)), r"Add.: biases have shape \(3, 5, 5\)"),
    "add along the rows": (lambda: model_of([node("Conv", "x k", "h"), node("Add", "h b", "y")], MAP, k=K, b=draw(5)), r"Add.: biases have shape \(5,\)"),
    "gemm transA": (lambda: model_of([node("Gemm", "x w", "y", transA=1)], [4], w=W), "Gemm.: transA is 1; wanted 0"),
    "gemm shape": (lambda: model_of([node("Gemm", "x w", "y")], [5], w=W), r"Gemm.: Dense takes 4 inputs, but gets shape \(5,\)"),
    "gemm of maps": (lambda: model_of([node("Gemm", "x w", "y")], MAP, w=W), r"Gemm.: Dense takes 4 inputs, but gets shape \(2, 7, 6\)"),
    "gemm bias": (lambda: model_of([node("Gemm", "x w b", "y")], [4], w=W, b=draw(4)), r"Gemm.: biases have shape \(4,\); wanted \[3\]"),
    "gemm column bias": (lambda: model_of([node("Gemm", "x w b", "y")], [4], w=W, b=draw(5, 1)), r"Gemm.: biases have shape \(5, 1\)"),
    "weights of whole numbers": (lambda: model_of([node("MatMul", "x w", "y")], [4], w=np.ones((4, 3), np.int64)), "MatMul.: weights .input 1. have type int64; wanted float32 or float64"),
    "weights not finite": (lambda: model_of([node("MatMul", "x w", "y")], [4], w=W * np.inf), "MatMul.: weights of a Dense layer hold NaN or infinity"),
    "weights of three dimensions": (lambda: model_of([node("MatMul", "x w", "y")], [4], w=W[None]), r"MatMul.: weights have shape \(1, 4, 3\)"),
    "conv groups": (lambda: model_of([node("Conv", "x k", "y", group=2)], MAP, k=draw(3, 1, 3, 3)), "Conv.: a Conv2d layer has 3 output channels in 2 groups"),
    "conv dilation": (lambda: model_of([node("Conv", "x k", "y", dilations=[2, 0])], MAP, k=K), r"Conv.: dilations are \[2, 0\]; wanted two, 1 or more"),
    "conv dilated too far": (lambda: model_of([node("Conv", "x k", "y", dilations=[4, 1])], MAP, k=K), r"Conv.: Conv2d: a kernel of \(9, 2\) does not fit"),
    "pool dilation": (lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 2], dilations=[2, 1])], MAP, opset=19), r"AveragePool.: dilations are \[2, 1\]; wanted 1"),
    "global pool of a vector": (lambda: model_of([node("GlobalAveragePool", "x", "y")], [4]), r"GlobalAveragePool.: pools shape \(4,\)"),
    "mean over channels": (lambda: model_of([node("ReduceMean", "x", "y", axes=[1, 2])], MAP), r"ReduceMean.: takes the mean over axes \[1, 2\]"),
    "mean that drops axes": (lambda: model_of([node("ReduceMean", "x", "y", axes=[2, 3], keepdims=0)], MAP), "ReduceMean.: keepdims is 0; wanted 1"),
    "reshape allowzero": (lambda: model_of([node("Reshape", "x t", "y", allowzero=1)], MAP, t=[0, 84]), r"Reshape.: allowzero is 1 with shape \[0, 84\]"),
    "conv 1d": (lambda: model_of([node("Conv", "x k", "y")], [2, 9], k=draw(3, 2, 3)), r"Conv.: has a kernel of \[3\] on shape \(2, 9\)"),
    "conv channels": (lambda: model_of([node("Conv", "x k", "y")], [4, 7, 6], k=K), "Conv.: Conv2d takes 2 channels"),
    "conv kernel": (lambda: model_of([node("Conv", "x k", "y", kernel_shape=[5, 5])], MAP, k=K), r"Conv.: kernel_shape is \[5, 5\]; wanted \[3, 2\]"),
    "conv too large": (lambda: model_of([node("Conv", "x k", "y")], [2, 2, 2], k=K), "Conv.: Conv2d: a kernel of .* does not fit"),
    "conv negative pads": (lambda: model_of([node("Conv", "x k", "y", pads=[0, -1, 0, 0])], MAP, k=K), "Conv.: padding is"),
    "conv pads twice": (lambda: model_of([node("Conv", "x k", "y", pads=[1, 1, 1, 1], auto_pad="SAME_UPPER")], MAP, k=K), "Conv.: auto_pad is 'SAME_UPPER' with pads"),
    "pool ceil": (lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 2], ceil_mode=1)], MAP), "AveragePool.: ceil_mode is 1; wanted 0"),
    "pool padded": (lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 2], pads=[1, 1, 1, 1])], MAP), "AveragePool.: count_include_pad is 0"),
    "pool same": (lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER", count_include_pad=1)], MAP), "AveragePool.: auto_pad is SAME_UPPER where stride 2 does not divide 7"),
    "max pool ceil": (lambda: model_of([node("MaxPool", "x", "y", kernel_shape=[2, 2], ceil_mode=1)], MAP), "MaxPool.: ceil_mode is 1; wanted 0"),
    "max pool dilation": (lambda: model_of([node("MaxPool", "x", "y", kernel_shape=[2, 2], dilations=[2, 2])], MAP), r"MaxPool.: dilations are \[2, 2\]; wanted 1"),
    "max pool's places": (lambda: model_of([node("MaxPool", "x", "h i", kernel_shape=[2, 2]), node("Add", "h i", "y")], MAP), r"MaxPool.: makes \['h', 'i'\]"),
    "residual of other shapes": (lambda: model_of([node("MatMul", "x w", "h"), node("Add", "h x", "y")], [4], w=W), r"Add.: Residual adds shapes \(3,\) and \(4,\)"),
    "flatten axis": (lambda: model_of([node("Flatten", "x", "y", axis=2)], MAP), "Flatten.: axis is 2; wanted 1"),
    "reshape": (lambda: model_of([node("Reshape", "x t", "y")], MAP, t=[0, 2, -1]), r"Reshape.: makes shape \[0, 2, -1\]"),
    "reshape of the batch": (lambda: model_of([node("Reshape", "x t", "y")], MAP, t=[1, -1]), r"Reshape.: makes shape \[1, -1\]"),
    "softmax inside": (lambda: model_of([node("Softmax", "x", "h"), node("Relu", "h", "y")], [4]), "layer 0 is Softmax"),
    "softmax axis": (lambda: model_of([node("Softmax", "x", "y", axis=-1)], MAP), "Softmax.: axis is -1"),
    "hard sigmoid": (lambda: model_of([node("HardSigmoid", "x", "y")], [4]), "HardSigmoid.: alpha is 0.2 and beta 0.5; wanted 1 and 0"),
    "clip turned": (lambda: model_of([node("Clip", "x low high", "y")], [4], low=6.0, high=0.0), "Clip.: a Clip layer goes from 6.0 to 0.0"),
    "clip below": (lambda: model_of([node("Clip", "x low", "y")], [4], low=0.0), "Clip.: bounds are 0.0 and None"),
    "dropout in training": (lambda: model_of([node("Dropout", "x r t", "y")], [4], r=0.5, t=True), "Dropout.: training_mode is true"),
    "batch norm first": (lambda: model_of([node("BatchNormalization", "x s o m v", "y")], [3], **BN), "BatchNormalization.: follows the input"),
    "batch norm after Relu": (lambda: model_of([node("Gemm", "x w", "g"), node("Relu", "g", "h"), BATCH_NORM], [4], w=W, **BN), "BatchNormalization.: follows ReLU"),
    "batch norm in training": (lambda: model_of([node("Gemm", "x w", "h"), node("BatchNormalization", "h s o m v", "y", training_mode=1)], [4], w=W, **BN), "BatchNormalization.: training_mode is 1"),
    "batch norm variances": (lambda: model_of([node("Gemm", "x w", "h"), BATCH_NORM], [4], w=W, **{**BN, "v": -np.ones(3)}), "BatchNormalization.: variances"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_layers_cannot_express_is_refused_by_name(name: str, tmp_path: Path) -> None:
    make, words = BAD[name]
    with pytest.raises(ModelError, match=f"made.onnx: .*{words}"):
        read(make(), tmp_path)
