"""`events_from`: anybody's events as records of this package, by the names of their columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import InputError
from eventnet.event import DELIVERY, EVENT, EVENT_WITH_AMOUNT, PIXEL_EVENT, Events, event_type, events, from_addresses
from eventnet.intake.numbers import microseconds, signs, whole
from eventnet.intake.tables import Table, is_table, table_of
from eventnet.intake.trains import inputs_of, port_number, trains_of

ColumnNames: TypeAlias = Sequence[str] | Mapping[str, Any]
"""Names of a plain array's columns in their order, or {"t": "their name"} for a table's."""

Find: TypeAlias = Callable[[str], SupportsIndex]

SYNONYMS = {
    "t": ("t", "timestamp", "ts", "time", "timestamps", "times"),
    "x": ("x", "xs"),
    "y": ("y", "ys"),
    "p": ("p", "on", "polarity", "pol", "ps", "polarities"),
    "port": ("port",),
    "index": ("index",),
    "sign": ("sign",),
    "amount": ("amount",),
}
"""Accepted names of columns, capitals or not."""

_FIELDS = {name: field for field, names in SYNONYMS.items() for name in names}
_CALL = "en.events_from(events, columns={'t': ..., 'x': ..., 'y': ..., 'p': ...})"


def events_from(
    anything: Any, *, columns: ColumnNames | None = None, unit: str | None = None, width: int | None = None,
    height: int | None = None, sort: bool = False, nearest: bool = False, port: SupportsIndex | None = None,
) -> Events:  # fmt: skip
    """Anybody's events as PIXEL_EVENT [n]; or EVENT [n], where they name ports or `port` is given.

    anything  records, a frame of pandas, polars, xarray or pyarrow, a dict or a tuple of columns, an array [n, 4], an
              EventStore of dv-processing; spike trains of neo. ColumnNames go by name, with the `SYNONYMS` in use
    columns   names of an array's columns, such as ["x", "y", "t", "p"]; or {"t": "their name"}
    unit      of times: "us", "ms", "s" or "ns". Not needed where their type says it (datetime64, timedelta64, Duration,
              units of neo), for records of a library that states microseconds, and for inputs, whose times are ticks
    width, height  the sensor's size: x and y must lie on it
    sort      sort by time; events of one time keep their order
    nearest   round times to the nearest microsecond
    port      where inputs go in: index y * `width` + x, ON as +1; of spike trains, train k is unit k

    A record array of the right type is given back as it is, not copied. Raises InputError, with the place of the first
    event that is wrong: p beyond 1, 0 and -1, what is no whole number or does not fit, a time before the one before it.
    """
    return records_from(
        anything, None, columns=columns, unit=unit, width=width, height=height, sort=sort, nearest=nearest, port=port
    )


def inputs_from(
    anything: Any, find: Find, *, columns: ColumnNames | None = None, unit: str | None = None, width: int | None = None,
    port: SupportsIndex | None = None,
) -> Events:  # fmt: skip
    """EVENT [n] of what `Simulation.inject` was given: what `events_from` takes, or rows (t, port, index, sign).

    find: finds a port by its name.
    """
    log = isinstance(anything, np.ndarray) and anything.dtype == DELIVERY
    if log or (columns is None and not is_events(anything)):
        if isinstance(anything, np.ndarray):
            raise InputError(f"inputs are a 1-d array of EVENT records, not {anything.ndim}-d of {anything.dtype}")
        return events(anything, find)
    made = records_from(anything, find, columns=columns, unit=unit, width=width, port=port)
    if made.dtype not in (EVENT, EVENT_WITH_AMOUNT):
        raise InputError(
            "the inputs have x and y; wanted port= and width= too, as in en.events_from(events, port=..., width=...)"
        )
    return made


def is_events(thing: Any) -> bool:
    """Whether `events_from` takes a thing without being told of columns: a table, or spike trains."""
    return is_table(thing) or trains_of(thing) is not None


def records_from(
    anything: Any, find: Find | None, *, columns: ColumnNames | None = None, unit: str | None = None,
    width: int | None = None, height: int | None = None, sort: bool = False, nearest: bool = False,
    port: SupportsIndex | None = None,
) -> Events:  # fmt: skip
    """As `events_from`; find: finds a port by its name."""
    trains = trains_of(anything)
    if trains is not None:
        if columns is not None or unit is not None:
            raise InputError("spike trains bring their unit and have no columns; wanted neither unit= nor columns=")
        return inputs_of(trains, port, find, nearest)
    made = _records(anything, find, columns, unit, nearest)
    made = _in_order(made, sort)
    if made.dtype in (EVENT, EVENT_WITH_AMOUNT):
        if port is not None:
            raise InputError("the events name their ports; wanted no port=, or events with x and y")
        return made
    for name, across in (("x", width), ("y", height)):
        _check_size(made[name], name, across)
    if port is None:
        return made
    if width is None:
        raise InputError("an index is y * width + x, and nothing says the sensor's width; wanted width=")
    t, x, y, p = (made[name] for name in "txyp")
    return from_addresses(t, x, y, p, width=width, port=port)


def _records(
    anything: Any, find: Find | None, columns: ColumnNames | None, unit: str | None, nearest: bool
) -> Events:  # fmt: skip
    if _is_ours(anything) and columns is None:
        if anything.ndim != 1 or unit not in (None, "us"):
            what = f"unit {unit!r}" if anything.ndim == 1 else f"shape {list(anything.shape)}"
            raise InputError(f"the events are records in microseconds, but of {what}; wanted [n], without unit=")
        ours: Events = anything
        return ours
    table = table_of(anything)
    names = _names(table, columns)
    if {"x", "y"} <= set(names):
        return _pixels(table, _columns(table, names, "txyp"), unit, nearest)
    if {"port", "index"} <= set(names):
        fields = ("t", "port", "index", "sign", *(("amount",) if "amount" in names else ()))
        return _inputs(table, _columns(table, names, fields), find, unit, nearest)
    raise InputError(
        f"the events are {table.what}{_listed(table)}; wanted t, x, y, p, or t, port, index, sign: {_CALL}"
    )


def _is_ours(anything: Any) -> bool:
    masked = isinstance(anything, np.ma.MaskedArray)
    return isinstance(anything, np.ndarray) and anything.dtype in (PIXEL_EVENT, EVENT, EVENT_WITH_AMOUNT) and not masked


def _listed(table: Table) -> str:
    """Names of a table's columns, where they are not in `what`."""
    return f" with {', '.join(map(str, table.names))}" if "frame" in table.what or "dict" in table.what else ""


