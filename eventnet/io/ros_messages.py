"""Messages of ROS that hold events or inertial samples, as bytes of ROS 1 or as CDR, which ROS 2 writes.

event_camera_msgs/EventPacket holds events in an encoding that it names. evt3: words of a Prophesee camera. libcaer: 8
bytes an event, bit 1 polarity, y in bits 2 to 16, x in bits 17 to 31, then 31 bits of microseconds. libcaer_cmp: 16-bit
words, their kind in the 4 highest bits: 0 and 1, the time's high and low 12 bits (microseconds); 2, x; 3, an event, its
y and in bit 11 its polarity; 4, y and polarity that a vector begins at; 5, a vector, 8 neighbours of a column. mono: 8
bytes, 32 bits of nanoseconds, x in 16 bits, y in 15, polarity in the highest. All but evt3 count from the message's
time_base, in nanoseconds. dvs_msgs/EventArray has its events one by one: x, y, seconds, nanoseconds, polarity.
Sources: the definitions of these messages, and "event_camera_msgs" and "event_camera_codecs" (github.com/
ros-event-camera); OMG, "Common Data Representation".
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io.formats.evt3 import STATE, count, decode
from eventnet.io.inertial import INERTIAL, STANDARD_GRAVITY
from eventnet.io.unroll import Unroller

PACKET, ARRAY, IMU = "event_camera_msgs/msg/EventPacket", "dvs_msgs/msg/EventArray", "sensor_msgs/msg/Imu"
TIME_HIGH, TIME_LOW, ADDR_X, ADDR_Y, VECT_BASE_Y, VECT_8 = range(6)


@dataclass
class MessageReader:
    """The bytes of a message, read field by field. cdr: numbers lie at multiples of their size, after 4 bytes."""

    data: bytes
    cdr: bool
    what: str
    at: int = 0
    order: str = "<"

    def __post_init__(self) -> None:
        if self.cdr:
            self.at = 4
            if len(self.data) < 4 or self.data[1] > 1:
                raise DataError(f"{self.what}: a message begins with [{self.data[:4].hex(' ')}]; wanted plain CDR")
            self.order = "<" if self.data[1] else ">"

    def align(self, size: int) -> None:
        """Go on to a multiple of a size, where there are such gaps."""
        self.at += -(self.at - 4) % size if self.cdr else 0

    def number(self, kind: str) -> Any:
        """The next number of this `struct` kind."""
        size = struct.calcsize(f"={kind}")
        self.align(size)
        return struct.unpack(self.order + kind, self.take(size))[0]

    def numbers(self, kind: str, n: int) -> NDArray[Any]:
        """The next n numbers of this kind."""
        size = struct.calcsize(f"={kind}")
        self.align(size)
        return np.frombuffer(self.take(n * size), self.order + kind)

    def text(self) -> str:
        """The next text."""
        return self.take(self.number("I")).rstrip(b"\0").decode("utf-8", "replace")

    def take(self, size: int) -> bytes:
        """The next bytes. Raises DataError where there are not so many."""
        self.at += size
        if self.at > len(self.data):
            raise DataError(f"{self.what}: a message of {len(self.data):,} bytes is cut off; wanted {self.at:,}")
        return self.data[self.at - size : self.at]

    def header(self) -> int:
        """The header's stamp in nanoseconds."""
        if not self.cdr:
            self.number("I")
        seconds, rest = self.number("i" if self.cdr else "I"), self.number("I")
        self.text()
        return int(seconds) * 1_000_000_000 + int(rest)


class Message(NamedTuple):
    """Events as a message holds them. encoding: which, `array` for events one by one. base: nanoseconds."""

    width: int
    height: int
    encoding: str
    base: int
    events: bytes


def _packet(wire: MessageReader) -> Message:
    wire.header()
    height, width = wire.number("I"), wire.number("I")
    wire.number("Q")
    base, encoding, big = wire.number("Q"), wire.text(), wire.number("B")
    if big:
        raise DataError(f"{wire.what}: events of a message have their high byte first; wanted the low byte")
    return Message(width, height, encoding, base, wire.take(wire.number("I")))


def _array(wire: MessageReader) -> Message:
    """The events one by one are 13 bytes in ROS 1; in CDR 16, with gaps, of which the first has no gap before it."""
    wire.header()
    height, width, n = wire.number("I"), wire.number("I"), wire.number("I")
    order = "" if wire.order == "<" else " big"
    if not wire.cdr:
        return Message(width, height, "array" + order, 0, wire.take(13 * n))
    return Message(width, height, "cdr array" + order, 0, wire.take(16 * n - 3 if n else 0))


DECODERS: dict[str, Callable[[MessageReader], Message]] = {PACKET: _packet, ARRAY: _array}
"""Functions that read a message, by its type."""


def decoder_of(what: str) -> Callable[[Message], Events]:
    """A function that decodes the messages of one topic in turn: some encodings go on from one message to the next."""
    held: dict[str, Callable[[Message], Events]] = {}

    def decoded(message: Message) -> Events:
        if message.encoding not in held:
            if message.encoding not in ENCODINGS:
                wanted = ", ".join(name for name in ENCODINGS if "array" not in name)
                raise DataError(f"{what}: events are encoded as {message.encoding[:40]!r}; wanted {wanted}")
            held[message.encoding] = ENCODINGS[message.encoding](what)
        return held[message.encoding](message)

    return decoded


