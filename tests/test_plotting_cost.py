"""Pictures of a ledger are drawn into the axes they are given, and show its numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_ledger import two_sensors

import eventnet as en
from eventnet import CostLedger
from eventnet.io import open_events, recorded_inputs, write_events
from eventnet.plotting import cost_over_time, heat_map, sizes_of_cascades
from eventnet.plotting.style import blank, png


@pytest.mark.slow
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


def test_a_map_of_a_recording_is_in_its_pixels(tmp_path: Path) -> None:
    net = en.Network()
    eye = net.add(en.Relay(4 * 3, name="eye"))
    net.connect(eye.out, net.add(en.Herding(2, net.weights((4 * 3, 2), start=0.4), name="layer")).spikes)
    seen = np.zeros(1, en.PIXEL_EVENT)
    seen["x"], seen["y"] = 37, 21  # in bin (2, 1) of a crop from (12, 6) in bins of 10
    write_events(tmp_path / "cam.npz", seen, width=64, height=48)
    inputs = recorded_inputs(open_events(tmp_path / "cam.npz"), net, "eye.spikes", crop=(12, 6, 40, 30), binning=10)
    image = heat_map(book := en.keep_ledger(net, inputs, engine="reference")).get_images()[0]
    left, right, bottom, top = image.get_extent()
    assert (left, right, bottom, top) == (11.5, 51.5, 35.5, 5.5)
    (row,), (column,) = np.nonzero(np.ma.filled(image.get_array(), 0))
    assert left + 10 * column < 37 < left + 10 * (column + 1)
    assert top + 10 * row < 21 < top + 10 * (row + 1)
    assert "by 10 x 10 pixels" in image.colorbar.ax.get_ylabel()
    assert heat_map(book, 4, 3).get_images()[0].get_extent() == [-0.5, 3.5, 2.5, -0.5]


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