def _names(table: Table, columns: ColumnNames | None) -> dict[str, Any]:
    """Which of the table's columns each field is: those that `columns` names, then those that go by a known name."""
    numbered = bool(table.names) and all(isinstance(name, int) for name in table.names)
    if columns is None:
        if numbered:
            raise InputError(
                f"the events are {table.what}, whose columns have no names; wanted columns=['t', 'x', 'y', 'p'], say, "
                "in their order"
            )
        columns = {}
    elif not isinstance(columns, Mapping):
        columns = _by_place(table, columns, numbered)
    found = {}
    for name, theirs in columns.items():
        field = _FIELDS.get(str(name).lower())
        if theirs not in table.names:
            raise InputError(f"columns name {theirs!r}, but the events are {table.what}{_listed(table)}")
        if field is None and not numbered:
            raise InputError(f"columns name a field {name!r}; wanted {', '.join(SYNONYMS)}")
        if field in found:
            raise InputError(f"columns name {field!r} twice; wanted it once")
        if field is not None:
            found[field] = theirs
    others: dict[str, list[Any]] = {}
    for theirs in table.names if not numbered else ():
        field = _FIELDS.get(str(theirs).lower())
        if field is not None and field not in found and theirs not in columns.values():
            others.setdefault(field, []).append(theirs)
    for field, several in others.items():
        if len(several) > 1:
            either = " and ".join(map(repr, several))
            raise InputError(f"{either} may each be {field!r}; wanted columns={{{field!r}: 'its name'}}")
    return {field: several[0] for field, several in others.items()} | found


