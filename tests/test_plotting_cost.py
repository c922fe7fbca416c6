"""Pictures of a ledger are drawn into the axes they are given, and show its numbers."""

from __future__ import annotations

import numpy as np
import pytest
from test_ledger import two_sensors

from eventnet import CostLedger
from eventnet.plotting import cost_over_time, heat_map, sizes_of_cascades
from eventnet.plotting.style import blank, png


def test_each_draws_into_given_axes_or_a_figure_of_its_own() -> None:
    book = CostLedger.of(two_sensors()[1])
    for draw in (lambda **more: heat_map(book, 4, 3, **more), lambda **more: sizes_of_cascades(book, **more),
                 lambda **more: cost_over_time(book, 10, **more)):  # fmt: skip
        axes = blank(4, 3).subplots()
        assert draw(ax=axes) is axes
        own = draw()
        assert own is not axes
        assert png(own.figure).startswith(b"\x89PNG")


def test_they_show_the_ledgers_numbers() -> None:
    book = CostLedger.of(two_sensors()[1])
    image = heat_map(book, 4, 3).get_images()[0]
    heat = book.heat(4, 3)
    assert np.array_equal(np.ma.filled(image.get_array(), 0), heat)
    assert (image.norm.vmin, image.norm.vmax) == (heat[heat > 0].min(), heat.max())
    assert heat[heat > 0].min() < heat.max()
    assert f"{heat.sum():,}" in heat_map(book, 4, 3).get_title(loc="left")
    assert np.array_equal(cost_over_time(book, 10).patches[0].get_data().values, book.over_time(10)[1])
    stairs = sizes_of_cascades(book).patches
    assert [patch.get_data().values.sum() for patch in stairs] == [len(book), len(book)]
    assert "estimate" in heat_map(book, 4, 3, "energy").get_title(loc="left")


def test_a_map_is_as_high_as_its_sensor_up_to_a_bound() -> None:
    book = CostLedger.of(two_sensors()[1])
    for width, height, wanted in ((12, 1, 1.2 + 0.55), (4, 3, 1.2 + 4.95), (3, 4, 1.2 + 8.8), (1, 12, 1.2 + 9.9)):
        size = heat_map(book, width, height).figure.get_size_inches()
        assert size.tolist() == pytest.approx([8, wanted])


def test_curves_lie_wide() -> None:
    assert sizes_of_cascades(CostLedger.of(two_sensors()[1])).figure.get_size_inches().tolist() == [8, 4.4]


def test_what_is_not_shown_is_said() -> None:
    book = CostLedger.of(two_sensors(root_limit=100, record=False)[1])
    assert f"not shown: {book.beyond()['eye.spikes']:,}" in heat_map(book, 4, 3).get_title(loc="left")


def test_nothing_can_be_drawn_of_nothing() -> None:
    book = CostLedger.of(two_sensors(root_limit=0, record=False)[1])
    assert "no cascades" not in sizes_of_cascades(book).get_title(loc="left")
    assert cost_over_time(book).patches[0].get_data().values.sum() == 0
