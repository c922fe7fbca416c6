"""Inputs on their way in: what is wrong is found at its place, and order is seen; both also as plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.engine.inputs import DISORDER, LATEST, SOONEST, UNREADY, first_bad, lay_out

ACCEPTS = np.array([3, 2**31 - 1], dtype=np.int64)


def some_events(rng: np.random.Generator, n: int) -> Any:
    made = np.zeros(n, en.EVENT)
    made["t"], made["port"] = rng.integers(0, 6, n), rng.integers(0, 2, n)
    made["index"], made["sign"] = rng.integers(0, 3, n), rng.choice([-1, 1], n)
    return made


FORMS = pytest.mark.parametrize("plain", [False, True])


@FORMS
@pytest.mark.parametrize(
    ("name", "value"),
    [("t", -1), ("t", LATEST), ("port", -1), ("port", 2), ("index", -1), ("sign", 0), ("sign", 2), ("sign", -128)],
)
def test_what_is_wrong_is_found_at_its_place(plain: bool, name: str, value: int) -> None:
    find = first_bad.py_func if plain else first_bad
    for seed in range(5):
        rng = np.random.default_rng(seed)
        events = some_events(rng, 8)
        assert find(events, ACCEPTS, 0) == -1
        at = int(rng.integers(8))
        events[name][at:] = value
        assert find(events, ACCEPTS, 0) == at


@FORMS
def test_an_index_is_judged_by_its_port(plain: bool) -> None:
    find = first_bad.py_func if plain else first_bad
    events = en.events([(0, 1, 3, 1), (0, 0, 2, 1), (0, 0, 3, 1)])
    assert find(events, ACCEPTS, 0) == 2


@pytest.mark.parametrize("t", [SOONEST, -(2**63), LATEST, 2**63 - 1])
def test_times_too_far_from_0_are_refused_by_name(t: int) -> None:
    net = en.Network()
    relay = net.add(en.Relay(3))
    sim = en.Simulation(net, engine="reference")
    with pytest.raises(en.EventnetError, match="time"):
        sim.inject(en.events([(0, relay.spikes, 0, 1), (t, relay.spikes, 0, 1)]))


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_where_one_cannot_be_taken_none_is(engine: str) -> None:
    net = en.Network()
    relay = net.add(en.Relay(3))
    sim = en.Simulation(net, engine=engine, record=True)
    sim.inject([(4, relay.spikes, 1, 1), (2, relay.spikes, 2, 1)])
    with pytest.raises(en.EventnetError, match="input 1 is .* takes indices 0 to 2"):
        sim.inject([(3, relay.spikes, 0, 1), (3, relay.spikes, 3, 1)])
    sim.inject([(3, relay.spikes, 0, -1)])
    assert sim.run().log[["t", "index", "sign"]].tolist() == [(2, 2, 1), (3, 0, -1), (4, 1, 1)]


@FORMS
def test_events_are_laid_out_and_their_order_is_seen(plain: bool) -> None:
    place = lay_out.py_func if plain else lay_out
    for seed in range(40):
        rng = np.random.default_rng(seed)
        events = some_events(rng, int(rng.integers(0, 5)))
        if seed % 2:
            events = events[np.lexsort((events["port"], events["t"]))]
        t, port, root, code = np.full(7, -9), np.full(7, -9), np.full(7, -9), np.full(7, -9, np.int32)
        keys = list(zip(events["t"].tolist(), events["port"].tolist(), strict=True))
        n = len(events)
        address = np.array([0, 5 - 10 * (seed % 3 == 0)])
        unready = any(p == 1 for _, p in keys) and seed % 3 == 0
        found = place(events, 2, t, port, code, root, 70, address)
        assert found == DISORDER * (keys != sorted(keys)) + UNREADY * unready
        assert t[2 : 2 + n].tolist() == events["t"].tolist()
        assert port[2 : 2 + n].tolist() == events["port"].tolist()
        assert root.tolist() == [-9, -9, *range(70, 70 + n), *[-9] * (5 - n)]
        signs = np.where(code[2 : 2 + n] >= 0, 1, -1)
        assert signs.tolist() == events["sign"].tolist()
        assert np.where(signs > 0, code[2 : 2 + n], -1 - code[2 : 2 + n]).tolist() == events["index"].tolist()
        assert set(t[:2].tolist() + t[2 + n :].tolist()) == {-9}


@en.rule
def never_wired(i, s, t, out, tally):
    """Nothing happens."""


class TwoPorts(en.Module):
    """One port for a wire, and one that only inputs reach."""

    units = 1
    spikes = en.Port(never_wired)
    rarely = en.Port(never_wired)


def test_a_rule_that_no_wire_leads_to_is_compiled_for_its_first_input() -> None:
    net = en.Network()
    module = net.add(TwoPorts())
    sim = en.Simulation(net)
    assert not never_wired._compiled
    sim.inject(en.events([(0, module.rarely, 0, 1), (1, module.spikes, 0, 1)]))
    assert [dtype for dtype, _ in never_wired._compiled] == ["float32"]
    assert sim.run().deliveries == 2


@en.rule
def plain_only(i, s, t, out, tally):
    """What Numba cannot compile."""
    return len(locals()) * 0


class Half(en.Module):
    """Its second port compiles nowhere."""

    units = 1
    spikes = en.Port(never_wired)
    wrong = en.Port(plain_only)


def test_a_rule_that_does_not_compile_leaves_what_waits_as_it_was() -> None:
    net = en.Network()
    module = net.add(Half())
    sim = en.Simulation(net, record=True)
    sim.inject([(t, module.spikes, t, 1) for t in (1, 3, 5)])
    sim.run(until=2)
    for _ in range(2):
        with pytest.raises(Exception, match="plain_only"):
            sim.inject([(2, module.spikes, 7, 1), (2, module.wrong, 0, 1)])
    sim.inject([(4, module.spikes, 4, 1)])
    assert sim.run().log[["id", "root", "t", "index"]].tolist() == [
        (0, 0, 1, 1),
        (1, 1, 3, 3),
        (2, 2, 4, 4),
        (3, 3, 5, 5),
    ]
