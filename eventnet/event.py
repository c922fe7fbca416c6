"""The records that go in and come out: an input event, what sensors give, and one line of the event log."""

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, SupportsIndex, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import InputError

EVENT = np.dtype([("t", np.int64), ("port", np.int32), ("index", np.int32), ("sign", np.int8)])
"""An input: time in ticks, number of the port, index at that port, sign +1 or -1."""

DELIVERY = np.dtype(
    [
        ("id", np.int64),
        ("parent", np.int64),
        ("root", np.int64),
        ("t", np.int64),
        ("source", np.int32),
        ("port", np.int32),
        ("index", np.int32),
        ("sign", np.int8),
    ]
)
"""One delivery: its number from 0, the delivery that caused it (-1 for an input), the input that began its cascade,
time, number of the outlet it left (-1 for an input), port, index and sign."""

EVENT_WITH_AMOUNT = np.dtype([*EVENT.descr, ("amount", np.int32)])
"""An input to a port that takes amounts: 1 or more, beside the sign."""

DELIVERY_WITH_AMOUNT = np.dtype([*DELIVERY.descr, ("amount", np.int32)])
"""One delivery in a network with amounts: 1 or more, beside the sign."""

PIXEL_EVENT = np.dtype([("t", np.int64), ("x", np.uint16), ("y", np.uint16), ("p", np.bool_)])
"""An event of a camera: time in microseconds, column, row, and whether it got brighter (ON)."""

VALUE_EVENT = np.dtype([("t", np.int64), ("index", np.int32), ("value", np.float64)])
"""A sample of a sensor that measures numbers: time in microseconds, which of its quantities, the new value."""

Events = NDArray[Any]
"""A structured array of `EVENT`, `DELIVERY` (either may have an amount), `PIXEL_EVENT` or `VALUE_EVENT`, shape [n]."""


@runtime_checkable
class Packeted(Protocol):
    """Inputs that come in packets, each time anew: a recording longer than memory."""

    def packets(self) -> Iterator[Events]:
        """EVENT [n], one after the other, none of them empty, in order of time."""


def event_type(amounts: bool) -> np.dtype[Any]:
    """The records of inputs, in a network with amounts or without."""
    return EVENT_WITH_AMOUNT if amounts else EVENT


def delivery_type(amounts: bool) -> np.dtype[Any]:
    """The lines of a log, of a network with amounts or without."""
    return DELIVERY_WITH_AMOUNT if amounts else DELIVERY


def fields_of(records: Any) -> tuple[str, ...]:
    """Names of the fields of records."""
    return tuple(records.dtype.names or ())


def signed(records: Events) -> NDArray[np.int64]:
    """Inputs or deliveries as rules see them, [n]: the sign, times the amount where there is one."""
    made: NDArray[np.int64] = records["sign"].astype(np.int64)
    return made * records["amount"] if "amount" in fields_of(records) else made


def lines_of(log: Events) -> list[tuple[int, ...]]:
    """Lines of a log, (id, parent, root, t, source, port, index, s): s is the sign, times the amount."""
    names = ("id", "parent", "root", "t", "source", "port", "index")
    return list(zip(*(log[name].tolist() for name in names), signed(log).tolist(), strict=True))


def inputs_of(log: Events) -> Events:
    """The inputs of a log, as records that can be handed over again."""
    inputs = log[log["source"] < 0]
    made = np.zeros(len(inputs), dtype=event_type("amount" in fields_of(log)))
    for name in fields_of(made):
        made[name] = inputs[name]
    return made


def packed(records: Events, bits: int) -> Events:
    """EVENT [n] in whose indices so many low bits hold the amounts less 1, of inputs with amounts."""
    made = np.empty(len(records), dtype=EVENT)
    for name in ("t", "port", "sign"):
        made[name] = records[name]
    made["index"] = (records["index"] << bits) | (records["amount"] - 1)
    return made


def unpacked(codes: NDArray[Any], bits: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Index, sign and amount of codes [n]: an index above so many bits of the amount less 1, ~ where it is negative."""
    bare = np.where(codes >= 0, codes, ~codes)
    return bare >> bits, np.where(codes >= 0, 1, -1), (bare & ((1 << bits) - 1)) + 1


def events(
    rows: Iterable[tuple[Any, Any, Any, Any]], port: Callable[[str], SupportsIndex] | None = None, *,
    amounts: bool = False,
) -> Events:  # fmt: skip
    """An `EVENT` array from (t, port, index, sign) rows; a port may be given as a module's bound port.

    port: what finds a port by its name (`Network.port`); with it a row may say "eye.spikes". Floats that are whole
    are taken. amounts: an `EVENT_WITH_AMOUNT` array from rows (t, port, index, amount with its sign).

    >>> events([(0, 2, 5, +1)])["index"]
    array([5], dtype=int32)
    """
    made = []
    for k, row in enumerate(rows):
        try:
            made.append(_event(row, port, amounts))
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"input {k} is {row!r}; wanted whole numbers (t, port, index, sign): {error}") from error
    return np.array(made, dtype=event_type(amounts))


def _event(row: tuple[Any, Any, Any, Any], port: Callable[[str], SupportsIndex] | None, amounts: bool) -> Events:
    try:
        t, at, index, sign = row
    except TypeError:
        raise TypeError("inputs are a list of rows, [(t, port, index, sign), ...]") from None
    try:
        numbers = tuple(map(operator.index, (t, at, index, sign)))
    except TypeError:
        if isinstance(at, str):
            if port is None:
                raise TypeError("a port's name is known to a network alone: see Simulation.inject") from None
            at = port(at)
        numbers = tuple(map(_whole, (t, at, index, sign)))
    if amounts:
        numbers = (*numbers[:3], 1 if numbers[3] > 0 else -1, abs(numbers[3]))
    return np.array(numbers, dtype=event_type(amounts))


def _whole(value: Any) -> int:
    """A whole number, also one that stands as a float. Raises TypeError for another."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return int(value)
    return operator.index(value)


def from_addresses(
    t: NDArray[Any], x: NDArray[Any], y: NDArray[Any], on: NDArray[Any], *, width: int, port: Any
) -> Events:
    """Address-events as inputs: index = y * width + x, sign +1 for ON and -1 for OFF; all arrays have shape [n].

    on: bool, or 1 for ON and 0 or -1 for OFF. Raises InputError for another value, and for an address off the sensor.
    """
    on = np.asarray(on)
    if on.dtype != np.bool_:
        wrong = ~np.isin(on, (1, 0, -1))
        if wrong.any():
            k = int(np.argmax(wrong))
            raise InputError(f"address-event {k} has the polarity {on[k]}; wanted 1 for ON, 0 or -1 for OFF")
        on = on > 0
    if len(x) and (int(np.min(x)) < 0 or int(np.max(x)) >= width):
        raise InputError(f"an address-event has x from {np.min(x)} to {np.max(x)}, but the sensor is {width} wide")
    if width > 1 << 15 and len(y) and int(np.max(y)) >= (1 << 31) // width:
        raise InputError(f"an address-event has y = {np.max(y)}, but {width} columns leave indices of 31 bits for less")
    out = np.empty(len(t), dtype=EVENT)
    out["t"] = t
    out["port"] = int(port)
    out["index"] = np.asarray(y, dtype=np.int64) * width + np.asarray(x, dtype=np.int64)
    out["sign"] = np.where(on, 1, -1)
    return out
