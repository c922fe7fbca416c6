"""Reproductions by the number of their figure or table."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from eventnet.cli import app
from eventnet.errors import ModelError
from eventnet.scenarios.reproductions.common.numbers import by_number, name_by_number, numbers_in
from eventnet.scenarios.reproductions.common.registry import REPRODUCTIONS


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
    assert set(found.values()) <= set(REPRODUCTIONS.own_names())
    assert len(found) >= 30
    assert found["figure-4-5"] == "sigma-delta-video"
    assert found["table-a-1"] == "hyperparameters"


@pytest.mark.parametrize("number", sorted(by_number()))
def test_each_number_is_found_however_it_is_spelled(number: str) -> None:
    kind, chapter, place = number.split("-")
    dotted = f"{chapter}.{place}"
    spelled = [number, f"{kind}-{dotted}", f"{kind} {dotted}", f"{kind.title()} {dotted.upper()}"]
    spelled += [f"{kind}-{chapter}{place}"] if chapter.isalpha() else []
    assert {name_by_number(one) for one in spelled} == {by_number()[number]}


def test_a_number_alone_is_the_figures_or_the_tables() -> None:
    found = {asked: name_by_number(asked) for asked in ("3.3", "C.6", "9.1", "e1")}
    assert found == {"3.3": "early-guess", "C.6": "pd-depth", "9.1": "checklist", "e1": "settling-search"}


def test_a_number_of_a_figure_and_a_table_is_asked_back_about() -> None:
    with pytest.raises(ModelError, match=r"figure-3-1 \(quantization\) and table-3-1 \(newsgroups\)"):
        name_by_number("3.1")
    assert name_by_number("3.2") == "mnist"


@pytest.mark.parametrize("asked", ["mnist", "figure-99-9", "31", "figure", "nir-nmnist", ""])
def test_what_is_no_number_is_none(asked: str) -> None:
    assert name_by_number(asked) is None


@pytest.mark.parametrize("name", ["table-a-2", "Table-A-2"])
def test_the_command_takes_a_number(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(app, ["reproduce", name, "--quick", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "routing.csv").is_file()
