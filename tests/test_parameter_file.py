"""A dataclass of tables and its TOML file: there and back, and what is refused and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from eventnet.errors import DataError, ModelError
from eventnet.scenarios.shared.parameter_file import Checked, as_toml, entry, load, loads


@dataclass(frozen=True)
class Oven(Checked):
    """What bakes.

    More that no file shows.
    """

    heat_deg: float = entry(180.0, "of the air", 0.0, 300.0)
    racks: int = entry(2, "how many", 1)
    fan: bool = entry(True, "stirs the air")
    name: str = entry("big", "what it is called")
    steps_min: tuple[float, ...] = entry((5.0, 10.0), "of baking", 0.0)
    limit: float | None = entry(None, "where it stops by itself")


@dataclass(frozen=True)
class Kitchen:
    """All tables."""

    oven: Oven = field(default_factory=Oven)


def test_what_is_written_is_read_and_what_is_left_out_stays(tmp_path: Path) -> None:
    mine = Kitchen(Oven(200.0, 3, False, "small", (1.0,)))
    path = tmp_path / "my.toml"
    path.write_text("[oven]\nracks = 3\nfan = false\nheat_deg = 200\nname = 'small'\nsteps_min = [1]\n")
    assert load(path, Kitchen()) == mine
    path.write_text("[oven]\nlimit = 7\n")
    assert load(path, mine) == Kitchen(Oven(200.0, 3, False, "small", (1.0,), 7.0))


def test_the_commented_text_says_what_each_key_is() -> None:
    lines = as_toml(Kitchen(Oven(limit=3.5))).splitlines()
    assert lines[2] == "[oven]  # what bakes"
    assert lines[3] == "heat_deg = 180.0  # of the air"
    assert 'name = "big"  # what it is called' in lines
    assert "steps_min = [5.0, 10.0]  # of baking" in lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[oven]\nheat_rad = 1", "unknown key 'heat_rad'; here it is 'heat_deg' .mind the unit"),
        ("[oven]\nrakcs = 1", "did you mean 'racks'"),
        ("[oven]\nq = 1", "there are heat_deg, racks, fan"),
        (
            "[oven]\nheat_deg = '200'",
            "heat_deg in .oven. of the text is '200'; wanted a number .its unit is in the key",
        ),
        ("[oven]\nheat_deg = 400", "heat_deg is 400.0; wanted from 0 to 300"),
        ("[oven]\nsteps_min = [1, -1]", "steps_min is -1.0; wanted from 0"),
        ("[oven]\nracks = 1.5", "wanted a whole number"),
        ("[oven]\nracks = true", "wanted a whole number"),
        ("[oven]\nfan = 1", "fan in"),
        ("oven = 3", "wanted a table .oven."),
        ("[oven", "the text is no TOML"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        loads(text, Kitchen())


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    for name, says in (
        ("bytes.toml", "bytes.toml is no text: byte 0 is 255"),
        ("none.toml", "there is no file .*none.toml"),
    ):
        with pytest.raises(DataError, match=says):
            load(tmp_path / name, Kitchen())


def test_a_table_out_of_range_is_refused_where_it_is_made() -> None:
    with pytest.raises(ModelError, match="racks is 0; wanted from 1 to inf"):
        Oven(racks=0)
