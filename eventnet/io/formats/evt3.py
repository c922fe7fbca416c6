"""Read EVT 3.0, Prophesee's 16-bit format: little-endian words, the kind of each in its 4 highest bits.

Parts of an event are sent when they change, so reading is a small state machine. Kind 0: y. 2: an event, its x and
polarity. 3: x and polarity that vectors begin at. 4 and 5: a vector, 12 or 8 neighbours of which each bit that is set
is an event (the lowest bit first); the next vector begins where it ends. 6 and 8: the time's low and high 12 bits.
Triggers and other kinds are passed over, and so are events before the first time or row. Times wrap after 16.8 s.
Source: Prophesee, "EVT 3.0 Format" (docs.prophesee.ai). That a new high part sets the low part to 0 until its own word
comes is what Prophesee's decoder does (OpenEB), and keeps times from falling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.event import PIXEL_EVENT
from eventnet.io.prophesee import Header, check_little_endian, read_prophesee_header
from eventnet.io.source import Chunk, Format, Options, Source, blocks, check_whole
from eventnet.kernels.compiling import compiled

WORD = 2
ADDR_Y, ADDR_X, VECT_BASE_X, VECT_12, VECT_8, TIME_LOW, TIME_HIGH = 0, 2, 3, 4, 5, 6, 8
# The decoder's state between two blocks: flags that a time and a row are known, time (high, low), row, base, polarity.
HAS_TIME, HAS_ROW, HIGH, LOW, Y, BASE, ON, STATE = range(8)


def open_evt3(path: Path, options: Options) -> Source:
    """A RAW file of EVT 3.0 words. Raises DataError where it is cut off."""
    header = read_prophesee_header(path)
    check_little_endian(path, header.fields)
    left = check_whole(path, header.start, WORD, options.partial)
    chunks = partial(_chunks, path, header, options.chunk)
    return Source(chunks, options.width or header.width, options.height or header.height, largest=1 << 11, left=left)


def _chunks(path: Path, header: Header, chunk: int) -> Iterator[Chunk]:
    state = np.zeros(STATE, np.int64)
    # A word may make 12 events of 13 bytes each.
    for place, block in blocks(path, header.start, WORD, chunk // 8):
        words = np.frombuffer(block, "<u2").astype(np.uint16)
        events = np.empty(count(words), PIXEL_EVENT)
        word_of = np.empty(len(events), np.int32)
        made = decode(words, state, events, word_of)
        events["t"][:made] += header.t0
        yield Chunk(events[:made], partial(_where, place, word_of), place + len(block))


def _where(place: int, word_of: NDArray[np.int32], k: int) -> str:
    return f"byte {place + WORD * int(word_of[k]):,}"


@compiled
def count(words: NDArray[np.uint16]) -> int:
    """The most events that these words can make."""
    found = 0
    for word in words:
        kind = word >> 12
        if kind == ADDR_X:
            found += 1
        elif kind == VECT_12 or kind == VECT_8:
            bits = word & (0xFFF if kind == VECT_12 else 0xFF)
            while bits:
                found += bits & 1
                bits >>= 1
    return found


@compiled
def decode(words: NDArray[np.uint16], state: NDArray[np.int64], events: Any, word_of: NDArray[np.int32]) -> int:
    """Write the words' events and the word each came from; go on from `state`, and leave there how it ends."""
    made = 0
    for k in range(len(words)):
        word = int(words[k])
        kind, value = word >> 12, word & 0xFFF
        if kind == ADDR_Y:
            state[Y], state[HAS_ROW] = value & 0x7FF, 1
        elif kind == TIME_LOW:
            state[LOW] = value
        elif kind == TIME_HIGH:
            # The shorter way round the 12 bits, as in `Unroller`.
            step = ((value - state[HIGH] + 0x800) & 0xFFF) - 0x800 if state[HAS_TIME] else value
            if step != 0:
                state[LOW] = 0
            state[HIGH], state[HAS_TIME] = state[HIGH] + step, 1
        elif kind == VECT_BASE_X:
            state[BASE], state[ON] = value & 0x7FF, value >> 11
        elif kind == ADDR_X or kind == VECT_12 or kind == VECT_8:
            first, on, bits, width = state[BASE], state[ON], value, 12
            if kind == ADDR_X:
                first, on, bits, width = value & 0x7FF, value >> 11, 1, 0
            elif kind == VECT_8:
                bits, width = value & 0xFF, 8
            if state[HAS_TIME] and state[HAS_ROW]:
                while bits:
                    if bits & 1:
                        events[made].t = (state[HIGH] << 12) | state[LOW]
                        events[made].x = min(first, 0xFFFF)
                        events[made].y = state[Y]
                        events[made].p = on != 0
                        word_of[made] = k
                        made += 1
                    first += 1
                    bits >>= 1
            state[BASE] += width
    return made


FORMAT = Format(open_evt3, re.compile(rb"(?:%.*\n)*?% (?:evt 3\.0|format EVT3\b)"))
