"""A table that is wider than the screen is parted, and no number of it is cut."""

import io
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from eventnet.cli.wide_tables import WideTable, tables_of, telling


def printed(rows: list[dict[str, Any]], width: int) -> tuple[int, str]:
    out = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    out.print(WideTable(rows, "Title"))
    return len(list(tables_of(rows, "Title", width))), out.file.getvalue()  # type: ignore[attr-defined]


def test_rows_that_fit_are_one_table() -> None:
    count, text = printed([{"network": "PD", "error, %": 1.5}, {"network": "twin", "error, %": None}], 110)
    assert count == 1
    assert text.count("Title") == 1
    assert "1.5" in text


@pytest.mark.parametrize("seed", range(20))
def test_every_number_and_heading_is_whole_and_each_part_says_of_which_row(seed: int) -> None:
    random = np.random.default_rng(seed)
    width, names = int(random.integers(60, 140)), [f"column{k:02}" for k in range(random.integers(8, 20))]
    names = [f"{name} {'of many words ' * random.integers(0, 3)}" for name in names]
    rows: list[dict[str, Any]] = [
        {"data": f"data{n // 2}", "network": ("spiking", "twin")[n % 2], "range": f"{n}.25 to {n}.75"}
        | {name: int(random.integers(0, 10 ** random.integers(1, 10))) for name in names}
        for n in range(6)
    ]
    count, text = printed(rows, width)
    words = text.split()
    assert "…" not in text
    assert {line[-1] for line in text.splitlines() if "Title" not in line} <= set("┓┃┩│┘")  # no line is cut
    for name in names:
        assert words.count(name.split()[0]) == 1
    for row in rows:
        assert all(str(row[name]) in words for name in names)
    assert all(f" {row['range']} " in text for row in rows)
    assert words.count("spiking") == 3 * count
    assert words.count("data0") == 2 * count


def test_a_part_is_no_narrower_than_it_has_to_be() -> None:
    rows = [{"n": 1} | {f"c{k:02}": 100 for k in range(30)}]
    used = 4 + 6 * 30 + 1  # "n", and thirty columns of three characters
    assert printed(rows, used)[0] == 1
    assert printed(rows, used - 1)[0] == 2


def test_a_word_wider_than_the_screen_has_a_table_of_its_own() -> None:
    count, text = printed([{"n": 7, "a": "x" * 100, "b": 5, "c": 6}], 40)
    assert count == 2
    assert {"5", "6"} <= set(text.split())


def test_rows_are_told_apart_by_the_fewest_first_columns() -> None:
    assert telling({"a": ["1", "1", "2"], "b": ["1", "2", "1"], "c": ["1", "2", "3"]}) == ["a", "b"]
    assert telling({"a": ["1", "2"], "b": ["1", "2"]}) == ["a"]
    assert telling({"a": ["1", "1"], "b": ["1", "1"]}) == ["a"]
