"""What pictures have in common: a figure without a window, of a size in inches, as the bytes of a PNG."""

from __future__ import annotations

import subprocess
import sys
from colorsys import rgb_to_yiq

import numpy as np
import pytest
from matplotlib import colors

import eventnet.plotting.style as figures
from eventnet.errors import ModelError


def test_a_figure_is_a_png_of_its_size() -> None:
    made = figures.png(figures.blank(8, 4))
    assert made.startswith(b"\x89PNG\r\n\x1a\n")
    assert [int.from_bytes(made[k : k + 4], "big") for k in (16, 20)] == [8 * figures.DPI, 4 * figures.DPI]


def test_plain_axes_have_two_lines_and_the_grid_that_is_asked_for() -> None:
    for grid, wanted in (("both", [True, True]), ("x", [True, False]), ("", [False, False])):
        axes = figures.blank(3, 3).subplots()
        figures.plain(axes, grid=grid)
        shown = [axis.get_gridlines()[0].get_visible() for axis in (axes.xaxis, axes.yaxis)]
        assert shown == wanted
        assert [axes.spines[side].get_visible() for side in ("left", "bottom", "top", "right")] == [
            True,
            True,
            False,
            False,
        ]


def test_colours_differ_in_brightness_too_where_lines_lie_side_by_side() -> None:
    bright = [
        rgb_to_yiq(*(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)))[0]
        for colour in (figures.BLACK, figures.BLUE, figures.ORANGE)
    ]
    assert min(b - a for a, b in zip(sorted(bright), sorted(bright)[1:])) > 0.2


@pytest.mark.slow
def test_importing_it_does_not_import_matplotlib() -> None:
    code = "import sys, eventnet.plotting.style; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_picture_with_text_that_is_too_small_is_refused() -> None:
    """7 points are 8.5 pixels when 8 inches are 700 pixels; 7.5 are 9.1."""
    for points, refused in ((7.0, True), (7.5, False)):
        figure = figures.blank(8, 3)
        figure.text(0.2, 0.5, "so small", fontsize=points)
        found = figures.measure(figure)
        assert (found.smallest, found.small) == (pytest.approx(points / 72 * 700 / 8), "so small")
        if refused:
            with pytest.raises(
                ModelError, match=r"the text 'so small' of a picture has 8.5 pixels at a width of 700; wanted 9"
            ):
                figures.png(figure)
        else:
            assert figures.png(figure)


def test_text_is_measured_as_it_is_drawn() -> None:
    figure = figures.blank(8, 3)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1])
    axes.set_xticks([0, 5], ["within", "beyond"], fontsize=2)
    axes.set_xlim(2, 6)
    assert figures.measure(figure).small == "beyond"  # the other tick is not there
    axes.set_xlabel("$10^3$", fontsize=2.5)
    found = figures.measure(figure)
    assert (found.smallest, found.small) == (pytest.approx(0.7 * 2.5 / 72 * 700 / 8), "$10^3$")
    axes.set_xlabel("none", fontsize=1, visible=False)
    assert figures.measure(figure).small == "beyond"


@pytest.mark.parametrize("angle", [0, 30, 90])
def test_texts_on_one_another_are_found_however_they_are_turned(angle: float) -> None:
    figure = figures.blank(4, 4)
    figure.text(0.5, 0.5, "one", ha="center", va="center", rotation=angle)
    figure.text(0.5, 0.5, "other", ha="center", va="center")
    figure.text(0.2, 0.1, "far\naway")
    assert figures.measure(figure).overlaps == [("one", "other")]


def test_turned_texts_side_by_side_do_not_overlap() -> None:
    """Their upright boxes would."""
    figure = figures.blank(4, 4)
    for x in (0.4, 0.5):
        figure.text(x, 0.5, "a long text", rotation=45, rotation_mode="anchor")
    assert figures.measure(figure).overlaps == []


