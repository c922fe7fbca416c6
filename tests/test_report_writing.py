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


def test_a_long_run_is_under_three_megabytes_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    net = en.Network()
    eye = net.add(en.Relay(3000, name="eye"))
    for k in range(3):
        net.connect(eye.out, net.add(en.Sink(3000, name=f"end{k}")).spikes)
    rng = np.random.default_rng(0)
    n = 100_000
    inputs = np.zeros(n, dtype=en.EVENT)
    inputs["t"], inputs["index"] = np.sort(rng.integers(0, 10**6, n)), rng.integers(0, 3000, n)
    inputs["sign"] = rng.choice([-1, 1], n)
    run = en.simulate(net, inputs, record=True, roots=True)
    made = write_report(run, tmp_path / "page.html")
    assert made.bytes < 3_000_000
    assert any("Of 100,000 input events 1,000 are listed" in note for note in made.notes)
