"""`eventnet run --recording`: its tables, its files, and how it fails."""

from __future__ import annotations

import csv
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from io_cases import random_events, same
from recorded_cases import FIRST_US, rolling, translating
from typer.testing import CliRunner

from eventnet.cli.commands import app
from eventnet.errors import DataError
from eventnet.io import write_events
from eventnet.scenarios.fusion import FusionWeights, judging, judging_scenario
from eventnet.scenarios.stdp import scenario_stdp_dvs


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


@pytest.mark.slow
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
    every = (
        "dvs-gyro, robot, pays, gaze, stdp-digits, stdp-pattern, stdp-dvs, hopfield, equilibrium, brunel, vogels-abbott, "
        "microcircuit, attitude and flow-law"
    )
    assert f"--full goes with {every}; not with dvs-gyro --recording" in words
    words = run("dvs-gyro", "my.toml", "--recording", "a.npz", code=2).output
    assert f"a file of parameters goes with {every}; not with dvs-gyro --recording" in words
    assert "nowhere.npz" in run("--recording", tmp_path / "nowhere.npz", code=3).output


# --- what of a recording is used: the same options as those of the commands that run a network ---
def test_options_of_a_recording_are_those_of_the_other_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = random_events(300, 12, 10, start=FIRST_US)
    write_events(tmp_path / "cam.npz", events, width=12, height=10)
    seen: list[Any] = []

    class Stop(DataError):
        """Enough was seen."""

    def judged(recording: Any, **options: Any) -> Any:
        seen.append(recording)
        raise Stop("stop")

    monkeypatch.setattr(judging_scenario, "judge", judged)
    monkeypatch.setattr(scenario_stdp_dvs, "run", lambda parameters, recording, **options: judged(recording))
    words = ["--recording", tmp_path / "cam.npz", "--binning", 2, "--crop", "2,0,8,10", "--polarity", "on"]
    words += ["--start", "5.0001s", "--end", "5002ms", "--camera", "dvs128", "--out", tmp_path / "out"]
    kept = events[(events["t"] >= FIRST_US + 100) & (events["t"] < FIRST_US + 2_000) & events["p"]]
    kept = kept[(kept["x"] >= 2) & (kept["x"] < 10)]
    for name in ("dvs-gyro", "stdp-dvs"):
        run(name, *words, code=3)
        part = seen.pop()
        assert (part.width, part.height) == (4, 5)
        assert part.events()["x"].tolist() == ((kept["x"] - 2) // 2).tolist()
        assert part.events()["t"].tolist() == kept["t"].tolist()
        run(name, "--recording", tmp_path / "cam.npz", "--out", tmp_path / "out", code=3)
        assert same(seen.pop().events(), events)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("dvs-gyro --binning 2", "--binning is of a recording; wanted --recording FILE, too"),
        ("pays --end 1s", "--end of a --recording goes with dvs-gyro and stdp-dvs; not with pays"),
        ("dvs-gyro --recording a.npz --polarity channels", "wanted sign, on or off"),
        ("stdp-dvs --recording a.npz --polarity no", "--polarity is 'no'; wanted sign, channels, on, off"),
        ("stdp-dvs --recording a.npz --crop 1,2", "--crop is '1,2'; wanted x,y,width,height"),
        ("dvs-gyro --recording a.npz --start 3", "--start is '3'; wanted a number and a unit"),
        ("dvs-gyro --recording a.npz --port eye.spikes", "No such option"),
    ],
)
def test_options_of_a_recording_that_do_not_hold_are_refused(words: str, says: str) -> None:
    assert says in " ".join(run(*words.split(), code=2).output.split())
