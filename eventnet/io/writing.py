"""Write camera events to a file, beside it first and moved when all went well."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from eventnet.base.files import beside
from eventnet.errors import DataError, InputError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.intake import ColumnNames, events_from, is_events
from eventnet.io import formats
from eventnet.io.inertial import INERTIAL


class Written(NamedTuple):
    """A written file: its path, its format, how many events and inertial samples it holds, and its bytes."""

    path: Path
    format: str
    events: int
    inertial: int
    bytes: int


def write_events(
    path: str | PathLike[str],
    events: Any,
    format: str | None = None,
    *,
    width: int | None = None,
    height: int | None = None,
    inertial: Events | None = None,
    columns: ColumnNames | None = None,
    unit: str | None = None,
) -> Written:
    """Write PIXEL_EVENT records [n], or packets of them one after another, such as `Recording.packets()`.

    Anything else that `en.events_from` takes is written too, with `columns` and `unit` as there.

    format: one of `eventnet.io.WRITTEN`; by default the suffix decides. width, height: the sensor's size, which is
    kept by all but "npy". inertial: INERTIAL records in order of time, which those of HOLD_SAMPLES can hold.
    Raises DataError for what the format cannot hold; a file of that name is then left as it was.
    """
    path = Path(path)
    form = format or formats.format_to_write(path)
    write = formats.find_format(form).write if form in formats.LISTING.names() else None
    if write is None:
        raise DataError(f"unknown format {form!r} to write; wanted one of {', '.join(formats.WRITTEN)}")
    if (width is None) != (height is None) or any(not 0 < n <= 1 << 16 for n in (width, height) if n is not None):
        raise DataError(f"the sensor's size is {width}x{height}; wanted width and height, 1 to 65,536 each")
    size = None if width is None or height is None else (width, height)
    samples = np.empty(0, INERTIAL) if inertial is None else inertial
    _check_samples(path, form, samples)
    packets = _packets(path, events, size, columns, unit)
    with beside(path) as file:
        count = write(file, path, packets, size, samples)
        written = file.tell()
    return Written(path, form, count, len(samples), written)


def _check_samples(path: Path, form: str, samples: Events) -> None:
    if not isinstance(samples, np.ndarray) or samples.dtype != INERTIAL or samples.ndim != 1:
        raise DataError(f"{path}: the inertial samples are {_kind(samples)}; wanted INERTIAL [n]")
    if len(samples) and form not in formats.HOLD_SAMPLES:
        holding = ", ".join(formats.HOLD_SAMPLES)
        raise DataError(f"{path}: {form} files hold no inertial samples; those that do are {holding}")
    falls = np.flatnonzero(np.diff(samples["t"]) < 0)
    if falls.size:
        raise DataError(f"{path}: inertial sample {falls[0] + 1:,} is earlier than the one before it")


def _packets(
    path: Path, events: Any, size: tuple[int, int] | None, columns: ColumnNames | None, unit: str | None
) -> Iterator[Events]:
    count = 0
    whole = is_events(events) or isinstance(events, np.ndarray) or columns is not None
    for number, found in enumerate([events] if whole else events):
        part = _records(f"{path}" if whole else f"{path}, packet {number}", found, columns, unit)
        for name, across in zip(("x", "y"), size or ()):
            wrong = np.flatnonzero(part[name] >= across)
            if wrong.size:
                found = f"event {count + wrong[0]:,} has {name} = {part[name][wrong[0]]}"
                raise DataError(f"{path}: {found}; wanted less than {across}, as the sensor's size says")
        count += len(part)
        yield part


def _records(where: str, found: Any, columns: ColumnNames | None, unit: str | None) -> Events:
    if isinstance(found, np.ndarray) and found.dtype == PIXEL_EVENT and found.ndim == 1:
        return found
    if is_events(found) or columns is not None:
        try:
            made = events_from(found, columns=columns, unit=unit)
        except InputError as error:
            raise DataError(f"{where}: {error}") from error
        if made.dtype == PIXEL_EVENT:
            return made
        raise DataError(f"{where}: the events name ports and no pixels; wanted columns t, x, y, p")
    wanted = "PIXEL_EVENT [n], or packets of them, or what en.events_from takes"
    raise DataError(f"{where}: the events are {_kind(found)}; wanted {wanted}")


def _kind(value: object) -> str:
    return f"{value.dtype} {list(value.shape)}" if isinstance(value, np.ndarray) else type(value).__name__
