"""What every reproduction is made of: seeds, runs, numbers in words, figures."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.plotting.style import DPI, WIDTH
from eventnet.scenarios.reproductions.common.pictures import axes, band, canvas, look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    Request,
    compared,
    digits_for,
    listed,
    rounded,
    rows_of_all,
    spread,
    stuck,
)


def count(name: str, n: int) -> list[dict[str, object]]:
    return [{"name": name, "k": k} for k in range(n)]


def test_rows_of_all_jobs_stand_in_their_order(tmp_path: Path) -> None:
    said: list[str] = []
    request = Request(tmp_path, say=said.append, processes=1)
    rows = rows_of_all(count, [("a", 2), ("b", 0), ("c", 1)], request)
    assert rows == [{"name": "a", "k": 0}, {"name": "a", "k": 1}, {"name": "c", "k": 0}]
    assert said[-1] == "  3 of 3 done"


def test_seeds_begin_with_that_of_the_request(tmp_path: Path) -> None:
    full, quick = Request(tmp_path, seed=7), Request(tmp_path, seed=7, quick=True)
    assert (full.seeds(), quick.seeds()) == ([7, 8, 9], [7])
    assert (full.seeds(5, quick=2), quick.seeds(5, quick=2)) == ([7, 8, 9, 10, 11], [7, 8])


def test_a_folder_is_a_text_for_jobs_and_named_where_it_is_wanted(tmp_path: Path) -> None:
    assert Request(tmp_path).folder is None
    with_data = Request(tmp_path, data=tmp_path / "here")
    assert with_data.folder == str(tmp_path / "here")
    assert with_data.needed("get it") == tmp_path / "here"
    with pytest.raises(ModelError, match=r"^get all of it into a folder and name it: --data FOLDER$"):
        Request(tmp_path).needed("get all of it")


def test_embedded_digits_need_no_folder() -> None:
    assert digits_for("/nowhere", "author", embedded=True).split == "embedded"


@pytest.mark.parametrize("value", [0.0, 1.2345e-7, 3.14159, 271828.0, 0.99999, -2.5e-3])
def test_numbers_are_rounded_to_digits_that_count(value: float) -> None:
    assert rounded(value, 2) == float(f"{value:.1e}")
    assert rounded(value, 3) == float(f"{value:.2e}")


def test_numbers_in_words() -> None:
    assert spread([1.0, 2.0, 6.0], ".1f") == "3.0 (1.0 to 6.0)"
    assert spread(np.array([0.12345, 0.2]), ".3g") == "0.162 (0.123 to 0.2)"
    assert listed([1, "a", 2.5]) == "1, a, 2.5"


def test_networks_that_err_on_more_than_three_tenths_are_stuck() -> None:
    assert stuck([30.0, 30.1, 12.0, 90.2]) == "2 of 4"
    assert stuck([]) == "0 of 0"


def test_a_quantity_stands_beside_its_partner_seed_by_seed() -> None:
    """Differences 1, 2, 3 are 2 ± 4.303 / sqrt(3); the partner's own values are far apart."""
    partner = {1: 10.0, 2: 30.0, 3: 50.0}
    found = compared(
        "error", {seed: 9 + 1 + seed + value - 10 for seed, value in partner.items()}, "base", partner, ".1f"
    )
    assert found == {
        "error": 32.0, "error, 95%": f"{32 - 2.484 * 20.998:.1f} to {32 + 2.484 * 20.998:.1f}",
        "partner": "base", "minus partner": 2.0, "minus partner, 95%": "-0.5 to +4.5",
    }  # fmt: skip
    alone = compared("error", {1: 3.0}, "base", {1: 2.0}, ".1f")
    assert (alone["minus partner"], alone["error, 95%"], alone["minus partner, 95%"]) == (1.0, None, None)


def test_a_band_goes_from_the_least_to_the_most_about_the_means() -> None:
    figure, ax = axes("title", "x", "y")
    values = np.array([[1.0, 3.0], [2.0, 6.0]])
    band(ax, [0, 1], values, color="C1", marker="o", label="mine")
    (line,) = ax.get_lines()
    assert (list(line.get_xdata()), list(line.get_ydata()), line.get_label()) == ([0, 1], [2, 4], "mine")
    (area,) = ax.collections
    corners = {(float(x), float(y)) for x, y in area.get_paths()[0].vertices}
    assert corners == {(0, 1), (0, 3), (1, 2), (1, 6)}
    assert line.get_color() == "C1"
    assert area.get_alpha() == 0.2
    del figure


@pytest.mark.slow
def test_figures_have_the_size_that_is_asked_for(tmp_path: Path) -> None:
    figure, grid = panels(2, 3, 4.0, sharex=True)
    assert grid.shape == (2, 3)
    path = save(figure, tmp_path / "deep" / "a.png")
    assert struct.unpack(">II", path.read_bytes()[16:24]) == (round(DPI * WIDTH), 4 * DPI)
    path = save(canvas(2.0), tmp_path / "b.png")
    assert struct.unpack(">II", path.read_bytes()[16:24]) == (round(DPI * WIDTH), 2 * DPI)


def test_lines_of_a_plot_differ_in_colour_dashes_and_marker() -> None:
    looks = [look(k) for k in range(7)]
    for part in ("color", "linestyle", "marker"):
        assert len({str(one[part]) for one in looks}) == 7
