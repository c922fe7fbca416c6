"""What a sweep runs: jobs by number, seeds, distributions, and the file that says so."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.errors import DataError, ModelError
from eventnet.sweep import Plot, Sweep, read_sweep

OF = "sweep_jobs:wave"


def test_jobs_are_the_product_of_all_lists_with_every_seed() -> None:
    sweep = Sweep(OF, fixed={"c": 1}, grid={"a": [1, 2, 3], "b": ["x", "y"]}, points=[{"d": 5}, {"d": 6}], repeats=2)
    found = [
        (j.parameters["d"], j.parameters["a"], j.parameters["b"], j.seed) for j in map(sweep.job, range(len(sweep)))
    ]
    assert found == list(itertools.product([5, 6], [1, 2, 3], ["x", "y"], sweep.job_seeds))
    assert {j.parameters["c"] for j in map(sweep.job, range(24))} == {1}
    with pytest.raises(ModelError, match="the number of a job is 24; wanted a whole number from 0 to 23"):
        sweep.job(24)


def test_seeds_are_those_of_spawned_sequences_whatever_is_swept() -> None:
    expected = [int(child.generate_state(1)[0]) for child in np.random.SeedSequence(5).spawn(3)]
    for grid in ({}, {"a": [1, 2]}, {"b": [3]}):
        assert list(Sweep(OF, seed=5, repeats=3, grid=grid).job_seeds) == expected
    assert list(Sweep(OF, seed=5, repeats=2).job_seeds) == expected[:2]
    assert Sweep(OF, seeds=[7, 9]).job_seeds == (7, 9)


def test_random_parameters_lie_in_their_ranges_and_stay_when_others_come() -> None:
    random: dict[str, Any] = {
        "a": {"uniform": [-1, 1]}, "b": {"log_uniform": [1e-3, 1e3]}, "c": {"integers": [1, 3]}, "d": {"choice": ["x", "y"]},
    }  # fmt: skip
    sweep = Sweep(OF, seed=1, random=random, samples=2000)
    points = [sweep.job(k).parameters for k in range(2000)]
    assert -1 <= min(p["a"] for p in points) < -0.98
    assert 0.98 < max(p["a"] for p in points) <= 1
    logs = np.log10([p["b"] for p in points])
    assert abs(np.mean(logs)) < 5 * 6 / math.sqrt(12) / math.sqrt(
        2000
    )  # five standard errors of a uniform law from -3 to 3
    assert {p["c"] for p in points} == {1, 2, 3}
    assert {p["d"] for p in points} == {"x", "y"}
    alone = Sweep(OF, seed=1, random={"a": random["a"]}, samples=10, grid={"z": [1, 2]})
    assert [alone.job(2 * k).parameters["a"] for k in range(10)] == [p["a"] for p in points[:10]]
    assert Sweep(OF, seed=2, random=random, samples=1).job(0).parameters["a"] != points[0]["a"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"of": "scenery"}, "of is 'scenery'; wanted scenario, model, network, function"),
        ({"grid": {"a": []}}, "a in the grid is \\[\\]; wanted a list"),
        ({"grid": {"a": "xy"}}, "a in the grid is 'xy'"),
        ({"grid": {"a": [1]}, "fixed": {"a": 2}}, "a is given twice"),
        ({"grid": {"seed": [1]}}, "seed is no parameter"),
        ({"points": [{"a": 1}, {"b": 1}]}, "a point has a; wanted, as others have, a, b"),
        ({"samples": 3}, "samples is 3, with random \\[\\]"),
        ({"random": {"a": {"uniform": [0, 1]}}}, "samples is 0"),
        ({"random": {"a": {"normal": [0, 1]}}, "samples": 1}, "wanted one of uniform"),
        ({"random": {"a": {"log_uniform": [0, 1]}}, "samples": 1}, "above 0 for log_uniform"),
        ({"random": {"a": {"integers": [0.5, 1]}}, "samples": 1}, "wanted one of uniform"),
        ({"random": {"a": {"uniform": [2, 1]}}, "samples": 1}, "low not above high"),
        ({"fixed": {"a": float("nan")}}, "wanted numbers, texts"),
        ({"fixed": {"a": object()}}, "wanted numbers, texts"),
        ({"repeats": 0}, "repeats is 0"),
        ({"seeds": [-1]}, "a seed is -1"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Sweep(**{"of": OF, **given})


FILE = """
[sweep]
of = "sweep_jobs:wave"
seed = 3
repeats = 2
[fixed]
steps = 2
[grid]
rate = [0.1, 0.2]
[random]
samples = 4
shift = { uniform = [0, 1] }
[[list]]
kind = "a"
[[list]]
kind = "b"
[[plot]]
x = "rate"
value = "height"
lines = "kind"
"""


def test_a_file_says_what_a_sweep_says(tmp_path: Path) -> None:
    path = tmp_path / "sweep.toml"
    path.write_text(FILE)
    assert read_sweep(path) == Sweep(
        OF, seed=3, repeats=2, fixed={"steps": 2}, grid={"rate": [0.1, 0.2]}, random={"shift": {"uniform": [0, 1]}},
        samples=4, points=[{"kind": "a"}, {"kind": "b"}], plots=[Plot("rate", "height", "kind")], folder=tmp_path,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[grid]", "[gird]", "unknown key 'gird'; did you mean 'grid'"),
        ("repeats", "repeat", "unknown key 'repeat'"),
        ('of = "sweep_jobs:wave"', "", "has no `of`"),
        ('x = "rate"', 'y = "rate"', "wanted x and value"),
        ("[0.1, 0.2]", "0.1", "sweep.toml: rate in the grid is 0.1"),
        ("[[list]]", "[list]", "Cannot|wanted tables"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "sweep.toml"
    path.write_text(FILE.replace(old, new))
    with pytest.raises(DataError, match=words):
        read_sweep(path)
