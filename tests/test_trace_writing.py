"""Traces as files: bounded, streamed, written beside and moved; the option --trace."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_trace_tracks import log_of
from trace_cases import arrows, check_format, load, of_kind
from typer.testing import CliRunner

import eventnet as en
from eventnet.analysis import trace_times, write_trace
from eventnet.cli.commands import app
from eventnet.errors import DataError
from eventnet.models import DeepSpikingNetwork


def ring(path: Path, n: int) -> en.Network:
    """A spike that goes round for ever, and another that follows it: n deliveries, streamed to a file."""
    net = en.Network()
    relay = net.add(en.Relay(3, name="ring"))
    net.connect(relay.out, relay.spikes, delay=1)
    sim = en.Simulation(net, record=path)
    sim.inject([(0, relay.spikes, 1, -1), (0, relay.spikes, 2, 1)])
    sim.run(max_deliveries=n)
    return net


@pytest.mark.slow
def test_a_streamed_log_gives_the_same_bytes_as_one_in_memory(tmp_path: Path) -> None:
    net = ring(tmp_path / "log.npy", 20_000)
    for suffix in ("json", "json.gz"):
        made = write_trace(tmp_path / "log.npy", net, tmp_path / f"a.{suffix}")
        write_trace(np.load(tmp_path / "log.npy"), net, tmp_path / f"b.{suffix}")
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
        assert made.path == tmp_path / f"a.{suffix}"
    assert (tmp_path / "a.json.gz").read_bytes()[3:8] == bytes(5)  # no name, no time
    assert load(tmp_path / "a.json.gz") == load(tmp_path / "a.json")
    assert (tmp_path / "a.json.gz").stat().st_size < (tmp_path / "a.json").stat().st_size / 5


@pytest.mark.slow
@pytest.mark.parametrize("n,piece", [(30_000, 500), pytest.param(300_000, 1 << 13, marks=pytest.mark.whole)])
def test_memory_does_not_grow_with_the_log(n: int, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_times, "CHUNK", piece)
    net = ring(tmp_path / "log.npy", n)
    tracemalloc.start()
    made = write_trace(tmp_path / "log.npy", net, tmp_path / "trace.json")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made.deliveries == n
    assert (tmp_path / "trace.json").stat().st_size > 300 * n
    # The lines of a piece: 350 bytes a delivery, as many as 6 times (single, joined, encoded), and what is fixed.
    assert peak < 6 * 350 * piece + 1e6


@pytest.mark.whole
def test_a_million_events_are_a_whole_trace(tmp_path: Path) -> None:
    net = ring(tmp_path / "log.npy", 1_000_000)
    made = write_trace(tmp_path / "log.npy", net, tmp_path / "trace.json.gz")
    trace = load(tmp_path / "trace.json.gz")
    check_format(trace)
    assert len(of_kind(trace, "X")) == made.deliveries == 1_000_000
    assert made.arrows == 999_998


def test_a_limit_leaves_out_what_comes_later_and_says_so(tmp_path: Path) -> None:
    net, log = log_of(3, "breadth")
    made = write_trace(log, net, tmp_path / "trace.json", limit=100)
    trace = load(tmp_path / "trace.json")
    check_format(trace)
    assert [e["args"]["delivery"] for e in of_kind(trace, "X")] == list(range(100))
    assert arrows(trace) == sorted((1, p, n) for n, p in log[["id", "parent"]][:100].tolist() if p >= 0)
    assert (made.deliveries, made.left_out) == (100, len(log) - 100)
    assert trace["otherData"]["deliveries left out"] == len(log) - 100
    assert f"{len(log) - 100:,} deliveries left out" in str(made)


def test_logs_of_several_orders_are_processes_of_one_trace(tmp_path: Path) -> None:
    runs = {order: log_of(3, order) for order in ("depth", "breadth", "fifo")}
    net = runs["depth"][0]
    logs = {order: log[:400] for order, (_, log) in runs.items()}
    made = write_trace(logs, net, tmp_path / "trace.json")
    trace = load(tmp_path / "trace.json")
    check_format(trace)
    names = [e["args"]["name"] for e in of_kind(trace, "M") if e["name"] == "process_name"]
    assert names == ["depth", "breadth", "fifo"]
    wanted = [
        (pid, p, n) for pid, log in enumerate(logs.values(), 1) for n, p in log[["id", "parent"]].tolist() if p >= 0
    ]
    assert arrows(trace) == sorted(wanted)
    assert made.deliveries == 1200
    made = write_trace(logs, net, tmp_path / "trace.json", limit=100)
    assert (made.deliveries, made.left_out) == (99, 1101)


def test_an_empty_log_is_a_trace_with_nothing_on_its_tracks(tmp_path: Path) -> None:
    net, log = log_of(0, "depth")
    made = write_trace(log[:0], net, tmp_path / "trace.json")
    check_format(load(tmp_path / "trace.json"))
    assert (made.deliveries, made.left_out) == (0, 0)


def test_what_fails_leaves_the_last_good_trace(tmp_path: Path) -> None:
    net, log = log_of(3, "breadth")
    path = tmp_path / "trace.json"
    write_trace(log, net, path)
    good = path.read_bytes()
    bad = log.copy()
    bad["port"][-1] = 99
    for given, options in ((bad, {}), (tmp_path / "absent.npy", {}), (log, {"limit": 0}), ({}, {})):
        with pytest.raises(DataError):
            write_trace(given, net, path, **options)  # type: ignore[arg-type]
    assert path.read_bytes() == good
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(DataError, match="cannot be written"):
        write_trace(log, net, tmp_path / "no" / "trace.json")


# --- the commands ---
def command(*args: object) -> Any:
    result = CliRunner().invoke(app, [*map(str, args), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.slow
def test_orders_traces_every_order_with_its_adds(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    given = command("orders", "--out", tmp_path / "out", "--trace", path)
    trace = load(path)
    check_format(trace)
    names = {e["pid"]: e["args"]["name"] for e in of_kind(trace, "M") if e["name"] == "process_name"}
    assert list(names.values()) == list(en.ORDERS)
    for pid, order in names.items():
        last = [e for e in of_kind(trace, "C", pid) if e["name"] == "adds"][-1]
        assert last["args"]["so far"] == given["orders"][order]["adds"]
        assert len(of_kind(trace, "X", pid)) == given["orders"][order]["deliveries"]
    assert given["trace"]["deliveries"] == len(of_kind(trace, "X"))
    del given["trace"]
    plain = command("orders", "--out", tmp_path / "out")
    assert plain["orders"] == given["orders"]


def test_train_traces_a_digit_and_saves_the_same_network(tmp_path: Path) -> None:
    small = ["--epochs", "1", "--train", "50", "--test", "20", "--sizes", "784-20-20-10", "--dtype", "int32"]
    for name, more in (("a", []), ("b", ["--trace", tmp_path / "trace.json.gz"])):
        command("train", *small, "--out", tmp_path / f"{name}.npz", *more)
    trace = load(tmp_path / "trace.json.gz")
    check_format(trace)
    tracks = {e["args"]["name"] for e in of_kind(trace, "M") if e["name"] == "thread_name"}
    assert {"layer0", "update0"} <= tracks
    assert len(of_kind(trace, "X")) > 100
    loaded = [DeepSpikingNetwork.load(tmp_path / f"{name}.npz").weights for name in "ab"]
    assert all(np.array_equal(a, b) for a, b in zip(*loaded, strict=True))


@pytest.mark.slow
def test_demo_traces_one_digit_in_both_orders(tmp_path: Path) -> None:
    small = ["--epochs", "1", "--train", "100", "--test", "50", "--sizes", "784-20-20-10"]
    given = command("demo", *small, "--out", tmp_path / "out", "--trace", tmp_path / "trace.json")
    trace = load(tmp_path / "trace.json")
    check_format(trace)
    names = [e["args"]["name"] for e in of_kind(trace, "M") if e["name"] == "process_name"]
    assert names == ["breadth", "depth"]
    spikes = [
        n["value"] for n in given["numbers"] if n["run"] == "sample in the raster" and n["at"] == "input quantizer"
    ]
    assert sum(e["args"]["from"] == "input.out" for e in of_kind(trace, "X", 1)) == spikes[0]


def test_a_trace_with_no_folder_to_go_to_fails_before_the_run(tmp_path: Path) -> None:
    for name in ("orders", "train", "demo"):
        result = CliRunner().invoke(app, [name, "--trace", str(tmp_path / "no" / "trace.json")])
        assert result.exit_code == 3
        assert "no folder" in result.output
