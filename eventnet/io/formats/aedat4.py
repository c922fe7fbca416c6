"""Read AEDAT 4.0, the format of iniVation's DV software (the extra `dvs`): packets of several streams in one file.

After the first line comes a FlatBuffer with the compression, the place where the packets end, and an XML text that
says what each stream is. A packet is the stream's number, a size, and as many bytes: a FlatBuffer with its own size in
front, compressed as an LZ4 or ZSTD frame. Streams of kind EVTS hold events, of kind IMUS inertial samples, in g and
deg/s; frames, triggers and others are passed over. Times are microseconds since 1970, in 64 bits.
Source: iniVation, "AEDAT 4.0" (docs.inivation.com) and the schemas it links to.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np

from eventnet.base.files import opened
from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io.flatbuffer import FlatBuffer
from eventnet.io.inertial import INERTIAL
from eventnet.io.source import Chunk, CutError, Format, Options, Source, before_cut

MARK = b"#!AER-DAT4.0\r\n"
NONE, LZ4, LZ4_HIGH, ZSTD, ZSTD_HIGH = range(5)
EVENT = np.dtype({
    "names": ["t", "x", "y", "p"], "formats": ["<i8", "<u2", "<u2", "u1"], "offsets": [0, 8, 10, 12], "itemsize": 16,
})  # fmt: skip
# A damaged size, or a bomb, may promise gigabytes; DV writes packets of some milliseconds.
MAX_PACKET = 256 << 20
MAX_HEADER = 16 << 20
_PIECE = 1 << 20


class FileStream(NamedTuple):
    """One stream of a file: its number, its kind such as EVTS, the camera it is from, and that one's size."""

    number: int
    kind: str
    camera: str
    width: int | None
    height: int | None


class PacketLayout(NamedTuple):
    """Places of a file's packets, their compression, and their streams."""

    start: int
    end: int
    compression: int
    streams: list[FileStream]


def open_aedat4(path: Path, options: Options) -> Source:
    """An AEDAT 4.0 file; of several cameras the one of `options.stream`. Raises DataError where it is damaged."""
    layout = _layout(path, options.partial)
    if layout.compression != NONE:
        _decompressor(path, layout.compression)
    chosen = _one(path, [stream for stream in layout.streams if stream.kind == "EVTS"], options.stream)
    inertial = [stream for stream in layout.streams if stream.kind == "IMUS"]
    beside = [stream for stream in inertial if stream.camera == chosen.camera] or inertial
    return Source(
        partial(_chunks, path, layout, chosen.number),
        options.width or chosen.width,
        options.height or chosen.height,
        largest=1 << 15,
        inertial=partial(_samples, path, layout, beside, options.partial) if beside else None,
    )


def _one(path: Path, streams: list[FileStream], number: int | None) -> FileStream:
    chosen = [stream for stream in streams if number in (None, stream.number)]
    if len(chosen) != 1:
        raise DataError(
            f"{path} has {len(streams)} streams of events ({', '.join(str(stream.number) for stream in streams)}); "
            f"wanted {'one: say which with the option stream' if number is None else f'number {number} among them'}"
        )
    return chosen[0]


# --- the header ---
def _layout(path: Path, cut: bool) -> PacketLayout:
    """The layout that the header states. cut: the file may end before its packets do."""
    with opened(path) as file:
        if file.read(len(MARK)) != MARK:
            raise DataError(f"{path} does not begin with the line {MARK!r}")
        length = int.from_bytes(file.read(4), "little")
        header = file.read(min(length, MAX_HEADER))
        size = file.seek(0, io.SEEK_END)
    start = len(MARK) + 4 + length
    if len(header) != length:
        raise DataError(
            f"{path} declares a header up to byte {start:,}, but has {size:,} bytes, of which it may fill 16 MB"
        )
    buffer = FlatBuffer(header, f"{path}, header")
    root = buffer.follow(0)
    compression, table, text = (buffer.field(root, index) for index in range(3))
    end = -1 if table is None else buffer.number("q", table)
    if cut and end > size:
        end = -1
    if end >= 0 and not start <= end <= size:
        raise DataError(f"{path} is cut off: its packets end at byte {end:,}, but it has {size:,} bytes")
    streams = _streams(path, "" if text is None else buffer.string(text))
    return PacketLayout(
        start, size if end < 0 else end, 0 if compression is None else buffer.number("i", compression), streams
    )


def _streams(path: Path, text: str) -> list[FileStream]:
    if "<!" in text:  # declared entities may unfold without end
        raise DataError(f"{path}: the header's XML has declarations; wanted none")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise DataError(f"{path}: the header's XML is damaged: {error}") from error
    nodes = [node for out in root.iter("node") if out.get("name") == "outInfo" for node in out.findall("node")]
    return [_stream(path, node) for node in nodes]


def _stream(path: Path, node: ElementTree.Element) -> FileStream:
    own = {attr.get("key"): attr.text or "" for attr in node.findall("attr")}
    info = {attr.get("key"): attr.text or "" for attr in node.findall("node[@name='info']/attr")}
    numbers = [node.get("name", ""), info.get("sizeX", "0"), info.get("sizeY", "0")]
    if not all(number.isdecimal() and len(number) < 10 for number in numbers):
        raise DataError(f"{path}: a stream has the number and size {numbers}; wanted whole numbers")
    number, width, height = map(int, numbers)
    return FileStream(number, own.get("typeIdentifier", ""), info.get("source", ""), width or None, height or None)


