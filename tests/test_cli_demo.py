"""What the demo draws: spikes at the step that caused them, in the order of their deliveries."""

from __future__ import annotations

import numpy as np

import eventnet as en
from eventnet.cli.demo import _levels, _spikes


def log_of(*rows: tuple[int, int, int, int]) -> np.ndarray:
    """(t, source, index, sign) of deliveries."""
    log = np.zeros(len(rows), en.DELIVERY)
    for name, column in zip(("t", "source", "index", "sign"), zip(*rows)):
        log[name] = column
    return log


LOG = log_of((1, 0, 5, 1), (1, 1, 2, -1), (1, 0, 6, 1), (1, 1, 3, 1), (3, 0, 7, 1), (3, 1, 4, 1))


def test_spikes_of_a_step_are_spread_over_it_by_their_place_in_its_order() -> None:
    """What was fed at t is step t - 1 of the picture, whose steps begin at 0."""
    spikes = _spikes(LOG, 1, "layer", 9)
    assert (spikes.name, spikes.units) == ("layer", 9)
    assert spikes.when.tolist() == [0.25, 0.75, 2.5]
    assert (spikes.unit.tolist(), spikes.sign.tolist()) == ([2, 3, 4], [-1, 1, 1])
    assert _spikes(LOG, 0, "input", 9).when.tolist() == [0.0, 0.5, 2.0]


def test_a_level_is_the_number_of_its_outlet_in_the_list() -> None:
    at, level = _levels(LOG, [1, 0])
    assert (at.tolist(), level.tolist()) == ([0, 1, 2, 3, 4, 5], [1, 0, 1, 0, 1, 0])
    at, level = _levels(LOG, [1])
    assert (at.tolist(), level.tolist()) == ([1, 3, 5], [0, 0, 0])
