"""Weights of the network of camera and gyroscope: what they say of themselves, their file, what is refused."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from fusion_cases import small_weights

from eventnet.base.files import read_npz, write_npz
from eventnet.errors import DataError, ModelError
from eventnet.scenarios.fusion import FusionWeights, Head
from eventnet.scenarios.fusion.weights import FORMAT


def contents(weights: FusionWeights) -> dict[str, Any]:
    values = {f.name: getattr(weights, f.name) for f in fields(weights)}
    head = values.pop("head")
    values |= {} if head is None else {f"head {f.name}": getattr(head, f.name) for f in fields(head)}
    return {k: (v.dtype.str, v.tolist()) if isinstance(v, np.ndarray) else v for k, v in values.items()}


def test_a_camera_of_64_by_48_has_165_patches_in_12_regions() -> None:
    weights = FusionWeights.random(3)
    assert (weights.patches, weights.regions, weights.n_filters, weights.n_out) == ((11, 15), (3, 4), 16, 3)
    assert weights.hidden.shape == (12 * 16, 64)
    assert contents(FusionWeights.random(3)) == contents(weights)
    assert not np.array_equal(FusionWeights.random(4).filters, weights.filters)


@pytest.mark.parametrize("changed", [{}, {"head": None}])
def test_a_file_holds_everything(tmp_path: Any, changed: dict[str, Any]) -> None:
    weights = small_weights(**changed)
    weights.save(tmp_path / "weights.npz")
    again = FusionWeights.load(tmp_path / "weights.npz")
    assert contents(again) == contents(weights)
    assert all(array.dtype == np.float32 for array in (again.filters, again.out, again.hidden_std))
    again.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "weights.npz").read_bytes()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"filters": np.zeros((2, 3, 8))}, r"filters have shape \(2, 3, 8\)"),
        ({"filters": np.zeros((3, 3, 8, 8))}, r"filters has shape \[3, 3, 8, 8\]; wanted \[2, 3, 8, 8\]"),
        ({"hidden": np.zeros((17, 6))}, r"hidden has shape \[17, 6\]; wanted \[18, 6\]"),
        ({"bias": [0, 1, np.nan]}, r"bias has shape \[3\]; wanted \[3\] finite"),
        ({"pool_std": [1, 0, 1]}, "pool_std goes from 0"),
        ({"tau_us": (1.0, -1.0)}, "tau_us is"),
        ({"pool": (5, 3)}, r"regions of \(5, 3\) do not fit into 4 x 5"),
        ({"width": 7}, "do not fit into"),
        ({"head": Head((3e3,), (True,), np.zeros((9, 5)))}, r"mix has shape \[9, 5\]; wanted \[9, 6\]"),
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        small_weights(**changed)


def test_a_ramp_for_each_time_constant() -> None:
    with pytest.raises(ModelError, match="ramp has 1 entries for 2"):
        Head((1.0, 2.0), (True,), np.zeros((13, 6)))


def test_files_of_other_things_are_refused(tmp_path: Any) -> None:
    path = tmp_path / "weights.npz"
    with pytest.raises(DataError, match="there is no file"):
        FusionWeights.load(path)
    small_weights().save(path)
    for text_change, array_change, message in (
        ({}, {"out_bias": None}, "does not describe weights"), ({"head": {}}, {}, "does not describe weights"),
        ({"width": "x"}, {}, "does not describe weights"), ({"odd": 1}, {}, "does not describe weights"),
        ({}, {"out": np.zeros((5, 2))}, "out has shape"), ({"format": "x"}, {}, "has format 'x'"),
    ):  # fmt: skip
        text, arrays = read_npz(path, FORMAT)
        arrays = {name: array for name, array in (arrays | array_change).items() if array is not None}
        write_npz(tmp_path / "bad.npz", json.dumps(text | text_change), arrays)
        with pytest.raises(DataError, match=message):
            FusionWeights.load(tmp_path / "bad.npz")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="damaged"):
        FusionWeights.load(path)
