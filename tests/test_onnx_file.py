"""ONNX files: there and back, against ONNX's own reference, damaged files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_models import draw, onnx, reference

from eventnet.errors import DataError, ModelError
from eventnet.models.layers import (
    AveragePool2d,
    Clip,
    Conv2d,
    Dense,
    Flatten,
    HardSigmoid,
    Identity,
    Layer,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Softmax,
    Tanh,
    check,
    forward,
)
from eventnet.models.onnx import read_onnx, write_onnx


def layered(rng: np.random.Generator) -> tuple[list[Layer], tuple[int, ...]]:
    """A network of two convolutions, a pool and two Dense layers with strides and paddings as they come."""
    activations = [ReLU(), HardSigmoid(), Tanh(), Identity(), Sigmoid(), LeakyReLU(0.125), Clip(-0.5, 6)]
    channels, height, width = (int(n) for n in (rng.integers(1, 4), rng.integers(7, 11), rng.integers(7, 11)))
    layers: list[Layer] = []
    for c_in, c_out in ((channels, 4), (4, 2)):
        groups = 2 if c_in == 4 and rng.random() < 0.5 else 1
        weights = rng.normal(0, 0.5, (c_out, c_in // groups, int(rng.integers(1, 4)), int(rng.integers(1, 3))))
        padding, stride = rng.integers(0, 3, 4).tolist(), rng.integers(1, 3, 2).tolist()
        window = {"stride": stride, "padding": padding, "dilation": rng.integers(1, 3, 2).tolist(), "groups": groups}
        layers += [Conv2d(weights, rng.normal(0, 0.5, c_out), **window)]
        layers += [activations[int(rng.integers(len(activations)))]]
    layers += [Residual([Conv2d(rng.normal(0, 0.5, (2, 2, 3, 3)), padding=1), ReLU()], [[], [ReLU()]][rng.integers(2)])]
    layers += [
        MaxPool2d(2, stride=1, padding=(1, 1, 1, 1)),
        AveragePool2d(2, stride=rng.integers(1, 3, 2).tolist(), padding=rng.integers(0, 2, 4).tolist()),
        Flatten(),
    ]
    n = check(layers, (channels, height, width))[-1][0]
    layers += [
        Dense(rng.normal(0, 0.5, (n, 6)), rng.normal(0, 0.5, 6)),
        activations[int(rng.integers(len(activations)))],
    ]
    return [*layers, Dense(rng.normal(0, 0.5, (6, 3))), Softmax()], (channels, height, width)


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


@pytest.mark.slow
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
