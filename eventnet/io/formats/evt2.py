"""Read EVT 2.0, Prophesee's 32-bit format: little-endian words, the kind of each in its 4 highest bits.

Kinds 0 and 1 are events, OFF and ON: the low 6 bits of the time in bits 22 to 27, x in bits 11 to 21, y in bits 0 to
10. Kind 8 is the time's high 28 bits, for the events that follow. Triggers and other kinds are passed over, and so are
events before the first time. Times wrap after 4 hours and 46 minutes.
Source: Prophesee, "EVT 2.0 Format" (docs.prophesee.ai).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from eventnet.event import PIXEL_EVENT
from eventnet.io.prophesee import Header, check_little_endian, read_prophesee_header
from eventnet.io.source import Chunk, Format, Options, Source, blocks, check_whole
from eventnet.io.unroll import Unroller

WORD = 4
TIME_HIGH = 8


def open_evt2(path: Path, options: Options) -> Source:
    """A RAW file of EVT 2.0 words. Raises DataError where it is cut off."""
    header = read_prophesee_header(path)
    check_little_endian(path, header.fields)
    left = check_whole(path, header.start, WORD, options.partial)
    chunks = partial(_chunks, path, header, options.chunk)
    return Source(chunks, options.width or header.width, options.height or header.height, largest=1 << 11, left=left)


def _chunks(path: Path, header: Header, chunk: int) -> Iterator[Chunk]:
    unroll = Unroller(28)
    for place, block in blocks(path, header.start, WORD, chunk):
        words = np.frombuffer(block, "<u4")
        kind = words >> 28
        is_high = kind == TIME_HIGH
        known = unroll.last is not None
        # Before the first time word of the block holds the last of the blocks before it; without one, none holds.
        high = np.concatenate([[unroll.last or 0], unroll(words[is_high] & 0xFFF_FFFF)])
        holds = np.cumsum(is_high)
        chosen = np.flatnonzero((kind <= 1) & ((holds > 0) | known))
        word = words[chosen]
        events = np.empty(len(chosen), PIXEL_EVENT)
        events["t"] = (high[holds[chosen]] << 6) | ((word >> 22) & 63)
        events["t"] += header.t0
        events["x"] = (word >> 11) & 0x7FF
        events["y"] = word & 0x7FF
        events["p"] = kind[chosen] == 1
        yield Chunk(events, partial(_where, place, chosen), place + len(block))


def _where(place: int, chosen: np.ndarray, k: int) -> str:
    return f"byte {place + WORD * int(chosen[k]):,}"


FORMAT = Format(open_evt2, re.compile(rb"(?:%.*\n)*?% (?:evt 2\.0|format EVT2\b)"))
