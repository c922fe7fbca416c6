"""Damaged files of every kind are read or refused: no raw error, no hang, no crash, less than 1 GiB."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from few import draws

SCRIPT = Path(__file__).with_name("scripts") / "mutate_files.py"


def check_machine() -> None:
    for package in ("av", "onnx", "nir", "lz4", "zstandard", "h5py", "rosbags"):
        pytest.importorskip(package)
    if not sys.platform.startswith("linux"):
        pytest.skip("the script measures memory as Linux does")


def run(*options: str) -> str:
    check_machine()
    done = subprocess.run([sys.executable, SCRIPT, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def script() -> Any:
    check_machine()
    spec = importlib.util.spec_from_file_location("mutate_files", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_a_hang_is_told_of_the_mutant_that_hangs_and_not_of_the_one_before(
    script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(script, "outcome", lambda case, path: ("refused", ""))

    def made(name: str, case: Any, rng: random.Random) -> bytes:
        if rng.random() == random.Random("0 labels 2").random():
            time.sleep(600)
        return b""

    monkeypatch.setattr(script, "mutant", made)
    found = script.Found(0)
    script.try_all("labels", script.cases()["labels"], 5, found)
    assert found.told == ["labels 2: hang: status 9"]
    assert found.counts["labels"] == {"refused": 4, "hang": 1}


def test_a_process_that_waits_for_a_processor_does_not_hang(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No tick of processor time, and not asleep: the machine is busy."""
    monkeypatch.setattr(script, "SILENT_SECONDS", 0.05)
    monkeypatch.setattr(script, "outcome", lambda case, path: ("refused", ""))
    monkeypatch.setattr(script, "processor_time", lambda process: 7)
    monkeypatch.setattr(script, "mutant", lambda name, case, rng: busy(0.3))
    found = script.Found(0)
    script.try_all("labels", script.cases()["labels"], 2, found)
    assert (found.told, found.counts["labels"]) == ([], {"refused": 2})


def busy(seconds: float) -> bytes:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        pass
    return b""


def test_a_huge_member_is_made_in_little_memory(script: Any) -> None:
    case = script.cases()["fusion weights"]
    tracemalloc.start()
    try:
        made = script.mutant("fusion weights", case, random.Random("0 fusion weights 158"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 500_000 < len(made) < 1_000_000
    assert peak < 50 << 20


@pytest.mark.slow
def test_thousands_of_damaged_files_are_read_or_refused() -> None:
    n = draws(5000, 5)
    assert f"{n:,} mutants: " in run("--n", str(n), "--seed", "1")


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
    lines = run("--n", "650", "--seed", "2").splitlines()
    assert sum("refused" in line for line in lines) >= 60
