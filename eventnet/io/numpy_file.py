"""Read and write NumPy files: .npy of PIXEL_EVENT records, or .npz that also holds the sensor's size and its samples.

An .npz has the member `events`, and may have `size` (one record: width, height) and `inertial` (INERTIAL records).
Any integer types will do for t, x, y and any of 1, 0 and -1 for p: they are checked and converted as they are read.
Files of others are read as well: records whose fields have other names (`eventnet.io.fields`), an .npz with an array
for each field, and a plain array [n, columns] where the caller names the columns. Whole times of records are
microseconds; those of plain arrays may be anything, and their unit is asked for.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy

from eventnet.base import files
from eventnet.base.files import ArrayHeader, damage, opened, read_header, unzipped
from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io.fields import FIELDS, LOOKED_AT, checked_events, field_of, unit_of
from eventnet.io.inertial import INERTIAL
from eventnet.io.source import Chunk, Options, Source, at_byte

PIECE = 1 << 20
SIZE = np.dtype([("width", np.int64), ("height", np.int64)])
Opener = Callable[[], AbstractContextManager[IO[bytes]]]


class RecordHeader(NamedTuple):
    """The header of an array of records. length: records. start: the byte they begin at."""

    dtype: np.dtype[Any]
    length: int
    start: int


class Column(NamedTuple):
    """Numbers of one field, one after another in a file. what: for messages."""

    opener: Opener
    what: str
    dtype: np.dtype[Any]
    length: int
    start: int


def open_npy(path: Path, options: Options) -> Source:
    """A .npy file of event records, or a plain array. Raises DataError for any other array, and where it is cut off."""
    with opened(path) as file:
        size = file.seek(0, os.SEEK_END)
    chunks, left = _events(lambda: opened(path), f"{path}", size, options)
    return Source(chunks, options.width, options.height, left=left)


def open_npz(path: Path, options: Options) -> Source:
    """An .npz file with the member `events`, or one for each field. Raises DataError for any other or a damaged one."""
    sizes = _members(path)
    if "events.npy" not in sizes:
        return Source(partial(_column_chunks, _arrays(path, sizes), options), options.width, options.height)
    chunks, _ = _events(
        lambda: _member(path, "events.npy"), f"{path}, events.npy", sizes["events.npy"], replace(options, partial=False)
    )

    def layout(name: str, wanted: np.dtype[Any]) -> RecordHeader:
        return _layout(lambda: _member(path, name), f"{path}, {name}", sizes[name], wanted)

    inertial = layout("inertial.npy", INERTIAL) if "inertial.npy" in sizes else None
    size = _size(path, layout("size.npy", SIZE)) if "size.npy" in sizes else (None, None)
    return Source(
        chunks,
        options.width or size[0],
        options.height or size[1],
        inertial=None if inertial is None else lambda: _inertial(path, inertial),
    )


def write_npy(
    file: BinaryIO, path: Path, packets: Iterator[Events], size: tuple[int, int] | None, samples: Events
) -> int:
    """Write events packet by packet as one .npy array, which holds nothing else; returns how many there were."""
    return _write_array(file, packets)


def _write_array(file: BinaryIO, packets: Iterator[Events]) -> int:
    header = {"descr": npy.dtype_to_descr(PIXEL_EVENT), "fortran_order": False}
    count = 0
    npy.write_array_header_1_0(file, {**header, "shape": (count,)})
    start = file.tell()
    for events in packets:
        file.write(events.tobytes())
        count += len(events)
    # NumPy leaves room in the header for the length to grow.
    file.seek(0)
    npy.write_array_header_1_0(file, {**header, "shape": (count,)})
    if file.tell() != start:
        raise DataError(f"an .npy header for {count:,} events does not fit where that for 0 was")
    file.seek(0, os.SEEK_END)
    return count


def write_npz(
    file: BinaryIO, path: Path, packets: Iterator[Events], size: tuple[int, int] | None, samples: Events
) -> int:
    """Write events, the sensor's size and inertial samples as one .npz; returns how many events there were."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with tempfile.TemporaryFile() as part:
            count = _write_array(part, packets)
            part.seek(0)
            with archive.open("events.npy", "w", force_zip64=True) as member:
                shutil.copyfileobj(part, member, 1 << 20)
        if size:
            _add(archive, "size.npy", np.array([size], SIZE))
        if len(samples):
            _add(archive, "inertial.npy", samples)
    return count


def holds_events(path: Path) -> bool:
    """Whether this is an .npz file with a member `events`, or t, x, y and p; False for whatever cannot be read."""
    try:
        sizes = _members(path)
        return "events.npy" in sizes or len(_fields(sizes)) == len(FIELDS)
    except DataError:
        return False


def _add(archive: zipfile.ZipFile, name: str, array: Events) -> None:
    with archive.open(name, "w") as member:
        np.save(member, array, allow_pickle=False)


def _members(path: Path) -> dict[str, int]:
    with unzipped(path) as archive:
        return {info.filename: info.file_size for info in archive.infolist()}


