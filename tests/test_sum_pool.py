"""Pools that pass spikes on to windows, lines with delays of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError

GEOMETRY = en.Geometry.window((2, 5, 4), 2, (3, 2), (2, 1), (1, 0, 1, 0))


def arrived(module: Any, units: int, unit: int, engine: str = "reference") -> list[tuple[int, int, int]]:
    net = en.Network()
    layer = net.add(module)
    sink = net.add(en.Sink(units))
    net.connect(layer.out, sink.spikes)
    run = en.simulate(net, [(7, layer.spikes, unit, -1)], record=True, engine=engine)
    log = run.log[run.log["port"] == int(sink.spikes)]
    return [(int(e["t"]), int(e["index"]), int(e["sign"])) for e in log]


def test_a_spike_goes_on_to_every_window_that_it_lies_in() -> None:
    (c, h, w), (_, rows, columns) = GEOMETRY.shape_in, GEOMETRY.shape_out
    for unit in range(GEOMETRY.units_in):
        place, channel = divmod(unit, c)
        y, x = divmod(place, w)
        wanted = [
            (7, (row * columns + column) * c + channel, -1)
            for row in range(rows) for column in range(columns)
            if 2 * row - 1 <= y < 2 * row + 2 and column <= x < column + 2
        ]  # fmt: skip
        assert sorted(arrived(en.SumPool(GEOMETRY), GEOMETRY.units_out, unit)) == wanted
        assert len(wanted) <= en.SumPool(GEOMETRY).most_spikes()
    assert (h, w) == (5, 4)


def test_lines_delay_each_by_its_own_ticks() -> None:
    for unit, delay in enumerate((0, 3)):
        assert arrived(en.Delays(2, ticks=np.array([0, 3])), 2, unit) == [(7 + delay, unit, -1)]
    assert arrived(en.Delays(2, ticks=2), 2, 1) == [(9, 1, -1)]


@pytest.mark.parametrize("ticks", [-1, [1, 2, 3], [0.5, 1.0]])
def test_delays_that_are_none_are_refused(ticks: Any) -> None:
    with pytest.raises(NetworkError):
        en.Delays(2, ticks=np.array(ticks))


def test_a_pool_that_mixes_channels_is_refused() -> None:
    with pytest.raises(NetworkError, match="pooling keeps its channels"):
        en.SumPool(en.Geometry.window((2, 4, 4), 3, (2, 2), (2, 2)))
