"""Read and write HDF5 files of events (the extra `hdf5`), as the layouts that are known by what they hold.

- DSEC: `events/t`, `x`, `y`, `p`, with `ms_to_idx` and `t_offset`, microseconds to be added to all times. Written, too.
- Prophesee's (Metavision): records `CD/events`, in microseconds, the sensor's size in the attribute `geometry`.
- MVSEC: `davis/left/events` and `davis/right/events`, [n, 4] of x, y, t in seconds, and polarity (-1 or 1), of DAVIS346
  cameras. `stream` says which of the two, 0 or 1. `imu` beside them, [n, 6]: acceleration along x, y, z (m/s^2), rates
  about x, y, z (rad/s), at `imu_ts`, in seconds of the same clock.
- Others: `events`, or the file itself, with a dataset for each field by any name of `eventnet.io.fields`; or a dataset
  `events` of records, or [n, columns] where the caller names these. Their unit is asked for, or seconds by their parts.

A dataset packed by a filter that HDF5 has not got, such as Prophesee's ECF or DSEC's Blosc, is an error that names it.
Sources: "Data Format" (dsec.ifi.uzh.ch), "HDF5 Event File Format" (docs.prophesee.ai), "Download"
(daniilidis-group.github.io/mvsec); for columns and units of MVSEC its writer, tools/mvsec_simple_reader, and ROS's Imu.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import damage, opened
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io.fields import FIELDS, LOOKED_AT, checked_events, field_of, shifted, unit_of
from eventnet.io.header import find_size
from eventnet.io.inertial import INERTIAL, STANDARD_GRAVITY
from eventnet.io.source import Chunk, Format, Options, Source

MAGIC = b"\x89HDF\r\n\x1a\n"
MVSEC_CAMERAS = ("davis/left/events", "davis/right/events")
MVSEC_COLUMNS = ("x", "y", "t", "p")
# HDF5 unpacks whole chunks: DSEC's have some 10,000 events, Prophesee's 16,384.
MOST_CHUNK = 64 << 20
MOST_SAMPLES = 1 << 23
"""Inertial samples that are read: two hours at 1 kHz."""
FILTERS = {
    0x8ECF: ("Prophesee's ECF", "wanted its plugin (github.com/prophesee-ai/hdf5_ecf) on HDF5_PLUGIN_PATH"),
    32001: ("Blosc", "pip install hdf5plugin"), 32015: ("Zstandard", "pip install hdf5plugin"),
    32004: ("LZ4", "pip install hdf5plugin"), 32026: ("Blosc2", "pip install hdf5plugin"),
}  # fmt: skip


class Held(NamedTuple):
    """Events of an open file. read: the columns of events a to b. rows: that lie together. unit: None if not stated.

    inertial: the name of the dataset of inertial samples, that of their times has _ts behind it.
    """

    read: Callable[[int, int], dict[str, NDArray[Any]]]
    length: int
    rows: int
    unit: str | None = None
    offset: int = 0
    size: tuple[int | None, int | None] = (None, None)
    inertial: str | None = None


def open_hdf5(path: Path, options: Options) -> Source:
    """An HDF5 file of a layout that is known. Raises DataError for any other, and where h5py or a filter is absent."""
    with hdf5_file(path) as file:
        held = _find(path, file, options)
        unit = held.unit or options.unit or unit_of(held.read(0, min(LOOKED_AT, held.length))["t"], str(path))
    return Source(
        partial(_chunks, path, options, unit), options.width or held.size[0], options.height or held.size[1],
        inertial=None if held.inertial is None else partial(_inertial, path, held.inertial),
    )  # fmt: skip


def _h5py(path: Path) -> Any:
    try:
        return importlib.import_module("h5py")
    except ImportError as error:
        raise DataError(f'{path} is an HDF5 file ({error}): pip install "eventnet[hdf5]"') from error


@contextmanager
def hdf5_file(path: Path) -> Iterator[Any]:
    """An HDF5 file, open to read. Raises DataError where h5py is absent, and for what is damaged, also in the block."""
    h5py = _h5py(path)
    with opened(path) as raw, damage(f"{path} is damaged, or no HDF5 file"), h5py.File(raw, "r") as file:
        yield file


# --- what a file holds ---
def _find(path: Path, file: Any, options: Options) -> Held:
    """The events in a file. Raises DataError where it holds none that are known."""
    size = _size(file)
    prophesee = _get(path, file, "CD/events")
    if prophesee is not None:
        return _records(path, prophesee, "us")._replace(size=size)
    cameras = [name for name in MVSEC_CAMERAS if _get(path, file, name) is not None]
    if cameras:
        return _camera(path, file, cameras, options)
    events = _get(path, file, "events")
    if events is not None and hasattr(events, "dtype"):
        if events.dtype.names:
            return _records(path, events, None)._replace(size=size)
        if options.columns is None:
            raise DataError(f"{path}, events holds {events.dtype} {list(events.shape)}; wanted the option columns")
        return _table(path, events, options.columns)._replace(size=size)
    dsec = _get(path, file, "ms_to_idx") is not None or _get(path, file, "t_offset") is not None
    held = _columns(path, file if events is None else events)
    return held._replace(size=size, unit="us" if dsec else None, offset=_offset(path, file))


def _get(path: Path, file: Any, name: str) -> Any:
    """The dataset or group of a name, or None. Raises DataError for a link, which may lead anywhere."""
    h5py = _h5py(path)
    at = file
    for part in name.split("/"):
        if hasattr(at, "dtype") or part not in at:
            return None
        if not isinstance(at.get(part, getlink=True), h5py.HardLink):
            raise DataError(f"{path}: {part!r} is a link, which is not followed; wanted a dataset or group")
        at = at[part]
    return at


def _size(file: Any) -> tuple[int | None, int | None]:
    """The sensor's size where an attribute states it: ours, or Prophesee's."""
    stated = file.attrs.get("geometry", "")
    text = stated.decode("ascii", "replace") if isinstance(stated, bytes) else str(stated)
    with suppress(TypeError, ValueError):
        text = f"{int(file.attrs['width'])}x{int(file.attrs['height'])}" if "width" in file.attrs else text
    return find_size(r"^(\d{1,5})x(\d{1,5})$", text)


def _offset(path: Path, file: Any) -> int:
    stated = _get(path, file, "t_offset")
    if stated is None:
        return 0
    if stated.shape not in ((), (1,)) or stated.dtype.kind not in "iu":
        raise DataError(f"{path}, t_offset is {stated.dtype} {list(stated.shape)}; wanted one whole number")
    return int(np.asarray(stated[()]).reshape(-1)[0])


def _camera(path: Path, file: Any, cameras: list[str], options: Options) -> Held:
    chosen = [name for name in cameras if options.stream in (None, MVSEC_CAMERAS.index(name))]
    if len(chosen) != 1:
        numbers = ", ".join(f"{MVSEC_CAMERAS.index(name)} ({name})" for name in cameras)
        raise DataError(f"{path} has events of the cameras {numbers}; wanted one: say which with the option stream")
    held = _table(path, _get(path, file, chosen[0]), MVSEC_COLUMNS)
    imu = chosen[0].removesuffix("events") + "imu"
    there = all(_get(path, file, name) is not None for name in (imu, f"{imu}_ts"))
    return held._replace(unit="s", size=(346, 260), inertial=imu if there else None)


def _inertial(path: Path, name: str) -> Events:
    """All inertial samples of a camera of MVSEC, whose files tell no temperature."""
    with hdf5_file(path) as file:
        rows, times = _get(path, file, name), _get(path, file, f"{name}_ts")
        _check(path, rows, 2)
        _check(path, times, 1)
        if len(times) > MOST_SAMPLES:
            raise DataError(f"{path}, {name}_ts has {len(times):,} samples; at most {MOST_SAMPLES:,} are read")
        if rows.shape != (len(times), 6) or rows.dtype.kind != "f" or times.dtype.kind != "f":
            raise DataError(
                f"{path}, {name} holds {rows.dtype} {list(rows.shape)} and {name}_ts {times.dtype} "
                f"{list(times.shape)}; wanted floats [n, 6] and [n]"
            )
        values, t = rows[()].astype(np.float64), times[()].astype(np.float64)
    if not np.isfinite(values).all() or not (np.abs(t) < 2**62 / 1e6).all():
        raise DataError(f"{path}, {name}: an inertial sample, or its time, is not a number, or too large")
    made = np.empty(len(t), INERTIAL)
    made["t"], made["temperature"] = np.rint(1e6 * t), np.nan
    made["acceleration"], made["gyroscope"] = values[:, :3] / STANDARD_GRAVITY, np.degrees(values[:, 3:])
    return made


# --- datasets ---
def _records(path: Path, events: Any, unit: str | None) -> Held:
    """A dataset of records."""
    _check(path, events, 1)
    names = {field: name for name in events.dtype.names or () if (field := field_of(name))}
    if set(names) != set(FIELDS) or any(events.dtype[name].kind not in "iufb" for name in names.values()):
        raise DataError(f"{path}, {events.name} holds {events.dtype}; wanted records of t, x, y and p")

    def read(a: int, b: int) -> dict[str, NDArray[Any]]:
        found = events[a:b]
        return {field: found[name] for field, name in names.items()}

    return Held(read, events.shape[0], _together(events), unit)


def _table(path: Path, events: Any, columns: tuple[str, ...]) -> Held:
    """A dataset [n, columns]."""
    _check(path, events, 2)
    if events.dtype.kind not in "iuf" or events.shape[1] != len(columns):
        raise DataError(f"{path}, {events.name} holds {events.dtype} {list(events.shape)}; wanted [n, {len(columns)}]")

    def read(a: int, b: int) -> dict[str, NDArray[Any]]:
        found = events[a:b]
        return {field: found[:, columns.index(field)] for field in FIELDS}

    return Held(read, events.shape[0], _together(events))


def _columns(path: Path, group: Any) -> Held:
    """A dataset for each field."""
    names = {field: name for name in group if (field := field_of(name))}
    if set(names) != set(FIELDS):
        found = ", ".join(str(name)[:40] for name, _ in zip(group, range(8)))
        raise DataError(
            f"{path}, {group.name} holds {found or 'nothing'}; wanted events as in DSEC (events/t, x, y, p), MVSEC "
            "(davis/left/events), Prophesee's files (CD/events), or a dataset 'events'"
        )
    columns = {field: _get(path, group, name) for field, name in names.items()}
    for field, column in columns.items():
        if not hasattr(column, "dtype") or column.dtype.kind not in "iufb":
            raise DataError(f"{path}, {group.name}, {names[field]} is {column!r:.60}; wanted numbers [n]")
        _check(path, column, 1)
    lengths = [column.shape[0] for column in columns.values()]
    if len(set(lengths)) != 1:
        raise DataError(f"{path}, {group.name} has {', '.join(names.values())} of lengths {lengths}; wanted as many")

    def read(a: int, b: int) -> dict[str, NDArray[Any]]:
        return {field: column[a:b] for field, column in columns.items()}

    return Held(read, lengths[0], max(map(_together, columns.values())))


def _together(events: Any) -> int:
    """Rows of a chunk; 1 where a dataset has none."""
    return int(events.chunks[0]) if events.chunks else 1


def _check(path: Path, events: Any, axes: int) -> None:
    """Raises DataError where a dataset has other axes, lies in other files, or unpacks not at all or to too much."""
    if len(events.shape) != axes:
        raise DataError(f"{path}, {events.name} has the shape {list(events.shape)}; wanted {axes} axes")
    if events.is_virtual or events.external:
        raise DataError(f"{path}, {events.name} lies in other files, which are not read")
    size = int(np.prod(events.chunks or (1,), dtype=float)) * events.dtype.itemsize
    if size > MOST_CHUNK:
        raise DataError(f"{path}, {events.name} has chunks of {size:,} bytes; at most {MOST_CHUNK:,} are read")
    _check_filters(path, events)


def _check_filters(path: Path, events: Any) -> None:
    h5z = _h5py(path).h5z
    made = events.id.get_create_plist()
    for k in range(made.get_nfilters()):
        number, _, _, name = made.get_filter(k)
        if not h5z.filter_avail(number):
            with suppress(ImportError):  # it brings many filters, and HDF5 finds them from then on
                importlib.import_module("hdf5plugin")
        if not h5z.filter_avail(number):
            known, wanted = FILTERS.get(number, (name.decode("ascii", "replace"), "wanted its plugin"))
            raise DataError(f"{path}, {events.name} is packed by the HDF5 filter {number} ({known}): {wanted}")


# --- reading ---
def _chunks(path: Path, options: Options, unit: str) -> Iterator[Chunk]:
    with hdf5_file(path) as file:
        held = _find(path, file, options)
        size = os.stat(path).st_size
        # What lies together is unpacked together: in whole chunks, each is unpacked once.
        rows = -(-max(options.chunk // 16, 1) // held.rows) * held.rows
        rows = min(rows, max(MOST_CHUNK // 16, 1))
        for done in range(0, held.length, rows):
            found = held.read(done, min(done + rows, held.length))
            events = shifted(checked_events(found, unit, str(path), done), held.offset, str(path))
            yield Chunk(events, partial(_row, done), size * (done + len(events)) // held.length)


def _row(done: int, k: int) -> str:
    return f"row {done + k:,}"


# --- writing ---
MOST_MS = 100_000_000
"""Milliseconds that `ms_to_idx` may cover, 27 hours."""
_ROWS = 1 << 15


def write_hdf5(
    file: BinaryIO, path: Path, packets: Iterator[Events], size: tuple[int, int] | None, samples: Events
) -> int:
    """Write events packet by packet in DSEC's layout; returns how many there were.

    `t_offset` is the first event's time. `ms_to_idx`[ms] is the first event that is not before ms milliseconds after
    it, up to the first millisecond after the last event. The sensor's size is in the attributes width and height.
    Packed by deflate, which every HDF5 reads. Raises DataError for times that fall, or span more than 27 hours.
    """
    h5py = _h5py(path)
    with damage(f"{path} cannot be written"), h5py.File(file, "w") as out:
        packed = {
            "maxshape": (None,),
            "chunks": (_ROWS,),
            "compression": "gzip",
            "compression_opts": 1,
            "shuffle": True,
        }
        kinds = {"t": np.int64, "x": np.uint16, "y": np.uint16, "p": np.uint8}
        columns = {name: out.create_dataset(f"events/{name}", (0,), kind, **packed) for name, kind in kinds.items()}
        index = out.create_dataset("ms_to_idx", (0,), np.uint64, **packed)
        first, last, count = 0, 0, 0
        for events in packets:
            if not len(events):
                continue
            first = int(events["t"][0]) if not count else first
            _check_times(path, events, first, first + last, count)
            t = events["t"] - first
            marks = np.arange(index.shape[0], int(t[-1]) // 1000 + 1)
            _append(index, (count + np.searchsorted(t, marks * 1000)).astype(np.uint64))
            for name, column in columns.items():
                _append(column, t if name == "t" else events[name])
            count, last = count + len(events), int(t[-1])
        _append(index, np.array([count], np.uint64))
        out["t_offset"] = np.int64(first)
        if size:
            out.attrs["width"], out.attrs["height"] = size
    file.seek(0, os.SEEK_END)
    return count


def _check_times(path: Path, events: Events, first: int, last: int, count: int) -> None:
    t = events["t"]
    falls = np.flatnonzero(np.diff(t, prepend=last) < 0)
    if falls.size:
        raise DataError(f"{path}: event {count + falls[0]:,} is earlier than the one before it; HDF5 wants them by t")
    if int(t[-1]) - first >= MOST_MS * 1000:
        seconds = (int(t[-1]) - first) / 1e6
        raise DataError(
            f"{path}: event {count + len(t) - 1:,} is {seconds:,.0f} s after the first; DSEC's index holds "
            f"{MOST_MS // 1000:,} s"
        )


def _append(dataset: Any, values: NDArray[Any]) -> None:
    dataset.resize((dataset.shape[0] + len(values),))
    dataset[dataset.shape[0] - len(values) :] = values


FORMAT = Format(open_hdf5, re.compile(re.escape(MAGIC)), (".h5", ".hdf5"), write_hdf5)
