"""Tables of others, known by their type's name: columns by name, without an import of the library they are from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import InputError

Missing = NDArray[np.bool_] | None


class Table(NamedTuple):
    """ColumnNames of somebody's events.

    what: what it is, for errors. names: of its columns, numbers where it has none. read: a column's values, and which
    of them are missing (None: none can be). unit: of its times, where a library's type says it.
    """

    what: str
    names: tuple[Any, ...]
    read: Callable[[Any], tuple[Any, Missing]]
    unit: str | None = None

    def column(self, name: Any) -> NDArray[Any]:
        """A column [n]. Raises InputError where it has another shape or lacks a value."""
        values, missing = self.read(name)
        found = np.asarray(values)
        if found.ndim != 1:
            raise InputError(f"{name!r} of the events ({self.what}) has shape {list(found.shape)}; wanted [n]")
        if missing is not None and missing.any():
            raise InputError(f"{name!r} of event {int(np.argmax(missing))} is missing; wanted a value for each event")
        return found


def _layout(*fields: tuple[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(fields)


MICROSECONDS = {
    _layout(("t", "i8"), ("x", "u2"), ("y", "u2"), ("p", "b1")): "eventnet",
    _layout(("t", "i8"), ("x", "i2"), ("y", "i2"), ("p", "b1")): "tonic",
    _layout(("t", "i8"), ("x", "i2"), ("y", "i2"), ("p", "u1")): "expelliarmus",
    _layout(("t", "u8"), ("x", "u2"), ("y", "u2"), ("on", "b1")): "aedat, event_stream, faery",
    _layout(("timestamp", "i8"), ("x", "i2"), ("y", "i2"), ("polarity", "i1")): "dv-processing",
    _layout(("t", "i8"), ("x", "u2"), ("y", "u2"), ("p", "i2")): "Metavision",
}
"""Records whose library states microseconds, by their fields' names and types, in any order and padding."""


def is_table(thing: Any) -> bool:
    """Whether a thing is read by its columns: records, an array of rows, a frame, a dict or a tuple of columns."""
    if isinstance(thing, np.ndarray):
        return thing.dtype.names is not None or thing.ndim == 2
    return isinstance(thing, Mapping) or _reader(thing) is not None or _is_columns(thing)


def table_of(thing: Any) -> Table:
    """The table that a thing is. Raises InputError for one that is none."""
    if isinstance(thing, np.ndarray):
        return _array(thing)
    reader = _reader(thing)
    if reader is not None:
        return reader(thing)
    if isinstance(thing, Mapping):
        return Table("a dict of columns", tuple(thing), lambda name: _plain(thing[name]))
    if _is_columns(thing):
        return Table("a tuple of columns", tuple(range(len(thing))), lambda name: _plain(thing[name]))
    if isinstance(thing, list | tuple):
        try:
            return _array(np.array(thing))
        except (ValueError, OverflowError) as error:
            raise InputError(f"the events are a list whose rows make no array ({error}); wanted [n, 4]") from error
    if hasattr(thing, "__array__"):
        return _array(np.asarray(thing))
    raise InputError(
        f"the events are {type(thing).__module__}.{type(thing).__name__}; wanted records, a frame or a dict with the "
        "columns t, x, y, p (or t, port, index, sign), or an array [n, 4] with columns="
    )


def library(thing: Any) -> Iterator[tuple[str, str]]:
    """The packages and names of a thing's classes, its own first."""
    for one in type(thing).__mro__:
        yield one.__module__.partition(".")[0], one.__name__


def _is_columns(thing: Any) -> bool:
    """A plain tuple of arrays, such as (x, y, t, p); one of records is a row of packets."""
    return type(thing) is tuple and len(thing) > 0 and all(map(_is_column, thing))


def _is_column(thing: Any) -> bool:
    return isinstance(thing, np.ndarray) and thing.ndim > 0 and thing.dtype.names is None


def _plain(values: Any) -> tuple[Any, Missing]:
    if isinstance(values, np.ma.MaskedArray):
        return values.data, np.ma.getmaskarray(values)
    reader = next((found for name in library(values) if (found := SERIES.get(name))), None)
    return (values, None) if reader is None else reader(values)


