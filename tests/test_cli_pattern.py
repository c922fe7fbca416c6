"""`eventnet run stdp-pattern`: its table, its files, its parameters, and how it fails."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from test_cli_run import run

from eventnet.scenarios.pattern import PatternParameters
from eventnet.scenarios.shared.parameter_file import loads

SHORT = """
[run]
runs = 2
duration_s = 1.5
[input]
afferents = 60
pattern_afferents = 30
[neuron]
threshold = 15
reset = -30
"""


@pytest.fixture
def short(tmp_path: Path) -> Path:
    (tmp_path / "my.toml").write_text(SHORT)
    return tmp_path / "my.toml"


@pytest.mark.slow
def test_a_run_prints_its_table_and_writes_pictures_and_numbers(short: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = " ".join(run("stdp-pattern", short, "--out", out, "--processes", 1, "--seed", 7).stdout.split())
    for words in ("2 neurons x 1.5 s", "seed 7", "false alarms", "of 2 succeed", "million spikes a second", str(out)):
        assert words in text
    for name in ("weights", "raster", "potential", "latency"):
        assert (out / f"pattern-{name}.png").read_bytes().startswith(b"\x89PNG")
    given = json.loads((out / "numbers.json").read_text())
    manifest = given["manifest"]
    assert (manifest["seed"], manifest["options"]["scenario"]) == (7, "stdp-pattern")
    assert manifest["versions"]["numba"]
    assert "stdp-pattern" in manifest["command_line"] or manifest["command"] == "run"
    assert loads(manifest["parameters"], PatternParameters()).input.afferents == 60
    rows = list(csv.DictReader((out / "numbers.csv").open()))
    assert len(rows) == len(given["numbers"])
    found = {(row["run"], row["quantity"]): row["value"] for row in rows}
    assert found["neuron 0", "success"] in ("yes", "no")
    assert int(found["neuron 1", "input spikes"]) > 4000


@pytest.mark.slow
def test_json_is_alone_on_stdout_and_a_seed_changes_the_numbers(short: Path, tmp_path: Path) -> None:
    def numbers(seed: int) -> Any:
        given = run("stdp-pattern", short, "--json", "--seed", seed, "--processes", 1, "--out", tmp_path / "o").stdout
        return [n for n in json.loads(given)["numbers"] if "processor" not in n["quantity"]]

    one, other = numbers(5), numbers(6)
    assert [n["quantity"] for n in one] == [n["quantity"] for n in other]
    assert one == numbers(5) != other


def test_its_parameters_are_its_own(tmp_path: Path) -> None:
    assert loads(run("stdp-pattern", "--print-config").stdout, PatternParameters()) == PatternParameters()
    assert loads(run("stdp-pattern", "--full", "--print-config").stdout, PatternParameters()).run.runs == 20
    (tmp_path / "my.toml").write_text("[neuron]\ntau_m_us = 3\n")
    assert "here it is 'tau_m_ms'" in run("stdp-pattern", tmp_path / "my.toml", code=3).output


def test_it_does_not_train(tmp_path: Path) -> None:
    assert "it has no --train" in run("stdp-pattern", "--train", "--out", tmp_path / "o", code=2).output
