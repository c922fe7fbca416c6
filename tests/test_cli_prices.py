"""`eventnet prices`: the table, files of one's own, JSON, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eventnet import cost
from eventnet.cli.commands import app

MINE = """
name = "my chip"
source = "its data sheet"

[synaptic_adds]
typical_pj = 0.5
low_pj = 0.25
note = "a sheet of paper"

[memory.SRAM.reads]
typical_pj = 1
"""


def run(*args: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["prices", *map(str, args)])
    assert result.exit_code == code, result.output
    return result


def as_json(*args: object) -> Any:
    return json.loads(run(*args, "--json").stdout)


def rows(text: str) -> list[list[str]]:
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if line.startswith("│")]
    return [row for row in cells if row]


def test_the_table_has_every_price_of_every_list() -> None:
    text = run().stdout
    found = rows(text)
    n = sum(len(cost.prices(name).prices) for name in cost.price_lists())
    listed, paying = found[:n], found[n:]
    assert [row[0] for row in listed if row[0]] == list(cost.price_lists())
    assert [row[0] for row in paying] == list(cost.price_lists())
    assert ["loihi", "synaptic_adds", "23.6", "23.6", "23.6", "yes"] in listed
    assert ["", "compares", "52", "81", "81", "no"] in listed
    assert ["truenorth", "26", "0.00525", "0.00885", "0.092"] in paying
    assert "an estimate, never a measurement" in text
    assert "--memory gives reading them a price" in text


def test_a_list_that_is_named_shows_its_notes_and_its_sources(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINE)
    text = run("truenorth", tmp_path / "mine.toml").stdout
    for words in (
        "Merolla",
        "at rest the",
        "my chip",
        "its data sheet",
        "synaptic_adds: a sheet of paper",
        "reads, weights in SRAM: 1 pJ",
        "checked: ",
        "synaptic_adds: not sure; 26 and 43.8 pJ were",
    ):
        assert words in text
    assert "Sharp" not in text


def test_json_holds_everything_and_nothing_else_is_on_stdout(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINE)
    path = str(tmp_path / "mine.toml")
    found = as_json(path, "spinnaker", "--dense", "horowitz-float32")
    assert found["dense pass by"] == "Horowitz 45 nm, float32"
    assert list(found["lists"]) == [path, "spinnaker"]
    mine = found["lists"][path]
    assert mine["prices"]["synaptic_adds"] == {
        "low_pj": 0.25, "typical_pj": 0.5, "high_pj": 0.5, "sure": True, "source": "its data sheet", "note": "a sheet of paper",
    }  # fmt: skip
    assert mine["memory"]["SRAM"]["reads"]["typical_pj"] == 1
    assert mine["break-even activity"] == pytest.approx({"low": 9.2, "typical": 9.2, "high": 18.4})
    assert found["lists"]["spinnaker"]["in other prices"] == ["neuron_adds", "spikes", "notices", "deliveries", "reads"]


def test_memory_prices_the_dense_pass_and_the_lists_that_have_it() -> None:
    found = as_json("loihi", "horowitz-int8", "--memory", "32KB")
    assert found["dense pass by"] == "Horowitz 45 nm, int8, weights in 32KB"
    assert found["lists"]["loihi"]["break-even activity"]["typical"] == pytest.approx((0.23 + 2.5) / 23.6)
    assert found["lists"]["horowitz-int8"]["prices"]["reads"]["typical_pj"] == 2.5
    assert "--memory gives" not in run("loihi", "--memory", "32KB").stdout


def test_a_list_without_adds_has_no_break_even(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("name = 'x'\nsource = 'y'\n[memory.SRAM.reads]\ntypical_pj = 1\n")
    path = str(tmp_path / "mine.toml")
    assert as_json(path)["lists"][path]["break-even activity"] is None
    assert rows(run(path).stdout)[0][1] == "(memory alone)"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("lohi",), "no price list 'lohi'; did you mean 'loihi'"),
        (("none.toml",), "there is no file"),
        (("loihi", "--memory", "33KB"), "has no memory '33KB'; did you mean '32KB'"),
        (("loihi", "--dense", "truenorth"), "'TrueNorth' has no price of multiplies, which a dense multiply-add needs"),
    ],
)
def test_what_there_is_not_is_one_line_on_stderr(args: tuple[str, ...], message: str) -> None:
    result = run(*args, code=3 if "there is no file" in message else 2)
    assert message in result.stderr
    assert result.stdout == ""
