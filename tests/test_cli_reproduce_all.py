"""`eventnet reproduce all`, and the number of seeds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from eventnet.analysis.parallel import in_processes
from eventnet.cli import reproduce as cli_reproduce
from eventnet.cli.commands import app
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request

Made = Callable[[Request], ReproductionReport]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Request]]:
    """Three reproductions, the last of which wants data; what each was asked for."""
    asked: list[tuple[str, Request]] = []

    def one(name: str) -> Made:
        def made(request: Request) -> ReproductionReport:
            asked.append((name, request))
            if name == "newsgroups":
                request.needed("get posts")
            if name == "second" and len(asked) == 2 and request.seed == 7:
                raise KeyboardInterrupt
            return ReproductionReport(name, name, "nowhere", [{"seeds": len(request.seeds(5))}])

        return made

    names = ["first", "second", "newsgroups"]
    known: Any = SimpleNamespace(names=lambda: names, find=one)
    monkeypatch.setattr(cli_reproduce, "REPRODUCTIONS", known)
    return asked


def run(out: Path, *options: str) -> Any:
    return CliRunner().invoke(app, ["reproduce", "all", "--out", str(out), *options])


def test_all_run_in_folders_of_their_own_and_what_lacks_its_data_is_told(
    tmp_path: Path, ran: list[tuple[str, Request]]
) -> None:
    found = run(tmp_path, "--seeds", "2", "--json")
    assert found.exit_code == 0, found.output
    rows = json.loads(found.stdout)["rows"]
    assert [(row["reproduction"], row["state"][:7]) for row in rows] == [
        ("first", "done"), ("second", "done"), ("newsgroups", "not run"),
    ]  # fmt: skip
    assert "get posts into a folder" in rows[2]["state"]
    assert json.loads((tmp_path / "second" / "second.json").read_text())["rows"] == [{"seeds": 2}]
    assert json.loads((tmp_path / "all.json").read_text())["rows"] == rows
    assert all(0 <= row["processor_s"] < 60 for row in rows)
    assert [path.name for path in tmp_path.glob("unfinished*")] == []


def test_one_that_was_stopped_goes_on_after_what_was_done(tmp_path: Path, ran: list[tuple[str, Request]]) -> None:
    assert run(tmp_path, "--seed", "7").exit_code != 0
    assert [name for name, _ in ran] == ["first", "second"]
    assert run(tmp_path, "--seed", "7").exit_code == 0
    assert [name for name, _ in ran] == ["first", "second", "second", "newsgroups"]


def test_each_reads_its_folder_of_the_data(tmp_path: Path, ran: list[tuple[str, Request]]) -> None:
    for name in ("mnist", "news"):
        (tmp_path / "data" / name).mkdir(parents=True)
    assert run(tmp_path / "out", "--data", str(tmp_path / "data")).exit_code == 0
    read = [request.data for _, request in ran]
    assert read == [tmp_path / "data" / name for name in ("mnist", "mnist", "news")]


def test_seeds_are_those_of_the_reproduction_at_most() -> None:
    request = Request(Path(), seed=4, most_seeds=2)
    assert (request.seeds(5), request.seeds(1), request.seeds(10, quick=1)) == ([4, 5], [4], [4, 5])


def test_processor_time_is_that_of_workers_too_and_of_a_command_that_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = [True]

    def one(name: str) -> Made:
        def made(request: Request) -> ReproductionReport:
            spent = in_processes(busy, None, [0.3, 0.31] if name == "worked" else [0.0], processes=request.processes)
            if name == "worked" and stopped and stopped.pop():
                raise KeyboardInterrupt
            return ReproductionReport(name, name, "nowhere", [{"spent": sum(spent)}])

        return made

    known: Any = SimpleNamespace(names=lambda: ["worked", "idle"], find=one)
    monkeypatch.setattr(cli_reproduce, "REPRODUCTIONS", known)
    assert run(tmp_path / "stopped").exit_code != 0
    for out in ("stopped", "at-once"):
        found = run(tmp_path / out)
        assert found.exit_code == 0, found.output
        worked, idle = json.loads((tmp_path / out / "all.json").read_text())["rows"]
        assert worked["processor_s"] >= 0.6
        assert idle["processor_s"] < worked["processor_s"]
        assert f"all: {worked['processor_s'] + idle['processor_s']:.1f} s of processor time" in found.output


def test_one_alone_says_its_processor_time_too_with_that_of_a_run_that_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = [True]

    def made(request: Request) -> ReproductionReport:
        if stopped and stopped.pop():
            busy(None, 0.5)
            raise KeyboardInterrupt
        return ReproductionReport("worked", "worked", "nowhere", [{"n": 1}])

    known: Any = SimpleNamespace(names=lambda: ["worked"], find=lambda name: made)
    monkeypatch.setattr(cli_reproduce, "REPRODUCTIONS", known)
    command = ["reproduce", "worked", "--out", str(tmp_path)]
    assert CliRunner().invoke(app, command).exit_code != 0
    found = CliRunner().invoke(app, command)
    assert found.exit_code == 0, found.output
    said = next(line for line in found.output.splitlines() if line.endswith(" s of processor time"))
    assert 0.5 <= float(said.split()[0]) < 60
    again = CliRunner().invoke(app, command)  # finished: its time is no longer kept
    assert float(next(line for line in again.output.splitlines() if "processor" in line).split()[0]) < 0.5


def busy(shared: None, seconds: float) -> float:
    """Keep a processor busy."""
    begun = time.process_time()
    while time.process_time() - begun < seconds:
        pass
    return seconds
