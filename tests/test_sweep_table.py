"""The table of a sweep, which values agree, and its pictures."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sweep_jobs

from eventnet.errors import DataError, ModelError
from eventnet.scenarios.shared.paired import mean_interval
from eventnet.sweep import Found, Plot, Sweep, run_sweep
from eventnet.sweep.pictures import averages, draw

GRID = {"rate": [0.1, 0.2, 3.0], "steps": [1, 2]}


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """A sweep of a formula."""
    return run_sweep(Sweep(sweep_jobs.wave, grid=GRID, repeats=4), tmp_path, processes=1)


def test_the_table_has_parameters_seed_results_seconds_and_job(found: Found) -> None:
    with (found.folder / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["rate", "steps", "seed", "height", "drawn", "of.steps", "seconds", "job", "failure"]
    assert len(rows) == 24
    for row, own in zip(rows, found.rows(), strict=True):
        assert float(row["height"]) == own["height"] == np.sin(own["rate"] * own["steps"])
        assert (found.folder / "jobs" / row["job"][:2] / f"{row['job']}.json").exists()


def test_parquet_holds_the_same(found: Found) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(found.folder / "table.parquet").to_pylist()
    assert table == list(found.rows())


def test_lists_and_missing_results_and_names_that_clash_have_their_columns(tmp_path: Path) -> None:
    sweep = Sweep(sweep_jobs.failing, grid={"rate": [0.5, 0.3]})
    rows = list(run_sweep(sweep, tmp_path, processes=1).rows())
    assert [(row["rate"], row.get("rate (result)")) for row in rows] == [(0.5, 0.5), (0.3, None)]
    assert (tmp_path / "table.csv").read_text().splitlines()[0] == "rate,seed,rate (result),seconds,job,failure"


def test_means_and_intervals_are_over_seeds(found: Found) -> None:
    rows = list(found.rows())
    means = averages(found, ["rate"], "drawn")
    by_seed = [
        np.mean([r["drawn"] for r in rows if r["seed"] == s and r["rate"] == 0.2]) for s in found.work.sweep.job_seeds
    ]
    expected = mean_interval(by_seed)
    assert (means[0.2,].mean, means[0.2,].low) == pytest.approx((expected.mean, expected.low), rel=1e-12)
    for value, words in (("hight", "did you mean 'height'"), ("none", "no job has a result 'none'")):
        with pytest.raises(ModelError, match=words):
            averages(found, ["rate"], value)
    with pytest.raises(ModelError, match="a plot is by 'height', which does not vary"):
        draw(found, Plot("height", "drawn"))


def same(a: int, b: int, seed: int) -> dict[str, Any]:
    """Depends on b alone but for c, and outputs on nothing."""
    return {"b": b, "cost": a if b == 3 else 0, "outputs": "x"}


def test_values_that_agree_in_all_pairs_are_told(tmp_path: Path) -> None:
    def told(grid: dict[str, list[int]], out: str) -> set[tuple[str, tuple[Any, ...], str, int]]:
        equal = run_sweep(Sweep(same, grid=grid, repeats=2), tmp_path / out, processes=1).equal()
        return {(each.parameter, each.values, each.what, each.pairs) for each in equal}

    assert told({"a": [1, 2, 4], "b": [1, 2]}, "1") == {
        ("a", (1, 2, 4), "every result", 4), ("b", (1, 2), "outputs", 6),
    }  # fmt: skip
    assert told({"a": [1, 2], "b": [1, 3]}, "2") == {("a", (1, 2), "outputs", 4), ("b", (1, 3), "outputs", 4)}


def test_a_damaged_result_is_named_and_an_empty_one_is_done_again(found: Found) -> None:
    files = sorted((found.folder / "jobs").rglob("*.json"))
    sha = found.sha256
    files[0].write_bytes(b"")
    again = run_sweep(found.work.sweep, found.folder, processes=1)
    assert (again.begun, again.sha256) == (23, sha)
    files[1].write_text("{")
    with pytest.raises(DataError, match=f"{files[1].name} is damaged"):
        list(again.rows())


@pytest.mark.slow
def test_pictures_are_drawn_of_lines_and_maps(tmp_path: Path) -> None:
    plots = [Plot("rate", "height", "steps"), Plot("rate", "drawn", y="steps"), Plot("steps", "drawn")]
    run_sweep(Sweep(sweep_jobs.wave, grid=GRID, repeats=3, plots=plots), tmp_path, processes=1)
    names = {"height-by-rate-steps.png", "drawn-by-rate-and-steps.png", "drawn-by-steps.png"}
    assert {path.name for path in tmp_path.glob("*.png")} == names
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in tmp_path.glob("*.png"))


@pytest.mark.slow
def test_texts_are_drawn_at_places_of_their_own(tmp_path: Path) -> None:
    grid = {"rate": [1, 2], "word": ["a", "b", "c"]}
    plots = [Plot("word", "twice", "rate"), Plot("rate", "twice", y="word")]
    assert run_sweep(Sweep(sweep_jobs.plain, grid=grid, plots=plots), tmp_path, processes=1).done == 6
