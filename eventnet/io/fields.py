"""Other names of an event's fields, units of its time, and numbers for ON and OFF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.intake.events import SYNONYMS as NAMES

SYNONYMS = {name: field for field in "txyp" for name in NAMES[field]}
"""The field of PIXEL_EVENT that each name means, whatever its case."""

UNITS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}
"""Microseconds in each unit of time."""

POLARITIES = (1, 0, -1)
"""1 is ON; 0 and -1 are OFF."""

FIELDS = ("t", "x", "y", "p")
LOOKED_AT = 1000
"""First times of a file that may tell that they are seconds."""

LEAST, MOST = -(1 << 63), (1 << 63) - 1
_RANGES = {"x": (0, 0xFFFF), "y": (0, 0xFFFF), "p": (-1, 1)}


def field_of(name: str) -> str | None:
    """The field that a column's name means: t, x, y, p; None for any other. A size such as in `x@240` is cut off."""
    return SYNONYMS.get(name.strip().strip("\"'").partition("@")[0].lower())


def columns_of(given: str | Sequence[str]) -> tuple[str, ...]:
    """Columns in order, as names or a text such as "x,y,p,t": t, x, y, p in place of synonyms, others as they are.

    Raises DataError where not all four are named once each.
    """
    names = given.split(",") if isinstance(given, str) else list(given)
    found = tuple(field_of(str(name)) or f"-{name}" for name in names)
    if any(found.count(field) != 1 for field in "txyp"):
        raise DataError(f"the columns are {', '.join(map(str, names))}; wanted t, x, y and p, once each")
    return found


def checked_unit(unit: str | None) -> str | None:
    """The unit, if one is given. Raises DataError for one that there is not."""
    if unit is not None and unit not in UNITS:
        raise DataError(f"the unit of time is {unit!r}; wanted {', '.join(UNITS)}")
    return unit


def unit_of(t: NDArray[Any], what: str) -> str:
    """The unit of times that nothing states: parts of a whole are seconds. Raises DataError for whole numbers.

    Of whole numbers, none is more likely than another: what their size suggests is not asked.
    """
    if t.dtype.kind == "f" and bool((np.isfinite(t) & (t != np.floor(t))).any()):
        return "s"
    raise DataError(f"{what}: the unit of time is not stated; wanted the option unit ({', '.join(UNITS)})")


def microseconds(t: NDArray[Any], unit: str) -> tuple[NDArray[np.int64], int | None]:
    """Times in whole microseconds, to the nearest, and the first that has none, if one has."""
    if t.dtype.kind == "f":
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = np.rint(t.astype(np.float64) * UNITS[unit])
            wrong = ~(np.abs(scaled) < 2.0**63)
            return np.where(wrong, 0, scaled).astype(np.int64), _first(wrong)
    t = t.astype(np.uint64 if t.dtype == np.uint64 else np.int64)  # small numbers do not hold what follows
    if unit == "ns":
        whole = t // 1000
        return (whole + (t - whole * 1000 >= 500)).astype(np.int64), None
    factor = int(UNITS[unit])
    wrong = (t > MOST // factor) | (t < (-(-LEAST // factor) if t.dtype.kind == "i" else 0))
    return np.where(wrong, 0, t).astype(np.int64) * factor, _first(wrong)


def checked_events(columns: dict[str, NDArray[Any]], unit: str, what: str, done: int) -> Events:
    """PIXEL_EVENT records [n] of columns t, x, y, p of numbers, after `done` others.

    Raises DataError at the first x or y that is no whole number from 0 to 65,535, polarity that is not 1, 0 or -1, or
    time that 64 bits of microseconds cannot hold.
    """
    out = np.empty(len(columns["t"]), PIXEL_EVENT)
    out["t"], wrong = microseconds(columns["t"], unit)
    if wrong is not None:
        raise DataError(f"{what}: event {done + wrong:,} has t = {columns['t'][wrong]} {unit}; wanted 64 bits of it")
    for name, (least, most) in _RANGES.items():
        values = columns[name]
        if values.dtype.kind != "b":
            good = (values >= least) & (values <= most)
            if values.dtype.kind == "f":
                good &= values == np.floor(values)
            if (wrong := _first(~good)) is not None:
                wanted = "0 to 1, or -1 for OFF" if name == "p" else f"{least} to {most}, whole numbers"
                raise DataError(f"{what}: event {done + wrong:,} has {name} = {values[wrong]}; wanted {wanted}")
        out[name] = values > 0 if name == "p" else values
    return out


def shifted(events: Events, offset: int, what: str) -> Events:
    """The same events with a number of microseconds added to their times. Raises DataError beyond 64 bits."""
    if offset and len(events):
        least, most = int(events["t"].min()) + offset, int(events["t"].max()) + offset
        if least < LEAST or most > MOST:
            raise DataError(f"{what}: with {offset:,} us added, times go from {least:,} to {most:,}; wanted 64 bits")
        events["t"] += offset
    return events


def _first(wrong: NDArray[Any]) -> int | None:
    return int(np.argmax(wrong)) if wrong.any() else None
