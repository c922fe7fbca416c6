"""The page of all figures and tables has each once, and names the reproductions that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eventnet.scenarios.reproductions.common.numbers import NOTHING, OF_COMMANDS, by_number, names_by_number
from eventnet.scenarios.reproductions.common.registry import REPRODUCTIONS

PAGE = Path(__file__).parents[1] / "docs" / "results" / "every-figure.md"
FIGURES = {"1": 6, "2": 3, "3": 3, "4": 5, "5": 8, "6": 5, "7": 4, "8": 3, "a": 3, "b": 1, "c": 4, "d": 1, "e": 2}
TABLES = {"table-3-1", "table-3-2", "table-9-1", "table-a-1", "table-a-2", "table-b-1", "table-c-6"}
STATES = {"done", "in part", "cannot be", "nothing to measure"}
UNFINISHED = re.compile(
    r"not been run|not run (?:yet|in full)|were not run|takes longer runs|\b[Oo]ne seed[.,]|10,000 of\s+MNIST once"
    r"|in place of the author's"
)
"""What a page says of a reproduction that is not whole."""


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
    assert row[2] in {"done", "in part", "cannot be"}
    assert set(by_number()[number]) <= set(re.findall(r"`([^`]+)`", row[3]))


def test_what_has_nothing_to_measure_is_what_the_command_says_it_of() -> None:
    found = {name for row in rows() if row[2] == "nothing to measure" for name in numbers(row[0])}
    assert found == NOTHING
    for name, told in OF_COMMANDS.items():
        row = next(row for row in rows() if name in numbers(row[0]))
        assert f"`{told.removeprefix('eventnet ')}`" in row[3]


def sections() -> dict[str, list[str]]:
    """What the pages say of each reproduction: the sections that name its command."""
    found: dict[str, list[str]] = {}
    for page in PAGE.parent.glob("*.md"):
        for part in re.split(r"(?m)^## ", page.read_text("utf-8")):
            asked = set(re.findall(r"^`eventnet reproduce ([a-z0-9-]+)", part, re.MULTILINE))
            for name in {name for one in asked for name in names_by_number(one) or (one,)}:
                found.setdefault(name, []).append(part)
    return found


@pytest.mark.parametrize("row", [row for row in rows() if row[2] == "done"], ids=lambda row: row[0])
def test_what_is_done_is_not_called_unfinished_by_its_page(row: list[str]) -> None:
    told = sections()
    for name in set(re.findall(r"`([^`]+)`", row[3])) & set(told):
        for part in told[name]:
            heading, _, _ = part.partition("\n")
            assert not (said := UNFINISHED.search(part)), f"{row[0]}, {heading}: {said and said[0]}"


def test_each_reproduction_of_a_number_has_a_section_that_says_how_it_went() -> None:
    assert {name for names in by_number().values() for name in names} <= set(sections())


def test_all_it_names_exists() -> None:
    for row in rows():
        for name in re.findall(r"`([^`]+)`", row[3]):
            assert name in REPRODUCTIONS.own_names() or name.startswith("run "), name
        if row[2] in {"in part", "cannot be"}:
            assert ":" in row[3], f"{row[0]}: what is missing?"
