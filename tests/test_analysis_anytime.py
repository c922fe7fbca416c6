"""Curves of guesses against a network that is asked after each single delivery."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from anytime_cases import asked, changing, counted, spiking

from eventnet import analysis
from eventnet.analysis import AXES, AnytimeAnswers, anytime, bootstrap, joined, wilson
from eventnet.errors import ModelError


def found_of(shown: Any, y: Any, **options: Any) -> list[AnytimeAnswers]:
    return anytime(shown, y, engine="reference", **options)


@pytest.mark.parametrize("order", ["depth", "breadth", "magnitude", "random", analysis.deepest_random])
@pytest.mark.parametrize("coalesce", ["none", "burst"])
def test_guesses_are_those_of_a_network_that_is_asked_after_each_delivery(order: Any, coalesce: str) -> None:
    for shown, y, *answers in (spiking(), spiking(3, at_once=True), changing(coalesce=coalesce), counted()):
        (found,) = found_of(shown, y, orders=[order], coalesce=[coalesce])
        by_hand = asked(shown, order, coalesce)
        for k, sample in enumerate(by_hand):
            kept = slice(found.begins[k], found.begins[k + 1])
            changes = [j for j, g in enumerate(sample["guess"]) if j == 0 or g != sample["guess"][j - 1]]
            assert found.answer[kept].tolist() == [sample["guess"][j] for j in changes]
            for axis in AXES:
                assert found.cost[axis][kept].tolist() == [sample[axis][j] for j in changes], axis
                assert found.total[axis][k] == sample[axis][-1]
        if answers and coalesce == "none" and order == "breadth":
            assert found.final.tolist() == answers[0].tolist()


def test_the_last_point_is_the_error_and_the_whole_cost_the_tally() -> None:
    shown, y, answers = spiking(8)
    for found in found_of(shown, y):
        tally = shown.simulation(found.order, engine="reference").run().tally
        assert found.total["adds"].sum() == tally.adds
        assert found.total["deliveries"].sum() == tally.deliveries
        for axis in AXES:
            cost, errors = found.curve(axis)
            assert cost[0] == 0
            assert cost[-1] == found.total[axis].max()
            if found.order in ("depth", "breadth", "fifo", "topological"):
                assert errors[-1] == (answers != y).mean()


def naive_error(by_hand: Any, y: Any, axis: str, cost: float) -> float:
    guesses = [[g for g, c in zip(s["guess"], s[axis], strict=True) if c <= cost][-1] for s in by_hand]
    return float(np.mean(np.array(guesses) != y))


@pytest.mark.parametrize("axis", AXES)
def test_curves_areas_and_costs_agree_with_their_definitions(axis: str) -> None:
    shown, y, _ = changing(7)
    (found,) = found_of(shown, y, orders=["depth"])
    by_hand = asked(shown, "depth")
    whole = int(found.total[axis].max())
    errors = [naive_error(by_hand, y, axis, c) for c in range(whole + 1)]
    assert found.error_at(np.arange(whole + 1), axis).tolist() == errors
    assert found.areas(whole, axis).mean() == pytest.approx(np.mean(errors[:-1]), abs=1e-12)  # sums of fractions
    for target in sorted(set(errors)):
        assert found.cost_to(target, axis) == next(c for c, e in enumerate(errors) if e <= target)
    assert found.cost_to(min(errors) - 0.01, axis) is None
    for k, sample in enumerate(by_hand):
        right = [g == y[k] for g in sample["guess"]]
        since = max((j + 1 for j, r in enumerate(right) if not r), default=0)
        wanted = sample[axis][since] if right[-1] else np.inf
        assert found.right_from(axis)[k] == wanted
        last = max((j for j in range(1, len(right)) if sample["guess"][j] != sample["guess"][j - 1]), default=0)
        assert found.settled(axis)[k] == sample[axis][last]
        assert found.changes()[k] == sum(a != b for a, b in zip(sample["guess"], sample["guess"][1:], strict=False))


def test_parts_of_a_set_are_joined() -> None:
    (shown, y, _), (more, z, _) = spiking(5), spiking(3)
    told: list[tuple[int, int]] = []
    (both,) = found_of([shown, more], np.concatenate([y, z]), orders=["depth"], progress=lambda *at: told.append(at))
    a, b = (found_of(s, labels, orders=["depth"])[0] for s, labels in ((shown, y), (more, z)))
    assert told == [(1, 2), (2, 2)]
    assert both.curve()[1][-1] == (5 * a.curve()[1][-1] + 3 * b.curve()[1][-1]) / 8
    assert both.right_from().tolist() == [*a.right_from(), *b.right_from()]
    assert joined([a, b]).areas(100).tolist() == [*a.areas(100), *b.areas(100)]


def test_wilson_and_bootstrap_know_their_textbook_cases() -> None:
    low, high = wilson([0.5, 0.0], 10)  # Brown, Cai and DasGupta 2001
    assert low.tolist() == pytest.approx([0.2366, 0.0], abs=1e-4)
    assert high.tolist() == pytest.approx([0.7634, 0.2775], abs=1e-4)
    values = np.random.default_rng(0).normal(3, 2, 400)
    low_mean, high_mean = bootstrap(values)
    assert (low_mean, high_mean) == bootstrap(values)
    half = 1.96 * values.std() / 20
    assert low_mean == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high_mean == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_a_band_reaches_an_error_before_and_after_the_curve() -> None:
    shown, y, _ = spiking(12)
    (found,) = found_of(shown, y, orders=["depth"])
    low, high = found.band_at([0, 50, 500])
    assert (low <= found.error_at([0, 50, 500])).all()
    assert (found.error_at([0, 50, 500]) <= high).all()
    target = float(np.median(found.curve()[1]))
    early, late = found.cost_to_band(target)
    middle = found.cost_to(target)
    assert early is not None
    assert middle is not None
    assert early <= middle
    assert late is None or middle <= late


def test_samples_that_do_not_fit_are_refused() -> None:
    shown, y, _ = spiking()
    with pytest.raises(ModelError, match="labels are int64"):
        found_of(shown, y[1:])
    for starts in (shown.starts[::-1], shown.starts + 1):
        with pytest.raises(ModelError, match="wanted ascending ticks"):
            found_of(analysis.SampleStream(shown.net, shown.inputs, starts), y, orders=["depth"])
    (found,) = found_of(shown, y, orders=["depth"])
    with pytest.raises(ModelError, match="an axis is one of adds, deliveries, ticks"):
        found.curve("joules")
