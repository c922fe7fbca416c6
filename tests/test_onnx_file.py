"""ONNX files: there and back, against ONNX's own reference, refusals by name, damaged files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventnet.errors import DataError, ModelError
from eventnet.models.layers import (
    AveragePool2d,
    Conv2d,
    Dense,
    Flatten,
    HardSigmoid,
    Identity,
    Layer,
    ReLU,
    Softmax,
    Tanh,
    check,
    forward,
)
from eventnet.models.onnx_file import read_onnx, write_onnx

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnx.reference")
FLOAT, DOUBLE = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
RNG = np.random.default_rng(11)


def draw(*shape: int) -> Any:
    return RNG.normal(0, 0.5, shape)


def layered(rng: np.random.Generator) -> tuple[list[Layer], tuple[int, ...]]:
    """A network of two convolutions, a pool and two Dense layers with strides and paddings as they come."""
    activations = [ReLU(), HardSigmoid(), Tanh(), Identity()]
    channels, height, width = (int(n) for n in (rng.integers(1, 4), rng.integers(7, 11), rng.integers(7, 11)))
    layers: list[Layer] = []
    for c_in, c_out in ((channels, 3), (3, 2)):
        weights = rng.normal(0, 0.5, (c_out, c_in, int(rng.integers(1, 4)), int(rng.integers(1, 4))))
        padding, stride = rng.integers(0, 3, 4).tolist(), rng.integers(1, 3, 2).tolist()
        layers += [Conv2d(weights, rng.normal(0, 0.5, c_out), stride=stride, padding=padding)]
        layers += [activations[int(rng.integers(4))]]
    layers += [
        AveragePool2d(2, stride=rng.integers(1, 3, 2).tolist(), padding=rng.integers(0, 2, 4).tolist()),
        Flatten(),
    ]
    n = check(layers, (channels, height, width))[-1][0]
    layers += [Dense(rng.normal(0, 0.5, (n, 6)), rng.normal(0, 0.5, 6)), activations[int(rng.integers(4))]]
    return [*layers, Dense(rng.normal(0, 0.5, (6, 3))), Softmax()], (channels, height, width)


def reference(model: Any, x: Any) -> Any:
    """What ONNX's own evaluator makes of a batch."""
    return onnx.reference.ReferenceEvaluator(model).run(None, {model.graph.input[0].name: x})[0]


# --- there and back --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(12))
def test_a_written_network_reads_as_the_same_function_and_is_what_onnx_computes(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    layers, shape = layered(rng)
    write_onnx(layers, shape, tmp_path / "net.onnx")
    read, read_shape = read_onnx(tmp_path / "net.onnx")
    x = rng.normal(size=(5, *shape))
    assert read_shape == shape
    assert [type(layer) for layer in read] == [type(layer) for layer in layers]
    # 1e-6: weights went through float32, whose steps are 6e-8 of a value; the softmax's outputs are below 1.
    assert np.allclose(forward(read, x), forward(layers, x), rtol=0, atol=1e-6)
    model = onnx.load(tmp_path / "net.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert np.allclose(reference(model, x.astype(np.float32)), forward(layers, x), rtol=0, atol=1e-5)


def test_a_network_without_feature_maps_goes_there_and_back(tmp_path: Path) -> None:
    layers = [Dense(draw(4, 3).astype(np.float32)), ReLU(), Dense(draw(3, 2).astype(np.float32))]
    write_onnx(layers, (4,), tmp_path / "net.onnx")
    read, shape = read_onnx(tmp_path / "net.onnx")
    x = draw(6, 4)
    assert shape == (4,)
    assert forward(read, x).tolist() == forward(layers, x).tolist()  # float32 weights come back to the bit
    assert [p.name for p in tmp_path.iterdir()] == ["net.onnx"]


def test_what_cannot_be_written_is_said_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"before")
    with pytest.raises(ModelError, match="layer0.weights holds values beyond the range of float32"):
        write_onnx([Dense([[1e39]])], (1,), path)
    with pytest.raises(ModelError, match=r"layer 0: Dense takes 1 inputs, but gets shape \(2,\)"):
        write_onnx([Dense([[1.0]])], (2,), path)
    with pytest.raises(ModelError, match="no layers"):
        write_onnx([], (2,), path)
    assert path.read_bytes() == b"before"
    with pytest.raises(DataError, match="cannot be written"):
        write_onnx([Dense([[1.0]])], (1,), tmp_path / "absent" / "net.onnx")


# --- operators, against ONNX's reference -----------------------------------------------------------------------------
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
    "conv add": lambda: model_of([node("Conv", "x k", "h"), node("Add", "h b", "y")], MAP, k=K, b=K_B[:, None, None]),
    "pool": lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 3])], MAP),
    "pool strides": lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 3], strides=[2, 1], auto_pad="VALID")], MAP),
    "pool pads": lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 0, 2, 1], count_include_pad=1)], MAP),
    "pool set 22": lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 2], dilations=[1, 1])], MAP, opset=22),
    "flatten": lambda: model_of([node("Flatten", "x", "y")], MAP),
    "flatten rows": lambda: model_of([node("Flatten", "x", "y", axis=1)], [7, 6]),
    "reshape 0 -1": lambda: model_of([node("Reshape", "x t", "y")], MAP, t=[0, -1]),
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


