"""The event log: whole, bounded, or streamed to disk; the same lines every time."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from cases import make_case

import eventnet as en
from eventnet.engine import reference
from eventnet.engine.log_file import LogWriter, read_log
from eventnet.errors import DataError, EngineError
from eventnet.event import DELIVERY


def ring(engine: str, record: bool | int | str | Path, n: int = 200_000) -> en.Simulation:
    """A spike that goes round for ever, one tick a turn."""
    net = en.Network()
    relay = net.add(en.Relay(3))
    net.connect(relay.out, relay.spikes, delay=1)
    sim = en.Simulation(net, engine=engine, record=record)
    sim.inject([(0, relay.spikes, 1, -1)])
    return sim.run(max_deliveries=n)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_bounded_log_keeps_the_last_lines(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "LOG_CHUNK", 1000)
    log = ring(engine, 500, 3000 if engine == "reference" else 200_000).log
    last = 3000 if engine == "reference" else 200_000
    assert log["id"].tolist() == list(range(last - 500, last))


def test_a_bounded_log_does_not_grow_inside_a_run() -> None:
    sim = ring("compiled", 100)
    assert sum(map(len, sim.engine.logs)) <= 1 << 17


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_streamed_log_is_the_log_in_memory_and_leaves_memory_during_the_run(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "LOG_CHUNK", 1000)
    n = 150_000 if engine == "compiled" else 3000
    path = tmp_path / "log.npy"
    sim = ring(engine, path, n)
    assert np.array_equal(np.load(path), ring(engine, True, n).log)
    assert np.array_equal(sim.log, np.load(path))
    sizes: list[int] = []
    monkeypatch.setattr(LogWriter, "write", lambda self, records: sizes.append(len(records)))
    ring(engine, tmp_path / "other.npy", n)
    assert len(sizes) > 2
    assert sum(sizes) == n


def test_a_log_of_nothing_is_a_file_with_no_lines(tmp_path: Path) -> None:
    LogWriter(tmp_path / "empty.npy")
    read = np.load(tmp_path / "empty.npy")
    assert read.dtype == DELIVERY
    assert len(read) == 0


def test_a_log_that_cannot_be_written_says_where() -> None:
    with pytest.raises(DataError, match="no/such/folder"):
        LogWriter("no/such/folder/log.npy")


def test_no_log_was_asked_for() -> None:
    with pytest.raises(EngineError, match="record=True"):
        _ = ring("compiled", False, 10).log


def test_recording_changes_nothing_else() -> None:
    for seed in range(20):
        case = make_case(seed)
        runs = []
        for record in (True, False, 7):
            sim = en.Simulation(case.net, **{**case.options, "record": record})
            sim.inject(case.inputs)
            try:
                sim.run(until=14)
            except en.EventnetError:
                pass
            runs.append(({b.name: sim.weights(b).tobytes() for b in case.net.blocks}, sim.tally.by_port()))
        assert runs[0] == runs[1] == runs[2]


def test_a_log_is_read_from_its_file_without_reading_it(tmp_path: Path) -> None:
    log = ring("compiled", tmp_path / "log.npy", 1000).log
    found = read_log(tmp_path / "log.npy")
    assert isinstance(found, np.memmap)
    assert np.array_equal(found, log)
    assert read_log(log) is log
    LogWriter(tmp_path / "empty.npy")
    assert len(read_log(tmp_path / "empty.npy")) == 0


def test_a_file_that_is_no_log_says_so(tmp_path: Path) -> None:
    ring("compiled", tmp_path / "log.npy", 1000)
    whole = (tmp_path / "log.npy").read_bytes()
    for content in (b"", b"text", whole[:100], whole[:5000]):
        (tmp_path / "bad.npy").write_bytes(content)
        with pytest.raises(DataError, match="bad.npy is damaged"):
            read_log(tmp_path / "bad.npy")
    np.save(tmp_path / "bad.npy", np.zeros((2, 3)))
    with pytest.raises(DataError, match=r"bad.npy is 2-d of float64; wanted a 1-d array of DELIVERY"):
        read_log(tmp_path / "bad.npy")
    with pytest.raises(DataError, match="there is no file"):
        read_log(tmp_path / "absent.npy")


# --- a disk that is full ---------------------------------------------------------------------------------------------
@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process grows past so many bytes; a write that would is refused as on a full disk."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_log_on_a_full_disk_keeps_what_was_written_and_the_simulation_has_failed(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "LOG_CHUNK", 100)
    path = tmp_path / "log.npy"
    sim = ring(engine, path, 500)
    whole = sim.log.tolist()
    full = pytest.raises(DataError, match=r"log\.npy cannot be written: .*; it ends after [\d,]+ lines")
    with files_of_at_most(path.stat().st_size + 20_001), full:
        sim.run(max_deliveries=2_000)
    with pytest.raises(EngineError, match=r"failed before .*log\.npy"):
        sim.run(max_deliveries=1)
    kept = read_log(path).tolist()
    assert kept[:500] == whole
    assert kept == ring(engine, True, 2_500).log.tolist()[: len(kept)]
    assert sim.log.tolist() == kept
    assert path.stat().st_size == 256 + len(kept) * DELIVERY.itemsize


def test_a_log_that_lost_lines_takes_no_more(tmp_path: Path) -> None:
    writer, some = LogWriter(tmp_path / "log.npy"), np.zeros(1000, dtype=DELIVERY)
    writer.write(some[:10])
    with files_of_at_most(2000), pytest.raises(DataError, match="it ends after 10 lines"):
        writer.write(some)
    with pytest.raises(DataError, match="it ends after 10 lines"):
        writer.write(some[:1])
    assert len(read_log(tmp_path / "log.npy")) == len(writer.read()) == 10


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_log_whose_header_cannot_be_written_says_so_at_once() -> None:
    with pytest.raises(DataError, match="the log /dev/full cannot be written"):
        LogWriter("/dev/full")


def test_the_header_of_a_log_is_there_before_any_line(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log.npy")
    assert len(read_log(tmp_path / "log.npy")) == 0  # by another handle, while the writer's is open
    assert writer.records == 0


def test_lines_behind_those_that_the_header_counts_are_not_read(tmp_path: Path) -> None:
    ring("reference", tmp_path / "log.npy", 100)
    whole = (tmp_path / "log.npy").read_bytes()
    (tmp_path / "log.npy").write_bytes(whole + b"\7" * 70)  # ended while it wrote: one line and a part of one
    assert len(read_log(tmp_path / "log.npy")) == 100
