"""Read FlatBuffers, tables whose fields lie where other fields say, and never past their end.

A table begins with the distance back to its vtable, which has its own size, the table's size and, for each field, the
distance from the table's beginning, or 0 where the field has its default. All numbers are little-endian.
Source: "FlatBuffers Internals" (flatbuffers.dev).
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError


class FlatBuffer:
    """The bytes of one buffer. Every method raises DataError where it would leave them. what: for messages."""

    def __init__(self, data: bytes, what: str) -> None:
        self.data, self.what = data, what

    def number(self, kind: str, at: int) -> int:
        """The number of this `struct` kind at a byte."""
        self._check(at, struct.calcsize(f"<{kind}"))
        return int(struct.unpack_from(f"<{kind}", self.data, at)[0])

    def follow(self, at: int) -> int:
        """The byte to which the distance at this byte leads."""
        return at + self.number("I", at)

    def field(self, table: int, index: int) -> int | None:
        """The byte at which a table's field begins; None where it has its default."""
        vtable = table - self.number("i", table)
        if 4 + 2 * index >= self.number("H", vtable):
            return None
        distance = self.number("H", vtable + 4 + 2 * index)
        return table + distance if distance else None

    def vector(self, at: int) -> tuple[int, int]:
        """The first element and the length of the vector that the distance at this byte leads to."""
        vector = self.follow(at)
        return vector + 4, self.number("I", vector)

    def string(self, at: int) -> str:
        """The text that the distance at this byte leads to."""
        start, length = self.vector(at)
        self._check(start, length)
        return self.data[start : start + length].decode("utf-8", "replace")

    def records(self, at: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """The vector of structs that the distance at this byte leads to."""
        start, length = self.vector(at)
        self._check(start, length * dtype.itemsize)
        return np.frombuffer(self.data, dtype, length, start)

    def tables(self, at: int) -> NDArray[np.int64]:
        """The bytes [n] at which the tables begin of the vector that the distance at this byte leads to."""
        start, _ = self.vector(at)
        distances = self.records(at, np.dtype("<u4")).astype(np.int64)
        return start + 4 * np.arange(len(distances)) + distances

    def column(self, tables: NDArray[np.int64], index: int, dtype: str) -> NDArray[Any]:
        """One field of many tables at once, with 0 for the default."""
        vtables = tables - self._gather(tables, "<i4")
        present = self._gather(vtables, "<u2") > 4 + 2 * index
        distance = np.zeros(len(tables), np.int64)
        distance[present] = self._gather(vtables[present] + 4 + 2 * index, "<u2")
        out = np.zeros(len(tables), dtype)
        stated = distance > 0
        out[stated] = self._gather((tables + distance)[stated], dtype)
        return out

    def _gather(self, at: NDArray[np.int64], dtype: str) -> NDArray[Any]:
        size = np.dtype(dtype).itemsize
        if len(at):
            self._check(int(at.min()), 0)
            self._check(int(at.max()), size)
        places = at[:, None] + np.arange(size)
        return np.ascontiguousarray(np.frombuffer(self.data, np.uint8)[places]).view(dtype).reshape(-1)

    def _check(self, at: int, size: int) -> None:
        if at < 0 or at + size > len(self.data):
            raise DataError(
                f"{self.what} is damaged: it leads to bytes {at:,} to {at + size:,}, but has {len(self.data):,}"
            )
