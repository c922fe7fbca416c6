"""Records of sensors as pictures and numbers of one moment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.event import Events

NOTHING, ON, OFF = 128, 255, 0
"""Grey of a pixel without an event, and of the last event of one with some."""


def events_picture(events: Events, width: int, height: int) -> NDArray[np.uint8]:
    """PIXEL_EVENT records [n] as a grey picture [height, width]: of each pixel its last event."""
    made = np.full((height, width), NOTHING, np.uint8)
    if len(events):
        made[events["y"], events["x"]] = np.where(events["p"], ON, OFF)
    return made


def by_time(values: Events) -> list[tuple[int, NDArray[np.int64], NDArray[np.float64]]]:
    """VALUE_EVENT records [n], those of one time together: the time, indices and values."""
    if not len(values):
        return []
    ends = [*(np.flatnonzero(np.diff(values["t"])) + 1).tolist(), len(values)]
    return [
        (int(part["t"][0]), part["index"].astype(np.int64), part["value"])
        for part in (values[first:end] for first, end in zip([0, *ends], ends))
    ]


def frame_picture(values: NDArray[np.float64], width: int, height: int) -> NDArray[np.uint8]:
    """Values [height * width] from 0 to 1 as a grey picture [height, width]."""
    return np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8).reshape(height, width)


def quaternion(rotation: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """x, y, z, w of a rotation matrix [3, 3], of length 1, w from 0 on (Shepperd's method)."""
    (a, b, c), (d, e, f), (g, h, i) = rotation.tolist()
    squares = np.array([1 + a - e - i, 1 - a + e - i, 1 - a - e + i, 1 + a + e + i])
    k = int(np.argmax(squares))
    rows = (
        (squares[0], b + d, c + g, h - f),
        (b + d, squares[1], f + h, c - g),
        (c + g, f + h, squares[2], d - b),
        (h - f, c - g, d - b, squares[3]),
    )
    found = np.array(rows[k])
    found /= np.linalg.norm(found) * (-1.0 if found[3] < 0 else 1.0)
    return float(found[0]), float(found[1]), float(found[2]), float(found[3])


def named(value: Any) -> Any:
    """A value for JSON: a number; three numbers as x, y and z; others as a list."""
    found = np.asarray(value, np.float64)
    if found.ndim == 0:
        return float(found)
    numbers = found.ravel().tolist()
    return dict(zip("xyz", numbers, strict=True)) if len(numbers) == 3 else numbers
