"""The law of flow sums: streams are what they say, costs follow the closed form, and what is active decides."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from eventnet.errors import DataError, ModelError
from eventnet.plotting import style
from eventnet.scenarios.fusion.flow_law import (
    VERSIONS,
    LawParameters,
    LawResult,
    LawRunTable,
    LawScene,
    LawTable,
    activity,
    break_even,
    law,
    scenes,
    side_by_side,
    stream_of,
)
from eventnet.scenarios.fusion.scenario_flow_law import against_clock
from eventnet.scenarios.shared.parameter_file import loads

SHORT = LawParameters(
    LawRunTable(seed=777, duration_s=0.25, measured_from_s=0.1), LawTable((32,), (24,), (40.0,), (2.0, 20.0))
)
SIZE = 32, 24


@cache
def found() -> LawResult:
    """Once for this file and for that of all pictures."""
    return law(SHORT)


@pytest.fixture(scope="module")
def once() -> LawResult:
    return found()


@pytest.mark.slow
def test_there_is_a_row_for_each_scene_period_and_version(once: LawResult) -> None:
    assert [str(scene) for scene in scenes(SHORT)] == [
        "32 x 24, 40 deg/s", "32 x 24, 40 deg/s, window", "32 x 24, all active",
    ]  # fmt: skip
    assert [row["version"] for row in once.rows] == 6 * list(VERSIONS)
    assert [row["period ms"] for row in once.rows[::5]] == 3 * [2.0, 20.0]
    blocks = 12 * 16  # of 2 x 2; the twin has six words of flow, a sum, a count and room a block
    twins = {row["memory kB"] for row in once.rows if row["version"] == "twin"}
    assert len(twins) == 1
    assert 9 * blocks < 250 * twins.pop() < 9 * blocks + 150
    assert all(math.isnan(row["camera error"]) == (row["kind"] != "turning") for row in once.rows)


def test_a_window_lets_events_of_a_part_of_the_picture_through() -> None:
    whole, part = (
        np.concatenate([p.events for p in stream_of(SHORT, LawScene(*SIZE, 40.0, kind)).camera()])
        for kind in ("turning", "window")
    )
    assert 0 < len(part) < 0.2 * len(whole)
    reach = [np.ptp(part[name].astype(int)) + 1 for name in ("x", "y")]
    assert reach[0] * reach[1] <= 0.05 * 32 * 24 * 1.4  # whole pixels
    seen = np.isin(whole["x"], part["x"]) & np.isin(whole["y"], part["y"])
    assert np.array_equal(whole[seen], part)


def test_every_block_has_an_event_in_every_period_whatever_packets_are() -> None:
    made = []
    for packet_ms in (50.0, 3.3):
        p = LawParameters(LawRunTable(777, 0.25, 0.1, packet_ms), SHORT.law)
        packets = list(stream_of(p, LawScene(*SIZE, 40.0, "everywhere")).camera())
        made.append(np.concatenate([packet.events for packet in packets]))
    assert np.array_equal(*made)
    keys = np.stack((made[0]["t"] // 2000, made[0]["y"] // 2, made[0]["x"] // 2))
    assert np.unique(keys, axis=1).shape[1] == len(made[0]) == 125 * 12 * 16
    assert np.all(np.diff(made[0]["t"]) >= 0)


def test_activity_is_counted_of_inner_blocks_in_whole_looks() -> None:
    scene = LawScene(*SIZE, 40.0, "turning")
    events = np.concatenate([packet.events for packet in stream_of(SHORT, scene).camera()])
    seen, inside = set(), 0
    for e in events:
        y, x, look = int(e["y"]) // 2, int(e["x"]) // 2, math.ceil(int(e["t"]) / 20_000)
        inside += look <= 12
        if 0 < y < 11 and 0 < x < 15 and look <= 12:
            seen.add((look, y, x))
    assert activity(stream_of(SHORT, scene), scene, 2, 20_000) == (len(seen) / (140 * 12), inside / (140 * 12), 140)


def test_costs_are_those_of_the_law(once: LawResult) -> None:
    for row in side_by_side(once):
        b, t, e, a = row["inner blocks"], 1e-3 * row["period ms"], row["events/s"], row["active part"]
        # Looks are at multiples, none at the end; signs may cancel in a block; border blocks take 2 an event.
        same = 84 / t + 72e3
        assert row["by"]["twin"]["operations/s"] == pytest.approx(3 * e + (23 + 6 * a) * b / t + same, rel=0.1)
        low, high = (3 * e + each * a * b / t + same for each in (35, 49.5))
        assert 0.9 * low < row["by"]["thinnest"]["operations/s"] < 1.05 * high


def test_what_is_active_decides_for_thinnest_and_events_a_block_for_thin(once: LawResult) -> None:
    rows = side_by_side(once)
    by_part = sorted(rows, key=lambda row: row["active part"])
    assert by_part[0]["ratios"]["thinnest"] < 0.2 < 1 < by_part[-1]["ratios"]["thinnest"] < 1.25
    for name in ("thin", "fine"):
        each = [row["by"][name]["events a block a look"] for row in rows]
        sides = [(n < break_even(row, name), row["ratios"][name] < 1) for n, row in zip(each, rows)]
        assert all(expected == is_less for expected, is_less in sides)
        assert {expected for expected, _ in sides} == {True, False}


def test_parameters_that_do_not_fit_are_refused() -> None:
    for text, said in (("widths = [64, 240]", "2 widths and 1 heights"), ("periods_ms = [0]", "periods_ms is 0")):
        with pytest.raises(DataError, match=said):
            loads(f"[law]\n{text}", LawParameters())
    with pytest.raises(ModelError, match="measures from 0.5 s on, but lasts 0.5 s"):
        LawParameters(LawRunTable(duration_s=0.5, measured_from_s=0.5))
    full = LawParameters.in_full()
    assert len(scenes(full)) == 3 * 4 + 1


@pytest.mark.parametrize("cameras", [1, 3])
def test_the_picture_is_readable(cameras: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "check_readable", True)
    rows = [row | {"camera": f"{k + 100} x 100"} for k in range(cameras) for row in found().rows]
    assert against_clock(LawResult(found().parameters, rows)).startswith(b"\x89PNG")
