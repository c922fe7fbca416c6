"""Arrays as compiled helpers want them: aligned to 64 bytes and padded with zeros to 64 units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNMENT = 64
LANES = 64


def aligned(words: int, dtype: Any) -> NDArray[Any]:
    """Zeros [words], the first of them at a multiple of 64 bytes."""
    item = np.dtype(dtype).itemsize
    raw = np.zeros(words * item + ALIGNMENT, dtype=np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    view: NDArray[Any] = raw[start : start + words * item].view(dtype)
    return view


def row_stride(cols: int, item: int) -> int:
    """Words from one row to the next: whole 64s, never a multiple of 512 bytes.

    Rows at a power of two apart collide in the cache: a column of a 784 x 1000 block took 4.5 times as long.
    """
    stride = -(-cols // LANES) * LANES
    return stride + ALIGNMENT // item if stride * item % 512 == 0 else stride


def padded_rows(array: NDArray[Any]) -> NDArray[Any]:
    """A copy of [rows, cols] whose rows are aligned and padded; the result is an exact view."""
    rows, cols = array.shape
    stride = row_stride(cols, array.itemsize)
    # One block of 64 beyond the end: the last row's padding may reach past its stride.
    whole = aligned(rows * stride + LANES, array.dtype)
    view: NDArray[Any] = whole[: rows * stride].reshape(rows, stride)[:, :cols]
    view[...] = array
    return view


def padded(array: NDArray[Any]) -> NDArray[Any]:
    """A copy of [n], aligned and padded; the result is an exact view."""
    view = aligned(-(-max(len(array), 1) // LANES) * LANES, array.dtype)[: len(array)]
    view[...] = array
    return view
