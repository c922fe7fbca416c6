"""`eventnet run SCENARIO --report`: the page of one of the runs, beside the same result folder; and how it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cli import described
from test_cli_brunel import SHORT
from test_cli_run import run
from test_cli_view_option import files_of

import eventnet as en
from eventnet.scenarios.brunel import BrunelParameters, brunel_network
from eventnet.scenarios.shared.parameter_file import loads

POPULATIONS = "[run]\nduration_ms = 30\nmeasured_from_ms = 10\n[network]\nneurons = 200\n"
COLUMN = "[run]\nduration_ms = 20\nmeasured_from_ms = 10\nscale = 0.01\n"


def test_the_page_is_of_the_run_and_the_folder_the_same(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(SHORT)
    run("brunel", tmp_path / "my.toml", "--out", tmp_path / "one")
    page = tmp_path / "page.html"
    said = run("brunel", tmp_path / "my.toml", "--out", tmp_path / "other", "--report", page).stdout
    assert str(page) in said
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")
    found, p = described(page), loads(SHORT, BrunelParameters())
    (g, eta), *_ = p.regimes.values()
    built = brunel_network(p, g, eta, p.run.seed)
    sim = built.begin(en.Simulation(built.net)).run(until=p.ticks(p.run.duration_ms))
    assert {name: found["run"][name] for name in en.COLUMNS} == sim.tally.totals()
    assert sum(found["flames"]["deliveries"]) == sim.tally.deliveries
    assert sum(found["flames"]["adds"]) == sim.tally.adds == sum(stream[3] for stream in found["flow"]["streams"])
    assert found["manifest"]["options"]["scenario"] == "brunel"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "text"), [("vogels-abbott", POPULATIONS), ("microcircuit", COLUMN)])
def test_other_networks_of_populations_have_a_page_whose_sums_are_their_tally(
    name: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "my.toml").write_text(text)
    page = tmp_path / "page.html"
    run(name, tmp_path / "my.toml", "--out", tmp_path / "out", "--report", page)
    found = described(page)
    assert sum(found["flames"]["deliveries"]) == found["run"]["deliveries"] > 0
    assert sum(found["flames"]["adds"]) == found["run"]["adds"] == sum(s[3] for s in found["flow"]["streams"]) > 0


def test_a_scenario_without_a_report_says_which_have_one(tmp_path: Path) -> None:
    said = " ".join(run("hopfield", "--report", tmp_path / "a.html", code=2).output.split())
    assert "--report goes with brunel, vogels-abbott and microcircuit; not with hopfield" in said


def test_a_place_that_is_not_there_is_said_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(SHORT)
    asked = run("brunel", tmp_path / "my.toml", "--out", tmp_path / "out", "--report", tmp_path / "no" / "a", code=3)
    assert "there is no folder" in asked.output
    assert not (tmp_path / "out").exists()
