"""The records that go in and come out: an input event, what sensors give, and one line of the event log."""

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import InputError

EVENT = np.dtype([("t", np.int64), ("port", np.int32), ("index", np.int32), ("sign", np.int8)])
"""An input: time in ticks, number of the port, index at that port, sign +1 or -1."""

DELIVERY = np.dtype(
    [
        ("id", np.int64),
        ("parent", np.int64),
        ("root", np.int64),
        ("t", np.int64),
        ("source", np.int32),
        ("port", np.int32),
        ("index", np.int32),
        ("sign", np.int8),
    ]
)
"""One delivery: its number from 0, the delivery that caused it (-1 for an input), the input that began its cascade,
time, number of the outlet it left (-1 for an input), port, index and sign."""

PIXEL_EVENT = np.dtype([("t", np.int64), ("x", np.uint16), ("y", np.uint16), ("p", np.bool_)])
"""An event of a camera: time in microseconds, column, row, and whether it got brighter (ON)."""

VALUE_EVENT = np.dtype([("t", np.int64), ("index", np.int32), ("value", np.float64)])
"""A sample of a sensor that measures numbers: time in microseconds, which of its quantities, the new value."""

Events = NDArray[Any]
"""A structured array of `EVENT`, `DELIVERY`, `PIXEL_EVENT` or `VALUE_EVENT` records, shape [n]."""


def events(rows: Iterable[tuple[int, Any, int, int]]) -> Events:
    """An `EVENT` array from (t, port, index, sign) rows; a port may be given as a module's bound port.

    >>> events([(0, 2, 5, +1)])["index"]
    array([5], dtype=int32)
    """
    made = []
    for k, row in enumerate(rows):
        try:
            t, port, index, sign = row
            made.append(np.array(tuple(map(operator.index, (t, port, index, sign))), dtype=EVENT))
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"input {k} is {row!r}; wanted whole numbers (t, port, index, sign): {error}") from error
    return np.array(made, dtype=EVENT)


def from_addresses(
    t: NDArray[Any], x: NDArray[Any], y: NDArray[Any], on: NDArray[Any], *, width: int, port: Any
) -> Events:
    """Address-events as inputs: index = y * width + x, sign +1 for ON and -1 for OFF; all arrays have shape [n]."""
    if len(x) and (int(np.min(x)) < 0 or int(np.max(x)) >= width):
        raise InputError(f"an address-event has x from {np.min(x)} to {np.max(x)}, but the sensor is {width} wide")
    out = np.empty(len(t), dtype=EVENT)
    out["t"] = t
    out["port"] = int(port)
    out["index"] = np.asarray(y, dtype=np.int64) * width + np.asarray(x, dtype=np.int64)
    out["sign"] = np.where(np.asarray(on, dtype=bool), 1, -1)
    return out
