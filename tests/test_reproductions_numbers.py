"""Reproductions by the number of their figure or table."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from eventnet.cli import app
from eventnet.cli import reproduce as cli_reproduce
from eventnet.errors import ModelError
from eventnet.scenarios.reproductions.common.numbers import by_number, names_by_number, numbers_in, why_not
from eventnet.scenarios.reproductions.common.registry import REPRODUCTIONS
from eventnet.scenarios.reproductions.common.report import ReproductionReport


def test_numbers_follow_the_word_before_them() -> None:
    assert numbers_in("Figures 7.2, 7.3 and D.1: networks, and figure 9.9") == [
        "figure-7-2",
        "figure-7-3",
        "figure-d-1",
    ]
    assert numbers_in("Table 3.2 and figure 3.2: beside") == ["table-3-2", "figure-3-2"]
    assert numbers_in("Version 1.2 of a method: figure 3.1") == []


def test_numbers_lead_to_reproductions_that_there_are() -> None:
    found = by_number()
    assert {name for names in found.values() for name in names} <= set(REPRODUCTIONS.own_names())
    assert len(found) >= 30
    assert found["figure-4-5"] == ("sigma-delta-video",)
    assert found["table-a-1"] == ("hyperparameters",)


def test_a_number_leads_to_all_that_reproduce_it() -> None:
    assert names_by_number("figure-5-8") == names_by_number("5.8") == ("frame-rate", "pd-video")


@pytest.mark.parametrize("number", sorted(by_number()))
def test_each_number_is_found_however_it_is_spelled(number: str) -> None:
    kind, chapter, place = number.split("-")
    dotted = f"{chapter}.{place}"
    spelled = [number, f"{kind}-{dotted}", f"{kind} {dotted}", f"{kind.title()} {dotted.upper()}"]
    spelled += [f"{kind}-{chapter}{place}"] if chapter.isalpha() else []
    assert {names_by_number(one) for one in spelled} == {by_number()[number]}
    assert {why_not(one) for one in spelled} == {None}


def test_a_number_alone_is_the_figures_or_the_tables() -> None:
    found = [name for asked in ("3.3", "C.6", "9.1", "e1") for name in names_by_number(asked)]
    assert found == ["early-guess", "pd-depth", "checklist", "settling-search"]


def test_a_number_of_a_figure_and_a_table_is_asked_back_about() -> None:
    with pytest.raises(ModelError, match=r"figure-3-1 \(quantization\) and table-3-1 \(newsgroups\)"):
        names_by_number("3.1")
    assert names_by_number("3.2") == ("mnist",)


@pytest.mark.parametrize("asked", ["mnist", "figure-99-9", "31", "figure", "nir-nmnist", ""])
def test_what_is_no_number_is_nothing(asked: str) -> None:
    assert (names_by_number(asked), why_not(asked)) == ((), None)


def asks(number: str, tmp_path: Path, *options: str) -> Any:
    return CliRunner().invoke(app, ["reproduce", number, "--out", str(tmp_path / "out"), *options])


@pytest.mark.parametrize("number", ["5.6", "figure-5-6", "Figure A.2", "1.6"])
def test_a_figure_without_numbers_is_told_and_nothing_is_run(number: str, tmp_path: Path) -> None:
    done = asks(number, tmp_path)
    assert (done.exit_code, "nothing to measure" in done.output) == (0, True)
    assert not (tmp_path / "out").exists()


def test_the_figure_of_the_robot_names_its_command(tmp_path: Path) -> None:
    found = json.loads(asks("1.5", tmp_path, "--json").stdout)
    assert (found["rows"], found["why"].endswith("eventnet run attitude")) == ([], True)


def test_a_figure_of_two_reproductions_runs_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> Any:
        return lambda request: ReproductionReport(name, name, "nowhere", [{"out": request.out.name}])

    monkeypatch.setattr(cli_reproduce, "REPRODUCTIONS", SimpleNamespace(names=list, find=find))
    done = asks("5.8", tmp_path)
    assert done.exit_code == 0, done.output
    made = [json.loads((tmp_path / "out" / name / f"{name}.json").read_text()) for name in by_number()["figure-5-8"]]
    assert [report["rows"] for report in made] == [[{"out": "frame-rate"}], [{"out": "pd-video"}]]
    assert (tmp_path / "out" / "frame-rate+pd-video.json").is_file()


@pytest.mark.parametrize("name", ["table-a-2", "Table-A-2"])
def test_the_command_takes_a_number(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(app, ["reproduce", name, "--quick", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "routing.csv").is_file()
