"""`eventnet run gaze`: its table, its files, its parameters, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli_run import run
from test_fusion_run import three_rates

from eventnet.scenarios.gaze import REFLEXES, GazeParameters
from eventnet.scenarios.gaze.run import PAIRS
from eventnet.scenarios.shared.parameter_file import loads


@pytest.fixture
def short(tmp_path: Path) -> Path:
    three_rates().save(tmp_path / "weights.npz")
    text = "[run]\nduration_s = 0.25\nmeasured_from_s = 0.1\nheads = 1\nweights = '{}'"
    (tmp_path / "my.toml").write_text(text.format(tmp_path / "weights.npz"))
    return tmp_path / "my.toml"


@pytest.mark.slow
def test_a_run_prints_its_table_and_writes_pictures_and_numbers(short: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = " ".join(run("gaze", short, "--out", out, "--processes", 1, "--seed", 7).stdout.split())
    for words in (*REFLEXES, "Slip, deg/s", "Both, beside gyroscope alone", "1 heads x 0.25 s", "only turns", str(out)):
        assert words in text
    for name in ("slip", "cost", "command"):
        assert (out / f"gaze-{name}.png").read_bytes().startswith(b"\x89PNG")
    given = json.loads((out / "numbers.json").read_text())
    manifest = given["manifest"]
    assert (manifest["seed"], manifest["options"]["scenario"]) == (7, "gaze")
    assert manifest["versions"]["numpy"]
    parameters = loads(manifest["parameters"], GazeParameters())
    assert (parameters.run.seed, parameters.run.duration_s) == (7, 0.25)
    assert len((out / "numbers.csv").read_text().splitlines()) == 1 + len(given["numbers"])


@pytest.mark.slow
def test_json_is_alone_on_stdout_and_a_seed_changes_the_numbers(short: Path, tmp_path: Path) -> None:
    def numbers(seed: int) -> Any:
        given = run("gaze", short, "--json", "--seed", seed, "--processes", 1, "--out", tmp_path / "o").stdout
        return {(n["run"], n["quantity"]): (n["value"], n["unit"]) for n in json.loads(given)["numbers"]}

    one = numbers(5)
    assert one != numbers(6)
    assert one["both", "slip"][1] == one["both", "mean slip most"][1] == "deg/s"
    assert one["both", "uJ/s, int32 prices"][1] == one["both", "uJ/s, int32, comparisons as adds"][1] == "uJ/s"
    assert one["both", "memory kB"][1] == "kB"
    assert one["both less gyroscope alone", "operations/s, times less"][0] < 1  # which needs no camera
    assert one["both less both, kept 2 ms", "uJ/s, int32, comparisons as adds, times less"][1] == ""
    paired = {" less ".join(pair) for pair in PAIRS}
    assert {name for name, _ in one} == {*REFLEXES, *paired}


def test_its_parameters_are_its_own(tmp_path: Path) -> None:
    assert loads(run("gaze", "--print-config").stdout, GazeParameters()) == GazeParameters()
    assert loads(run("gaze", "--full", "--print-config").stdout, GazeParameters()).run.heads == 10
    (tmp_path / "my.toml").write_text("[steps]\ncount = 3\n")
    assert "unknown key 'steps'" in run("gaze", tmp_path / "my.toml", code=3).output


def test_it_does_not_train(tmp_path: Path) -> None:
    assert "it has no --train" in run("gaze", "--train", "--out", tmp_path / "o", code=2).output
