"""Where deliveries stand in a trace: side by side within their instant."""

from __future__ import annotations

import numpy as np
import pytest

import eventnet as en
from eventnet.analysis import trace_times
from eventnet.analysis.trace_times import LONGEST, Places, chunks, fit, survey, us
from eventnet.errors import DataError
from eventnet.event import DELIVERY


@pytest.mark.parametrize("piece", [1, 2, 3, 100])
def test_places_count_from_0_in_each_instant_however_the_log_is_cut(piece: int) -> None:
    t = np.array([3, 3, 3, 4, 9, 9, 9, 9, 9, 9, 9, 10])
    places = Places()
    found = [places.of(t[k : k + piece]) for k in range(0, len(t), piece)]
    assert np.concatenate(found).tolist() == [0, 1, 2, 0, 0, 1, 2, 3, 4, 5, 6, 0]


@pytest.mark.parametrize("fullest,tick,slot", [(0, 1000, 1000), (1, 1000, 1000), (100, 1000, 10), (101, 10_000, 99), (1000, 10_000, 10), (999_999, 10_000_000, 10)])  # fmt: skip
def test_a_tick_is_a_microsecond_or_the_next_power_of_ten_with_room(fullest: int, tick: int, slot: int) -> None:
    scale = fit(0, 10, fullest)
    assert (scale.tick, scale.slot) == (tick, slot)
    assert scale.ns(np.array([0]), np.array([max(fullest - 1, 0)]))[0] + slot <= tick


def test_times_are_counted_from_the_beginning() -> None:
    assert fit(-5, 7, 10).ns(np.array([-5, -4, 7]), np.array([0, 3, 9])).tolist() == [0, 1300, 12_900]


def test_a_log_longer_than_a_traces_times_is_refused() -> None:
    longest = LONGEST // 1000
    fit(-5, -5 + longest - 1, 1)
    with pytest.raises(DataError, match="write a part of the log"):
        fit(-5, -5 + longest, 1)
    with pytest.raises(DataError, match="101 deliveries"):
        fit(0, longest - 1, 101)


@pytest.mark.parametrize("ns,text", [(0, "0.000"), (7, "0.007"), (1_234_056, "1234.056")])
def test_microseconds_have_three_digits(ns: int, text: str) -> None:
    assert us(ns) == text


def network() -> en.Network:
    """Two ports and two outlets."""
    net = en.Network()
    net.add(en.Relay(3, name="a"))
    net.add(en.Relay(3, name="b"))
    return net


ROWS = [(4, 2, 0, 5, 0, 1, 0, 1), (5, -1, 5, 5, -1, 0, 2, -1), (6, 4, 0, 5, 0, 1, 0, 1), (7, 5, 5, 8, 1, 1, 0, 1)]


def test_a_survey_counts_effects_and_the_fullest_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_times, "CHUNK", 2)
    log = np.array(ROWS, dtype=DELIVERY)
    found = survey(log, 4, network(), np.zeros(4, np.int64))
    assert (found.fullest, found.caused.tolist(), found.before) == (3, [1, 1, 0, 0], 1)
    # Of the first two deliveries: what they cause may come later.
    found = survey(log, 2, network(), np.zeros(2, np.int64))
    assert (found.fullest, found.caused.tolist(), found.before) == (2, [1, 1], 1)


def test_pieces_put_together_are_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_times, "CHUNK", 3)
    log = np.array(ROWS, dtype=DELIVERY)
    found = list(chunks(log, 4))
    assert [begin for begin, _ in found] == [0, 3]
    assert np.array_equal(np.concatenate([part for _, part in found]), log)


@pytest.mark.parametrize(
    "field,value,wanted",
    [("id", 9, "ids count up from"), ("t", 4, "time never goes back"), ("port", 2, "ports 0 to 1"), ("port", -1, "ports 0 to 1"),
     ("source", 2, "outlets 0 to 1"), ("source", -2, "outlets 0 to 1"), ("parent", 7, "a cause comes before"), ("parent", -2, "a cause comes before")],
)  # fmt: skip
@pytest.mark.parametrize("piece", [1, 100])
def test_a_log_of_another_network_or_a_damaged_one_is_refused(
    field: str, value: int, wanted: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_times, "CHUNK", piece)
    log = np.array(ROWS, dtype=DELIVERY)
    log[field][3] = value
    with pytest.raises(DataError, match=f"delivery 7 of the log.*{wanted}"):
        survey(log, 4, network(), np.zeros(4, np.int64))
