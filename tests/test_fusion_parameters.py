"""Parameters as TOML: what is printed is read back; what is wrong is named with what may have been meant."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from eventnet.errors import DataError
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.pays import PaysParameters
from eventnet.scenarios.shared.parameter_file import as_toml, load, loads


def test_the_commented_file_holds_every_key_and_gives_the_same_parameters() -> None:
    text = as_toml(Parameters())
    assert loads(text, Parameters()) == Parameters()
    given = tomllib.loads(text)
    for table in fields(Parameters()):
        assert set(given[table.name]) == {entry.name for entry in fields(getattr(Parameters(), table.name))}


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text("[run]\nduration_s = 2\n[gyroscope]\nbias = [1, 2, 3.5]\n[methods]\nscales = [0.5, 4]\n")
    found = load(path, Parameters())
    assert found.run.duration_s == 2.0
    assert isinstance(found.run.duration_s, float)
    assert found.gyroscope.bias == (1.0, 2.0, 3.5)
    assert found.methods.scales == (0.5, 4.0)
    assert found.world == Parameters().world
    assert load(path, found) == found
    assert loads(as_toml(found), Parameters()) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[run]\nduration_ms = 5", "'duration_ms'; here it is 'duration_s' .mind the unit"),
        ("[dvs]\nrefractory_ms = 5", "'refractory_us' .mind the unit"),
        ("[run]\nduratoin_s = 5", "did you mean 'duration_s'"),
        ("[rum]\nseed = 5", "did you mean 'run'"),
        ("[methods]\nzzzz = 5", "there are exact, kept_ms, heads"),
        ('[run]\nduration_s = "5 ms"', "wanted a number .its unit is in the key's name"),
        ("[run]\nseed = 1.5", "seed in .run. .* wanted a whole number"),
        ("[run]\ntrajectories = true", "wanted a whole number"),
        ("[methods]\nscales = 2", "wanted a list"),
        ("[methods]\ncodes = ['pdd']", "did you mean 'pd'"),
        (
            "[methods]\nheads = ['chaep']",
            "heads has 'chaep'; wanted some of samples, clock, cheap, fast; did you mean 'cheap'",
        ),
        ("[methods]\nfilters = ['kalman']", "filters has 'kalman'"),
        ("[methods]\nflow = ['thick']", "flow has 'thick'"),
        ("[methods]\ntwins = ['thinnest']", "twins has 'thinnest'; wanted some of thin, fine; did you mean 'thin'"),
        ("[methods]\ntwin_ms = [0, 0.05]", "twin_ms has 0.05; wanted 0.1 or more, or 0: at each sample"),
        ("[methods]\nbins_ms = [-5]", "bins_ms is -5.0; wanted from 0.01"),
        ("[dvs]\nthreshold_on = 0", "threshold_on is 0.0; wanted from 0.01"),
        ("[gyroscope]\nbias = [1, 2]", "bias is"),
        ("[gyroscope]\nconstant = 'some sign'", "constant is 'some sign'"),
        ("[world]\nslowest_hz = 7", "slowest_hz 7.0 above fastest_hz 4.0"),
        ("[run]\nduration_s = 1\nmeasured_from_s = 2", "measures from 2.0 s on, but lasts 1.0 s"),
        ("run = 5", "wanted a table .run."),
        ("[run", "is no TOML"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        loads(text, Parameters())


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match=r"there is no file .*nowhere\.toml"):
        load("nowhere.toml", Parameters())


@pytest.mark.parametrize("base", [Parameters(), PaysParameters()])
def test_a_table_is_read_by_its_former_name(base: Any) -> None:
    found = loads("[ways]\nscales = [3]", base)
    assert found.methods.scales == (3.0,)
    assert "[methods]" in as_toml(found)
    assert "[ways]" not in as_toml(found)
