"""Read text files with an event a line: t x y p with blanks between (text), or with commas or semicolons (CSV).

Lines that begin with # or % are comments. Those at the top may state the unit of time (`# unit: us`, or ns, ms, s) and
the sensor's size (`# size: 240x180`; Metavision's `%geometry:1280,720`). A first line of two whole numbers is the size,
too, as some data sets have it. A first line may name the columns; without names, and without the option `columns`, they
are t, x, y, p. p is 1 or 0 or, for OFF, -1. If nothing states the unit, times with parts of a whole are seconds,
since microseconds have none; of whole numbers the unit is asked for.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import opened
from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io.fields import LOOKED_AT, columns_of, field_of, microseconds
from eventnet.io.header import find_size
from eventnet.io.source import Chunk, CutError, Options, Source

MAX_LINE = 1 << 12
_UNIT = re.compile(r"\bunit(?::\s*|\s+)(us|s|ms|ns)\b")
_WORDS = re.compile(r"\b(?:[Tt]rue|[Ff]alse)\b")
_SIZES = (
    r"\bsize:?\s*(\d{1,5})x(\d{1,5})\b", r"\bgeometry:?\s*(\d{1,5})\s*[,x]\s*(\d{1,5})\b",
    r"\bx@(\d{1,5})\b.*\by@(\d{1,5})\b",
)  # fmt: skip


class LineLayout(NamedTuple):
    """The layout of a file's lines. separator: None for blanks. columns: which is t, x, y, p. skip: lines before.

    whole: the last line must have an end, since a file that is cut off may end inside a number.
    """

    separator: str | None
    columns: tuple[str, ...]
    unit: str
    skip: int
    whole: bool = False


class Top(NamedTuple):
    """The head of a file, before its events: comments and names, columns if named, size, separator, number of lines."""

    text: str
    columns: tuple[str, ...]
    size: tuple[int | None, int | None]
    separator: str | None
    lines: int


def open_text(path: Path, options: Options) -> Source:
    """A file of lines `t x y p`. Raises DataError where it does not say, and the caller neither, what t counts."""
    return _open(path, options, None)


def open_csv(path: Path, options: Options) -> Source:
    """A file of lines `t,x,y,p`, or with columns that its first line names. Raises DataError as `open_text` does."""
    return _open(path, options, ",")


def _open(path: Path, options: Options, separator: str | None) -> Source:
    top = _top(path, separator, options.columns)
    stated = _UNIT.search(top.text)
    columns = options.columns or top.columns or ("t", "x", "y", "p")
    unit = options.unit or (stated[1] if stated else None) or ("s" if _has_parts(path, top, columns) else None)
    if unit is None:
        raise DataError(
            f"{path}: the unit of time is not stated; wanted a first line '# unit: us' (or ns, ms, s), "
            "or the option unit"
        )
    layout = LineLayout(top.separator, columns, unit, top.lines, options.partial)
    size = top.size
    return Source(partial(_chunks, path, layout, options.chunk), options.width or size[0], options.height or size[1])


def _top(path: Path, separator: str | None, given: tuple[str, ...] | None) -> Top:
    """Read the head of a file. given: columns that the caller names, so that the file need not."""
    comments: list[str] = []
    skip = 0
    names: tuple[str, ...] | None = None
    size: tuple[int | None, int | None] = (None, None)
    with opened(path) as file:
        while line := file.readline(MAX_LINE):
            text = decoded(line, path, skip + 1)
            if separator and not _is_comment(text) and ";" in text and "," not in text:
                separator = ";"
            fields = [field.strip() for field in text.split(separator)]
            if _is_comment(text):
                comments.append(text)
            elif names is None and _are_names(fields, separator):
                names = () if given else _columns(fields, path, skip)
                comments.append(text)
            elif not separator and len(fields) == 2 and all(field.isdecimal() for field in fields):
                size = find_size(r"^\s*(\d{1,5})\s+(\d{1,5})\s*$", text)
            elif text.strip():
                break
            skip += 1
            if len(comments) > 10_000:
                raise DataError(f"{path} begins with more than 10,000 lines of comments")
    header = "".join(comments)
    found = (find_size(pattern, header) for pattern in _SIZES)
    return Top(
        header, names or (), size if size[0] else next((s for s in found if s[0]), (None, None)), separator, skip
    )


def _are_names(fields: list[str], separator: str | None) -> bool:
    """Whether a line names columns: with blanks between, all four; else one that is known, or a word in front."""
    known = {field_of(field) for field in fields} - {None}
    if separator is None:
        return len(known) == 4
    return bool(known) or fields[0].strip("\"'").isidentifier()


def _columns(fields: list[str], path: Path, line: int) -> tuple[str, ...]:
    try:
        return columns_of(fields)
    except DataError as error:
        raise DataError(f"{path}, line {line + 1}: {error}") from None


def _has_parts(path: Path, top: Top, columns: tuple[str, ...]) -> bool:
    """Whether one of the first times has parts of a whole, which no microseconds have."""
    at = columns.index("t")
    with opened(path) as file:
        for _ in range(top.lines):
            file.readline(MAX_LINE)
        for line in islice(iter(partial(file.readline, MAX_LINE), b""), LOOKED_AT):
            fields = line.split(top.separator.encode() if top.separator else None)
            if at < len(fields) and re.fullmatch(rb"\s*[-+]?\d*\.0*[1-9]\d*\s*", fields[at]):
                return True
    return False


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
                if layout.whole and not line.endswith(b"\n") and len(line) < MAX_LINE:
                    yield from _parsed(lines, numbers, layout, path, read)
                    raise CutError(f"{path}, line {number + 1:,} has no end", len(line))
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
    if _WORDS.search(lines[0]):  # pandas' way to write what is true or false
        lines = [_WORDS.sub(lambda found: "01"[found[0][0] in "Tt"], line) for line in lines]
    kinds = [(name if name in "txyp" else f"column {k}", _kind(name, layout)) for k, name in enumerate(layout.columns)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy only warns of 1.5 where a whole number is wanted
            found = np.loadtxt(lines, kinds, delimiter=layout.separator, comments=None, ndmin=1)
    except (ValueError, OverflowError, Warning):
        return None
    t, wrong = microseconds(found["t"], layout.unit)
    return None if wrong is not None else {"t": t, **{name: found[name] for name in "xyp"}}


def _kind(name: str, layout: LineLayout) -> Any:
    if name not in ("t", "x", "y", "p"):
        return "U1"
    return np.float64 if name == "t" and layout.unit in ("s", "ms") else np.int64


def _all_right(columns: dict[str, NDArray[Any]]) -> bool:
    x, y, p = columns["x"], columns["y"], columns["p"]
    return not bool(((x < 0) | (x > 0xFFFF) | (y < 0) | (y > 0xFFFF) | (p < -1) | (p > 1)).any())


def _complaint(line: str, layout: LineLayout) -> str:
    """The fault of one line, in words; "" where it is an event."""
    columns = _table([line], layout)
    names = (layout.separator or " ").join(name.removeprefix("-") for name in layout.columns)
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
