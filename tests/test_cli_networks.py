"""NIR files at the command line: a network file of one, back, `info`; and from a recording to a heat map of costs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from io_cases import random_events, same
from nir_cases import write_chain
from typer.testing import CliRunner

import eventnet as en
from eventnet.cli.commands import app
from eventnet.io import open_events, recorded_inputs, write_events
from eventnet.models import read_nir_network

h5py = pytest.importorskip("h5py", reason="the extra nir is not installed")

NIR = Path(__file__).parent / "fixtures" / "nir"
WIDTH, HEIGHT, FIRST, STEP_US = 16, 12, 7_000_000, 1000
EVENTS = random_events(600, WIDTH, HEIGHT, start=FIRST)


def run(*args: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


def as_json(*args: object) -> Any:
    return json.loads(run(*args, "--json").stdout)


def said(*args: object, code: int = 0) -> str:
    return " ".join(run(*args, code=code).output.split())


def write_nir(path: Path, bias: float, *, flat: bool = False) -> Path:
    """Two polarities of WIDTH x HEIGHT pixels in bins of 2 to a convolution (or a dense layer) and two layers of LIF.

    bias: what comes in at each step; above 0 neurons of the first layer fire of themselves.
    """
    rng, shape = np.random.default_rng(3), (2, HEIGHT // 2, WIDTH // 2)
    n = 4 * shape[1] * shape[2]
    nodes: dict[str, Any] = {"input": ("Input", {"shape": shape})}
    if flat:
        n = 5
        weight = rng.normal(0.0, 0.1, (n, np.prod(shape)))
        nodes["flat"] = ("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": shape})
        nodes["first"] = ("Affine", {"weight": weight, "bias": np.full(n, bias)})
    else:
        nodes["first"] = ("Conv2d", {
            "weight": rng.normal(0.1, 0.3, (4, 2, 3, 3)), "bias": np.full(4, bias), "stride": (1, 1),
            "padding": (1, 1), "dilation": (1, 1), "groups": 1, "input_shape": shape[1:],
        })  # fmt: skip
    inner = (n,) if flat else (4, *shape[1:])
    nodes["lif"] = ("LIF", lif(inner, 0.5))
    if not flat:
        nodes["list"] = ("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": inner})
    nodes["second"] = ("Affine", {"weight": rng.normal(0, 0.4, (3, n)), "bias": np.zeros(3)})
    nodes["top"] = ("LIF", lif((3,), 0.5))
    nodes["output"] = ("Output", {"shape": (3,)})
    return write_chain(path, nodes)


def lif(shape: tuple[int, ...], threshold: float) -> dict[str, Any]:
    numbers = {"tau": 0.004, "r": 4.0, "v_leak": 0.0, "v_threshold": threshold}
    return {name: np.full(shape, value) for name, value in numbers.items()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording in DSEC's layout, and three NIR files: without a drive, with one, with a dense first layer."""
    monkeypatch.chdir(tmp_path)
    write_events("cam.h5", EVENTS, width=WIDTH, height=HEIGHT)
    write_nir(tmp_path / "net.nir", 0.0)
    write_nir(tmp_path / "driven.nir", 0.2)
    write_nir(tmp_path / "flat.nir", 0.0, flat=True)
    return tmp_path


