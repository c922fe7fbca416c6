"""`eventnet run stdp-dvs`: its tables, its files, its parameters, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from recorded_cases import rolling
from test_cli_run import run

from eventnet.io import write_events
from eventnet.scenarios.shared.parameter_file import loads
from eventnet.scenarios.stdp.dvs_parameters import FeaturesParameters


@pytest.fixture
def short(tmp_path: Path) -> Path:
    text = (
        "[run]\nnetworks = 1\npasses = 1\npatches = 60\ntests = 20\n[camera]\ncameras = 2\ntests = 1\nseconds = 0.4\n"
    )
    (tmp_path / "my.toml").write_text(text)
    return tmp_path / "my.toml"


@pytest.mark.slow
def test_a_run_prints_its_tables_and_writes_pictures_and_numbers(short: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = " ".join(run("stdp-dvs", short, "--out", out, "--seed", 7, "--neurons", 12).stdout.split())
    for words in ("12 neurons learn 60 patches", "untrained, as many spikes", "adds an event", "points from", str(out)):
        assert words in text
    for name in ("features", "spikes", "direction"):
        assert (out / f"stdp-dvs-{name}.png").read_bytes().startswith(b"\x89PNG")
    given = json.loads((out / "numbers.json").read_text())
    manifest = given["manifest"]
    assert (manifest["seed"], manifest["options"]["scenario"]) == (7, "stdp-dvs")
    parameters = loads(manifest["parameters"], FeaturesParameters())
    assert (parameters.run.seed, parameters.run.neurons, parameters.run.patches) == (7, 12, 60)
    assert len((out / "numbers.csv").read_text().splitlines()) == 1 + len(given["numbers"])
    found = {(n["run"], n["quantity"]): n["value"] for n in given["numbers"]}
    assert 0 <= found["trained", "within 45 degrees"] <= 1
    assert found["learning", "normalisation adds"] == 2 * 12 * 12 * 12


@pytest.mark.slow
def test_a_recording_is_named_in_the_manifest(short: Path, tmp_path: Path) -> None:
    rolling(tmp_path)
    found = json.loads(
        run("stdp-dvs", short, "--recording", tmp_path / "rolling.npz", "--json", "--neurons", 5, "--out", tmp_path / "o")
        .stdout
    )  # fmt: skip
    assert found["manifest"]["options"]["recording"].endswith("rolling.npz")
    assert any(n["quantity"] == "median deviation" for n in found["numbers"])


@pytest.mark.slow
def test_a_recording_without_a_gyroscope_says_so(short: Path, tmp_path: Path) -> None:
    write_events(tmp_path / "blind.npz", rolling(tmp_path).events(), width=64, height=56)
    text = run("stdp-dvs", short, "--recording", tmp_path / "blind.npz", "--neurons", 5, "--out", tmp_path / "o").stdout
    assert "has no gyroscope" in text
    assert "unknown" in text


def test_its_parameters_are_its_own() -> None:
    assert loads(run("stdp-dvs", "--print-config").stdout, FeaturesParameters()) == FeaturesParameters()
    assert loads(run("stdp-dvs", "--full", "--print-config").stdout, FeaturesParameters()).run.networks == 10


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    assert "it has no --train" in run("stdp-dvs", "--train", "--out", tmp_path / "o", code=2).output
    assert "--data goes with stdp-digits; not with stdp-dvs" in run("stdp-dvs", "--data", tmp_path, code=2).output
    assert "there is no file" in run("stdp-dvs", "--recording", tmp_path / "no.npz", "--out", tmp_path, code=3).output
    assert "--epochs goes with dvs-gyro --recording; not with stdp-dvs" in run("stdp-dvs", "--epochs", 2, code=2).output


def test_networks_are_as_many_as_asked_for() -> None:
    asked = loads(run("stdp-dvs", "--networks", 7, "--print-config").stdout, FeaturesParameters())
    assert asked.run.networks == 7
