"""The page of a sweep: what it tells against the rows of the table, and how it is seen in a browser."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sweep_jobs
from report_cases import NASTY

from eventnet.errors import DataError
from eventnet.sweep import Found, Plot, Sweep, run_sweep
from eventnet.sweep.page import describe_sweep, write_page

STUDENT = 4.302652729749464
"""The 97.5 % point of Student's t with two degrees of freedom, from a table."""
MANIFEST = {"command_line": f"eventnet sweep {NASTY}", "seed": 7, "versions": {"eventnet": "1.2.3"}}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """A sweep of a formula with a line and a map."""
    grid = {"rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 3.0], "steps": [1, 2]}
    plots = [Plot("rate", "height", lines="steps"), Plot("rate", "drawn", y="steps")]
    sweep = Sweep(sweep_jobs.wave, grid=grid, repeats=3, plots=plots)
    return run_sweep(sweep, tmp_path_factory.mktemp("swept"), processes=1)


@pytest.mark.slow
def test_means_and_intervals_are_those_of_the_rows(found: Found) -> None:
    points = describe_sweep(found, MANIFEST)["points"]
    assert points["parameters"] == ["rate", "steps"]
    assert points["results"] == ["height", "drawn", "of.steps"]
    rows = list(found.rows())
    assert len(points["rows"]) == points["of"] == 14
    for rate, steps, *numbers in points["rows"]:
        own = [row for row in rows if (row["rate"], row["steps"]) == (float(rate), int(steps))]
        for k, name in enumerate(points["results"]):
            values = np.array([row[name] for row in own], float)
            assert numbers[2 * k] == pytest.approx(values.mean())
            half = STUDENT * values.std(ddof=1) / math.sqrt(3)
            assert numbers[2 * k + 1] == pytest.approx(half, rel=1e-12, abs=1e-15)


def test_one_seed_has_no_intervals_and_failed_jobs_have_their_errors(tmp_path: Path) -> None:
    sweep = Sweep(sweep_jobs.failing, grid={"rate": [0.5, 0.3]})
    told = describe_sweep(run_sweep(sweep, tmp_path, processes=1), MANIFEST)
    assert told["points"]["rows"] == [["0.5", 0.5]]
    assert (told["jobs"], told["done"], told["failed"]) == (2, 1, 1)
    ((parameters, _, error),) = told["errors"]
    assert json.loads(parameters) == {"rate": 0.3}
    assert error.startswith("ValueError: ")


def sometimes(rate: float) -> dict[str, object]:
    """A number that one job has as a text, as scenarios have what is not defined; and one that not every job has."""
    return {"always": rate, "text": rate if rate < 2 else "none"} | ({"late": 3} if rate > 1 else {})


def test_results_that_are_texts_in_some_jobs_have_no_column(tmp_path: Path) -> None:
    found = run_sweep(Sweep(sometimes, grid={"rate": [1.0, 2.0]}), tmp_path, processes=1)
    points = describe_sweep(found, MANIFEST)["points"]
    assert points["results"] == ["always", "late"]
    assert points["rows"] == [["1", 1.0, None], ["2", 2.0, 3.0]]


def test_a_page_is_the_same_each_time_and_names_no_address(found: Found, tmp_path: Path) -> None:
    for name in ("one.html", "other.html"):
        size = write_page(found, tmp_path / name, MANIFEST)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()
    text = (tmp_path / "one.html").read_text("utf-8")
    assert size == (tmp_path / "one.html").stat().st_size
    assert not re.search(r"https?:", text.replace("http://www.w3.org/2000/svg", ""))
    assert found.sha256 in text
    with pytest.raises(DataError):
        write_page(found, tmp_path / "no" / "page.html", MANIFEST)


@pytest.mark.slow
def test_it_is_seen_whole_on_a_phone_with_its_pictures_and_a_search(found: Found, tmp_path: Path, reader: Any) -> None:
    write_page(found, tmp_path / "page.html", MANIFEST)
    reader.open(tmp_path / "page.html", width=390, height=844)
    assert reader.complaints() == []
    assert [each for each in reader.requests() if not each.startswith(("file:", "data:image/png"))] == []
    assert reader.js("document.documentElement.scrollWidth") <= 390
    assert reader.js("[...document.images].map((image) => image.complete && image.naturalWidth > 300)") == [True, True]
    assert reader.js("document.querySelector('#command').textContent") == MANIFEST["command_line"]
    row = describe_sweep(found, MANIFEST)["points"]["rows"][-1]
    query = "{ const field = document.querySelector('#points input'); field.value = '%r'; field.dispatchEvent(new Event('input')); }"
    reader.js(query % row[2])
    shown = "[...document.querySelectorAll('#points tbody tr')].map((row) => [row.cells[0].textContent, row.cells[1].textContent])"
    assert reader.js(shown) == [["3", "2"]]
