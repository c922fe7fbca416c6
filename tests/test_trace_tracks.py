"""Tracks, slices and arrows of a trace say what the log says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cases import make_case
from trace_cases import arrows, check_format, load, of_kind

import eventnet as en
from eventnet.analysis import trace_times as times
from eventnet.analysis import write_trace


def log_of(seed: int, order: str) -> tuple[en.Network, en.event.Events]:
    """A random network's log: delays, several outlets, feedback; whole or up to an error."""
    case = make_case(seed)
    sim = en.Simulation(case.net, **{**case.options, "order": order, "record": True, "budget": 2000})
    sim.inject(case.inputs)
    try:
        sim.run(until=14)
    except en.EventnetError:
        pass
    return case.net, sim.log


@pytest.mark.parametrize("order", ["depth", "breadth", "random"])
@pytest.mark.parametrize("piece", [7, 1 << 13])
def test_a_trace_of_a_random_network_holds_its_log(
    order: str, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times, "CHUNK", piece)
    caused = 0
    for seed in range(6):
        net, log = log_of(seed, order)
        log = log[:600]
        made = write_trace(log, net, tmp_path / "trace.json")
        trace = load(tmp_path / "trace.json")
        check_format(trace)
        outlets, ports = [*map(str, net.outlets()), "input"], [*map(str, net.ports())]
        track = {e["tid"]: e["args"]["name"] for e in of_kind(trace, "M") if e["name"] == "thread_name"}
        slices = of_kind(trace, "X")
        assert len(slices) == len(log) == made.deliveries
        for e, d in zip(slices, log, strict=True):
            number, parent, root, t, source, port, index, sign = d.tolist()
            assert e["args"] == {"delivery": number, "parent": parent, "root": root, "t": t, "from": outlets[source]}
            assert f"{track[e['tid']]}.{e['name']}" == f"{ports[port]}[{index}] {'+' if sign > 0 else '-'}1"
            # An instant's deliveries lie within its tick.
            assert (t - int(log["t"][0])) * made.tick_us <= e["ts"] < (t - int(log["t"][0]) + 1) * made.tick_us
        wanted = sorted((1, p, n) for n, p in log[["id", "parent"]].tolist() if p >= 0)
        assert arrows(trace) == wanted
        assert made.arrows == len(wanted)
        caused += len(wanted)
    assert caused > 500


def test_slices_follow_each_other_in_the_order_of_delivery(tmp_path: Path) -> None:
    net, log = log_of(3, "breadth")
    write_trace(log, net, tmp_path / "trace.json")
    slices = of_kind(load(tmp_path / "trace.json"), "X")
    times = [e["ts"] for e in slices]
    assert times == sorted(times)
    assert len(set(times)) == len(times)


def test_a_log_that_begins_later_has_no_arrow_from_before(tmp_path: Path) -> None:
    net, log = log_of(3, "breadth")
    part = log[len(log) // 2 :]
    write_trace(part, net, tmp_path / "trace.json")
    trace = load(tmp_path / "trace.json")
    check_format(trace)
    first = int(part["id"][0])
    wanted = sorted((1, p, n) for n, p in part[["id", "parent"]].tolist() if p >= first)
    assert 0 < len(wanted) < np.count_nonzero(part["parent"] >= 0)
    assert arrows(trace) == wanted


def test_names_that_json_must_escape_come_back(tmp_path: Path) -> None:
    net = en.Network()
    a = net.add(en.Relay(1, name='an "eye"\n\\ü'))
    log = en.simulate(net, [(0, a.spikes, 0, 1)], record=True).log
    write_trace({'a "run"': log}, net, tmp_path / "trace.json")
    trace = load(tmp_path / "trace.json")
    assert [e["args"]["name"] for e in of_kind(trace, "M") if "name" in e["args"]] == ['a "run"', 'an "eye"\n\\ü']
    assert of_kind(trace, "C")[-1]["name"] == 'deliveries to an "eye"\n\\ü'


def test_tracks_stand_in_the_order_of_modules(tmp_path: Path) -> None:
    net, log = log_of(0, "depth")
    write_trace(log, net, tmp_path / "trace.json")
    trace = load(tmp_path / "trace.json")
    tids = {e["args"]["name"]: e["tid"] for e in of_kind(trace, "M") if e["name"] == "thread_name"}
    assert list(tids) == [module.name for module in net.modules]
    places = {e["tid"]: e["args"]["sort_index"] for e in of_kind(trace, "M") if e["name"] == "thread_sort_index"}
    assert [places[tid] for tid in tids.values()] == list(range(len(tids)))
    assert json.dumps(trace["otherData"]["us of a tick"]).isdecimal()
