"""Read text files with an event a line: t x y p with blanks between (text), or with commas (CSV).

Lines that begin with # or % are comments. Those at the top may state the unit of time (`# unit: us`, or s) and the
sensor's size (`# size: 240x180`). A first line of two whole numbers is the size, too, as some data sets have it. A CSV
file may name its columns; without names they are t, x, y, p. p is 1 or 0 or, for OFF, -1.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import opened
from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io.header import find_size
from eventnet.io.source import Chunk, Options, Source

UNITS = {"us": 1, "s": 1_000_000}
MAX_LINE = 1 << 12
_UNIT = re.compile(r"\bunit(?::\s*|\s+)(us|s)\b")
_NAMES = {
    "t": "t", "time": "t", "timestamp": "t", "ts": "t", "x": "x", "y": "y", "p": "p", "pol": "p", "polarity": "p",
    "on": "p",
}  # fmt: skip


class LineLayout(NamedTuple):
    """The layout of a file's lines. separator: None for blanks. columns: which is t, x, y, p. skip: lines before."""

    separator: str | None
    columns: tuple[str, ...]
    unit: str
    skip: int


def open_text(path: Path, options: Options) -> Source:
    """A file of lines `t x y p`. Raises DataError where it does not say, and the caller neither, what t counts."""
    return _open(path, options, None)


def open_csv(path: Path, options: Options) -> Source:
    """A file of lines `t,x,y,p`, or with columns that its first line names. Raises DataError as `open_text` does."""
    return _open(path, options, ",")


def _open(path: Path, options: Options, separator: str | None) -> Source:
    header, names, size, skip = _top(path, separator)
    stated = _UNIT.search(header)
    unit = options.unit or (stated[1] if stated else None)
    if unit not in UNITS:
        raise DataError(
            f"{path}: the unit of time is {'not stated' if unit is None else repr(unit)}; wanted a first line "
            "'# unit: us' (or s), or the option unit"
        )
    layout = LineLayout(separator, names or ("t", "x", "y", "p"), unit, skip)
    return Source(partial(_chunks, path, layout, options.chunk), options.width or size[0], options.height or size[1])


def _top(path: Path, separator: str | None) -> tuple[str, tuple[str, ...], tuple[int | None, int | None], int]:
    """The comments at the top, the names of columns if any, the sensor's size if stated, and the lines of all that."""
    comments = []
    skip = 0
    names: tuple[str, ...] = ()
    size: tuple[int | None, int | None] = (None, None)
    with opened(path) as file:
        while line := file.readline(MAX_LINE):
            text = decoded(line, path, skip + 1)
            fields = [field.strip() for field in text.split(separator)]
            if _is_comment(text):
                comments.append(text)
            elif separator and not names and fields[0].isidentifier():
                names = _columns(fields, path, skip)
            elif not separator and len(fields) == 2 and all(field.isdecimal() for field in fields):
                size = find_size(r"^\s*(\d{1,5})\s+(\d{1,5})\s*$", text)
            elif text.strip():
                break
            skip += 1
            if len(comments) > 10_000:
                raise DataError(f"{path} begins with more than 10,000 lines of comments")
    header = "".join(comments)
    return header, names, size if size[0] else find_size(r"\bsize:?\s*(\d{1,5})x(\d{1,5})\b", header), skip


def _columns(fields: list[str], path: Path, line: int) -> tuple[str, ...]:
    names = tuple(_NAMES.get(field.lower(), field) for field in fields)
    if any(names.count(name) != 1 for name in "txyp"):
        raise DataError(
            f"{path}, line {line + 1}: the columns are {', '.join(fields)}; wanted t, x, y and p, once each"
        )
    return names


def _is_comment(text: str) -> bool:
    return text.lstrip()[:1] in ("#", "%")


def decoded(line: bytes, path: Path, number: int, encoding: str = "ascii") -> str:
    """A line of a file, counted from 1. Raises DataError for one that is no text, or longer than MAX_LINE bytes."""
    if len(line) >= MAX_LINE and not line.endswith(b"\n"):
        raise DataError(f"{path}, line {number} is longer than {MAX_LINE:,} bytes")
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, line {number} is no text: byte {error.start} of it is {line[error.start]}") from error


