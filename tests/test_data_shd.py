"""Spoken digits come from files of the published layout, which the test writes."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.data import shd
from eventnet.data.shd import CHANNELS
from eventnet.errors import DataError

h5py = pytest.importorskip("h5py", reason="h5py is not installed")

SAMPLES = [([0.0, 0.25, 0.25, 1.0], [0, 699, 3, 3]), ([], []), ([0.5, 0.125], [7, 8])]
LABELS = [0, 19, 4]


def write(path: Path, samples: list[Any] = SAMPLES, labels: Any = LABELS, times: Any = np.float16) -> None:
    with h5py.File(path, "w") as file:
        spikes = file.create_group("spikes")
        for name, kind, k in (("times", times, 0), ("units", np.uint16, 1)):
            held = spikes.create_dataset(name, (len(samples),), dtype=h5py.vlen_dtype(kind))
            for row, sample in enumerate(samples):
                held[row] = np.array(sample[k], kind)
        file["labels"] = np.asarray(labels)
        file.create_group("extra")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "shd_train.h5")
    write(tmp_path / "shd_test.h5", SAMPLES[:1], LABELS[:1])
    return tmp_path


def test_samples_are_inputs_in_order_of_time(folder: Path) -> None:
    found = shd(folder, port=3)
    assert (len(found.train), len(found.test)) == (3, 1)
    assert (found.train_labels.tolist(), found.test_labels.tolist()) == (LABELS, LABELS[:1])
    assert found.train[0].dtype == en.EVENT
    assert found.train[0].tolist() == [(0, 3, 0, 1), (250_000, 3, 699, 1), (250_000, 3, 3, 1), (1_000_000, 3, 3, 1)]
    assert found.train[1].tolist() == []
    assert found.train[-1].tolist() == [(125_000, 3, 8, 1), (500_000, 3, 7, 1)]
    assert [sample.tolist() for sample in found.train] == [sample.tolist() for sample in found.train[:]]
    assert found.test[0].tolist() == found.train[0].tolist()
    assert pickle.loads(pickle.dumps(found)).train[2].tolist() == found.train[2].tolist()
    with pytest.raises(IndexError, match="has 3 samples; there is no sample 3"):
        found.train[3]


def test_half_precision_becomes_the_nearest_microsecond(folder: Path) -> None:
    times = np.sort(np.random.default_rng(0).uniform(0, 1.4, 500)).astype(np.float16)
    write(folder / "shd_train.h5", [(times, np.arange(500))], [1])
    exact = [round(float(time) * 1_000_000) for time in times]
    assert shd(folder).train[0]["t"].tolist() == exact


def test_a_sample_goes_into_a_network_as_it_is(folder: Path) -> None:
    net = en.Network()
    ear = net.add(en.Sink(CHANNELS, name="ear"))
    run = en.simulate(net, shd(folder, ear.spikes).train[0], record=True, engine="reference")
    assert run.log["index"].tolist() == [0, 699, 3, 3]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"samples": [([0.0], [700])], "labels": [0]}, "sample 0 has channel 700; wanted those below 700"),
        ({"samples": [([0.0, 1.0], [7])], "labels": [0]}, "sample 0: the events .* have 2 t"),
        ({"samples": [([np.nan], [7])], "labels": [0]}, "sample 0: t of event 0 is nan"),
        ({"labels": [0, 1]}, "has labels, times and units of shapes"),
        ({"labels": [0, 1, 20]}, "has labels that are not 0 to 19"),
        ({"labels": [0.0, 1.0, 2.0]}, "has labels that are not 0 to 19"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(folder: Path, change: dict[str, Any], text: str) -> None:
    write(folder / "shd_test.h5", **change)
    with pytest.raises(DataError, match=f"shd_test.h5.*{text}"):
        shd(folder).test[0]


def test_a_file_that_is_absent_or_of_another_layout_is_named(folder: Path) -> None:
    (folder / "shd_test.h5").unlink()
    with pytest.raises(DataError, match="shd_test.h5"):
        shd(folder)
    with h5py.File(folder / "shd_test.h5", "w") as file:
        file["labels"] = [1]
    with pytest.raises(DataError, match="shd_test.h5 holds labels of labels, spikes/times and spikes/units"):
        shd(folder)
    (folder / "shd_test.h5").write_bytes(b"no HDF5 file")
    with pytest.raises(DataError, match="shd_test.h5 is damaged, or no HDF5 file"):
        shd(folder)
