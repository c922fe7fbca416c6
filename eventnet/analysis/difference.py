"""The first delivery at which the logs of two runs differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from eventnet.analysis.log_pieces import PIECE, pieces
from eventnet.analysis.run_variants import Course, Variant
from eventnet.event import DELIVERY, Events, fields_of, signed

ALL = tuple(DELIVERY.fields or ())
WHAT = ("t", "source", "port", "index", "sign")
"""Fields of a delivery without its cause: time, source, port, index and sign."""

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


def first_unlike(a: Iterator[Events], b: Iterator[Events]) -> tuple[Any, Any] | None:
    """The first two lines that differ in WHAT, of two logs in pieces of any lengths; None for what has ended."""
    sides, waiting = (a, b), [np.empty(0, DELIVERY), np.empty(0, DELIVERY)]
    while True:
        for k, side in enumerate(sides):
            while not len(waiting[k]) and (more := next(side, None)) is not None:
                waiting[k] = more
        n = min(map(len, waiting))
        if n == 0:
            ends = [part[0] if len(part) else None for part in waiting]
            return (ends[0], ends[1]) if any(map(len, waiting)) else None
        at = first_difference(waiting[0][:n], waiting[1][:n], WHAT)
        if at is not None:
            return waiting[0][at], waiting[1][at]
        waiting = [part[n:] for part in waiting]


class FirstDifference(NamedTuple):
    """The first difference in WHAT of one run's log from another's: the place, and its line there, if any."""

    place: int
    line: Events | None


def digests(log: Events) -> tuple[str, ...]:
    """A hash of WHAT and amounts of each PIECE lines of a log: runs whose logs are not kept can be compared by it."""
    names = [name for name in fields_of(log) if name in (*WHAT, "amount")]
    return tuple(
        hashlib.blake2b(b"".join(lines[name].tobytes() for name in names), digest_size=16).hexdigest()
        for _, lines in pieces(log)
    )


def find_first_difference(
    course: Course, runs: tuple[Variant, Variant], sums: tuple[Sequence[str], Sequence[str]]
) -> FirstDifference | None:  # fmt: skip
    """The first difference in WHAT of the log of the first run from that of the second; None where there is none.

    sums: the `digests` of their logs. The two are run again, up to the piece in which they differ.
    """
    one, other = sums
    if one == other:
        return None
    piece = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    first = piece * PIECE
    logs = []
    for variant in runs:
        found = course.run(variant, record=PIECE, max_deliveries=first + PIECE).log
        logs.append(found[found["id"] >= first])
    at = first_difference(logs[0], logs[1], WHAT)
    assert at is not None  # their hashes differ
    return FirstDifference(first + at, logs[0][at] if at < len(logs[0]) else None)
