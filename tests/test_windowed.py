"""Sensors that speak in windows: where windows begin and end, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.event import VALUE_EVENT, Events
from eventnet.scenarios.sensors import Windowed


class Stops(Windowed):
    """Says when it was asked, in place of events."""

    def _run(self) -> Callable[[float], Events]:
        return lambda stop: np.array([(int(stop), 0, stop)], VALUE_EVENT)


@pytest.mark.parametrize("window, until, stops", [
    (10, 130, [110, 120, 130]),
    (20, 130, [120, 130]),
    (1000, 130, [130]),
    (10, 100, []),
    (10, 0, []),
])  # fmt: skip
def test_windows_begin_with_the_sensor_and_end_where_asked(window: float, until: float, stops: list) -> None:
    assert [float(p["value"][0]) for p in Stops(100).packets(window, until)] == stops


def test_windows_go_on_for_ever() -> None:
    packets = Stops(0).packets(7)
    assert [int(next(packets)["t"][0]) for _ in range(1000)][-1] == 7000


def test_all_events_at_once() -> None:
    assert Stops(0).events(2.5e6)["value"].tolist() == [1e6, 2e6, 2.5e6]
    assert Stops(0).events(0).dtype == VALUE_EVENT


def test_a_sensor_may_end() -> None:
    class Short(Windowed):
        def _run(self) -> Callable[[float], Events | None]:
            return lambda stop: np.zeros(1, VALUE_EVENT) if stop <= 30 else None

    assert len(list(Short(0).packets(10))) == 3
    assert len(list(Short(0).packets(10, 20))) == 2


@pytest.mark.parametrize("begin", [math.nan, math.inf])
def test_a_begin_that_is_no_time_is_refused(begin: float) -> None:
    with pytest.raises(ModelError, match=f"begin_us is {begin}; wanted a finite time"):
        Stops(begin)


@pytest.mark.parametrize("window", [0, -1, math.nan])
def test_a_window_without_length_is_refused(window: float) -> None:
    with pytest.raises(ModelError, match=f"window_us is {window}; wanted above 0"):
        Stops(0).packets(window)