def _evt3(what: str) -> Callable[[Message], Events]:
    state = np.zeros(STATE, np.int64)

    def decoded(message: Message) -> Events:
        words = np.frombuffer(message.events, "<u2", len(message.events) // 2).astype(np.uint16)
        events = np.empty(count(words), PIXEL_EVENT)
        made = decode(words, state, events, np.empty(len(events), np.int32))
        return events[:made]

    return decoded


def _libcaer(what: str) -> Callable[[Message], Events]:
    def decoded(message: Message) -> Events:
        pairs = np.frombuffer(message.events, "<u4", len(message.events) // 8 * 2).reshape(-1, 2)
        data, events = pairs[:, 0], np.empty(len(pairs), PIXEL_EVENT)
        events["t"] = _since(what, message.base, 1000 * Unroller(31)(pairs[:, 1] & 0x7FFF_FFFF))
        events["x"], events["y"], events["p"] = data >> 17, (data >> 2) & 0x7FFF, (data >> 1) & 1
        return events

    return decoded


def _mono(what: str) -> Callable[[Message], Events]:
    def decoded(message: Message) -> Events:
        pairs = np.frombuffer(message.events, "<u4", len(message.events) // 8 * 2).reshape(-1, 2)
        data, events = pairs[:, 1], np.empty(len(pairs), PIXEL_EVENT)
        events["t"] = _since(what, message.base, pairs[:, 0].astype(np.int64))
        events["x"], events["y"], events["p"] = data & 0xFFFF, (data >> 16) & 0x7FFF, data >> 31
        return events

    return decoded


def _libcaer_cmp(what: str) -> Callable[[Message], Events]:
    """Rows of 8 candidates a word, of which those are kept that are events: what holds is what was sent last."""
    held = np.zeros(2, np.int64)  # x, and the y and polarity that a vector begins at

    def decoded(message: Message) -> Events:
        words = np.frombuffer(message.events, "<u2", len(message.events) // 2).astype(np.int64)
        kind, value = words >> 12, words & 0xFFF
        if (kind > VECT_8).any():
            raise DataError(f"{what}: a word of libcaer_cmp has the kind {kind.max()}; wanted 0 to {VECT_8}")
        t = _last(kind == TIME_HIGH, value, 0) << 12 | _last(kind == TIME_LOW, value, 0)
        x = _last(kind == ADDR_X, value & 0x7FF, int(held[0]))
        base = _last(kind == VECT_BASE_Y, value, int(held[1]))
        # A vector that follows another without a base of its own goes on where that one ended.
        vector = kind == VECT_8
        before = np.cumsum(vector) - vector
        done = before - _last(kind == VECT_BASE_Y, before, 0)
        bits = np.where(vector, value & 0xFF, kind == ADDR_Y)
        word, lane = np.nonzero((bits[:, None] >> np.arange(8)) & 1)
        y_of = np.where(vector, (base & 0x7FF) + 8 * done, value & 0x7FF)
        events = np.empty(len(word), PIXEL_EVENT)
        events["t"] = _since(what, message.base, 1000 * t[word])
        events["x"], events["y"] = x[word], np.minimum(y_of[word] + lane, 0xFFFF)
        events["p"] = (np.where(vector, base, value) >> 11)[word] & 1
        if len(words):
            held[:] = x[-1], base[-1]
        return events

    return decoded


def _last(here: NDArray[np.bool_], value: NDArray[np.int64], before: int) -> NDArray[np.int64]:
    """For each word the value of the last one of a kind, itself included; `before` where there was none."""
    found = np.concatenate([[before], value[here]])
    return found[np.cumsum(here)]


def _array_events(what: str, cdr: bool, order: str) -> Callable[[Message], Events]:
    """Seconds are at 4 bytes in ROS 1; in CDR each event but the first has a gap of 2 before them."""
    at = (0, 2, 6, 10, 14) if cdr else (0, 2, 4, 8, 12)
    kinds = [f"{order}{kind}" for kind in ("u2", "u2", "u4", "u4", "u1")]
    record = np.dtype({"names": list("xysnp"), "formats": kinds, "offsets": at, "itemsize": 16 if cdr else 13})

    def decoded(message: Message) -> Events:
        data = message.events
        if cdr and data:  # the first gets its gap, and the last its end
            data = data[:4] + b"\0\0" + data[4:] + b"\0"
        found = np.frombuffer(data, record)
        events = np.empty(len(found), PIXEL_EVENT)
        events["t"] = found["s"].astype(np.int64) * 1_000_000 + found["n"] // 1000
        events["x"], events["y"], events["p"] = found["x"], found["y"], found["p"] != 0
        return events

    return decoded


ENCODINGS: dict[str, Callable[[str], Callable[[Message], Events]]] = {
    "evt3": _evt3,
    "libcaer": _libcaer,
    "libcaer_cmp": _libcaer_cmp,
    "mono": _mono,
    "array": lambda what: _array_events(what, False, "<"),
    "cdr array": lambda what: _array_events(what, True, "<"),
    "cdr array big": lambda what: _array_events(what, True, ">"),
}


def _since(what: str, base: int, nanoseconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Microseconds, from a number of nanoseconds on. Raises DataError where 64 bits do not hold them."""
    if base >= 1 << 62:
        raise DataError(f"{what}: a message's time_base is {base:,} ns; wanted less than {1 << 62:,}")
    return (nanoseconds + base) // 1000


def imu_sample(wire: MessageReader) -> Events:
    """One inertial sample, from rad/s and m/s^2; its temperature is no number."""
    sample = np.empty(1, INERTIAL)
    sample["t"] = wire.header() // 1000
    numbers = wire.numbers("d", 37)
    if not np.isfinite(numbers[[13, 14, 15, 25, 26, 27]]).all():
        raise DataError(f"{wire.what}: an inertial sample is not a number")
    sample["gyroscope"] = np.degrees(numbers[13:16])
    sample["acceleration"] = numbers[25:28] / STANDARD_GRAVITY
    sample["temperature"] = np.nan
    return sample
