"""FlatBuffers are read inside their bytes or not at all."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from aedat4_cases import rooted, table

from eventnet.errors import DataError
from eventnet.io.flatbuffer import FlatBuffer

TEXT = struct.pack("<I", 5) + b"hello\0"


def test_fields_defaults_and_text() -> None:
    buffer = FlatBuffer(rooted(b"TEST", [struct.pack("<q", -7), None, bytes(4)], TEXT, 2), "it")
    root = buffer.follow(0)
    number, default, text = (buffer.field(root, k) for k in range(3))
    assert number is not None
    assert text is not None
    assert buffer.number("q", number) == -7
    assert default is None
    assert buffer.field(root, 9) is None
    assert buffer.string(text) == "hello"
    assert buffer.vector(text)[1] == 5


def test_a_column_of_tables_with_and_without_the_field() -> None:
    made = [table([struct.pack("<f", 1.5), struct.pack("<q", 3)])[0], table([None, struct.pack("<q", 4)])[0]]
    buffer = FlatBuffer(b"".join(made), "it")
    tables = np.array([8, len(made[0]) + 8])
    assert buffer.column(tables, 0, "<f4").tolist() == [1.5, 0]
    assert buffer.column(tables, 1, "<i8").tolist() == [3, 4]
    assert buffer.column(tables, 2, "<i8").tolist() == [0, 0]
    assert buffer.column(tables[:0], 0, "<f4").tolist() == []


@pytest.mark.parametrize("at", [-1, 5, 1 << 40])
def test_nothing_is_read_outside(at: int) -> None:
    buffer = FlatBuffer(bytes(8), "it")
    for read in (
        lambda: buffer.number("I", at),
        lambda: buffer.follow(at),
        lambda: buffer.vector(at),
        lambda: buffer.field(at, 0),
        lambda: buffer.column(np.array([0, at]), 0, "<i8"),
    ):
        with pytest.raises(DataError, match="it is damaged: it leads to bytes"):
            read()


def test_a_vector_that_promises_more_than_there_is_is_refused() -> None:
    buffer = FlatBuffer(struct.pack("<II", 4, 1 << 30), "it")
    for read in (lambda: buffer.string(0), lambda: buffer.records(0, np.dtype("<u8")), lambda: buffer.tables(0)):
        with pytest.raises(DataError, match="it is damaged"):
            read()
