"""What a sensor sends may be anybody's events: in packets, or all of them in one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from io_cases import random_events

import eventnet as en
from eventnet.clock import WINDOW
from eventnet.errors import InputError

TONIC = np.dtype([("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "?")])
TRUTH = random_events(300, 30, 20, step=400, seed=3)
INPUTS = en.from_addresses(*(TRUTH[name] for name in "txyp"), width=30, port=0)
assert np.ptp(TRUTH["t"]) > 4 * WINDOW


def tonic() -> np.ndarray[Any, Any]:
    made = np.zeros(len(TRUTH), TONIC)
    for name in "txyp":
        made[name] = TRUTH[name]
    return made


def clock() -> tuple[en.Clock, Any]:
    net = en.Network()
    eye = net.add(en.Relay(600, name="eye"))
    net.connect(eye, net.add(en.Sink(600, name="sink")).spikes)
    return en.Clock(en.Simulation(net, record=True, engine="reference")), eye.spikes


def heard(played: en.Clock) -> list[Any]:
    played.run()
    log = played.simulation.log[played.simulation.log["parent"] == -1]
    return log[["t", "port", "index", "sign"]].tolist()


def in_packets(events: Any) -> Iterator[en.Packet]:
    yield en.Packet(int(TRUTH["t"][100]), events[:100])
    yield en.Packet(10**9, events[100:])


@pytest.mark.parametrize("form", ["PIXEL_EVENT", "tonic", "dict", "rows", "inputs", "names"])
def test_a_table_of_all_events_is_a_sensor(form: str) -> None:
    played, port = clock()
    named = {name: INPUTS[name] for name in INPUTS.dtype.names or ()}
    if form == "rows":
        rows = np.stack([TRUTH[name].astype(int) for name in "xytp"], axis=1)
        played.play(rows, port, width=30, columns=list("xytp"), unit="us")
    elif form == "dict":
        played.play({name: TRUTH[name] for name in "txyp"}, port, width=30, unit="us")
    elif form == "inputs":
        played.play(named)
    elif form == "names":
        played.play(named | {"port": ["eye.spikes"] * len(TRUTH)})
    else:
        played.play(TRUTH if form == "PIXEL_EVENT" else tonic(), port, width=30)
    assert heard(played) == INPUTS.tolist()


@pytest.mark.parametrize("make", [lambda: TRUTH, tonic])
def test_packets_may_hold_anybodys_events(make: Any) -> None:
    played, port = clock()
    played.play(in_packets(make()), port, width=30)
    assert heard(played) == INPUTS.tolist()


def test_a_table_without_events_plays_nothing() -> None:
    played, port = clock()
    played.play(tonic()[:0], port, width=30)
    assert heard(played) == []


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ({name: TRUTH[name] for name in "txyp"}, "eye: nothing says in which unit t is"),
        (tonic()[::-1], "eye: event 1 is at"),
        ("events.raw", "eye yielded 'e'; wanted a Packet"),
        ([en.Packet(10**9, "events.raw")], "eye sent str; wanted EVENT, .* or what en.events_from takes"),
        ([en.Packet(10**9, {"t": [1]})], "eye: the events are a dict of columns with t; wanted t, x, y, p"),
        ([en.Packet(10**9, [(1, 2, 3, 1)])], "eye sent list; wanted EVENT"),
    ],
)
def test_what_is_not_taken_is_named_with_its_sensor(events: Any, text: str) -> None:
    played, port = clock()
    with pytest.raises(InputError, match=text):
        played.play(events, port, width=30, name="eye").clock.run()
