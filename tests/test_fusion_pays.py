"""When events pay: the tables hold what `compare` says of the same parameters, and times are of this machine."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from test_fusion_run import three_rates

from eventnet.errors import DataError
from eventnet.plotting import style
from eventnet.scenarios.fusion import FusionWeights, scenario_pays
from eventnet.scenarios.fusion.named import ALWAYS_0, methods
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.pays import (
    GYROSCOPES,
    SPEEDS,
    MethodTime,
    PaysParameters,
    PaysResult,
    SpeedsTable,
    between_us,
    machine,
    pays,
)
from eventnet.scenarios.fusion.run import as_it_is, compare, stream_of
from eventnet.scenarios.shared.parameter_file import as_toml, loads

SHORT = loads(
    "[run]\nduration_s = 0.3\nmeasured_from_s = 0.1\n[speeds]\nturning_deg_per_s = [0, 80]\n[methods]\nscales = [1]\n"
    "kept_ms = [4, 33]\nflow = []\ntwin_ms = [4]",
    PaysParameters(),
)


def given(parameters: Parameters) -> FusionWeights:
    """Other weights for a gyroscope of much noise."""
    return three_rates() if parameters.gyroscope.white_noise < 5 else replace(three_rates(), out_bias=np.ones(3))


@cache
def paid() -> PaysResult:
    """Once for this file and for that of its pictures."""
    return pays(SHORT, given)


def each(found: PaysResult) -> list[Any]:
    return [compared.rows for compared in found.speeds.values()]


@pytest.fixture(scope="module")
def once() -> PaysResult:
    return paid()


@pytest.mark.slow
def test_every_speed_has_the_rows_of_the_methods_at_that_speed(once: PaysResult) -> None:
    assert list(once.speeds) == [0.0, 80.0]
    for speed, compared in once.speeds.items():
        rows = compared.rows
        like = loads(
            f"[run]\nduration_s = 0.3\nmeasured_from_s = 0.1\ntrajectories = 1\n[world]\nturning_deg_per_s = {speed}\n"
            "[steps]\ncount = 0\n[methods]\nexact = false\nfilters = []\nscales = [1]\nkept_ms = [4, 33]\nflow = []\ntwin_ms = [4]",
            Parameters(),
        )  # fmt: skip
        wanted = compare(like, given(like), progress=lambda done, of: None).rows
        assert [row["method"] for row in rows] == [row["method"] for row in wanted]
        for row, other in zip(rows[1:], wanted[1:]):
            for quantity in ("events/s", "operations/s", "fused error"):
                assert row[quantity] == other[quantity]


@pytest.mark.slow
def test_a_clock_costs_the_same_at_rest_and_events_do_not(once: PaysResult) -> None:
    still, fast = ({row["method"]: row["operations/s"] for row in rows[1:]} for rows in each(once))
    driven, clock = "event-driven sigma-delta 1", "flow sums on a clock, 4 ms"
    assert fast[driven] > 1.2 * still[driven]
    assert fast[clock] < 1.2 * still[clock]


def test_every_gyroscope_gets_its_weights_and_an_error_as_it_is(once: PaysResult) -> None:
    assert list(once.gyroscopes) == list(GYROSCOPES)
    for name, row in once.gyroscopes.items():
        like = replace(SHORT, gyroscope=replace(SHORT.gyroscope, **GYROSCOPES[name]))
        stream, _ = stream_of(like, 0, (24, 20))
        times = np.arange(0, stream.end_us, 1000)
        off = (as_it_is(stream, 3, 1000) - stream.truth(times.astype(np.float64)))[times >= 100_000]
        assert row["bare error"] == pytest.approx(np.sqrt(np.mean(off**2)))
        assert row["fused less bare"].mean == pytest.approx(row["fused error"] - row["bare error"])
        assert row["fused less slow traces"].mean == pytest.approx(row["fused error"] - row["slow traces error"])
    noisy, quiet, quieter, _ = once.gyroscopes.values()
    assert noisy["bare error"] > quiet["bare error"] > quieter["bare error"]
    like = replace(SHORT, gyroscope=replace(SHORT.gyroscope, **GYROSCOPES["bias 5, noise 1"]))
    rows = compare(like, three_rates(), progress=lambda done, of: None).rows
    own = {row["method"]: row for row in rows}
    assert quiet["fused error"] == own["kept at samples"]["fused error"]
    assert quiet["slow traces error"] == own["gyroscope, slow traces"]["fused error"]


@pytest.mark.slow
def test_it_is_told_how_far_it_is_and_processes_change_nothing_but_times(
    once: PaysResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "bias 5, noise 1"
    monkeypatch.setattr("eventnet.scenarios.fusion.pays.GYROSCOPES", {name: GYROSCOPES[name]})
    heard: list[tuple[int, int]] = []
    short = replace(SHORT, speeds=SpeedsTable((80.0,)))
    found = pays(short, given, processes=2, progress=lambda done, of: heard.append((done, of)))
    assert heard == [(1, 2), (2, 2)]
    np.testing.assert_equal(found.speeds[80.0].rows, once.speeds[80.0].rows)  # NaN equals NaN
    np.testing.assert_equal(found.gyroscopes[name], once.gyroscopes[name])


def test_times_are_of_every_clock_and_method_by_events(once: PaysResult) -> None:
    assert once.processor is not None
    assert once.processor.machine == machine()
    assert all(0 < seconds < 0.1 for seconds in once.processor[1:4])
    assert list(once.processor.methods) == [
        "kept at samples", "kept 4 ms, head at samples", "kept 33 ms, head at samples",
        "kept 4 ms, head on the clock", "kept 33 ms, head on the clock", "kept 4 ms, cheap head",
        "kept 33 ms, cheap head", "event-driven sigma-delta 1", "flow sums on a clock, 4 ms",
        "flow sums on a clock, fine, 4 ms",
    ]  # fmt: skip
    for method, period_ms in (
        ("kept 33 ms, cheap head", 33),
        ("kept at samples", 1),
        ("event-driven sigma-delta 1", 2),
    ):
        for speed, found in once.processor.methods[method].items():
            assert 0 < found.seconds < 100
            row = next(row for row in once.speeds[speed].rows if row["method"] == method)
            assert found.answer_ms == row["event to answer ms"]
            late = found.answer_ms + period_ms * found.seconds if found.seconds < 1 else float("inf")
            assert found.with_computing_ms == pytest.approx(late)


def test_answers_that_hold_new_events_are_as_far_apart_as_looks() -> None:
    p = loads('[methods]\nflow = ["thin"]\ncodes = ["pd"]\nfilters = []', PaysParameters())
    found = {method.name: between_us(method, 500.0) for method in methods(p)}
    assert found["kept at samples"] == found["flow sums thin"] == found["flow sums on a clock, at samples"] == 2000.0
    assert (found["kept 33 ms, cheap head"], found["flow sums on a clock, 100 ms"]) == (33e3, 100e3)
    assert found["event-driven pd 1"] == p.methods.look_every_us


def test_what_was_measured_has_a_table_of_its_own(once: PaysResult) -> None:
    table = scenario_pays.times(once)
    assert table is not None
    assert once.processor is not None
    assert machine() in str(table.title)
    cells = [list(column.cells) for column in table.columns]
    assert cells[0] == list(once.processor.methods)
    slow = MethodTime(2.0, 1.5, float("inf"))
    assert once.processor.methods["kept at samples"][0.0].answer_ms > 0
    made = replace(once, processor=once.processor._replace(methods={"kept at samples": {0.0: slow, 80.0: slow}}))
    shown = scenario_pays.times(made)
    assert shown is not None
    assert list(shown.columns[1].cells) == ["2e+03; 1.5; too slow"]
    numbers = {(n.run, n.quantity, n.at): n.value for n in scenario_pays.numbers(made)}
    at = "kept at samples, 80 deg/s"
    assert numbers["processor", "event to answer with computing ms", at] == "too slow"
    assert numbers["processor", "event to answer ms", at] == 1.5
    assert scenario_pays.times(replace(once, processor=None)) is None


def test_speeds_may_have_their_own_numbers_of_trajectories_and_nothing_else() -> None:
    short = loads(
        "[speeds]\ntrajectories = [2]\nturning_deg_per_s = [80]\ngyroscopes = false\nprocessor = false", SHORT
    )
    found = pays(short, given)
    assert (found.gyroscopes, found.processor, len(found.speeds[80.0].runs)) == ({}, None, 2)
    with pytest.raises(DataError, match="2 numbers of trajectories for 3 speeds"):
        loads("[speeds]\ntrajectories = [2, 3]", PaysParameters())


def test_in_full_there_are_more_speeds_and_trajectories() -> None:
    p = PaysParameters.in_full()
    assert (p.speeds.turning_deg_per_s, p.run.trajectories, p.run.duration_s) == (SPEEDS, 10, 5.0)
    assert loads(as_toml(p), PaysParameters()) == p
    for one in (p, PaysParameters()):
        names = {method.name for method in methods(one)}
        assert names >= {"kept 100 ms, cheap head", "flow sums on a clock, 100 ms", ALWAYS_0}


def test_it_shows_every_way_at_every_speed(once: PaysResult, monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Any] = []
    real = style.png
    monkeypatch.setattr(scenario_pays, "png", lambda figure: figures.append(figure) or real(figure))
    backwards = replace(once, speeds=dict(reversed(once.speeds.items())))  # lines go by speed all the same
    assert scenario_pays.against_speed(backwards).startswith(b"\x89PNG")
    cost, fused, camera = figures[0].axes
    shown = scenario_pays.shown(once)
    assert shown == [
        "kept 4 ms, head at samples", "kept 33 ms, cheap head", "event-driven sigma-delta 1",
        "flow sums on a clock, 4 ms",
    ]  # fmt: skip
    for axes, quantity, unit in ((cost, "operations/s", 1e-6), (fused, "fused error", 1), (camera, "dvs error", 1)):
        assert [line.get_label() for line in axes.lines] == shown
        assert all(axes.get_xlabel() and axes.get_title(loc="left") for axes in (cost, fused, camera))
        for line, method in zip(axes.lines, shown, strict=True):
            rows = [{row["method"]: row for row in one.rows}[method] for one in once.speeds.values()]
            assert list(line.get_xdata()) == [0.0, 80.0]
            assert list(line.get_ydata()) == [unit * row[quantity] for row in rows]
