"""Read Event Stream files (`.es`) of DVS and ATIS events, version 2: five bytes an event, the first its time.

After the name come three bytes of version, the kind of stream (1: DVS, 2: ATIS), width and height (16 bits each, low
byte first). An event is the microseconds since the one before it with the polarity in the lowest bit, x and y.
In place of the first byte, 0xFF adds 127 us and 0xFE does nothing. ATIS streams have two flags in the first byte
(bit 1: polarity, bit 0: a threshold crossing, passed over), 0xFD to 0xFF add 63, 126 and 189 us, and 0xFC does nothing.
Source: the specification of the format (github.com/neuromorphic-paris/event_stream).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import opened
from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT
from eventnet.io.source import Chunk, CutError, Format, Options, Source
from eventnet.kernels.compiling import compiled

NAME = b"Event Stream"
HEADER, RECORD = 20, 5
DVS, ATIS = 1, 2
KINDS = ("generic events", "DVS events", "ATIS events", "events of a display", "color events")


def open_es(path: Path, options: Options) -> Source:
    """An Event Stream file. Raises DataError for other versions and kinds of stream, and a cut header."""
    with opened(path) as file:
        head = file.read(HEADER)
    if len(head) < len(NAME) + 4 or not head.startswith(NAME):
        raise DataError(f"{path} is no Event Stream file: it begins with the bytes [{head[:16].hex(' ')}]")
    major, minor, patch, kind = head[12:16]
    if major != 2:
        raise DataError(f"{path} is Event Stream of version {major}.{minor}.{patch}; wanted version 2")
    if kind not in (DVS, ATIS):
        name = KINDS[kind] if kind < len(KINDS) else f"kind {kind}"
        raise DataError(f"{path} is a stream of {name}; wanted DVS or ATIS events")
    if len(head) < HEADER:
        raise DataError(f"{path} ends inside its header, after {len(head)} of {HEADER} bytes")
    width, height = (int.from_bytes(head[k : k + 2], "little") for k in (16, 18))
    chunks = partial(_chunks, path, kind == ATIS, options.chunk)
    return Source(chunks, options.width or width or None, options.height or height or None)


def _chunks(path: Path, atis: bool, chunk: int) -> Iterator[Chunk]:
    rest, t, place = b"", 0, HEADER
    with opened(path) as file:
        file.seek(HEADER)
        while block := file.read(max(chunk, RECORD)):
            data = rest + block
            events = np.empty(len(data) // RECORD + 1, PIXEL_EVENT)
            byte_of = np.empty(len(events), np.int64)
            made, used, t = decode(np.frombuffer(data, np.uint8), atis, t, events, byte_of)
            yield Chunk(events[:made], partial(_where, place, byte_of), place + len(data))
            rest, place = data[used:], place + used
    if rest:
        raise CutError(f"{path} is cut off: the last event has {len(rest)} of {RECORD} bytes", len(rest))


def _where(place: int, byte_of: NDArray[np.int64], k: int) -> str:
    return f"byte {place + int(byte_of[k]):,}"


@compiled
def decode(
    data: NDArray[np.uint8], atis: bool, t: int, events: Any, byte_of: NDArray[np.int64]
) -> tuple[int, int, int]:
    """Write the bytes' events, and where each begins; the events made, the bytes used, and the time reached."""
    made, k = 0, 0
    while k < len(data):
        first = int(data[k])
        if atis and first >= 0xFC:
            t, k = t + 63 * (first & 3), k + 1
        elif not atis and first >= 0xFE:
            t, k = t + 127 * (first & 1), k + 1
        elif k + 5 > len(data):
            break
        else:
            t += first >> 2 if atis else first >> 1
            if not (atis and first & 1):
                events[made].t = t
                events[made].x = data[k + 1] | data[k + 2] << 8
                events[made].y = data[k + 3] | data[k + 4] << 8
                events[made].p = (first >> 1 if atis else first) & 1 != 0
                byte_of[made] = k
                made += 1
            k += 5
    return made, k, t


FORMAT = Format(open_es, re.compile(NAME), (".es",))
