"""`eventnet run`: its table, its files, its parameters, and how it fails."""

from __future__ import annotations

import ast
import csv
import inspect
import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_fusion_run import three_rates
from typer.testing import CliRunner

import eventnet.cli.run
from eventnet.cli.commands import app
from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.fusion.parameters import Parameters, weights_for
from eventnet.scenarios.fusion.recorded import PLAN
from eventnet.scenarios.shared.parameter_file import loads

SHORT = """
[run]
duration_s = 0.4
measured_from_s = 0.1
trajectories = 1
weights = "{}"
[steps]
count = 2
[ways]
kept_ms = [33]
bins_ms = [10]
scales = [1]
flow = []
"""


def run(*args: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["run", *(str(arg) for arg in args)])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def short(tmp_path: Path) -> Path:
    three_rates().save(tmp_path / "weights.npz")
    (tmp_path / "my.toml").write_text(SHORT.format(tmp_path / "weights.npz"))
    return tmp_path / "my.toml"


@pytest.mark.slow
def test_a_run_prints_its_table_and_writes_pictures_and_numbers(short: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = run("dvs-gyro", short, "--out", out, "--processes", 1).stdout
    for words in (
        "kept at samples",
        "event-driven sigma-delta 1",
        "Error against the truth",
        "beside kept",
        "only turns",
        str(out),
    ):
        assert words in " ".join(text.split())
    for name in ("streams", "estimate", "frontier", "cost-by-event", "camera"):
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    given = json.loads((out / "numbers.json").read_text())
    rows = list(csv.DictReader((out / "numbers.csv").open()))
    assert len(rows) == len(given["numbers"])
    manifest = given["manifest"]
    assert manifest["seed"] == 1234
    assert manifest["versions"]["numpy"]
    assert loads(manifest["parameters"], Parameters()).run.duration_s == 0.4
    found = {(n["run"], n["quantity"]): n for n in given["numbers"]}
    clock = "kept 33 ms, cheap head"
    assert found["kept at samples", "operations/s"]["value"] > found[clock, "operations/s"]["value"]
    assert found[clock, "fused error"]["unit"] == "deg/s"
    assert found[clock, "event to answer ms"]["unit"] == "ms"
    assert found[clock, "memory kB"]["unit"] == "kB"
    assert found["event-driven sigma-delta 1", "operations, times fewer"]["value"] > 0


@pytest.mark.slow
def test_json_is_alone_on_stdout_and_a_seed_changes_the_numbers(short: Path, tmp_path: Path) -> None:
    one, other = (
        json.loads(run(short, "--json", "--seed", seed, "--processes", 1, "--out", tmp_path / "o").stdout)
        for seed in (5, 6)
    )
    assert one["numbers"] != other["numbers"]
    assert (one["manifest"]["seed"], other["manifest"]["seed"]) == (5, 6)


@pytest.mark.slow
def test_training_anew_keeps_the_weights_and_runs_them(
    short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def train(seed: int, processes: int, progress: Any, *, noise: float) -> FusionWeights:
        asked.append((seed, processes, noise))
        progress("training", 1, 2)
        return three_rates()

    monkeypatch.setattr("eventnet.scenarios.fusion.scenario_dvs_gyro.train", train)
    (tmp_path / "other.toml").write_text(short.read_text().replace("weights.npz", "nowhere.npz"))
    given = json.loads(
        run(tmp_path / "other.toml", "--train", "--seed", 3, "--json", "--processes", 1, "--out", tmp_path / "o").stdout
    )
    assert asked == [(3, 1, 10.0)]
    assert FusionWeights.load(tmp_path / "o" / "weights.npz").manifest == three_rates().manifest
    again = json.loads(run(short, "--seed", 3, "--json", "--processes", 1, "--out", tmp_path / "o2").stdout)
    assert again["numbers"] == given["numbers"]


@pytest.mark.parametrize(("noise", "shipped"), [(10.0, 10.0), (1.0, 1.0), (0.0, 1.0), (30.0, 10.0), (2.0, 1.0)])
def test_the_weights_are_those_for_the_nearest_noise(noise: float, shipped: float) -> None:
    p = Parameters()
    like = replace(p, gyroscope=replace(p.gyroscope, white_noise=noise))
    assert weights_for(like).manifest == FusionWeights.shipped(shipped).manifest


@pytest.mark.slow
def test_a_robot_has_further_sensors_in_its_count(short: Path, tmp_path: Path) -> None:
    given = json.loads(run("robot", short, "--json", "--processes", 1, "--out", tmp_path / "o").stdout)
    found = {(n["run"], n["quantity"]): n["value"] for n in given["numbers"]}
    assert found["event-driven sigma-delta 1", "operations/s by joints"] > 0
    assert found["event-driven sigma-delta 1", "operations/s by frames"] > 0


def test_parameters_are_printed_as_a_file_to_begin_with(tmp_path: Path) -> None:
    assert loads(run("dvs-gyro", "--print-config").stdout, Parameters()) == Parameters()
    robot = tomllib.loads(run("robot", "--print-config", "--seed", 7).stdout)
    assert robot["robot"] == {"joints": 20, "joints_hz": 100.0, "frames_hz": 30.0}
    assert robot["run"]["seed"] == 7
    full = loads(run("dvs-gyro", "--full", "--print-config").stdout, Parameters())
    assert full.run.trajectories == 10
    (tmp_path / "my.toml").write_text("[run]\ntrajectories = 3\n")
    assert loads(run(tmp_path / "my.toml", "--full", "--print-config").stdout, Parameters()).run.trajectories == 3


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("dvs-giro",), "unknown scenario 'dvs-giro'"),
        ((), "wanted one scenario"),
        (("dvs-gyro", "robot"), "wanted one scenario"),
        (("nowhere.toml",), "there is no file"),
        (("gaze", "--networks", "2"), "--networks goes with dvs-gyro --recording and stdp-dvs; not with gaze"),
        (("dvs-gyro", "--epochs", "2"), "--epochs goes with dvs-gyro --recording; not with dvs-gyro"),
    ],
)
def test_what_is_asked_wrongly_is_named(args: tuple[str, ...], message: str) -> None:
    assert message in run(*args, code=3 if "there is no file" in message else 2).output


