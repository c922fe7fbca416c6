"""Numbers as others store them, made into whole numbers of ours: each exactly, or refused with its place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import InputError

MOST = 2**63 - 1
TO_MICROSECONDS = {
    "W": (604_800_000_000, 1), "D": (86_400_000_000, 1), "h": (3_600_000_000, 1), "m": (60_000_000, 1),
    "s": (1_000_000, 1), "ms": (1000, 1), "us": (1, 1),
    "ns": (1, 1000), "ps": (1, 10**6), "fs": (1, 10**9), "as": (1, 10**12),
}  # fmt: skip
"""A unit of time in microseconds, as a fraction."""

UNITS = ("us", "ms", "s", "ns")
"""Units that a caller may name."""

ROUNDS = "or en.events_from(events, nearest=True), which rounds"

WHOLE_TO = 0.0005
"""Seconds and the like are whole microseconds if they are so to this part of one: nanoseconds are not."""


def whole(values: NDArray[Any], what: str, least: int, most: int) -> NDArray[np.int64]:
    """The same numbers as int64 [n]; floats that are whole are taken. Raises InputError for the first other one."""
    values = _numbers(values, what)
    if values.dtype.kind == "f":
        values = _wide(values)
        with np.errstate(invalid="ignore"):
            right = (values == np.rint(values)) & (values >= least) & (values < most + 1)
    elif values.dtype.kind in "ui":
        right = (values >= least) & (values <= most)
    else:
        raise InputError(f"{what} of the events is {values.dtype}; wanted whole numbers")
    _refuse(~right, values, what, f"whole numbers from {least:,} to {most:,}")
    return values.astype(np.int64)


def signs(values: NDArray[Any], what: str, *, off: tuple[int, ...] = (0, -1)) -> NDArray[np.bool_]:
    """True for 1 or True, False for `off` or False. Raises InputError for the first other value."""
    values = _numbers(values, what)
    if values.dtype.kind == "b" and 0 in off:
        return values
    if values.dtype.kind not in "uif":
        raise InputError(f"{what} of the events is {values.dtype}; wanted 1, {' or '.join(map(str, off))}")
    _refuse(~np.isin(values, (1, *off)), values, what, f"1, {' or '.join(map(str, off))}")
    found: NDArray[np.bool_] = values == 1
    return found


def microseconds(values: NDArray[Any], unit: str | None, what: str, nearest: bool = False) -> NDArray[np.int64]:
    """Times in microseconds, int64 [n]. What has a unit in its type (datetime64, timedelta64) needs none.

    nearest: round to the nearest microsecond (of two the even one). Raises InputError without it for the first time
    that is not whole, and for times that have no unit, another one than `unit`, or do not fit.
    """
    values = _numbers(values, what)
    if values.dtype.kind in "mM":
        own, count = np.datetime_data(values.dtype)
        if own not in TO_MICROSECONDS:
            raise InputError(f"{what} is {values.dtype}, which has no unit of fixed length; wanted one up to weeks")
        if unit is not None and (unit, 1) != (own, count):
            raise InputError(f"{what} is {values.dtype}, so unit={unit!r} cannot be right: leave it out")
        _refuse(np.isnat(values), values, what, "times")
        times, scale = values.astype(values.dtype.newbyteorder("=")).view(np.int64), TO_MICROSECONDS[own]
        return _scaled(times, scale[0] * count, scale[1], what, own, nearest)
    if unit is None:
        raise InputError(
            f"nothing says in which unit {what} is ({values.dtype}); wanted unit='us', 'ms', 's' or 'ns', or times of "
            "type timedelta64 or datetime64"
        )
    if unit not in UNITS:
        raise InputError(f"unit is {unit!r}; wanted one of {', '.join(map(repr, UNITS))}")
    return _scaled(values, *TO_MICROSECONDS[unit], what, unit, nearest)


def _scaled(values: NDArray[Any], up: int, down: int, what: str, unit: str, nearest: bool) -> NDArray[np.int64]:
    """values * up / down, in whole numbers."""
    if values.dtype.kind == "f":
        return _scaled_floats(values, up, down, what, unit, nearest)
    found = whole(values, f"{what} (in {unit})", -(2**63) if up == 1 else -(MOST // up), MOST // up) * up
    if down == 1:
        return found
    quotient, rest = found // down, found % down
    if not nearest:
        _refuse(rest != 0, values, what, f"whole microseconds (it is in {unit}), {ROUNDS}")
        return quotient
    quotient += (2 * rest > down) | ((2 * rest == down) & (quotient % 2 == 1))
    return quotient


def _scaled_floats(
    values: NDArray[Any], up: int, down: int, what: str, unit: str, nearest: bool
) -> NDArray[np.int64]:  # fmt: skip
    factor = up / down
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = values.astype(np.result_type(values, np.float64)) * factor
        found = np.rint(scaled)
        fits = np.isfinite(values) & (found >= -(2.0**63)) & (found < 2.0**63)
        grain = np.spacing(np.abs(values)).astype(scaled.dtype) * factor
        off = np.abs(scaled - found) > (np.maximum(WHOLE_TO, 2 * grain) if factor != 1 else 0)
    _refuse(~fits, values, what, "times within 2^63 microseconds of 0")
    if not nearest:
        coarse = (grain > 0.5) & (factor != 1)
        _refuse(coarse, values, what, f"a finer type: {values.dtype} in {unit} leaves out microseconds there, {ROUNDS}")
        _refuse(off, values, what, f"whole microseconds (it is in {unit}), {ROUNDS}")
    return found.astype(np.int64)


def _numbers(values: NDArray[Any], what: str) -> NDArray[Any]:
    """An array of Python objects as one of numbers; any other as it is."""
    if values.dtype.kind != "O":
        return values
    wrong = [k for k, value in enumerate(values) if not isinstance(value, int | float | np.number | np.bool_)]
    if wrong:
        raise InputError(f"{what} of event {wrong[0]} is {values[wrong[0]]!r}; wanted a number")
    made = np.array(values.tolist()) if len(values) else np.empty(0, np.int64)
    if made.dtype.kind in "Of":  # whole numbers beside floats, or beyond the types of 64 bits
        large = [k for k, value in enumerate(values) if isinstance(value, int | np.integer) and abs(int(value)) > 2**53]
        if large:
            raise InputError(f"{what} of event {large[0]} is {values[large[0]]!r}, as a Python object; wanted int64")
    return made


def _wide(values: NDArray[Any]) -> NDArray[Any]:
    """Half precision cannot hold the bounds that numbers are held against."""
    return values.astype(np.float32) if values.dtype.itemsize < 4 else values


def _refuse(wrong: NDArray[np.bool_], values: NDArray[Any], what: str, wanted: str) -> None:
    if wrong.any():
        k = int(np.argmax(wrong))
        raise InputError(f"{what} of event {k} is {values[k]}; wanted {wanted}")