def _chunks(path: Path, layout: LineLayout, chunk: int) -> Iterator[Chunk]:
    with opened(path) as file:
        for _ in range(layout.skip):
            file.readline(MAX_LINE)
        number, read = layout.skip, file.tell()
        ended = False
        while not ended:
            lines: list[str] = []
            numbers: list[int] = []
            size = 0
            while size < chunk:
                line = file.readline(MAX_LINE)
                if not line:
                    ended = True
                    break
                size += len(line)
                if len(line) >= MAX_LINE or not line.isascii():
                    # The lines before a bad one are given first, whatever the chunk.
                    yield from _parsed(lines, numbers, layout, path, read)
                    decoded(line, path, number + 1)
                number += 1
                if line.strip() and line.lstrip()[:1] not in (b"#", b"%"):
                    lines.append(line.decode("ascii"))
                    numbers.append(number)
            read += size
            yield from _parsed(lines, numbers, layout, path, read)


def _parsed(lines: list[str], numbers: list[int], layout: LineLayout, path: Path, read: int) -> Iterator[Chunk]:
    """The lines as events; where one is wrong, those before it, then a DataError that names it."""
    columns = _table(lines, layout) if lines else None
    wrong = len(lines)
    if lines and (columns is None or not _all_right(columns)):
        wrong = next((k for k, line in enumerate(lines) if _complaint(line, layout)), len(lines))
        columns = _table(lines[:wrong], layout) if wrong else None
        if wrong and columns is None:
            raise DataError(f"{path}, lines {numbers[0]:,} to {numbers[-1]:,} cannot be read")
    if columns is not None:
        yield Chunk(_events(columns), lambda k: f"line {numbers[k]:,}", read)
    if wrong < len(lines):
        raise DataError(f"{path}, line {numbers[wrong]:,}: {_complaint(lines[wrong], layout)}")


def _table(lines: list[str], layout: LineLayout) -> dict[str, NDArray[Any]] | None:
    """The columns t (in microseconds), x, y, p as whole numbers; None where a line is not of that form."""
    kinds = [(name if name in "txyp" else f"column {k}", _kind(name, layout)) for k, name in enumerate(layout.columns)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy only warns of 1.5 where a whole number is wanted
            found = np.loadtxt(lines, kinds, delimiter=layout.separator, comments=None, ndmin=1)
    except (ValueError, OverflowError, Warning):
        return None
    t = found["t"]
    if layout.unit == "s":
        t = np.rint(t * UNITS["s"])
        if not (np.abs(t) < 2.0**63).all():
            return None
    return {"t": t.astype(np.int64), **{name: found[name] for name in "xyp"}}


def _kind(name: str, layout: LineLayout) -> Any:
    if name not in ("t", "x", "y", "p"):
        return "U1"
    return np.float64 if name == "t" and layout.unit == "s" else np.int64


def _all_right(columns: dict[str, NDArray[Any]]) -> bool:
    x, y, p = columns["x"], columns["y"], columns["p"]
    return not bool(((x < 0) | (x > 0xFFFF) | (y < 0) | (y > 0xFFFF) | (p < -1) | (p > 1)).any())


def _complaint(line: str, layout: LineLayout) -> str:
    """What is wrong with one line; nothing where it is an event."""
    columns = _table([line], layout)
    names = (layout.separator or " ").join(layout.columns)
    if columns is None:
        return f"{line.strip()[:60]!r} is no event; wanted {names}, t in {layout.unit}, the others whole numbers"
    if _all_right(columns):
        return ""
    x, y, p = (int(columns[name][0]) for name in "xyp")
    return f"x, y, p are {x}, {y}, {p}; wanted x and y from 0 to 65,535 and p 1, 0 or -1"


def _events(columns: dict[str, NDArray[Any]]) -> Events:
    out = np.empty(len(columns["t"]), PIXEL_EVENT)
    for name in "txy":
        out[name] = columns[name]
    out["p"] = columns["p"] > 0
    return out
