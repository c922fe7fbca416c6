"""Windows that a kernel sees of feature maps with their channels last, [n, height, width, channels].

It is how the parts of a conventional network lay maps out, as matrix products want them; eventnet.models.layers has
the channels first.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from eventnet.models.blueprint import ConvSpec
from eventnet.models.layers import AveragePool2d, Shape
from eventnet.models.part import Floats


def padded(x: Floats, padding: tuple[int, int, int, int]) -> Floats:
    """Feature maps with zeros around them."""
    top, left, bottom, right = padding
    return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0))) if any(padding) else x


def windows(x: Floats, kernel: tuple[int, int], stride: tuple[int, int]) -> Floats:
    """Views [n, height, width, kernel height, kernel width, channels] of every window of maps with channels last."""
    view = sliding_window_view(x, kernel, axis=(1, 2))[:, :: stride[0], :: stride[1]]
    seen: Floats = view.transpose(0, 1, 2, 4, 5, 3)
    return seen


def gathered(spread: Floats, spec: ConvSpec | AveragePool2d, map_size: tuple[int, int]) -> Floats:
    """Errors of windows, as `windows` lays them out, summed where the windows lie; those of the padding are lost."""
    (top, left, bottom, right), (down, across) = spec.padding, spec.stride
    n, rows, columns, *_, channels = spread.shape
    height, width = map_size
    room = np.zeros((n, height + top + bottom, width + left + right, channels), spread.dtype)
    for i in range(spec.size[0]):
        for j in range(spec.size[1]):
            room[:, i : i + down * rows : down, j : j + across * columns : across] += spread[:, :, :, i, j]
    return np.ascontiguousarray(room[:, top : top + height, left : left + width])


def covers(spec: ConvSpec | AveragePool2d, shape: Shape) -> NDArray[np.int64]:
    """How many windows see each pixel, int64 [height, width, channels]."""
    ways = [
        _covers_along(shape[axis + 1], spec.size[axis], spec.stride[axis], spec.padding[axis], spec.padding[axis + 2])
        for axis in (0, 1)
    ]
    return np.repeat(ways[0][:, None, None] * ways[1][None, :, None], shape[0], axis=2)


def _covers_along(length: int, kernel: int, stride: int, before: int, after: int) -> NDArray[np.int64]:
    count = np.zeros(before + length + after, np.int64)
    for begin in range(0, len(count) - kernel + 1, stride):
        count[begin : begin + kernel] += 1
    return count[before : before + length]
