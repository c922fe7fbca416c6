"""Counters of a trace: events that wait, adds, deliveries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_trace_tracks import log_of
from trace_cases import check_format, counter, load, of_kind, values_at, waiting

import eventnet as en
from eventnet.analysis import count_adds, trace_times, trace_writing, write_trace
from eventnet.errors import DataError, EngineError


def fan() -> tuple[en.Network, en.Simulation]:
    """An input makes two spikes, for a layer of three at once and, later, for a sink."""
    net = en.Network()
    a = net.add(en.Herding(2, net.weights([[1.0, 1.0]]), name="a"))
    b = net.add(en.Herding(3, net.weights(np.full((2, 3), 0.25)), name="b"))
    c = net.add(en.Sink(2, name="c"))
    net.connect(a.out, b.spikes)
    net.connect(a.out, c.spikes, delay=5)
    sim = en.Simulation(net, "breadth", record=True, roots=True)
    sim.inject([(0, a.spikes, 0, 1), (9, a.spikes, 0, 1)])
    return net, sim


def test_what_waits_by_hand(tmp_path: Path) -> None:
    net, sim = fan()
    write_trace(sim.run().log, net, tmp_path / "trace.json")
    found = counter(load(tmp_path / "trace.json"), "events")
    # Two for b and two for c, on their way; a delivery takes one, and t=9 is as t=0.
    assert [value for _, value in found] == [4, 3, 2, 1, 0, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("piece", [7, 1 << 13])
def test_what_waits_in_random_networks(piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_times, "CHUNK", piece)
    for seed in range(8):
        net, log = log_of(seed, "breadth")
        log = log[:800]
        write_trace(log, net, tmp_path / "trace.json")
        trace = load(tmp_path / "trace.json")
        check_format(trace)
        shown = values_at(counter(trace, "events"), [e["ts"] for e in of_kind(trace, "X")])
        assert shown == waiting(log)


def test_what_is_left_out_waits_too(tmp_path: Path) -> None:
    net, log = log_of(3, "breadth")
    write_trace(log, net, tmp_path / "trace.json", limit=100)
    trace = load(tmp_path / "trace.json")
    shown = values_at(counter(trace, "events"), [e["ts"] for e in of_kind(trace, "X")])
    assert shown == waiting(log)[:100]


def test_what_was_caused_before_the_log_begins_waits_at_its_beginning(tmp_path: Path) -> None:
    net, log = log_of(3, "breadth")
    write_trace(log[50:300], net, tmp_path / "trace.json")
    trace = load(tmp_path / "trace.json")
    shown = values_at(counter(trace, "events"), [e["ts"] for e in of_kind(trace, "X")])
    assert shown == waiting(log[:300])[50:]


def test_adds_of_each_delivery_sum_to_the_tally(tmp_path: Path) -> None:
    net, sim = fan()
    adds = count_adds(sim)
    # 2 weights and 2 steps taken off; rows of 3, of which the third makes 3 spikes; a sink.
    assert adds.tolist() == [4, 3, 3, 0, 0, 4, 6, 3, 0, 0]
    assert adds.sum() == sim.tally.adds
    write_trace(sim.log, net, tmp_path / "trace.json", adds=adds)
    trace = load(tmp_path / "trace.json")
    check_format(trace)
    shown = values_at(counter(trace, "adds"), [e["ts"] for e in of_kind(trace, "X")])
    assert shown == np.cumsum(adds).tolist()
    assert {e["name"] for e in of_kind(trace, "C")} == {"adds", "events"}


def test_counting_changes_no_run_and_stops_where_it_is_told() -> None:
    _, sim = fan()
    whole = count_adds(sim)
    _, other = fan()
    assert count_adds(other, 3).tolist() == whole[:3].tolist()
    assert other.deliveries == 3
    assert count_adds(other).tolist() == whole[3:].tolist()
    assert np.array_equal(other.log, fan()[1].run().log)
    assert np.array_equal(count_adds(fan()[1], 0), [])


def test_a_tally_with_roots_shows_each_cascade_at_its_input(tmp_path: Path) -> None:
    net, sim = fan()
    sim.run()
    write_trace(sim.log, net, tmp_path / "trace.json", adds=sim.tally)
    trace = load(tmp_path / "trace.json")
    shown = values_at(counter(trace, "adds of cascades begun"), [e["ts"] for e in of_kind(trace, "X")])
    assert shown == [10] * 5 + [23] * 5
    assert sim.tally.adds == 23


def test_without_adds_each_modules_deliveries_are_counted(tmp_path: Path) -> None:
    net, log = log_of(5, "depth")
    write_trace(log, net, tmp_path / "trace.json")
    trace = load(tmp_path / "trace.json")
    modules = np.array([port.module.name for port in net.ports()])[log["port"]]
    at = [e["ts"] for e in of_kind(trace, "X")]
    for name in np.unique(modules):
        values = [(-1.0, 0), *counter(trace, f"deliveries to {name}")]
        assert values_at(values, at) == np.cumsum(modules == name).tolist()


@pytest.mark.parametrize("most", [5, 9, 14, 20, 33])
def test_a_long_trace_shows_few_values_and_no_peak_is_lost(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_writing, "VALUES", most)
    net, log = log_of(3, "breadth")
    write_trace(log, net, tmp_path / "trace.json")
    trace = load(tmp_path / "trace.json")
    check_format(trace)
    values = counter(trace, "events")
    assert len(values) <= most
    assert max(value for _, value in values) == max(waiting(log))
    totals = [e for e in of_kind(trace, "C") if e["name"].startswith("deliveries to")]
    last = {e["name"]: e["args"]["so far"] for e in totals}
    assert sum(last.values()) == len(log)


def test_adds_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    net, sim = fan()
    log = sim.run().log
    for bad in (np.zeros(len(log) - 1, np.int64), np.zeros(len(log)), np.zeros((len(log), 2), np.int64)):
        with pytest.raises(DataError, match="wanted whole numbers, one for each of 10"):
            write_trace(log, net, tmp_path / "trace.json", adds=bad)
    plain = en.Simulation(net, record=True)
    with pytest.raises(EngineError, match="roots=True"):
        write_trace(log, net, tmp_path / "trace.json", adds=plain.tally)
