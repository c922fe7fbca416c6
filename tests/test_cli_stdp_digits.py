"""`eventnet run stdp-digits`: its tables, its files, its parameters, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli_run import run

from eventnet.scenarios.shared.parameter_file import loads
from eventnet.scenarios.stdp.digits_parameters import DigitsParameters


@pytest.fixture
def short(tmp_path: Path) -> Path:
    (tmp_path / "my.toml").write_text("[run]\ntrain = 40\nnamed = 40\ntest = 20\npasses = 1\nmoments = 2\n")
    return tmp_path / "my.toml"


@pytest.mark.slow
def test_a_run_prints_its_tables_and_writes_pictures_and_numbers(short: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = " ".join(run("stdp-digits", short, "--out", out, "--seed", 7, "--neurons", 12).stdout.split())
    for words in (
        "12 neurons see the embedded digits once",
        "assignment",
        "proportion",
        "normalisation adds",
        "digits/s",
        str(out),
    ):
        assert words in text
    for name in ("fields", "confusion", "raster", "cost"):
        assert (out / f"digits-{name}.png").read_bytes().startswith(b"\x89PNG")
    given = json.loads((out / "numbers.json").read_text())
    manifest = given["manifest"]
    assert (manifest["seed"], manifest["options"]["scenario"]) == (7, "stdp-digits")
    assert manifest["versions"]["numba"]
    parameters = loads(manifest["parameters"], DigitsParameters())
    assert (parameters.run.seed, parameters.run.neurons, parameters.run.train) == (7, 12, 40)
    assert len((out / "numbers.csv").read_text().splitlines()) == 1 + len(given["numbers"])


@pytest.mark.slow
def test_json_is_alone_on_stdout_and_a_seed_changes_the_numbers(short: Path, tmp_path: Path) -> None:
    def numbers(seed: int) -> Any:
        options = "--neurons", 12, "--json", "--seed", seed, "--out", tmp_path / "o"
        found = json.loads(run("stdp-digits", short, *options).stdout)["numbers"]
        timed = "digits/s", "processor time"
        return {(n["run"], n["quantity"], n["at"]): n["value"] for n in found if n["quantity"] not in timed}

    one = numbers(5)
    assert one == numbers(5)
    assert one != numbers(6)
    answers = sum(n for (readout, what, _), n in one.items() if (readout, what) == ("assignment", "answers"))
    assert answers == 20
    assert one["learning", "digits", ""] == 40
    assert one["learning", "normalisation adds", ""] == 784 * 12


def test_its_parameters_are_its_own(tmp_path: Path) -> None:
    def printed(*options: object) -> DigitsParameters:
        return loads(run("stdp-digits", *options, "--print-config").stdout, DigitsParameters())

    assert printed() == DigitsParameters()
    assert printed("--full") == DigitsParameters.in_full()
    assert printed("--full", "--neurons", 400) == DigitsParameters.in_full(400)
    assert printed("--full", "--data", "here").run.folder == "here"
    (tmp_path / "my.toml").write_text("[run]\nneurons = 50\n[rule]\ntarget = 0.3\n")
    given = printed(tmp_path / "my.toml", "--full", "--neurons", 400)
    assert (given.run.neurons, given.rule.target) == (
        400,
        0.3,
    )  # an option goes before the file, the file before what is usual
    assert printed(tmp_path / "my.toml").run.neurons == 50


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("stdp-digits", "--train"), "always learns anew; it has no --train, which goes with dvs-gyro and robot"),
        (("stdp-digits", "--data", "here"), "goes with --full"),
        (("gaze", "--neurons", 3), "--neurons goes with stdp-digits and stdp-dvs; not with gaze"),
        (("dvs-gyro", "--data", "here"), "--data goes with stdp-digits; not with dvs-gyro"),
        (
            ("dvs-gyro", "--recording", "here", "--neurons", 3),
            "stdp-digits and stdp-dvs; not with dvs-gyro --recording",
        ),
        (("stdp-digits", "--full", "--data", "nowhere"), "there is no folder nowhere"),
    ],
)
def test_what_is_asked_wrongly_is_named(args: tuple[object, ...], message: str, tmp_path: Path) -> None:
    code = 3 if message.startswith("there is no folder") else 2
    assert message in " ".join(run(*args, "--out", tmp_path / "o", code=code).output.split())
