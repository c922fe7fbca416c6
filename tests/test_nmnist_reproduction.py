"""N-MNIST without labels: the whole reproduction on synthetic recordings, and on the real ones where they lie."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_data_nmnist import archive, encode, write
from test_reproductions import reproduce
from typer.testing import CliRunner

from eventnet.cli.commands import app
from eventnet.data import nmnist as load
from eventnet.data.nmnist import NMNIST_FILE
from eventnet.event import PIXEL_EVENT, Events
from eventnet.scenarios.reproductions.nmnist import (
    EPOCHS,
    QUICK_SEEDS,
    READOUTS,
    RULE,
    baselines,
    counts_of,
    learn,
    train_of,
)


def dash(digit: int, seed: int) -> Events:
    """Events along a bar whose place says the digit."""
    rng = np.random.default_rng(seed)
    events = np.zeros(1500, PIXEL_EVENT)
    events["t"] = np.sort(rng.integers(1000, 200_000, len(events)))
    events["x"], events["y"] = rng.integers(2, 30, len(events)), 3 * digit + rng.integers(0, 3, len(events))
    events["p"] = rng.integers(0, 2, len(events))
    return events


def synthetic(folder: Path) -> Path:
    train = {f"{k + 1}.bs2": (k % 10, encode(dash(k % 10, k))) for k in range(40)}
    test = {f"{60001 + k}.bs2": (k % 10, encode(dash(k % 10, 1000 + k))) for k in range(10)}

    def rows(part: dict[str, tuple[int, bytes]]) -> bytes:
        return "".join(f"{name.removesuffix('.bs2')}\t{digit}\n" for name, (digit, _) in part.items()).encode()

    made: dict[str, Any] = {name.replace(".", "_"): content for name, (_, content) in (train | test).items()}
    return write(folder, archive(train1K_txt=rows(train), test100_txt=rows(test), **made))


@pytest.mark.slow
def test_bars_are_told_apart_by_every_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = synthetic(tmp_path)
    pin = hashlib.sha256((data / NMNIST_FILE).read_bytes()).hexdigest()
    monkeypatch.setattr(sys.modules["eventnet.data.nmnist"], "SHA256", pin)
    made = reproduce("nmnist", tmp_path / "out", "--data", str(data), "--processes", "1")
    rows = {row["what tells"]: row for row in made["rows"]}
    assert rows["events counted: nearest neighbour, Euclidean"]["measured"] == "100.0"
    assert rows["events counted: linear read-out"]["measured"] == "100.0"
    assert float(rows["network: linear"]["measured"].split()[0]) >= 80
    assert len(made["curves"]) == 2 * QUICK_SEEDS
    assert {row["network"] for row in made["curves"]} == {"trained", "untrained"}


def test_a_sample_begins_at_its_first_event_and_numbers_its_inputs_by_polarity_row_and_column() -> None:
    events = np.array([(50, 3, 2, 0), (70, 33, 33, 1)], PIXEL_EVENT)
    t, index = train_of(events)
    assert t.tolist() == [0, 20]
    assert index.tolist() == [2 * 34 + 3, 2 * 34 * 34 - 1]
    assert counts_of((events, events[:0])).sum(axis=1).tolist() == [2, 0]


def test_it_asks_for_its_data_by_name(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["reproduce", "nmnist", "--out", str(tmp_path)])
    assert found.exit_code == 2
    assert "nmnist_small_1100.tar.xz" in found.output


@pytest.mark.slow
def test_the_real_baselines_are_as_known(shared: Path) -> None:
    euclidean, cosine, _ = baselines(load(shared / "data" / "nmnist"))
    assert (euclidean["measured"], cosine["measured"]) == ("78.0", "83.0")


@pytest.mark.slow
def test_three_networks_reach_what_they_must_on_real_recordings(shared: Path) -> None:
    folder = str(shared / "data" / "nmnist")
    found = [learn(folder, 1234 + k, RULE.rate, EPOCHS, None) for k in range(3)]
    means = {name: np.mean([x.right[name] for x in found]) for name in READOUTS}
    assert means["assignment"] >= 0.65
    assert means["proportion"] >= 0.72
    assert means["linear"] >= 0.75