@contextmanager
def _member(path: Path, name: str) -> Iterator[IO[bytes]]:
    with unzipped(path) as archive, archive.open(name) as member:
        yield member


def _layout(opener: Opener, what: str, size: int, wanted: np.dtype[Any]) -> RecordHeader:
    """The layout of an array of records with the fields of `wanted`. Raises DataError for any other."""
    with opener() as file:
        found = read_header(file, what)
    return _records(found, what, size, wanted)[0]


def _records(
    found: ArrayHeader, what: str, size: int, wanted: np.dtype[Any], cut: bool = False
) -> tuple[RecordHeader, int]:
    """The records of an array with the fields of `wanted`, and the bytes left over where it is cut off and may be."""
    dtype, shape, start = found.dtype, found.shape, found.start
    missing = [name for name in wanted.names or () if name not in (dtype.names or ())]
    if len(shape) != 1 or missing:
        also = ", or a plain array [n, columns] and the option columns" if wanted == PIXEL_EVENT else ""
        fields = ", ".join(wanted.names or ())
        raise DataError(f"{what} holds {dtype} {list(shape)}; wanted records [n] with {fields}{also}")
    for name in wanted.names or ():
        kind, kinds = dtype[name], "iub" if wanted[name].base.kind in "iub" else "iuf"
        if kind.base.kind not in kinds or kind.shape != wanted[name].shape:
            raise DataError(f"{what} has {name} as {kind}; wanted numbers like {wanted[name]}")
    return _whole(RecordHeader(dtype, int(shape[0]), start), what, size, cut)


def _whole(layout: RecordHeader, what: str, size: int, cut: bool) -> tuple[RecordHeader, int]:
    """The same; shorter where the file is cut off and may be, and the bytes then left over."""
    item = layout.dtype.itemsize
    there = (size - layout.start) // item
    if cut and 0 <= there < layout.length:
        return layout._replace(length=there), size - layout.start - there * item
    if layout.start + layout.length * item != size:
        raise DataError(
            f"{what} has {size:,} bytes; wanted {layout.start:,} and {layout.length:,} records of {item} bytes"
        )
    return layout, 0


# --- events ---
def _events(opener: Opener, what: str, size: int, options: Options) -> tuple[Callable[[], Iterator[Chunk]], int]:
    """The events of an array of records or a plain one, and the bytes left over where it is cut off and may be."""
    with opener() as file:
        found = read_header(file, what)
    if found.dtype.names is None and options.columns is not None and len(found.shape) == 2:
        return _plain(opener, what, size, found, options)
    named = found._replace(dtype=_renamed(found.dtype))
    layout, left = _records(named, what, size, PIXEL_EVENT, options.partial)
    return partial(_record_chunks, opener, what, layout, options.unit or "us", options.chunk), left


def _plain(
    opener: Opener, what: str, size: int, found: ArrayHeader, options: Options
) -> tuple[Callable[[], Iterator[Chunk]], int]:
    """The same of an array [n, columns], whose rows lie together or, as pandas has it, its columns."""
    names, (length, across) = options.columns or (), found.shape
    if across != len(names) or found.dtype.kind not in "iuf":
        raise DataError(f"{what} holds {found.dtype} {list(found.shape)}; wanted numbers [n, {len(names)}], as columns")
    record = np.dtype([(name, found.dtype) for name in names])
    layout, left = _whole(RecordHeader(record, length, found.start), what, size, options.partial and not found.fortran)
    starts = {
        name: found.start + k * (length if found.fortran else 1) * found.dtype.itemsize for k, name in enumerate(names)
    }
    columns = {name: Column(opener, what, found.dtype, length, starts[name]) for name in FIELDS}
    if found.fortran:
        return partial(_column_chunks, columns, options), 0
    unit = options.unit or partial(_unit_of_rows, opener, what, layout)
    return partial(_record_chunks, opener, what, layout, unit, options.chunk), left


