"""Files of PyTorch's two exporters: what is read of them computes what onnxruntime does, within bounds stated before."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.models import SigmaDeltaNetwork, read_onnx
from eventnet.models.layers import forward
from eventnet.models.stages import quantity_shapes, rounding_forward

pytest.importorskip("onnx")
HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "reference" / "onnx.md"
SPEC = importlib.util.spec_from_file_location("onnx_table", HERE / "scripts" / "onnx_table.py")
onnx_table: Any = importlib.util.module_from_spec(SPEC)  # type: ignore[arg-type]
SPEC.loader.exec_module(onnx_table)  # type: ignore[union-attr]
FILES = sorted((HERE / "fixtures" / "onnx").glob("*.onnx"))
REFUSED = {"gelu": "Gelu", "log-softmax": "LogSoftmax"}
READ = [path for path in FILES if path.stem.rpartition("-")[0] not in REFUSED]


def held(path: Path) -> tuple[Any, Any, Any, Any]:
    """Layers, shape, inputs and onnxruntime's answers."""
    arrays = np.load(path.with_suffix(".npz"))
    return *read_onnx(path), arrays["x"].astype(np.float64), arrays["y"]


def test_there_are_thirteen_models_by_two_exporters_and_22_files_are_read() -> None:
    assert (len(FILES), len(READ)) == (26, 22)


@pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)
def test_what_is_read_computes_what_onnxruntime_does_within_the_bounds(path: Path) -> None:
    layers, shape, x, y = held(path)
    single, rounded = onnx_table.bounds(layers, shape, x)
    assert np.abs(forward(layers, x) - y).max() <= single < 1e-4
    scales = [onnx_table.SCALE] * len(quantity_shapes(layers, shape))
    assert np.abs(rounding_forward(layers, x, scales).outputs - y).max() <= rounded


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("path", READ[1::2], ids=lambda path: path.stem)
def test_a_network_of_events_gives_the_rounding_networks_outputs(path: Path, engine: str) -> None:
    layers, shape, x, y = held(path)
    frames, k = (x[:1], 4.0) if engine == "reference" else (x, onnx_table.SCALE)
    network = SigmaDeltaNetwork.from_layers(layers, scales=k, input_shape=shape, engine=engine)
    outputs = rounding_forward(layers, frames, network.scales).outputs
    found = network.run(frames)
    # Sums of at most 192 products, in another order; no k a lies that near to a tie.
    assert np.abs(found - outputs).max() < 1e-12
    assert network.copy(kind="rounding").run(frames) == pytest.approx(found, abs=1e-12)
    if k == onnx_table.SCALE:
        assert np.abs(found - y).max() <= onnx_table.bounds(layers, shape, x)[1]


@pytest.mark.parametrize("path", [path for path in FILES if path not in READ], ids=lambda path: path.stem)
def test_gelu_and_log_softmax_are_refused_by_name(path: Path) -> None:
    name = REFUSED[path.stem.rpartition("-")[0]]
    with pytest.raises(ModelError, match=f"{path.name}: node . .* is operator {name}; wanted one of Add, .*, Tanh$"):
        read_onnx(path)


def test_the_page_has_the_table_and_the_sentences_of_today() -> None:
    lines, sentences = onnx_table.table()
    page = PAGE.read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("| `") and line.count("|") == 7] == lines
    assert "\n".join(sentences) in page