def frames() -> Any:
    """Counts of events as a framework takes them: [steps, polarity, row, column] in bins of 2 x 2 pixels and 1 ms."""
    t = (EVENTS["t"] - EVENTS["t"][0]) // STEP_US
    made = np.zeros((int(t[-1]) + 1, 2, HEIGHT // 2, WIDTH // 2), int)
    np.add.at(made, (t, EVENTS["p"].astype(int), EVENTS["y"] // 2, EVENTS["x"] // 2), 1)
    return made


RECORDED = (
    "--recording",
    "cam.h5",
    "--port",
    "input.spikes",
    "--binning",
    2,
    "--polarity",
    "channels",
    "--tick",
    "1ms",
)


# --- the journey ---
@pytest.mark.parametrize("name", ["net", "driven", "flat"])
def test_from_a_nir_file_and_a_recording_to_a_heat_map_in_two_commands(folder: Path, name: str) -> None:
    made = as_json("convert", f"{name}.nir", "net.npz", "--dt", 1e-3)
    assert made["ports"] == {"input": "input.spikes"}
    found = as_json("cost", "net.npz", *RECORDED)
    assert (folder / "eventnet-cost" / "heat-map.png").read_bytes().startswith(b"\x89PNG")

    # The same in Python, of frames: counts of events for each step, as frameworks have them.
    nir = read_nir_network(f"{name}.nir", dt=1e-3)
    steps = frames()
    inputs = nir.events(steps)
    starting = {"net": 0, "driven": 1, "flat": 0}[name]
    begins = [int(module.reset) for module in nir.net.modules if isinstance(module, en.SteppedLeaky)][:starting]
    port = int(nir.inputs["input"].spikes)
    # What a spike left above the threshold is sent in later steps; with a constant drive that never ends.
    until = len(steps) if starting else None
    ledger = en.keep_ledger(nir.net, inputs[np.isin(inputs["port"], [port, *begins])], until=until)
    wanted = ledger.to_dict()["by sensor"]
    assert found["cost"]["adds"] == ledger.tally.adds > 0
    assert found["cost"]["by sensor"] == wanted
    assert set(wanted) == {"input.spikes", *(["lif.reset"] if starting else [])}
    assert nir.spikes(en.simulate(nir.net, inputs, until=len(steps), record=True).log, len(steps)).any()
    rows = list(csv.DictReader((folder / "eventnet-cost" / "events.csv").read_text().splitlines()))
    seen = [(int(r["x"]), int(r["y"]), int(r["p"])) for r in rows if r["port"] == "input.spikes"]
    # Of a bin it is the first pixel.
    assert sorted(seen) == sorted((x // 2 * 2, y // 2 * 2, int(p)) for _, x, y, p in EVENTS.tolist())


@pytest.mark.parametrize("name", ["net", "driven", "flat"])
def test_what_comes_out_is_what_frames_give(folder: Path, name: str) -> None:
    run("convert", f"{name}.nir", "net.npz", "--dt", 1e-3)
    net, nir, steps = en.Network.load("net.npz"), read_nir_network(f"{name}.nir", dt=1e-3), frames()
    given = recorded_inputs(open_events("cam.h5"), net, "input.spikes", polarity="channels", binning=2, tick_us=STEP_US)
    run_of = en.simulate(net, given, record=True, engine="reference")
    wanted = en.simulate(nir.net, nir.events(steps), until=len(steps), record=True, engine="reference")
    spikes = nir.spikes(run_of.log, len(steps))
    assert spikes.any()
    assert np.array_equal(spikes, nir.spikes(wanted.log, len(steps)))
    port, names = int(nir.net.port("top.spikes")), ["t", "index", "sign"]  # what the first layer sends, too
    inner = [log[(log["port"] == port) & (log["t"] < len(steps))][names] for log in (run_of.log, wanted.log)]
    assert np.array_equal(np.sort(inner[0]), np.sort(inner[1]))
    assert len(set(inner[0]["index"].tolist())) > 1


def test_neurons_that_fire_of_themselves_begin_and_end_with_the_recording(folder: Path) -> None:
    text = said("convert", "driven.nir", "net.npz", "--dt", 1e-3)
    assert "neurons of lif may fire of themselves: a run ends with its recording" in text
    net = en.Network.load("net.npz")
    made = recorded_inputs(open_events("cam.h5"), net, "input.spikes", polarity="channels", binning=2, tick_us=STEP_US)
    assert made.beginning.tolist() == [(0, int(net.port("lif.reset")), 0, 1)]
    assert made.until == len(frames())
    options: dict[str, Any] = {"polarity": "channels", "binning": 2, "tick_us": 300}
    cut = recorded_inputs(open_events("cam.h5"), net, "input.spikes", end_us=FIRST + 3_500, **options)
    assert cut.until == -(-(FIRST + 3_500 - int(EVENTS["t"][0])) // 300)
    assert same(np.concatenate(list(cut.packets())), cut.events())
    for command in ("orders", "race", "cancellation", "report"):  # each of them comes to an end
        extra = {"race": ["--seeds", 1], "report": ["--no-compare"]}.get(command, [])
        result = CliRunner().invoke(app, [command, "net.npz", *map(str, RECORDED), *map(str, extra)])
        assert result.exit_code in (0, 1), result.output
    assert "without 1 of 601 inputs" in said("ablate", "net.npz", *RECORDED, "--without", 3)


# --- forth and back ---
def test_a_network_file_goes_back_to_nir(folder: Path) -> None:
    for name in ("net", "flat"):
        run("convert", f"{name}.nir", f"{name}.npz", "--dt", 1e-3)
        given = as_json("convert", f"{name}.npz", f"{name}-2.nir", "--dt", 1e-3)
        assert given["format"] == "nir"
        one, other = (read_nir_network(path, dt=1e-3) for path in (f"{name}.nir", f"{name}-2.nir"))
        assert one.shapes == other.shapes
        steps = frames()
        first, second = (
            made.spikes(en.simulate(made.net, made.events(steps), until=len(steps), record=True).log, len(steps))
            for made in (one, other)
        )
        assert np.array_equal(first, second)
        assert first.any()


def test_options_of_the_file_are_those_of_the_function(folder: Path) -> None:
    for words, wanted in (
        (["--drive", "euler", "--reset", "value"], {"drive": "euler", "reset": "value"}),
        (["--several", "--clip"], {"several": True, "clip": True}),
    ):
        run("convert", "net.nir", "net.npz", "--dt", 1e-3, "--overwrite", *words)
        read_nir_network("net.nir", dt=1e-3, **wanted).net.save("wanted.npz")
        with np.load("net.npz") as one, np.load("wanted.npz") as other:
            assert {name: one[name].tobytes() for name in one} == {name: other[name].tobytes() for name in other}


def test_it_is_known_by_what_it_holds(folder: Path) -> None:
    (folder / "net.nir").rename("net.h5")
    assert as_json("info", "net.h5")["kind"] == "NIR"
    assert as_json("info", "cam.h5", "--sensor", f"{WIDTH}x{HEIGHT}")["kind"] == "recording"
    assert as_json("convert", "net.h5", "net.npz", "--dt", 1e-3)["modules"] == 4
    assert as_json("convert", "cam.h5", "cam.csv")["events"] == len(EVENTS)


def test_info_names_nodes_and_what_makes_a_network(folder: Path) -> None:
    found = as_json("info", "net.nir")
    kinds = {node["name"]: node["kind"] for node in found["nodes"]}
    assert (kinds["first"], kinds["lif"], kinds["output"]) == ("Conv2d", "LIF", "Output")
    assert "weight [4, 2, 3, 3]" in next(node["parameters"] for node in found["nodes"] if node["name"] == "first")
    assert "lif -> list" in found["edges"]
    assert found["as a network"] == "eventnet convert net.nir net.npz --dt SECONDS; inputs at input.spikes"
    with h5py.File("net.nir", "a") as file:
        del file["node/nodes/second/type"]
        file.create_dataset("node/nodes/second/type", data="Warp", dtype=h5py.string_dtype())
    assert as_json("info", "net.nir")["as a network"].startswith("refused: node 'second' is Warp; wanted one of Input")
    assert "node 'second' is Warp; wanted one of" in said("convert", "net.nir", "n.npz", "--dt", 1e-3, code=2)
    assert "2 x 34 x 34 (channels x height x width)" in said("convert", NIR / "cnn_sinabs.nir", "cnn.npz", "--dt", 1)


# --- refused ---
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("convert net.nir a.npz", 2, "net.nir does not say how long a step is: wanted --dt SECONDS"),
        ("convert net.nir a.npz --dt 0", 2, "--dt is 0.0; wanted the seconds of a step, above 0"),
        ("convert net.nir a.csv --dt 1", 2, "wanted B with the suffix .npz"),
        ("convert net.nir a.npz --dt 1 --drive pushed", 2, "--drive is 'pushed'; wanted jump, held, euler"),
        ("convert net.nir a.npz --dt 1 --reset no", 2, "--reset is 'no'; wanted file, subtract, value"),
        ("convert net.nir a.npz --dt 1 --unit us", 2, "--unit is of camera events; net.nir is a NIR file"),
        ("convert cam.h5 a.csv --dt 1", 2, "--dt is of a NIR file; neither cam.h5 nor a.csv is one"),
        ("convert none.nir a.npz --dt 1", 3, "none.nir"),
        ("convert net.nir cam.h5 --to nir --dt 1", 3, "cam.h5 exists"),
        ("convert cam.h5 a.nir --dt 1", 3, "cam.h5"),
        ("cost net.nir --recording cam.h5 --port input.spikes", 3, "eventnet convert net.nir net.npz --dt SECONDS"),
        ("race net.nir", 3, "net.nir is a NIR file; wanted a network file"),
    ],
)
def test_what_does_not_go_together_is_refused(folder: Path, words: str, code: int, says: str) -> None:
    assert says in said(*words.split(), code=code)
    assert not Path("a.npz").exists()
