"""The header of a .npy array, read without trust: what it declares is checked before anything is made of it."""

from __future__ import annotations

import ast
import math
import re
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy

from eventnet.errors import DataError

# NumPy's own limit for a header that is not trusted; the longest that eventnet writes has 256 bytes.
MOST_BYTES = 10_000
MOST_NESTED = 16
MOST_AXES = 32
MOST_LENGTH = 1 << 62
_QUOTED = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"")
_PLAIN = re.compile(r"(?:[\s\d,:(){}\[\]]|True|False)*")


class Layout(NamedTuple):
    """What a header says. shape, dtype: of the array. fortran: whether columns lie together. start: its first byte."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    start: int

    @property
    def bytes(self) -> int:
        """What the array takes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes], what: str) -> Layout:
    """The layout of an array whose file is at its first byte; what: for messages. Raises DataError if it has none."""
    magic = file.read(8)
    if magic[:6] != b"\x93NUMPY" or magic[6:] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise DataError(f"{what} is damaged or no NumPy file: it begins with the bytes [{magic.hex(' ')}]")
    width = 2 if magic[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if length > MOST_BYTES:
        raise DataError(f"{what} is damaged: its header has {length:,} bytes; at most {MOST_BYTES:,} are read")
    text = file.read(length)
    if len(text) != length:
        raise DataError(f"{what} is damaged: it ends inside its header, after {len(text):,} of {length:,} bytes")
    given = _literal(text.decode("utf-8" if magic[6] == 3 else "latin-1", "replace"), what)
    dtype = _dtype(given["descr"], what)
    return Layout(dtype, _shape(given["shape"], dtype.itemsize, what), given["fortran_order"], 8 + width + length)


def _literal(text: str, what: str) -> dict[str, Any]:
    """The dict that a header is: of texts, whole numbers, True and False alone, and not deep."""
    bare = _QUOTED.sub("", text)
    given = None
    if _PLAIN.fullmatch(bare) and _depth(bare) <= MOST_NESTED:
        try:
            given = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            given = None
    if not isinstance(given, dict) or set(given) != {"descr", "fortran_order", "shape"}:
        raise DataError(f"{what} is damaged: its header is {_short(text)}; wanted descr, fortran_order and shape")
    if not isinstance(given["fortran_order"], bool):
        raise DataError(f"{what} is damaged: fortran_order is {_short(given['fortran_order'])}; wanted True or False")
    return given


def _depth(text: str) -> int:
    depth = most = 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        most = max(most, depth)
    return most


def _dtype(descr: Any, what: str) -> np.dtype[Any]:
    try:
        found: np.dtype[Any] = npy.descr_to_dtype(descr)
    except Exception as error:  # NumPy raises errors of many classes on what is no type
        raise DataError(f"{what} is damaged: {_short(descr)} is no type of numbers") from error
    if found.hasobject:
        raise DataError(f"{what} holds Python objects, which are never read; wanted numbers or texts")
    return found


def _shape(shape: Any, item: int, what: str) -> tuple[int, ...]:
    sizes = shape if isinstance(shape, tuple) else (-1,)
    whole = all(type(size) is int and 0 <= size <= MOST_LENGTH for size in sizes)
    # The product without zeros: NumPy multiplies in 64 bits, whatever the array holds.
    if not whole or len(sizes) > MOST_AXES or math.prod(n for n in (item, *sizes) if n) > MOST_LENGTH:
        raise DataError(f"{what} is damaged: its shape is {_short(shape)}; wanted up to {MOST_AXES} whole numbers")
    return tuple(sizes)


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # a whole number of thousands of digits has no decimal text
        text = f"a long {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."
