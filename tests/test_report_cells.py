"""Cells of a picture: what pieces marks come in does not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.report.cells import COLUMNS, MOST, ROWS, Cells


def at_once(x: Any, y: Any, sign: Any, width: int, height: int, most: int) -> dict[tuple[int, int], list[int]]:
    """How many +1 and -1 by column and row, in the first cells that are few enough."""
    across, up = -(-width // COLUMNS), -(-height // ROWS)
    while True:
        found: dict[tuple[int, int], list[int]] = {}
        for a, b, s in zip(x.tolist(), y.tolist(), sign.tolist(), strict=True):
            found.setdefault((a // across, b // up), [0, 0])[0 if s > 0 else 1] += 1
        if len(found) <= most:
            return found
        if width // across > 2 * (height // up):
            across *= 2
        else:
            up *= 2


@pytest.mark.parametrize(("width", "height", "most"), [(90_000, 700, 900), (50, 40_000, MOST), (3, 2, 6), (4000, 1, 7)])
def test_marks_in_pieces_are_those_at_once(width: int, height: int, most: int) -> None:
    rng = np.random.default_rng(width)
    n = 20_000
    x, y, sign = np.sort(rng.integers(0, width, n)), rng.integers(0, height, n), rng.choice([-1, 1], n)
    wanted = at_once(x, y, sign, width, height, most)
    assert len(wanted) <= most
    for pieces in (1, 7):
        cells = Cells(width, height)
        for parts in zip(*(np.array_split(column, pieces) for column in (x, y, sign)), strict=True):
            cells.add(*parts)
        found = cells.to_dict(most)
        places = zip(np.cumsum(found["columns"]).tolist(), found["rows"], strict=True)
        counts = zip(found["plus"], found["minus"], strict=True)
        assert {place: list(count) for place, count in zip(places, counts, strict=True)} == wanted
        assert list(wanted.values()) != [[0, 0]]


def test_marks_that_are_alone_have_no_counts() -> None:
    cells = Cells(10, 3)
    assert cells.to_dict(5)["rows"] == []
    cells.add(np.array([4, 2]), np.array([1, 2]), np.array([1, 1]))
    assert cells.to_dict(5) == {
        "ticks or deliveries": 1, "indices": 1, "columns": [2, 2], "rows": [2, 1], "plus": [], "minus": [],
    }  # fmt: skip
