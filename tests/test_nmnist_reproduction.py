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
from eventnet.data.nmnist import NMNIST_FILE, EventDigits
from eventnet.event import PIXEL_EVENT, Events
from eventnet.scenarios.reproductions.nmnist import (
    EPOCHS,
    PARTNER,
    QUICK_FOLDS,
    QUICK_SEEDS,
    READOUTS,
    RULE,
    LearnedNetwork,
    baselines,
    by_fold,
    counts_of,
    fold_of,
    folds_of,
    learn,
    table,
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
    rows = {row["read-out"]: row for row in made["rows"]}
    assert rows["events counted: nearest neighbour, Euclidean"]["measured"] == 100.0
    assert rows["events counted: linear read-out"]["measured"] == 100.0
    assert rows["network: linear"]["measured"] >= 80
    assert len(made["curves"]) == 2 * QUICK_SEEDS * QUICK_FOLDS
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


def numbered(n_train: int, n_test: int) -> EventDigits:
    """Samples with a single event each, whose time is the sample's number; its label is that modulo 10."""
    samples = [np.array([(k, 0, 0, 0)], PIXEL_EVENT) for k in range(n_train + n_test)]
    labels = np.arange(n_train + n_test) % 10
    return EventDigits(tuple(samples[:n_train]), labels[:n_train], tuple(samples[n_train:]), labels[n_train:])


def test_each_sample_is_tested_in_one_fold_and_learned_from_in_all_others() -> None:
    digits = numbered(40, 10)
    assert folds_of(digits) == 5
    tested: list[int] = []
    for fold in range(5):
        found = fold_of(digits, fold)
        own, others = ([int(x["t"][0]) for x in part] for part in (found.test, found.train))
        assert others == [k for k in range(50) if k not in own]
        assert found.test_labels.tolist() == [k % 10 for k in own]
        assert found.train_labels.tolist() == [k % 10 for k in others]
        tested += own
    assert tested == [*range(40, 50), *range(40)]
    assert len(fold_of(digits, 3, 7).train) == 7


def test_rows_are_means_over_folds_beside_the_linear_read_out_of_the_same_fold() -> None:
    ways = {0: {"nearest": 50.0, PARTNER: 60.0}, 1: {"nearest": 70.0, PARTNER: 72.0}}
    network = {readout: {0: 40.0, 1: 56.0} for readout in READOUTS}
    rows = {row["read-out"]: row for row in table(ways, network, network)}
    assert (rows["nearest"]["measured"], rows["nearest"]["minus partner"]) == (60.0, -6.0)
    # t(1) = 12.706 times 4, half the distance of the two differences -10 and -2
    assert rows["nearest"]["minus partner, 95%"] == "-56.8 to +44.8"
    assert rows[PARTNER]["partner"] is None
    assert (rows["network: linear"]["measured"], rows["network: linear"]["untrained"]) == (48.0, 48.0)


def test_a_fold_has_the_mean_of_its_seeds() -> None:
    made = [
        LearnedNetwork(dict.fromkeys(READOUTS, share), 1.0, {}, 1.0, 0, np.zeros(1), np.zeros(1, np.int64))
        for share in (0.5, 0.6, 0.7, 0.9)  # folds 0 and 1 of one seed, then of another
    ]
    assert by_fold(made, [0, 1])["linear"] == pytest.approx({0: 60.0, 1: 75.0})


@pytest.mark.slow
def test_the_real_baselines_are_as_known(shared: Path) -> None:
    euclidean, cosine, _ = baselines(fold_of(load(shared / "data" / "nmnist"), 0)).values()
    assert (round(euclidean, 1), round(cosine, 1)) == (78.0, 83.0)


@pytest.mark.whole
def test_three_networks_reach_what_they_must_on_real_recordings(shared: Path) -> None:
    folder = str(shared / "data" / "nmnist")
    found = [learn(folder, 1234 + k, RULE.rate, EPOCHS, None, 0) for k in range(3)]
    means = {name: np.mean([x.right[name] for x in found]) for name in READOUTS}
    assert means["assignment"] >= 0.65
    assert means["proportion"] >= 0.72
    assert means["linear"] >= 0.75
