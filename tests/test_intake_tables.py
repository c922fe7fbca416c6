"""Tables of other libraries are known by their type, and read by column; none of them is imported to know them."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eventnet.errors import InputError
from eventnet.event import PIXEL_EVENT
from eventnet.intake.events import SYNONYMS
from eventnet.intake.tables import MICROSECONDS, is_table, table_of

TONIC = np.dtype([("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "?")])


def test_records_are_read_by_field_and_say_their_librarys_unit() -> None:
    table = table_of(np.array([(1, 2, 3, True)], TONIC))
    assert (table.names, table.unit) == (("x", "y", "t", "p"), "us")
    assert table.column("t").tolist() == [3]


@pytest.mark.parametrize(
    ("dtype", "unit"),
    [
        (PIXEL_EVENT, "us"),
        (np.dtype(PIXEL_EVENT.descr[::-1]), "us"),
        (np.dtype(PIXEL_EVENT.descr, align=True), "us"),
        (PIXEL_EVENT.newbyteorder(">"), "us"),
        (np.dtype([*TONIC.descr, ("label", "i8")]), None),
        (np.dtype([("x", "i4"), ("y", "i4"), ("t", "i8"), ("p", "?")]), None),
        (np.dtype([("x", "i2"), ("y", "i2"), ("t", "f8"), ("p", "?")]), None),
    ],
)
def test_no_other_records_say_a_unit(dtype: np.dtype[Any], unit: str | None) -> None:
    assert table_of(np.zeros(1, dtype)).unit == unit


def test_each_known_layout_has_the_four_fields_once() -> None:
    for layout in MICROSECONDS:
        names = [name for name, _ in layout]
        fields = [next(field for field, known in SYNONYMS.items() if name in known) for name in names]
        assert sorted(fields) == ["p", "t", "x", "y"]


def test_a_missing_value_is_refused_with_its_place() -> None:
    masked = np.ma.masked_array(np.array([1, 2, 3]), mask=[False, False, True])
    with pytest.raises(InputError, match="'t' of event 2 is missing"):
        table_of({"t": masked}).column("t")
    records = np.ma.masked_array(np.zeros(3, TONIC), mask=[(0, 0, 0, 0), (0, 1, 0, 0), (0, 0, 0, 0)])
    with pytest.raises(InputError, match="'y' of event 1 is missing"):
        table_of(records).column("y")


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (np.zeros(3), r"the events are float64 \[3\]; wanted records with fields"),
        (np.zeros((2, 2), TONIC), r"records of shape \[2, 2\]; wanted \[n\]"),
        ([[1, 2], [1]], "a list whose rows make no array"),
        (object(), "the events are builtins.object; wanted records, a frame or a dict"),
        ("events.csv", "the events are builtins.str"),
    ],
)
def test_what_is_no_table_is_refused_by_its_name(thing: Any, text: str) -> None:
    assert not is_table(thing) or isinstance(thing, np.ndarray)
    with pytest.raises(InputError, match=text):
        table_of(thing)


def test_a_column_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"'t' of the events \(a dict of columns\) has shape \[2, 2\]"):
        table_of({"t": np.zeros((2, 2))}).column("t")


def test_numbers_with_a_unit_of_another_library_are_not_stripped_of_it() -> None:
    quantity = type("Quantity", (list,), {"__module__": "quantities.quantity"})
    with pytest.raises(
        InputError, match=r"a column of the events is a quantities.quantity.Quantity; wanted plain numbers"
    ):
        table_of({"t": quantity([1, 2])}).column("t")


def test_what_is_an_event_store_of_dv_processing_gives_its_records() -> None:
    own = np.zeros(2, [("timestamp", "<i8"), ("x", "<i2"), ("y", "<i2"), ("polarity", "i1")])
    store = type("EventStore", (), {"__module__": "dv_processing", "numpy": lambda self: own})()
    assert is_table(store)
    assert table_of(store).unit == "us"


@pytest.mark.parametrize(
    ("thing", "known"),
    [
        ((np.zeros(2, TONIC), np.zeros(2, TONIC)), False), ({}, True), ((np.zeros(2), np.zeros(2)), True), (np.zeros((2, 4)), True), (np.zeros(2, TONIC), True),
        ([], False), ((), False), ((1, 2), False), (np.zeros(4), False), (SimpleNamespace(t=1), False), (iter([]), False),
    ],
)  # fmt: skip
def test_what_has_columns(thing: Any, known: bool) -> None:
    assert is_table(thing) is known


FRAMES = "pandas polars xarray pyarrow neo".split()


@pytest.mark.slow
def test_no_library_of_frames_is_imported_to_take_events() -> None:
    code = (
        "import sys, numpy as np, eventnet as en\n"
        "en.events_from({'t': [1], 'x': [2], 'y': [3], 'p': [1]}, unit='us')\n"
        f"print([name for name in {FRAMES} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
