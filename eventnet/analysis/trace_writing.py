"""Write an event log as a trace that ui.perfetto.dev and chrome://tracing open: JSON trace events.

    write_trace(sim.log, net, "trace.json")

Each module is a track, each delivery a slice, and an arrow leads from each delivery to those that it caused. `times`
says where slices stand. The format: Duca and Sinclair, "Trace Event Format", 2016 (events X, s, f, C and M).
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from eventnet.analysis.trace_counters import ADD_COLUMNS, Adds, Counters, added
from eventnet.analysis.trace_times import Integers, Places, Scale, chunks, fit, survey
from eventnet.analysis.trace_tracks import Tracks
from eventnet.base.files import beside
from eventnet.engine.log_file import read_log
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.network import Network
from eventnet.tally import N_COLUMNS

if TYPE_CHECKING:
    from eventnet.simulation import Simulation

LIMIT = 1_000_000
# A counter has about so many values in a long trace: more would be another third of its size.
VALUES = 100_000

Log = Events | str | Path


@dataclass(frozen=True)
class Trace:
    """A trace that has been written: deliveries in it and left out, arrows, and what a tick is (microseconds)."""

    path: Path
    deliveries: int
    left_out: int
    arrows: int
    tick_us: int

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {**asdict(self), "path": str(self.path)}

    def __str__(self) -> str:
        text = f"{self.deliveries:,} deliveries, {self.arrows:,} arrows, a tick is {self.tick_us:,} us"
        return text + (f"; {self.left_out:,} deliveries left out" if self.left_out else "")


@dataclass(frozen=True)
class _Source:
    """A log on its way into a trace: its first n deliveries, and the process that they become."""

    log: Events
    n: int
    tracks: Tracks
    counters: Counters

    def lines(self, scale: Scale) -> Iterator[list[str]]:
        """Slices, arrows and counters, a list for each piece of the log."""
        places = Places()
        for begin, part in chunks(self.log, self.n):
            at = scale.ns(part["t"], places.of(part["t"]))
            slices = self.tracks.slices(begin, part, at)
            yield slices + self.tracks.arrows_to(part, at) + self.counters.lines(begin, part, at)


def write_trace(
    log: Log | Mapping[str, Log],
    net: Network,
    path: str | Path,
    *,
    limit: int = LIMIT,
    adds: Adds | Mapping[str, Adds] | None = None,
) -> Trace:
    """Write the first `limit` deliveries of a log as a trace, compressed where `path` ends in .gz.

    log     an array of DELIVERY or a .npy file of them, which is read piece by piece. Several logs of one network, by
            name, become processes of one trace, and share `limit` evenly
    adds    what a counter adds up: adds of each delivery, [n] (see `count_adds`), or a tally with roots, for the adds
            of each cascade at its input; by name where logs are. Without it each module's deliveries are counted

    Raises DataError for a log that is damaged or of another network, and for a file that cannot be written.
    """
    path = Path(path)
    given = log if isinstance(log, Mapping) else {"eventnet": log}
    counted = adds if isinstance(adds, Mapping) else {} if adds is None else dict.fromkeys(given, adds)
    if not given or limit < len(given):
        raise DataError(f"a trace takes one log or more and a delivery of each, not {len(given)} and {limit}")
    sources, scale = _sources({name: read_log(one) for name, one in given.items()}, net, limit, counted)
    with beside(path) as file:
        if path.suffix != ".gz":
            return _write(file, path, sources, scale)
        # Neither name nor time inside: the same log gives the same bytes.
        with gzip.GzipFile("", "wb", compresslevel=3, fileobj=file, mtime=0) as packed:
            return _write(packed, path, sources, scale)


def count_adds(sim: Simulation, limit: int | None = None, *, until: int | None = None) -> Integers:
    """Run a simulation to its end, or for `limit` deliveries, or up to a tick; returns the adds of each delivery [n].

    It stops after each, so that one takes some 16 us on the compiled engine.
    """
    rows = _rows(sim)
    return _counted(sim, limit, until, lambda: rows[:, ADD_COLUMNS].sum())[:, 0]


def count_operations(sim: Simulation, limit: int | None = None, *, until: int | None = None) -> Integers:
    """The same of every column of a tally, [n, 11]."""
    rows = _rows(sim)[:, :N_COLUMNS]
    return _counted(sim, limit, until, lambda: rows.sum(axis=0))


def _rows(sim: Simulation) -> Integers:
    rows: Integers = sim.store.tally[: len(list(sim.net.ports()))]
    return rows


def _counted(sim: Simulation, limit: int | None, until: int | None, read: Callable[[], Any]) -> Integers:
    """Stop after each delivery, and read sums [k]; returns their differences [n, k]."""
    sums, n = bytearray(read().tobytes()), 0
    width = len(sums) // 8
    while not sim.idle and n != limit:
        taken = sim.deliveries
        sim.run(until, max_deliveries=1)
        if sim.deliveries == taken:
            break
        sums += read().tobytes()
        n += 1
    found: Integers = np.frombuffer(sums, np.int64).reshape(n + 1, width)
    return found[1:] - found[:-1]


def _sources(
    logs: Mapping[str, Events], net: Network, limit: int, adds: Mapping[str, Adds]
) -> tuple[list[_Source], Scale]:
    """The logs, looked through, and the scale that they have in common."""
    taken = {name: min(len(log), limit // len(logs)) for name, log in logs.items()}
    sums = {name: added(adds.get(name), log, taken[name]) for name, log in logs.items()}
    room = {name: _scratch(n) for name, n in taken.items()}
    found = {name: survey(log, taken[name], net, room[name]) for name, log in logs.items()}
    ends = [(int(log["t"][0]), int(log["t"][taken[name] - 1])) for name, log in logs.items() if len(log)] or [(0, 0)]
    fullest = max(one.fullest for one in found.values())
    scale = fit(min(begin for begin, _ in ends), max(end for _, end in ends), fullest)
    every = -(-sum(taken.values()) // VALUES) or 1
    sources = []
    for k, (name, log) in enumerate(logs.items()):
        tracks = Tracks(name, log, net, scale, k, len(logs), _scratch(taken[name]))
        counters = Counters(tracks.pid, tracks.modules, found[name], sums[name], every)
        sources.append(_Source(log, taken[name], tracks, counters))
    return sources, scale


def _scratch(n: int) -> Integers:
    """Zeros [n] that lie in a file while they are used: a trace may be longer than memory."""
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.int64, "w+", shape=(max(n, 1),))


def _write(file: BinaryIO | gzip.GzipFile, path: Path, sources: list[_Source], scale: Scale) -> Trace:
    names = [line for source in sources for line in source.tracks.names()]
    file.write(('{"traceEvents":[\n' + ",\n".join(names)).encode())
    for source in sources:
        for lines in source.lines(scale):
            file.write(",\n".join(["", *lines]).encode())
    n, arrows = sum(source.n for source in sources), sum(source.tracks.arrows for source in sources)
    made = Trace(path, n, sum(len(source.log) for source in sources) - n, arrows, scale.tick // 1000)
    about = {
        "deliveries": n, "deliveries left out": made.left_out, "arrows": arrows,
        "us of a tick": made.tick_us, "tick at 0 us": scale.start,
    }  # fmt: skip
    file.write(f'\n],"displayTimeUnit":"ns","otherData":{json.dumps(about)}}}\n'.encode())
    return made
