"""What pictures have in common: a figure without a window, of a size in inches, as the bytes of a PNG."""

from __future__ import annotations

import subprocess
import sys
from colorsys import rgb_to_yiq

import eventnet.plotting.style as figures


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


def test_importing_it_does_not_import_matplotlib() -> None:
    code = "import sys, eventnet.plotting.style; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
