"""What every trace must keep to, and what one of a log must hold; nothing here is taken from the code that writes it."""

from __future__ import annotations

import gzip
import json
from bisect import bisect_right
from collections import defaultdict
from pathlib import Path
from typing import Any

from eventnet.event import Events

Record = dict[str, Any]


def load(path: Path) -> Any:
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def of_kind(trace: Any, kind: str, pid: int | None = None) -> list[Record]:
    return [e for e in trace["traceEvents"] if e["ph"] == kind and pid in (None, e["pid"])]


def cut(us: float) -> int:
    """Nanoseconds as viewers read microseconds: what is below is cut."""
    return int(us * 1000.0)


def check_format(trace: Any) -> None:
    """Rules of the format, and of the viewers that read it."""
    assert set(trace) == {"traceEvents", "displayTimeUnit", "otherData"}
    events = trace["traceEvents"]
    assert {e["ph"] for e in events} <= set("MXsfC")
    for e in events:
        assert type(e["pid"]) is int
        assert type(e["name"]) is str
        assert e["ph"] == "M" or e["ts"] >= 0
        assert e["ph"] in "MC" or type(e["tid"]) is int
    pids = {e["pid"] for e in events}
    assert {e["pid"] for e in events if e["name"] == "process_name"} == pids
    named = [e for e in of_kind(trace, "M") if e["name"] == "thread_name"]
    tids = [e["tid"] for e in named]
    assert len(set(tids)) == len(tids)  # in the whole trace
    assert not set(tids) & pids  # that would be a process's main thread
    assert {e["tid"] for e in events if e["ph"] in "Xsf"} <= set(tids)
    home = {e["tid"]: e["pid"] for e in named}
    assert all(home[e["tid"]] == e["pid"] for e in events if e["ph"] in "Xsf")
    _check_slices(trace)
    _check_counters(trace)


def _check_slices(trace: Any) -> None:
    """On a track one slice follows the other, and nothing overlaps; each arrow begins and ends within one."""
    tracks = defaultdict(list)
    for e in of_kind(trace, "X"):
        assert cut(e["dur"]) > 0
        tracks[e["tid"]].append((cut(e["ts"]), cut(e["ts"]) + cut(e["dur"])))
    for slices in tracks.values():
        assert all(before[1] <= after[0] for before, after in zip(slices, slices[1:], strict=False))
    starts, ends = ({e["id"]: e for e in of_kind(trace, kind)} for kind in "sf")
    assert (len(starts), len(ends)) == (len(of_kind(trace, "s")), len(of_kind(trace, "f")))
    assert set(starts) == set(ends)
    for number, start in starts.items():
        end = ends[number]
        assert (start["cat"], start["name"], start["pid"]) == (end["cat"], end["name"], end["pid"])
        assert end["bp"] == "e"
        assert cut(start["ts"]) < cut(end["ts"])


def _check_counters(trace: Any) -> None:
    last: dict[Any, float] = {}
    for e in of_kind(trace, "C"):
        ((series, value),) = e["args"].items()
        assert type(value) is int
        key = e["pid"], e["name"], series
        assert last.get(key, -1) <= e["ts"]
        last[key] = e["ts"]


def holder(trace: Any) -> dict[tuple[int, int], Record]:
    """The slice in which a viewer finds an arrow's end: the last that began on the track, if it has not ended."""
    tracks = defaultdict(list)
    for e in of_kind(trace, "X"):
        tracks[e["tid"]].append(e)
    begins = {tid: [cut(x["ts"]) for x in slices] for tid, slices in tracks.items()}
    found = {}
    for e in [*of_kind(trace, "s"), *of_kind(trace, "f")]:
        last = tracks[e["tid"]][bisect_right(begins[e["tid"]], cut(e["ts"])) - 1]
        assert cut(last["ts"]) <= cut(e["ts"]) < cut(last["ts"]) + cut(last["dur"])
        found[e["ph"], e["id"]] = last
    return found


def arrows(trace: Any) -> list[tuple[int, int, int]]:
    """(process, cause, effect) of every arrow, as a viewer finds them."""
    at = holder(trace)
    return sorted(
        (e["pid"], at["s", e["id"]]["args"]["delivery"], at["f", e["id"]]["args"]["delivery"])
        for e in of_kind(trace, "s")
    )


def waiting(log: Events) -> list[int]:
    """How many events wait after each delivery: caused by then, and delivered later."""
    ids, parents = log["id"].tolist(), log["parent"].tolist()
    return [sum(0 <= parents[j] <= ids[k] for j in range(k + 1, len(ids))) for k in range(len(ids))]


def counter(trace: Any, name: str, pid: int = 1) -> list[tuple[float, int]]:
    return [(e["ts"], *e["args"].values()) for e in of_kind(trace, "C", pid) if e["name"] == name]


def values_at(values: list[tuple[float, int]], times: list[float]) -> list[int]:
    """What a counter shows at each time: its last value until then."""
    return [[v for t, v in values if t <= time][-1] for time in times]
