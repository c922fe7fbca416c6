"""--live: a run's files are the same with it; which options go together; and how it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from test_cli_brunel import SHORT
from test_cli_run import run
from test_cli_view_option import files_of

SCRIPT = "from eventnet.cli import app; app()"


@pytest.fixture
def brunel(tmp_path: Path) -> Path:
    (tmp_path / "my.toml").write_text(SHORT)
    return tmp_path / "my.toml"


def command(*words: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, "run", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )  # fmt: skip


def test_a_runs_files_are_the_same_with_a_live_page_and_without(brunel: Path, tmp_path: Path) -> None:
    pytest.importorskip("bokeh", reason="the extra live is not installed")
    run("brunel", brunel, "--out", tmp_path / "one")
    said = run("brunel", brunel, "--out", tmp_path / "other", "--live", "--live-end").output
    assert re.search(r"live page: http://127\.0\.0\.1:\d+/\S{16}\n", said)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")


@pytest.mark.slow
def test_the_page_stays_until_ctrl_c_and_leaves_no_process(brunel: Path, tmp_path: Path) -> None:
    pytest.importorskip("bokeh", reason="the extra live is not installed")
    process = command("brunel", brunel, "--out", tmp_path / "out", "--live")
    assert process.stderr is not None
    address = process.stderr.readline().split()[-1]
    assert "stays until Ctrl-C" in process.stderr.readline()
    assert (tmp_path / "out" / "numbers.json").exists()
    with urllib.request.urlopen(address, timeout=20) as answer:
        assert answer.status == 200
    children = _below(process.pid)
    assert len(children) >= 2
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, "")
    for _ in range(50):
        if not any(Path(f"/proc/{pid}").exists() for pid in children):
            return
        time.sleep(0.1)
    raise AssertionError(f"of {children} some are left")


def _below(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found += [int(stat.parent.name), *_below(int(stat.parent.name))]
    return found


def test_options_of_a_live_page_want_one(brunel: Path, tmp_path: Path) -> None:
    for words in (("--live-port", 5000), ("--live-end",)):
        assert "wanted --live, too" in run("brunel", brunel, *words, code=2).output
    said = " ".join(run("hopfield", "--live", code=2).output.split())
    assert "--live goes with dvs-gyro, robot, gaze and brunel; not with hopfield" in said
    assert "it goes without --train" in " ".join(run("dvs-gyro", "--live", "--train", code=2).output.split())


def test_without_bokeh_the_extra_is_named(brunel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bokeh.models", None)
    out = tmp_path / "out"
    assert 'pip install "eventnet[live]"' in run("brunel", brunel, "--live", "--out", out, code=3).output
    assert not out.exists()
