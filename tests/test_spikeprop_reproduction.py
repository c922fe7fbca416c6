"""SpikeProp's table: what is counted over seeds, and the quick form."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_reproductions import reproduce

from eventnet.scenarios.reproductions.spikeprop import row_of


def test_seeds_that_learn_are_counted() -> None:
    def row(seed: int, epoch: int, error: float) -> dict[str, object]:
        return {"seed": seed, "epoch": epoch, "error": error, "right": error < 1, "silent": seed}

    curves = [row(1, 1, 9.0), row(1, 2, 0.5), row(2, 1, 0.25), row(3, 1, 9.0), row(3, 2, 4.0)]
    found = row_of("x", curves, [1, 2, 3])
    assert (found["learned"], found["median epochs"], found["most"]) == ("2 of 3", 1.5, 2)
    assert (found["within 1 ms afterwards"], found["median error at the end"], found["silent, median"]) == (2, 0.5, 2.0)
    assert row_of("x", curves[3:], [3])["median epochs"] is None


@pytest.mark.slow
def test_the_quick_form_runs(tmp_path: Path) -> None:
    made = reproduce("spikeprop", tmp_path)
    assert made["pictures"] == ["spikeprop.png"]
    assert len(made["rows"]) == 1
