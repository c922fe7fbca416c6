"""The first delivery at which the logs of two runs differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eventnet.event import DELIVERY, Events, signed

ALL = tuple(DELIVERY.fields or ())
WHAT = ("t", "source", "port", "index", "sign")
"""What is delivered and when, but not what caused it."""

CHUNK = 1 << 16


def first_difference(a: Events, b: Events, fields: Sequence[str] = ALL) -> int | None:
    """The first place at which two logs of DELIVERY differ in one of the fields; None where they are the same.

    Amounts belong to the sign.

    That is the end of the shorter one where it is how the longer begins. Logs that are mapped from files are read piece
    by piece, up to that place.
    """
    n = min(len(a), len(b))
    for begin in range(0, n, CHUNK):
        end = min(begin + CHUNK, n)
        one, other = np.array(a[begin:end]), np.array(b[begin:end])
        differs = np.any([one[name] != other[name] for name in fields], axis=0)
        if "sign" in fields:
            differs |= signed(one) != signed(other)
        if differs.any():
            return begin + int(np.argmax(differs))
    return None if len(a) == len(b) else n
