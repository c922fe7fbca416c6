"""A report as a file: written beside and moved, bounded however long the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from report_cases import tangle

import eventnet as en
from eventnet.errors import DataError
from eventnet.report import describe, render, write_report


def test_a_file_is_the_page_and_its_size_is_told(tmp_path: Path) -> None:
    sim, adds = tangle()
    made = write_report(sim, tmp_path / "page.html", title="a title", adds=adds)
    written = (tmp_path / "page.html").read_bytes()
    assert written == render(describe(sim, title="a title", adds=adds))
    assert made.to_dict() == {"path": str(tmp_path / "page.html"), "bytes": len(written), "notes": []}
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.page\.html cannot be written"):
        write_report(tangle()[0], tmp_path / "none" / "page.html")


@pytest.mark.slow
def test_a_long_run_is_under_three_megabytes_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    """Everything that grows is at its bound: as many ports as there are pictures, all full, and long cascades."""
    net = en.Network()
    eye = net.add(en.Relay(3000, name="eye"))
    for k in range(30):
        net.connect(eye.out, net.add(en.Sink(3000, name=f"end{k}")).spikes)
    rng = np.random.default_rng(0)
    n = 12_000
    inputs = np.zeros(n, dtype=en.EVENT)
    inputs["t"], inputs["index"] = np.sort(rng.integers(0, 10**9, n)), rng.integers(0, 3000, n)
    inputs["sign"] = rng.choice([-1, 1], n)
    run = en.simulate(net, inputs, record=True, roots=True)
    made = write_report(run, tmp_path / "page.html", adds=np.zeros(len(run.log), dtype=np.int64))
    assert len(run.log) == 31 * n
    assert made.bytes < 3_000_000
    for words in (
        "Of 12,000 input events 1,000 are listed",
        "Of 372,000 deliveries the page holds 30,000",
        "raster leaves out",
    ):
        assert any(words in note for note in made.notes), (words, made.notes)
