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
def test_every_reader_gets_sound_files_and_damaged_ones() -> None:
    lines = run("--n", "340", "--seed", "2").splitlines()
    assert sum("refused" in line for line in lines) >= 30
