"""The page of all figures and tables has each once, and names the reproductions that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eventnet.scenarios.reproductions.common.numbers import by_number
from eventnet.scenarios.reproductions.common.registry import REPRODUCTIONS

PAGE = Path(__file__).parents[1] / "docs" / "results" / "every-figure.md"
FIGURES = {"1": 5, "2": 3, "3": 3, "4": 5, "5": 8, "6": 5, "7": 4, "8": 3, "a": 3, "b": 1, "c": 4, "d": 1, "e": 2}
TABLES = {"table-3-1", "table-3-2", "table-9-1", "table-a-1", "table-a-2", "table-b-1", "table-c-6"}
STATES = {"done", "in part", "nothing to measure"}


def numbers(cell: str) -> list[str]:
    """`1.1 to 1.3, table A.2` as names of figures and tables."""
    found = []
    for part in cell.split(", "):
        kind = "table" if part.startswith("table ") else "figure"
        first, _, last = part.removeprefix("table ").lower().partition(" to ")
        chapter, low = first.split(".")
        high = (last or first).split(".")[1]
        found += [f"{kind}-{chapter}-{n}" for n in range(int(low), int(high) + 1)]
    return found


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "number"]


def test_each_figure_and_table_stands_once() -> None:
    found = [name for row in rows() for name in numbers(row[0])]
    wanted = {f"figure-{chapter}-{n}" for chapter, most in FIGURES.items() for n in range(1, most + 1)} | TABLES
    assert sorted(found) == sorted(wanted)
    assert {row[2] for row in rows()} == STATES


@pytest.mark.parametrize("number", sorted(by_number()))
def test_the_page_names_the_reproduction_of_a_number(number: str) -> None:
    row = next(row for row in rows() if number in numbers(row[0]))
    assert row[2] in {"done", "in part"} or number == "figure-1-4"
    assert by_number()[number] in re.findall(r"`([^`]+)`", row[3])


def test_all_it_names_exists() -> None:
    for row in rows():
        for name in re.findall(r"`([^`]+)`", row[3]):
            assert name in REPRODUCTIONS.own_names() or name.startswith("run "), name
        if row[2] == "in part":
            assert ":" in row[3], f"{row[0]}: what is missing?"