# --- the packets ---
def _packets(path: Path, layout: PacketLayout, number: int) -> Iterator[tuple[FlatBuffer, int]]:
    """The buffers of one stream, and the byte after each."""
    at = layout.start
    with opened(path) as file:
        while at < layout.end:
            file.seek(at)
            head = file.read(8)
            stream, size = (int.from_bytes(head[k : k + 4], "little", signed=True) for k in (0, 4))
            after = at + 8 + size
            if len(head) < 8 or size < 0 or after > layout.end or size > MAX_PACKET:
                raise CutError(
                    f"{path} is cut off or damaged: the packet at byte {at:,} has {size:,} bytes; "
                    f"packets end at byte {layout.end:,} and have at most {MAX_PACKET:,}",
                    layout.end - at,
                )
            if stream == number:
                data = _unpacked(path, file.read(size), layout.compression, at)
                if len(data) < 8 or int.from_bytes(data[:4], "little") != len(data) - 4:
                    raise DataError(
                        f"{path}: the packet at byte {at:,} has {len(data):,} bytes, another size than it says"
                    )
                yield FlatBuffer(data[4:], f"{path}: the packet at byte {at:,}"), after
            at = after


def _chunks(path: Path, layout: PacketLayout, number: int) -> Iterator[Chunk]:
    for buffer, after in _packets(path, layout, number):
        at = buffer.field(buffer.follow(0), 0)
        if at is None:
            continue
        found = buffer.records(at, EVENT)
        wrong = np.flatnonzero(found["p"] > 1)
        good = int(wrong[0]) if wrong.size else len(found)
        events = np.empty(good, PIXEL_EVENT)
        for name in "txyp":
            events[name] = found[name][:good]
        yield Chunk(events, partial(_where, buffer.what), after)
        if wrong.size:
            raise DataError(f"{buffer.what}: event {good:,} has the polarity {found['p'][good]}; wanted 0 or 1")


def _where(what: str, k: int) -> str:
    return f"number {k:,} of {what.rpartition(': ')[2]}"


def _samples(path: Path, layout: PacketLayout, streams: list[FileStream], cut: bool) -> Events:
    if len(streams) != 1:
        raise DataError(
            f"{path} has {len(streams)} streams of inertial samples, and none from the events' camera alone"
        )
    packets = _packets(path, layout, streams[0].number)
    found = [_packet_samples(buffer) for buffer, _ in (before_cut(packets) if cut else packets)]
    samples = np.concatenate(found) if found else np.empty(0, INERTIAL)
    falls = np.flatnonzero(np.diff(samples["t"]) < 0)
    if falls.size:
        raise DataError(f"{path}: inertial sample {falls[0] + 1:,} is earlier than the one before it")
    return samples


def _packet_samples(buffer: FlatBuffer) -> Events:
    at = buffer.field(buffer.follow(0), 0)
    tables = np.empty(0, np.int64) if at is None else buffer.tables(at)
    samples = np.empty(len(tables), INERTIAL)
    samples["t"] = buffer.column(tables, 0, "<i8")
    with np.errstate(invalid="ignore"):  # of a number that is none, the check below tells
        samples["temperature"] = buffer.column(tables, 1, "<f4")
        for k in range(3):
            samples["acceleration"][:, k] = buffer.column(tables, 2 + k, "<f4")
            samples["gyroscope"][:, k] = buffer.column(tables, 5 + k, "<f4")
    for name in ("temperature", "acceleration", "gyroscope"):
        if not np.isfinite(samples[name]).all():
            raise DataError(f"{buffer.what} has an inertial sample whose {name} is not a number")
    return samples


# --- compression ---
def _decompressor(path: Path, compression: int) -> Any:
    """The module that decompresses. Raises DataError where it is not installed, or there is none."""
    try:
        if compression in (LZ4, LZ4_HIGH):
            import lz4.frame

            return lz4.frame
        if compression in (ZSTD, ZSTD_HIGH):
            import zstandard

            return zstandard
    except ImportError as error:
        raise DataError(f'{path} is compressed ({error}): pip install "eventnet[dvs]"') from error
    raise DataError(f"{path} has the compression {compression}; wanted 0 to {ZSTD_HIGH}")


def _unpacked(path: Path, data: bytes, compression: int, at: int) -> bytes:
    """A packet's bytes as they were before compression, at most MAX_PACKET of them."""
    if compression == NONE:
        return data
    module = _decompressor(path, compression)
    try:
        return _unpacked_lz4(module, data) if compression in (LZ4, LZ4_HIGH) else _unpacked_zstd(module, data)
    except Exception as error:  # each library has errors of its own on damaged frames
        raise DataError(f"{path}: the packet at byte {at:,} cannot be decompressed: {error}") from error


def _unpacked_lz4(module: Any, data: bytes) -> bytes:
    frame = module.LZ4FrameDecompressor()
    parts = [frame.decompress(data, max_length=_PIECE)]
    size = len(parts[0])
    while not frame.eof and not frame.needs_input and size <= MAX_PACKET:
        parts.append(frame.decompress(b"", max_length=_PIECE))
        size += len(parts[-1])
    return b"".join(parts)


def _unpacked_zstd(module: Any, data: bytes) -> bytes:
    with module.ZstdDecompressor().stream_reader(io.BytesIO(data)) as reader:
        parts: list[bytes] = []
        while (part := reader.read(_PIECE)) and len(parts) * _PIECE <= MAX_PACKET:
            parts.append(part)
    return b"".join(parts)


FORMAT = Format(open_aedat4, re.compile(rb"#!AER-DAT4"))
