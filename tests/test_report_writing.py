"""A report as a file: written beside and moved, bounded however long the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from report_cases import tangle

import eventnet as en
from eventnet.analysis import cascades, log_pieces
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


@pytest.mark.parametrize("inputs", [0, 1, 60])
def test_a_log_in_a_file_is_read_piece_by_piece_and_gives_the_same_page(
    inputs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, adds = tangle(inputs)
    pages = [render(describe(held, adds=adds[:70], limit=40))]
    for size in (1, 7):
        for module in (log_pieces, cascades):
            monkeypatch.setattr(module, "PIECE", size)
        read, _ = tangle(inputs, record=tmp_path / "log.npy")
        assert log_pieces.in_file(read.log) == bool(inputs)
        pages.append(render(describe(read, adds=adds[:70], limit=40)))
    assert pages[0] == pages[1] == pages[2]


def test_of_very_many_inputs_the_first_ones_have_costs(tmp_path: Path) -> None:
    whole, adds = tangle(40)
    counted, _ = tangle(40, record=False, root_limit=25)
    read, _ = tangle(40, record=tmp_path / "log.npy", roots=False)
    found = describe(read, counted=counted.tally)
    alike = describe(whole)
    assert found["costs"] == alike["costs"]
    events = {event["id"]: event for event in found["cascades"]["events"]}
    itemized = counted.tally.root_arrays()[0].tolist()
    assert len(itemized) == 25
    for event in alike["cascades"]["events"]:
        known = event["id"] in itemized
        assert events[event["id"]]["adds"] == (event["adds"] if known else None)
        assert {**events[event["id"]], "adds": 0, "kinds": 0, "held": 0} == {**event, "adds": 0, "kinds": 0, "held": 0}
    best = sorted(itemized, key=lambda k: (-adds[whole.log["root"] == k].sum(), -events[k]["deliveries"], k))[:10]
    assert [found["cascades"]["events"][k]["id"] for k in found["cascades"]["costliest"]] == best
    assert any("counted of the first 25:" in note for note in found["notes"])
    assert not any("were counted of" in note for note in alike["notes"])


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
