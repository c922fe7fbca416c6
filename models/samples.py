"""Samples for a conventional network, checked as they come in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from eventnet.errors import DataError
from eventnet.models.layers import Shape
from eventnet.models.part import Floats


def inputs_of(x: ArrayLike, shape: Shape, dtype: np.dtype[Any]) -> Floats:
    """x, [n, *shape], in the number type; feature maps with their channels last, as the parts want them."""
    wanted = f"[n, {', '.join(map(str, shape))}]"
    try:
        found = np.asarray(x)
    except ValueError as error:
        raise DataError(f"x has rows of different lengths; wanted the shape {wanted}") from error
    if found.ndim == 0 or found.shape[1:] != shape:
        raise DataError(f"x has the shape {list(found.shape)}; wanted {wanted}")
    if found.dtype.kind not in "biuf":
        raise DataError(f"x is {found.dtype}; wanted real numbers")
    with np.errstate(over="ignore"):  # what is too large for the number type is found below
        array: Floats = found.astype(dtype, order="C", copy=False)
    finite = np.isfinite(array)
    if not finite.all():
        place = tuple(int(n) for n in np.argwhere(~finite)[0])
        raise DataError(f"x{list(place)} is {found[place]}; wanted finite {dtype} numbers")
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)) if array.ndim == 4 else array


def check_pairs(inputs: Floats, targets: Floats, least: int) -> None:
    """Raises DataError unless there is a target for each sample, and `least` samples or more."""
    if len(inputs) != len(targets):
        raise DataError(f"{len(inputs):,} samples, but {len(targets):,} labels; wanted one a sample")
    if len(inputs) < least:
        raise DataError(f"x has {len(inputs)} samples; wanted {least} or more")
