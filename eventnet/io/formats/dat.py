"""Read DAT, Prophesee's format of decoded events: a text header, two bytes, then 8 little-endian bytes an event.

The two bytes are the kind of event (0 or 12: of a pixel) and its size, 8. An event is its time in microseconds, and a
word with x in bits 0 to 13, y in bits 14 to 27 and the polarity, 0 or 1, above. Times are 32 bits and wrap.
Source: Prophesee, "DAT File Format" (docs.prophesee.ai) and the header event_cd.h of OpenEB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from eventnet.base.files import opened
from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT
from eventnet.io.prophesee import Header, read_prophesee_header
from eventnet.io.source import Chunk, Format, Options, Source, at_byte, blocks, check_whole
from eventnet.io.unroll import Unroller

RECORD = 8
KINDS = (0, 12)


def open_dat(path: Path, options: Options) -> Source:
    """A DAT file of version 2. Raises DataError for other versions or kinds of event, and where it is cut off."""
    header = read_prophesee_header(path)
    version = header.fields.get("version")
    if version != "2":
        raise DataError(
            f"{path} is DAT of {f'version {version}' if version else 'no stated version'}; wanted version 2"
        )
    with opened(path) as file:
        file.seek(header.start)
        kind = file.read(2)
    if len(kind) != 2 or kind[0] not in KINDS or kind[1] != RECORD:
        raise DataError(
            f"{path}: the bytes [{kind.hex(' ')}] at byte {header.start} tell the kind of event and its size; "
            f"wanted {' or '.join(map(str, KINDS))}, and {RECORD}"
        )
    left = check_whole(path, header.start + 2, RECORD, options.partial)
    chunks = partial(_chunks, path, header, options.chunk)
    return Source(chunks, options.width or header.width, options.height or header.height, largest=1 << 14, left=left)


def _chunks(path: Path, header: Header, chunk: int) -> Iterator[Chunk]:
    unroll = Unroller(32)
    for place, block in blocks(path, header.start + 2, RECORD, chunk):
        pairs = np.frombuffer(block, "<u4").reshape(-1, 2)
        word = pairs[:, 1]
        polarity = word >> 28
        wrong = np.flatnonzero(polarity > 1)
        good = int(wrong[0]) if wrong.size else len(word)
        events = np.empty(len(word), PIXEL_EVENT)
        events["t"] = unroll(pairs[:, 0]) + header.t0
        events["x"] = word & 0x3FFF
        events["y"] = (word >> 14) & 0x3FFF
        events["p"] = polarity == 1
        where = at_byte(place, RECORD)
        yield Chunk(events[:good], where, place + len(block))
        if wrong.size:
            raise DataError(f"{path}: the event at {where(good)} has the polarity {polarity[good]}; wanted 0 or 1")


_RAW = rb"(?:%.*\n)*?% (?:evt [23]\.[01]|format EVT[23]1?\b)"
FORMAT = Format(open_dat, re.compile(rb"(?!" + _RAW + rb")% Data file containing "), (".dat",))