def _renamed(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Records with the fields t, x, y, p in place of synonyms of these, where each is there once."""
    fields: Mapping[str, Any] = dtype.fields or {}
    found = {name: field_of(name) for name in fields}
    twice = {field for field in found.values() if list(found.values()).count(field) > 1}
    names = [field if (field := found[name]) and field not in twice else name for name in fields]
    if not fields or len(set(names)) != len(names):
        return dtype
    return np.dtype({
        "names": names, "formats": [field[0] for field in fields.values()],
        "offsets": [field[1] for field in fields.values()], "itemsize": dtype.itemsize,
    })  # fmt: skip


def _record_chunks(
    opener: Opener, what: str, layout: RecordHeader, unit: str | Callable[[], str], chunk: int
) -> Iterator[Chunk]:
    item = layout.dtype.itemsize
    unit = unit if isinstance(unit, str) else unit()
    with opener() as file, damage(f"{what} is damaged"):
        file.read(layout.start)
        done = 0
        while done < layout.length:
            block = file.read(min(max(chunk // item, 1), layout.length - done) * item)
            if not block:
                break
            found = np.frombuffer(block, layout.dtype)
            place = layout.start + done * item
            events = checked_events({name: found[name] for name in FIELDS}, unit, what, done)
            yield Chunk(events, at_byte(place, item), place + len(block))
            done += len(found)
        file.read(1)  # brings zip to its checksum


def _unit_of_rows(opener: Opener, what: str, layout: RecordHeader) -> str:
    with opener() as file:
        file.read(layout.start)
        block = file.read(min(LOOKED_AT, layout.length) * layout.dtype.itemsize)
    return unit_of(np.frombuffer(block, layout.dtype)["t"], what)


def _fields(sizes: dict[str, int]) -> dict[str, str]:
    """The members that are fields of events, where each is there once."""
    names = {name: field_of(name.removesuffix(".npy")) for name in sizes}
    return {field: name for field in FIELDS for name, found in names.items() if found == field}


def _arrays(path: Path, sizes: dict[str, int]) -> dict[str, Column]:
    """The columns of an .npz with an array for each field. Raises DataError for any other."""
    names = _fields(sizes)
    if len(names) != len(FIELDS):
        raise DataError(
            f"{path} has no member 'events'; it has {', '.join(sizes) or 'none'}; wanted that one, or t, x, y and p"
        )
    columns = {}
    for field, name in names.items():
        opener, what = partial(_member, path, name), f"{path}, {name}"
        with opener() as file:
            found = read_header(file, what)
        if len(found.shape) != 1 or found.dtype.kind not in "iufb":
            raise DataError(f"{what} holds {found.dtype} {list(found.shape)}; wanted numbers [n]")
        _whole(RecordHeader(found.dtype, found.shape[0], found.start), what, sizes[name], cut=False)
        columns[field] = Column(opener, what, found.dtype, found.shape[0], found.start)
    lengths = {field: column.length for field, column in columns.items()}
    if len(set(lengths.values())) != 1:
        raise DataError(f"{path} has t, x, y, p of lengths {list(lengths.values())}; wanted as many of each")
    return columns


def _column_chunks(columns: dict[str, Column], options: Options) -> Iterator[Chunk]:
    """Events of columns that are read side by side."""
    t, done, read = columns["t"], 0, 0
    unit = options.unit or _unit_of_column(t)
    rows = max(options.chunk // sum(column.dtype.itemsize for column in columns.values()), 1)
    with ExitStack() as stack, damage(f"{t.what} is damaged"):
        files = {field: stack.enter_context(column.opener()) for field, column in columns.items()}
        for field, column in columns.items():
            files[field].seek(column.start)
        while done < t.length:
            rows = min(rows, t.length - done)
            blocks = {field: files[field].read(rows * columns[field].dtype.itemsize) for field in FIELDS}
            found = {field: np.frombuffer(block, columns[field].dtype) for field, block in blocks.items()}
            read += sum(map(len, blocks.values()))
            yield Chunk(checked_events(found, unit, t.what, done), partial(_row, done), read)
            done += rows
        for file in files.values():
            file.read(1)  # brings zip to its checksum


def _row(done: int, k: int) -> str:
    return f"row {done + k:,}"


def _unit_of_column(t: Column) -> str:
    with t.opener() as file:
        file.seek(t.start)
        block = file.read(min(LOOKED_AT, t.length) * t.dtype.itemsize)
    return unit_of(np.frombuffer(block, t.dtype), t.what)


def _inertial(path: Path, layout: RecordHeader) -> Events:
    """All inertial samples; read at once, unlike events."""
    if layout.length * INERTIAL.itemsize > files.MOST_BYTES:
        raise DataError(
            f"{path} declares {layout.length:,} inertial samples; at most {files.MOST_BYTES:,} bytes are read"
        )
    out, done = np.empty(layout.length, INERTIAL), 0
    with _member(path, "inertial.npy") as file:
        file.read(layout.start)
        while block := file.read(max(PIECE // layout.dtype.itemsize, 1) * layout.dtype.itemsize):
            found = np.frombuffer(block, layout.dtype)
            for name in INERTIAL.names or ():
                out[name][done : done + len(found)] = found[name]
            done += len(found)
    return out


def _size(path: Path, layout: RecordHeader) -> tuple[int, int]:
    with _member(path, "size.npy") as file:
        file.read(layout.start)
        block = file.read(layout.dtype.itemsize)
    if layout.length != 1 or len(block) != layout.dtype.itemsize:
        raise DataError(f"{path}, size.npy has {layout.length} records; wanted one width and height")
    width, height = (int(np.frombuffer(block, layout.dtype)[name][0]) for name in ("width", "height"))
    if not (0 < width <= 1 << 16 and 0 < height <= 1 << 16):
        raise DataError(f"{path}, size.npy says {width}x{height} pixels; wanted 1 to 65,536 each way")
    return width, height
