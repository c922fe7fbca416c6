"""What reproductions of recurrent networks measure, on trains that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.analysis import SpikeTrains
from eventnet.scenarios.reproductions.common.spiking_populations import (
    correlation,
    end_of,
    global_frequency,
    millions,
    over_seeds,
)

UNITS, TICKS = 100, 20_000
"""Two seconds of ticks of 0.1 ms."""


def trains(rate_of_all: np.ndarray, seed: int = 1) -> SpikeTrains:
    """Poisson spikes, so many in each tick on average."""
    rng = np.random.default_rng(seed)
    t = np.repeat(np.arange(TICKS), rng.poisson(rate_of_all))
    return SpikeTrains(t, rng.integers(0, UNITS, len(t)), UNITS, 0, TICKS, 1e-4)


@pytest.mark.parametrize("hz", [22.0, 60.0, 180.0])
def test_the_global_frequency_is_that_of_the_rate(hz: float) -> None:
    phase = 2 * np.pi * hz * 1e-4 * np.arange(TICKS)
    assert global_frequency(trains(1 + 0.8 * np.sin(phase))) == pytest.approx(hz, abs=2)
    assert global_frequency(trains(np.ones(TICKS))) >= 5
    drift = 7 + 4 * np.sin(2 * np.pi * 0.5 * 1e-4 * np.arange(TICKS))  # below what is looked at
    assert global_frequency(trains(drift + 2 * np.sin(phase))) == pytest.approx(hz, abs=2)


def test_trains_without_spikes_have_no_frequency() -> None:
    none = np.zeros(0, np.int64)
    assert math.isnan(global_frequency(SpikeTrains(none, none, 3, 0, 1000, 1e-4)))
    assert math.isnan(correlation(SpikeTrains(none, none, 3, 0, 1000, 1e-4)))


def test_neurons_that_share_a_rate_are_correlated_and_others_are_not() -> None:
    together = np.repeat(np.random.default_rng(2).random(TICKS // 100) < 0.2, 100) * 20.0
    assert correlation(trains(together)) > 0.3
    assert abs(correlation(trains(np.full(TICKS, 4.0)))) < 0.02


def test_the_end_of_trains_has_what_came_in_it() -> None:
    whole = trains(np.full(TICKS, 0.5))
    last = end_of({"a": whole}, 50.0)["a"]
    assert (last.begin, last.end) == (TICKS - 500, TICKS)
    assert last.t.tolist() == whole.t[whole.t >= TICKS - 500].tolist()
    assert last.unit.tolist() == whole.unit[whole.t >= TICKS - 500].tolist()
    assert end_of({"a": last}, 1000.0)["a"].begin == last.begin


def test_columns_have_mean_least_and_most() -> None:
    rows = [{"events": 1e6}, {"events": 3e6}, {"events": 5e6}]
    assert over_seeds(rows, {"all": "events"}, ".1e") == {"all": "3.0e+06 (1.0e+06 to 5.0e+06)"}
    assert millions(rows, {"events, M": "events"}) == {"events, M": 3.0}
