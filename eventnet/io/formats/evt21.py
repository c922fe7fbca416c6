"""Read EVT 2.1, Prophesee's 64-bit format: up to 32 neighbours of a row in a word, its kind in the 4 highest bits.

Kinds 0 and 1 are events, OFF and ON: the low 6 bits of the time in bits 54 to 59, the first x in bits 43 to 53, y in
bits 32 to 42; each of bits 0 to 31 that is set is an event, bit k at the first x + k. Kind 8 is the time's high 28
bits, in bits 32 to 59, for the events that follow. Triggers and other kinds are passed over, and so are events before
the first time. Times wrap after 4 hours and 46 minutes.

GenX320 cameras write a word with its low byte first. IMX636 cameras write its high half first, each half with its low
byte first; `endianness=legacy` is taken to state that, which no recording at hand confirms. Of a file that states
nothing, the order is the one in which more words are times.
Source: Prophesee, "EVT 2.1 Format" (docs.prophesee.ai).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT
from eventnet.io.prophesee import Header, read_prophesee_header
from eventnet.io.source import Chunk, Format, Options, Source, blocks, check_whole
from eventnet.io.unroll import Unroller

WORD, HALF = 8, 4
TIME_HIGH = 8
LANES = np.arange(32, dtype=np.uint32)
_LOOKED_AT = 1 << 16


def open_evt21(path: Path, options: Options) -> Source:
    """A RAW file of EVT 2.1 words. Raises DataError where it is cut off, or says that its high bytes come first."""
    header = read_prophesee_header(path)
    left = check_whole(path, header.start, WORD, options.partial)
    chunks = partial(_chunks, path, header, options.chunk, _high_half_first(path, header))
    return Source(chunks, options.width or header.width, options.height or header.height, largest=1 << 11, left=left)


def _high_half_first(path: Path, header: Header) -> bool:
    stated = re.search(r"endianness=(\w+)", header.fields.get("format", ""))
    if stated and stated[1] not in ("little", "legacy"):
        raise DataError(f"{path} has words in {stated[1]} endian order; wanted little or legacy, as cameras write them")
    if stated:
        return stated[1] == "legacy"
    block = next(blocks(path, header.start, WORD, _LOOKED_AT), (0, b""))[1]
    times = np.count_nonzero(np.frombuffer(block, "<u4").reshape(-1, 2) >> 28 == TIME_HIGH, axis=0)
    return bool(times[0] > times[1])


def _chunks(path: Path, header: Header, chunk: int, high_half_first: bool) -> Iterator[Chunk]:
    unroll = Unroller(28)
    # A word may make 32 events of 13 bytes each.
    for place, block in blocks(path, header.start, WORD, chunk // 8):
        halves = np.frombuffer(block, "<u4").reshape(-1, 2)
        mask, word = (halves[:, 1], halves[:, 0]) if high_half_first else (halves[:, 0], halves[:, 1])
        kind = word >> 28
        is_high = kind == TIME_HIGH
        known = unroll.last is not None
        high = np.concatenate([[unroll.last or 0], unroll(word[is_high] & 0xFFF_FFFF)])
        holds = np.cumsum(is_high)
        chosen = np.flatnonzero((kind <= 1) & ((holds > 0) | known))
        row, lane = np.nonzero((mask[chosen, None] >> LANES) & 1)
        made = word[chosen]
        events = np.empty(len(row), PIXEL_EVENT)
        events["t"] = ((high[holds[chosen]] << 6) | ((made >> 22) & 63))[row] + header.t0
        # The last neighbours of a damaged word may lie beyond the largest sensor; 11 bits and 31 are within 16.
        events["x"] = ((made >> 11) & 0x7FF)[row] + lane
        events["y"] = (made & 0x7FF)[row]
        events["p"] = (kind[chosen] == 1)[row]
        yield Chunk(events, partial(_where, place, chosen[row]), place + len(block))


def _where(place: int, word_of: NDArray[np.int64], k: int) -> str:
    return f"byte {place + WORD * int(word_of[k]):,}"


FORMAT = Format(open_evt21, re.compile(rb"(?:%.*\n)*?% (?:evt 2\.1|format EVT21\b)"))
