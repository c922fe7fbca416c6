"""The layer of the soak counts as its closed form says, in both engines, and takes no more memory with time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import eventnet as en

sys.path.insert(0, str(Path(__file__).parent / "scripts"))

import soak


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_every_count_is_that_of_the_closed_form(engine: str) -> None:
    sim = en.Simulation(soak.network(), engine=engine)
    for n in (1, 31, 1, 30, 1, 1_000):
        soak.feed(sim, n, packet=300)
        assert soak.found(sim) == soak.wanted(soak.found(sim)["layer"])
    assert soak.found(sim)["spikes"] == 8 * 17


@pytest.mark.slow
def test_a_million_deliveries_later_memory_is_as_it_was() -> None:
    sim, memory = en.Simulation(soak.network()), []
    for _ in range(5):
        soak.feed(sim, 1_000_000, packet=100_000)
        memory.append(soak.resident())
    assert soak.found(sim) == soak.wanted(5_000_000)
    assert max(memory) - min(memory) <= 5_000_000
