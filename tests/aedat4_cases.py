"""AEDAT 4.0 files made byte by byte, from the published layout."""

from __future__ import annotations

import struct

import lz4.frame
import zstandard

from eventnet.event import Events

PLAIN, LZ4, ZSTD = 0, 1, 3


def table(fields: list[bytes | None]) -> tuple[bytes, list[int]]:
    """A vtable and its table, fields one after another; and where each field is. None: the default, left out."""
    places, at = [], 4
    for field in fields:
        places.append(at if field is not None else 0)
        at += len(field or b"")
    vtable = struct.pack(f"<HH{len(fields)}H", 4 + 2 * len(fields), at, *places)
    body = struct.pack("<i", len(vtable)) + b"".join(field or b"" for field in fields)
    return vtable + body, [len(vtable) + place for place in places]


def rooted(name: bytes, fields: list[bytes | None], tail: bytes, link: int) -> bytes:
    """A buffer whose root table has the distance to `tail` in its field `link`."""
    made, places = table(fields)
    front = 8
    root = front + len(made) - 4 - sum(len(field or b"") for field in fields)
    whole = bytearray(struct.pack("<I", root) + name + made + tail)
    at = front + places[link]
    struct.pack_into("<I", whole, at, front + len(made) - at)
    return bytes(whole)


def header(streams: str, compression: int, table_position: int = -1) -> bytes:
    text = f'<dv version="2.0"><node name="outInfo" path="/o/">{streams}</node></dv>'.encode()
    tail = struct.pack("<I", len(text)) + text + b"\0"
    return rooted(b"IOHE", [struct.pack("<i", compression), struct.pack("<q", table_position), bytes(4)], tail, 2)


def stream(number: int, kind: str, source: str = "cam", size: tuple[int, int] | None = (320, 240)) -> str:
    sizes = (
        f'<attr key="sizeX" type="int">{size[0]}</attr><attr key="sizeY" type="int">{size[1]}</attr>' if size else ""
    )
    return (
        f'<node name="{number}"><attr key="typeIdentifier" type="string">{kind}</attr>'
        f'<node name="info">{sizes}<attr key="source" type="string">{source}</attr></node></node>'
    )


def events_buffer(events: Events) -> bytes:
    rows = b"".join(struct.pack("<qHH?3x", t, x, y, p) for t, x, y, p in events.tolist())
    return rooted(b"EVTS", [bytes(4)], struct.pack("<I", len(events)) + rows, 0)


def samples_buffer(samples: Events, left_out: int = -1) -> bytes:
    """Inertial samples as tables; the field of this number is left out of each."""
    tables = []
    for s in samples:
        numbers = [s["temperature"], *s["acceleration"], *s["gyroscope"], 1.0, 2.0, 3.0]
        fields: list[bytes | None] = [struct.pack("<q", s["t"]), *(struct.pack("<f", number) for number in numbers)]
        if left_out >= 0:
            fields[left_out] = None
        tables.append((table(fields)[0], 4 + 2 * len(fields)))
    links, at = [], 4 * len(tables)
    for k, (made, vtable) in enumerate(tables):
        links.append(at + vtable - 4 * k)
        at += len(made)
    body = struct.pack(f"<{len(links)}I", *links) + b"".join(made for made, _ in tables)
    return rooted(b"IMUS", [bytes(4)], struct.pack("<I", len(links)) + body, 0)


def packet(number: int, buffer: bytes, compression: int) -> bytes:
    whole = struct.pack("<I", len(buffer)) + buffer
    if compression == LZ4:
        whole = lz4.frame.compress(whole)
    elif compression == ZSTD:
        whole = zstandard.ZstdCompressor().compress(whole)
    return struct.pack("<ii", number, len(whole)) + whole


def file(streams: str, packets: list[tuple[int, bytes]], compression: int = LZ4, with_table: bool = False) -> bytes:
    """A whole file; with_table: bytes follow the packets, and the header says where."""
    body = b"".join(packet(number, buffer, compression) for number, buffer in packets)
    head = header(streams, compression)
    start = b"#!AER-DAT4.0\r\n" + struct.pack("<I", len(head))
    if not with_table:
        return start + head + body
    return start + header(streams, compression, len(start + head + body)) + body + b"a table of packets"
