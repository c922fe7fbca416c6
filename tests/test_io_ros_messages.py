"""Messages of ROS as bytes: numbers of both orders, at their places."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from io_cases import random_events, same

from eventnet.errors import DataError
from eventnet.io.ros_messages import ARRAY, DECODERS, PACKET, Message, MessageReader, decoder_of


def test_cdr_has_gaps_before_larger_numbers_and_either_order() -> None:
    for order, mark in (("<", b"\0\1\0\0"), (">", b"\0\0\0\0")):
        data = mark + struct.pack(f"{order}B3xIQ", 7, 8, 9)
        reader = MessageReader(data, True, "a")
        assert [reader.number(kind) for kind in "BIQ"] == [7, 8, 9]
    reader = MessageReader(struct.pack("<BIQ", 7, 8, 9), False, "a")
    assert [reader.number(kind) for kind in "BIQ"] == [7, 8, 9]


@pytest.mark.parametrize("data", [b"", b"\0\1\0", b"\0\3\0\0"])
def test_other_encodings_of_messages_are_refused(data: bytes) -> None:
    with pytest.raises(DataError, match="a: a message begins with .*; wanted plain CDR"):
        MessageReader(data, True, "a")


def test_no_message_reaches_past_its_end() -> None:
    with pytest.raises(DataError, match="a: a message of 8 bytes is cut off; wanted 4,294,967,299"):
        MessageReader(b"\xff" * 4 + bytes(4), False, "a").text()
    for kind in DECODERS:
        with pytest.raises(DataError, match="is cut off"):
            DECODERS[kind](MessageReader(bytes(20), False, "a"))


def test_events_of_a_big_endian_array_are_read() -> None:
    events = random_events(3, 100, 100)
    data = b"\0\0\0\0" + struct.pack(">iIIc3xIII", 1, 2, 1, b"\0", 100, 100, 3)
    for t, x, y, p in events.tolist():
        data += b"\0" * (-(len(data) - 4) % 2) + struct.pack(">HH", x, y)
        data += b"\0" * (-(len(data) - 4) % 4) + struct.pack(">iI?", 0, 1000 * t, p)
    found = DECODERS[ARRAY](MessageReader(data, True, "a"))
    assert same(decoder_of("a")(found), events)


def test_x_and_base_hold_over_to_the_next_message_of_libcaer_cmp() -> None:
    decode = decoder_of("a")
    first = Message(9, 9, "libcaer_cmp", 5_000, struct.pack("<HHH", 1 << 12 | 7, 2 << 12 | 3, 4 << 12 | 1 << 11 | 16))
    assert len(decode(first)) == 0
    found = decode(first._replace(events=struct.pack("<HHH", 5 << 12 | 0x81, 5 << 12 | 1, 3 << 12 | 5)))
    assert found.tolist() == [(5, 3, 16, True), (5, 3, 23, True), (5, 3, 24, True), (5, 3, 5, False)]


def test_the_kinds_of_messages_are_named() -> None:
    assert set(DECODERS) == {PACKET, ARRAY}
    with pytest.raises(DataError, match="a: events are encoded as 'evt9'; wanted evt3, libcaer, libcaer_cmp, mono"):
        decoder_of("a")(Message(1, 1, "evt9", 0, b""))
    assert decoder_of("a")(Message(1, 1, "libcaer", 0, b"")).dtype == np.dtype(
        [("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("p", "?")]
    )
