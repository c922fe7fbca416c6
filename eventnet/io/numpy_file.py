"""Read and write NumPy files: .npy of PIXEL_EVENT records, or .npz that also holds the sensor's size and its samples.

An .npz has the member `events`, and may have `size` (one record: width, height) and `inertial` (INERTIAL records).
Any integer types will do for t, x, y and any of 0 and 1 for p: they are checked and converted as they are read.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy

from eventnet.base import files
from eventnet.base.files import damage, opened, read_header, unzipped
from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
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


def open_npy(path: Path, options: Options) -> Source:
    """A .npy file of event records. Raises DataError for any other array, and where it is cut off."""
    with opened(path) as file:
        size = file.seek(0, os.SEEK_END)
    layout = _layout(lambda: opened(path), f"{path}", size, PIXEL_EVENT)
    return Source(
        lambda: _chunks(lambda: opened(path), f"{path}", layout, options.chunk), options.width, options.height
    )


def open_npz(path: Path, options: Options) -> Source:
    """An .npz file with the member `events`. Raises DataError for any other file, and where it is damaged."""
    sizes = _members(path)
    if "events.npy" not in sizes:
        raise DataError(f"{path} has no member 'events'; it has {', '.join(sizes) or 'none'}")

    def layout(name: str, wanted: np.dtype[Any]) -> RecordHeader:
        return _layout(lambda: _member(path, name), f"{path}, {name}", sizes[name], wanted)

    events = layout("events.npy", PIXEL_EVENT)
    inertial = layout("inertial.npy", INERTIAL) if "inertial.npy" in sizes else None
    size = _size(path, layout("size.npy", SIZE)) if "size.npy" in sizes else (None, None)
    return Source(
        lambda: _chunks(lambda: _member(path, "events.npy"), f"{path}, events.npy", events, options.chunk),
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
    """Whether this is an .npz file with a member `events`; False for whatever cannot be read."""
    try:
        return "events.npy" in _members(path)
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
    dtype, shape, start = found.dtype, found.shape, found.start
    missing = [name for name in wanted.names or () if name not in (dtype.names or ())]
    if len(shape) != 1 or missing:
        raise DataError(f"{what} holds {dtype} {list(shape)}; wanted records [n] with {', '.join(wanted.names or ())}")
    if start + shape[0] * dtype.itemsize != size:
        raise DataError(
            f"{what} has {size:,} bytes; wanted {start:,} and {shape[0]:,} records of {dtype.itemsize} bytes"
        )
    for name in wanted.names or ():
        kind, kinds = dtype[name], "iub" if wanted[name].base.kind in "iub" else "iuf"
        if kind.base.kind not in kinds or kind.shape != wanted[name].shape:
            raise DataError(f"{what} has {name} as {kind}; wanted numbers like {wanted[name]}")
    return RecordHeader(dtype, int(shape[0]), start)


def _chunks(opener: Opener, what: str, layout: RecordHeader, chunk: int) -> Iterator[Chunk]:
    item = layout.dtype.itemsize
    done = 0
    with opener() as file, damage(f"{what} is damaged"):
        file.read(layout.start)
        while done < layout.length:
            wanted = min(max(chunk // item, 1), layout.length - done) * item
            block = file.read(wanted)
            if len(block) != wanted:
                raise DataError(f"{what} is cut off inside record {done + len(block) // item:,} of {layout.length:,}")
            place = layout.start + done * item
            yield Chunk(
                _converted(np.frombuffer(block, layout.dtype), what, done),
                at_byte(place, item),
                place + len(block),
            )
            done += len(block) // item
        file.read(1)  # brings zip to its checksum


def _converted(found: Events, what: str, done: int) -> Events:
    out = np.empty(len(found), PIXEL_EVENT)
    for name, least, most in (("t", -(1 << 63), (1 << 63) - 1), ("x", 0, 0xFFFF), ("y", 0, 0xFFFF), ("p", 0, 1)):
        values = found[name]
        if values.dtype.kind != "b":
            range_of = np.iinfo(values.dtype)
            wrong = (values < max(least, range_of.min)) | (values > min(most, range_of.max))
            if wrong.any():
                k = int(np.argmax(wrong))
                raise DataError(f"{what}: event {done + k:,} has {name} = {values[k]}; wanted {least} to {most}")
        out[name] = values
    return out


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