def test_the_help_names_what_is_usual() -> None:
    assert f"passes over the samples. Default: {PLAN.epochs}." in " ".join(run("--help").output.split())


MOST = 5


def complexity(function: ast.AST) -> int:
    """1, and 1 for each branch, loop, handler, comprehension and further operand of `and` and `or`."""
    branches = ast.If | ast.IfExp | ast.For | ast.While | ast.ExceptHandler | ast.match_case | ast.comprehension
    nodes = list(ast.walk(function))
    operands = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    return 1 + operands + sum(isinstance(node, branches) for node in nodes)


def complexities(text: str) -> dict[str, int]:
    """The complexity of each function of a source, those inside others apart and with these."""
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {function.name: complexity(function) for function in functions}


def test_no_function_of_the_command_has_many_branches() -> None:
    found = complexities(inspect.getsource(eventnet.cli.run))
    assert {name: n for name, n in found.items() if n > MOST} == {}
    assert {"run", "_perform"} <= set(found)


@pytest.mark.parametrize(
    ("body", "n"),
    [
        ("pass", 1),
        ("if a: pass\n elif b: pass\n else: pass", 3),
        ("for i in a:\n  while b: pass", 3),
        ("try: pass\n except A: pass\n except B: pass\n finally: pass", 3),
        ("return a and b and c or d", 4),
        ("return a if b else c", 2),
        ("return [i for i in a if i], {i for i in a}, (i for i in a), {i: i for i in a for j in i}", 6),
        ("def inner():\n  return a or b", 2),
        ("with a: assert b, c", 1),
    ],
)
def test_what_makes_a_function_complex(body: str, n: int) -> None:
    assert complexities(f"def f():\n {body}")["f"] == n


def test_an_unknown_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[run]\nduration_ms = 5\n")
    assert "'duration_s' (mind the unit)" in run(tmp_path / "my.toml", code=3).output
