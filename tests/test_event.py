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


def test_a_port_may_be_given_by_name_where_names_are_known() -> None:
    net = en.Network()
    net.add(en.Relay(2, name="a"))
    net.add(en.Relay(2, name="b"))
    rows = [(0, "b.spikes", 1, 1), (1, "a.spikes", 0, -1)]
    assert en.events(rows, net.port).tolist() == [(0, 1, 1, 1), (1, 0, 0, -1)]
    with pytest.raises(
        InputError, match="input 0 is .*a port's name is known to a network alone: see Simulation.inject"
    ):
        en.events(rows)


def test_whole_numbers_may_stand_as_floats_and_no_others() -> None:
    assert en.events([(3.0, np.float32(1), np.float64(2), 1.0)]).tolist() == [(3, 1, 2, 1)]
    for row in ((1.5, 0, 0, 1), (np.float64(0.1), 0, 0, 1), (np.nan, 0, 0, 1), (0, 0, np.inf, 1), ("3", 0, 0, 1)):
        with pytest.raises(InputError, match="input 1 is .*; wanted whole numbers"):
            en.events([(0, 0, 0, 1), row])
    with pytest.raises(InputError, match="input 0 is .*; wanted whole numbers"):
        en.events([(2.0**70, 0, 0, 1)])


def test_one_row_alone_is_no_list_of_rows() -> None:
    with pytest.raises(
        InputError, match=r"input 0 is 3; .*: inputs are a list of rows, \[\(t, port, index, sign\), ...\]"
    ):
        en.events((3, 0, 0, 1))  # type: ignore[arg-type]


def test_address_events_count_along_rows_and_on_is_plus_one() -> None:
    got = en.from_addresses(
        np.array([5, 6]), np.array([2, 0]), np.array([0, 3]), np.array([True, False]), width=4, port=9
    )
    assert got.tolist() == [(5, 9, 2, 1), (6, 9, 12, -1)]


def test_an_address_beyond_the_sensor_is_refused() -> None:
    with pytest.raises(InputError, match="4 wide"):
        en.from_addresses(np.array([0]), np.array([4]), np.array([0]), np.array([1]), width=4, port=0)


def test_minus_one_is_off_too_and_no_other_number_is_a_polarity() -> None:
    t, x, y = np.zeros((3, 3), int)
    for on in ([1, 0, 1], [1, -1, 1], [1.0, 0.0, 1.0], [True, False, True]):
        assert en.from_addresses(t, x, y, np.array(on), width=1, port=0)["sign"].tolist() == [1, -1, 1]
    for wrong in (2, 255, -2):
        with pytest.raises(
            InputError, match=f"address-event 1 has the polarity {wrong}; wanted 1 for ON, 0 or -1 for OFF"
        ):
            en.from_addresses(t, x, y, np.array([1, wrong, 0]), width=1, port=0)
