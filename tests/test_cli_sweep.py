"""`eventnet sweep`, and --dask of the commands that have --processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eventnet.cli.commands import COMMANDS, app, every

HERE = Path(__file__).parent
SWEEP = """
[sweep]
of = "sweep_jobs:failing"
repeats = 3
[grid]
rate = [0.5, 0.6, 0.7]
[[plot]]
x = "rate"
value = "rate"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A sweep's file."""
    path = tmp_path / "sweep.toml"
    path.write_text(SWEEP)
    return path


def ended(*words: object) -> tuple[int, str]:
    made = CliRunner().invoke(app, ["sweep", *map(str, words)])
    return made.exit_code, made.stdout


@pytest.mark.slow
def test_a_sweep_is_run_and_its_table_shown(file: Path, tmp_path: Path) -> None:
    code, text = ended(file, "--out", tmp_path / "out", "--processes", 1)
    assert code == 0, text
    assert "9 of 9 jobs are done" in text
    assert "0.6 ± 0" in text
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "table.csv",
        "sweep.json",
        "rate-by-rate.png",
        "jobs",
    }
    code, text = ended(file, "--out", tmp_path / "out", "--json")
    found = json.loads(text)
    assert (code, found["done"], found["done before"], found["failed"]) == (0, 9, 9, 0)
    assert found["sha256"] == json.loads((tmp_path / "out" / "sweep.json").read_text())["sha256 of all results"]


def test_a_report_is_written_when_all_jobs_are_there(file: Path, tmp_path: Path) -> None:
    words = (file, "--out", tmp_path / "out", "--processes", 1, "--report", tmp_path / "page.html")
    code, text = ended(*words, "--array", "0/2")
    assert code == 0
    assert "The report is written with the table" in text
    assert not (tmp_path / "page.html").exists()
    code, text = ended(*words)
    assert str(tmp_path / "page.html") in text.replace("\n", "")
    assert b"eventnet-sweep.json" in (tmp_path / "page.html").read_bytes()


def test_the_exit_code_says_that_jobs_failed(file: Path, tmp_path: Path) -> None:
    file.write_text(SWEEP.replace("0.6", "0.3"))
    code, text = ended(file, "--out", tmp_path / "out", "--processes", 1)
    assert code == 4
    assert "6 of 9 jobs are done, 3 failed" in text
    assert text.count("no such rate") == 1  # one error, if of several jobs


def test_an_array_does_its_part(file: Path, tmp_path: Path) -> None:
    code, text = ended(file, "--out", tmp_path / "out", "--array", "1/2", "--processes", 1)
    assert code == 0
    assert "4 of 9 jobs are done" in text
    assert "The table is written when all are there" in text
    assert "9 of 9 jobs are done; 4 were before" in ended(file, "--out", tmp_path / "out")[1]
    for wrong in ("2/2", "x", "1", "-1/2"):
        assert ended(file, f"--array={wrong}")[0] == 2


@pytest.mark.parametrize(
    ("words", "code"), [(["gone.toml"], 3), (["--data", "gone"], 3), (["--processes", "1", "--dask", "x"], 2), (["--batch", "0"], 2)]
)  # fmt: skip
def test_what_is_wrong_is_told_before_anything(file: Path, tmp_path: Path, words: list[str], code: int) -> None:
    given = words if words[0] == "gone.toml" else [file, *words]
    assert ended(*given, "--out", tmp_path / "out")[0] == code
    assert not (tmp_path / "out").exists()


def test_every_command_whose_runs_go_to_processes_has_dask() -> None:
    every()
    have = {name for name, each in COMMANDS.items() if "processes" in each.run.__annotations__}
    with_dask = {name for name, each in COMMANDS.items() if "dask" in each.run.__annotations__}
    assert have - with_dask == {"info"}  # it compiles for this machine
    assert with_dask == {"orders", "race", "report", "reproduce", "run", "sweep"}


def test_a_scheduler_that_does_not_answer_is_an_error(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("eventnet.cli.dask_option.WAIT_S", 0.5)
    made = CliRunner().invoke(app, ["sweep", str(file), "--out", str(tmp_path / "out"), "--dask", "tcp://127.0.0.1:9"])
    assert made.exit_code == 3, made.output


@pytest.mark.slow
def test_a_sweep_in_a_process_of_its_own_finds_a_module_beside_its_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("def f(k, seed):\n    return {'k': k, 'seed': seed}\n")
    file.write_text('[sweep]\nof = "beside:f"\n[grid]\nk = [1, 2, 3, 4]\n')
    for n in (1, 2):
        command = [sys.executable, "-m", "eventnet", "sweep", file, "--out", tmp_path / str(n), "--processes", str(n)]
        done = subprocess.run(
            command, cwd=HERE, env=os.environ | {"PYTHONPATH": str(HERE.parent)}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    one, two = (json.loads((tmp_path / n / "sweep.json").read_text())["sha256 of all results"] for n in "12")
    assert one == two
