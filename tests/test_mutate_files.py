"""Damaged files of every kind are read or refused: no raw error, no hang, no crash, less than 1 GiB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("scripts") / "mutate_files.py"


def run(*options: str) -> str:
    for package in ("av", "onnx", "nir", "lz4", "zstandard"):
        pytest.importorskip(package)
    if not sys.platform.startswith("linux"):
        pytest.skip("the script measures memory as Linux does")
    done = subprocess.run([sys.executable, SCRIPT, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_five_thousand_damaged_files_are_read_or_refused() -> None:
    assert "5,000 mutants: " in run("--n", "5000", "--seed", "1")


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_from_its_state(tmp_path: Path) -> None:
    only = ("--only", "idx", "labels", "--seed", "3", "--state", str(tmp_path / "state.json"))
    assert "20 mutants: " in run("--n", "20", *only)
    first = (tmp_path / "state.json").read_text()
    assert "60 mutants: " in (found := run("--n", "60", *only))
    assert (tmp_path / "state.json").read_text() != first
    assert found.splitlines()[-1] == run("--n", "60", "--only", "idx", "labels", "--seed", "3").splitlines()[-1]


@pytest.mark.slow
def test_every_reader_gets_sound_files_and_damaged_ones() -> None:
    lines = run("--n", "430", "--seed", "2").splitlines()
    assert sum("refused" in line for line in lines) >= 40
