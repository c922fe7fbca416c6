"""Arrays in the numbers that a Deep Spiking Network computes with: real ones, or scaled integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import ModelError


def step_size(o: Mapping[str, Any]) -> int:
    """Size of a step under these options: 1, or S = int(T^2 / eta) in an integer network."""
    return int(o["steps"] ** 2 / o["learning_rate"]) if o["dtype"] == "int32" else 1


def in_numbers(array: Any, dtype: str, scale: int) -> NDArray[Any]:
    """Real numbers in the network's own: scaled and truncated toward 0 in an integer network."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiub" or not np.all(np.isfinite(array)):
        raise ModelError("arrays must hold finite numbers; found NaN, infinity or something else")
    if dtype != "int32":
        return np.array(array, dtype=dtype)
    scaled = np.trunc(array.astype(np.float64) * scale)
    if np.max(np.abs(scaled), initial=0) + scale >= 2**30:
        raise ModelError(f"values up to {np.max(np.abs(array)):g} at scale {scale:,} do not fit an int32 network")
    return np.array(scaled, dtype=np.int32)


def vectors(x: ArrayLike, units: int) -> NDArray[Any]:
    """Inputs [n, units]. Raises ModelError for another shape."""
    array = np.asarray(x)
    if array.ndim != 2 or array.shape[1] != units:
        raise ModelError(f"inputs have shape {array.shape}; wanted [n, {units}]")
    return array


def targets(y: ArrayLike, n: int, classes: int) -> NDArray[Any]:
    """Labels [n] as rows of 0 and 1, or targets [n, classes] as they are. Raises ModelError for anything else."""
    array = np.asarray(y)
    if array.ndim == 1 and array.dtype.kind in "iu":
        if len(array) and (array.min() < 0 or array.max() >= classes):
            raise ModelError(f"labels go from {array.min()} to {array.max()}; wanted 0 to {classes - 1}")
        array = np.eye(classes)[array]
    if array.shape != (n, classes):
        raise ModelError(f"targets have shape {array.shape}; wanted [{n}] labels or [{n}, {classes}]")
    return array