def _array(array: NDArray[Any]) -> Table:
    if array.dtype.names is None:
        if array.ndim != 2:
            raise InputError(
                f"the events are {array.dtype} {list(array.shape)}; wanted records with fields t, x, y, p, or [n, 4] "
                "with columns="
            )
        return Table(f"{array.dtype} {list(array.shape)}", tuple(range(array.shape[1])), lambda k: _plain(array[:, k]))
    if array.ndim != 1:
        raise InputError(f"the events are records of shape {list(array.shape)}; wanted [n]")
    kinds = ((name, array.dtype[name]) for name in array.dtype.names)
    layout = frozenset((name, f"{kind.kind}{kind.itemsize}") for name, kind in kinds)
    what = f"records of {', '.join(array.dtype.names)}"
    unit = "us" if layout in MICROSECONDS else None
    return Table(what, array.dtype.names, lambda name: _plain(array[name]), unit)


def _pandas_series(series: Any) -> tuple[Any, Missing]:
    missing = np.asarray(series.isna())
    if missing.any():
        return np.zeros(len(missing)), missing
    if getattr(series.dtype, "tz", None) is not None:  # whose to_numpy() would be Python objects
        series = getattr(series, "dt", series).tz_convert(None)
    return series.to_numpy(), missing


def _pandas(frame: Any) -> Table:
    columns, index = list(frame.columns), [name for name in frame.index.names if name is not None]
    twice = [name for name in columns if columns.count(name) > 1]
    if twice:
        raise InputError(f"the events are a pandas frame with {twice.count(twice[0])} columns {twice[0]!r}; wanted one")
    beside = [name for name in index if name not in columns]

    def read(name: Any) -> tuple[Any, Missing]:
        return _pandas_series(frame.index.get_level_values(name) if name in beside else frame[name])

    return Table("a pandas frame", (*columns, *beside), read)


def _polars_series(series: Any) -> tuple[Any, Missing]:
    return series.to_numpy(), (series.is_null().to_numpy() if series.null_count() else None)


def _polars(frame: Any) -> Table:
    return Table("a polars frame", tuple(frame.columns), lambda name: _polars_series(frame[name]))


def _polars_lazy(frame: Any) -> Table:
    return _polars(frame.collect())


def _xarray(dataset: Any) -> Table:
    return Table("an xarray data set", tuple(dataset.variables), lambda name: (dataset[name].values, None))


def _arrow_array(column: Any) -> tuple[Any, Missing]:
    missing = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
    return column.to_numpy(zero_copy_only=False), missing


def _arrow(table: Any) -> Table:
    return Table("a pyarrow table", tuple(table.column_names), lambda name: _arrow_array(table.column(name)))


def _event_store(store: Any) -> Table:
    return _array(store.numpy())


def _quantity(values: Any) -> tuple[Any, Missing]:
    kind = f"{type(values).__module__}.{type(values).__name__}"
    raise InputError(f"a column of the events is a {kind}; wanted plain numbers in a unit that unit= names")


FRAMES: dict[tuple[str, str], Callable[[Any], Table]] = {
    ("pandas", "DataFrame"): _pandas,
    ("polars", "DataFrame"): _polars,
    ("polars", "LazyFrame"): _polars_lazy,
    ("xarray", "Dataset"): _xarray,
    ("pyarrow", "Table"): _arrow,
    ("dv_processing", "EventStore"): _event_store,
}
"""Whole tables, by package and class."""

SERIES: dict[tuple[str, str], Callable[[Any], tuple[Any, Missing]]] = {
    ("pandas", "Series"): _pandas_series,
    ("pandas", "Index"): _pandas_series,
    ("polars", "Series"): _polars_series,
    ("pyarrow", "ChunkedArray"): _arrow_array,
    ("pyarrow", "Array"): _arrow_array,
    ("quantities", "Quantity"): _quantity,
    ("astropy", "Quantity"): _quantity,
    ("brian2", "Quantity"): _quantity,
    ("pint", "Quantity"): _quantity,
}
"""ColumnNames in a dict, by package and class."""


def _reader(thing: Any) -> Callable[[Any], Table] | None:
    return next((found for name in library(thing) if (found := FRAMES.get(name))), None)
