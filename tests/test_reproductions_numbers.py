"""Reproductions by the number of their figure or table."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from eventnet.cli import app
from eventnet.scenarios.reproductions.common.numbers import by_number, numbers_in
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


@pytest.mark.parametrize("name", ["table-a-2", "Table-A-2"])
def test_the_command_takes_a_number(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(app, ["reproduce", name, "--quick", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "routing.csv").is_file()