def _by_place(table: Table, columns: Sequence[str], numbered: bool) -> dict[str, Any]:
    if isinstance(columns, str) or not numbered:
        raise InputError(f"the events are {table.what}, and columns is {columns!r}; wanted {{'t': 'its name', ...}}")
    if len(columns) != len(table.names):
        raise InputError(f"columns names {len(columns)} columns, but the events are {table.what}")
    if len(set(columns)) != len(columns):
        raise InputError(f"columns is {list(columns)}; wanted each name once")
    return dict(zip(columns, table.names, strict=True))


def _columns(table: Table, names: Mapping[str, Any], fields: Sequence[str]) -> dict[str, NDArray[Any]]:
    lacking = [field for field in fields if field not in names]
    if lacking:
        raise InputError(f"the events are {table.what}{_listed(table)}, without {', '.join(lacking)}; wanted {_CALL}")
    found = {field: table.column(names[field]) for field in fields}
    lengths = {field: len(values) for field, values in found.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{n:,} {field}" for field, n in lengths.items())
        raise InputError(f"the events ({table.what}) have {said}; wanted as many of each")
    return found


def _pixels(table: Table, found: Mapping[str, NDArray[Any]], unit: str | None, nearest: bool) -> Events:
    if unit is None and found["t"].dtype.kind not in "mM":
        unit = table.unit
    made = np.empty(len(found["t"]), PIXEL_EVENT)
    made["t"] = microseconds(found["t"], unit, "t", nearest)
    for name in "xy":
        made[name] = whole(found[name], name, 0, 0xFFFF)
    made["p"] = signs(found["p"], "p")
    return made


def _inputs(
    table: Table, found: Mapping[str, NDArray[Any]], find: Find | None, unit: str | None, nearest: bool
) -> Events:  # fmt: skip
    if unit is None and found["t"].dtype.kind not in "mM":
        unit = "us"  # a tick
    made = np.empty(len(found["t"]), event_type("amount" in found))
    if "amount" in found:
        made["amount"] = whole(found["amount"], "amount", 0, 2**31 - 1)
    made["t"] = microseconds(found["t"], unit, "t", nearest)
    made["port"] = _ports(found["port"], find)
    made["index"] = whole(found["index"], "index", 0, 2**31 - 1)
    made["sign"] = np.where(signs(found["sign"], "sign", off=(-1,)), 1, -1)
    return made


def _ports(ports: NDArray[Any], find: Find | None) -> NDArray[np.int64]:
    """Numbers of ports; names, where there are any, are looked up once each."""
    if ports.dtype.kind not in "OUT":
        return whole(ports, "port", 0, 2**31 - 1)
    known = {port: port_number(port, find) for port in dict.fromkeys(ports.tolist())}
    return np.array([known[port] for port in ports.tolist()], np.int64)


def _in_order(made: Events, sort: bool) -> Events:
    falls = made["t"][1:] < made["t"][:-1]
    if not falls.any():
        return made
    if sort:
        return made[np.argsort(made["t"], kind="stable")]
    k = int(np.argmax(falls)) + 1
    raise InputError(
        f"event {k} is at {made['t'][k]} us, after one at {made['t'][k - 1]} us; wanted times that never fall: "
        "en.events_from(events, sort=True) sorts them"
    )


def _check_size(values: NDArray[Any], name: str, across: int | None) -> None:
    if across is None:
        return
    wrong = values >= across
    if wrong.any():
        k = int(np.argmax(wrong))
        raise InputError(
            f"event {k} has {name} = {values[k]}, but the sensor is {across} {'wide' if name == 'x' else 'high'}"
        )
