"""Names of fields, units of time and polarities of others."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from io_cases import pixel_events, same

from eventnet.errors import DataError
from eventnet.io.fields import checked_events, checked_unit, columns_of, field_of, microseconds, shifted, unit_of

UNITS = {"ns": Fraction(1, 1000), "us": Fraction(1), "ms": Fraction(1000), "s": Fraction(1_000_000)}


@pytest.mark.parametrize(
    ("name", "field"),
    [("t", "t"), (" Timestamp ", "t"), ('"ts"', "t"), ("x@240", "x"), ("Y", "y"), ("on", "p"), ("pol", "p"), ("", None), ("label", None)],
)  # fmt: skip
def test_fields_are_known_by_their_synonyms(name: str, field: str | None) -> None:
    assert field_of(name) == field


def test_columns_are_names_or_a_text() -> None:
    assert columns_of("x, y,polarity,timestamp") == ("x", "y", "p", "t")
    assert columns_of(["", "ts", "x", "y", "depth", "p"]) == ("-", "t", "x", "y", "-depth", "p")
    with pytest.raises(DataError, match="the columns are t, x, y; wanted t, x, y and p, once each"):
        columns_of("t,x,y")


@given(st.sampled_from(sorted(UNITS)), st.lists(st.integers(-(10**12), 10**12), min_size=1))
def test_whole_times_become_microseconds_to_the_nearest(unit: str, times: list[int]) -> None:
    found, wrong = microseconds(np.array(times, np.int64), unit)
    assert wrong is None
    for time, t in zip(times, found.tolist()):
        assert abs(t - time * UNITS[unit]) <= Fraction(1, 2)


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u4", "i8", "u8", "f4", "f8"])
@pytest.mark.parametrize("unit", sorted(UNITS))
def test_times_of_any_numbers_are_taken(kind: str, unit: str) -> None:
    found, wrong = microseconds(np.array([0, 100], kind), unit)
    assert (found.dtype, wrong) == (np.int64, None)
    assert found.tolist() == [0, round(100 * UNITS[unit])]


@pytest.mark.parametrize(
    ("times", "unit"),
    [([0, 1 << 63], "us"), ([0, (1 << 63) // 10**6 + 1], "s"), ([0, -((1 << 63) // 1000) - 1], "ms"), ([0.0, np.nan], "us"), ([0.0, np.inf], "s"), ([0.0, 1e19], "us")],
)  # fmt: skip
def test_the_first_time_beyond_64_bits_is_told(times: list, unit: str) -> None:
    assert microseconds(np.array(times), unit)[1] == 1


def test_only_parts_of_a_whole_tell_seconds() -> None:
    assert unit_of(np.array([0, 1.5]), "a") == "s"
    for times in (np.array([0, 1.0]), np.array([1, 2]), np.array([np.nan]), np.array([])):
        with pytest.raises(DataError, match="a: the unit of time is not stated; wanted the option unit"):
            unit_of(times, "a")


def test_units_are_those_of_the_table() -> None:
    assert [checked_unit(unit) for unit in (None, *UNITS)] == [None, *UNITS]
    with pytest.raises(DataError, match="the unit of time is 'h'; wanted ns, us, ms, s"):
        checked_unit("h")


def test_off_is_0_or_minus_1() -> None:
    columns = {
        "t": np.array([1, 2, 3]),
        "x": np.array([1.0, 2, 3]),
        "y": np.array([4, 5, 6]),
        "p": np.array([-1, 0, 1]),
    }
    assert same(checked_events(columns, "us", "a", 0), pixel_events([(1, 1, 4, 0), (2, 2, 5, 0), (3, 3, 6, 1)]))
    for p in (2, -2, 0.5):
        with pytest.raises(DataError, match=f"a: event 12 has p = {p}; wanted 0 to 1, or -1 for OFF"):
            checked_events({**columns, "p": np.array([0, 1, p])}, "us", "a", 10)


def test_times_are_moved_within_64_bits() -> None:
    events = pixel_events([(1, 1, 1, 1), (5, 1, 1, 1)])
    assert shifted(events, (1 << 63) - 6, "a")["t"].tolist() == [(1 << 63) - 5, (1 << 63) - 1]
    with pytest.raises(DataError, match="a: with 1 us added, times go from"):
        shifted(events, 1, "a")
