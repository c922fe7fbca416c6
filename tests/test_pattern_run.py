"""Judging neurons: hits, false alarms, latencies and when a pattern is found, on spikes made by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from eventnet.scenarios.pattern.listener import ListenerOutcome
from eventnet.scenarios.pattern.parameters import JudgingTable, PatternParameters
from eventnet.scenarios.pattern.run import compare, first_spikes, found_at, judge, presentation_of
from eventnet.scenarios.shared.parameter_file import loads
from eventnet.tally import Tally

SLOT = 100


def outcome(
    spikes: Any, begins: Any = (0, 300, 700, 1000, 1200), end: int = 1500, weights: Any = (1, 0, 0.6)
) -> ListenerOutcome:
    return ListenerOutcome(
        np.array(spikes, dtype=np.int64), np.array(begins, dtype=np.int64), SLOT, end,
        (np.array([5]), np.array([0])), 2, np.array(weights, dtype=float), 10, Tally([], []), (0.0, 0.0), None, [],
    )  # fmt: skip


def test_a_spike_belongs_to_the_presentation_in_which_it_lies() -> None:
    given = outcome([])
    assert presentation_of(np.array([0, 99, 100, 299, 300, 399, 400, 1299, 1300]), given).tolist() == [
        0, 0, -1, -1, 1, 1, -1, 4, -1,
    ]  # fmt: skip
    assert presentation_of(np.array([5]), outcome([], begins=[])).tolist() == [-1]


def test_the_first_spike_counts() -> None:
    assert first_spikes(outcome([20, 40, 250, 310, 1099])).tolist() == [20, 310, -1, 1099, -1]


def test_the_last_third_is_judged() -> None:
    row = judge(outcome([250, 305, 710, 1003, 1050, 1211]), JudgingTable())
    assert (row["hit rate"], row["presentations"], row["false alarms"], row["success"]) == (1.0, 2, 0, True)
    assert row["latency ms"] == pytest.approx(0.007)
    row = judge(outcome([1003, 1101]), JudgingTable())
    assert (row["hit rate"], row["false alarms"], row["success"]) == (0.5, 1, False)
    assert judge(outcome([1003, 1101]), JudgingTable(hit_rate=0.5, false_alarms=1))["success"] is True
    assert (row["strong weights"], row["strong in the pattern"]) == (2, 1)


@pytest.mark.parametrize(("spike", "alarms"), [(999, 0), (1000, 1), (1001, 1)])
def test_the_last_third_begins_with_its_first_microsecond(spike: int, alarms: int) -> None:
    row = judge(outcome([spike], begins=[0, 300, 1200]), JudgingTable())
    assert (row["false alarms"], row["presentations"]) == (alarms, 1)
    assert judge(outcome([], begins=[0, spike]), JudgingTable())["presentations"] == alarms


def test_a_silent_neuron_is_judged_too() -> None:
    row = judge(outcome([]), JudgingTable())
    assert (row["hit rate"], row["success"]) == (0, False)
    assert math.isnan(row["latency ms"])
    assert math.isnan(row["found at s"])
    assert judge(outcome([], begins=[0]), JudgingTable())["success"] is False


def test_found_is_the_first_row_of_hits_without_a_false_alarm() -> None:
    given = outcome([20, 250, 310, 750, 1010, 1210])
    assert found_at(first_spikes(given), given, 1) == 0
    assert found_at(first_spikes(given), given, 2) == 300
    assert found_at(first_spikes(given), given, 4) == 300
    assert found_at(first_spikes(given), given, 5) is None


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_every_neuron_is_run_and_the_first_is_watched(processes: int) -> None:
    text = "[run]\nruns = 2\nduration_s = 1\n[input]\nafferents = 60\npattern_afferents = 30\n[neuron]\nthreshold = 15\nreset = -30"
    told: list[tuple[int, int]] = []
    found = compare(loads(text, PatternParameters()), processes=processes, progress=lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]
    assert [o.history is None for o in found.outcomes] == [False, True]
    assert found.outcomes[0].spikes.tolist() != found.outcomes[1].spikes.tolist()
    assert len(found.rows) == 2
