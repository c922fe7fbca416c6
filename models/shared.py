"""Helpers of several models: checks of options and samples, the progress of long calls, and tallies in files."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import DataError, ModelError
from eventnet.event import EVENT
from eventnet.tally import COLUMNS, Tally

Floats = NDArray[np.floating[Any]]


# --- options and samples ---
def whole(value: Any, what: str, least: int, most: int | None = None) -> int:
    """A whole number, as an int or a float. Raises ModelError that says `what` is none, too small or too large."""
    try:
        found = least - 1 if isinstance(value, bool | np.bool_) else int(value)
    except (TypeError, ValueError, OverflowError):
        found = least - 1
    if found != value or found < least or (most is not None and found > most):
        wanted = f"{least} or more" if most is None else f"{least} to {most:,}"
        raise ModelError(f"{what}: found {value!r}; wanted a whole number, {wanted}")
    return found


def one_of(value: Any, what: str, choices: Collection[str]) -> None:
    """Raises ModelError that lists the choices unless `value` is one of them."""
    if value not in choices:
        raise ModelError(f"{what} is {value!r}; it can be {' or '.join(map(repr, choices))}")


def with_defaults(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """All options, in the order of the defaults. Raises ModelError for one that has no default."""
    unknown = set(options) - set(defaults)
    if unknown:
        raise ModelError(f"unknown options {sorted(unknown)}; there are {', '.join(defaults)}")
    return {**defaults, **options}


def finite(values: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    """The values [n, *shape] as an array of this number type, in C order. Raises DataError unless all are finite."""
    wanted = f"[n, {', '.join(map(str, shape))}]"
    try:
        found = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{name} has rows of different lengths; wanted the shape {wanted}") from error
    if found.ndim == 0 or found.shape[1:] != shape:
        raise DataError(f"{name} has the shape {list(found.shape)}; wanted {wanted}")
    if found.dtype.kind not in "biuf":
        raise DataError(f"{name} is {found.dtype}; wanted real numbers")
    with np.errstate(over="ignore"):  # what is too large for the number type is found below
        array = found.astype(dtype, order="C", copy=False)
    wrong = np.isfinite(array)
    if not wrong.all():
        place = tuple(int(n) for n in np.argwhere(~wrong)[0])
        raise DataError(f"{name}{list(place)} is {found[place]}; wanted finite {dtype} numbers")
    return array


def events_at(ticks: NDArray[np.int64], port: Any, index: ArrayLike) -> NDArray[Any]:
    """Inputs of sign 1, one a tick."""
    made = np.zeros(len(ticks), dtype=EVENT)
    made["t"], made["port"], made["index"], made["sign"] = ticks, int(port), index, 1
    return made


def parts(n: int, count: int) -> Iterator[slice]:
    """At most `count` slices, as long as one another but for the last, that n samples are divided into."""
    size = max(1, -(-n // count))
    return (slice(k, min(k + size, n)) for k in range(0, n, size))


# --- progress ---
class Progress:
    """The progress of a long call, as a context: a line of text, a call of a user's function, or nothing.

    The line stands on stderr and is written over again, ten times a second at most, on a terminal and in a notebook;
    elsewhere, in a file of logs say, it is written once, at the end. Any thread may report.
    """

    def __init__(self, wanted: bool | Callable[..., None], total: int) -> None:
        self.wanted, self.total = wanted, total
        self._begun = self._written = time.monotonic()
        self._long = self._done = 0

    def __enter__(self) -> Callable[[int], None]:
        if callable(self.wanted):
            report, total = self.wanted, self.total
            return lambda done: report(done, total)
        return self._report if self.wanted else lambda done: None

    def __exit__(self, *problem: object) -> None:
        if self.wanted and not callable(self.wanted):
            self._write(last=True)

    def _report(self, done: int) -> None:
        self._done, now = done, time.monotonic()
        if now - self._written >= 0.1 and (sys.stderr.isatty() or "ipykernel" in sys.modules):
            self._written = now
            self._write()

    def _write(self, last: bool = False) -> None:
        text = progress_line(self._done, self.total, time.monotonic() - self._begun)
        # Blanks cover what the line before had more.
        print(f"\r{text:<{self._long}}", end="\n" if last else "", file=sys.stderr, flush=True)
        self._long = len(text)


def progress_line(done: int, total: int, seconds: float) -> str:
    """A bar, how much of how many is done, and how long it took or how long the rest will take."""
    part = done / total if total else 1.0
    bar = "#" * int(30 * part)
    rest = seconds * (1 - part) / part if part else 0.0
    took = f"{rest:,.0f} s left" if 0 < part < 1 else f"{seconds:,.1f} s"
    return f"[{bar:<30}] {done:,} of {total:,}, {took}"


# --- tallies ---
def total(tallies: Iterable[Tally | None]) -> Tally | None:
    """The sum of what was counted in several runs of one network; None where nothing was."""
    known = [tally for tally in tallies if tally is not None]
    return functools.reduce(lambda a, b: a + b, known) if known else None


def in_text(tally: Tally | None) -> dict[str, Any] | None:
    """A tally for JSON: its columns, and a row for each port."""
    if tally is None:
        return None
    return {"columns": list(COLUMNS), "ports": {name: list(row.values()) for name, row in tally.by_port().items()}}


def from_text(found: Any, where: str, ports: Sequence[str] | None = None) -> Tally | None:
    """The tally that `in_text` wrote; None where the file has none, or one of other columns.

    ports: those it must be of. Raises DataError, with `where`, for anything else.
    """
    if found is None:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("ports"), dict):
        raise DataError(f"{where}: a tally is {str(found)[:60]}; wanted columns, and a row of counts for each port")
    if found.get("columns") != list(COLUMNS):
        return None
    rows = found["ports"]
    for name, row in rows.items():
        if not isinstance(row, list) or len(row) != len(COLUMNS) or not all(type(n) is int and n >= 0 for n in row):
            raise DataError(f"{where}: the tally of {name!r} is {str(row)[:60]}; wanted {len(COLUMNS)} whole numbers")
    if ports is not None and list(rows) != list(ports):
        raise DataError(f"{where}: a tally is of the ports {list(rows)[:4]} ...; wanted {list(ports)[:4]} ...")
    return Tally(list(rows), list(rows.values()))
