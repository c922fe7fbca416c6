"""Read the files of N-MNIST, as those of N-Caltech101 are laid out: 5 bytes an event and nothing else.

x, y, then 24 bits with the high byte first: the polarity, and 23 bits of microseconds. An event with y = 240, a row the
camera did not have, is none: it adds 8,192 microseconds to all times from there on.
Source: Orchard, Jayawant, Cohen and Thakor, "Converting static image datasets to spiking neuromorphic datasets using
saccades", Frontiers in Neuroscience 9 (2015) 437; y = 240 is known from its authors' reader (gorchard/event-Python).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eventnet.event import PIXEL_EVENT, Events
from eventnet.io.source import Chunk, Format, Options, Source, blocks, check_whole

RECORD = 5
SIZE = 34
OVERFLOW_ROW, OVERFLOW = 240, 1 << 13


def open_nmnist(path: Path, options: Options) -> Source:
    """A file of 5-byte events, of 34x34 pixels where the caller says nothing else. Raises DataError if cut off."""
    left = check_whole(path, 0, RECORD, options.partial)
    hint = "; files of N-Caltech101 have the same layout: format 'ncaltech'" if options.width is None else ""
    chunks = partial(chunks_of, path, options.chunk)
    return Source(chunks, options.width or SIZE, options.height or SIZE, left=left, hint=hint)


def decode(content: bytes) -> Events:
    """All events of a file's bytes, PIXEL_EVENT [n], unchecked; what is left over at the end is passed over."""
    return _decode(content, 0)[0]


def chunks_of(path: Path, chunk: int) -> Iterator[Chunk]:
    """The events of a file, chunk by chunk."""
    marks = 0
    for place, block in blocks(path, 0, RECORD, chunk):
        events, chosen, found = _decode(block, marks)
        yield Chunk(events, partial(_where, place, chosen), place + len(block))
        marks += found


def _decode(content: bytes, marks: int) -> tuple[Events, NDArray[np.int64], int]:
    """The events, the record that each came from, and the overflow marks among the records; `marks` came before."""
    raw = np.frombuffer(content, np.uint8, len(content) // RECORD * RECORD).reshape(-1, RECORD)
    is_mark = raw[:, 1] == OVERFLOW_ROW
    chosen = np.flatnonzero(~is_mark)
    passed = marks + np.cumsum(is_mark)[chosen]
    rows = raw[chosen].astype(np.int64)
    events = np.empty(len(chosen), PIXEL_EVENT)
    events["t"] = ((rows[:, 2] & 0x7F) << 16 | rows[:, 3] << 8 | rows[:, 4]) + OVERFLOW * passed
    events["x"], events["y"] = rows[:, 0], rows[:, 1]
    events["p"] = rows[:, 2] >> 7
    return events, chosen, int(np.count_nonzero(is_mark))


def _where(place: int, chosen: NDArray[np.int64], k: int) -> str:
    return f"byte {place + RECORD * int(chosen[k]):,}"


FORMAT = Format(open_nmnist, suffixes=(".bin", ".bs2"))
