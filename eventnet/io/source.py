"""Formats, and the sources that their readers hand to a recording: the sensor's size, and its events chunk by chunk."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from eventnet.base.files import opened
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io.inertial import Scales

Item = TypeVar("Item")
CHUNK = 1 << 20
"""Bytes of a file that are decoded at a time, where the caller names no other number."""


class Chunk(NamedTuple):
    """Some events in the file's order. where: the place of event k in the file, as words. read: bytes read so far."""

    events: Events
    where: Callable[[int], str]
    read: int


@dataclass(frozen=True)
class Options:
    """Options of a caller for files that do not say all. Readers take those that concern them."""

    width: int | None = None
    height: int | None = None
    unit: str | None = None
    scales: Scales | None = None
    stream: int | None = None
    chunk: int = CHUNK
    columns: tuple[str, ...] | None = None
    camera: str | None = None
    partial: bool = False


@dataclass(frozen=True)
class Source:
    """An opened file. width, height: of the sensor, where it is known. largest: the columns and rows a format can tell.

    chunks: begins the events anew. inertial: reads all inertial samples, where the format can hold any. left: bytes of
    a last record that is cut off, where that was asked to be passed over. hint: what an event outside the sensor may
    mean, for the message.
    """

    chunks: Callable[[], Iterator[Chunk]]
    width: int | None = None
    height: int | None = None
    largest: int = 1 << 16
    inertial: Callable[[], Events] | None = None
    left: int = 0
    hint: str = ""


class CutError(DataError):
    """A file ends inside something. left: the bytes from where that begins to the end."""

    def __init__(self, message: str, left: int) -> None:
        super().__init__(message)
        self.left = left


def before_cut(parts: Iterator[Item]) -> Iterator[Item]:
    """The parts up to the place at which the file is cut off (CutError)."""
    with suppress(CutError):
        yield from parts


@dataclass(frozen=True)
class Format:
    """A format of files of camera events: what its file in eventnet/io/formats/ has as `FORMAT`.

    read    opens a file
    starts  matches the first bytes of its files, where they tell it; other files are told by their suffixes, lower case
    write   writes packets of PIXEL_EVENT into an empty file, with the sensor's size if it is known and INERTIAL records
            in order of time, and returns how many events there were; the path is for messages. None: it is only read
    holds_samples    whether it can hold inertial samples
    written_suffixes of names that ask for it when a file is written, besides suffixes
    """

    read: Callable[[Path, Options], Source]
    starts: re.Pattern[bytes] | None = None
    suffixes: tuple[str, ...] = ()
    write: Callable[[BinaryIO, Path, Iterator[Events], tuple[int, int] | None, Events], int] | None = None
    holds_samples: bool = False
    written_suffixes: tuple[str, ...] = ()


def at_byte(start: int, record: int) -> Callable[[int], str]:
    """Says where record k is, when each has this many bytes and the first is at `start`."""
    return lambda k: f"byte {start + record * k:,}"


def check_whole(path: Path, start: int, record: int, partial: bool = False) -> int:
    """Raises DataError unless the bytes from `start` on are whole records of this many bytes.

    partial: take them up to a last record that is cut off. Returns the bytes of that one.
    """
    with opened(path) as file:
        size = file.seek(0, os.SEEK_END)
    if size < start:
        raise DataError(f"{path} ends inside its header, after {size:,} bytes; its events begin at byte {start:,}")
    rest = (size - start) % record
    if rest and not partial:
        raise DataError(f"{path} is cut off: the last record, at byte {size - rest:,}, has {rest} of {record} bytes")
    return rest


def blocks(path: Path, start: int, record: int, chunk: int) -> Iterator[tuple[int, bytes]]:
    """The bytes from `start` on in blocks of whole records, each with its place in the file."""
    with opened(path) as file:
        file.seek(start)
        while block := file.read(max(chunk // record, 1) * record):
            yield start, block[: len(block) // record * record]
            start += len(block)
