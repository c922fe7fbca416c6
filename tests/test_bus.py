"""The bus: one event at a time, in order, at its rate; what cannot wait is lost and counted."""

from __future__ import annotations

import math

import numpy as np

from eventnet.scenarios.sensors.bus import Bus


def queue_by_hand(times: list[float], service: float, room: float) -> list[float | None]:
    """When each event has been sent, or None: a list of those that wait, gone through event by event."""
    done: list[float] = []
    sent: list[float | None] = []
    for t in times:
        under_way = [at for at in done if at > t]  # one is being sent, the others wait
        if under_way and len(under_way) - 1 >= room:
            sent.append(None)
            continue
        done.append((done[-1] if under_way else t) + service)
        sent.append(done[-1])
    return sent


def test_an_idle_bus_takes_the_time_of_one_event() -> None:
    sent, kept = Bus(1e5, math.inf).send(np.array([0.0, 100.0, 200.0]))
    assert list(sent) == [10, 110, 210]
    assert kept.all()


def test_events_that_come_at_once_leave_one_by_one() -> None:
    assert list(Bus(1e5, math.inf).send(np.zeros(5))[0]) == [10, 20, 30, 40, 50]


def test_an_infinite_rate_adds_nothing() -> None:
    sent, kept = Bus(math.inf, 0).send(np.zeros(5))
    assert list(sent) == [0] * 5
    assert kept.all()


def test_what_cannot_wait_is_lost_and_counted() -> None:
    bus = Bus(1e5, 2)
    assert list(bus.send(np.zeros(5))[1]) == [True, True, True, False, False]
    assert bus.dropped == 2
    assert list(Bus(1e5, 0).send(np.array([0.0, 5, 10, 12, 20]))[1]) == [True, False, True, False, True]


def test_it_does_what_a_queue_by_hand_does_however_it_is_cut() -> None:
    rng = np.random.default_rng(0)
    for room in (0, 1, 3, math.inf):
        times = np.sort(rng.integers(0, 4000, 600)).astype(float)
        bus, parts = Bus(1.25e5, room), []
        for part in np.split(times, [100, 101, 350]):
            sent, kept = bus.send(part)
            parts += [at if is_kept else None for at, is_kept in zip(sent, kept, strict=True)]
        assert parts == queue_by_hand(list(times), 8.0, room)
        assert bus.dropped == parts.count(None)
