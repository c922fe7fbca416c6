"""The command line: what it prints, what it writes, and how it fails."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import eventnet as en
from eventnet.cli.commands import app
from eventnet.models import DeepSpikingNetwork
from eventnet.tally import ADD_KINDS

SMALL = ["--epochs", "1", "--train", "200", "--test", "100", "--sizes", "784-20-20-10"]
TABLE_A2 = {
    "depth": "B(a1) D(b1) D(b2) C(a1) B(a2) D(b3) C(a2)".split(),
    "breadth": "B(a1) B(a2) C(a1) C(a2) D(b1) D(b2) D(b3)".split(),
    "fifo": "B(a1) C(a1) B(a2) C(a2) D(b1) D(b2) D(b3)".split(),
}


def run(*args: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


def as_json(*args: object) -> Any:
    return json.loads(run(*args, "--json").stdout)


@pytest.fixture
def network(tmp_path: Path) -> tuple[Path, Path]:
    """A network file in which orders differ, and a CSV of inputs for it: two rows meet at one threshold."""
    net = en.Network()
    a = net.add(en.Relay(1, name="a"))
    up, down = (net.add(en.Herding(1, net.weights([[w]]), name=n)) for n, w in (("up", 1.0), ("down", -1.0)))
    meet = net.add(en.Rectified(1, net.weights([[1.0]]), name="meet"))
    end = net.add(en.Sink(1, name="end"))
    for source, target in ((a.out, up.spikes), (a.out, down.spikes), (up.out, meet.spikes), (down.out, meet.spikes)):
        net.connect(source, target)
    net.connect(meet.out, end.spikes)
    net.save(tmp_path / "net.npz")
    (tmp_path / "in.csv").write_text("t,port,index,sign\n0,a.spikes,0,1\n3,0,0,-1\n")
    return tmp_path / "net.npz", tmp_path / "in.csv"


# --- help ---
def test_help_says_what_it_is_and_how_to_begin() -> None:
    text = run("--help").stdout
    assert "discrete-event simulator" in text
    for command in ("eventnet demo", "eventnet orders", "eventnet train", "eventnet info"):
        assert command in text


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "train",
        "orders",
        "race",
        "anytime",
        "report",
        "run",
        "info",
        "convert",
        "diff",
        "ablate",
        "cancellation",
        "cost",
        "prices",
        "reproduce",
    ],
)
def test_every_command_has_help(command: str) -> None:
    assert "--help" in run(command, "--help").stdout


def test_version_is_the_packages() -> None:
    assert run("--version").stdout.strip() == f"eventnet {en.__version__}"


# --- demo ---
def test_the_demo_writes_pictures_and_numbers(tmp_path: Path) -> None:
    text = run("demo", *SMALL, "--out", tmp_path, "--report", tmp_path / "page.html").stdout
    assert "Test error after each epoch" in text
    check_demo_page(tmp_path / "page.html", json.loads((tmp_path / "numbers.json").read_text()))
    assert str(tmp_path) in text
    for name in ("learning-curve", "raster", "order", "adds-by-layer", "anytime-error"):
        png = (tmp_path / f"{name}.png").read_bytes()
        assert png.startswith(b"\x89PNG")
        assert len(png) > 10_000  # an empty figure of this size has 3,000
        assert int.from_bytes(png[16:20], "big") >= 900
    given = json.loads((tmp_path / "numbers.json").read_text())
    assert given["manifest"]["seed"] == 1234
    assert set(given["manifest"]["versions"]) == {"eventnet", "numpy", "numba", "python"}
    with (tmp_path / "numbers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == [number["run"] for number in given["numbers"]]
    assert not list(tmp_path.glob("*.part"))


def check_demo_page(path: Path, numbers: Any) -> None:
    """The page of the digit in the raster: its costs, those of answering and training, and guesses of several orders."""
    assert path.stat().st_size < 3_000_000
    found = described(path)
    values = {(n["run"], n["quantity"], n["unit"], n["at"]): n["value"] for n in numbers["numbers"]}
    this, answering, training = (panel["totals"]["adds"] for panel in found["costs"])
    assert this == found["run"]["adds"] == sum(event["adds"] for event in found["cascades"]["events"]) > 0
    assert answering == values["breadth", "adds", "a sample, answering", ""]
    assert training == values["breadth", "all adds", "a sample, training", ""]
    by_adds = [curve for curve in found["curves"]["curves"] if curve["axis"] == "adds"]
    assert [curve["name"] for curve in by_adds] == ["breadth", "depth", "magnitude", "random"]
    ended = values["breadth", "test error", "", "step 10"]
    assert by_adds[0]["error"][-1] == pytest.approx(ended)
    assert by_adds[0]["low"][-1] < ended < by_adds[0]["high"][-1]
    assert {mark["name"] for mark in found["curves"]["marks"]} == {"ReLU twin, dense", "ReLU twin, zeros skipped"}
    assert {(o["order"], o["coalesce"]) for o in found["orders"]} == {
        (o, c) for o in en.ORDERS for c in ("none", "burst")
    }


def described(path: Path) -> Any:
    """The data that a page carries."""
    found = re.search(r'id="data">(.*?)</script>', path.read_text("utf-8"), re.S)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.slow
def test_the_demo_repeats_to_the_last_digit_and_prints_json_alone(tmp_path: Path) -> None:
    first = as_json("demo", *SMALL, "--out", tmp_path / "a", "--seed", 7)
    second = as_json("demo", *SMALL, "--out", tmp_path / "b", "--seed", 7)
    assert first == second
    assert (tmp_path / "a" / "numbers.csv").read_bytes() == (tmp_path / "b" / "numbers.csv").read_bytes()
    other = as_json("demo", *SMALL, "--out", tmp_path / "c", "--seed", 8)
    assert other["numbers"] != first["numbers"]


@pytest.mark.slow
def test_the_demos_adds_by_module_sum_to_its_adds(tmp_path: Path) -> None:
    numbers = as_json("demo", *SMALL, "--out", tmp_path)["numbers"]
    for what, total in (("answering", "adds"), ("training", "all adds")):
        of = [n for n in numbers if n["run"] == "breadth" and n["unit"] == f"a sample, {what}"]
        whole = sum(n["value"] for n in of if n["quantity"] == total)
        parts = sum(n["value"] for n in of if n["at"] and n["quantity"].split()[0] in ADD_KINDS)
        assert parts == pytest.approx(whole, rel=1e-12)  # sums of quotients
        assert whole > 0


# --- orders ---
@pytest.mark.parametrize("order", list(TABLE_A2))
def test_orders_shows_table_a2(tmp_path: Path, order: str) -> None:
    found = as_json("orders", "--out", tmp_path)["orders"]
    assert list(found) == list(en.ORDERS)
    assert found[order]["sequence"] == TABLE_A2[order]


def test_orders_prints_its_table_and_draws_the_graph(tmp_path: Path) -> None:
    text = run("orders", "--out", tmp_path).stdout
    rows = [line.split("│")[1:-1] for line in text.splitlines() if line.startswith("│")]
    sequence = [[cell.strip() for cell in row] for row in rows[:7]]
    assert [row[1] for row in sequence] == TABLE_A2["depth"]
    assert [row[2] for row in sequence] == TABLE_A2["breadth"]
    assert (tmp_path / "network.png").stat().st_size > 5_000


def test_every_order_of_table_a2_ends_alike(tmp_path: Path) -> None:
    found = as_json("orders", "--out", tmp_path)["orders"]
    assert {(row["state"], row["answer"], row["deliveries"]) for row in found.values()} == {("A", "A", 9)}


@pytest.mark.slow
def test_orders_runs_a_network_file_on_csv_and_on_records(tmp_path: Path, network: tuple[Path, Path]) -> None:
    net, inputs = network
    by_csv = as_json("orders", net, "--inputs", inputs, "--out", tmp_path / "out")["orders"]
    np.save(tmp_path / "in.npy", en.events([(0, 0, 0, 1), (3, 0, 0, -1)]))
    assert as_json("orders", net, "--inputs", tmp_path / "in.npy", "--out", tmp_path / "out")["orders"] == by_csv
    assert by_csv["breadth"]["first_difference"] is None
    assert by_csv["depth"]["first_difference"] == 2


@pytest.mark.slow
def test_orders_reports_what_order_can_change(tmp_path: Path, network: tuple[Path, Path]) -> None:
    net, inputs = network
    report = as_json("orders", net, "--inputs", inputs, "--out", tmp_path / "out")["report"]
    assert (report["keeping"], report["modules"]["meet"]["forks"]) == ("answer", ["a"])
    burst = as_json("orders", net, "--inputs", inputs, "--coalesce", "burst", "--out", tmp_path / "out")
    assert burst["report"]["any_order"] == "never"
    assert {row["answer"] for row in burst["orders"].values()} == {"A"}
    assert "paths that meet" in run("orders", net, "--inputs", inputs, "--out", tmp_path / "out").stdout


# --- info ---
@pytest.mark.slow
def test_orders_runs_both_granularities_where_they_differ(tmp_path: Path, network: tuple[Path, Path]) -> None:
    net, inputs = network
    found = as_json("orders", net, "--inputs", inputs, "--prices", "loihi", "--out", tmp_path / "out")
    assert list(found["orders"]) == [*en.ORDERS, *(f"{order}, per burst" for order in en.ORDERS)]
    assert list(found["reports"]) == ["none", "burst"]
    row = found["orders"]["depth, per burst"]
    assert row["energy_comparisons_too"] == row["energy"]
    assert row["energy_low"] < row["energy"] < row["energy_high"]
    assert row["prices"] == "Loihi"
    with (tmp_path / "out" / "numbers.csv").open(newline="") as file:
        kept = {(n["run"], n["quantity"]): n["value"] for n in csv.DictReader(file)}
    for quantity in (
        "adds",
        "energy",
        "energy_comparisons_too",
        "peak_queue",
        "depth",
        "ticks",
        "deliveries_before",
        "state",
        "answer",
    ):
        assert kept["depth, per burst", quantity] == ("" if row[quantity] is None else str(row[quantity]))
    saved = as_json("orders", net, "--inputs", inputs, "--coalesce", "saved", "--out", tmp_path / "out")["orders"]
    assert {name: row["adds"] for name, row in saved.items()} == {o: found["orders"][o]["adds"] for o in en.ORDERS}


def test_orders_show_energy_with_comparisons_beside_it_in_a_hundred_columns(
    tmp_path: Path, network: tuple[Path, Path]
) -> None:
    text = run("orders", network[0], "--inputs", network[1], "--out", tmp_path).stdout
    table = text.partition("Queue:")[2].partition("Energy is")[0].splitlines()[1:]
    assert len(table) > 2 * len(en.ORDERS)
    assert max(map(len, table)) <= 100
    assert "…" not in "".join(table)
    assert "comparisons" in "".join(table[:4])
    assert text.count("with each at the price of an addition") == 1


def test_orders_takes_a_scenario(tmp_path: Path) -> None:
    text = run("orders", "--scenario", "pd", "--out", tmp_path).stdout
    assert "100 digits to learn from, seed 0" in text
    assert "other digits that its weights tell right" in text
    assert "did you mean 'fusion'" in run("orders", "--scenario", "fusoin", "--out", tmp_path, code=2).output


def test_info_lists_what_is_installed() -> None:
    found = as_json("info")
    assert found["orders"] == [*en.ORDERS, "largest"]
    assert found["engines"] == ["compiled", "reference"]
    assert found["versions"]["eventnet"] == en.__version__
    assert "2,000 for training" in run("info").stdout


def test_info_describes_a_network_file(network: tuple[Path, Path]) -> None:
    found = as_json("info", network[0])
    assert [module["name"] for module in found["modules"]] == ["a", "up", "down", "meet", "end"]
    assert {"from": "a.out", "to": "up.spikes", "delay": 0} in found["wires"]


def test_info_describes_a_saved_deep_spiking_network(tmp_path: Path) -> None:
    DeepSpikingNetwork([4, 3, 2], steps=5).save(tmp_path / "dsn.npz")
    found = as_json("info", tmp_path / "dsn.npz")
    assert (found["sizes"], found["weights"], found["options"]["steps"]) == ("4-3-2", 18, 5)


# --- train ---
TRAIN = ["train", "--sizes", "784-12-10", "--train", "100", "--test", "50", "--steps", "4"]


def test_training_resumed_is_training_that_never_stopped(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.npz", tmp_path / "parts.npz"
    epochs = as_json(*TRAIN, "--epochs", 2, "--out", whole)["epochs"]
    first = as_json(*TRAIN, "--epochs", 1, "--out", parts)["epochs"]
    second = as_json("train", "--train", 100, "--test", 50, "--epochs", 1, "--resume", parts)["epochs"]
    assert [row["test_error"] for row in first + second] == [row["test_error"] for row in epochs]
    assert second[-1]["samples_seen"] == 200
    for a, b in zip(DeepSpikingNetwork.load(whole).weights, DeepSpikingNetwork.load(parts).weights, strict=True):
        assert np.array_equal(a, b)


def test_training_prints_the_error_of_each_epoch_and_where_it_saved(tmp_path: Path) -> None:
    text = run(*TRAIN, "--epochs", 2, "--out", tmp_path / "m.npz").stdout
    assert text.count("%") == 2
    assert str(tmp_path / "m.npz") in text


def test_training_does_not_replace_a_file_unasked(tmp_path: Path) -> None:
    out = tmp_path / "m.npz"
    run(*TRAIN, "--epochs", 1, "--out", out)
    before = out.read_bytes()
    assert "exists" in run(*TRAIN, "--epochs", 1, "--out", out, code=3).output
    assert out.read_bytes() == before
    run(*TRAIN, "--epochs", 1, "--out", out, "--overwrite")


def test_a_resumed_training_keeps_its_options(tmp_path: Path) -> None:
    out = tmp_path / "m.npz"
    run(*TRAIN, "--epochs", 1, "--out", out)
    assert "another steps" in run("train", "--resume", out, "--steps", 5, code=2).output


# --- failing ---
@pytest.mark.parametrize(
    ("args", "text", "code"),
    [
        (["info", "{damaged}"], "is damaged", 3),
        (["info", "{folder}/nothing.npz"], "there is no file", 3),
        (["train", "--resume", "{damaged}"], "is damaged", 3),
        (["train", "--order", "sideways"], "no order is called 'sideways'; there are depth, breadth", 2),
        (["train", "--rule", "guess"], "rule is 'guess'; it can be 'fsgd' or 'sgd'", 2),
        (["train", "--data", "{folder}/nowhere"], "has no train-images-idx3-ubyte.gz", 3),
        (["train", "--out", "{folder}/no/where.npz"], "there is no folder", 3),
        (["demo", "--out", "{damaged}"], "cannot be made", 3),
        (["orders", "{damaged}", "--inputs", "{damaged}"], "is damaged", 3),
        (["reproduce", "nothing"], "unknown reproduction 'nothing'", 2),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(tmp_path: Path, args: list[str], text: str, code: int) -> None:
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(b"PK\x03\x04 this is no archive")
    result = run(*(arg.format(damaged=damaged, folder=tmp_path) for arg in args), code=code)
    assert text in result.output
    assert result.output.startswith("eventnet: ")
    assert result.output.count("\n") == 1
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("0,b.spikes,0,1", "line 2"),
        ("0,0,x,1", "line 2"),
        ("0,0,0,2", "signs of 1 or -1"),
        ("0,0,5,1", "takes 0 to 0"),
        ("0,0,99999999999,1", "out of bounds"),
    ],
)
def test_bad_inputs_are_named(tmp_path: Path, network: tuple[Path, Path], row: str, text: str) -> None:
    network[1].write_text(f"t,port,index,sign\n{row}\n")
    assert text in run("orders", network[0], "--inputs", network[1], "--out", tmp_path / "out", code=3).output


@pytest.mark.parametrize(
    "args",
    [
        ["dance"],
        ["demo", "--epochs", "0"],
        ["demo", "--seed", "-1"],
        ["demo", "--sizes", "784"],
        ["train", "--sizes", "784-x-10"],
        ["train", "--split", "embedded", "--data", "."],
        ["orders", "network.npz"],
        ["orders", "--coalesce", "often"],
        ["orders", "network.npz", "--inputs", "in.csv", "--scenario", "pd"],
        ["reproduce"],
    ],
)
def test_wrong_usage_is_exit_code_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    output = run(*args, code=2).output
    assert output.startswith("eventnet: ")
    assert output.endswith(" --help\n")
    assert output.count("\n") == 1
    assert not list(tmp_path.iterdir())
