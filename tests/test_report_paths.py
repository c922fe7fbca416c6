"""The flame graph's tree: each delivery in one frame, found anew by walking back from each delivery of the log."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_cases import tangle, two_sensors

from eventnet.analysis import log_pieces
from eventnet.report import describe, paths
from eventnet.report.paths import merged

Path_ = tuple[str, ...]


def walked(sim: Any, deepest: int = 40) -> Counter[Path_]:
    """Deliveries by path, walking back along the parents of each one."""
    ports = list(sim.net.ports())
    lines = {int(line["id"]): line for line in sim.log}
    found: Counter[Path_] = Counter()
    for line in sim.log:
        way, cause = [ports[line["port"]].module.name], line
        while int(cause["parent"]) in lines:
            cause = lines[int(cause["parent"])]
            way.append(ports[cause["port"]].module.name)
        way = [name for k, name in enumerate(reversed(way)) if not k or name != list(reversed(way))[k - 1]]
        begin = (
            "before the log"
            if cause["parent"] >= 0
            else f"{ports[cause['port']]} {'+1' if cause['sign'] > 0 else '−1'}"
        )
        found[begin, *way[:deepest], *(["deeper"] if len(way) > deepest else [])] += 1
    return found


def told(found: dict[str, Any], column: str = "deliveries") -> dict[Path_, int]:
    """Paths of a tree with their own counts, those without any left out."""
    ways: list[Path_] = []
    for below, label in zip(found["parent"], found["label"], strict=True):
        assert below < len(ways)
        ways.append((*(ways[below] if below >= 0 else ()), "deeper" if label < 0 else found["names"][label]))
    assert len(set(ways)) == len(ways)
    return {way: n for way, n in zip(ways, found[column], strict=True) if n}


def loops(n_inputs: int = 40, **options: Any) -> Any:
    """Cascades that go round."""
    return tangle(n_inputs, back=0.33, **options)


@pytest.mark.parametrize("make", [loops, two_sensors])
def test_each_delivery_is_in_the_frame_of_its_path_and_widths_sum_to_the_tally(make: Any) -> None:
    sim, adds = make(40)
    found = describe(sim, adds=adds)["flames"]
    assert told(found) == walked(sim)
    assert sum(found["deliveries"]) == sim.tally.deliveries > 40
    assert sum(found["adds"]) == sim.tally.adds > 0
    assert any(len(way) > 4 for way in told(found))


def test_adds_of_a_frame_are_those_of_its_deliveries() -> None:
    sim, adds = loops(20)
    ways = told(merged(sim.log, sim.net, np.ones(len(sim.log), np.int64)), "adds")
    assert ways == walked(sim)
    by_module: Counter[str] = Counter()
    for way, n in told(merged(sim.log, sim.net, adds), "adds").items():
        by_module[way[-1]] += n
    rows = sim.tally.by_module().items()
    wanted = {name: sum(n for column, n in row.items() if column.endswith("adds")) for name, row in rows}
    assert by_module == {name: n for name, n in wanted.items() if n}


def test_where_there_are_too_many_frames_paths_are_cut_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    sim, adds = loops(60)
    whole = merged(sim.log, sim.net, adds)
    assert -1 not in whole["label"]
    for most in (9, 7, 5, 3, 1):
        monkeypatch.setattr(paths, "FRAMES", most)
        found = merged(sim.log, sim.net, adds)
        assert told(found) == walked(sim, found["deepest"])
        assert (sum(found["deliveries"]), sum(found["adds"])) == (sim.tally.deliveries, sim.tally.adds)
        assert len(found["parent"]) <= most or not found["deepest"]
    assert found["deepest"] == 0
    assert -1 in found["label"]


def test_a_long_path_is_cut_where_it_is_too_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "DEEPEST", 2)
    sim, adds = loops(20)
    assert told(merged(sim.log, sim.net, adds)) == walked(sim, 2)


@pytest.mark.parametrize("few", [0, 10**9])
def test_lines_taken_together_and_one_by_one_give_the_same_tree(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sim, adds = loops(30)
    wanted = merged(sim.log, sim.net, adds)
    monkeypatch.setattr(paths, "FEW", few)
    assert merged(sim.log, sim.net, adds) == wanted


@pytest.mark.parametrize("most", [2000, 6])
def test_it_does_not_matter_in_which_pieces_a_log_comes(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "FRAMES", most)
    sim, adds = loops(30)
    wanted = merged(sim.log, sim.net, adds)
    for size in (1, 7):
        monkeypatch.setattr(log_pieces, "PIECE", size)
        read, _ = loops(30, record=tmp_path / "log.npy")
        assert merged(read.log, read.net, adds) == wanted


def test_what_came_from_before_the_log_says_so() -> None:
    sim, _ = loops(12, record=15)
    found = describe(sim)["flames"]
    assert told(found) == walked(sim)
    assert any(way[0] == "before the log" for way in told(found))
    assert found["adds"] is None