def test_weights_listed_as_inputs_as_old_exporters_do_are_weights(tmp_path: Path) -> None:
    model = model_of([node("Gemm", "x w b", "y")], [4], w=W, b=B)
    model.graph.input.append(onnx.helper.make_tensor_value_info("w", DOUBLE, [4, 3]))
    assert len(read(model, tmp_path)[0]) == 1


# --- refusals --------------------------------------------------------------------------------------------------------
BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "MaxPool": (lambda: model_of([node("Relu", "x", "h"), node("MaxPool", "h", "y", kernel_shape=[2, 2])], MAP), r"node 1 \('a_MaxPool'\) is operator MaxPool"),
    "Sigmoid": (lambda: model_of([node("Sigmoid", "x", "y")], [4]), r"node 0 \('a_Sigmoid'\) is operator Sigmoid"),
    "If": (lambda: model_of([node("If", "x", "y")], [4]), "is operator If"),
    "other domain": (lambda: model_of([node("Relu", "x", "y", domain="com.example")], [4]), "operator Relu of domain 'com.example'"),
    "unknown attribute": (lambda: model_of([node("Relu", "x", "y", slope=2)], [4]), r"\('a_Relu', Relu\): has attribute 'slope'"),
    "used twice": (lambda: model_of([node("Relu", "x", "h"), node("Add", "h h", "y")], [4]), r"node 1 \('a_Add', Add\): the graph is no chain: 'h' is used 2 times"),
    "skip": (lambda: model_of([node("Relu", "x", "h"), node("Add", "h x", "y")], [4]), r"Relu\): the graph is no chain: 'x' is used 2 times"),
    "two inputs": (lambda: (lambda m: (m.graph.input.append(onnx.helper.make_tensor_value_info("z", DOUBLE, ["n", 4])), m)[1])(model_of([node("Add", "x z", "y")], [4])), r"inputs \['x', 'z'\]"),
    "add of nothing linear": (lambda: model_of([node("Relu", "x", "h"), node("Add", "h b", "y")], [3], b=B), "Add.: follows ReLU"),
    "add per pixel": (lambda: model_of([node("Conv", "x k", "h"), node("Add", "h b", "y")], MAP, k=K, b=draw(3, 5, 5)), r"Add.: biases have shape \(3, 5, 5\)"),
    "add along the rows": (lambda: model_of([node("Conv", "x k", "h"), node("Add", "h b", "y")], MAP, k=K, b=draw(5)), r"Add.: biases have shape \(5,\)"),
    "gemm transA": (lambda: model_of([node("Gemm", "x w", "y", transA=1)], [4], w=W), "Gemm.: transA is 1; wanted 0"),
    "gemm shape": (lambda: model_of([node("Gemm", "x w", "y")], [5], w=W), r"Gemm.: Dense takes 4 inputs, but gets shape \(5,\)"),
    "gemm of maps": (lambda: model_of([node("Gemm", "x w", "y")], MAP, w=W), r"Gemm.: Dense takes 4 inputs, but gets shape \(2, 7, 6\)"),
    "gemm weights first": (lambda: model_of([node("Gemm", "w x", "y")], [4], w=W), "Gemm.: 'x' is input 1; wanted it as input 0"),
    "gemm bias": (lambda: model_of([node("Gemm", "x w b", "y")], [4], w=W, b=draw(4)), r"Gemm.: biases have shape \(4,\); wanted \[3\]"),
    "gemm column bias": (lambda: model_of([node("Gemm", "x w b", "y")], [4], w=W, b=draw(5, 1)), r"Gemm.: biases have shape \(5, 1\)"),
    "weights of whole numbers": (lambda: model_of([node("MatMul", "x w", "y")], [4], w=np.ones((4, 3), np.int64)), "MatMul.: weights .input 1. have type int64; wanted float32 or float64"),
    "weights in half": (lambda: model_of([node("MatMul", "x w", "y")], [4], w=np.float16(W)), "tensor 'w' has type FLOAT16"),
    "weights not finite": (lambda: model_of([node("MatMul", "x w", "y")], [4], w=W * np.inf), "MatMul.: weights of a Dense layer hold NaN or infinity"),
    "weights of three dimensions": (lambda: model_of([node("MatMul", "x w", "y")], [4], w=W[None]), r"MatMul.: weights have shape \(1, 4, 3\)"),
    "weights absent": (lambda: model_of([node("MatMul", "x w", "y")], [4]), r"MatMul.: input 'w' is given nowhere"),
    "conv groups": (lambda: model_of([node("Conv", "x k", "y", group=2)], MAP, k=draw(2, 1, 3, 3)), "Conv.: group is 2; wanted 1"),
    "conv dilation": (lambda: model_of([node("Conv", "x k", "y", dilations=[2, 1])], MAP, k=K), r"Conv.: dilations are \[2, 1\]; wanted 1"),
    "conv 1d": (lambda: model_of([node("Conv", "x k", "y")], [2, 9], k=draw(3, 2, 3)), r"Conv.: has a kernel of \[3\] on shape \(2, 9\)"),
    "conv channels": (lambda: model_of([node("Conv", "x k", "y")], [4, 7, 6], k=K), "Conv.: Conv2d takes 2 channels"),
    "conv kernel": (lambda: model_of([node("Conv", "x k", "y", kernel_shape=[5, 5])], MAP, k=K), r"Conv.: kernel_shape is \[5, 5\]; wanted \[3, 2\]"),
    "conv too large": (lambda: model_of([node("Conv", "x k", "y")], [2, 2, 2], k=K), "Conv.: Conv2d: a kernel of .* does not fit"),
    "conv negative pads": (lambda: model_of([node("Conv", "x k", "y", pads=[0, -1, 0, 0])], MAP, k=K), "Conv.: padding is"),
    "conv pads twice": (lambda: model_of([node("Conv", "x k", "y", pads=[1, 1, 1, 1], auto_pad="SAME_UPPER")], MAP, k=K), "Conv.: auto_pad is 'SAME_UPPER' with pads"),
    "pool ceil": (lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 2], ceil_mode=1)], MAP), "AveragePool.: ceil_mode is 1; wanted 0"),
    "pool padded": (lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 2], pads=[1, 1, 1, 1])], MAP), "AveragePool.: count_include_pad is 0"),
    "pool same": (lambda: model_of([node("AveragePool", "x", "y", kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER", count_include_pad=1)], MAP), "AveragePool.: auto_pad is SAME_UPPER where stride 2 does not divide 7"),
    "flatten axis": (lambda: model_of([node("Flatten", "x", "y", axis=2)], MAP), "Flatten.: axis is 2; wanted 1"),
    "reshape": (lambda: model_of([node("Reshape", "x t", "y")], MAP, t=[0, 2, -1]), r"Reshape.: makes shape \[0, 2, -1\]"),
    "reshape of the batch": (lambda: model_of([node("Reshape", "x t", "y")], MAP, t=[1, -1]), r"Reshape.: makes shape \[1, -1\]"),
    "softmax inside": (lambda: model_of([node("Softmax", "x", "h"), node("Relu", "h", "y")], [4]), "layer 0 is Softmax"),
    "softmax axis": (lambda: model_of([node("Softmax", "x", "y", axis=-1)], MAP), "Softmax.: axis is -1"),
    "hard sigmoid": (lambda: model_of([node("HardSigmoid", "x", "y")], [4]), "HardSigmoid.: alpha is 0.2 and beta 0.5; wanted 1 and 0"),
    "clip": (lambda: model_of([node("Clip", "x low high", "y")], [4], low=0.0, high=6.0), "Clip.: bounds are 0.0 and 6.0; wanted 0 and 1"),
    "clip below": (lambda: model_of([node("Clip", "x low", "y")], [4], low=0.0), "Clip.: bounds are 0.0 and None"),
    "dropout in training": (lambda: model_of([node("Dropout", "x r t", "y")], [4], r=0.5, t=True), "Dropout.: training_mode is true"),
    "dropout's mask": (lambda: model_of([node("Dropout", "x", "h m"), node("Add", "h m", "y")], [4]), r"Dropout.: makes \['h', 'm'\]"),
    "batch norm first": (lambda: model_of([node("BatchNormalization", "x s o m v", "y")], [3], **BN), "BatchNormalization.: follows the input"),
    "batch norm after Relu": (lambda: model_of([node("Gemm", "x w", "g"), node("Relu", "g", "h"), BATCH_NORM], [4], w=W, **BN), "BatchNormalization.: follows ReLU"),
    "batch norm in training": (lambda: model_of([node("Gemm", "x w", "h"), node("BatchNormalization", "h s o m v", "y", training_mode=1)], [4], w=W, **BN), "BatchNormalization.: training_mode is 1"),
    "batch norm variances": (lambda: model_of([node("Gemm", "x w", "h"), BATCH_NORM], [4], w=W, **{**BN, "v": -np.ones(3)}), "BatchNormalization.: variances"),
    "free height": (lambda: model_of([node("Relu", "x", "y")], [1, "height", 6]), r"input 'x' has shape \['n', 1, 'height', 6\]"),
    "batch of 8": (lambda: model_of([node("Relu", "x", "y")], [4], batch=8), r"input 'x' has shape \[8, 4\]; wanted a batch \(free or 1\)"),
    "no batch": (lambda: model_of([node("Relu", "x", "y")], []), r"input 'x' has shape \['n'\]"),
    "whole numbers": (lambda: model_of([node("Relu", "x", "y")], [4], kind=onnx.TensorProto.INT64), "input 'x' has type 7"),
    "old set": (lambda: model_of([node("Relu", "x", "y")], [4], opset=6), r"operator set is \[6\]; wanted one from 7 to 28"),
    "output elsewhere": (lambda: model_of([node("Relu", "x", "z")], [4]), "output is 'y', but its last node makes 'z'"),
    "constant of text": (lambda: model_of([node("Constant", "", "w", value_string="a"), node("MatMul", "x w", "y")], [4]), "Constant.: has attribute 'value_string'"),
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


def test_weights_in_another_file_are_refused_by_name(tmp_path: Path) -> None:
    model = model_of([node("MatMul", "x w", "y")], [4], w=draw(4, 3))
    onnx.save(model, tmp_path / "far.onnx", save_as_external_data=True, location="far.bin", size_threshold=0)
    with pytest.raises(ModelError, match=r"tensor 'w' lies in another file \(external data\)"):
        read_onnx(tmp_path / "far.onnx")


def test_the_error_for_an_absent_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    for call in (lambda: read_onnx(tmp_path / "a.onnx"), lambda: write_onnx([ReLU()], (1,), tmp_path / "a.onnx")):
        with pytest.raises(ModelError, match=r'pip install "eventnet\[onnx\]"'):
            call()


# --- damaged files ---------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("onnx") / "net.onnx"
    write_onnx(*layered(np.random.default_rng(1)), path)
    return path.read_bytes()


def test_a_truncated_file_is_refused_at_every_length(written: bytes, tmp_path: Path) -> None:
    for size in [*range(0, len(written), max(1, len(written) // 400)), len(written) - 1]:
        (tmp_path / "cut.onnx").write_bytes(written[:size])
        with pytest.raises((DataError, ModelError), match="cut.onnx"):
            read_onnx(tmp_path / "cut.onnx")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_file_with_flipped_bytes_loads_or_is_refused(written: bytes, tmp_path_factory: Any, data: Any) -> None:
    damaged = bytearray(written)
    for at in data.draw(st.lists(st.integers(0, len(written) - 1), min_size=1, max_size=4)):
        damaged[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "flipped.onnx"
    path.write_bytes(bytes(damaged))
    try:
        read_onnx(path)
    except (DataError, ModelError) as error:
        assert path.name in str(error)  # noqa: PT017 - no error is fine, too


def test_a_file_of_another_kind_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("a text")
    (tmp_path / "empty.onnx").write_bytes(b"")
    np.save(tmp_path / "array.npy", np.zeros(3))
    for name in ("text.onnx", "empty.onnx", "array.npy", "absent.onnx"):
        with pytest.raises(DataError, match=name):
            read_onnx(tmp_path / name)
    with pytest.raises(DataError, match="cannot be read"):
        read_onnx(tmp_path)


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").mkdir()
    with pytest.raises(DataError, match="net.onnx cannot be written"):
        write_onnx([ReLU()], (1,), tmp_path / "net.onnx")
    assert [p.name for p in tmp_path.iterdir()] == ["net.onnx"]
