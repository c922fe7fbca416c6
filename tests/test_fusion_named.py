"""Fair comparisons: partners are what the rules say, ratios are paired over trajectories."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.fusion.filters import filter_head
from eventnet.scenarios.fusion.flow import FITTED, FlowTwin
from eventnet.scenarios.fusion.methods import Recomputed
from eventnet.scenarios.fusion.named import (
    ALWAYS_0,
    AS_GOOD,
    AS_GOOD_FUSED,
    AS_SOON,
    CHEAPEST,
    JUST_AS_SOON,
    OWN,
    UNUSED,
    beside,
    change,
    family,
    in_cell,
    is_by_events,
    is_clock,
    memory,
    methods,
    pairing_numbers,
    pairings,
    ratio,
    sentences,
    strongest,
)
from eventnet.scenarios.fusion.parameters import HEADS, MethodsTable, Parameters
from eventnet.scenarios.shared.paired import times

ROWS = [
    # name, operations, median ms, fused, camera
    ("kept, each event", 1000.0, 0.0, 4.0, 14.0),
    ("kept at samples", 60.0, 0.5, 4.0, 14.1),
    ("kept 2 ms, head at samples", 36.0, 1.5, 4.1, 14.2),
    ("kept 2 ms, head on the clock", 35.5, 1.0, 4.15, 14.15),
    ("kept 2 ms, cheap head", 35.0, 1.5, 4.0, 14.2),
    ("kept 2 ms, complementary filter", 34.0, 1.5, 5.0, 14.2),
    ("kept 33 ms, cheap head", 10.0, 17.0, 4.3, 22.0),
    ("recomputed 33 ms", 9.0, 17.0, 4.0, 14.0),
    ("event-driven sigma-delta 1", 30.0, 1.0, 4.2, 16.0),
    ("flow sums thin", 3.0, 0.5, 3.2, 13.0),
    ("flow sums fine", 5.0, 0.5, 3.0, 12.0),
    ("flow sums on a clock, at samples", 16.0, 0.5, 3.15, 12.8),
    ("flow sums on a clock, 2 ms", 8.0, 1.5, 3.1, 12.5),
    ("flow sums on a clock, 8 ms", 2.0, 4.5, 3.2, 13.2),
    ("flow sums on a clock, 33 ms", 0.7, 17.0, 3.25, 30.0),
    ("flow sums on a clock, fine, 2 ms", 39.0, 1.5, 3.0, 12.0),
    ("camera always 0, cheap head", 0.1, math.nan, 2.0, 0.0),
]
ERRORS = ("operations/s", "event to answer ms", "fused error", "dvs error")


def found(factors: Any = (0.9, 1.0, 1.1) * 4) -> Any:
    rows: list[dict[str, Any]] = [{"method": "gyroscope as it is", "gyro error": 11.0}]
    rows += [{"method": name, **dict(zip(ERRORS, values))} for name, *values in ROWS]
    each = {name: {key: [value * f for f in factors] for key, value in zip(ERRORS, values)} for name, *values in ROWS}
    return pairings(MethodsTable(), rows, each)


def test_partners_are_as_soon_as_good_and_the_cheapest() -> None:
    partners = {(one.method, one.at): one.partner for one in found()}
    assert partners == {
        ("event-driven sigma-delta 1", JUST_AS_SOON): "kept 2 ms, head on the clock",
        ("event-driven sigma-delta 1", AS_SOON): "kept 2 ms, cheap head",  # not the filter: it is worse, and no cheaper
        ("event-driven sigma-delta 1", AS_GOOD): "kept 2 ms, cheap head",
        ("event-driven sigma-delta 1", AS_GOOD_FUSED): "kept 2 ms, cheap head",  # that of 33 ms is 2.4 % worse
        ("event-driven sigma-delta 1", CHEAPEST): "kept 33 ms, cheap head",
        ("flow sums fine", JUST_AS_SOON): "kept at samples",
        ("flow sums fine", AS_SOON): "kept 2 ms, cheap head",
        ("flow sums fine", AS_GOOD): None,
        ("flow sums fine", AS_GOOD_FUSED): None,
        ("flow sums fine", CHEAPEST): "kept 33 ms, cheap head",
        ("flow sums fine", JUST_AS_SOON + OWN): None,
        ("flow sums fine", AS_SOON + OWN): "flow sums on a clock, fine, 2 ms",
        ("flow sums fine", AS_GOOD + OWN): "flow sums on a clock, fine, 2 ms",
        ("flow sums fine", AS_GOOD_FUSED + OWN): "flow sums on a clock, fine, 2 ms",
        ("flow sums fine", CHEAPEST + OWN): "flow sums on a clock, fine, 2 ms",
        ("flow sums thin", JUST_AS_SOON): "kept at samples",
        ("flow sums thin", AS_SOON): "kept 2 ms, cheap head",
        ("flow sums thin", AS_GOOD): None,
        ("flow sums thin", AS_GOOD_FUSED): None,
        ("flow sums thin", CHEAPEST): "kept 33 ms, cheap head",
        ("flow sums thin", JUST_AS_SOON + OWN): "flow sums on a clock, at samples",
        ("flow sums thin", AS_SOON + OWN): "flow sums on a clock, 2 ms",
        ("flow sums thin", AS_GOOD + OWN): "flow sums on a clock, 8 ms",
        ("flow sums thin", AS_GOOD_FUSED + OWN): "flow sums on a clock, 33 ms",
        ("flow sums thin", CHEAPEST + OWN): "flow sums on a clock, 33 ms",
    }


def test_flow_sums_are_on_a_clock_at_samples_where_0_is_asked_for() -> None:
    asked = [MethodsTable(twin_ms=periods) for periods in ((0.0, 2.0), (2.0,))]
    both, one = ({m.name: m for m in methods(Parameters(methods=table))} for table in asked)
    names = [f"flow sums on a clock, {version}at samples" for version in ("", "fine, ")]
    assert set(both) - set(one) == set(names)
    twins = [both[name] for name in names]
    assert [(twin.period_us, twin.numbers) for twin in twins if isinstance(twin, FlowTwin)] == [
        (None, FITTED["thin"]), (None, FITTED["fine"])
    ]  # fmt: skip
    weights = FusionWeights.shipped()
    assert memory(both[names[0]], weights) == memory(both["flow sums on a clock, 2 ms"], weights)


def test_the_kept_network_has_every_head_at_samples_where_0_is_asked_for() -> None:
    asked = [MethodsTable(kept_ms=kept, filter_ms=(*kept, 2.0)) for kept in ((0.0,), ())]
    both, one = ({m.name: m for m in methods(Parameters(methods=table))} for table in asked)
    heads = ["cheap head", "complementary filter", "Kalman filter with bias"]
    assert set(both) - set(one) == {f"kept at samples, {head}" for head in heads}  # its own head is there anyway
    for head, name in zip(heads, ("cheap", "complementary", "Kalman")):
        made = both[f"kept at samples, {head}"]
        assert isinstance(made, Recomputed)
        assert (made.rates, made.answers, made.incremental) == ("sample", "sample", True)
        assert made.head == filter_head(name, 0.0)
    assert strongest(MethodsTable(kept_ms=(0.0,))) == "kept at samples, cheap head"
    assert beside(MethodsTable(kept_ms=(0.0,), twins=())) == ["kept at samples", "kept at samples, cheap head"]


def test_slow_clocks_have_a_fast_cameras_numbers_where_asked_for_and_the_better_ones_are_the_partner() -> None:
    table = MethodsTable(kept_ms=(0.0, 2.0, 33.0), heads=HEADS, filters=())
    made = {m.name: m for m in methods(Parameters(methods=table))}
    fast = "kept 33 ms, cheap head, fast numbers"
    assert [name for name in made if name.endswith("fast numbers")] == [fast]
    slow = made["kept 33 ms, cheap head"]
    assert isinstance(slow, Recomputed)
    assert made[fast] == replace(slow, name=fast, head=filter_head("cheap", 2000.0)) != slow
    for error, partner in ((2.0, fast), (9.0, "kept 33 ms, cheap head")):
        more = [*ROWS, (fast, *next(values for name, *values in ROWS if name == "kept 33 ms, cheap head"))]
        rows = [{"method": name, **dict(zip(ERRORS, values))} for name, *values in more]
        rows[-1]["fused error"] = error
        each = {row["method"]: {key: [row[key]] * 10 for key in ERRORS} for row in rows}
        assert {one.partner for one in pairings(table, rows, each) if one.at == CHEAPEST} == {partner}


def test_what_has_no_clock_of_its_own_sums_has_no_pair_with_one() -> None:
    rows = [{"method": name, **dict(zip(ERRORS, values))} for name, *values in ROWS if not name.endswith("fine, 2 ms")]
    each = {row["method"]: {key: [row[key]] * 10 for key in ERRORS} for row in rows}
    own = {one.method for one in pairings(MethodsTable(), rows, each) if one.at.endswith(OWN)}
    assert own == {"flow sums thin"}


def test_a_camera_that_always_says_0_is_a_method_and_no_clock() -> None:
    names = [method.name for method in methods(Parameters())]
    assert names.count(ALWAYS_0) == 1
    assert (family(ALWAYS_0), is_clock(ALWAYS_0), is_by_events(ALWAYS_0)) == ("camera", False, False)


def test_what_no_answer_depends_on_is_not_in_the_ratios() -> None:
    rows = [{"method": name, **dict(zip(ERRORS, values))} for name, *values in ROWS]
    each = {row["method"]: {key: [row[key]] * 10 for key in ERRORS} for row in rows}
    each["event-driven sigma-delta 1"] |= {UNUSED[0]: [1.0] * 10, UNUSED[1]: [4.0] * 10}
    row = next(one for one in pairings(MethodsTable(), rows, each) if one.at == AS_SOON)
    assert row.fewer is not None
    assert row.fewer.mean == pytest.approx(35 / (30 - 5))


def test_pictures_have_clocks_of_2_to_8_ms_and_slow_ones_beside_methods_by_events() -> None:
    table = MethodsTable(kept_ms=(1.0, 2.0, 8.0, 16.0, 33.0, 100.0), twin_ms=(0.0, 1.0, 2.0, 8.0, 33.0, 100.0))
    assert beside(table) == [
        "kept 2 ms, head at samples", "kept 8 ms, head at samples", "kept 33 ms, cheap head", "kept 100 ms, cheap head",
        "flow sums on a clock, 2 ms", "flow sums on a clock, 33 ms", "flow sums on a clock, 100 ms",
    ]  # fmt: skip
    assert beside(MethodsTable(kept_ms=(1.0,), heads=("samples",), twins=("fine",))) == ["kept 1 ms, head at samples"]
    assert beside(MethodsTable(kept_ms=(), twin_ms=())) == beside(MethodsTable(kept_ms=(), twin_ms=(0.0,))) == []
    known = {method.name for method in methods(Parameters())}
    assert known >= set(beside(Parameters().methods))


def test_a_clock_is_as_good_up_to_two_per_cent() -> None:
    row = next(one for one in found() if one.method.startswith("event") and one.at == AS_GOOD)
    assert row.fewer is not None
    assert row.fewer.mean == pytest.approx(35 / 30)
    assert row.errors is not None
    assert row.errors["dvs error"].mean == pytest.approx(16 / 14.2)


def test_ratios_are_paired_and_have_students_interval() -> None:
    one, other = [2.0, 3.0, 5.0, 4.0], [1.0, 2.0, 2.0, 3.0]
    logs = np.log(one) - np.log(other)
    half = 3.182446 * logs.std(ddof=1) / 2  # t(0.975, 3)
    made = ratio(one, other)
    assert made.mean == pytest.approx(math.exp(logs.mean()))
    assert (made.low, made.high) == pytest.approx((math.exp(logs.mean() - half), math.exp(logs.mean() + half)))
    assert made.median == pytest.approx(math.exp(np.median(logs)))
    assert ratio([2.0], [1.0]).low is None
    assert not ratio([2.0], [1.0]).differs


def test_words_say_which_way_and_whether_it_is_shown() -> None:
    assert times(ratio([20.0, 22.0], [1.0, 1.1])) == "20 (20 to 20) times fewer"
    assert times(ratio([1.0], [2.0])) == "2 times more"
    assert change(ratio([1.1] * 10, [1.0] * 10)) == "+10.0 % (+10.0 to +10.0)"
    assert change(ratio([1.1] * 9, [1.0] * 9)).endswith("no difference shown")  # of fewer than ten
    assert change(ratio([1.1, 0.9], [1.0, 1.0])).endswith("no difference shown")
    text = sentences(found())
    assert text[0].startswith("event-driven sigma-delta 1 beside kept 2 ms, head on the clock (just as soon): 1.18")
    assert text[1] == (
        "event-driven sigma-delta 1 beside kept 2 ms, cheap head (as soon): 1.17 (1.17 to 1.17) times fewer operations; "
        "error of the answer fused +5.0 % (+5.0 to +5.0), of the camera +12.7 % (+12.7 to +12.7)."
    )
    assert text[7] == "flow sums thin: no clock is as good."
    assert in_cell(found()[1]).splitlines()[::2] == ["kept 2 ms, cheap head", "fused +5.0 % (+5.0 to +5.0) *"]
    assert in_cell(found()[7]) == "none"


def test_every_ratio_is_among_the_numbers() -> None:
    made = [one for one in pairing_numbers(found(), "fast: ") if one.at.startswith(f"{CHEAPEST}:")]
    assert {one.run for one in made} == {
        "fast: event-driven sigma-delta 1", "fast: flow sums thin", "fast: flow sums fine"
    }  # fmt: skip
    assert len(made) == 3 * 3 * 4
    assert next(one.value for one in made if one.quantity == "operations, times fewer") == pytest.approx(1 / 3)
