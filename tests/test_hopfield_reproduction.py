"""The capacity curve: where shares fall through a half, and the quick form."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_reproductions import reproduce

from eventnet.scenarios.reproductions.hopfield import half, recall_share


def test_shares_fall_through_a_half_on_a_straight_line() -> None:
    assert half([0.1, 0.2, 0.3], [1.0, 0.75, 0.25]) == pytest.approx(0.25)
    assert half([0.1, 0.2, 0.3], [1.0, 0.4, 0.7]) == pytest.approx(0.1 + 0.1 * 0.5 / 0.6)
    assert half([0.1, 0.2], [0.4, 0.1]) is None
    assert half([0.1, 0.2], [0.9, 0.6]) is None


@pytest.mark.slow
def test_few_patterns_are_recalled_and_many_are_not() -> None:
    few, many = recall_share(300, 0.08, 1), recall_share(300, 0.2, 1)
    assert [row["start"] for row in few] == ["the pattern", "10% of it flipped"]
    assert all(row["share"] > 0.9 for row in few)
    assert all(row["share"] < 0.4 for row in many)


@pytest.mark.slow
def test_the_quick_form_shows_energies_that_fall(tmp_path: Path) -> None:
    made = reproduce("hopfield", tmp_path)
    assert made["pictures"] == ["hopfield.png", "hopfield-energy.png"]
    assert "of which 0 did not lower the energy" in " ".join(made["notes"])
    assert ", 0 neither" in " ".join(made["notes"])
