"""`eventnet cost`: files and scenarios, what it prints and writes, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_ledger import two_sensors
from typer.testing import CliRunner

import eventnet as en
from eventnet import cost
from eventnet.cli.commands import app
from eventnet.cost.pricing import in_units


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, en.CostLedger]:
    folder = tmp_path_factory.mktemp("ledger")
    net, sim = two_sensors("breadth")
    book = en.CostLedger.of(sim)
    net.save(folder / "net.npz")
    np.save(folder / "inputs.npy", book.causes.inputs)
    return folder / "net.npz", folder / "inputs.npy", book


def run(*args: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["cost", *map(str, args)])
    assert result.exit_code == code, result.output
    return result


def test_it_tells_and_writes_the_account(files: tuple[Path, Path, en.CostLedger], tmp_path: Path) -> None:
    network, inputs, book = files
    out = tmp_path / "out"
    printed = run(network, "--inputs", inputs, "--width", 4, "--height", 3, "--top", 3, "--out", out).stdout
    assert "200 input events; triggering blame" in printed
    assert "estimate" in printed
    assert printed.count("eye.spikes") >= 1
    assert f"{book.costliest(1)[0].adds}" in printed
    assert {path.name for path in out.iterdir()} == {
        "cost-over-time.png", "events.csv", "heat-map.png", "numbers.csv", "numbers.json", "sizes.png",
    }  # fmt: skip
    assert (out / "events.csv").read_text() == book.to_csv()
    table = (out / "numbers.csv").read_text()
    numbers = {(row["run"], row["quantity"], row["at"]): row["value"] for row in csv.DictReader(table.splitlines())}
    assert numbers["triggering", "adds", ""] == str(book.tally.adds)
    assert numbers["costliest 1", "id", ""] == str(book.costliest(1)[0].id)
    compared = cost.price_list("float64").with_comparisons().estimate(book.tally).total
    assert numbers["triggering", "energy, comparisons too", "typical"] == str(compared.typical)
    first = book.costliest(1)[0].energy_comparisons_too
    assert numbers["costliest 1", "energy, comparisons too", "typical"] == str(first.typical)
    assert printed.count(in_units(first.typical)) >= 1
    assert max(len(line) for line in printed.splitlines() if line[:1] in set("┏┃┡│└")) <= 100
    assert "…" not in printed
    assert ("costliest 3", "id", "") in numbers
    assert ("costliest 4", "id", "") not in numbers


def test_json_holds_the_ledger_and_names_how_it_came_about(
    files: tuple[Path, Path, en.CostLedger], tmp_path: Path
) -> None:
    network, inputs, book = files
    given = json.loads(
        run(network, "--inputs", inputs, "--json", "--out", tmp_path, "--prices", "loihi", "--by", "energy").stdout
    )
    assert given["cost"] == json.loads(json.dumps(book.to_dict(10, "energy", cost.prices("loihi"))))
    assert given["manifest"]["options"]["blame"] == "triggering"
    assert "heat-map.png" not in given["pictures"]  # nothing says how wide the sensor is


def test_proportional_blame_and_a_limit(files: tuple[Path, Path, en.CostLedger], tmp_path: Path) -> None:
    network, inputs, book = files
    given = json.loads(run(network, "--inputs", inputs, "--blame", "proportional", "--json", "--out", tmp_path).stdout)
    assert given["cost"]["blame"] == "proportional"
    assert given["cost"]["totals"] == book.tally.totals()
    assert sum(row["adds"] for row in given["cost"]["by sensor"].values()) == book.tally.adds
    cut = json.loads(
        run(network, "--inputs", inputs, "--limit", 20, "--until", 100, "--json", "--out", tmp_path).stdout
    )
    assert cut["cost"]["itemized"] == 20
    assert cut["cost"]["inputs"] == 100
    assert "eye.spikes" in cut["cost"]["beyond the limit"]


@pytest.mark.slow
def test_a_scenario_with_a_camera_has_its_heat_map(tmp_path: Path) -> None:
    given = json.loads(run("--scenario", "fusion", "--until", 20_000, "--json", "--out", tmp_path).stdout)
    assert "heat-map.png" in given["pictures"]
    assert given["cost"]["by sensor"]["eye.spikes"]["adds"] > given["cost"]["by sensor"]["head.value"]["adds"] > 0


def test_what_is_refused(files: tuple[Path, Path, en.CostLedger], tmp_path: Path) -> None:
    network, inputs, _ = files
    for args in ((), (network,), (network, "--inputs", inputs, "--scenario", "fusion")):
        assert "wanted a network file and --inputs FILE, or --scenario NAME" in " ".join(
            run(*args, "--out", tmp_path, code=2).output.replace("│", " ").split()
        )
    run(network, "--inputs", inputs, "--width", 4, "--out", tmp_path, code=2)
    assert "6 pixels" in run(
        network, "--inputs", inputs, "--width", 3, "--height", 2, "--out", tmp_path, code=2
    ).output  # fmt: skip
    assert "fair" in run(network, "--inputs", inputs, "--blame", "fair", "--out", tmp_path, code=2).output
    assert "energy" in run(network, "--inputs", inputs, "--by", "enegy", "--out", tmp_path, code=2).output
