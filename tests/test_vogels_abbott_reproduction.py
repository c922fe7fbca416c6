"""The reproduction of benchmarks of Brette et al.: its networks, its rows, and what it counts."""

from __future__ import annotations

import pytest

from eventnet.scenarios.reproductions import vogels_abbott as own
from eventnet.scenarios.vogels_abbott import BENCHMARKS


def test_the_network_is_the_published_one() -> None:
    p = own.parameters(7, quick=False)
    assert (p.network.neurons, p.network.connected, p.run.seed) == (4000, 0.02, 7)
    assert p.benchmarks == list(BENCHMARKS) == list(own.OF_NEST)
    quick = own.parameters(7, quick=True).network
    assert quick.neurons * quick.connected == p.network.neurons * p.network.connected


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_run_is_measured_and_only_the_end_of_its_spikes_is_kept(name: str) -> None:
    p = own.parameters(3, quick=True)
    row, shown = own.simulated(p, name, True)
    assert (row["benchmark"], row["seed"]) == (BENCHMARKS[name], 3)
    assert row["steps of a neuron"] == 1000 * 1000
    assert row["events"] > 0
    assert not [key for key in row if "processor" in key or "ns" in key.split()]
    assert shown is not None
    assert sum(len(one.t) for one in shown.values()) > 0
    assert own.simulated(p, name, False) == (row, None)


def test_a_row_stands_beside_nest_s() -> None:
    names = ("excitatory rate, Hz", "inhibitory rate, Hz", "CV of intervals", "synchrony", "correlation in 2 ms")
    found = [dict.fromkeys((*names, *own.MILLIONS.values()), 1e6 * k) for k in (1, 2, 3)]
    row = own.row_of("cuba", found)
    assert (row["benchmark"], row["published exc., Hz"]) == ("3, currents", 5.56)
    assert row["events, M"] == 2.0
