"""`--recording FILE --port P` of the commands that run a network: one meaning, equal to the same inputs by hand."""

from __future__ import annotations

import csv
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from io_cases import random_events, same
from test_cli import described
from test_io_recorded import HEIGHT, WIDTH, network
from typer.testing import CliRunner

import eventnet as en
from eventnet.analysis import ablation, replay
from eventnet.cli import report_option
from eventnet.cli.commands import app
from eventnet.cli.recordings import RecordingOptions, microseconds
from eventnet.io import open_events, recorded_inputs, write_events

report = import_module("eventnet.cli.report")  # its function has the same name
FIRST = 4_000_000
EVENTS = random_events(120, WIDTH, HEIGHT, start=FIRST)


def run(*args: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network of 8 x 6 pixels, one of 4 x 3, one of two polarities; a recording in two formats."""
    monkeypatch.chdir(tmp_path)
    for name, units in (("net", 48), ("half", 12), ("both", 96)):
        network(units).save(tmp_path / f"{name}.npz")
    write_events(tmp_path / "cam.npz", EVENTS, width=WIDTH, height=HEIGHT)
    return tmp_path


def by_numpy(port: int, events: Any = EVENTS, width: int = WIDTH) -> Any:
    made = np.zeros(len(events), en.EVENT)
    made["t"], made["port"] = events["t"] - events["t"][0], port
    made["index"] = events["y"].astype(int) * width + events["x"]
    made["sign"] = 2 * events["p"].astype(int) - 1
    return made


# --- cost ---
@pytest.mark.slow
def test_what_each_pixel_costs_is_one_command_with_a_heat_map(folder: Path) -> None:
    given = json.loads(run("cost", "net.npz", "--recording", "cam.npz", "--port", "eye.spikes", "--json").stdout)
    assert "heat-map.png" in given["pictures"]
    assert given["manifest"]["options"]["recording"] == "cam.npz"
    np.save("in.npy", by_numpy(int(en.Network.load("net.npz").port("eye.spikes"))))
    plain = json.loads(run("cost", "net.npz", "--inputs", "in.npy", "--json", "--out", "plain").stdout)
    assert given["cost"]["totals"] == plain["cost"]["totals"]
    assert given["cost"]["adds"] > 0
    rows = list(csv.DictReader((folder / "eventnet-cost" / "events.csv").read_text().splitlines()))
    assert [tuple(int(row[name]) for name in ("t_us", "x", "y", "p")) for row in rows] == [
        tuple(map(int, row)) for row in EVENTS.tolist()
    ]
    first = given["cost"]["costliest"][0]
    assert {name: first[name] for name in ("x", "y", "t_us")} == {
        "x": first["index"] % WIDTH, "y": first["index"] // WIDTH, "t_us": first["t"] + int(EVENTS["t"][0])
    }  # fmt: skip
    numbers = (folder / "eventnet-cost" / "numbers.csv").read_text()
    assert f"costliest 1,t_us,,{first['t_us']}" in numbers


@pytest.mark.parametrize("polarity", ["sign", "channels", "on", "off"])
def test_each_polarity_is_that_of_the_function(folder: Path, polarity: str) -> None:
    net = network(96 if polarity == "channels" else 48)
    told = RecordingOptions(
        Path("cam.npz"), "eye.spikes", polarity, start="4.0005s", end="4002ms", tick="10us", crop="0,0,8,6", binning=1
    )
    told.check(None, Path("net.npz"))
    wanted = recorded_inputs(
        open_events("cam.npz"), net, "eye.spikes", polarity=polarity, start_us=4_000_500, end_us=4_002_000, tick_us=10
    )
    assert told.inputs(net).pixels == wanted.pixels
    assert same(told.inputs(net).events(), wanted.events())
    assert 0 < len(wanted.events()) < 120


@pytest.mark.slow
def test_dsec_s_layout_in_bins_of_a_crop(folder: Path) -> None:
    pytest.importorskip("h5py", reason="the extra hdf5 is not installed")
    events = random_events(200, 640, 480, start=FIRST)
    write_events("dsec.h5", events, width=640, height=480)
    network(64 * 48).save("eye.npz")
    options = ("--recording", "dsec.h5", "--port", "eye.spikes", "--sensor", "640x480")
    assert "binning 10 would fit" in " ".join(run("cost", "eye.npz", *options, code=3).output.split())
    given = json.loads(run("cost", "eye.npz", *options, "--binning", 10, "--json").stdout)
    assert given["cost"]["inputs"] == 200
    assert "heat-map.png" in given["pictures"]
    cut = RecordingOptions(Path("dsec.h5"), "eye.spikes", size="640x480", crop="80,80,400,300", binning=100)
    inside = (events["x"] >= 80) & (events["x"] < 480) & (events["y"] >= 80) & (events["y"] < 380)
    assert len(cut.inputs(network(12)).events()) == inside.sum() > 0


# --- the other commands: the same as with the inputs of a file ---
@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    ["orders net.npz", "race net.npz --seeds 1", "cancellation net.npz", "ablate net.npz --without 3"],
)
def test_every_command_takes_a_recording(folder: Path, words: str) -> None:
    np.save("in.npy", by_numpy(int(en.Network.load("net.npz").port("eye.spikes"))))
    command, *rest = words.split()
    found = []
    for inputs in (("--recording", "cam.npz", "--port", "eye.spikes"), ("--inputs", "in.npy")):
        result = CliRunner().invoke(app, [command, *rest, *inputs, "--json"])
        assert result.exit_code in (0, 1), result.output
        given = json.loads(result.stdout)
        options = given.pop("manifest")["options"]
        assert options.get("recording") == ("cam.npz" if inputs[0] == "--recording" else None)
        found.append(given)
    assert found[0] == found[1]


def test_outputs_that_change_without_an_input_are_the_same_where_they_are_in_a_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("ablate", "net.npz", "--without", "3,60-70", "--recording", "cam.npz", "--port", "eye.spikes")
    found = []
    for held in (100_000, 0):
        monkeypatch.setattr(replay, "HELD", held)
        monkeypatch.setattr(ablation, "ROWS", 1 if held == 0 else 4096)
        given = CliRunner().invoke(app, [*words, "--csv", "rows.csv", "--fresh"])
        made = json.loads(CliRunner().invoke(app, [*words, "--json", "--fresh"]).stdout)
        made.pop("manifest")
        told = "".join(line for line in given.stdout.splitlines() if "made again" not in line)
        found.append((told, made.pop("replayed") > 0, made, (folder / "rows.csv").read_bytes()))
    assert found[0] == found[1]
    rows = list(csv.DictReader(found[0][3].decode().splitlines()))
    assert [{k: str(v) for k, v in row.items()} for row in found[0][2]["outputs"]] == rows
    assert len(rows) > 1


@pytest.mark.parametrize("counted", [1, 100, 200_000])
def test_a_report_of_a_recording_is_that_of_the_same_inputs(
    folder: Path, counted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_option, "COUNTED", counted)
    np.save("in.npy", by_numpy(int(en.Network.load("net.npz").port("eye.spikes"))))
    found = []
    for inputs in (("--recording", "cam.npz", "--port", "eye.spikes"), ("--inputs", "in.npy")):
        run("report", "net.npz", *inputs, "--no-compare", "--out", "page.html")
        page = described(folder / "page.html")
        assert page.pop("manifest")["simulation"]["record"] is True
        found.append(page)
    assert found[0] == found[1]
    adds = found[0]["cascades"]["columns"]["adds"]
    # The first hundred tell what all others added: sums by cascade and by port agree with the tally.
    assert sum(one >= 0 for one in adds) == (1 if counted == 1 else len(adds)) >= min(counted, 120)


def test_a_report_of_very_many_events_says_what_it_itemizes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = (
        "report",
        "net.npz",
        "--recording",
        "cam.npz",
        "--port",
        "eye.spikes",
        "--no-compare",
        "--out",
        "page.html",
    )
    run(*words)
    whole = described(folder / "page.html")
    monkeypatch.setattr(report, "ITEMIZED", 100)
    assert "counted of the first 100:" in " ".join(run(*words).output.split())
    page = described(folder / "page.html")
    for part in ("run", "ports", "costs", "energy", "graph", "raster"):
        assert page[part] == whole[part]
    assert sum(event["adds"] is None for event in page["cascades"]["events"]) == 20


@pytest.mark.slow
def test_what_is_left_over_of_a_file_that_is_cut_off_is_said(folder: Path) -> None:
    write_events("cam.aedat", EVENTS, width=WIDTH, height=HEIGHT)
    whole = Path("cam.aedat").read_bytes()
    Path("cam.aedat").write_bytes(whole[:-3])
    options = ("--recording", "cam.aedat", "--port", "eye.spikes", "--sensor", f"{WIDTH}x{HEIGHT}")
    run("race", "net.npz", *options, code=3)
    result = run("cost", "net.npz", *options, "--partial")
    assert "bytes at the end of cam.aedat were left over" in result.stderr
    assert "119 input events" in result.stdout
    assert "t_us" in result.stdout


# --- refused ---
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("cost net.npz --recording cam.npz", 2, "wanted --port"),
        ("race net.npz --port eye.spikes", 2, "--port is of a recording"),
        ("cost net.npz --inputs a.npy --stream 0", 2, "--stream is of a recording"),
        ("orders --recording cam.npz --port eye.spikes", 2, "wanted a network file, too"),
        ("cost net.npz --recording cam.npz --inputs a.npy --port eye.spikes", 2, "do not go together"),
        ("ablate net.npz", 2, "wanted --inputs FILE; --recording FILE --port P may stand"),
        ("report net.npz --recording cam.npz --port eye.spikes --scenario pd", 2, "do not go together"),
        ("cancellation net.npz --recording cam.npz --port eye.spike", 2, "did you mean 'eye.spikes'"),
        ("cost net.npz --recording cam.npz --port eye.spikes --polarity sgin", 2, "wanted sign, channels, on, off"),
        ("cost net.npz --recording cam.npz --port eye.spikes --crop 1,2,3", 2, "wanted x,y,width,height"),
        ("cost net.npz --recording cam.npz --port eye.spikes --start 3", 2, "wanted a number and a unit"),
        ("cost net.npz --recording cam.npz --port eye.spikes --end 1ns", 2, "wanted whole microseconds"),
        ("cost net.npz --recording cam.npz --port eye.spikes --start 2s --end 1s", 2, "wanted the end later"),
        ("cost net.npz --recording cam.npz --port eye.spikes --format wav", 2, "unknown format"),
        ("cost half.npz --recording cam.npz --port eye.spikes", 3, "48 units, but port eye.spikes has 12 units"),
        ("race net.npz --recording none.npz --port eye.spikes", 3, "none.npz"),
    ],
)
def test_what_does_not_go_together_is_refused(folder: Path, words: str, code: int, says: str) -> None:
    np.save("a.npy", by_numpy(0)[:0])
    assert says in " ".join(run(*words.split(), code=code).output.split())


@pytest.mark.parametrize(
    ("text", "us"), [("1.5s", 1_500_000), ("200ms", 200_000), ("7us", 7), ("3000ns", 3), ("0.25ms", 250), ("0s", 0)]
)
def test_times_with_units(text: str, us: int) -> None:
    assert microseconds("--start", text) == us
