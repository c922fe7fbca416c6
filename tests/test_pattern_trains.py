"""Trains with a hidden pattern: rates, presentations, jitter, order, and the same trains from the same seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from eventnet.event import EVENT
from eventnet.scenarios.pattern.parameters import InputTable
from eventnet.scenarios.pattern.trains import INDEX_BITS, HiddenPattern, choose_slots, merge

SMALL = InputTable(afferents=40, pattern_afferents=25)
MS = 1000


def events_of(table: InputTable, seconds: float, seed: int) -> tuple[HiddenPattern, Any]:
    trains = HiddenPattern(table, seconds, seed)
    return trains, np.concatenate([piece.copy() for _, piece in trains.pieces(port=3)])


def test_pieces_follow_one_another_in_order_of_time() -> None:
    trains = HiddenPattern(SMALL, 3.27, seed=1)
    begin = 0
    for end, piece in trains.pieces(port=3):
        assert len(piece) > 0
        assert (np.diff(piece["t"]) >= 0).all()
        assert begin <= piece["t"][0] <= piece["t"][-1] < end
        assert (piece["port"] == 3).all()
        assert (piece["sign"] == 1).all()
        begin = end
    assert begin == trains.end == 3_270_000


def test_all_afferents_fire_at_one_rate_in_presentations_and_outside() -> None:
    trains, events = events_of(replace(SMALL, jitter_ms=0.0), 400, seed=2)
    shown = trains.shown[np.minimum(events["t"] // trains.slot, len(trains.shown) - 1)]
    seconds = np.array([(~trains.shown).sum(), trains.shown.sum()]) * trains.slot * 1e-6
    for inside in (False, True):
        per_afferent = np.bincount(events["index"][shown == inside], minlength=40) / seconds[int(inside)]
        plain = per_afferent if not inside else per_afferent[25:]
        assert np.abs(plain - 64).max() < 4.5 * np.sqrt(64 / seconds[int(inside)])
        if inside:  # the pattern's own rates are those of one draw, and spontaneous spikes come on top
            spontaneous = per_afferent[:25] - np.bincount(trains.pattern[1], minlength=25) / (trains.slot * 1e-6)
            assert np.abs(spontaneous - 10).max() < 4.5 * np.sqrt(10 / seconds[1])


def test_presentations_repeat_the_pattern_to_the_tick_without_jitter_and_noise() -> None:
    trains, events = events_of(replace(SMALL, jitter_ms=0.0, noise_hz=0.0), 10, seed=3)
    t, index = trains.pattern
    assert len(trains.begins) > 20
    for begin in trains.begins:
        inside = events[(events["t"] >= begin) & (events["t"] < begin + trains.slot) & (events["index"] < 25)]
        assert sorted(zip(inside["t"] - begin, inside["index"])) == sorted(zip(t, index))


def test_each_spike_of_the_pattern_is_moved_by_a_jitter_of_its_own() -> None:
    table = InputTable(afferents=1, pattern_afferents=1, rate_hz=20.0, noise_hz=0.0, jitter_ms=2.0, pattern_ms=100.0)
    trains = next(
        t for t in (HiddenPattern(table, 800, seed) for seed in range(99))
        if len(t.pattern[0]) == 1 and 10 * MS < t.pattern[0][0] < 90 * MS
    )  # fmt: skip
    place = int(trains.pattern[0][0])
    events = np.concatenate([piece.copy() for _, piece in trains.pieces(0)])
    moved = []
    for begin in trains.begins:
        near = events["t"][(events["t"] >= begin) & (events["t"] < begin + trains.slot)] - begin - place
        moved += near.tolist()
    assert len(moved) == len(trains.begins) > 1500
    assert abs(np.mean(moved)) < 4 * 2 * MS / np.sqrt(len(moved))
    assert np.std(moved) == pytest.approx(2 * MS, rel=0.08)


def test_presentations_are_never_two_in_a_row_and_as_many_as_asked_for() -> None:
    for share in (0.1, 0.25, 0.5):
        shown = choose_slots(40_000, share, np.random.default_rng(1))
        assert not (shown[1:] & shown[:-1]).any()
        assert shown.mean() == pytest.approx(share, abs=0.01)


def test_the_same_seed_gives_the_same_trains() -> None:
    one, again, other = (events_of(SMALL, 2, seed)[1] for seed in (5, 5, 6))
    assert one.tobytes() == again.tobytes()
    assert one.tobytes() != other.tobytes()


def test_trains_begin_alike_however_long_they_last() -> None:
    short, long = (events_of(SMALL, seconds, 5)[1] for seconds in (2, 4))
    assert long[long["t"] < 2_000_000].tobytes() == short.tobytes()


def test_the_merge_is_that_of_plain_python() -> None:
    rng = np.random.default_rng(1)
    t, index = np.sort(rng.integers(0, 100, 300)), rng.integers(0, 20, 300)
    keys = np.sort((rng.integers(1000, 1100, 50) << INDEX_BITS) | rng.integers(0, 4, 50))
    shown, found = np.array([False, True, False, True]), []
    for function in (merge, merge.py_func):
        made: Any = np.zeros(400, EVENT)
        n = function(t, index, 1000, shown, 25, 10, 4, keys, 7, made)
        found.append(made[:n])
    assert found[0].tobytes() == found[1].tobytes()
    kept = ~((index < 4) & shown[t // 25])
    wanted = [(1000 + a, i % 10) for a, i in zip(t[kept], index[kept])]
    wanted += [(key >> INDEX_BITS, key & 0xFFFFF) for key in keys]
    assert sorted(zip(found[0]["t"], found[0]["index"])) == sorted(wanted)
