"""Numbers of others become ours exactly, or are refused with the place of the first that does not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventnet.errors import InputError
from eventnet.intake.numbers import microseconds, signs, whole

LONG = 2**63 - 1


@pytest.mark.parametrize("kind", "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8 >i4 >f8 O".split())
def test_whole_numbers_of_any_type_are_taken(kind: str) -> None:
    got = whole(np.array([0, 3, 100], kind), "x", 0, 0xFFFF)
    assert got.dtype == np.int64
    assert got.tolist() == [0, 3, 100]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (np.array([0, 65_536]), "x of event 1 is 65536; wanted whole numbers from 0 to 65,535"),
        (np.array([5, -1], np.int16), "x of event 1 is -1"),
        (np.array([0.0, 2.5]), "x of event 1 is 2.5"),
        (np.array([np.nan]), "x of event 0 is nan"),
        (np.array([1.0, np.inf]), "x of event 1 is inf"),
        (np.array([2**64 - 1], np.uint64), "x of event 0 is 18446744073709551615"),
        (np.array([1, None], object), "x of event 1 is None; wanted a number"),
        (np.array([Decimal(1)], object), r"x of event 0 is Decimal\('1'\); wanted a number"),
        (np.array([2**53 + 1, 0.5], object), "x of event 0 is 9007199254740993, as a Python object; wanted int64"),
        (np.array(["3"]), "x of the events is <U1; wanted whole numbers"),
        (np.array([True]), "x of the events is bool; wanted whole numbers"),
        (np.array([1j]), "x of the events is complex128; wanted whole numbers"),
    ],
)
def test_what_is_no_whole_number_in_range_is_refused_with_its_place(values: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        whole(values, "x", 0, 0xFFFF)


def test_bounds_hold_to_the_last_number() -> None:
    assert whole(np.array([-(2**63), LONG]), "t", -(2**63), LONG).tolist() == [-(2**63), LONG]
    assert whole(np.array([-(2.0**63)]), "t", -(2**63), LONG).tolist() == [-(2**63)]
    for beyond in (np.array([2.0**63]), np.array([2**63], np.uint64)):
        with pytest.raises(InputError, match="of event 0"):
            whole(beyond, "t", -(2**63), LONG)


@pytest.mark.parametrize(
    "values",
    [
        [True, False], np.array([1, 0], np.uint8), np.array([1, -1], np.int8), np.array([1.0, 0.0]),
        np.array([1.0, -1.0], np.float32), np.array([1, 0], object), np.array([True, False], object),
    ],
)  # fmt: skip
def test_polarities_in_use_are_on_and_off(values: Any) -> None:
    assert signs(np.asarray(values), "p").tolist() == [True, False]


@pytest.mark.parametrize("bad", [2, 255, -2, 0.5, np.nan])
def test_another_polarity_is_refused_with_its_place(bad: float) -> None:
    kind = np.float64 if bad % 1 else np.int16
    with pytest.raises(InputError, match=f"p of event 2 is {bad}; wanted 1, 0 or -1"):
        signs(np.array([1, 0, bad, bad], kind), "p")


def test_where_off_is_minus_one_alone_nothing_else_is_off() -> None:
    assert signs(np.array([1, -1]), "sign", off=(-1,)).tolist() == [True, False]
    with pytest.raises(InputError, match="sign of event 1 is 0; wanted 1, -1"):
        signs(np.array([1, 0]), "sign", off=(-1,))
    with pytest.raises(InputError, match="sign of the events is bool"):
        signs(np.array([True]), "sign", off=(-1,))


FACTORS = {"us": Fraction(1), "ms": Fraction(1000), "s": Fraction(1_000_000), "ns": Fraction(1, 1000)}


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1), st.sampled_from(sorted(FACTORS)))
def test_whole_numbers_of_each_unit_are_converted_exactly(values: list[int], unit: str) -> None:
    exact = [value * FACTORS[unit] for value in values]
    array = np.array(values)
    bad = [k for k, value in enumerate(exact) if value.denominator != 1]
    if bad:
        with pytest.raises(InputError, match=f"t of event {bad[0]} is {values[bad[0]]}; wanted whole microseconds"):
            microseconds(array, unit, "t")
    else:
        assert microseconds(array, unit, "t").tolist() == exact
        assert microseconds(array.astype(f"m8[{unit}]"), None, "t").tolist() == exact
        assert microseconds(array.astype(f"M8[{unit}]"), None, "t").tolist() == exact
    assert microseconds(array, unit, "t", nearest=True).tolist() == [round(value) for value in exact]


@given(st.lists(st.integers(-(2**50), 2**50), min_size=1), st.sampled_from(["us", "ms", "s"]))
def test_floats_that_were_whole_microseconds_are_so_again(values: list[int], unit: str) -> None:
    floats = np.array([float(value / FACTORS[unit]) for value in values])
    assert microseconds(floats, unit, "t").tolist() == values


@pytest.mark.parametrize(
    ("values", "unit", "text"),
    [
        (np.array([0, 1500]), "ns", "t of event 1 is 1500; wanted whole microseconds .*nearest=True"),
        (np.array([0.0, 1.5]), "us", "t of event 1 is 1.5; wanted whole microseconds"),
        (np.array([0.0, 1.5e-6]), "s", "t of event 1 is 1.5e-06; wanted whole microseconds"),
        (np.array([1.0001]), "us", "t of event 0 is 1.0001"),
        (np.array([100.0], np.float32), "s", "t of event 0 is 100.0; wanted a finer type: float32 in s"),
        (np.array([0.01, 1.0], np.float16), "s", "t of event 0 is 0.0100.*; wanted a finer type: float16 in s"),
        (np.array([np.nan]), "s", "t of event 0 is nan"),
        (np.array([0, 2**62]), "ms", r"t \(in ms\) of event 1 is 4611686018427387904"),
        (np.array([2**63], np.uint64), "us", r"t \(in us\) of event 0 is 9223372036854775808"),
        (np.array([1e300]), "s", "t of event 0 is 1e.300; wanted times within 2.63"),
        (np.array([1]), None, "nothing says in which unit t is .int64.; wanted unit='us'"),
        (np.array([1]), "minutes", "unit is 'minutes'; wanted one of 'us', 'ms', 's', 'ns'"),
        (np.array([1], "m8[ns]"), "us", "t is timedelta64.ns., so unit='us' cannot be right"),
        (np.array([1, "NaT"], "m8[us]"), None, "t of event 1 is NaT; wanted times"),
        (np.array([1], "m8"), None, "has no unit of fixed length"),
        (np.array([1], "M8[M]"), None, "has no unit of fixed length"),
        (np.array([1500], "m8[ns]"), None, "t of event 0 is 1500; wanted whole microseconds"),
        (np.array(["1"]), "us", "t .in us. of the events is <U1"),
    ],
)
def test_times_that_would_be_lost_are_refused_with_their_place(values: Any, unit: str | None, text: str) -> None:
    with pytest.raises(InputError, match=text):
        microseconds(values, unit, "t")


def test_a_unit_that_repeats_the_types_own_is_taken() -> None:
    assert microseconds(np.array([7], "m8[ms]"), "ms", "t").tolist() == [7000]
    assert microseconds(np.array([7], "m8[25us]"), None, "t").tolist() == [175]
    assert microseconds(np.array([7], ">m8[ms]"), None, "t").tolist() == [7000]


@given(st.lists(st.floats(0, 7, width=16), min_size=1), st.sampled_from(["f2", "f4", "f8"]))
def test_the_nearest_microsecond_does_not_depend_on_the_type_that_holds_a_number(
    values: list[float], kind: str
) -> None:
    exact = [round(Fraction(value) * 1_000_000) for value in values]
    assert microseconds(np.array(values, kind), "s", "t", nearest=True).tolist() == exact
