"""`eventnet run --recording`: its tables, its files, and how it fails."""

from __future__ import annotations

import csv
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from recorded_cases import rolling, translating
from typer.testing import CliRunner

from eventnet.cli.commands import app
from eventnet.scenarios.fusion import FusionWeights, judging, judging_scenario


def run(*args: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["run", *(str(arg) for arg in args)])
    assert result.exit_code == code, result.output
    return result


@pytest.mark.slow
def test_a_recording_is_learned_from_and_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging_scenario, "judge", partial(judging.judge, draws=2))
    file, out = rolling(tmp_path).path, tmp_path / "out"
    text = " ".join(
        run("dvs-gyro", "--recording", file, "--networks", 1, "--epochs", 1, "--seed", 3, "--out", out).stdout.split()
    )
    for words in ("camera, seed 3", "events in 50 ms", "of 2", "Median network", "on the engine", str(out)):
        assert words in text
    for name in ("estimates", "scatter"):
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert FusionWeights.load(out / "weights.npz").manifest["seed"] == 3
    given = json.loads((out / "numbers.json").read_text())
    rows = list(csv.DictReader((out / "numbers.csv").open()))
    assert len(rows) == len(given["numbers"])
    assert given["manifest"]["seed"] == 3
    assert given["manifest"]["options"]["plan"]["tau_us"] == [3e3, 1e4, 3e4, 9e4]
    found = {(n["run"], n["quantity"], n["at"]): n for n in given["numbers"]}
    assert found["camera, seed 3", "error", "backwards"]["unit"] == "deg/s"
    assert found["events in 50 ms", "mean", "backwards"]["value"] > 0
    assert found["poor gyroscope, seed 3", "draws", ""]["value"] == 2
    assert found["curve", "truth", "300 ms"]["value"] == pytest.approx(60, abs=21)
    assert found["event by event", "seconds recorded", ""]["unit"] == "s"
    assert found["gyroscope", "axis", ""]["value"] == "z"
    assert found["verdict", "given", ""]["value"] == "yes"


def test_a_translating_camera_gets_no_verdict_and_hears_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "learn", None)  # nothing may be learned
    file, out = translating(tmp_path).path, tmp_path / "out"
    text = " ".join(run("dvs-gyro", "--recording", file, "--out", out).stdout.split())
    why = "No verdict: the gyroscope shows no turning to judge by"
    assert why in text
    assert text.endswith(f"CSV and JSON: {out}")
    assert sorted(path.name for path in out.iterdir()) == ["numbers.csv", "numbers.json"]
    given = json.loads(run("dvs-gyro", "--recording", file, "--out", out, "--json").stdout)
    assert given == json.loads((out / "numbers.json").read_text())
    assert given["pictures"] == []
    found = {(n["run"], n["quantity"], n["at"]): n["value"] for n in given["numbers"]}
    assert found["verdict", "given", ""] == "no"
    assert found["verdict", "why", ""].startswith(why)
    assert found["gyroscope", "axis", ""] in ("x", "y", "z")
    assert found["gyroscope", "noise floors", ""] < 3


def test_a_quiet_part_that_is_none_is_refused(tmp_path: Path) -> None:
    file, out = translating(tmp_path).path, tmp_path / "out"
    for words, says, code in (
        ("5s", "wanted a number and a unit", 2), ("6s,5s", "wanted the end later", 2),
        ("5s,5.1s", "in the quiet part from 5000000", 3),
    ):  # fmt: skip
        told = run("--recording", file, "--out", out, "--quiet", words, code=code).output
        assert says in " ".join(told.split())
    assert (
        "--quiet goes with dvs-gyro --recording; not with dvs-gyro"
        in run("--quiet", "0s,1s", "dvs-gyro", code=2).output
    )


@pytest.mark.slow
def test_what_is_asked_wrongly_is_named(tmp_path: Path) -> None:
    words = run("robot", "--recording", "a.npz", code=2).output
    assert "--recording goes with dvs-gyro and stdp-dvs; not with robot" in words
    words = run("--recording", "a.npz", "--full", code=2).output
    every = "dvs-gyro, robot, pays, gaze, stdp-digits, stdp-pattern and stdp-dvs"
    assert f"--full goes with {every}; not with dvs-gyro --recording" in words
    words = run("dvs-gyro", "my.toml", "--recording", "a.npz", code=2).output
    assert f"a file of parameters goes with {every}; not with dvs-gyro --recording" in words
    assert "nowhere.npz" in run("--recording", tmp_path / "nowhere.npz", code=3).output
