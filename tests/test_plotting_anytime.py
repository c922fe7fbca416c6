"""Curves of guesses and maps of worth are drawn on given axes, with what they show."""

from __future__ import annotations

import numpy as np
import pytest
from anytime_cases import spiking

from eventnet import plotting
from eventnet.analysis import Worth, anytime
from eventnet.errors import ModelError
from eventnet.plotting import draw_anytime, draw_worth
from eventnet.plotting.style import blank


def test_a_line_for_each_order_ends_at_the_error() -> None:
    shown, y, answers = spiking(8)
    found = anytime(shown, y, orders=["depth", "breadth"], engine="reference")
    ax = blank(4, 3).subplots()
    assert draw_anytime({g.order: g for g in found}, ax=ax) is ax
    lines = ax.get_lines()
    assert [line.get_label() for line in lines] == ["depth", "breadth"]
    for line in lines:
        assert line.get_ydata()[-1] == pytest.approx(100 * (answers != y).mean())
    assert ax.get_xlabel() == "adds a sample"
    other = draw_anytime({"both": found}, "ticks", start=1)
    assert other.get_xscale() == "log"
    assert len(other.get_lines()) == 1
    with pytest.raises(ModelError, match="the axis begins at 0"):
        draw_anytime({"depth": found[0]}, start=0)


def test_a_map_of_worth_is_grey_where_nothing_was_seen() -> None:
    worth = Worth(0, "a.out", "b.spikes", np.array([1, 0, 2, 3]), np.array([1.0, 2, -3, 4]), np.array([2.0, 2, 2, 2]))
    ax = draw_worth(worth, (2, 2))
    image = ax.get_images()[0].get_array()
    assert image is not None
    assert np.ma.filled(image.astype(float), -9).tolist() == [[0.5, -9], [-1.5, 2]]
    with pytest.raises(ModelError, match="wanted 3 x 2"):
        draw_worth(worth, (3, 2))
    assert plotting.draw_worth is draw_worth