def test_texts_that_leave_the_canvas_are_found() -> None:
    figure = figures.blank(4, 4)
    figure.text(0.95, 0.5, "at the edge")
    figure.text(0.1, 0.5, "inside")
    assert figures.measure(figure).outside == ["at the edge"]


def test_what_lies_under_a_legend_is_found() -> None:
    figure = figures.blank(6, 4)
    axes = figure.subplots()
    axes.plot([0, 1, 2], [0, 1, 2], label="a line")
    axes.text(2, 2, "top", ha="right", va="top")
    figures.legend(axes, "upper right")
    found = figures.measure(figure)
    assert ("top", "a legend") in found.overlaps
    assert found.covered == ["a line ... on a line"]
    axes.texts[0].remove()
    figures.legend(axes, "upper left")
    found = figures.measure(figure)
    assert (found.overlaps, found.covered) == ([], [])


@pytest.mark.parametrize("where", ["above", "right", "below"])
def test_a_legend_beside_the_plot_covers_nothing(where: str) -> None:
    figure = figures.blank()
    axes = figure.subplots()
    axes.plot([0, 1, 2], [0, 1, 0], "o", label="dots")
    axes.plot([0, 1, 2], [1, 0, 1], label="a line")
    figures.legend(axes, where)
    found = figures.measure(figure)
    assert (found.overlaps, found.outside, found.covered) == ([], [], [])


def test_places_of_labels_are_apart_and_as_near_as_can_be() -> None:
    assert figures.apart([1.0, 5.0, 3.0], 1.0) == [1.0, 5.0, 3.0]
    assert figures.apart([2.0, 2.0], 1.0) == [1.5, 2.5]
    assert figures.apart([0.0, 0.1, 9.0], 1.0) == pytest.approx([-0.45, 0.55, 9.0])
    assert figures.apart([], 1.0) == []
    values = np.random.default_rng(0).normal(size=30).tolist()
    places = figures.apart(values, 0.3)
    assert np.diff(np.sort(places)).min() > 0.3 - 1e-9
    assert np.argsort(places).tolist() == np.argsort(values, kind="stable").tolist()
    assert np.mean(places) == pytest.approx(np.mean(values))


def test_logarithmic_axes_have_no_raised_exponents() -> None:
    figure = figures.blank()
    left, right = figure.subplots(1, 2)
    left.plot([1, 2, 3], [1e-3, 1, 1e3])
    left.set_yscale("log")
    right.plot([1, 2, 3], [2.0, 3, 9])
    right.set_yscale("log")
    for axes in (left, right):
        figures.plain(axes)
    assert figures.measure(figure).smallest == pytest.approx(10 / 72 * 700 / 8)
    shown = [label.get_text() for label in right.get_yticklabels(which="minor")]
    assert {"2", "3", "5"} <= set(shown)
    assert "4" not in shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (-20, "-20"),
        (1000, "1,000"),
        (0.001, "0.001"),
        (1e6, "1,000,000"),
        (1e7, "1e7"),
        (1e-5, "1e-5"),
    ],
)
def test_numbers_of_ticks(value: float, text: str) -> None:
    assert figures.number(value) == text


def test_a_bar_of_colours_has_plain_numbers() -> None:
    figure = figures.blank()
    axes = figure.subplots()
    drawn = axes.imshow(np.array([[1e-2, 1.0], [10.0, 1e3]]), norm=colors.LogNorm())
    bar = figures.colour_bar(axes, drawn, "adds by pixel")
    figure.draw_without_rendering()
    shown = {label.get_text() for label in bar.ax.get_yticklabels()}
    assert {"0.01", "1,000"} <= shown
    assert not any("$" in text for text in shown)


def test_points_of_a_text_of_so_many_pixels() -> None:
    figure = figures.blank(20, 3)
    figure.text(0.5, 0.5, "text", fontsize=figures.points(figure))
    assert figures.measure(figure).smallest == pytest.approx(figures.SMALLEST)
