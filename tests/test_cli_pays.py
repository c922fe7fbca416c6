"""`eventnet run pays`: its tables, its files, its parameters, and how it fails."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from test_cli_run import run
from test_fusion_run import three_rates

from eventnet.scenarios.fusion.pays import GYROSCOPES, PaysParameters
from eventnet.scenarios.shared.parameter_file import loads

SHORT = """
[run]
duration_s = 0.3
measured_from_s = 0.1
weights = "{}"
[speeds]
turning_deg_per_s = [0, 80]
[ways]
scales = [1]
kept_ms = [33]
flow = []
twin_ms = [33]
"""


@pytest.fixture
def short(tmp_path: Path) -> Path:
    three_rates().save(tmp_path / "weights.npz")
    (tmp_path / "my.toml").write_text(SHORT.format(tmp_path / "weights.npz"))
    return tmp_path / "my.toml"


@pytest.mark.slow
def test_a_run_prints_its_tables_and_writes_picture_and_numbers(short: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = " ".join(run("pays", short, "--out", out, "--processes", 1, "--seed", 7).stdout.split())
    for words in (
        "by speed of turning",
        "the camera only turns",
        "Beside which clock",
        *GYROSCOPES,
        "camera alone",
        "Processor time on",
        "seed 7",
        str(out),
    ):
        assert words in text
    assert (out / "pays.png").read_bytes().startswith(b"\x89PNG")
    given = json.loads((out / "numbers.json").read_text())
    manifest = given["manifest"]
    assert (manifest["seed"], manifest["options"]["scenario"]) == (7, "pays")
    assert manifest["versions"]["numpy"]
    assert loads(manifest["parameters"], PaysParameters()).speeds.turning_deg_per_s == (0.0, 80.0)
    rows = list(csv.DictReader((out / "numbers.csv").open()))
    assert len(rows) == len(given["numbers"])
    found = {(row["run"], row["at"], row["quantity"]): (float(row["value"]), row["unit"]) for row in rows}
    still, fast = (found[f"turning at {v} deg/s", "event-driven sigma-delta 1", "operations/s"] for v in (0, 80))
    assert still[0] < fast[0]
    assert still[1] == "1/s"
    only = (found["turning at 80 deg/s", f"kept at samples{k}", "dvs error"] for k in ("", ", trajectory 0"))
    assert len(set(only)) == 1
    assert found["gyroscope: bias 5, noise 1", "kept at samples", "fused error"][1] == "deg/s"


@pytest.mark.slow
def test_json_is_alone_on_stdout_and_a_seed_changes_the_numbers(short: Path, tmp_path: Path) -> None:
    def numbers(seed: int) -> Any:
        given = run("pays", short, "--json", "--seed", seed, "--processes", 1, "--out", tmp_path / "o").stdout
        return [n for n in json.loads(given)["numbers"] if n["run"] != "processor"]  # times always change

    one, other = numbers(5), numbers(6)
    assert [n["quantity"] for n in one] == [n["quantity"] for n in other]
    assert one != other


def test_its_parameters_are_its_own(tmp_path: Path) -> None:
    assert loads(run("pays", "--print-config").stdout, PaysParameters()) == PaysParameters()
    assert loads(run("pays", "--full", "--print-config").stdout, PaysParameters()) == PaysParameters.in_full()
    (tmp_path / "my.toml").write_text("[speeds]\nturning_deg_per_h = [3]\n")
    assert "here it is 'turning_deg_per_s'" in run("pays", tmp_path / "my.toml", code=3).output


def test_it_does_not_train(tmp_path: Path) -> None:
    assert "it has no --train" in run("pays", "--train", "--out", tmp_path / "o", code=2).output
