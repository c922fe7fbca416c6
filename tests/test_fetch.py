"""What is fetched is a hint: whatever the places, nothing is read or changed."""

import numpy as np
import pytest
from numba import njit

import eventnet as en
from eventnet.kernels.fetch import AHEAD, fetch, fetch_soon, fetch_word


@njit
def ask(array, first, last):
    fetch(array, first, last)
    fetch_word(array, last)
    return array.sum()


@pytest.mark.parametrize("dtype", ["int64", "uint32", "float32"])
@pytest.mark.parametrize("places", [(0, 0), (0, 3), (10, 900), (999, 1_000), (-5, 4), (10**12, 2 * 10**12), (7, -7)])
def test_any_place_may_be_asked_for(dtype: str, places: tuple[int, int]) -> None:
    array = np.arange(1_000, dtype=dtype)
    assert ask(array, *places) == array.sum()
    assert np.array_equal(array, np.arange(1_000, dtype=dtype))


@njit
def scattered(w, listed):
    found = 0.0
    for q in range(len(listed)):
        fetch_soon(w, listed[min(q + AHEAD, len(listed) - 1)])
        found += w[0, listed[q]]
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_walk_that_asks_ahead_adds_up_the_same_in_plain_python_too(dtype: str) -> None:
    w, listed = np.arange(200, dtype=dtype)[None, :], np.random.default_rng(0).permutation(200).astype(np.uint32)
    assert scattered(w, listed) == scattered.py_func(w, listed) == 199 * 100


@en.rule
def add(i, s, t, out, tally, total, seen, last):
    """Add up, and keep what was told."""
    total[0] += s
    seen[i] += 1


@add.looks_ahead
def note(i, later, last):
    """Against what is allowed: says to a test what it was called with."""
    last[i] = later


class Ahead(en.Module):
    """Its rule looks ahead."""

    units = en.Size()
    total = en.State("units")
    seen = en.Integers(None, start=lambda module: np.zeros(module.units, np.int64))
    last = en.Integers(None, start=lambda module: np.full(module.units, -1))
    spikes = en.Port(add, accepts="units")


def test_a_rule_is_told_of_deliveries_of_its_own_run() -> None:
    net = en.Network(dtype="float64")
    module = net.add(Ahead(40))
    sim = en.Simulation(net)
    sim.inject([(0, module.spikes, i, 1 - 2 * (i % 2)) for i in range(20)])
    sim.run()
    last = sim.state(module)["last"]
    assert list(last[:4]) == [-1] * 4  # they are there before one could look ahead
    assert list(last[4:20]) == [min(i + 4, 19) for i in range(4, 20)]
    assert list(last[20:]) == [-1] * 20
    assert list(sim.state(module)["seen"]) == [1] * 20 + [0] * 20


def test_the_reference_engine_does_not_look_ahead() -> None:
    net = en.Network(dtype="float64")
    module = net.add(Ahead(40))
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, module.spikes, i, 1) for i in range(20)])
    sim.run()
    assert list(sim.state(module)["last"]) == [-1] * 40
