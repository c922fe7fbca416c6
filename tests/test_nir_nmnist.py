"""A NIR network on N-MNIST: on samples and a network that the test makes, beside plain steps in NumPy."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nir_cases import write_chain
from test_data_nmnist import encode
from test_nmnist_reproduction import dash
from typer.testing import CliRunner

import eventnet as en
from eventnet.cli.commands import app
from eventnet.data.nmnist import NMNIST_FILE
from eventnet.errors import DataError
from eventnet.scenarios.reproductions import nir_nmnist as own
from eventnet.scenarios.reproductions.common.report import Request

h5py = pytest.importorskip("h5py", reason="the extra nir is not installed")

SIZE, WEIGHTS = 34, np.random.default_rng(2)
KERNEL = WEIGHTS.normal(0.05, 0.2, (3, 2, 8, 8)).astype(np.float32)
DENSE = WEIGHTS.normal(0.1, 0.5, (10, 3 * 4 * 4)).astype(np.float32)


def run(*args: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["reproduce", *(str(arg) for arg in args)])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split()) if code or "--json" not in args else result.stdout


def write_network(path: Path, classes: int = 10) -> Path:
    """A convolution of kernel and stride 8 to IF neurons, and a dense layer to others."""
    nodes: dict[str, Any] = {
        "input": ("Input", {"shape": (2, SIZE, SIZE)}),
        "conv": ("Conv2d", {
            "weight": KERNEL, "bias": np.zeros(3), "stride": (8, 8), "padding": (0, 0), "dilation": (1, 1),
            "groups": 1, "input_shape": (SIZE, SIZE),
        }),
        "a": ("IF", {"r": np.ones((3, 4, 4)), "v_threshold": np.ones((3, 4, 4))}),
        "flat": ("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": (3, 4, 4)}),
        "dense": ("Affine", {"weight": DENSE[:classes], "bias": np.zeros(classes)}),
        "b": ("IF", {"r": np.ones(classes), "v_threshold": np.ones(classes)}),
        "output": ("Output", {"shape": (classes,)}),
    }  # fmt: skip
    return write_chain(path, nodes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """N-MNIST's own folders: three test samples, and two of training, whose numbers are not in the digits' order."""
    for part, files in (("Test", {"00003": 1, "00001": 7, "00002": 4}), ("Train", {"00009": 2, "00004": 8})):
        for number, digit in files.items():
            made = tmp_path / "data" / part / str(digit)
            made.mkdir(parents=True)
            (made / f"{number}.bin").write_bytes(encode(dash(digit, int(number))[:400]))
    write_network(tmp_path / "net.nir")
    return tmp_path


def stepped(events: Any) -> tuple[int, int]:
    """The answer, and the spikes of both layers, in plain steps of 1 ms; what the input passes on is no spike."""
    t = events["t"] // 1000
    a, b, counts, spikes = np.zeros((3, 4, 4)), np.zeros(10), np.zeros(10, int), 0
    for step in range(int(t.min()), int(t.max()) + 1):
        frame = np.zeros((2, SIZE, SIZE))
        now = events[t == step]
        np.add.at(frame, (now["p"].astype(int), now["y"].astype(int), now["x"].astype(int)), 1)
        tiles = frame[:, :32, :32].reshape(2, 4, 8, 4, 8)
        a += np.einsum("cyixj,ocij->oyx", tiles, KERNEL.astype(float))
        fired = np.where(a > 1, np.ceil(a - 1), 0).astype(int)
        a = np.maximum(a - fired, -1)
        b += DENSE.astype(float) @ fired.ravel()
        out = np.where(b > 1, np.ceil(b - 1), 0).astype(int)
        b = np.maximum(b - out, -1)
        counts += out
        spikes += int(fired.sum() + out.sum())
    return (int(counts.argmax()) if counts.any() else -1), spikes


def test_samples_come_by_their_numbers(folder: Path) -> None:
    found = own.samples_of(folder / "data", "test")
    assert [(path.stem, digit) for path, digit in found] == [("00001", 7), ("00002", 4), ("00003", 1)]
    assert [digit for _, digit in own.samples_of(folder / "data", "train")] == [8, 2]
    events, digit = own.sample(folder / "data", "test", 1)
    assert (len(events), digit) == (400, 4)
    assert np.array_equal(events["t"], dash(4, 2)[:400]["t"])


def test_inputs_are_channel_last_after_a_reset_of_each_layer(folder: Path) -> None:
    net = own.opened(folder / "net.nir", own.ONCE)
    events = dash(3, 0)[:50]
    resets, spikes = own.inputs_of(net, events, 1000)
    assert resets["t"].tolist() == [int(events["t"][0]) // 1000] * 2
    wanted = (events["y"].astype(int) * SIZE + events["x"]) * 2 + events["p"]
    assert spikes["index"].tolist() == wanted.tolist()
    assert spikes["t"].tolist() == (events["t"] // 1000).tolist()


def test_steps_are_those_of_plain_arithmetic(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate = en.simulate
    monkeypatch.setattr(en, "simulate", lambda *args, **how: simulate(*args, **how, engine="reference"))
    found = own.answers(folder / "net.nir", folder / "data", own.ONCE, "test", 0, 3)
    for k, answered in enumerate(found):
        events, digit = own.sample(folder / "data", "test", k)
        answer, spikes = stepped(events)
        assert (answered.label, answered.events) == (digit, 400)
        assert (answered.answer, answered.spikes) == (answer, spikes)
    assert len({answered.answer for answered in found}) > 1


def test_a_row_has_wilson_s_interval() -> None:
    answered = [own.AnsweredSample(k % 10, 100, k % 10 if k < 9 else 0, 5000, 70) for k in range(10)]
    row = own.row_of(own.ONCE, "test", answered)
    # Wilson 1927 for 9 of 10, by hand: (0.9 + 0.19207 -+ 1.95996 sqrt(0.009 + 0.0096036)) / 1.38415.
    assert (row["right"], row["%, 95 % interval"]) == ("9 of 10", "90.0 (59.6 to 98.2)")
    assert (row["adds a sample"], row["adds an event"], row["published, %"]) == ("5,000", "50", own.PUBLISHED)
    assert own.row_of("depth", "train", answered)["neurons look"] == "after each spike, depth"


@pytest.mark.slow
def test_the_whole_of_it(folder: Path) -> None:
    out = folder / "out"
    words = ("nir-nmnist", "--data", folder / "data", "--network", folder / "net.nir", "--out", out, "--processes", 1)
    made = json.loads(run(*words, "--json"))
    rows = {(row["neurons look"], row["samples"]): row for row in made["rows"]}
    answers = [stepped(own.sample(folder / "data", "test", k)[0])[0] for k in range(3)]
    right = sum(answer == digit for answer, digit in zip(answers, (7, 4, 1), strict=True))
    assert rows[own.ONCE, "test"]["right"] == f"{right} of 3"
    assert rows[own.ONCE, "training"]["right"].endswith("of 2")
    assert {f"after each spike, {name}" for name in en.ORDERS} <= {look for look, _ in rows}
    pixels = list(csv.DictReader((out / "nir-nmnist-curves.csv").open()))
    assert sum(int(row["events"]) for row in pixels) == 3 * 400
    # What was spent beside events is the resets'.
    depth = rows["after each spike, breadth", "test"]
    total = 3 * int(depth["adds a sample"].replace(",", ""))
    assert 0.9 * total < sum(int(row["adds"]) for row in pixels) <= total + 3
    assert (out / "nir-nmnist.png").read_bytes().startswith(b"\x89PNG")


# --- refused ---
def test_what_is_missing_is_asked_for(folder: Path) -> None:
    out, data, net = ("--out", folder / "out"), ("--data", folder / "data"), ("--network", folder / "net.nir")
    assert "--data FOLDER" in run("nir-nmnist", *net, *out, code=2)
    assert "--network FILE" in run("nir-nmnist", *data, *out, code=2)
    assert "--network is for a reproduction that asks for a network's file" in run("routing", *net, *out, code=2)
    write_network(folder / "nine.nir", 9)
    says = "wanted one Input of (2, 34, 34) and one Output of 10 that spikes"
    assert says in run("nir-nmnist", *data, "--network", folder / "nine.nir", *out, code=2)
    assert "none.nir" in run("nir-nmnist", *data, "--network", folder / "none.nir", *out, code=3)
    empty = folder / "empty"
    (empty / "Test").mkdir(parents=True)
    with pytest.raises(DataError, match="holds no samples; wanted"):
        own.samples_of(empty, "test")
    with pytest.raises(DataError, match=f"holds neither {NMNIST_FILE}"):
        own.nir_nmnist(Request(folder, data=folder, network=folder / "net.nir"))
