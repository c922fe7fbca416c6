"""The comparison of two checkouts in speed: in turns, with the rows of both, to the end after a break."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))

import compare_checkouts as compare

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the processes take turns by POSIX pipes")

BENCHMARKS = """
import time
from pathlib import Path

import pytest

JOURNAL = Path({journal!r})


def once(name, seconds):
    with JOURNAL.open("a") as file:
        file.write(f"{side} {{name}}\\n")
    time.sleep(seconds)


@pytest.mark.parametrize("order", ["breadth", "depth"])
def test_row(benchmark, order):
    benchmark.pedantic(once, args=(order, {seconds}), rounds=50, warmup_rounds=0)


def test_alike(benchmark):
    benchmark.pedantic(once, args=("alike", 0.05), rounds=50, warmup_rounds=0)
"""


def checkout(folder: Path, side: str, seconds: float, more: str = "") -> Path:
    """A checkout whose rows take so long; its settings ask for several processes, as a real one's may."""
    made = folder / side
    (made / "eventnet").mkdir(parents=True)
    (made / "eventnet" / "__init__.py").write_text(f"SECONDS = {seconds}\n")
    (made / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "-n auto --nonsense"\n')
    (made / "tests" / "benchmarks").mkdir(parents=True)
    text = BENCHMARKS.format(journal=str(folder / "journal"), side=side, seconds=seconds)
    (made / compare.BENCHMARKS).write_text(text + more)
    return made


@pytest.mark.slow
def test_a_row_of_half_the_speed_is_told_and_processes_take_turns(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nonsense")
    only = "\n\ndef test_only_here(benchmark):\n    benchmark(lambda: None)\n"
    new, old = checkout(tmp_path, "new", 0.1, only), checkout(tmp_path, "old", 0.05)
    kept = tmp_path / "kept.json"
    arguments = [str(new), str(old), "--repeats", "2", "--keep", str(kept), "--json"]
    assert compare.main([*arguments, "--rounds", "2"]) == 1
    found = json.loads(capsys.readouterr().out)
    ratios = {row["name"]: row["ratio"] for row in found["rows"]}
    assert list(ratios) == ["test_row[breadth]", "test_row[depth]", "test_alike"]
    assert max(ratios["test_row[breadth]"], ratios["test_row[depth]"]) < 0.75 < ratios["test_alike"]
    assert {words.split()[0] for words in found["too slow"]} >= {"test_row[breadth]", "test_row[depth]"}

    taken = (tmp_path / "journal").read_text().splitlines()
    turns = [("new", "old"), ("old", "new"), ("new", "old"), ("old", "new"), ("new", "old"), ("old", "new")]
    rows = ["breadth", "depth", "alike"] * 2
    assert taken == [f"{side} {row}" for row, pair in zip(rows, turns, strict=True) for side in pair for _ in range(2)]

    # Kept rounds are not measured again, and one that was broken off is made up for.
    whole = json.loads(kept.read_text())
    kept.write_text(json.dumps(whole | {"rounds": whole["rounds"][:1]}))
    assert compare.main([*arguments, "--rounds", "2"]) == 1
    assert len((tmp_path / "journal").read_text().splitlines()) == len(taken) * 3 // 2
    assert json.loads(kept.read_text())["rounds"][0] == whole["rounds"][0]

    # Rounds of other sources are no rounds of these.
    (old / "eventnet" / "__init__.py").write_text("SECONDS = 0\n")
    capsys.readouterr()
    assert compare.main([*arguments, "--rounds", "2"]) == 2
    assert "kept.json holds rounds of" in capsys.readouterr().err


@pytest.mark.slow
def test_what_cannot_be_measured_is_told(tmp_path: Path, capsys: Any) -> None:
    new, old = checkout(tmp_path, "new", 0), checkout(tmp_path, "old", 0)
    assert compare.main([str(new), str(old), "--rows", "nowhere"]) == 2
    assert "no row of both checkouts holds any of ['nowhere']" in capsys.readouterr().err
    (new / compare.BENCHMARKS).write_text("def test_alike(benchmark):\n    assert False, 'it breaks'\n")
    assert compare.main([str(new), str(old), "--rounds", "1"]) == 2
    assert "it breaks" in capsys.readouterr().err
    (new / compare.BENCHMARKS).write_text("import os\n\n\ndef test_alike(benchmark):\n    os._exit(3)\n")
    assert compare.main([str(new), str(old), "--rounds", "1"]) == 2
    assert f"the rows of {new} were not measured" in capsys.readouterr().err
    (new / compare.BENCHMARKS).write_text("import nothing_of_this_name\n")
    assert compare.main([str(new), str(old), "--rounds", "1"]) == 2
    assert "nothing_of_this_name" in capsys.readouterr().err


def test_speeds_are_medians_of_pairs_and_their_intervals_are_drawn_from_the_rounds() -> None:
    # The machine of the second round is three times as slow: pairs do not mind.
    rounds = [
        {"new": {"a": 1.0 * load, "b": 2.0 * load}, "old": {"a": ratio * load, "b": 2.0 * load}}
        for load, ratio in ((1, 1.1), (3, 0.9), (1, 1.2))
    ]
    rows, mean = compare.compare(rounds, ["a", "b"])
    assert [row.ratio for row in rows] == pytest.approx([1.1, 1.0])
    assert (rows[0].low, rows[0].high) == pytest.approx((0.9, 1.2))
    assert rows[1].low == rows[1].high == 1.0
    assert mean.ratio == pytest.approx(1.1**0.5)
    assert (mean.low, mean.high) == pytest.approx((0.9**0.5, 1.2**0.5))
    assert compare.compare(rounds, ["a", "b"]) == (rows, mean)


def test_bounds_are_of_rows_and_of_the_mean() -> None:
    def speed(ratio: float) -> compare.Speed:
        return compare.Speed("a row", ratio, ratio, ratio)

    assert compare.too_slow([speed(0.93), speed(1.1)], speed(0.97)) == []
    assert compare.too_slow([speed(0.929), speed(1.1)], speed(1)) == ["a row is 0.929; wanted 0.93"]
    assert compare.too_slow([speed(0.95)], speed(0.95)) == ["the mean is 0.950; wanted 0.97"]
