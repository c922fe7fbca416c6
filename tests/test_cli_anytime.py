"""`eventnet anytime`: what it writes and prints, saved models, and how it fails."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from test_cli import as_json, run

from eventnet.models import DeepSpikingNetwork
from eventnet.scenarios.orders import anytime

FEW = ["--orders", "depth,breadth", "--test", 20, "--learn", 20, "--choose", 5]


@pytest.fixture(autouse=True)
def two_spreads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each spread is a key that is compiled anew."""
    monkeypatch.setattr(anytime, "SPREADS", (0.0, 0.75))


def points_end(rows: dict[tuple[str, str, str], str]) -> int:
    """Where the depth-first curve over adds ends."""
    ends = [at for run, what, at in rows if (run, what) == ("depth", "error if asked now") and at.endswith("adds")]
    return max(int(at.split()[0]) for at in ends)


@pytest.mark.slow
def test_a_saved_network_is_asked_and_written_down(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    DeepSpikingNetwork([784, 6, 10], init_scale=0.1, steps=2).save(path)
    told = as_json("anytime", path, *FEW, "--seed", 5, "--out", tmp_path)
    assert [row["order"] for row in told["rows"]] == [
        "depth", "breadth", "deepest, random", "cheapest", "cheapest, mixed", "breadth, per burst",
    ]  # fmt: skip
    manifest = told["manifest"]
    assert (manifest["seed"], manifest["options"]["test"], manifest["options"]["kind"]) == (5, 20, "saved")
    assert manifest["versions"]["eventnet"]
    assert told["pictures"] == ["anytime.png", "worth.png"]
    assert all((tmp_path / name).read_bytes()[:4] == b"\x89PNG" for name in told["pictures"])
    with (tmp_path / "numbers.csv").open() as file:
        rows = {(row["run"], row["quantity"], row["at"]): row["value"] for row in csv.DictReader(file)}
    by_order = {row["order"]: row for row in told["rows"]}
    assert float(rows["breadth", "area", ""]) == by_order["breadth"]["area"]
    assert rows["depth", "area less than the first order's", ""] == "0.0"
    points = [value for (run, what, _), value in rows.items() if (run, what) == ("depth", "error if asked now")]
    assert len(points) > 60
    assert rows["depth", "error if asked now", f"{points_end(rows)} adds"] == rows["depth", "error", "the end"]


@pytest.mark.slow
def test_networks_are_trained_and_asked_with_all_steps_at_once(tmp_path: Path) -> None:
    text = run(
        "anytime", *FEW, "--networks", 2, "--sizes", "784-5-10", "--epochs", 1, "--at-once", "--errors", "0.95",
        "--out", tmp_path,
    ).stdout  # fmt: skip
    assert "trained as one; 2 of them, 20 digits each (embedded)" in text
    assert "to 95%" in text
    assert "per burst" not in text


def test_options_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    for options, says in (
        (["--kind", "analogue"], "spiking, converted"),
        (["--errors", "2"], "fractions"),
        (["--kind", "sigma-delta", "--at-once"], "leave out"),
    ):
        assert says in " ".join(run("anytime", *options, "--out", tmp_path, code=2).stderr.split())
    assert "784 inputs" in run("anytime", "--sizes", "5-4", "--out", tmp_path, code=2).stderr
