"""Checks of whole numbers that come from a file, by which a module states what its integers may be.

Each raises ValueError, which says what was found, where, and what was wanted (see `Module.check_integers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = Mapping[str, NDArray[np.int64]]
"""Arrays of whole numbers by name, as `Module.check_integers` gets them."""

COUNT = 2**62
"""No counter of a run comes so far, and no tick."""

BY_NO_RULE = ", which no rule changes"


def wrong(what: str, found: Any, wanted: str) -> ValueError:
    """The error of a number, an array or a text that cannot be."""
    return ValueError(f"{what} is {found}; wanted {wanted}")


def within(what: str, found: Any, least: ArrayLike, below: ArrayLike) -> None:
    """All numbers of an array are in a range, least <= number < below; its ends may differ from place to place."""
    array = np.asarray(found, dtype=np.int64)
    first, end = (np.broadcast_to(np.asarray(bound), array.shape) for bound in (least, below))  # 2^63 is no int64
    bad = (array < first) | (array >= end)
    if bad.any():
        at = tuple(int(k) for k in np.argwhere(bad)[0])
        place = f" at {list(at)}" if at else ""
        raise wrong(f"{what}{place}", array[at], f"{first[at]} to {int(end[at]) - 1}")


def same(what: str, found: Any, wanted: Any, why: str = "") -> None:
    """An array is what others say that it must be; why: what the error says behind that."""
    array, other = np.asarray(found), np.asarray(wanted)
    bad = array != other
    if np.any(bad):
        at = tuple(int(k) for k in np.argwhere(bad)[0])
        raise wrong(f"{what} at {list(at)}", array[at], f"{np.broadcast_to(other, array.shape)[at]}{why}")


def holds(what: str, true: Any) -> None:
    """Something is true, everywhere."""
    if not np.all(true):
        at = np.argwhere(~np.atleast_1d(true))[0].tolist()
        raise ValueError(f"{what}, but not at {at}")


def ticks(time: int) -> tuple[int, int]:
    """The range of ticks of what has been, up to a time; -2^62 stands for never.

    So the ticks from there to any other are a number of 64 bits.
    """
    return -COUNT, time + 1


def words(what: str, found: Any, own: Any, moving: Mapping[int, tuple[int, int]]) -> None:
    """Words of a record are a module's own, but for some, by place: each of these is in a range of its own."""
    array, kept = np.asarray(found), np.array(own)
    at = list(moving)
    kept[at] = array[at]
    same(what, array, kept, BY_NO_RULE)
    for place, (least, below) in moving.items():
        within(f"{what} at [{place}]", array[place], least, below)
