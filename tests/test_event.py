"""Events: their records, and address-events as inputs."""

from __future__ import annotations

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import InputError


def test_rows_become_records() -> None:
    rows = en.events([(3, 1, 7, -1), (4, 0, 2, 1)])
    assert rows.dtype == en.EVENT
    assert rows.tolist() == [(3, 1, 7, -1), (4, 0, 2, 1)]


def test_a_port_may_be_given_as_the_modules_own() -> None:
    net = en.Network()
    net.add(en.Relay(2))
    second = net.add(en.Relay(2))
    assert en.events([(0, second.spikes, 1, 1)])["port"].tolist() == [1]


def test_address_events_count_along_rows_and_on_is_plus_one() -> None:
    got = en.from_addresses(
        np.array([5, 6]), np.array([2, 0]), np.array([0, 3]), np.array([True, False]), width=4, port=9
    )
    assert got.tolist() == [(5, 9, 2, 1), (6, 9, 12, -1)]


def test_an_address_beyond_the_sensor_is_refused() -> None:
    with pytest.raises(InputError, match="4 wide"):
        en.from_addresses(np.array([0]), np.array([4]), np.array([0]), np.array([1]), width=4, port=0)
